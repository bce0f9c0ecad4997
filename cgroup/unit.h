/* SPDX-License-Identifier: Apache-2.0 */
/* Names of systemd's units (systemd.unit(5), systemd.slice(5)), and where the cgroup of one is. */
#ifndef CGROUP_UNIT_H
#define CGROUP_UNIT_H

#include "cgroup/cgroup.h"
#include "lib/err.h"

/*
 * The scope of a container, PARENT-NAME.scope: NAME is cgroups.name or @id, PARENT cgroups.parent, or "ctrnet" where that is
 * a slice. What unit names do not have is written as \xHH, and a slash as '-'. Allocated.
 */
int unit_scope(const struct cgroup_spec *spec, const char *id, char **unit, struct err *err);

/* The slice that it is in: cgroups.slice, else the last component of cgroups.parent if that is one, else system.slice. Allocated. */
int unit_slice(const struct cgroup_spec *spec, char **slice, struct err *err);

/* What stands before @name, a unit's, in the name of its cgroup: "_" where that could be a file of the kernel's, else "". */
const char *unit_escape(const char *name);

/* The cgroup of @slice below systemd's own: "/a.slice/a-b.slice" for "a-b.slice", "" for "-.slice". Allocated, NULL: no memory. */
char *unit_slice_path(const char *slice);

#endif
