// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/completion.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define MARK "@TABLES@\n"

static const struct {
	const char *name;
	enum argument argument;
} names[] = {
	{ "FILE", ARGUMENT_FILE },       { "OUT", ARGUMENT_FILE },
	{ "PATH", ARGUMENT_FILE },       { "SRC:DST[:ro|rw]", ARGUMENT_FILE },
	{ "DIR", ARGUMENT_DIRECTORY },   { "ID", ARGUMENT_ID },
	{ "USER", ARGUMENT_USER },       { "GROUP", ARGUMENT_GROUP },
	{ "COMMAND", ARGUMENT_COMMAND }, { "CMD", ARGUMENT_PROGRAM },
	{ "SIGNAL", ARGUMENT_SIGNAL },   { "SIG", ARGUMENT_SIGNAL },
	{ "VERB", ARGUMENT_VERB },       { "TOPIC", ARGUMENT_TOPIC },
	{ "TYPE", ARGUMENT_TYPE },
};

static enum argument argument_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < array_size(names); i++)
		if (strlen(names[i].name) == len && !strncmp(names[i].name, name, len))
			return names[i].argument;
	return ARGUMENT_OTHER;
}

/* "high|medium|low" */
static bool is_choice(const char *arg)
{
	return arg && strchr(arg, '|') &&
	       strspn(arg, "abcdefghijklmnopqrstuvwxyz0123456789-|") == strlen(arg);
}

enum argument argument_of_option(const struct option_desc *o)
{
	if (o->type == OPTION_ENUM || is_choice(o->arg))
		return ARGUMENT_WORDS;
	return o->arg ? argument_by_name(o->arg, strlen(o->arg)) : ARGUMENT_OTHER;
}

char *argument_words(const struct option_desc *o, const char *sep)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (o->type == OPTION_ENUM) {
		for (const struct option_name *n = o->more; n->name; n++)
			fprintf(out, "%s%s", n == o->more ? "" : sep, n->name);
	} else {
		for (const char *c = o->arg; *c; c++)
			fputs(*c == '|' ? sep : (char[]){ *c, '\0' }, out);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* "[ID...]" */
static void read_operand(const char *word, size_t len, struct operand *operand)
{
	while (len && *word == '[') {
		word++;
		len--;
	}
	while (len && word[len - 1] == ']')
		len--;
	operand->repeats = len > 3 && !strncmp(word + len - 3, "...", 3);
	len -= operand->repeats ? 3 : 0;
	operand->argument = argument_by_name(word, len);
}

/* An option and what belongs to it: "[OPTION...]", "[-f|--format table|json]", "[--]". */
static size_t skip_option(const char *word)
{
	if (str_starts(word, "[OPTION...]"))
		return strlen("[OPTION...]");
	if (str_starts(word, "[-"))
		return strcspn(word, "]");
	return *word == '-' ? strcspn(word, " ") : 0;
}

size_t operands_of(const struct command *c, struct operand operands[OPERANDS_MAX])
{
	const char *form = strrchr(c->args, '\n'), *word = form ? form + 1 : c->args;
	size_t n = 0;

	word += strspn(word, " ");
	if (str_starts(word, "ctrnet ")) {
		word += strlen("ctrnet ");
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	while (*word && n < OPERANDS_MAX) {
		size_t len = skip_option(word);

		word += len + (len && word[len] == ']');
		word += strspn(word, " ");
		if (len || !*word)
			continue;
		len = strcspn(word, " ");
		read_operand(word, len, &operands[n++]);
		if (operands[n - 1].argument == ARGUMENT_PROGRAM)
			break;
		word += len;
		word += strspn(word, " ");
	}
	return n;
}

void print_verbs(const struct command *c, FILE *out)
{
	for (const struct verb *const *v = c->verbs; v && *v; v++)
		fprintf(out, "%s%s", v == c->verbs ? "" : " ", (*v)->name);
}

void print_topics(FILE *out)
{
	for (const struct topic *const *t = topics; *t; t++)
		fprintf(out, "%s%s", t == topics ? "" : " ", (*t)->name);
}

static void print_word(const char *word, void *arg)
{
	fprintf(arg, " %s", word);
}

void print_topic_words(const struct topic *topic, FILE *out)
{
	topic->each(print_word, out);
}

void each_option(const struct option_desc *table,
		 void (*visit)(const struct option_desc *o, void *arg), void *arg)
{
	for (; table->name; table++) {
		if (table->type == OPTION_TABLE)
			each_option(table->more, visit, arg);
		else
			visit(table, arg);
	}
}

static int complete(const struct gen *gen, const char *file, void (*tables)(FILE *out),
		    struct err *err)
{
	_cleanup_free_ char *in = str_format("../completion/%s.in", file);
	_cleanup_free_ char *path = str_format("completion/%s", file);
	_cleanup_free_ char *text = NULL;
	_cleanup_file_ FILE *out = NULL;
	const char *mark;
	int ret = in && path ? page_source(gen, in, &text, err) : err_oom(err);

	if (ret < 0)
		return ret;
	mark = text ? strstr(text, MARK) : NULL;
	if (!mark)
		return err_set(err, -EINVAL, "docs/completion/%s.in: has no line " MARK, file);
	ret = page_open(gen, path, &out, err);
	if (ret < 0)
		return ret;
	fprintf(out, "%.*s", (int)(mark - text), text);
	tables(out);
	fputs(mark + strlen(MARK), out);
	return page_close(&out, path, err);
}

int completions(const struct gen *gen, struct err *err)
{
	int ret = complete(gen, "ctrnet.bash", bash_tables, err);

	if (ret == 0)
		ret = complete(gen, "_ctrnet", zsh_tables, err);
	return ret < 0 ? ret : complete(gen, "ctrnet.fish", fish_tables, err);
}
