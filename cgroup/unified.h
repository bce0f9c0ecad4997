/* SPDX-License-Identifier: Apache-2.0 */
/* cgroups.unified: files of cgroup v2 by their own names, for what no other key says. */
#ifndef CGROUP_UNIFIED_H
#define CGROUP_UNIFIED_H

#include "cgroup/cgroup.h"
#include "cgroup/steps.h"

/* Each is a file of a controller's ("memory.high"), with a value, and none that another key of @spec writes. */
int unified_check(const struct cgroup_spec *spec, struct err *err);

/*
 * What of @spec->unified writes a file that one of @limits writes, too, goes: the new limit is in its place. -EINVAL, and nothing goes,
 * where the file has lines for several devices, of which @limits do not know all.
 */
int unified_give_way(struct cgroup_spec *spec, const struct cgroup_spec *limits, struct err *err);

/* Keys that no other format has become entries of @spec->unified, for a config of another format. */
int cgroup_unify(struct cgroup_spec *spec, struct err *err);

/* Add the controllers that they need to what is handed down. */
int unified_controllers(const struct cgroup_spec *spec, struct cgroup_enable_args *args,
			struct err *err);

/* Append a step for each line of each value. */
int unified_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
		 struct plan *plan, struct err *err);

#endif
