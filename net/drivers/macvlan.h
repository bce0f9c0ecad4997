/* SPDX-License-Identifier: Apache-2.0 */
/* What macvlan and macvtap have in common: in the kernel the second is the first, with a device file. */
#ifndef NET_DRIVERS_MACVLAN_H
#define NET_DRIVERS_MACVLAN_H

#include "net/addr_list.h"
#include "net/kind.h"

struct macvlan_options {
	char parent[IFNAMSIZ];
	int mode; /* MACVLAN_MODE_*; 0: bridge */
	struct mac_list source_macs;
};

extern const struct json_field macvlan_fields[];
extern const struct kind_attr macvlan_attrs[];
extern const int macvlan_passing[];
const char *macvlan_no_mac(const void *options);
int macvlan_check(const struct network *n, struct err *err);

/* clang-format off */
#define MACVLAN_REFUSALS \
	{ -EBUSY, "its parent is used in a way that excludes it: a port of a bridge, or the parent of an ipvlan" }, \
	{ -EINVAL, "its parent cannot have one: it is no Ethernet interface, or the parent of one in mode passthru" }, \
	{ -EADDRINUSE, "another link on its parent has its MAC address" }
/* clang-format on */

#endif
