/* SPDX-License-Identifier: Apache-2.0 */
/* The step that makes a missing mountpoint in the user's rootfs, and removes it behind the last container. */
#ifndef ROOTFS_MOUNTPOINT_H
#define ROOTFS_MOUNTPOINT_H

#include "lib/err.h"
#include "lib/plan.h"
#include "lib/scope.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Append what is needed for @real (rootfs/path.h), whose last @missing components do not exist beneath the
 * host's directory @base (absolute, free of symlinks), and for those that other containers made. @file: the last
 * component is an empty file.
 */
int mountpoint_plan(const char *base, const char *real, size_t missing, bool file,
		    const char *origin, const struct scope *scope, struct plan *plan,
		    struct err *err);

#endif
