/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules as a step. */
#ifndef CGROUP_DEVICES_H
#define CGROUP_DEVICES_H

#include "cgroup/cgroup.h"

/* Append cgroup.devices if the spec has rules. */
int devices_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
		 struct plan *plan, struct err *err);

#endif
