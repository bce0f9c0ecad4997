/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry of `mounts` asks for, as everybody in this folder reads it; and what errors call it, and a device. */
#ifndef ROOTFS_KIND_H
#define ROOTFS_KIND_H

#include "rootfs/rootfs.h"

enum mount_kind {
	MOUNT_NEW,         /* a new mount of a file system */
	MOUNT_BIND,        /* a path of the host: type "bind", or MS_BIND */
	MOUNT_CGROUP,      /* the container's own cgroups: type "cgroup" or "cgroup2" */
	MOUNT_REMOUNT,     /* other flags for what is mounted there: MS_REMOUNT */
	MOUNT_PROPAGATION, /* neither type nor source, only MS_SHARED or the like */
};

enum mount_kind mount_kind(const struct rootfs_mount *m);

/* A tmpfs or ramfs: new, the container's own, and gone with it, so anything may be written into it. */
bool mount_is_scratch(const struct rootfs_mount *m);

/* What is to be remembered of a MOUNT_NEW. */
struct rootfs_own mount_own(const struct rootfs_mount *m);

/* Types that must never be mounted through a symlink: what is masked and trusted by path lives there. */
bool mount_is_kernel_view(const struct rootfs_mount *m);

/* The index that the config has for the entry @i, which is none of rootfs_add_defaults(). */
size_t mount_index(const struct rootfs_spec *spec, size_t i);

#define MOUNT_ORIGIN_MAX 256

/*
 * "mounts[2] (/dev/shm)", with the index that the config has; for one that rootfs_add_defaults() added "the
 * automatic mount on /dev". Returns @buf, of MOUNT_ORIGIN_MAX bytes.
 */
const char *mount_origin(const struct rootfs_spec *spec, size_t i, char *buf);

/* Likewise: "devices[2] (/dev/fuse)", or "the automatic device /dev/null". */
const char *device_origin(const struct rootfs_spec *spec, size_t i, char *buf);

#endif
