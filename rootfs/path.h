/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside a rootfs.
 *
 * Three forms: what a config says; "inside", the same made absolute and free of ".", ".." and double slashes
 * ("/dev/shm", the root is "/"), by text alone; and "real", an inside path that has no symlinks
 * because they were followed as a process chrooted into the rootfs would. Only real paths are opened,
 * and the kernel is told to refuse symlinks in them: if somebody puts one there meanwhile, the
 * outcome is an error, never another place.
 */
#ifndef ROOTFS_PATH_H
#define ROOTFS_PATH_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * *@inside (allocated) is @path by text; a leading @rootfs (may be NULL) is cut off. -EINVAL: @path is
 * empty or climbs above the root.
 */
int path_inside(const char *rootfs, const char *path, char **inside, struct err *err);

/* Is @path at @above or below it? Both are inside paths. */
bool path_is_below(const char *path, const char *above);

/*
 * Follow the symlinks of @inside beneath the directory @root. *@real is allocated; its last
 * *@missing components do not exist (a dangling symlink leads to what it names). Symlinks that lie on
 * a procfs are refused (-ELOOP), as is a file where a directory is needed (-ENOTDIR).
 */
int path_resolve(int root, const char *inside, char **real, size_t *missing, struct err *err);

/* O_PATH fd of a real path beneath @root, or -errno; -ELOOP if a symlink is in it by now. @flags: more O_*. */
int path_open(int root, const char *real, int flags);

/* The host's @path, absolute and without symlinks: O_PATH fd, or -errno. */
int path_open_host(const char *path, int flags);

/* Number of components of an inside path. */
size_t path_depth(const char *inside);

/* The first @depth components of @inside, allocated ("/" for 0); NULL when out of memory. */
char *path_prefix(const char *inside, size_t depth);

/* The last component; "" for "/". */
const char *path_name(const char *inside);

#endif
