/* SPDX-License-Identifier: Apache-2.0 */
/* Processes and nested cgroups of a cgroup, of either version. */
#ifndef CGROUP_KILL_H
#define CGROUP_KILL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Call @visit for each cgroup nested directly in @path; the first error ends it. One that is gone has none. */
int tree_each_child(const char *path, int (*visit)(const char *path, void *arg), void *arg);

/*
 * The processes of the cgroup @path and of all below it: up to @max of them into @pids. Returns how
 * many there are; one that is gone has none. -errno if it cannot be read.
 */
ssize_t tree_pids(const char *path, pid_t *pids, size_t max);

/* Send SIGKILL to all processes of @path and below, once. Returns 0 or -errno. */
int tree_kill(const char *path);
/* Thaw it and all that is nested in it, where it is one of v1's freezer; else nothing happens. What was killed dies then. */
void tree_thaw_v1(const char *path);

/* rmdir @path and what is nested in it, deepest first. 0 also if it is gone; -EBUSY while used. */
int tree_remove(const char *path);

/*
 * Sleep until it is worth looking again: 100 us at first, then longer, at most 50 ms. False once
 * @max_ms have been slept. Starts zeroed.
 */
struct patience {
	unsigned int next_us, spent_us;
};
bool patience_wait(struct patience *p, unsigned int max_ms);

#endif
