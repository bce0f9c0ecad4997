/* SPDX-License-Identifier: Apache-2.0 */
/* Processes by pid *and* start time, since a pid alone may be somebody else's by now. */
#ifndef LIB_PID_H
#define LIB_PID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Field 22 of /proc/PID/stat, clock ticks since boot; -ESRCH if there is none, only a zombie, or one that exits. Any other
 * error (-EMFILE, -ENFILE, -ENOMEM) says nothing of the process.
 */
int process_start_time(pid_t pid, uint64_t *ticks);

/* Has somebody sent it SIGSTOP, and nobody SIGCONT? */
bool process_stopped(pid_t pid);

/* Is it known that the process @pid which started at @start is no more? */
bool process_gone(pid_t pid, uint64_t start);

/*
 * A pidfd of the process @pid that started at @start. -ESRCH if it is gone, is a zombie, or is another
 * one. The start time is read behind the open, so the fd cannot be of a successor.
 */
int process_open(pid_t pid, uint64_t start);

/* SIGKILL and wait until it is gone (not reaped: somebody else's child too), at most @ms milliseconds; -ETIMEDOUT. */
int process_kill(int pidfd, int ms);
/*
 * The same of the process @pid that started at @start, and also of one that somebody else has killed: until it is gone it has
 * files and ports. 0 as well if there is none.
 */
int process_end(pid_t pid, uint64_t start, int ms);
/* Wait until it is gone, at most @ms milliseconds (-1: forever). 0, -ETIMEDOUT. */
int process_wait_gone(int pidfd, int ms);
/*
 * The same of one that may be the first of a pid namespace (@pidfd is of @pid). On its way out it waits for what others put into its
 * namespace until those have reaped it (zap_pid_ns_processes() in kernel/pid_namespace.c), which may be never. Nothing of
 * it runs then, and it has left its namespaces and its cgroup: that is an end, too.
 */
int process_wait_end(int pidfd, pid_t pid, int ms);

#endif
