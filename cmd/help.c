// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>

#define VERB_INDENT 6

struct options {
	bool help;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_OPTIONS_END,
};

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
	fputs("\n'ctrnet help COMMAND' tells more.\n", out);
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

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_help, &o, argc, argv, err);
	const struct command *c;

	(void)globals;
	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at == argc) {
		program_help(stdout);
		return 0;
	}
	c = command_by_name(argv[at]);
	if (!c)
		return err_set(err, -EINVAL, "unknown command '%.40s' (see 'ctrnet help')",
			       argv[at]);
	command_help(c, stdout);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "show the commands, or what one of them does",
	.options = options,
	.failure = 1,
	.run = run,
};
