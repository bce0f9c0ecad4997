/* SPDX-License-Identifier: Apache-2.0 */
/* A table for people: columns as wide as what is in them. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Begun with TABLE(COLUMNS), then filled cell by cell, headings first. */
struct table {
	size_t columns;
	char **cells;
	size_t count;
	bool full; /* out of memory */
};
#define TABLE(n)               \
	{                      \
		.columns = (n) \
	}

/* The next cell; what a terminal would obey is made printable, and nothing ("" or NULL) is "-". */
void table_add(struct table *t, const char *text);
void table_addf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* To stdout; the last column is as long as it is. */
void table_print(const struct table *t);
void table_release(struct table *t);

#endif
