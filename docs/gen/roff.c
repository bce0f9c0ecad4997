// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/roff.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <string.h>

#define LINE_MAX_LEN 76 /* mandoc(1) has something against more than 80 */

static void end_line(struct roff *r)
{
	if (r->column)
		putc('\n', r->out);
	r->column = 0;
}

static void request(struct roff *r, const char *text)
{
	end_line(r);
	fprintf(r->out, "%s\n", text);
}

/* What roff would take for something else. @code: what may be copied, so that a hyphen is that of ASCII. */
static void put_char(struct roff *r, char c, bool code)
{
	switch (c) {
	case '\\':
		fputs("\\e", r->out);
		break;
	case '\'':
		fputs("\\(aq", r->out);
		break;
	case '`':
		fputs("\\(ga", r->out);
		break;
	case '^':
		fputs("\\(ha", r->out);
		break;
	case '~':
		fputs("\\(ti", r->out);
		break;
	case '-':
		fputs(code ? "\\-" : "-", r->out);
		break;
	default:
		putc(c, r->out);
	}
}

static void put_chars(struct roff *r, const char *s, size_t len, bool code)
{
	for (size_t i = 0; i < len; i++)
		put_char(r, s[i], code);
}

static void put_in(struct roff *r, const char *font, const char *s, size_t len)
{
	fprintf(r->out, "\\f%s", font);
	put_chars(r, s, len, true);
	fputs("\\fR", r->out);
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* Of "--option", "-o", "page(1)", "call()" and "@argument" at @s: the length of what is marked; *@font: how. */
static size_t marked(const char *s, size_t len, const char **font)
{
	size_t n = 0;

	*font = "B";
	if (*s == '@') {
		*font = "I";
		for (n = 1; n < len && (isalnum((unsigned char)s[n]) || s[n] == '_'); n++)
			;
		return n > 1 ? n : 0;
	}
	if (*s == '-' && len > 1 && (isalpha((unsigned char)s[1]) || s[1] == '-')) {
		while (n < len && is_name(s[n]) && s[n] != '.')
			n++;
		return n;
	}
	while (n < len && is_name(s[n]))
		n++;
	if (n && n + 2 < len && s[n] == '(' && isdigit((unsigned char)s[n + 1]) && s[n + 2] == ')')
		return n;
	return n && n + 1 < len && s[n] == '(' && s[n + 1] == ')' ? n : 0;
}

static void put_word(struct roff *r, const char *s, size_t len)
{
	bool begins = true;

	if (r->literally)
		fputs("\\fB", r->out);
	else if (*s == '.')
		fputs("\\&", r->out);
	for (size_t i = 0; i < len; i++) {
		const char *font;
		size_t n = begins && !r->literally ? marked(s + i, len - i, &font) : 0;

		if (s[i] == '`') {
			r->literally = !r->literally;
			fputs(r->literally ? "\\fB" : "\\fR", r->out);
			continue;
		}
		if (n && s[i] == '@')
			put_in(r, font, s + i + 1, n - 1);
		else if (n)
			put_in(r, font, s + i, n);
		else
			put_char(r, s[i], r->literally);
		i += n ? n - 1 : 0;
		begins = !isalnum((unsigned char)s[i]) && !strchr("_-./:", s[i]);
	}
	if (r->literally)
		fputs("\\fR", r->out);
}

/* The next word of a line. What counts is how long it is with all that is in it for roff. */
static void fill(struct roff *r, const char *word, size_t n)
{
	_cleanup_free_ char *text = NULL;
	FILE *out = r->out;
	size_t len;

	r->out = open_memstream(&text, &len);
	if (r->out) {
		put_word(r, word, n);
		fclose(r->out);
	}
	r->out = out;
	if (!text)
		return;
	if (r->column && r->column + 1 + len > LINE_MAX_LEN)
		end_line(r);
	fprintf(r->out, "%s%s", r->column ? " " : "", text);
	r->column += len + (r->column > 0);
}

void roff_words(struct roff *r, const char *text, size_t len)
{
	const char *end = text + len;

	r->fresh = false;
	while (text < end) {
		size_t n = 0;

		while (text < end && isspace((unsigned char)*text))
			text++;
		while (text + n < end && !isspace((unsigned char)text[n]))
			n++;
		if (!n)
			break;
		fill(r, text, n);
		text += n;
	}
}

void roff_say(struct roff *r, const char *text)
{
	roff_words(r, text, strlen(text));
}

void roff_title(struct roff *r, const char *name, const char *section,
		const struct roff_origin *origin)
{
	fprintf(r->out,
		".\\\" Made by docs/gen; the sources are the tables of ctrnet and docs/man.\n"
		".TH \"");
	for (const char *c = name; *c; c++)
		put_char(r, (char)toupper((unsigned char)*c), true);
	fprintf(r->out, "\" \"%s\" \"%s\" \"ctrnet %s\" \"ctrnet manual\"\n.nh\n.ad l\n", section,
		origin->date, origin->version);
}

void roff_section(struct roff *r, const char *heading)
{
	end_line(r);
	fprintf(r->out, ".SH \"");
	put_chars(r, heading, strlen(heading), false);
	fputs("\"\n", r->out);
	r->fresh = true;
}

void roff_subsection(struct roff *r, const char *heading)
{
	end_line(r);
	fprintf(r->out, ".SS \"");
	put_chars(r, heading, strlen(heading), false);
	fputs("\"\n", r->out);
	r->fresh = true;
}

void roff_paragraph(struct roff *r)
{
	end_line(r);
	if (!r->fresh)
		request(r, ".PP");
	r->fresh = true;
}

void roff_break(struct roff *r)
{
	request(r, ".br");
}

void roff_term_begin(struct roff *r)
{
	request(r, ".TP");
}

void roff_bold(struct roff *r, const char *text)
{
	put_in(r, "B", text, strlen(text));
}

void roff_italic(struct roff *r, const char *text)
{
	put_in(r, "I", text, strlen(text));
}

void roff_plain(struct roff *r, const char *text)
{
	put_chars(r, text, strlen(text), false);
}

void roff_term_end(struct roff *r)
{
	putc('\n', r->out);
	r->column = 0;
	r->fresh = true;
}

void roff_term(struct roff *r, const char *term, size_t len)
{
	roff_term_begin(r);
	put_word(r, term, len);
	r->literally = false;
	roff_term_end(r);
}

void roff_verbatim_begin(struct roff *r)
{
	roff_paragraph(r);
	request(r, ".RS 4");
	request(r, ".EX");
}

void roff_verbatim_line(struct roff *r, const char *line, size_t len)
{
	if (len && (*line == '.' || *line == '\''))
		fputs("\\&", r->out);
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\t')
			fputs("    ", r->out);
		else
			put_char(r, line[i], true);
	}
	putc('\n', r->out);
}

void roff_verbatim_end(struct roff *r)
{
	request(r, ".EE");
	request(r, ".RE");
	r->fresh = false;
}

/* --- Text with marks --- */

enum where { NOWHERE, PARAGRAPH, VERBATIM };

struct state {
	struct roff *r;
	enum where where;
	size_t skipped; /* empty lines within what is verbatim, perhaps */
};

static void leave(struct state *s)
{
	if (s->where == VERBATIM)
		roff_verbatim_end(s->r);
	s->where = NOWHERE;
	s->skipped = 0;
}

static size_t indent_of(const char *line, size_t len)
{
	if (len && *line == '\t')
		return 1;
	return len > 4 && !strncmp(line, "    ", 4) ? 4 : 0;
}

static void verbatim(struct state *s, const char *line, size_t len)
{
	if (s->where != VERBATIM)
		roff_verbatim_begin(s->r);
	for (; s->skipped; s->skipped--)
		putc('\n', s->r->out);
	s->where = VERBATIM;
	roff_verbatim_line(s->r, line, len);
}

static void one_line(struct state *s, const char *line, size_t len)
{
	size_t indent = indent_of(line, len);

	if (!len) {
		if (s->where == VERBATIM)
			s->skipped++;
		else
			leave(s);
		return;
	}
	/* A list's item goes on in lines that are indented. */
	if (indent && s->where != PARAGRAPH) {
		verbatim(s, line + indent, len - indent);
		return;
	}
	if (s->where == VERBATIM)
		leave(s);
	if (len > 3 && !strncmp(line, "## ", 3)) {
		char heading[128];

		snprintf(heading, sizeof(heading), "%.*s", (int)len - 3, line + 3);
		roff_subsection(s->r, heading);
		leave(s);
		return;
	}
	if (len > 2 && !strncmp(line, ": ", 2)) {
		roff_term(s->r, line + 2, len - 2);
		s->where = PARAGRAPH;
		return;
	}
	if (len > 2 && (!strncmp(line, "* ", 2) || !strncmp(line, "- ", 2))) {
		request(s->r, ".IP \\(bu 2");
		s->where = PARAGRAPH;
		line += 2;
		len -= 2;
	}
	if (s->where == NOWHERE)
		roff_paragraph(s->r);
	s->where = PARAGRAPH;
	roff_words(s->r, line, len);
}

void roff_text(struct roff *r, const char *text, size_t len)
{
	struct state s = { .r = r };
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((eol ? eol : end) - text);

		one_line(&s, text, n);
		text += n + (eol != NULL);
	}
	leave(&s);
	end_line(r);
	r->literally = false;
}
