// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	return target_run(&cmd_pause, globals, argc, argv, ctrnet_container_pause, err);
}

const struct command cmd_pause = {
	.name = "pause",
	.args = "[ID]",
	.summary = "freeze all processes of a container",
	.text = "They stop where they are, and get no time of any CPU, until 'ctrnet resume'. Nothing can join them meanwhile.\n",
	.options = target_options,
	.failure = 1,
	.run = run,
};
