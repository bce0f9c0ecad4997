/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `cgroups` object of libcontainer's configs, 2014 to 2015, as JSON. The format grew and hardly
 * changed, so one schema reads all of it; keys match without regard to case. What other formats write
 * under other names in the same form is exported as well.
 */
#ifndef CGROUP_CONFIG_H
#define CGROUP_CONFIG_H

#include "cgroup/cgroup.h"

/* struct cgroup_spec. That there is an object, even an empty one, asks for a cgroup. */
extern const struct json_schema cgroup_schema;

/* Append a copy of @rule to allowed_devices. */
int cgroup_allow(struct cgroup_spec *spec, const struct cgroup_device *rule, struct err *err);

/*
 * struct cgroup_blocks: "8:0 500", a list of such, or of objects with `major`, `minor` and `weight`,
 * `rate` or `value`. For JSON_CUSTOM.
 */
extern const struct json_custom cgroup_blocks_json;

/*
 * cgroup_spec.has_swappiness together with memory_swappiness, so for JSON_CUSTOM of that member alone:
 * 0 to 100, or -1 for leaving it.
 */
extern const struct json_custom cgroup_swappiness_json;

/* uint32_t, a number or a string that may be hexadecimal: "0x100001". For JSON_CUSTOM. */
extern const struct json_custom cgroup_classid_json;

/* struct cgroup_ifprio; `name` is known, too. */
extern const struct json_schema cgroup_ifprio_schema;

#endif
