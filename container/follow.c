// SPDX-License-Identifier: Apache-2.0
/* The parent's side of init_enter_container() and init_enter_filtered(): the process that goes on takes the place of ours. */
#include "container/container.h"
#include "container/init.h"
#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_AGAIN    1000 /* ms */
#define STOPPED_TIMES 5

/* Behind the filter nothing is sent: init_enter_filtered(). The number cannot be another's before it was reaped. */
static int find_entered(const struct running *r, struct init_shared *shared, int *pidfd,
			struct err *err)
{
	const pid_t *entered = init_entered(shared, r->second);
	int ret = init_last_words(shared, err);
	int fd;

	if (ret < 0)
		return ret;
	if (!shared || *entered <= 0)
		return err_set(err, -EPIPE, "the container's process died before 'entered'");
	fd = (int)syscall(SYS_pidfd_open, *entered, 0);
	if (fd < 0)
		return err_sys(err, -errno, "the process that has entered the container");
	*pidfd = fd;
	return 0;
}

/* The process that goes on holds the socket, too, so the end of the one that we cloned has to be looked for. */
static int wait_entered(const struct running *r, struct sync *sync, struct init_shared *shared,
			int *pidfd, struct err *err)
{
	struct pollfd p[] = { { .fd = sync->fd, .events = POLLIN },
			      { .fd = r->pidfd, .events = POLLIN } };
	int ret;

	while (poll(p, array_size(p), -1) < 0)
		if (errno != EINTR)
			return err_sys(err, -errno, "poll");
	/* What it said before is there. */
	if (!p[0].revents && poll(p, 1, 0) <= 0)
		return find_entered(r, shared, pidfd, err);
	ret = sync_wait(sync, STAGE_ENTERED, pidfd, 1, err);
	return ret == -EPIPE ? find_entered(r, shared, pidfd, err) : ret;
}

/*
 * Whoever lives in a pid namespace that we come to can stop what is not the command yet, and we would wait for it with all
 * signals blocked.
 */
static int wait_word(const struct running *r, const struct sync *sync, struct err *err)
{
	struct pollfd word = { .fd = sync->fd, .events = POLLIN };
	int stopped = 0, n;

	while ((n = poll(&word, 1, LOOK_AGAIN)) <= 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(err, -errno, "poll");
		stopped = process_stopped(r->pid) ? stopped + 1 : 0;
		if (stopped >= STOPPED_TIMES)
			return err_set(err, -ETIMEDOUT,
				       "somebody in the container has stopped the process that was "
				       "to become the command");
	}
	return 0;
}

int container_wait_executed(const struct running *r, struct sync *sync,
			    const struct init_shared *shared, struct err *err)
{
	int ret = wait_word(r, sync, err);

	return ret < 0 ? ret : init_wait_executed(sync, shared, err);
}

/* What is no child of ours is left to who has it. */
static int end_between(struct running *r, struct err *err)
{
	int code, ret;

	if (r->detached) {
		r->between = r->pid;
		return 0;
	}
	ret = process_reap(r->pidfd, &code);
	return ret < 0 ? err_sys(err, ret, "cannot reap the process that enters the container") : 0;
}

int container_follow_in(struct running *r, struct sync *sync, struct init_shared *shared,
			bool terminal, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	int ret = terminal ? sync_wait(sync, STAGE_TERMINAL, &r->master, 1, err) : 0;
	pid_t pid;

	if (ret < 0)
		return ret;
	container_size_terminal(r);
	ret = wait_entered(r, sync, shared, &pidfd, err);
	if (ret < 0)
		return ret;
	/* It came through a socket that somebody inside may have got at by now. */
	pid = process_of_child(pidfd, r->detached ? getppid() : getpid());
	if (pid < 0)
		return err_sys(err, pid, "the process that has entered the container");
	ret = end_between(r, err);
	if (ret < 0)
		return ret;
	close_fd(r->pidfd);
	r->pidfd = take_fd(&pidfd);
	r->pid = pid;
	return 0;
}
