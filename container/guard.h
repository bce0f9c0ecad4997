/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards: processes of ours that wait for our death, however we die, and then kill what we ran. The parent-death signal
 * alone does not do: who has it may disarm it (prctl(2)), executing a set-user-ID program does, and it reaches one process.
 *
 * A guard has a session of its own, all signals blocked, and no file open but a pipe, whose other end is ours, and what it
 * is to kill by. It shares our memory rather than having an image of it, which takes 15 us instead of 70 and more; but the
 * one that walks cgroups has an image, for that takes more than system calls. It is a child of ours, ended by
 * guard_dismiss(); what it guards cannot see it, unless that sees the host's processes anyway.
 *
 * Who kills us and the guard in one go (all of our cgroup; the kernel, for want of memory, all who share ours) leaves the
 * death signal alone to kill what we ran, and else the next command that finds the container.
 */
#ifndef CONTAINER_GUARD_H
#define CONTAINER_GUARD_H

#include "cgroup/cgroup.h"
#include "lib/err.h"

struct guard_post;

struct guard {
	int pidfd;
	int alive; /* our end of the pipe: it is closed when we are dead */
	struct guard_post *post;
};
#define GUARD_INIT                        \
	{                                 \
		.pidfd = -1, .alive = -1, \
	}

/*
 * All of these are called with signals blocked. What has another parent-death signal than SIGKILL (@signal, 0: SIGKILL) is
 * told by that one that it has GUARD_GRACE to end by itself.
 */
#define GUARD_GRACE 10000 /* ms */

/* It kills the process of @pidfd, and goes by itself when that one does. */
int guard_over_process(struct guard *guard, int pidfd, int signal, struct err *err);

/* It kills all that is in @place, frozen or not. @pidfd is the one that is told first. */
int guard_over_cgroup(struct guard *guard, const struct cgroup_place *place, int pidfd, int signal,
		      struct err *err);

/* What it guards is at its end: it leaves, and nobody else is killed. Safe on one that was never started. */
void guard_dismiss(struct guard *guard);

#endif
