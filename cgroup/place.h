/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of cgroups, for the files of this folder. */
#ifndef CGROUP_PLACE_H
#define CGROUP_PLACE_H

#include "cgroup/cgroup.h"

/* Is @name (of @len) one of the comma-separated @controllers? */
bool controllers_have(const char *controllers, const char *name, size_t len);

/* The directory whose hierarchy has @controller, v1 first; NULL if there is none. */
const struct cgroup_dir *place_find(const struct cgroup_place *place, const char *controller);

/* The hierarchy that @dir is in; NULL for one that the host no longer has. */
const struct cgroup_hierarchy *place_hierarchy(const struct cgroup_host *host,
					       const struct cgroup_dir *dir);

/*
 * Check a relative or absolute cgroup path: not empty, no "." or ".." component. @key names it in the
 * error. Returns 0 or -EINVAL.
 */
int place_check_path(const char *key, const char *path, struct err *err);

#endif
