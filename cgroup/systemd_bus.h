/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a connection that is made with other functions than the library's. */
#ifndef CGROUP_SYSTEMD_BUS_H
#define CGROUP_SYSTEMD_BUS_H

#include "cgroup/sdbus.h"
#include "cgroup/systemd.h"

/* systemd_open() without looking whether there is a systemd; @bus NULL: the library. */
int systemd_open_with(struct systemd **sd, const struct sdbus *bus, struct err *err);

#endif
