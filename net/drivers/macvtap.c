// SPDX-License-Identifier: Apache-2.0
/* type "macvtap": a macvlan whose packets are read and written by a program, through /dev/tapN (N: the link's index). */
#include "net/drivers/macvlan.h"
#include "net/kind_driver.h"

static const struct json_schema options = JSON_SCHEMA(struct macvlan_options, macvlan_fields);

static const struct kind_refusal refusals[] = {
	KIND_MISSING("macvtap"),
	MACVLAN_REFUSALS,
	{ 0, NULL },
};

static const struct link_kind kind = {
	.name = "macvtap",
	.txqueuelen = 500, /* drivers/net/tap.c: TUN_READQ_SIZE */
	.options = &options,
	.attrs = macvlan_attrs,
	.needs_parent = true,
	.outside = true,
	.own_mac = true,
	.no_mac = macvlan_no_mac,
	.check = macvlan_check,
	.refusals = refusals,
	.passing = macvlan_passing,
};

const struct net_driver macvtap_driver = {
	.type = "macvtap",
	.name = "macvtap#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
