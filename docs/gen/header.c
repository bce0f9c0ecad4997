// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/header.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define HEADER_MAX (1u << 20)

enum kind {
	NOTHING, /* #if, #include, extern "C": for the compiler */
	COMMENT,
	HEADING,
	DECLARATION,
	GAP, /* an empty line: what a comment is about ends */
};

struct piece {
	enum kind kind;
	const char *text;
	size_t len;
};

struct library {
	const char *name; /* "libctrnet" */
	const char *file; /* "ctrnet.h" */
	const char *text;
};

/* --- Pieces --- */

static const char *line_end(const char *p)
{
	p += strcspn(p, "\n");
	return p + (*p == '\n');
}

static bool is_heading(const char *text)
{
	return str_starts(text, "/* --- ");
}

static const char *comment_end(const char *p)
{
	const char *end = strstr(p, "*/");

	return end ? line_end(end) : p + strlen(p);
}

/* Lines that end in a backslash go on. */
static const char *directive_end(const char *p)
{
	for (;;) {
		const char *end = line_end(p);

		if (end - p < 2 || end[-2] != '\\')
			return end;
		p = end;
	}
}

/* Up to the ';' outside of braces and comments, and the end of its line. */
static const char *declaration_end(const char *p)
{
	int depth = 0;

	for (; *p; p++) {
		if (!strncmp(p, "/*", 2)) {
			const char *end = strstr(p + 2, "*/");

			if (!end)
				break;
			p = end + 1;
		} else if (*p == '{') {
			depth++;
		} else if (*p == '}') {
			depth--;
			/* Of an inline function. */
			if (!depth && (p[1] == '\n' || !p[1]))
				return line_end(p);
		} else if (*p == ';' && !depth) {
			return line_end(p);
		}
	}
	return p;
}

/* What is for the compiler, or what C++ makes of it. */
static bool is_for_compiler(const char *p)
{
	static const char *const begins[] = { "#if",    "#endif",  "#else",        "#include",
					      "#undef", "#pragma", "extern \"C\"", "}\n" };

	for (size_t i = 0; i < array_size(begins); i++)
		if (str_starts(p, begins[i]))
			return true;
	return false;
}

/* The guard is a definition of nothing. */
static bool is_guard(const char *p)
{
	size_t len = strcspn(p, "\n");

	return str_starts(p, "#define ") && len > 3 && !strncmp(p + len - 2, "_H", 2);
}

/* "#define CTRNET_API __attribute__(...)": what stands in front of declarations, and says nothing to their reader. */
static bool is_attribute(const char *p)
{
	const char *word = p + strlen("#define ");

	if (!str_starts(p, "#define "))
		return false;
	word += strcspn(word, " \n");
	return str_starts(word, " __attribute__");
}

static size_t attribute_of(const char *line)
{
	size_t n = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	return n > 4 && str_starts(line + n - 4, "_API ") ? n + 1 : 0;
}

static bool next_piece(const char **at, struct piece *piece)
{
	const char *p = *at, *end;

	if (!*p)
		return false;
	piece->text = p;
	if (*p == '\n') {
		piece->kind = GAP;
		end = p + 1;
	} else if (str_starts(p, "/* clang-format ")) {
		piece->kind = NOTHING;
		end = comment_end(p);
	} else if (str_starts(p, "/*")) {
		piece->kind = is_heading(p) ? HEADING : COMMENT;
		end = comment_end(p);
	} else if (is_for_compiler(p) || is_guard(p) || is_attribute(p)) {
		piece->kind = NOTHING;
		end = directive_end(p);
	} else {
		piece->kind = DECLARATION;
		end = *p == '#' ? directive_end(p) : declaration_end(p);
	}
	piece->len = (size_t)(end - p);
	*at = end;
	return true;
}

/* --- Comments --- */

/* Without its stars; allocated. */
static char *bare_comment(const struct piece *c)
{
	const char *p = c->text + 2, *end = c->text + c->len;
	char *text = malloc(c->len + 1), *to = text;

	while (text && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol ? eol : end;

		if (to != text) {
			while (p < stop && (*p == ' ' || *p == '\t'))
				p++;
			p += p < stop && *p == '*' && !(p + 1 < stop && p[1] == '/');
		}
		p += p < stop && *p == ' ';
		while (p < stop && strncmp(p, "*/", 2) != 0)
			*to++ = *p++;
		while (to > text && to[-1] == ' ')
			to--;
		*to++ = '\n';
		p = stop + 1;
	}
	if (text)
		*to = '\0';
	return text;
}

static void print_comment(struct roff *r, const struct piece *c)
{
	_cleanup_free_ char *text = bare_comment(c);

	if (text)
		roff_text(r, text, strlen(text));
}

static void print_heading(struct roff *r, const struct piece *c)
{
	const char *from = c->text + strlen("/* --- "), *to = strstr(from, " ---");
	char heading[128];

	snprintf(heading, sizeof(heading), "%c%.*s", toupper((unsigned char)*from),
		 (int)(to ? to - from - 1 : 0), from + 1);
	roff_subsection(r, heading);
}

/* --- Declarations --- */

/* The name of the function that is declared; its length, or 0. */
static size_t function_name(const struct piece *d, const char **name)
{
	const char *paren = memchr(d->text, '(', d->len), *p = paren;

	if (!paren || *d->text == '#' || str_starts(d->text, "typedef") ||
	    memchr(d->text, '{', (size_t)(paren - d->text)))
		return 0;
	while (p > d->text && (isalnum((unsigned char)p[-1]) || p[-1] == '_'))
		p--;
	*name = p;
	return (size_t)(paren - p);
}

/* Further lines of a function are indented to suit what may not be shown in front of it. */
static void print_lines(struct roff *r, const struct piece *d)
{
	const char *p = d->text, *end = p + d->len, *name;
	bool function = function_name(d, &name) > 0;

	while (p < end) {
		size_t n = strcspn(p, "\n");
		size_t skip = function ? strspn(p, " \t") : 0;

		if (skip && skip < n)
			fputs("        ", r->out);
		skip += attribute_of(p);
		roff_verbatim_line(r, p + skip, n - skip);
		p += n + 1;
	}
}

/* --- The page --- */

/* The licence is a comment of its own, in the first line. */
static const char *body_of(const char *text)
{
	return str_starts(text, "/* SPDX-") ? line_end(text) : text;
}

/* Declarations that stand together, and what stands above them. */
static void print_group(struct roff *r, const struct piece *comment, const char *at)
{
	struct piece d;

	roff_verbatim_begin(r);
	while (next_piece(&at, &d) && d.kind == DECLARATION)
		print_lines(r, &d);
	roff_verbatim_end(r);
	if (comment->text)
		print_comment(r, comment);
}

static void print_interface(struct roff *r, const void *arg)
{
	const struct library *l = arg;
	const char *at = body_of(l->text), *here = at;
	struct piece comment = { 0 }, p;
	bool first = true, within = false;

	for (; next_piece(&at, &p); here = at) {
		if (p.kind == HEADING)
			print_heading(r, &p);
		if (p.kind == COMMENT && !first)
			comment = p;
		first &= p.kind != COMMENT;
		if (p.kind == DECLARATION && !within)
			print_group(r, &comment, here);
		within = p.kind == DECLARATION;
		if (p.kind != COMMENT)
			comment.text = NULL;
	}
}

static void print_synopsis(struct roff *r, const void *arg)
{
	const struct library *l = arg;

	fprintf(r->out, ".B #include <%s>\n", l->file);
}

static void print_description(struct roff *r, const void *arg)
{
	const struct library *l = arg;
	const char *at = body_of(l->text);
	struct piece p;

	while (next_piece(&at, &p)) {
		if (p.kind != COMMENT)
			continue;
		print_comment(r, &p);
		return;
	}
}

/* The first sentence, if it says what the library is: "libctrnet: containers from a C program." */
static void print_name(struct roff *r, const void *arg)
{
	const struct library *l = arg;
	const char *at = body_of(l->text), *what;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *begin = str_format("%s: ", l->name);
	struct piece p;

	while (!text && next_piece(&at, &p))
		text = p.kind == COMMENT ? bare_comment(&p) : NULL;
	what = text ? text + strspn(text, "\n") : "";
	what = begin && str_starts(what, begin) ? what + strlen(begin) : NULL;
	fprintf(r->out, "%s \\- ", l->name);
	if (what)
		roff_words(r, what, strcspn(what, ".\n"));
	else
		roff_say(r, l->file);
}

static void print_see(struct roff *r, const void *arg)
{
	(void)arg;
	fputs(".BR ctrnet (1),\n.BR ctrnet.json (5)\n", r->out);
}

static const struct page_section sections[] = {
	{ "NAME", print_name },
	{ "SYNOPSIS", print_synopsis },
	{ "DESCRIPTION", print_description },
	{ "INTERFACE", print_interface },
	{ "SEE ALSO", print_see },
	{ NULL, NULL },
};

static int write_link(const struct gen *gen, const struct library *l, const char *name, size_t len,
		      struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/man3/%.*s.3", gen->out, (int)len, name);
	_cleanup_free_ char *to = str_format("%s.3", l->name);

	if (!path || !to)
		return err_oom(err);
	return symlink(to, path) < 0 && errno != EEXIST ? err_sys(err, -errno, "%s", path) : 0;
}

static int write_links(const struct gen *gen, const struct library *l, struct err *err)
{
	const char *at = body_of(l->text), *name;
	struct piece p;
	int ret = 0;

	while (ret == 0 && next_piece(&at, &p)) {
		size_t len = p.kind == DECLARATION ? function_name(&p, &name) : 0;

		if (len)
			ret = write_link(gen, l, name, len, err);
	}
	return ret;
}

int header_page(const struct gen *gen, const char *header, const char *name, struct err *err)
{
	const char *slash = strrchr(header, '/');
	struct library l = { .name = name, .file = slash ? slash + 1 : header };
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret = file_read(AT_FDCWD, header, HEADER_MAX, &text, &len, err);

	if (ret < 0)
		return ret;
	l.text = text;
	ret = page_write(gen, name, "3", sections, &l, err);
	return ret < 0 ? ret : write_links(gen, &l, err);
}
