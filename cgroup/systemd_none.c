// SPDX-License-Identifier: Apache-2.0
/* In place of systemd.c and sdbus.c in a build without systemd. */
#include "cgroup/systemd.h"

#include <errno.h>

int systemd_open(struct systemd **sd, struct err *err)
{
	*sd = NULL;
	return err_set(err, -EOPNOTSUPP,
		       "this build of ctrnet has no systemd cgroup manager (CONFIG_SYSTEMD)");
}

void systemd_close(struct systemd *sd)
{
	(void)sd;
}

int systemd_root(struct systemd *sd, char **path, struct err *err)
{
	(void)path;
	return systemd_open(&sd, err);
}

int systemd_start_scope(struct systemd *sd, const char *unit, const char *slice,
			const struct cgroup_properties *properties, struct err *err)
{
	(void)unit;
	(void)slice;
	(void)properties;
	return systemd_open(&sd, err);
}

int systemd_stop_scope(struct systemd *sd, const char *unit, const char *slice, struct err *err)
{
	(void)unit;
	(void)slice;
	return systemd_open(&sd, err);
}

int systemd_set_properties(struct systemd *sd, const char *unit,
			   const struct cgroup_properties *properties, struct err *err)
{
	(void)unit;
	(void)properties;
	return systemd_open(&sd, err);
}
