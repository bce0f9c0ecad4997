/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing as a step. */
#ifndef CGROUP_FREEZE_H
#define CGROUP_FREEZE_H

#include "cgroup/cgroup.h"

/* Append cgroup.freeze if the spec asks for it. */
int freeze_plan(const struct cgroup_spec *spec, const struct cgroup_place *place, struct plan *plan,
		struct err *err);

#endif
