/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-bound ownership: a variable declared with one of these gives its resource back when it
 * goes out of scope, unless take_fd(), take_ptr() or take_struct() handed it over before.
 */
#ifndef LIB_CLEANUP_H
#define LIB_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* clang calls a variable unused that is there for its end alone. */
#define _cleanup_(f) __attribute__((cleanup(f), unused))

/* Close @fd if it is one, keeping errno; always returns -1, to be assigned back. */
int close_fd(int fd);

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fd(const int *fd)
{
	close_fd(*fd);
}

static inline void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_fd_   _cleanup_(cleanup_fd)
#define _cleanup_file_ _cleanup_(cleanup_file)
#define _cleanup_dir_  _cleanup_(cleanup_dir)

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) _taken = (p); \
		(p) = NULL;                 \
		_taken;                     \
	})

/* What the struct @s holds; it is zero then. */
#define take_struct(s)                      \
	({                                  \
		__typeof__(s) _taken = (s); \
		(s) = (__typeof__(s)){ 0 }; \
		_taken;                     \
	})

/* A list and its count; both are zero in @from then. */
#define take_list(to, to_count, from, from_count) \
	do {                                      \
		(to) = take_ptr(from);            \
		(to_count) = (from_count);        \
		(from_count) = 0;                 \
	} while (0)

#define array_size(a) (sizeof(a) / sizeof((a)[0]))

#endif
