/* SPDX-License-Identifier: Apache-2.0 */
/* Device nodes and the links of /dev, in the child. */
#ifndef ROOTFS_DEVICE_H
#define ROOTFS_DEVICE_H

#include "rootfs/rootfs.h"

#include <sys/types.h>

/* mknod(2)'s type bits for @d: 'u' is an old word for a character device. */
mode_t device_type(const struct rootfs_device *d);

/* Make @d; errors say what, not where. */
int device_make(const struct rootfs_device *d, struct rootfs_run *run, struct err *err);

struct dev_link {
	const char *path, *target; /* the path is in /dev */
	const char *needs;         /* only if this exists in the container; NULL: always */
	bool needs_devpts;         /* only if /dev/pts is a devpts of ours */
};
/* /dev/fd and so on; ended by a NULL path. */
extern const struct dev_link dev_links[];

/* Make all of dev_links where /dev is a scratch mount of ours; what is there already is left alone. */
int links_make(const struct rootfs_run *run, struct err *err);

#endif
