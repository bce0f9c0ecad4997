/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mounts are ours. Directories, nodes and links are only ever written to file systems that
 * were mounted for this container, so that nothing is left in the user's rootfs or behind a bind mount.
 */
#ifndef ROOTFS_OWN_H
#define ROOTFS_OWN_H

#include "rootfs/rootfs.h"

/* Remember the mount that @fd is on; @own.mount_id is filled in, @own.readonly_fd is taken, also on failure. */
int own_add(struct rootfs_run *run, int fd, struct rootfs_own own, struct err *err);

/* The entry of the mount that @fd lies on, or NULL. */
const struct rootfs_own *own_find(const struct rootfs_run *run, int fd);

/*
 * Make the last @missing components of the real path @real (rootfs/path.h): directories (0755), and for the last
 * one what @type says, S_IFDIR or S_IFREG (0644). -EROFS where they would not lie on an
 * exclusive mount of ours.
 */
int own_make(const struct rootfs_run *run, const char *real, size_t missing, mode_t type,
	     struct err *err);

/*
 * The directory of the real path @real, which gets made if it is missing (of @missing components), if it lies
 * on a scratch mount of ours. O_PATH fd; -EROFS, without a text, if it lies elsewhere.
 */
int own_scratch_parent(const struct rootfs_run *run, const char *real, size_t missing,
		       struct err *err);

/*
 * The directory @inside, if it is there, on a scratch mount of ours. O_PATH fd; -EROFS, without a text, if not.
 */
int own_scratch_directory(const struct rootfs_run *run, const char *inside, struct err *err);

#endif
