/* SPDX-License-Identifier: Apache-2.0 */
/* New limits for a cgroup that lives. */
#ifndef CGROUP_UPDATE_H
#define CGROUP_UPDATE_H

#include "cgroup/cgroup.h"
#include "lib/err.h"
#include "lib/json.h"

/*
 * Set the limits that @limits has, and leave the others: as everywhere, zero (or NULL) is "leave", -1 is "no limit"; what is zero
 * itself when it is taken back is marked (cgroup_mark_zeros()). All of them or
 * none: after a failure those that were set have their old values again. The order in which they are written is the kernel's: memory
 * is not above memory and swap at any time, nor a quota above what the parent gives.
 *
 * -EINVAL, -ERANGE: not what the key, or the kernel, takes (the error names key and range); a key that is no limit (name, parent,
 * devices, freezer, slice, unified) cannot be changed. -EBUSY: the cgroup uses more memory than that, and it cannot be
 * reclaimed: nothing is killed. -ENODEV, -EOPNOTSUPP: the host, or v2, has no such limit. -ENOENT: the cgroup is gone.
 */
int cgroup_update(const struct cgroup_spec *limits, const struct cgroup_host *host,
		  const struct cgroup_place *place, struct err *err);

/*
 * Add to @limits what cgroup_update() writes without being told, as it is meant together with what is there: memory and swap are a sum,
 * and quota and period are one line. For who stores them; its strings and lists stay the caller's.
 */
int cgroup_complete_limits(struct cgroup_spec *limits, const struct cgroup_place *place,
			   struct err *err);

/*
 * @limits were decoded from the object @from: note which of the limits that are no limit when they are false or 0 it says so of. Where
 * the host has no such limit that is so anyway, and no error.
 */
void cgroup_mark_zeros(struct cgroup_spec *limits, const struct json_value *from);

/* Has @limits nothing but limits? cgroup_update() looks itself; this is for what is merged, where the rest is lost. */
int cgroup_check_limits(const struct cgroup_spec *limits, struct err *err);

/*
 * What @to has, with the limits that @from has in the place of its own: copies. Of a list only the entries of the same device, page
 * size or interface are replaced. What @to has in `unified` for a file that a new limit writes goes; -EINVAL where that would be more
 * than the limit says (a file with a line for each device).
 */
int cgroup_merge_limits(struct cgroup_spec *to, const struct cgroup_spec *from, struct err *err);

#endif
