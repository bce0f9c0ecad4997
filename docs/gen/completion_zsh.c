// SPDX-License-Identifier: Apache-2.0
/*
 * For zsh: arrays of what _arguments(zshcompsys(1)) takes, one for each command. What is behind the options is left to the
 * program around them.
 */
#include "docs/gen/completion.h"

#include "lib/cleanup.h"

#include <string.h>

static const char *const actions[] = {
	[ARGUMENT_OTHER] = " ",
	[ARGUMENT_WORDS] = "", /* its words */
	[ARGUMENT_FILE] = "_files",
	[ARGUMENT_DIRECTORY] = "_files -/",
	[ARGUMENT_ID] = "_ctrnet_ids",
	[ARGUMENT_USER] = "_users",
	[ARGUMENT_GROUP] = "_groups",
	[ARGUMENT_COMMAND] = "_ctrnet_command_names",
	[ARGUMENT_PROGRAM] = "_ctrnet_program",
	[ARGUMENT_SIGNAL] = "_signals -s",
	[ARGUMENT_VERB] = "", /* the command's */
	[ARGUMENT_TOPIC] = "_ctrnet_topic_names",
	[ARGUMENT_TYPE] = "_ctrnet_topic_words",
};

/* In single quotes, within brackets or between colons. */
static void put_text(const char *s, size_t len, FILE *out)
{
	for (; len; s++, len--) {
		if (*s == '\'')
			fputs("'\\'", out);
		else if (strchr("[]:\\", *s))
			putc('\\', out);
		putc(*s, out);
	}
}

static void put_action(const struct option_desc *o, FILE *out)
{
	enum argument argument = argument_of_option(o);
	_cleanup_free_ char *words = argument == ARGUMENT_WORDS ? argument_words(o, " ") : NULL;

	if (words)
		fprintf(out, "(%s)", words);
	else
		fputs(actions[argument], out);
}

static void print_spelling(const struct option_desc *o, const char *dashes, const char *name,
			   FILE *out)
{
	bool repeats = o->type == OPTION_STRINGS;
	bool takes = o->type != OPTION_FLAG;

	fprintf(out, "\t\t'");
	if (repeats)
		putc('*', out);
	else if (o->letter && *o->name)
		fprintf(out, "(-%c --%s)", o->letter, o->name);
	fprintf(out, "%s%s%s[", dashes, name, !takes ? "" : dashes[1] ? "=" : "+");
	put_text(o->help, strlen(o->help), out);
	putc(']', out);
	if (takes) {
		putc(':', out);
		put_text(o->arg ? o->arg : "ARG", strlen(o->arg ? o->arg : "ARG"), out);
		putc(':', out);
		put_action(o, out);
	}
	fputs("'\n", out);
}

static void print_option(const struct option_desc *o, void *arg)
{
	if (*o->name)
		print_spelling(o, "--", o->name, arg);
	if (o->letter)
		print_spelling(o, "-", (char[]){ o->letter, '\0' }, arg);
}

static void print_operands(const struct command *c, FILE *out)
{
	struct operand operands[OPERANDS_MAX];
	size_t n = operands_of(c, operands);

	for (size_t i = 0; i < n; i++) {
		/* The rest is the program's business. */
		if (operands[i].argument == ARGUMENT_PROGRAM) {
			fputs("\t\t'*:::command:_ctrnet_program'\n", out);
			return;
		}
		if (operands[i].argument == ARGUMENT_VERB) {
			fprintf(out, "\t\t'%zu:verb:(", i + 1);
			print_verbs(c, out);
			fputs(")'\n", out);
			continue;
		}
		if (operands[i].repeats)
			fprintf(out, "\t\t'*:operand:%s'\n", actions[operands[i].argument]);
		else
			fprintf(out, "\t\t'%zu:operand:%s'\n", i + 1,
				actions[operands[i].argument]);
		if (operands[i].repeats)
			return;
	}
}

void zsh_tables(FILE *out)
{
	fputs("_ctrnet_command_list=(\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "\t'%s:", (*c)->name);
		put_text((*c)->summary, strlen((*c)->summary), out);
		fputs("'\n", out);
	}
	fputs(")\n_ctrnet_topic_list=(", out);
	for (const struct topic *const *t = topics; *t; t++) {
		fprintf(out, "\n\t%s '", (*t)->name);
		print_topic_words(*t, out);
		putc('\'', out);
	}
	fputs("\n)\n\n_ctrnet_of() {\n\tcase $1 in\n\t'')\n\t\treply=(\n", out);
	each_option(global_options, print_option, out);
	fputs("\t\t)\n\t\t;;\n", out);
	for (const struct command *const *c = commands; *c; c++) {
		fprintf(out, "\t%s)\n\t\treply=(\n", (*c)->name);
		each_option((*c)->options, print_option, out);
		print_operands(*c, out);
		fputs("\t\t)\n\t\t;;\n", out);
	}
	fputs("\tesac\n}\n", out);
}
