// SPDX-License-Identifier: Apache-2.0
/* A further process in a container that runs. */
#include "container/container.h"
#include "container/init.h"
#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

struct join {
	const struct state *state;
	const struct process *process;
	const struct cgroup_place *cgroup; /* the container's, or the one nested in it */
	struct cgroup_place nested;
	int init; /* pidfd of the container's first process */
	int ptmx;
	struct scope doors; /* only the cgroup's doors are in it */
	struct sync sync;
	struct running *run;
	struct seccomp_program filter;
	struct init_shared *shared;
};

static void be_child(struct join *j, struct sync *sync)
{
	struct init in = {
		.spec = &j->state->spec,
		.process = j->process,
		.detached = j->run->detached,
		.sync = *sync,
		.signals = j->run->signals,
		.scope = &j->doors,
		.filter = &j->filter,
		.shared = j->shared,
		.entered = init_entered(j->shared, j->run->second),
		.run = ROOTFS_RUN_INIT,
		.pidfd = j->init,
		.ptmx = j->ptmx,
		.apparmor = -1,
		.selinux = -1,
		.master = -1,
		.slave = -1,
	};

	sync_close(&j->sync);
	init_join(&in);
}

static int clone_child(struct join *j, struct err *err)
{
	_cleanup_fd_ int cgroup = cgroup_clone_fd(j->cgroup, &j->doors);
	struct sync child;
	pid_t pid;
	int ret = cgroup_join_open(j->cgroup, &j->doors, err);

	if (ret == 0)
		ret = sync_pair(&j->sync, &child, init_stages, err);
	if (ret < 0)
		return ret;
	pid = process_clone(j->run->detached ? CLONE_PARENT : 0, cgroup, &j->run->pidfd,
			    j->run->births ? &j->run->births->first : NULL);
	if (pid == 0)
		be_child(j, &child);
	/* As in start.c. */
	j->run->pid = pid;
	sync_close(&child);
	return pid < 0 ? err_sys(err, pid, "cannot clone the process that joins") : 0;
}

static int follow(struct join *j, struct err *err)
{
	const struct spec *spec = &j->state->spec;
	int ret = cgroup_enter(j->cgroup, &j->doors, j->run->pid, err);

	if (ret == 0)
		ret = rlimits_raise(j->run->pid, spec->rlimits, spec->rlimit_count, err);
	if (ret == 0)
		ret = sync_post(&j->sync, STAGE_CONNECTED, NULL, 0, err);
	if (ret == 0)
		ret = container_follow_in(j->run, &j->sync, j->shared, j->process->terminal, err);
	if (ret == 0 && !j->run->detached)
		ret = guard_over_process(&j->run->guard, j->run->pidfd, spec->parent_death_signal,
					 err);
	if (ret == 0)
		ret = sync_post(&j->sync, STAGE_GO, NULL, 0, err);
	return ret == 0 ? container_wait_executed(j->run, &j->sync, j->shared, err) : ret;
}

/* Last of what is made, so that little can fail with it there. */
static int nest(struct join *j, struct err *err)
{
	int ret;

	if (!j->process->nested)
		return 0;
	ret = cgroup_nest(&j->state->cgroup, j->run->nested, &j->nested, err);
	j->cgroup = ret == 0 ? &j->nested : j->cgroup;
	return ret < 0 ? err_wrap(err, "--cgroup") : 0;
}

int container_join(const struct state *state, const struct process *process, int pidfd,
		   struct running *run, struct err *err)
{
	_cleanup_fd_ int ptmx = -1;
	struct join j = { .state = state,
			  .process = process,
			  .cgroup = &state->cgroup,
			  .init = pidfd,
			  .ptmx = -1,
			  .sync.fd = -1,
			  .run = run };
	int ret = container_block_signals(run, err);

	if (ret < 0)
		return ret;
	if (cgroup_frozen(&state->cgroup))
		return err_set(err, -EBUSY, "container '%s' is frozen, nothing can run in it",
			       state->id);
	if (process->terminal) {
		ptmx = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		j.ptmx = ptmx;
	}
	if (namespaces_find(&state->spec.namespaces, CLONE_NEWUSER))
		ret = user_check_closed(err);
	if (ret == 0)
		ret = seccomp_compile(&state->spec.seccomp, &j.filter, err);
	if (ret == 0)
		ret = init_share(&state->spec, &j.shared, err);
	if (ret == 0)
		ret = nest(&j, err);
	if (ret == 0)
		ret = clone_child(&j, err);
	if (ret == 0)
		ret = follow(&j, err);
	seccomp_program_release(&j.filter);
	init_unshare(j.shared);
	sync_close(&j.sync);
	scope_release(&j.doors);
	cgroup_place_release(&j.nested);
	if (ret < 0) {
		container_abandon(run);
		cgroup_unnest(&state->cgroup, run->nested);
	}
	/* Whatever it looked like from here. Who kills all in a cgroup may get at its first process last. */
	if (ret < 0 && process_wait_end(pidfd, state->init.pid, ret == -EPIPE ? 200 : 0) == 0)
		return err_set(err, -ESRCH, "container '%s' has just ended", state->id);
	return ret;
}
