// SPDX-License-Identifier: Apache-2.0
#include "cmd/help.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define VERB_INDENT 6

struct options {
	bool help;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_OPTIONS_END,
};

const struct topic *const topics[] = { &topic_networks, NULL };

void program_help(FILE *out)
{
	fputs("Usage: ctrnet [OPTION...] COMMAND [ARG...]\n\n"
	      "A container runtime whose subject is the network: one JSON file describes a process and its\n"
	      "links, addresses and routes.\n\nCommands:\n",
	      out);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fputs("\nOptions:\n", out);
	option_help(global_options, out);
	fputs("\n'ctrnet help COMMAND' tells more", out);
	for (const struct topic *const *t = topics; *t; t++)
		fprintf(out, "; 'ctrnet help %s' tells %s", (*t)->name, (*t)->summary);
	fputs(".\n", out);
}

void command_help(const struct command *c, FILE *out)
{
	fprintf(out, "Usage: ctrnet %s%s%s\n\n%c%s.\n", c->name, *c->args ? " " : "", c->args,
		toupper((unsigned char)*c->summary), c->summary + 1);
	if (c->text)
		fprintf(out, "\n%s", c->text);
	if (c->verbs)
		fputs("\nVerbs:\n", out);
	for (const struct verb *const *v = c->verbs; v && *v; v++)
		fprintf(out, "  %s %s\n%*s%s\n", (*v)->name, (*v)->args, VERB_INDENT, "",
			(*v)->summary);
	fputs("\nOptions:\n", out);
	option_help(c->options, out);
}

static const struct topic *topic_by_name(const char *name)
{
	for (const struct topic *const *t = topics; *t; t++)
		if (!strcmp((*t)->name, name))
			return *t;
	return NULL;
}

static int help_about(const char *word, const char *more, struct err *err)
{
	const struct topic *topic = topic_by_name(word);
	const struct command *c = command_by_name(word);

	if (topic)
		return topic->show(more, stdout, err);
	if (!c)
		return err_set(err, -EINVAL, "unknown command '%.40s' (see 'ctrnet help')", word);
	if (more)
		return usage_error(&cmd_help, err, "expected one COMMAND");
	command_help(c, stdout);
	return 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_help, &o, argc, argv, err);

	(void)globals;
	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at == argc) {
		program_help(stdout);
		return 0;
	}
	if (argc - at > 2)
		return usage_error(&cmd_help, err, "expected no more than a topic and a TYPE");
	return help_about(argv[at], argc - at == 2 ? argv[at + 1] : NULL, err);
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]\n       ctrnet help TOPIC [TYPE]",
	.summary = "show the commands, or what one of them does, or the types of networks",
	.text = "The topic 'networks' is the list of types that a network of a config may have; with a TYPE, what it is, and each of\n"
		"its keys, in the words of ctrnet.json(5).\n",
	.options = options,
	.failure = 1,
	.run = run,
};
