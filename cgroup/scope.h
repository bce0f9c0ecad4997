/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cgroup that systemd holds: a transient scope, one of the step types (cgroup.scope).
 *
 * A scope cannot be made without a process in it, and the container's process is to be in it before it does anything. So a
 * process of ours makes the scope, with itself in it, and sits there until the container's process has been cloned into
 * it: the holder. It dies with us, and a scope whose last process is gone goes too.
 */
#ifndef CGROUP_SCOPE_H
#define CGROUP_SCOPE_H

#include "cgroup/cgroup.h"
#include "cgroup/property.h"
#include "lib/plan.h"
#include "lib/scope.h"

struct cgroup_scope_args {
	char *unit, *slice;
	char *path; /* its directory in systemd's own hierarchy: v2, or name=systemd of v1 */
	char **others; /* v1: in other hierarchies, as far as they were missing when the plan was made */
	struct cgroup_properties properties;
};
extern const struct step_type cgroup_scope_step;

/* Append the step. @limits: a plan with the cgroup.write and cgroup.devices steps that are to follow it. */
int scope_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
	       const struct plan *limits, struct plan *plan, struct err *err);

/* Is there a holder still? */
bool scope_has_holder(const struct scope *scope);

/* The container's process is in it: the holder may go. Without one nothing is done. */
void scope_release_holder(const struct scope *scope);

#endif
