// SPDX-License-Identifier: Apache-2.0
/* For fish: a `complete` for each option and operand, on conditions that the program around them has. */
#include "docs/gen/completion.h"

#include "lib/cleanup.h"

#include <string.h>

static const char *const values[] = {
	[ARGUMENT_OTHER] = " -x",
	[ARGUMENT_WORDS] = "", /* its words */
	[ARGUMENT_FILE] = " -r -F",
	[ARGUMENT_DIRECTORY] = " -x -a '(__fish_complete_directories)'",
	[ARGUMENT_ID] = " -x -a '(__ctrnet_ids)'",
	[ARGUMENT_USER] = " -x -a '(__fish_complete_users)'",
	[ARGUMENT_GROUP] = " -x -a '(__fish_complete_groups)'",
	[ARGUMENT_COMMAND] = " -x -a '(__ctrnet_commands)'",
	[ARGUMENT_PROGRAM] = " -x -a '(__fish_complete_command)'",
	[ARGUMENT_VERB] = "", /* the command's */
	[ARGUMENT_TOPIC] = " -x -a '(__ctrnet_commands)'",
	[ARGUMENT_TYPE] = " -x", /* see print_topic() */
	[ARGUMENT_SIGNAL] =
		" -x -a '(__fish_make_completion_signals; string split \" \" $__kill_signals)'",
};

static void put_quoted(const char *s, FILE *out)
{
	putc('\'', out);
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			putc('\\', out);
		putc(*s, out);
	}
	putc('\'', out);
}

struct of_command {
	const char *command;
	FILE *out;
};

static void print_taking(const struct option_desc *o, void *arg)
{
	const struct of_command *of = arg;

	if (o->type == OPTION_FLAG)
		return;
	if (*o->name)
		fprintf(of->out, " '%s --%s'", of->command, o->name);
	if (o->letter)
		fprintf(of->out, " '%s -%c'", of->command, o->letter);
}

static void print_option(const struct option_desc *o, void *arg)
{
	const struct of_command *of = arg;

	fprintf(of->out, "complete -c ctrnet -n '__ctrnet_in \"%s\"'", of->command);
	if (*o->name)
		fprintf(of->out, " -l %s", o->name);
	if (o->letter)
		fprintf(of->out, " -s %c", o->letter);
	if (o->type != OPTION_FLAG && argument_of_option(o) == ARGUMENT_WORDS) {
		_cleanup_free_ char *words = argument_words(o, " ");

		fprintf(of->out, " -x -a '%s'", words ? words : "");
	} else if (o->type != OPTION_FLAG) {
		fputs(values[argument_of_option(o)], of->out);
	}
	fputs(" -d ", of->out);
	put_quoted(o->help, of->out);
	putc('\n', of->out);
}

static void print_operands(const struct command *c, FILE *out)
{
	struct operand operands[OPERANDS_MAX];
	size_t n = operands_of(c, operands);

	for (size_t i = 0; i < n; i++) {
		enum argument argument = operands[i].argument;

		fprintf(out, "complete -c ctrnet -n '__ctrnet_operand %s %zu%s'%s", c->name, i + 1,
			operands[i].repeats ? " or more" : "",
			argument == ARGUMENT_FILE ? " -F" : values[argument]);
		if (argument == ARGUMENT_VERB) {
			fputs(" -x -a '", out);
			print_verbs(c, out);
			putc('\'', out);
		}
		putc('\n', out);
		if (argument == ARGUMENT_PROGRAM)
			fprintf(out, "complete -c ctrnet -n '__ctrnet_operand %s %zu or more' -F\n",
				c->name, i + 2);
	}
}

static void print_topic(const struct topic *topic, FILE *out)
{
	fprintf(out, "complete -c ctrnet -n '__ctrnet_operand help 1' -a %s\n", topic->name);
	fprintf(out,
		"complete -c ctrnet -n '__ctrnet_operand help 2; and __ctrnet_after %s' -x -a '",
		topic->name);
	print_topic_words(topic, out);
	fputs("'\n", out);
}

void fish_tables(FILE *out)
{
	struct of_command of = { "", out };

	fputs("set -g __ctrnet_taking", out);
	for (const struct command *const *c = commands; *c; c++) {
		of.command = (*c)->name;
		each_option((*c)->options, print_taking, &of);
	}
	of.command = "";
	putc('\n', out);
	each_option(global_options, print_option, &of);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "complete -c ctrnet -n '__ctrnet_in \"\"' -a %s -d ", (*c)->name);
		put_quoted((*c)->summary, out);
		putc('\n', out);
	}
	for (const struct command *const *c = commands; *c; c++) {
		of.command = (*c)->name;
		each_option((*c)->options, print_option, &of);
		print_operands(*c, out);
	}
	for (const struct topic *const *t = topics; *t; t++)
		print_topic(*t, out);
}
