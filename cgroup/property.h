/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as properties of a unit of systemd's (org.freedesktop.systemd1(5), systemd.resource-control(5)).
 *
 * They are written to the cgroup's files as well. systemd only logs what the kernel refused, rounds a quota, and does not
 * wait; but without the property it would write its own idea of the limit over ours the next time that it looks
 * at the unit (daemon-reload).
 */
#ifndef CGROUP_PROPERTY_H
#define CGROUP_PROPERTY_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/plan.h"

#include <stddef.h>
#include <stdint.h>

struct cgroup_property {
	char *name; /* "MemoryMax" */
	char *type; /* its D-Bus signature: "t" (uint64), "b", "s", "ay" or "a(ss)" */
	/* A number, "yes" or "no", a string; for "ay" a list of CPUs: "0-2,4"; for "a(ss)" one of a list: "char-1 rwm". */
	char *value;
	char *shown; /* as systemd-run's -p has it: "CPUQuota=50%" */
};

struct cgroup_properties {
	struct cgroup_property *items;
	size_t count;
};

extern const struct json_schema cgroup_property_schema;

void properties_release(struct cgroup_properties *p);

/* Append one; @shown NULL: "NAME=VALUE". */
int properties_add(struct cgroup_properties *p, const char *name, const char *type,
		   const char *value, const char *shown, struct err *err);

/*
 * Append those of the limits that the plan's cgroup.write steps write, as far as systemd has them. A quota goes together with its
 * period: the one that the plan leaves is read from the cgroup. So are the device rules of v1; -EOPNOTSUPP or -EINVAL, with the
 * key's name: systemd has nothing like it, and would undo it.
 */
int properties_of(const struct plan *plan, struct cgroup_properties *p, struct err *err);

/* "0-2,4" (or " 0-2, 4") as the bytes of a bit mask, bit 0 of the first one first. Allocated. */
int property_mask(const char *list, uint8_t **bytes, size_t *size, struct err *err);

#endif
