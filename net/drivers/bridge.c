// SPDX-License-Identifier: Apache-2.0
/* type "bridge": a bridge in the container, whose ports are the networks whose `master` it is. */
#include "net/kind_driver.h"

#include <linux/if_link.h>

struct bridge_options {
	bool stp, vlan_filtering;
};

static const struct json_field fields[] = {
	JSON_BOOL(struct bridge_options, "stp", stp),
	JSON_BOOL(struct bridge_options, "vlan_filtering", vlan_filtering),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct bridge_options, fields);

static const struct kind_attr attrs[] = {
	{ "stp", "stp_state", .form = KIND_U32, .type = IFLA_BR_STP_STATE },
	{ "vlan_filtering", .form = KIND_U8, .type = IFLA_BR_VLAN_FILTERING },
	{ .key = NULL },
};

static const struct kind_refusal refusals[] = {
	{ -EOPNOTSUPP, "this kernel has no bridge, or no vlan_filtering" },
	{ 0, NULL },
};

static const struct link_kind kind = {
	.name = "bridge",
	.options = &options,
	.attrs = attrs,
	.mtu_of_ports = true,
	.refusals = refusals,
};

static bool filters_vlans(const struct network *n)
{
	return ((const struct bridge_options *)n->options)->vlan_filtering;
}

const struct net_driver bridge_driver = {
	.type = "bridge",
	.name = "br#",
	.options = &options,
	.kind = &kind,
	.has_ports = true,
	.filters_vlans = filters_vlans,
	KIND_DRIVER,
};
