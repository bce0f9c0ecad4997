// SPDX-License-Identifier: Apache-2.0
/* type "vrf": a routing table of its own, for the networks whose `master` it is. */
#include "net/kind_driver.h"

#include <linux/if_link.h>

struct vrf_options {
	uint32_t table;
};

static const struct json_field fields[] = {
	JSON_UINT(struct vrf_options, "table", table, .flags = JSON_REQUIRED, .min = 1,
		  .max = 0xffffffff),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct vrf_options, fields);

static const struct kind_attr attrs[] = {
	{ "table", .form = KIND_U32, .type = IFLA_VRF_TABLE },
	{ .key = NULL },
};

static const struct kind_refusal refusals[] = { KIND_MISSING("vrf"), { 0, NULL } };

static const struct link_kind kind = {
	.name = "vrf",
	.options = &options,
	.attrs = attrs,
	.refusals = refusals,
};

const struct net_driver vrf_driver = {
	.type = "vrf",
	.name = "vrf#",
	.options = &options,
	.kind = &kind,
	.has_ports = true,
	KIND_DRIVER,
};
