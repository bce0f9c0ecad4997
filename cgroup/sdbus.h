/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of libsystemd that ctrnet calls (sd-bus(3)), as a table. The library is loaded when systemd is asked for and
 * not before: linked with, it and what it needs would cost each start of ctrnet more than all else that is done there.
 * Tests have a table of their own.
 */
#ifndef CGROUP_SDBUS_H
#define CGROUP_SDBUS_H

#include "lib/err.h"

#include <systemd/sd-bus.h>

#define SDBUS_FUNCTIONS(f)                                                                        \
	f(open_system) f(flush_close_unref) f(message_new_method_call) f(message_append_basic)    \
		f(message_append_array) f(message_open_container) f(message_close_container)      \
			f(message_read_basic) f(message_unref) f(call) f(match_signal) f(process) \
				f(wait) f(get_property_string) f(error_free)

struct sdbus {
#define SDBUS_MEMBER(name) __typeof__(&sd_bus_##name) name;
	SDBUS_FUNCTIONS(SDBUS_MEMBER)
#undef SDBUS_MEMBER
};

/* Load the library; it stays. -ENOENT: it, or a function in it, is not there. */
int sdbus_load(struct sdbus *table, struct err *err);

#endif
