/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of `mounts`, put in its place in the child. */
#ifndef ROOTFS_MOUNT_H
#define ROOTFS_MOUNT_H

#include "rootfs/rootfs.h"

/* The entry @i of @spec, with its commands before and behind it; errors name it. */
int mount_entry(const struct rootfs_spec *spec, size_t i, struct rootfs_run *run, struct err *err);

/*
 * Type "cgroup": a tmpfs on @target (a directory of the rootfs) that holds one bind mount for each of
 * run->cgroups, named by its controllers ("unified" for v2's of a hybrid host), with links for those that are mounted
 * together. With a lone v2 cgroup, and for type "cgroup2", that cgroup itself.
 */
int mount_cgroups(const struct rootfs_mount *m, const char *label, struct rootfs_run *run,
		  int target, struct err *err);

#endif
