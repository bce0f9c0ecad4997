// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include <errno.h>

const char program_version[] = "ctrnet " CTRNET_VERSION;

struct options {
	bool help;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_OPTIONS_END,
};

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_version, &o, argc, argv, err);

	(void)globals;
	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at < argc)
		return usage_error(&cmd_version, err, "takes no arguments");
	puts("ctrnet version " CTRNET_VERSION);
	return 0;
}

const struct command cmd_version = {
	.name = "version",
	.args = "",
	.summary = "show the version",
	.options = options,
	.failure = 1,
	.run = run,
};
