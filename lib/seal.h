/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON object as we write it for ourselves: in front of its members stand the version of its form, whose it is, and a
 * checksum of all the rest. So a text that was cut off, mixed up with another or edited by hand is told from ours, whatever
 * is in it. It is no signature: it holds against mistakes, and who may write such files may do anything anyway.
 *
 *	{"ctrnet": {"version": 1, "owner": "web", "checksum": "0123456789abcdef"}, ...
 */
#ifndef LIB_SEAL_H
#define LIB_SEAL_H

#include "lib/err.h"
#include "lib/json.h"

#include <stddef.h>

#define SEAL_VERSION 1

/*
 * @text is an object with members; *@sealed is allocated, of *@len bytes. @owner is a plain word. -EFBIG: it is more than could be
 * read again.
 */
int seal(const char *owner, const char *text, size_t text_len, char **sealed, size_t *len,
	 struct err *err);

/* Is @text, whose value is @root, what seal() made for @owner? Else -EBADMSG, and @source is in front of why not. */
int seal_check(const char *owner, const struct json_value *root, const char *text, size_t len,
	       const char *source, struct err *err);

#endif
