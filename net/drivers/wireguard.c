// SPDX-License-Identifier: Apache-2.0
/*
 * type "wireguard": encrypted IP in UDP to peers that are known by their keys. Its packets leave by the host's routes, as its
 * socket stays where the link was made; or by the container's.
 */
#include "net/wireguard.h"

#include "net/kind_driver.h"

#include <string.h>

static int check(const struct network *n, struct err *err)
{
	return wireguard_check(n->options, err);
}

static const char *no_mac(const void *data)
{
	(void)data;
	return "a wireguard carries no Ethernet, and has none";
}

static bool inside(const void *data)
{
	const struct wireguard_options *o = data;

	return o->socket == WIREGUARD_SOCKET_CONTAINER;
}

static const struct kind_refusal refusals[] = {
	KIND_MISSING("wireguard"),
	{ -EEXIST, "the name is taken" },
	{ 0, NULL },
};

/* No attributes: generic netlink has them (net/wireguard.h). */
static const struct link_kind kind = {
	.name = "wireguard",
	.options = &wireguard_schema,
	.outside = true,
	.inside = inside,
	.no_mac = no_mac,
	.mtu = 1420, /* drivers/net/wireguard/device.c: what 1500 leave of an IPv6 packet */
	.check = check,
	.refusals = refusals,
};

/* Keys in files are looked at before anything is made. Whoever only wants to see the plan need not be able to read them. */
static int resolve(const struct network *n, struct scope *scope, struct endpoint *e,
		   struct err *err)
{
	struct wireguard_options copy;
	int ret;

	(void)e;
	if (scope->dry)
		return 0;
	if (wireguard_copy(&copy, n->options) < 0)
		return err_oom(err);
	ret = wireguard_read_keys(&copy, err);
	json_release(&wireguard_schema, &copy);
	return ret;
}

static int plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		struct err *err)
{
	struct wireguard_args args = { .at.ns = SCOPE_CONTAINER };
	int ret = kind_driver_plan(n, e, p, err);

	if (ret < 0)
		return ret;
	memcpy(args.at.link, e->name, sizeof(args.at.link));
	if (wireguard_copy(&args.set, n->options) < 0)
		return err_oom(err);
	return net_planner_add(p, &wireguard_set_step, SCOPE_CONTAINER, NULL, &args, err);
}

/* --- Routes --- */

static bool is_within(const struct ip_prefix *p, const struct ip_prefix *around)
{
	struct ip_prefix cut = *p, network;

	if (around->addr.family != p->addr.family || around->length > p->length)
		return false;
	cut.length = around->length;
	cut = ip_prefix_masked(&cut);
	network = ip_prefix_masked(around);
	return ip_prefix_equal(&cut, &network);
}

/* With its addresses come routes to what they are in. */
static bool has_route(const struct network *n, const struct ip_prefix *p)
{
	bool has = is_within(p, &n->address) || is_within(p, &n->ipv6_address);

	for (size_t i = 0; i < n->addresses.count && !has; i++)
		has = is_within(p, &n->addresses.items[i].prefix);
	return has;
}

static int routes(const struct network *n, net_add_route_fn *add, void *arg, struct err *err)
{
	const struct wireguard_options *o = n->options;
	int ret = 0;

	for (size_t i = 0; o->route_allowed_ips && i < o->peer_count; i++) {
		const struct ip_prefix_list *list = &o->peers[i].allowed_ips;

		for (size_t at = 0; ret == 0 && at < list->count; at++)
			if (!has_route(n, &list->items[at]))
				ret = add(arg, &list->items[at], err);
	}
	return ret;
}

const struct net_driver wireguard_driver = {
	.type = "wireguard",
	.name = "wg#",
	.makes_link = true,
	.options = &wireguard_schema,
	.kind = &kind,
	.check = kind_driver_check,
	.resolve = resolve,
	.plan = plan,
	.routes = routes,
};
