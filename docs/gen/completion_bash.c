// SPDX-License-Identifier: Apache-2.0
/*
 * Functions that print, for a command ("": before there is one): its options; what an option takes, nothing for one that
 * takes nothing; and what its operands are, of which the last one with a + repeats.
 */
#include "docs/gen/completion.h"

#include "lib/cleanup.h"

static const char *const kinds[] = {
	[ARGUMENT_OTHER] = "other",     [ARGUMENT_WORDS] = "words",
	[ARGUMENT_FILE] = "file",       [ARGUMENT_DIRECTORY] = "dir",
	[ARGUMENT_ID] = "id",           [ARGUMENT_USER] = "user",
	[ARGUMENT_GROUP] = "group",     [ARGUMENT_COMMAND] = "command",
	[ARGUMENT_PROGRAM] = "program", [ARGUMENT_SIGNAL] = "signal",
	[ARGUMENT_VERB] = "verb",       [ARGUMENT_TOPIC] = "topic",
	[ARGUMENT_TYPE] = "type",
};

static void print_option(const struct option_desc *o, void *arg)
{
	if (*o->name)
		fprintf(arg, " --%s", o->name);
	if (o->letter)
		fprintf(arg, " -%c", o->letter);
}

static void print_options(const char *command, const struct option_desc *table, FILE *out)
{
	fprintf(out, "\t'%s') echo '", command);
	each_option(table, print_option, out);
	fputs("' ;;\n", out);
}

struct of_command {
	const char *command;
	FILE *out;
};

static void print_argument(const struct option_desc *o, void *arg)
{
	const struct of_command *of = arg;
	enum argument argument = argument_of_option(o);
	_cleanup_free_ char *words = NULL;

	if (o->type == OPTION_FLAG)
		return;
	fprintf(of->out, "\t");
	if (*o->name)
		fprintf(of->out, "'%s --%s'", of->command, o->name);
	if (o->letter)
		fprintf(of->out, "%s'%s -%c'", *o->name ? " | " : "", of->command, o->letter);
	if (argument == ARGUMENT_WORDS)
		words = argument_words(o, " ");
	fprintf(of->out, ") echo '%s%s%s' ;;\n", kinds[argument], words ? " " : "",
		words ? words : "");
}

static void print_arguments(const char *command, const struct option_desc *table, FILE *out)
{
	struct of_command of = { command, out };

	each_option(table, print_argument, &of);
}

static void print_operands(const struct command *c, FILE *out)
{
	struct operand operands[OPERANDS_MAX];
	size_t n = operands_of(c, operands);

	fprintf(out, "\t'%s') echo '", c->name);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s%s", i ? " " : "", kinds[operands[i].argument],
			operands[i].repeats ? "+" : "");
	fputs("' ;;\n", out);
}

void bash_tables(FILE *out)
{
	fputs("_ctrnet_commands='", out);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "%s%s", c == commands ? "" : " ", (*c)->name);
	fputs("'\n_ctrnet_topics='", out);
	print_topics(out);
	fputs("'\n\n_ctrnet_options() {\n\tcase $1 in\n", out);
	print_options("", global_options, out);
	for (const struct command *const *c = commands; *c; c++)
		print_options((*c)->name, (*c)->options, out);
	fputs("\tesac\n}\n\n_ctrnet_argument() {\n\tcase \"$1 $2\" in\n", out);
	print_arguments("", global_options, out);
	for (const struct command *const *c = commands; *c; c++)
		print_arguments((*c)->name, (*c)->options, out);
	fputs("\tesac\n}\n\n_ctrnet_operands() {\n\tcase $1 in\n", out);
	for (const struct command *const *c = commands; *c; c++)
		print_operands(*c, out);
	fputs("\tesac\n}\n\n_ctrnet_verbs() {\n\tcase $1 in\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->verbs)
			continue;
		fprintf(out, "\t'%s') echo '", (*c)->name);
		print_verbs(*c, out);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n\n_ctrnet_topic_words() {\n\tcase $1 in\n", out);
	for (const struct topic *const *t = topics; *t; t++) {
		fprintf(out, "\t'%s') echo '", (*t)->name);
		print_topic_words(*t, out);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n", out);
}
