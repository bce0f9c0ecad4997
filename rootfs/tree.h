/* SPDX-License-Identifier: Apache-2.0 */
/* All files of a tree, of any depth, that others may change meanwhile. */
#ifndef ROOTFS_TREE_H
#define ROOTFS_TREE_H

#include "lib/err.h"

#include <stdbool.h>

/* Four times as many as a path can name: a tree that is deeper grows while it is walked, or was made to keep us busy. */
#define TREE_DEPTH_MAX 8192

/* @fd is an O_PATH descriptor, of a symlink or a device as well, and stays the walk's. */
typedef int tree_visit_fn(void *arg, int fd, struct err *err);

/*
 * Call @visit for @top, and if it is a directory for everything below it; with @mounts for what is mounted there too. The
 * first failure ends it. No symlink is followed, and a handful of descriptors is open at a time. What goes away meanwhile is
 * passed over. -ESTALE: a directory was moved elsewhere while the walk was in it; -ELOOP: deeper than TREE_DEPTH_MAX.
 */
int tree_walk(int top, bool mounts, tree_visit_fn *visit, void *arg, struct err *err);

#endif
