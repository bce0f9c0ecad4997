/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SELinux label of what a bind mount shows, so that the container may use it: "Z" gives it the mount_label as it is,
 * for this container alone; "z" one that all containers may use, with the lowest level (s0).
 */
#ifndef ROOTFS_RELABEL_H
#define ROOTFS_RELABEL_H

#include "rootfs/rootfs.h"

#include "lib/err.h"
#include "lib/plan.h"

/* The value of a mount's relabel: "z", "Z", or nothing. */
int relabel_check(const struct rootfs_mount *m, struct err *err);

/* Append the step for @m, if it asks for it. Not for /, /usr and /etc, under whatever name. */
int relabel_plan(const struct rootfs_spec *spec, const struct rootfs_mount *m, const char *origin,
		 struct plan *plan, struct err *err);

extern const struct step_type relabel_step;

#endif
