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

	for (const struct option_name *n = o->names; n->name; n++) {
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

static int set_value(struct parser *p, const struct option_desc *o, const char *arg)
{
	void *member = (char *)p->out + o->offset;

	switch (o->type) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_STRING:
		*(const char **)member = arg;
		return 0;
	case OPTION_STRINGS:
		return strv_add(member, arg) < 0 ? err_oom(p->err) : 0;
	case OPTION_ENUM:
		break;
	}
	return set_enum(o, member, arg, p->err);
}

/* @arg: what stands in the same word; NULL: the argument, if it takes one, is the next word. */
static int take_option(struct parser *p, const struct option_desc *o, const char *arg)
{
	char name[64];

	if (!arg && o->type != OPTION_FLAG) {
		if (p->at + 1 >= p->argc)
			return err_set(p->err, -EINVAL, "option %s needs an argument (%s)",
				       print_name(o, name, sizeof(name)), arg_name(o));
		arg = p->argv[++p->at];
	}
	return set_value(p, o, arg);
}

static int err_unknown(struct parser *p, const char *word, size_t len)
{
	char name[64];
	const char *names[NAMES_MAX + 1] = { NULL }, *near = NULL;
	size_t n = 0;

	for (const struct option_desc *o = p->table; o->name && n < NAMES_MAX; o++)
		if (*o->name)
			names[n++] = o->name;
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

	for (const struct option_desc *o = p->table; o->name; o++) {
		if (strncmp(o->name, word, len) != 0 || o->name[len] || len == 0)
			continue;
		if (arg && o->type == OPTION_FLAG)
			return err_set(p->err, -EINVAL, "option --%s takes no argument", o->name);
		return take_option(p, o, arg);
	}
	return err_unknown(p, word, len);
}

static const struct option_desc *find_letter(const struct option_desc *table, char letter)
{
	for (; table->name; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

static int parse_letters(struct parser *p, const char *letters)
{
	int ret = 0;

	for (; *letters && ret == 0; letters++) {
		const struct option_desc *o = find_letter(p->table, *letters);

		if (!o)
			return err_set(p->err, -EINVAL, "unknown option -%c", *letters);
		if (o->type != OPTION_FLAG)
			return take_option(p, o, letters[1] ? letters + 1 : NULL);
		ret = take_option(p, o, NULL);
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
	for (; table->name; table++) {
		char ***list = (char ***)((char *)out + table->offset);

		if (table->type != OPTION_STRINGS)
			continue;
		strv_free(*list);
		*list = NULL;
	}
}

static int print_arg(const struct option_desc *o, FILE *out)
{
	int n;

	if (o->type == OPTION_FLAG)
		return 0;
	if (o->type != OPTION_ENUM || o->arg)
		return fprintf(out, " %s", arg_name(o));
	n = fprintf(out, " ");
	for (const struct option_name *e = o->names; e->name; e++)
		n += fprintf(out, "%s%s", e == o->names ? "" : "|", e->name);
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
	for (; table->name; table++)
		print_option(table, out);
}
