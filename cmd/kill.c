// SPDX-License-Identifier: Apache-2.0
#include "cmd/signal.h"
#include "cmd/target.h"

#include "lib/cleanup.h"

#include <errno.h>

struct options {
	bool help;
	const char *id, *signal;
	bool all;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 'a', "all", NULL, "to all processes of the container, not only to the first", OPTION_FLAG,
	  offsetof(struct options, all), NULL },
	{ 's', "signal", "SIGNAL", "which one, also without an ID", OPTION_STRING,
	  offsetof(struct options, signal), NULL },
	CMD_OPTIONS_END,
};

/* -s, or the operand behind the id, or TERM. */
static int choose_signal(const struct options *o, int argc, char **argv, int at, int *signal,
			 struct err *err)
{
	const char *text = o->signal ? o->signal : at < argc ? argv[at++] : "TERM";

	if (at < argc)
		return usage_error(&cmd_kill, err, "expected one ID and one signal");
	return signal_parse(text, signal, err) < 0 ? err_wrap(err, "kill") : 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	struct options o = { 0 };
	int at = command_options(&cmd_kill, &o, argc, argv, err);
	struct ctrnet_error error;
	int signal, ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	/* The words are all right, or nothing is looked for. */
	ret = choose_signal(&o, argc, argv, at + (!o.id && at < argc), &signal, err);
	if (ret == 0)
		ret = target_open(&cmd_kill, globals, o.id, argc, argv, &at, &container, err);
	if (ret < 0)
		return ret;
	return ctrnet_container_signal(container, signal, o.all, &error) < 0
		       ? library_fail(&cmd_kill, &error, err)
		       : 0;
}

const struct command cmd_kill = {
	.name = "kill",
	.args = "[-a|--all] [-s|--signal SIGNAL] [ID [SIGNAL]]",
	.summary = "send a signal to a container (default TERM)",
	.text = "A signal is a name, with or without SIG, or a number (0: none is sent; does it run?). The first process of a\n"
		"pid namespace gets only those that it has asked for, except for KILL and STOP. A paused container gets it when\n"
		"it is resumed; KILL ends it at once.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
