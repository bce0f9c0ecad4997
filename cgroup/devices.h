/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules as a step. */
#ifndef CGROUP_DEVICES_H
#define CGROUP_DEVICES_H

#include "cgroup/cgroup.h"

/*
 * Append cgroup.devices if the spec has rules. On v2 they are not applied yet: that is a warning for
 * rules that somebody chose, and a debug record for libcontainer's usual ones.
 */
int devices_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
		 struct plan *plan, struct err *err);

/* Are the spec's rules those of libcontainer's own list? */
bool devices_are_usual(const struct cgroup_spec *spec);

#endif
