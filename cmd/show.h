/* SPDX-License-Identifier: Apache-2.0 */
/* How state and list write a container as JSON. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "container/store.h"
#include "lib/json.h"

/* id, status, pid, bundle, rootfs, created, owner; with @full also start_time, cgroup and config. */
void show_container(struct json_writer *w, const struct state *state, enum status status,
		    bool full);

/* The name of @uid, or its number, in @buf. */
const char *show_owner(uid_t uid, char *buf, size_t size);

#endif
