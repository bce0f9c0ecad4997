/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The /proc of a pid namespace that we are not in. The kernel makes a proc file system for the pid namespace in which its context
 * is opened (fsopen(2)), so somebody has to be inside for that; and whoever is may be taken over by who lives there
 * (ptrace(2), CAP_SYS_PTRACE). So it is a process with nothing: nobody's user, an empty root, a user namespace of its own,
 * no descriptors but a socket, and a filter that lets it do nothing else. What it hands out is looked at before it is used, and again when it is mounted.
 */
#ifndef NS_PROCFS_H
#define NS_PROCFS_H

#include "lib/err.h"

/*
 * A context of proc for the pid namespace @pidns, CLOEXEC, for fsconfig(2) and fsmount(2). For a single-threaded caller in a
 * mount namespace of its own, whose root has a /proc.
 */
int procfs_open(int pidns, struct err *err);
/*
 * Is @fd, which somebody in there has handed out, a context of proc? -EPERM: of another type, of a disk of the host's say, which
 * we would mount with our rights. What it says is the kernel's.
 */
int procfs_check_context(int fd, struct err *err);
/* Is the mount @fd, which was made of it, the /proc of @pidns? -EPERM: somebody in there has seen to it that it is not. */
int procfs_check(int fd, int pidns, struct err *err);

#endif
