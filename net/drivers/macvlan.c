// SPDX-License-Identifier: Apache-2.0
/* type "macvlan": a link with a MAC address of its own on an interface of the host's (or another network of the container's). */
#include "net/drivers/macvlan.h"

#include "net/kind_driver.h"

#include <linux/if_link.h>

static const struct json_name modes[] = {
	{ "private", MACVLAN_MODE_PRIVATE }, { "vepa", MACVLAN_MODE_VEPA },
	{ "bridge", MACVLAN_MODE_BRIDGE },   { "passthru", MACVLAN_MODE_PASSTHRU },
	{ "source", MACVLAN_MODE_SOURCE },   { NULL, 0 },
};

const struct json_field macvlan_fields[] = {
	KIND_PARENT(struct macvlan_options),
	JSON_ENUM(struct macvlan_options, "mode", mode, modes),
	JSON_CUSTOM(struct macvlan_options, "source_macs", source_macs, &mac_list_custom),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct macvlan_options, macvlan_fields);

/* The kernel's own default is vepa, which needs a switch that sends back what it got. */
const struct kind_attr macvlan_attrs[] = {
	{ "mode", .form = KIND_U32, .type = IFLA_MACVLAN_MODE, .fallback = MACVLAN_MODE_BRIDGE },
	{ "source_macs", "macaddr set", .form = KIND_MACS, .type = IFLA_MACVLAN_MACADDR_DATA,
	  .type6 = IFLA_MACVLAN_MACADDR_MODE },
	{ .key = NULL },
};

int macvlan_check(const struct network *n, struct err *err)
{
	const struct macvlan_options *o = n->options;

	if (o->mode == MACVLAN_MODE_SOURCE && !o->source_macs.count)
		return err_set(err, -EINVAL, "mode: source hears nobody without source_macs");
	if (o->mode != MACVLAN_MODE_SOURCE && o->source_macs.count)
		return err_set(err, -EINVAL, "source_macs: only the mode source has them");
	return 0;
}

const char *macvlan_no_mac(const void *data)
{
	const struct macvlan_options *o = data;

	return o->mode == MACVLAN_MODE_PASSTHRU ? "in mode passthru it has its parent's" : NULL;
}

static const struct kind_refusal refusals[] = {
	KIND_MISSING("macvlan"),
	MACVLAN_REFUSALS,
	{ 0, NULL },
};

const int macvlan_passing[] = { -EBUSY, -EINVAL, -EADDRINUSE, 0 };

static const struct link_kind kind = {
	.name = "macvlan",
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

const struct net_driver macvlan_driver = {
	.type = "macvlan",
	.name = "eth#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
