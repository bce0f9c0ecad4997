// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"
#include "cmd/time.h"

#include "lib/cleanup.h"

#include <errno.h>

struct options {
	bool help;
	const char *id, *timeout;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 0, "timeout", "TIME", "give up after 500ms, 5s, 2m (default: never)", OPTION_STRING,
	  offsetof(struct options, timeout), NULL },
	CMD_OPTIONS_END,
};

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	struct options o = { 0 };
	int at = command_options(&cmd_wait, &o, argc, argv, err);
	struct ctrnet_error error;
	int ms = -1, ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = o.timeout ? parse_time(&cmd_wait, "timeout", o.timeout, &ms, err) : 0;
	if (ret == 0)
		ret = target_only(&cmd_wait, globals, o.id, argc, argv, at, &container, err);
	if (ret < 0)
		return ret;
	return ctrnet_container_wait(container, ms, &error) < 0
		       ? library_fail(&cmd_wait, &error, err)
		       : 0;
}

const struct command cmd_wait = {
	.name = "wait",
	.args = "[--timeout TIME] [ID]",
	.summary = "wait until a container ends",
	.text = "The exit status says nothing of the container's: that is for who started it.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
