// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	const struct command *c = command_by_name(argv[0]);

	return target_run(c, globals, argc, argv, ctrnet_container_resume, err);
}

#define RESUME(word, what)                                                                    \
	{                                                                                     \
		.name = (word), .args = "[ID]", .summary = (what), .options = target_options, \
		.failure = 1, .run = run,                                                     \
	}

const struct command cmd_resume = RESUME("resume", "let the processes of a paused container go on");
const struct command cmd_unpause = RESUME("unpause", "as resume");
