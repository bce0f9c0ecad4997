/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that a config only names: they are what the host has in /dev. */
#ifndef CONTAINER_HOST_DEVICE_H
#define CONTAINER_HOST_DEVICE_H

#include "lib/err.h"
#include "rootfs/rootfs.h"

/*
 * Make @d, path included, of the host's /dev/@name, which may be a link within /dev, but leads nowhere else. Its strings
 * are the caller's to release. -ENOENT: there is none; -ENODEV: it is no device.
 */
int host_device_find(const char *name, struct rootfs_device *d, struct err *err);

#endif
