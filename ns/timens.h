/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time namespaces (time_namespaces(7)): offsets of the monotonic and the boot-time clock. They can be written until the
 * first process is in it, so none can be made by clone3(2): unshare(2) makes one that its caller is not in yet.
 */
#ifndef NS_TIMENS_H
#define NS_TIMENS_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct time_offset {
	int64_t secs;
	uint32_t nanosecs; /* below 1000000000; added to secs, whatever their sign */
};

struct time_offsets {
	struct time_offset monotonic, boottime;
};

/* {"monotonic": {"secs": -5, "nanosecs": 0}, "boottime": {...}}, as the OCI's timeOffsets */
extern const struct json_schema time_offsets_schema;

bool time_offsets_any(const struct time_offsets *o);

/*
 * Make a time namespace with these offsets and enter it. Of the caller's own, so it has to be single-threaded, with
 * CAP_SYS_ADMIN and CAP_SYS_TIME in its user namespace, which will own it; and dumpable, or it may not write its own
 * /proc/self/timens_offsets.
 */
int timens_enter_new(const struct time_offsets *o, struct err *err);

/* As options of unshare(1): " --monotonic=-5 --boottime=100", in whole seconds. */
void time_offsets_show(const struct time_offsets *o, FILE *out);

#endif
