/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: numbers out of text, lists of strings, and text built in memory. */
#ifndef LIB_STR_H
#define LIB_STR_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* printf into an allocated string; NULL when out of memory. */
char *str_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A whole decimal number, without a sign, nothing around it; else -EINVAL, out of range
 * -ERANGE.
 */
int str_to_u64(const char *text, unsigned long long max, unsigned long long *out);

static inline bool str_empty(const char *s)
{
	return !s || !*s;
}

/*
 * The length of the UTF-8 character at @s (1 to 4; RFC 3629: no overlong form, no surrogate,
 * nothing above U+10FFFF), or 0 if none is whole and valid within @len bytes.
 */
size_t str_utf8(const char *s, size_t len);

/*
 * Replace by '?' what would drive a terminal or break a line: control characters, those of U+0080 to U+009F too, as UTF-8 and
 * as single bytes, which some terminals take for them. Other bytes that are no UTF-8 stay.
 */
void str_make_printable(char *text);
/* Each byte that is no part of UTF-8 becomes '?', so that it can stand in JSON. */
void str_make_utf8(char *text);

#define STR_UTC_SIZE 64

/*
 * "2026-11-22T21:44:26": RFC 3339's date and time of @seconds since 1970, in UTC, without what may follow. gmtime(3) and
 * strftime(3) would read /etc/localtime first.
 */
void str_utc(char buf[STR_UTC_SIZE], long long seconds);

bool str_starts(const char *s, const char *prefix);

/* Copy into @buf; -ENAMETOOLONG when it does not fit (buf is then ""). */
int str_copy(char *buf, size_t size, const char *s);

/* A NULL-terminated, allocated list of allocated strings. NULL is the empty list. */
size_t strv_count(char *const *list);
/* Append a copy; -ENOMEM leaves the list as it was. */
int strv_add(char ***list, const char *s);
int strv_copy(char ***out, char *const *list);
void strv_free(char **list);
/* For _cleanup_. */
void strv_cleanup(char ***list);

/*
 * Print @word so that a POSIX shell reads it as one word: as it is if it is plain, else in single
 * quotes.
 */
void str_print_shell(FILE *out, const char *word);

#endif
