// SPDX-License-Identifier: Apache-2.0
/* type "vlan": the frames of one VLAN on its parent (IEEE 802.1Q; 802.1ad: the outer tag of two). */
#include "net/kind_driver.h"

#include <linux/if_ether.h>
#include <linux/if_link.h>

struct vlan_options {
	char parent[IFNAMSIZ];
	uint16_t id;
	int protocol; /* ETH_P_* */
};

static const struct json_name protocols[] = {
	{ "802.1q", ETH_P_8021Q },
	{ "802.1ad", ETH_P_8021AD },
	{ NULL, 0 },
};

static const struct json_field fields[] = {
	KIND_PARENT(struct vlan_options),
	JSON_UINT(struct vlan_options, "id", id, .flags = JSON_REQUIRED, .min = 1, .max = 4094),
	JSON_ENUM(struct vlan_options, "protocol", protocol, protocols),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct vlan_options, fields);

static const struct kind_attr attrs[] = {
	{ "protocol", .form = KIND_BE16, .type = IFLA_VLAN_PROTOCOL },
	{ "id", .form = KIND_U16, .type = IFLA_VLAN_ID },
	{ .key = NULL },
};

static const struct kind_refusal refusals[] = {
	{ -EOPNOTSUPP, "this kernel has no vlan, or its parent cannot have one" },
	{ -EEXIST, "the name is taken, or the VLAN of its parent is" },
	{ -ENETDOWN, "its parent is down" },
	{ 0, NULL },
};

static const int passing[] = { -EEXIST, 0 };

static const struct link_kind kind = {
	.name = "vlan",
	.options = &options,
	.attrs = attrs,
	.needs_parent = true,
	.outside = true,
	.refusals = refusals,
	.passing = passing,
};

const struct net_driver vlan_driver = {
	.type = "vlan",
	.name = "vlan#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
