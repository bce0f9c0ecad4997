/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts as file descriptors: cloning, changing, attaching. */
#ifndef ROOTFS_ATTACH_H
#define ROOTFS_ATTACH_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A detached copy (O_PATH, CLOEXEC) of the mount at @path of @dirfd, or of @dirfd itself if @path is "".
 * The host's symlinks are followed. Negative errno on failure.
 */
int tree_clone(int dirfd, const char *path, bool recursive);

/* Put a detached mount on what @target_fd stands for; @tree stays a descriptor of the mount. 0 or -errno. */
int tree_attach(int tree, int target_fd);

/* Unmount the mount whose root is @fd, and what is below it. 0 or -errno. */
int tree_detach(int fd);

/* mount_setattr(2) on the mount @fd: MOUNT_ATTR_* and a propagation of MS_*. 0 or -errno. */
int tree_change(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive);

#endif
