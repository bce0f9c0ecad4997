// SPDX-License-Identifier: Apache-2.0
/* The parent's side of a start: prepare, clone, connect, go. Each failure takes back all that was done. */
#include "container/beside.h"
#include "container/build.h"
#include "container/container.h"
#include "container/dns.h"
#include "container/init.h"
#include "lib/apart.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"
#include "ns/process.h"
#include "ns/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
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
	struct beside beside;
	struct namespace_fds joined;
	struct sync sync;
	struct running *run;
	struct seccomp_program filter;
	struct init_shared *shared;
	bool enters; /* see init.h */
	struct rootfs_procfs procfs;
};

static int write_journal(void *arg, struct err *err)
{
	struct start *s = arg;

	return store_write_journal(s->store, &s->build.plan, err);
}

static int fill_state(struct start *s, struct err *err)
{
	char now[STR_UTC_SIZE];

	str_utc(now, time(NULL));
	free(s->state->created);
	s->state->created = str_format("%sZ", now);
	if (!s->state->created)
		return err_oom(err);
	s->state->owner = geteuid();
	s->state->supervisor = (struct process_id){ .pid = s->run->detached ? 0 : getpid() };
	if (!s->run->detached && process_start_time(getpid(), &s->state->supervisor.start) < 0)
		return err_set(err, -ESRCH, "/proc is not mounted");
	/* The state keeps the place; the build is done with it. */
	s->state->cgroup = take_struct(s->build.place);
	return 0;
}

/* Last of all, so that who sees the files finds all that they tell of. */
static int plan_beside(struct start *s, struct err *err)
{
	int ret;

	if (!s->state->beside)
		return 0;
	s->beside = (struct beside){ .state = s->state, .build = &s->build };
	ret = beside_plan(s->state->bundle, s->spec, &s->build.plan, err);
	return ret == 0 ? beside_offer(&s->scope, &s->beside, err) : ret;
}

static bool has_userns(const struct start *s)
{
	return namespaces_find(&s->spec->namespaces, CLONE_NEWUSER) != NULL;
}

static int prepare(struct start *s, struct err *err)
{
	int ret = seccomp_compile(&s->spec->seccomp, &s->filter, err);

	/* In one that is new nobody else can be. */
	if (ret == 0 && has_userns(s) && !namespaces_new(&s->spec->namespaces, CLONE_NEWUSER))
		ret = user_check_closed(err);
	if (ret == 0)
		ret = init_share(s->spec, &s->shared, err);
	if (ret == 0)
		ret = store_scope(s->store, s->state->netns, &s->scope, err);
	if (ret == 0)
		ret = dns_add_mounts(&s->state->spec, &s->scope, err);
	if (ret == 0)
		ret = build_plan(&s->build, s->spec, &s->scope, err);
	if (ret == 0)
		ret = plan_beside(s, err);
	/* Until the network namespace is there, nothing is in it that a failure would have to take back. */
	if (ret == 0)
		ret = scope_set_ns(&s->scope, SCOPE_CONTAINER, -1, s->build.netns_new, err);
	if (ret == 0)
		ret = store_share_netns(&s->scope, SCOPE_CONTAINER, s->build.netns_joined, err);
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
		.detached = s->run->detached,
		.sync = *sync,
		.signals = s->run->signals,
		.scope = &s->scope,
		.filter = &s->filter,
		.shared = s->shared,
		.entered = init_entered(s->shared, s->run->second),
		.joined = &s->joined,
		.enters = s->enters,
		.run = mounts,
		.pidfd = -1,
		.ptmx = -1,
		.apparmor = -1,
		.selinux = -1,
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
	in.run.userns = has_userns(s);
	in.run.procfs = s->enters ? &s->procfs : NULL;
	init_start(&in);
}

static pid_t clone_process(struct start *s, int cgroup, struct err *err)
{
	/* The cgroup and time namespaces are the child's own business: see init.c. */
	int flags = namespaces_flags(&s->spec->namespaces, true) &
		    ~(CLONE_NEWCGROUP | CLONE_NEWTIME);
	struct births *b = s->run->births;
	pid_t pid;

	if (s->run->detached)
		flags |= CLONE_PARENT;

	/* From inside a user namespace the child could not enter what belongs to the host. */
	if (has_userns(s) && s->joined.count)
		return process_clone_joined(&s->joined, flags, cgroup, &s->run->pidfd,
					    &s->run->between, b ? &b->between : NULL,
					    s->run->second, err);
	if (s->run->second && !s->enters)
		apart_memory_keep(s->run->second, sizeof(*s->run->second));
	pid = process_clone(flags, cgroup, &s->run->pidfd, b ? &b->first : NULL);
	return pid < 0 ? err_sys(err, pid, "cannot clone the container's process") : pid;
}

/*
 * Who lives in a pid namespace that is joined by path is to see no more of us than the command, so it is entered last. In a
 * user namespace we would not have the right to then; and in the one that we are in ourselves there is nothing to enter.
 */
static bool enters_pidns(const struct start *s)
{
	int fd = namespace_fds_get(&s->joined, CLONE_NEWPID);
	struct stat its, own;

	return fd >= 0 && !has_userns(s) && fstat(fd, &its) == 0 &&
	       (stat("/proc/self/ns/pid", &own) < 0 || its.st_dev != own.st_dev ||
		its.st_ino != own.st_ino);
}

/*
 * Without a pid namespace the container's processes outlive its first one. Orphans of theirs are to come to us
 * (prctl(2), PR_SET_CHILD_SUBREAPER), not to the host's init. Frozen ones have to be thawed to die.
 */
static void expect_end(struct start *s)
{
	if (s->spec->cgroup.frozen)
		s->run->freezer = &s->state->cgroup;
	if (namespaces_new(&s->spec->namespaces, CLONE_NEWPID))
		return;
	s->run->cgroup = &s->state->cgroup;
	if (!s->run->detached)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static int clone_child(struct start *s, struct err *err)
{
	_cleanup_fd_ int cgroup = cgroup_clone_fd(&s->state->cgroup, &s->scope);
	struct sync child;
	pid_t pid;
	int ret = sync_pair(&s->sync, &child, init_stages, err);

	expect_end(s);
	s->enters = enters_pidns(s);
	s->procfs = (struct rootfs_procfs){
		.pidns = namespace_fds_get(&s->joined, CLONE_NEWPID),
		.open = procfs_open,
		.check = procfs_check,
	};
	if (ret == 0)
		ret = cgroup_join_open(&s->state->cgroup, &s->scope, err);
	if (ret < 0)
		return ret;
	pid = clone_process(s, cgroup, err);
	if (pid == 0)
		be_child(s, &child);
	/* Not in the child, which may have this memory in common with us. */
	s->run->pid = pid;
	sync_close(&child);
	if (s->run->pid == -ENOSPC || s->run->pid == -EUSERS)
		return err_append(err, " (is a limit of /proc/sys/user reached?)");
	if (s->run->pid < 0)
		return s->run->pid;
	s->scope.pid = s->run->pid;
	return 0;
}

/* What only we can give a child that is in a user namespace: ids, and more than we have. It waits for that. */
static int map_ids(struct start *s, struct err *err)
{
	const struct spec *spec = s->spec;
	int ret = 0;

	if (!has_userns(s))
		return 0;
	if (namespaces_new(&spec->namespaces, CLONE_NEWUSER))
		ret = id_maps_write(s->run->pid, spec->uid_mappings, spec->uid_mapping_count,
				    spec->gid_mappings, spec->gid_mapping_count, err);
	if (ret == 0)
		ret = rlimits_raise(s->run->pid, spec->rlimits, spec->rlimit_count, err);
	return ret == 0 ? sync_post(&s->sync, STAGE_MAPPED, NULL, 0, err) : ret;
}

/* The journal says what is joined, so it has to be just that. */
static int open_joined_network(struct start *s, struct err *err)
{
	int joined = namespace_fds_get(&s->joined, CLONE_NEWNET);
	struct stat st;
	int fd;

	if (fstat(joined, &st) < 0)
		return err_sys(err, -errno, "the network namespace");
	if (st.st_ino != s->build.netns_joined)
		return err_set(
			err, -ESTALE,
			"namespaces: NEWNET: the path leads to another namespace than before");
	fd = fcntl(joined, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? err_sys(err, -errno, "cannot keep the network namespace")
		      : scope_set_ns(&s->scope, SCOPE_CONTAINER, fd, false, err);
}

/* Let the scope reach the container's network namespace: by the child's socket, or by the path it joins. */
static int open_network(struct start *s, struct err *err)
{
	int fds[2];
	int ret;

	if (!namespaces_find(&s->spec->namespaces, CLONE_NEWNET))
		return 0;
	if (!s->build.netns_new)
		return open_joined_network(s, err);
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
	int ret = process_start_time(s->run->pid, &s->state->init.start);

	s->state->init.pid = s->run->pid;
	/* One that is dead already has said why: let_go() hears it. */
	if (ret == -ESRCH)
		return 0;
	if (ret < 0)
		return err_sys(err, ret, "cannot tell when process %d started", s->run->pid);
	return store_write_state(s->store, s->state, err);
}

/*
 * Signals wait until there is a command to hand them to; but a program of the config's, around a mount, could hang,
 * and nobody would get at it: then the signals that end a program end the start.
 */
static int wait_for_commands(struct start *s, struct err *err)
{
	_cleanup_fd_ int ends = -1;
	struct signalfd_siginfo info;
	struct pollfd p[] = { { .fd = s->sync.fd, .events = POLLIN }, { .events = POLLIN } };
	sigset_t mask;
	int n;

	if (!rootfs_runs_commands(&s->spec->rootfs))
		return 0;
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGTERM);
	ends = p[1].fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ends < 0)
		return err_sys(err, -errno, "signalfd");
	do {
		n = poll(p, array_size(p), -1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, -errno, "poll");
	if (p[0].revents || read(ends, &info, sizeof(info)) != sizeof(info))
		return 0;
	return err_set(err, -EINTR, "interrupted by signal %u at the commands of its mounts",
		       info.ssi_signo);
}

/* The one that goes on is the container's first process. */
static int follow_in(struct start *s, struct err *err)
{
	int ret;

	if (!s->enters)
		return 0;
	ret = wait_for_commands(s, err);
	if (ret == 0)
		ret = container_follow_in(s->run, &s->sync, s->shared, s->spec->process.terminal,
					  err);
	s->scope.pid = s->run->pid;
	return ret;
}

static int wait_rooted(struct start *s, struct err *err)
{
	int ret = wait_for_commands(s, err);

	if (ret == 0)
		ret = sync_wait(&s->sync, STAGE_ROOTED, &s->run->master,
				s->spec->process.terminal ? 1 : 0, err);
	if (ret == 0)
		container_size_terminal(s->run);
	return ret;
}

static int let_go(struct start *s, struct err *err)
{
	int ret = s->enters ? 0 : wait_rooted(s, err);

	if (ret < 0)
		return ret;
	ret = sync_post(&s->sync, STAGE_GO, NULL, 0, err);
	return ret == 0 ? container_wait_executed(s->run, &s->sync, s->shared, err) : ret;
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

/* One that is kept is as it was before it was started. */
static int forget(struct start *s, struct err *err)
{
	int ret;

	if (!s->state->kept)
		return store_remove(s->store, err);
	ret = store_reset(s->store, err);
	s->state->init = (struct process_id){ 0 };
	return ret == 0 ? store_write_state(s->store, s->state, err) : ret;
}

/* The first error is the one to tell; what goes wrong on the way back is warned of. */
static void take_back(struct start *s)
{
	struct err err = { 0 };

	container_abandon(s->run);
	if (plan_revert(&s->build.plan, &s->scope, NULL, &err) < 0 || forget(s, &err) < 0)
		log_warn("container '%s' is not wholly removed (try 'ctrnet delete %s'): %s",
			 s->store->id, s->store->id, err.text);
	store_close(s->store);
}

/*
 * Before the child executes anything, and while it is busy with itself; until then its death signal is sure to reach it.
 * Processes that are frozen, or not in a pid namespace of their own, do not end with the first one.
 */
static int watch_over(struct start *s, struct err *err)
{
	struct running *r = s->run;
	int signal = s->spec->parent_death_signal;

	if (r->detached)
		return 0;
	return r->cgroup || r->freezer
		       ? guard_over_cgroup(&r->guard, &s->state->cgroup, r->pidfd, signal, err)
		       : guard_over_process(&r->guard, r->pidfd, signal, err);
}

int container_start(struct store *store, struct state *state, struct running *run, struct err *err)
{
	struct start s = {
		.store = store, .state = state, .spec = &state->spec, .sync.fd = -1, .run = run
	};
	int ret = prepare(&s, err);

	if (ret == 0)
		ret = clone_child(&s, err);
	if (ret == 0)
		ret = map_ids(&s, err);
	if (ret == 0)
		ret = connect_child(&s, err);
	if (ret == 0)
		ret = follow_in(&s, err);
	if (ret == 0)
		ret = watch_over(&s, err);
	if (ret == 0)
		ret = record(&s, err);
	if (ret == 0)
		ret = let_go(&s, err);
	if (ret == 0)
		ret = plan_apply(&s.build.plan, PHASE_STARTED, &s.scope, write_journal, &s, err);
	if (ret < 0) {
		explain_death(&s, err);
		take_back(&s);
	} else {
		run->plan = take_struct(s.build.plan);
	}
	sync_close(&s.sync);
	namespace_fds_close(&s.joined);
	build_release(&s.build);
	scope_release(&s.scope);
	seccomp_program_release(&s.filter);
	init_unshare(s.shared);
	return ret;
}
