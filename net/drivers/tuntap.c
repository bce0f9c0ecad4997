// SPDX-License-Identifier: Apache-2.0
/* types "tap" and "tun": links whose packets (Ethernet, IP) a program in the container reads and writes. */
#include "net/driver.h"
#include "net/tuntap.h"

#include "lib/str.h"

#include <errno.h>
#include <string.h>

struct tuntap_options {
	uint32_t owner, group;
	bool multi_queue;
};

/* 2^32 - 1 stands for "no id" in the kernel. */
static const struct json_field fields[] = {
	JSON_UINT(struct tuntap_options, "owner", owner, .max = 0xfffffffe),
	JSON_UINT(struct tuntap_options, "group", group, .max = 0xfffffffe),
	JSON_BOOL(struct tuntap_options, "multi_queue", multi_queue),
	JSON_END,
};
static const struct json_schema tap_options = JSON_SCHEMA(struct tuntap_options, fields);
static const struct json_schema tun_options = JSON_SCHEMA(struct tuntap_options, fields);

static int check_tun(const struct network *n, struct err *err)
{
	if (mac_is_zero(&n->mac_address))
		return 0;
	return err_set(err, -EINVAL, "mac_address: a tun carries no Ethernet, and has none");
}

static int plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		struct err *err)
{
	const struct tuntap_options *o = n->options;
	struct tuntap_args args = {
		.at.ns = SCOPE_CONTAINER,
		.tap = n->driver == &tap_driver,
		.owner = o->owner,
		.group = o->group,
		.multi_queue = o->multi_queue,
		.mtu = n->mtu,
		.txqueuelen = n->txqueuelen,
	};

	if (args.tap)
		args.mac = e->mac;
	memcpy(args.name, e->name, sizeof(args.name));
	if (!e->namespace_new && str_copy(args.alias, sizeof(args.alias), p->mark) < 0)
		return err_set(err, -ENAMETOOLONG, "the mark '%s' is too long for a link's alias",
			       p->mark);
	return net_planner_add(p, &tuntap_add_step, SCOPE_CONTAINER, NULL, &args, err);
}

const struct net_driver tap_driver = {
	.type = "tap",
	.name = "tap#",
	.makes_link = true,
	.options = &tap_options,
	.plan = plan,
};

const struct net_driver tun_driver = {
	.type = "tun",
	.name = "tun#",
	.makes_link = true,
	.options = &tun_options,
	.check = check_tun,
	.plan = plan,
};
