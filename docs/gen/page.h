/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manual page: sections that are made of tables, and what docs/man/NAME.SECTION.in says besides.
 *
 * Such a file is text with roff.h's marks below lines like "# EXAMPLES". What it says in a section that is also made of a
 * table follows the latter there; sections of its own stand before SEE ALSO.
 */
#ifndef DOCS_GEN_PAGE_H
#define DOCS_GEN_PAGE_H

#include "docs/gen/roff.h"
#include "lib/err.h"

struct page_section {
	const char *heading;
	void (*print)(struct roff *r, const void *arg);
};

struct gen {
	struct roff_origin origin;
	const char *source; /* the directory with *.in */
	const char *out;    /* the directory that gets man1, man3, man5, ... */
};

/* Write OUT/manN/NAME.N; @sections, in this order, are ended by one without a heading. */
int page_write(const struct gen *gen, const char *name, const char *section,
	       const struct page_section *sections, const void *arg, struct err *err);

/* The text of SOURCE/@file, *@text NULL if there is none; allocated. */
int page_source(const struct gen *gen, const char *file, char **text, struct err *err);

/* Open OUT/@path to write it; its directory is made. */
int page_open(const struct gen *gen, const char *path, FILE **out, struct err *err);
int page_close(FILE **out, const char *path, struct err *err);

#endif
