/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that a config has run around a mount: as the host's root, or in a user
 * namespace as its root, in the container's namespaces.
 */
#ifndef ROOTFS_COMMAND_H
#define ROOTFS_COMMAND_H

#include "rootfs/rootfs.h"

enum command_time { BEFORE_MOUNT, AFTER_MOUNT };

/* Rules that need no kernel, for all commands of the mount @i; errors name them. */
int commands_check(const struct rootfs_spec *spec, size_t i, struct err *err);

/*
 * Run those of the mount @i, one by one, until one fails: "mounts[2].premount_cmds[0] (/bin/touch): exited
 * with status 1". Without `dir` it is the rootfs, to which a relative one is relative too; one that is in the rootfs is
 * looked up beneath it (@run->root_fd).
 */
int commands_run(const struct rootfs_spec *spec, size_t i, enum command_time when,
		 const struct rootfs_run *run, struct err *err);

void commands_show(const struct rootfs_spec *spec, size_t i, enum command_time when, FILE *out);

/* Are there commands for the mount @i or one before it, which might make what it needs? */
bool commands_until(const struct rootfs_spec *spec, size_t i);

#endif
