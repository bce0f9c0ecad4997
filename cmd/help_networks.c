// SPDX-License-Identifier: Apache-2.0
/* `ctrnet help networks`: the types of networks, and what the keys of each mean. */
#include "cmd/help.h"

#include "container/ctrnet.h"
#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_LEN 100
#define NAME_COLUMN  14
#define TEXT_INDENT  6

/* --- Text for a terminal --- */

/* Columns of @text up to the next space, without marks. */
static size_t word_columns(const char *text)
{
	size_t n = 0;

	for (; *text && *text != ' '; text++)
		n += *text != '`' && (*text & 0xc0) != 0x80;
	return n;
}

/* Lines that begin at column @indent, where the first one is already; backquotes are left out. */
static void print_folded(const char *text, int indent, FILE *out)
{
	size_t column = (size_t)indent;

	while (*text) {
		size_t n = word_columns(text);

		if (column > (size_t)indent && column + 1 + n > LINE_MAX_LEN) {
			fprintf(out, "\n%*s", indent, "");
			column = (size_t)indent;
		} else if (column > (size_t)indent) {
			putc(' ', out);
			column++;
		}
		for (; *text && *text != ' '; text++)
			if (*text != '`')
				putc(*text, out);
		column += n;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

static void print_block(const char *text, FILE *out)
{
	fprintf(out, "%*s", TEXT_INDENT, "");
	print_folded(text, TEXT_INDENT, out);
}

/* --- All types --- */

/* The first sentence, without its stop. */
static void print_summary(const struct ctrnet_network_type *type, void *arg)
{
	const char *about = type->about ? type->about : "", *stop = strstr(about, ". ");
	size_t len = stop ? (size_t)(stop - about) : strlen(about);
	_cleanup_free_ char *first = NULL;

	if (!stop && len && about[len - 1] == '.')
		len--;
	first = strndup(about, len);
	fprintf(arg, "  %-*s", NAME_COLUMN - 2, type->name);
	print_folded(first ? first : "", NAME_COLUMN, arg);
}

static void show_types(FILE *out)
{
	fputs("Types of networks, as in \"networks\": [ { \"type\": \"veth\" } ]:\n", out);
	ctrnet_network_types(print_summary, out);
	fputs("\n'ctrnet help networks TYPE' tells of its keys.\n", out);
}

/* --- One type --- */

struct listing {
	FILE *out;
	const char *heading; /* in front of the first key */
	bool nested;         /* those within others, too */
};

static void print_key(const struct ctrnet_network_key *key, void *arg)
{
	struct listing *l = arg;

	if (!l->nested && strpbrk(key->name, ".["))
		return;
	if (l->heading)
		fprintf(l->out, "\n%s:\n", l->heading);
	l->heading = NULL;
	fprintf(l->out, "  %s%s%s\n", key->name, *key->aliases ? ", also " : "", key->aliases);
	print_block(key->values, l->out);
	if (key->about)
		print_block(key->about, l->out);
}

static void show_keys(const struct ctrnet_network_type *type, FILE *out)
{
	struct listing own = { out, "Keys of its own", true };
	struct listing common = { out, "Keys that all networks have", false };

	ctrnet_network_keys(type->name, print_key, &own);
	if (!type->makes_link) {
		fputs("\nIt makes no link, which the keys that all networks have are about.\n",
		      out);
		return;
	}
	ctrnet_network_keys(NULL, print_key, &common);
	fputs("\nOf keys within these, ctrnet.json(5) tells.\n", out);
}

struct search {
	const char *name;
	FILE *out;
	bool found;
	char **names; /* of all types */
};

static void show_type(const struct ctrnet_network_type *type, void *arg)
{
	struct search *s = arg;

	if (strcmp(type->name, s->name) != 0)
		return;
	s->found = true;
	fprintf(s->out, "Networks of type %s\n\n", type->name);
	if (type->about)
		print_folded(type->about, 0, s->out);
	if (type->example)
		fprintf(s->out, "\nExample, in \"networks\":\n  %s\n", type->example);
	show_keys(type, s->out);
}

static void add_name(const struct ctrnet_network_type *type, void *arg)
{
	struct search *s = arg;

	if (strv_add(&s->names, type->name) < 0)
		s->found = true;
}

static int unknown_type(struct search *s, struct err *err)
{
	const char *near;

	ctrnet_network_types(add_name, s);
	if (s->found)
		return err_oom(err);
	near = json_nearest(s->name, (const char *const *)s->names);
	return err_set(err, -EINVAL,
		       "help: unknown type of networks '%.40s'%s%s%s (see 'ctrnet help networks')",
		       s->name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int show(const char *more, FILE *out, struct err *err)
{
	struct search s = { .name = more, .out = out };
	int ret = 0;

	if (!more) {
		show_types(out);
		return 0;
	}
	ctrnet_network_types(show_type, &s);
	if (!s.found)
		ret = unknown_type(&s, err);
	strv_free(s.names);
	return ret;
}

/* --- For completions --- */

struct words {
	void (*visit)(const char *word, void *arg);
	void *arg;
};

static void show_word(const struct ctrnet_network_type *type, void *arg)
{
	const struct words *words = arg;

	words->visit(type->name, words->arg);
}

static void each(void (*visit)(const char *word, void *arg), void *arg)
{
	struct words words = { visit, arg };

	ctrnet_network_types(show_word, &words);
}

const struct topic topic_networks = {
	.name = "networks",
	.summary = "of the types of networks",
	.more = "TYPE",
	.show = show,
	.each = each,
};
