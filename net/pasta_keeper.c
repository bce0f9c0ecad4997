// SPDX-License-Identifier: Apache-2.0
#include "net/pasta.h"

#include "lib/cleanup.h"
#include "lib/helper.h"
#include "lib/pid.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KILL_TIMEOUT 10000 /* ms */

struct watched {
	int container; /* pidfds: of its first process, */
	int pasta;     /* and of the one that goes with it */
};

static void watch(const void *arg)
{
	const struct watched *w = arg;
	struct pollfd ends[] = {
		{ .fd = w->container, .events = POLLIN },
		{ .fd = w->pasta, .events = POLLIN },
	};

	while (poll(ends, 2, -1) < 0)
		;
	if (ends[0].revents)
		syscall(SYS_pidfd_send_signal, w->pasta, SIGKILL, NULL, 0);
}

static int learn(struct pasta_keeper_args *a, pid_t pid, struct err *err)
{
	int ret = process_start_time(pid, &a->start);

	a->pid = ret == 0 ? pid : 0;
	/* It has seen the end of one of them already. */
	return ret == -ESRCH || ret == 0 ? 0 : err_sys(err, ret, "process %d", pid);
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	struct pasta_keeper_args *a = args;
	_cleanup_fd_ int container = (int)syscall(SYS_pidfd_open, scope->pid, 0);
	_cleanup_fd_ int pasta = -1;
	struct watched w;
	pid_t pid;

	/* A container that is at its end is taken back by who has started it. */
	if (container < 0)
		return errno == ESRCH ? 0 : err_sys(err, -errno, "process %d", scope->pid);
	if (pasta_find(scope, a->name, &a->watched, &a->watched_start))
		pasta = process_open(a->watched, a->watched_start);
	if (pasta < 0)
		return 0;
	w = (struct watched){ container, pasta };
	pid = helper_start(&(struct helper){ .run = watch,
					     .arg = &w,
					     .name = "ctrnet-keeper",
					     .files = (const int[]){ container, pasta },
					     .file_count = 2 });
	return pid < 0 ? err_sys(err, pid, "cannot start a process that ends pasta")
		       : learn(a, pid, err);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	struct pasta_keeper_args *a = args;
	int ret = process_end(a->pid, a->start, KILL_TIMEOUT);

	(void)scope;
	if (ret < 0)
		return err_sys(err, ret, "cannot kill process %d", a->pid);
	a->pid = 0;
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct pasta_keeper_args *a = args;
	uint64_t start;
	pid_t pid;

	if (!a->pid || process_gone(a->pid, a->start))
		return err_set(err, -ENOENT, "nobody ends pasta with the container");
	/* It ends a moment later than the one that it watches, and repair may have started another one meanwhile. */
	if (pasta_find(scope, a->name, &pid, &start) &&
	    (pid != a->watched || start != a->watched_start))
		return err_set(err, -ENOENT, "nobody ends the pasta that runs with the container");
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct pasta_keeper_args *a = args;

	snprintf(buf, size, "who ends pasta for %s", a->name);
}

static void show(const void *args, FILE *out)
{
	const struct pasta_keeper_args *a = args;

	fprintf(out, "# pasta for %s ends with the container\n", a->name);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct pasta_keeper_args, "name", name, .flags = JSON_REQUIRED),
	JSON_INT(struct pasta_keeper_args, "pid", pid),
	JSON_UINT(struct pasta_keeper_args, "start_time", start),
	JSON_INT(struct pasta_keeper_args, "watched", watched),
	JSON_UINT(struct pasta_keeper_args, "watched_start_time", watched_start),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct pasta_keeper_args, fields);

const struct step_type pasta_keeper_step = {
	.name = "pasta.keep",
	.args = &schema,
	.phase = PHASE_STARTED,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.describe = describe,
	.show = show,
	.learns = true,
};
