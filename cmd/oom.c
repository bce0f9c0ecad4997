// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

static int follow(struct ctrnet_container *container, struct ctrnet_error *error)
{
	struct ctrnet_notice notice = { 0 };
	struct ctrnet_notify *n;
	int ret = ctrnet_container_notify_oom(container, &n, error);

	if (ret < 0)
		return ret;
	while (ret == 0 && !notice.ended) {
		/* Without an answer there is just nothing to read. */
		poll(&(struct pollfd){ .fd = ctrnet_notify_fd(n), .events = POLLIN }, 1, -1);
		ret = ctrnet_notify_read(n, &notice, error);
		if (ret == 0 && notice.happened && puts("OOM notification received") >= 0)
			fflush(stdout);
	}
	ctrnet_notify_free(n);
	return ret;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	return target_run(&cmd_oom, globals, argc, argv, follow, err);
}

const struct command cmd_oom = {
	.name = "oom",
	.args = "[ID]",
	.summary = "print a line each time a container runs out of memory, until it ends",
	.options = target_options,
	.failure = 1,
	.run = run,
};
