/* SPDX-License-Identifier: Apache-2.0 */
/* The clone that makes a container's first process, and what is ours to do about it and its like. */
#ifndef NS_PROCESS_H
#define NS_PROCESS_H

#include "lib/err.h"
#include "lib/pid.h"
#include "ns/namespace.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * clone3(2): like fork, with CLONE_NEW* @flags, directly into @cgroup_fd (CLONE_INTO_CGROUP) unless -1. Returns 0 in the child, else its pid, with *@pidfd set; or -errno.
 * Single-threaded callers only: a raw clone may inherit a lock held by another thread. With CLONE_PARENT it is a child
 * of our parent. @born is NULL, or where its pid is as soon as it is there, even if we are killed in the call.
 */
pid_t process_clone(int flags, int cgroup_fd, int *pidfd, pid_t *born);

/*
 * For who has a filter in force: one call and nothing else, and that clone(2), whose flags a filter can see (to clone3(2)
 * many answer ENOSYS). The child is our parent's, as with CLONE_PARENT. *@pid is the child's pid before it runs; in memory
 * that it does not share (MADV_DONTFORK) nobody but us and who has it as well can have written that. Returns as
 * process_clone(). The former is what process_clone_bare() passes, for whom the filter is to be asked about.
 */
void process_clone_bare_args(uint64_t args[6], const pid_t *pid);
pid_t process_clone_bare(pid_t *pid);

/*
 * As process_clone(), by a process in between, which enters @joined first: all with the rights that we have now, and the
 * user namespace last. We could not do that ourselves, since nobody gets back out of a user namespace; and the namespaces
 * that are made then belong to it. The child is ours. With CLONE_PARENT both are children of our parent, and *@between is the
 * other one: gone, for it to reap. @born is of that one, as with process_clone(); @second of the child: shared memory
 * (apart_memory()) of a page of its own, which the child does not have.
 */
pid_t process_clone_joined(const struct namespace_fds *joined, int flags, int cgroup_fd, int *pidfd,
			   pid_t *between, pid_t *born, pid_t *second, struct err *err);

/* The environment of ours, which is nobody's business inside a container, is gone from our memory. */
void process_forget_environment(void);

/* The pid of @pidfd's process, dead or alive; -ECHILD if that is no child of the process @parent. */
pid_t process_of_child(int pidfd, pid_t parent);

/* Reap @pidfd's process, a child of ours; blocks. *@exit_code as a shell has it: the status, or 128 + signal. */
int process_reap(int pidfd, int *exit_code);

#endif
