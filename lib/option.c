// SPDX-License-Identifier: Apache-2.0
#include "lib/option.h"

#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Help texts start at this column, on a line of their own if the option is longer. */
#define HELP_COLUMN 26
#define NAMES_MAX   64

/* A row, and the struct that its offset counts in. */
struct place {
	const struct option_desc *o;
	void *out;
};

/* A walk over all rows. */
struct cursor {
	size_t at;
	const struct option_desc *inner; /* in the table of the row before @at */
	void *out;
};

struct parser {
	const struct option_desc *table;
	void *out;
	int argc, at; /* @at: the word being parsed */
	char **argv;
	struct err *err;
};

/* "--name" or "-n", as in help. */
static const char *print_name(const struct option_desc *o, char *buf, size_t size)
{
	if (o->name && *o->name)
		snprintf(buf, size, "--%s", o->name);
	else
		snprintf(buf, size, "-%c", o->letter);
	return buf;
}

static const char *arg_name(const struct option_desc *o)
{
	return o->arg ? o->arg : "VALUE";
}

static int set_enum(const struct option_desc *o, void *member, const char *arg, struct err *err)
{
	char known[256] = "", name[64];
	size_t used = 0;

	for (const struct option_name *n = o->more; n->name; n++) {
		if (!strcmp(n->name, arg)) {
			*(int *)member = n->value;
			return 0;
		}
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
						 used ? ", " : "", n->name);
	}
	return err_set(err, -EINVAL, "option %s: unknown value '%s' (known: %s)",
		       print_name(o, name, sizeof(name)), arg, known);
}

static int set_value(struct parser *p, struct place at, const char *arg)
{
	void *member = (char *)at.out + at.o->offset;

	switch (at.o->type) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_STRING:
		*(const char **)member = arg;
		return 0;
	case OPTION_STRINGS:
		return strv_add(member, arg) < 0 ? err_oom(p->err) : 0;
	case OPTION_ENUM:
	case OPTION_TABLE:
		break;
	}
	return set_enum(at.o, member, arg, p->err);
}

/* @arg: what stands in the same word; NULL: the argument, if it takes one, is the next word. */
static int take_option(struct parser *p, struct place at, const char *arg)
{
	char name[64];

	if (!arg && at.o->type != OPTION_FLAG) {
		if (p->at + 1 >= p->argc)
			return err_set(p->err, -EINVAL, "option %s needs an argument (%s)",
				       print_name(at.o, name, sizeof(name)), arg_name(at.o));
		arg = p->argv[++p->at];
	}
	return set_value(p, at, arg);
}

/* The next row behind @at, those of tables in it included; of a zeroed one the first. */
static bool next_row(const struct option_desc *table, void *out, struct cursor *c, struct place *at)
{
	for (;;) {
		const struct option_desc *row = c->inner ? c->inner : table + c->at;

		if (!row->name) {
			if (!c->inner)
				return false;
			c->inner = NULL;
			continue;
		}
		if (row->type == OPTION_TABLE) {
			c->inner = row->more;
			c->out = (char *)out + row->offset;
			c->at++;
			continue;
		}
		*at = (struct place){ row, c->inner ? c->out : out };
		if (c->inner)
			c->inner++;
		else
			c->at++;
		return true;
	}
}

static int err_unknown(struct parser *p, const char *word, size_t len)
{
	char name[64];
	const char *names[NAMES_MAX + 1] = { NULL }, *near = NULL;
	struct cursor c = { 0 };
	struct place at;
	size_t n = 0;

	while (n < NAMES_MAX && next_row(p->table, p->out, &c, &at))
		if (*at.o->name)
			names[n++] = at.o->name;
	if (len < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		near = json_nearest(name, names);
	}
	if (near)
		return err_set(p->err, -EINVAL, "unknown option --%.*s; did you mean --%s?",
			       (int)len, word, near);
	return err_set(p->err, -EINVAL, "unknown option --%.*s", (int)len, word);
}

static int parse_long(struct parser *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *arg = word[len] ? word + len + 1 : NULL;
	struct cursor c = { 0 };
	struct place at;

	while (next_row(p->table, p->out, &c, &at)) {
		if (strncmp(at.o->name, word, len) != 0 || at.o->name[len] || len == 0)
			continue;
		if (arg && at.o->type == OPTION_FLAG)
			return err_set(p->err, -EINVAL, "option --%s takes no argument",
				       at.o->name);
		return take_option(p, at, arg);
	}
	return err_unknown(p, word, len);
}

static bool find_letter(const struct parser *p, char letter, struct place *at)
{
	struct cursor c = { 0 };

	while (next_row(p->table, p->out, &c, at))
		if (at->o->letter == letter)
			return true;
	return false;
}

static int parse_letters(struct parser *p, const char *letters)
{
	int ret = 0;

	for (; *letters && ret == 0; letters++) {
		struct place at;

		if (!find_letter(p, *letters, &at))
			return err_set(p->err, -EINVAL, "unknown option -%c", *letters);
		if (at.o->type != OPTION_FLAG)
			return take_option(p, at, letters[1] ? letters + 1 : NULL);
		ret = take_option(p, at, NULL);
	}
	return ret;
}

int option_parse(const struct option_desc *table, void *out, int argc, char **argv, struct err *err)
{
	struct parser p = { .table = table, .out = out, .argc = argc, .argv = argv, .err = err };

	for (; p.at < argc; p.at++) {
		const char *word = argv[p.at];
		int ret;

		if (!strcmp(word, "--"))
			return p.at + 1;
		/* "-" alone is a word: standard input, to most. */
		if (word[0] != '-' || !word[1])
			break;
		ret = word[1] == '-' ? parse_long(&p, word + 2) : parse_letters(&p, word + 1);
		if (ret < 0)
			return ret;
	}
	return p.at;
}

void option_release(const struct option_desc *table, void *out)
{
	struct cursor c = { 0 };
	struct place at;

	while (next_row(table, out, &c, &at)) {
		char ***list = (char ***)((char *)at.out + at.o->offset);

		if (at.o->type != OPTION_STRINGS)
			continue;
		strv_free(*list);
		*list = NULL;
	}
}

static bool is_given(const struct option_desc *o, const void *out)
{
	const char *member = (const char *)out + o->offset;

	switch (o->type) {
	case OPTION_FLAG:
		return *(const bool *)member;
	case OPTION_ENUM:
		return *(const int *)member;
	case OPTION_STRING:
	case OPTION_STRINGS:
	case OPTION_TABLE:
		break;
	}
	return *(const void *const *)member;
}

const struct option_desc *option_given(const struct option_desc *table, const void *out)
{
	for (; table->name; table++)
		if (is_given(table, out))
			return table;
	return NULL;
}

static int print_arg(const struct option_desc *o, FILE *out)
{
	int n;

	if (o->type == OPTION_FLAG)
		return 0;
	if (o->type != OPTION_ENUM || o->arg)
		return fprintf(out, " %s", arg_name(o));
	n = fprintf(out, " ");
	for (const struct option_name *e = o->more; e->name; e++)
		n += fprintf(out, "%s%s", e == o->more ? "" : "|", e->name);
	return n;
}

static void print_option(const struct option_desc *o, FILE *out)
{
	int n = o->letter ? fprintf(out, "  -%c", o->letter) : fprintf(out, "    ");

	if (*o->name)
		n += fprintf(out, "%s--%s", o->letter ? ", " : "  ", o->name);
	n += print_arg(o, out);
	if (n > HELP_COLUMN - 2) {
		putc('\n', out);
		n = 0;
	}
	fprintf(out, "%*s%s\n", HELP_COLUMN - n, "", o->help);
}

void option_help(const struct option_desc *table, FILE *out)
{
	for (; table->name; table++) {
		if (table->type != OPTION_TABLE) {
			print_option(table, out);
			continue;
		}
		fprintf(out, "\n%s\n", table->help);
		option_help(table->more, out);
	}
}
