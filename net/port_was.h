/* SPDX-License-Identifier: Apache-2.0 */
/* What a bridge knew of one of its ports, which it forgets when the port leaves it. */
#ifndef NET_PORT_WAS_H
#define NET_PORT_WAS_H

#include "net/link.h"
#include "net/port_vlan.h"

struct port_was {
	struct json_pair
		*flags; /* as bridge(8) calls them, with the kernel's number: "hairpin" is "1" */
	size_t flag_count;
	struct port_vlan_list vlans; /* none: the bridge does not tell them apart */
};

extern const struct json_schema port_was_schema;

/* Of the host's @link; nothing, if it is no port of a bridge. Release by the schema, also on failure. */
int port_was_look(struct nl *nl, const struct link *link, struct port_was *out, struct err *err);

/*
 * Tell it to the bridge @bridge, which the host's link @name is a port of again; what is so already stays. Not whether the port
 * forwards: that is the bridge's to say. What it refuses by now is told by log_warn().
 */
int port_was_restore(struct scope *scope, const char *name, const char *bridge,
		     const struct port_was *was, struct err *err);

#endif
