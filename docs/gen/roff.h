/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manual pages in man(7)'s language, out of plain text with little markup:
 *
 *	## Heading        within a section
 *	* item, - item    of a list; goes on in the lines that follow, up to an empty one
 *	: term            the lines that follow say what it is
 *	    verbatim      lines that begin with a tab or four spaces
 *	`literal`         in bold; so are --options, names of pages, as in ip(8), and calls(), without marks
 *	@argument         in italics
 *
 * Lines are filled; an empty one ends a paragraph.
 */
#ifndef DOCS_GEN_ROFF_H
#define DOCS_GEN_ROFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct roff {
	FILE *out;
	size_t column;  /* of the line that is being filled */
	bool fresh;     /* right behind a heading or a term: a paragraph begins by itself */
	bool literally; /* between backquotes */
};

/* What all pages have in their first and last line. */
struct roff_origin {
	const char *date;    /* "2026-01-31" */
	const char *version; /* of ctrnet */
};

void roff_title(struct roff *r, const char *name, const char *section,
		const struct roff_origin *origin);
void roff_section(struct roff *r, const char *heading);
void roff_subsection(struct roff *r, const char *heading);
void roff_paragraph(struct roff *r);
/* Further words of the paragraph, with marks. */
void roff_words(struct roff *r, const char *text, size_t len);
/* As roff_words(), of the whole of a string. */
void roff_say(struct roff *r, const char *text);
void roff_break(struct roff *r);
/* The term of what follows, which has no line break in it. With marks. */
void roff_term(struct roff *r, const char *term, size_t len);
/* A term made of parts: what is printed in between stands in one line. */
void roff_term_begin(struct roff *r);
void roff_bold(struct roff *r, const char *text);
void roff_italic(struct roff *r, const char *text);
void roff_plain(struct roff *r, const char *text);
void roff_term_end(struct roff *r);
void roff_verbatim_begin(struct roff *r);
void roff_verbatim_line(struct roff *r, const char *line, size_t len);
void roff_verbatim_end(struct roff *r);
/* A text with all of the marks above. */
void roff_text(struct roff *r, const char *text, size_t len);

#endif
