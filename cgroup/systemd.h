/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to systemd about scopes (org.freedesktop.systemd1(5)). In a build without CONFIG_SYSTEMD all of it is -EOPNOTSUPP.
 */
#ifndef CGROUP_SYSTEMD_H
#define CGROUP_SYSTEMD_H

#include "cgroup/cgroup.h"
#include "cgroup/property.h"
#include "lib/err.h"

/* A connection to the system bus. */
struct systemd;

/* -EOPNOTSUPP: systemd is not what runs here, or this build has no way to it; else the bus or the library is missing. */
int systemd_open(struct systemd **sd, struct err *err);
/* Safe on NULL. */
void systemd_close(struct systemd *sd);

/* systemd's own cgroup, which all paths of its units begin with; "" for the root. Allocated. */
int systemd_root(struct systemd *sd, char **path, struct err *err);

/*
 * Make the scope @unit in @slice with the calling process in it, and wait until it stands. Properties that this version of
 * systemd does not know are left out. -EEXIST: there is a unit of that name.
 */
int systemd_start_scope(struct systemd *sd, const char *unit, const char *slice,
			const struct cgroup_properties *properties, struct err *err);

/*
 * Stop it, and wait until its name is free. Gone already is success, and so is one of that name in another slice: that is
 * somebody else's, and not touched.
 */
int systemd_stop_scope(struct systemd *sd, const char *unit, const char *slice, struct err *err);

/* Change properties of a unit that lives, until the next boot. */
int systemd_set_properties(struct systemd *sd, const char *unit,
			   const struct cgroup_properties *properties, struct err *err);

#endif
