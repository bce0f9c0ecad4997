/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as plain data.
 *
 * A function that can fail returns 0 or a negative errno and takes a `struct err *` as its last
 * argument. Whoever knows *what* failed fills it in once with err_set() or err_sys(); callers who
 * know more of the *where* put that in front with err_wrap(). The text is one line without a
 * newline. Nothing is allocated, so a struct err can be copied and sent over a socket. Only cmd/
 * prints.
 *
 * A NULL `struct err *` is allowed everywhere: the code is returned, the text is dropped.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdarg.h>

#define ERR_TEXT_MAX 1024

struct err {
	int code;                /* negative errno; 0 = no error */
	char text[ERR_TEXT_MAX]; /* one line; cut, never overrun */
};

/* Fill in @err and return @code, which must be negative. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set(), with ": " and strerror(-code) behind the text. */
int err_sys(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "@fmt: " in front of the text that is there; returns the code that is there. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put @fmt behind the text that is there, as it is; returns the code that is there. */
int err_append(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "out of memory"; returns -ENOMEM. */
int err_oom(struct err *err);

#endif
