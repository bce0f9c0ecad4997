/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a pid namespace, for a container that no cgroup tells of (pid_namespaces(7)). */
#ifndef NS_PIDNS_H
#define NS_PIDNS_H

#include "lib/err.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * Those in the pid namespace of the process @init, whose pidfd is @pidfd, and in what is nested in it, as our /proc has them.
 * *@pids is allocated. -ESRCH: it has ended.
 */
int pidns_list(pid_t init, int pidfd, pid_t **pids, size_t *count, struct err *err);

/* @signal to all of these, once; by pidfds, so that no stranger with a pid of theirs gets it. */
int pidns_signal(pid_t init, int pidfd, int signal, struct err *err);

#endif
