// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include <stdio.h>
#include <stdlib.h>

static int show(struct ctrnet_container *container, struct ctrnet_error *error)
{
	char *json;
	int ret = ctrnet_container_state_json(container, &json, error);

	if (ret < 0)
		return ret;
	puts(json);
	free(json);
	return 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	return target_run(&cmd_state, globals, argc, argv, show, err);
}

const struct command cmd_state = {
	.name = "state",
	.args = "[ID]",
	.summary = "show a container's state as JSON, its config included, but for secret keys",
	.options = target_options,
	.failure = 1,
	.run = run,
};
