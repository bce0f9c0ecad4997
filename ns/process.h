/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes by pid *and* start time, since a pid alone may be somebody else's by now; and the clone that
 * makes a container's first one.
 */
#ifndef NS_PROCESS_H
#define NS_PROCESS_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Field 22 of /proc/PID/stat, clock ticks since boot; -ESRCH if there is none, or only a zombie. */
int process_start_time(pid_t pid, uint64_t *ticks);

/*
 * A pidfd of the process @pid that started at @start. -ESRCH if it is gone, is a zombie, or is another
 * one. The start time is read behind the open, so the fd cannot be of a successor.
 */
int process_open(pid_t pid, uint64_t start);

/* SIGKILL and wait until it is gone (not reaped: somebody else's child too), at most @ms milliseconds; -ETIMEDOUT. */
int process_kill(int pidfd, int ms);
/* Wait until it is gone, at most @ms milliseconds (-1: forever). 0, -ETIMEDOUT. */
int process_wait_gone(int pidfd, int ms);

/*
 * clone3(2): like fork, with CLONE_NEW* @flags, directly into @cgroup_fd (CLONE_INTO_CGROUP) unless -1, and into
 * the pid namespace @pidns_fd unless -1. Returns 0 in the child, else its pid, with *@pidfd set; or -errno.
 * Single-threaded callers only: a raw clone may inherit a lock held by another thread.
 */
pid_t process_clone(int flags, int cgroup_fd, int pidns_fd, int *pidfd);

/* Reap @pidfd's process, a child of ours; blocks. *@exit_code as a shell has it: the status, or 128 + signal. */
int process_reap(int pidfd, int *exit_code);

#endif
