// SPDX-License-Identifier: Apache-2.0
/* A further process in a container that runs. */
#include "container/container.h"
#include "container/init.h"
#include "lib/cleanup.h"
#include "ns/process.h"
#include "ns/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

struct join {
	const struct state *state;
	const struct process *process;
	int init; /* pidfd of the container's first process */
	int ptmx;
	struct scope doors; /* only the cgroup's doors are in it */
	struct sync sync;
	struct running *run;
};

static void be_child(struct join *j, struct sync *sync)
{
	struct init in = {
		.spec = &j->state->spec,
		.process = j->process,
		.sync = *sync,
		.signals = j->run->signals,
		.scope = &j->doors,
		.run = ROOTFS_RUN_INIT,
		.pidfd = j->init,
		.ptmx = j->ptmx,
		.master = -1,
		.slave = -1,
	};

	sync_close(&j->sync);
	init_join(&in);
}

/*
 * The container's pid namespace, for the clone. By its path in /proc, so the process is looked at again behind the
 * open: a pidfd that still has it says that the path was its.
 */
static int open_pidns(struct join *j, int *fd, struct err *err)
{
	char path[40];

	*fd = -1;
	if (!namespaces_find(&j->state->spec.namespaces, CLONE_NEWPID))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", j->state->init.pid);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return err_sys(err, -errno, "cannot open the container's pid namespace");
	if (process_wait_gone(j->init, 0) == 0) {
		*fd = close_fd(*fd);
		return err_set(err, -ESRCH, "the container has just ended");
	}
	return 0;
}

static int clone_child(struct join *j, struct err *err)
{
	_cleanup_fd_ int cgroup = cgroup_clone_fd(&j->state->cgroup);
	_cleanup_fd_ int pidns = -1;
	struct sync child;
	int ret = open_pidns(j, &pidns, err);

	if (ret == 0)
		ret = cgroup_join_open(&j->state->cgroup, &j->doors, err);
	if (ret == 0)
		ret = sync_pair(&j->sync, &child, init_stages, err);
	if (ret < 0)
		return ret;
	j->run->pid = process_clone(0, cgroup, pidns, &j->run->pidfd);
	if (j->run->pid == 0)
		be_child(j, &child);
	sync_close(&child);
	if (j->run->pid < 0)
		return err_sys(err, j->run->pid, "cannot clone into the container");
	return 0;
}

static int follow(struct join *j, struct err *err)
{
	int ret = cgroup_enter(&j->state->cgroup, &j->doors, j->run->pid, err);

	if (ret == 0)
		ret = sync_post(&j->sync, STAGE_CONNECTED, NULL, 0, err);
	if (ret == 0)
		ret = sync_wait(&j->sync, STAGE_ROOTED, &j->run->master,
				j->process->terminal ? 1 : 0, err);
	if (ret == 0 && j->run->master >= 0)
		tty_copy_size(j->run->master);
	if (ret == 0)
		ret = sync_post(&j->sync, STAGE_GO, NULL, 0, err);
	return ret == 0 ? sync_wait_closed(&j->sync, err) : ret;
}

int container_join(const struct state *state, const struct process *process, int pidfd,
		   struct running *run, struct err *err)
{
	_cleanup_fd_ int ptmx = -1;
	struct join j = { .state = state,
			  .process = process,
			  .init = pidfd,
			  .ptmx = -1,
			  .sync.fd = -1,
			  .run = run };
	int ret = container_block_signals(run, err);

	if (ret < 0)
		return ret;
	if (process->terminal) {
		ptmx = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		j.ptmx = ptmx;
	}
	ret = clone_child(&j, err);
	if (ret == 0)
		ret = follow(&j, err);
	sync_close(&j.sync);
	scope_release(&j.doors);
	if (ret < 0)
		container_abandon(run);
	/* Whatever it looked like from here. */
	if (ret < 0 && process_wait_gone(pidfd, 0) == 0)
		return err_set(err, -ESRCH, "container '%s' has just ended", state->id);
	return ret;
}
