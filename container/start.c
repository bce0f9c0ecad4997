// SPDX-License-Identifier: Apache-2.0
/* The parent's side of a start: prepare, clone, connect, go. Each failure takes back all that was done. */
#include "container/build.h"
#include "container/container.h"
#include "container/guard.h"
#include "container/init.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "ns/process.h"
#include "ns/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* All that a start has in its hands. */
struct start {
	struct store *store;
	struct state *state;
	const struct spec *spec;
	struct scope scope;
	struct build build;
	struct namespace_fds joined;
	struct sync sync;
	struct running *run;
};

static int write_journal(void *arg, struct err *err)
{
	struct start *s = arg;

	return store_write_journal(s->store, &s->build.plan, err);
}

static int fill_state(struct start *s, struct err *err)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	free(s->state->created);
	s->state->created = strdup(stamp);
	if (!s->state->created)
		return err_oom(err);
	s->state->owner = geteuid();
	s->state->supervisor.pid = getpid();
	if (process_start_time(getpid(), &s->state->supervisor.start) < 0)
		return err_set(err, -ESRCH, "/proc is not mounted");
	/* The state keeps the place; the build is done with it. */
	s->state->cgroup = s->build.place;
	s->build.place = (struct cgroup_place){ 0 };
	return 0;
}

static int prepare(struct start *s, struct err *err)
{
	int ret = store_scope(s->store, s->state->netns, &s->scope, err);

	if (ret == 0)
		ret = build_plan(&s->build, s->spec, &s->scope, err);
	/* Until the network namespace is there, nothing is in it that a failure would have to take back. */
	if (ret == 0)
		ret = scope_set_ns(&s->scope, SCOPE_CONTAINER, -1, s->build.netns_new, err);
	if (ret == 0)
		ret = fill_state(s, err);
	if (ret == 0)
		ret = namespaces_open(&s->spec->namespaces, &s->joined, err);
	if (ret == 0)
		ret = container_block_signals(s->run, err);
	if (ret == 0)
		ret = write_journal(s, err);
	return ret == 0
		       ? plan_apply(&s->build.plan, PHASE_PREPARE, &s->scope, write_journal, s, err)
		       : ret;
}

static void be_child(struct start *s, struct sync *sync)
{
	struct rootfs_run mounts = ROOTFS_RUN_INIT;
	struct rootfs_cgroup *cgroups = calloc(s->state->cgroup.count + 1, sizeof(*cgroups));
	struct init in = {
		.spec = s->spec,
		.process = &s->spec->process,
		.sync = *sync,
		.signals = s->run->signals,
		.scope = &s->scope,
		.joined = &s->joined,
		.run = mounts,
		.pidfd = -1,
		.ptmx = -1,
		.master = -1,
		.slave = -1,
	};

	sync_close(&s->sync);
	for (size_t i = 0; cgroups && i < s->state->cgroup.count; i++)
		cgroups[in.run.cgroup_count++] = (struct rootfs_cgroup){
			s->state->cgroup.dirs[i].controllers,
			s->state->cgroup.dirs[i].path,
		};
	in.run.cgroups = cgroups;
	init_start(&in);
}

static int clone_child(struct start *s, struct err *err)
{
	/* The cgroup namespace is the child's own business: see init.c. */
	int flags = namespaces_flags(&s->spec->namespaces, true) & ~CLONE_NEWCGROUP;
	_cleanup_fd_ int cgroup = cgroup_clone_fd(&s->state->cgroup);
	struct sync child;
	int ret = sync_pair(&s->sync, &child, init_stages, err);

	if (ret == 0)
		ret = cgroup_join_open(&s->state->cgroup, &s->scope, err);
	if (ret < 0)
		return ret;
	s->run->pid = process_clone(flags, cgroup, namespace_fds_get(&s->joined, CLONE_NEWPID),
				    &s->run->pidfd);
	if (s->run->pid == 0)
		be_child(s, &child);
	sync_close(&child);
	if (s->run->pid < 0)
		return err_sys(err, s->run->pid, "cannot clone the container's process");
	s->scope.pid = s->run->pid;
	return 0;
}

/* Let the scope reach the container's network namespace: by the child's socket, or by the path it joins. */
static int open_network(struct start *s, struct err *err)
{
	int fds[2];
	int ret;

	if (!namespaces_find(&s->spec->namespaces, CLONE_NEWNET))
		return 0;
	if (!s->build.netns_new) {
		int fd = fcntl(namespace_fds_get(&s->joined, CLONE_NEWNET), F_DUPFD_CLOEXEC, 3);

		return fd < 0 ? err_sys(err, -errno, "cannot keep the network namespace")
			      : scope_set_ns(&s->scope, SCOPE_CONTAINER, fd, false, err);
	}
	ret = sync_wait(&s->sync, STAGE_NETWORK, fds, 2, err);
	if (ret < 0)
		return ret;
	ret = scope_set_ns(&s->scope, SCOPE_CONTAINER, fds[1], true, err);
	if (ret == 0)
		return net_socket_adopt(&s->scope, SCOPE_CONTAINER, fds[0], err);
	close_fd(fds[0]);
	return ret;
}

static int connect_child(struct start *s, struct err *err)
{
	int ret = open_network(s, err);

	if (ret == 0)
		ret = plan_apply(&s->build.plan, PHASE_CONNECT, &s->scope, write_journal, s, err);
	return ret == 0 ? sync_post(&s->sync, STAGE_CONNECTED, NULL, 0, err) : ret;
}

/* While the child still has its root to change: the state need not be waited for then. */
static int record(struct start *s, struct err *err)
{
	s->state->init.pid = s->run->pid;
	/* One that is dead already has said why: let_go() hears it. */
	if (process_start_time(s->run->pid, &s->state->init.start) < 0)
		return 0;
	return store_write_state(s->store, s->state, err);
}

static int let_go(struct start *s, struct err *err)
{
	int ret = sync_wait(&s->sync, STAGE_ROOTED, &s->run->master,
			    s->spec->process.terminal ? 1 : 0, err);

	if (ret < 0)
		return ret;
	if (s->run->master >= 0)
		tty_copy_size(s->run->master);
	ret = sync_post(&s->sync, STAGE_GO, NULL, 0, err);
	return ret == 0 ? sync_wait_closed(&s->sync, err) : ret;
}

/* A process that was killed could not say why itself. The kernel's out-of-memory killer is the likeliest. */
static void explain_death(const struct start *s, struct err *err)
{
	siginfo_t info = { 0 };

	if (!err || err->code != -EPIPE || s->run->pidfd < 0 ||
	    process_wait_gone(s->run->pidfd, 1000) < 0 ||
	    waitid(P_PIDFD, (id_t)s->run->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_code == CLD_EXITED)
		return;
	err_append(err, " (killed by signal %d%s)", info.si_status,
		   info.si_status == SIGKILL && s->spec->cgroup.memory > 0
			   ? "; is cgroups.memory too small?"
			   : "");
}

/* The first error is the one to tell; what goes wrong on the way back is warned of. */
static void take_back(struct start *s)
{
	struct err err = { 0 };

	container_abandon(s->run);
	if (plan_revert(&s->build.plan, &s->scope, NULL, &err) < 0 ||
	    store_remove(s->store, &err) < 0)
		log_warn("container '%s' is not wholly removed (try 'ctrnet delete %s'): %s",
			 s->store->id, s->store->id, err.text);
	store_close(s->store);
}

/*
 * Without a pid namespace the container's processes outlive its first one. Orphans of theirs are to come to us
 * (prctl(2), PR_SET_CHILD_SUBREAPER), not to the host's init; and if we are killed, a guard ends them.
 */
static int adopt_orphans(struct start *s, struct err *err)
{
	if (namespaces_new(&s->spec->namespaces, CLONE_NEWPID))
		return 0;
	s->run->cgroup = &s->state->cgroup;
	s->run->guard = guard_start(&s->state->cgroup, err);
	if (s->run->guard < 0)
		return s->run->guard;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return 0;
}

int container_start(struct store *store, struct state *state, struct running *run, struct err *err)
{
	struct start s = {
		.store = store, .state = state, .spec = &state->spec, .sync.fd = -1, .run = run
	};
	int ret = prepare(&s, err);

	if (ret == 0)
		ret = adopt_orphans(&s, err);
	if (ret == 0)
		ret = clone_child(&s, err);
	if (ret == 0)
		ret = connect_child(&s, err);
	if (ret == 0)
		ret = record(&s, err);
	if (ret == 0)
		ret = let_go(&s, err);
	if (ret < 0) {
		explain_death(&s, err);
		take_back(&s);
	} else {
		run->plan = s.build.plan;
		s.build.plan = (struct plan){ 0 };
	}
	sync_close(&s.sync);
	namespace_fds_close(&s.joined);
	build_release(&s.build);
	scope_release(&s.scope);
	return ret;
}
