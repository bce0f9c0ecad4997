// SPDX-License-Identifier: Apache-2.0
#include "container/guard.h"

#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What a guard goes by, and what it stands on. It runs beside us in our memory, and with our thread's errno too; so it
 * makes system calls only, and none that fails as long as we live.
 */
struct orders {
	int pipe;
	int pidfd;
	int grace; /* ms */
	const struct cgroup_place *place;
};

struct guard_post {
	char stack[16384] __attribute__((aligned(16)));
	struct orders orders;
};

/* The address sanitizer thinks that a thread has one stack. */
#define ON_ANOTHER_STACK __attribute__((no_sanitize("address")))

ON_ANOTHER_STACK static void close_from_to(int from, int to)
{
	if (from <= to)
		close_range((unsigned int)from, (unsigned int)to, 0);
}

/* It holds nothing that somebody else could wait for: no lock, no pipe's end, no directory, no terminal. */
ON_ANOTHER_STACK static void let_go_of_all(const struct orders *o)
{
	int low = o->pidfd < o->pipe ? o->pidfd : o->pipe;
	int high = o->pidfd > o->pipe ? o->pidfd : o->pipe;

	close_from_to(0, low - 1);
	close_from_to(low + 1, high - 1);
	close_range((unsigned int)high + 1, ~0U, 0);
	setsid();
	if (chdir("/") < 0)
		errno = 0;
	/* Not prctl(): the address sanitizer's takes a lock of its own, which a guard that is dismissed would keep. */
	syscall(SYS_prctl, PR_SET_NAME, "ctrnet-guard", 0, 0, 0);
}

ON_ANOTHER_STACK static int stand(void *arg)
{
	const struct orders *o = arg;
	struct pollfd ends[] = {
		/* A hang-up is always told (poll(2)). */
		{ .fd = o->pipe, .events = 0 },
		/* Others may be left in a cgroup. */
		{ .fd = o->place ? -1 : o->pidfd, .events = POLLIN },
	};
	struct pollfd first = { .fd = o->pidfd, .events = POLLIN };

	let_go_of_all(o);
	while (poll(ends, array_size(ends), -1) < 0)
		;
	if (!ends[0].revents)
		return 0;
	if (o->grace)
		poll(&first, 1, o->grace);
	syscall(SYS_pidfd_send_signal, o->pidfd, SIGKILL, NULL, 0);
	if (o->place)
		cgroup_kill(o->place, NULL);
	return 0;
}

/*
 * Only our main thread's memory, on which the C library's functions rely, is there until the end: a guard that another
 * thread starts has an image of its own. So has the one that needs the C library for more than system calls.
 */
static int begin(struct guard *g)
{
	struct orders *o = &g->post->orders;
	int shared = getpid() == gettid() ? CLONE_VM : 0;
	pid_t pid;

	if (o->place) {
		pid = process_clone(0, -1, &g->pidfd, NULL);
		if (pid == 0)
			_exit(stand(o));
		return pid < 0 ? pid : 0;
	}
	pid = clone(stand, g->post->stack + sizeof(g->post->stack), shared | CLONE_PIDFD | SIGCHLD,
		    o, &g->pidfd);
	return pid < 0 ? -errno : 0;
}

static int start(struct guard *guard, struct orders orders, struct err *err)
{
	struct guard g = GUARD_INIT;
	_cleanup_fd_ int pipe = -1;
	int ends[2];
	int ret;

	g.post = malloc(sizeof(*g.post));
	if (!g.post)
		return err_oom(err);
	if (pipe2(ends, O_CLOEXEC) < 0) {
		ret = err_sys(err, -errno, "cannot make a pipe");
	} else {
		orders.pipe = pipe = ends[0];
		g.alive = ends[1];
		g.post->orders = orders;
		ret = begin(&g);
		if (ret < 0)
			err_sys(err, ret, "cannot start a guard");
	}
	if (ret < 0)
		guard_dismiss(&g);
	else
		*guard = g;
	return ret;
}

static int grace(int signal)
{
	return signal && signal != SIGKILL ? GUARD_GRACE : 0;
}

int guard_over_process(struct guard *guard, int pidfd, int signal, struct err *err)
{
	return start(guard, (struct orders){ .pidfd = pidfd, .grace = grace(signal) }, err);
}

int guard_over_cgroup(struct guard *guard, const struct cgroup_place *place, int pidfd, int signal,
		      struct err *err)
{
	const struct orders orders = { .pidfd = pidfd, .grace = grace(signal), .place = place };

	return start(guard, orders, err);
}

void guard_dismiss(struct guard *guard)
{
	int code;

	/* Not by the pipe, which a process that we forked may have open. */
	if (guard->pidfd >= 0 && process_kill(guard->pidfd, -1) == 0)
		process_reap(guard->pidfd, &code);
	guard->pidfd = close_fd(guard->pidfd);
	guard->alive = close_fd(guard->alive);
	free(guard->post);
	guard->post = NULL;
}
