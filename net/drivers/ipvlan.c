// SPDX-License-Identifier: Apache-2.0
/* type "ipvlan": a link that shares its parent's MAC address, and is told from it by its IP addresses. */
#include "net/kind_driver.h"

#include <linux/if_link.h>

struct ipvlan_options {
	char parent[IFNAMSIZ];
	int mode, flags; /* the kernel's, and 1: there, 0 is a mode */
};

static const struct json_name modes[] = {
	{ "l2", IPVLAN_MODE_L2 + 1 },
	{ "l3", IPVLAN_MODE_L3 + 1 },
	{ "l3s", IPVLAN_MODE_L3S + 1 },
	{ NULL, 0 },
};

static const struct json_name flags[] = {
	{ "bridge", 1 },
	{ "private", IPVLAN_F_PRIVATE + 1 },
	{ "vepa", IPVLAN_F_VEPA + 1 },
	{ NULL, 0 },
};

static const struct json_field fields[] = {
	KIND_PARENT(struct ipvlan_options),
	JSON_ENUM(struct ipvlan_options, "mode", mode, modes),
	JSON_ENUM(struct ipvlan_options, "flags", flags, flags),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct ipvlan_options, fields);

static const struct kind_attr attrs[] = {
	{ "mode", .form = KIND_U16, .type = IFLA_IPVLAN_MODE, .fallback = IPVLAN_MODE_L2 + 1,
	  .bias = 1 },
	{ "flags", "", .form = KIND_U16, .type = IFLA_IPVLAN_FLAGS, .bias = 1 },
	{ .key = NULL },
};

static const char *no_mac(const void *data)
{
	(void)data;
	return "an ipvlan has its parent's";
}

static const struct kind_refusal refusals[] = {
	KIND_MISSING("ipvlan"),
	{ -EBUSY,
	  "its parent is used in a way that excludes it: a port of a bridge, or the parent of a macvlan" },
	{ -EINVAL, "its parent cannot have one: it is no Ethernet interface" },
	{ 0, NULL },
};

static const int passing[] = { -EBUSY, 0 };

static const struct link_kind kind = {
	.name = "ipvlan",
	.options = &options,
	.attrs = attrs,
	.needs_parent = true,
	.outside = true,
	.no_mac = no_mac,
	.refusals = refusals,
	.passing = passing,
};

const struct net_driver ipvlan_driver = {
	.type = "ipvlan",
	.name = "eth#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
