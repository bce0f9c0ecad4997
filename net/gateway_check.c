// SPDX-License-Identifier: Apache-2.0
/*
 * Gateways that the kernel will refuse, since nothing says that they are on their link. It would say so when half of the
 * container is made, and without a word about what is on the link.
 */
#include "net/net.h"

#include "net/config.h"
#include "net/driver.h"
#include "net/range.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

/* --- What is on a network's link --- */

static struct ip_prefix given(const struct ip_prefix *prefix, const struct ip_addr *peer)
{
	return (struct ip_prefix){ peer && peer->family ? *peer : prefix->addr, prefix->length };
}

/* The @i-th prefix that addresses say is there; its family is 0 where a key is not given. False behind the last. */
static bool prefix_at(const struct network *n, size_t i, struct ip_prefix *out)
{
	const struct net_address *a = n->addresses.items;

	if (i < 2)
		*out = i ? n->ipv6_address : n->address;
	else if ((i -= 2) < n->addresses.count)
		*out = given(&a[i].prefix, &a[i].peer);
	else if ((i -= n->addresses.count) < n->subnets.count)
		*out = n->subnets.items[i];
	else
		return false;
	return true;
}

/* Behind a peer is not the address itself, which IPv4 takes for a gateway, too. */
static bool is_own(const struct network *n, const struct ip_addr *gateway)
{
	for (size_t i = 0; i < n->addresses.count; i++)
		if (ip_addr_equal(&n->addresses.items[i].prefix.addr, gateway))
			return true;
	return false;
}

static bool is_on_link(const struct network *n, const struct ip_addr *gateway)
{
	struct ip_prefix p;

	for (size_t i = 0; prefix_at(n, i, &p); i++) {
		const struct ip_range all = ip_range_of(&p);

		if (p.addr.family && ip_range_has(&all, gateway))
			return true;
	}
	return is_own(n, gateway);
}

/* --- What routes say is there --- */

/* Does it lead to what is on the link? With a gateway it does so only by a scope that says it all the same. */
static bool leads_to_link(const struct route_args *a, const char *link)
{
	for (size_t i = 0; i < a->hop_count; i++)
		if (!strcmp(a->hops[i].link, link) && (!a->hops[i].gateway.family || a->scope))
			return true;
	return !strcmp(a->at.link, link) && (!a->gateway.family || a->scope);
}

static bool is_led_to(const struct net_config_routes *routes, const char *link,
		      const struct ip_addr *gateway)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct route_args *a = &routes->items[i].args;
		const struct ip_range to = ip_range_of(&a->destination);

		if (ip_range_has(&to, gateway) && leads_to_link(a, link))
			return true;
	}
	return false;
}

/* --- Gateways --- */

static int refuse(const struct network *n, const char *link, const char *key,
		  const struct ip_addr *gateway, struct err *err)
{
	char text[IP_TEXT_MAX];
	struct ip_prefix p;
	const char *sep = "";
	int ret = err_set(err, -EINVAL, "%s: %s is not on the link of '%s' (", key,
			  ip_addr_format(gateway, text, sizeof(text)), link);

	for (size_t i = 0; prefix_at(n, i, &p); i++) {
		if (p.addr.family != gateway->family)
			continue;
		err_append(err, "%s%s", sep, ip_prefix_format(&p, text, sizeof(text)));
		sep = ", ";
	}
	if (!*sep)
		err_append(err, "which has no %s address", ip_family_name(gateway->family));
	err_append(err, "), and no route over it leads there");
	return ret;
}

struct check {
	const struct net_config *c;
	struct net_config_routes routes;
};

/* Of networks[@i]. Each interface has fe80::/64 by itself. */
static int check_gateway(const struct check *k, size_t i, const char *key,
			 const struct ip_addr *gateway, struct err *err)
{
	const struct network *n = &k->c->networks[i];
	char link[IFNAMSIZ];

	if (!gateway->family || !n->driver->makes_link || n->driver->own_addresses ||
	    ip_addr_is_link_local(gateway) || is_on_link(n, gateway))
		return 0;
	net_config_name(k->c, i, link);
	if (is_led_to(&k->routes, link, gateway))
		return 0;
	return refuse(n, link, key, gateway, err);
}

static int check_named(const struct check *k, const char *link, const struct ip_addr *gateway,
		       struct err *err)
{
	char name[IFNAMSIZ];

	for (size_t i = 0; gateway->family && i < k->c->network_count; i++) {
		net_config_name(k->c, i, name);
		if (!strcmp(name, link))
			return check_gateway(k, i, "gateway", gateway, err);
	}
	return 0;
}

static int check_hops(const struct check *k, const struct net_route *r, struct err *err)
{
	for (size_t i = 0; i < r->hop_count; i++)
		if (check_named(k, r->hops[i].link, &r->hops[i].gateway, err) < 0)
			return err_wrap(err, "nexthops[%zu]", i);
	return 0;
}

static int check_network(const struct check *k, size_t i, struct err *err)
{
	const struct network *n = &k->c->networks[i];
	int ret = check_gateway(k, i, "gateway", &n->gateway, err);

	if (ret == 0)
		ret = check_gateway(k, i, "ipv6_gateway", &n->ipv6_gateway, err);
	if (ret < 0)
		return err_wrap(err, "networks[%zu]", i);
	for (size_t at = 0; ret == 0 && at < n->route_count; at++) {
		const struct net_route *r = &n->routes[at];

		if (r->onlink)
			continue;
		ret = check_gateway(k, i, "gateway", &r->gateway, err);
		if (ret == 0)
			ret = check_hops(k, r, err);
		if (ret < 0)
			err_wrap(err, "networks[%zu].routes[%zu]", i, at);
	}
	return ret;
}

static int check_declared(const struct check *k, size_t i, struct err *err)
{
	const struct net_route *r = &k->c->routes[i];
	int ret;

	if (r->onlink)
		return 0;
	ret = check_named(k, r->interface_name, &r->gateway, err);
	if (ret == 0)
		ret = check_hops(k, r, err);
	return ret < 0 ? err_wrap(err, "routes[%zu]", i) : 0;
}

static int check_all(const struct check *k, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < k->c->network_count; i++)
		ret = check_network(k, i, err);
	for (size_t i = 0; ret == 0 && i < k->c->route_count; i++)
		ret = check_declared(k, i, err);
	return ret;
}

/* To the kernel, a VRF's ports may be one link (before 5.18: l3mdev_update_flow() puts the VRF in the port's place). */
static bool has_vrf(const struct net_config *c)
{
	for (size_t i = 0; i < c->network_count; i++)
		if (!strcmp(c->networks[i].driver->type, "vrf"))
			return true;
	return false;
}

int net_check_gateways(const struct net_config *c, struct err *err)
{
	_cleanup_(net_config_routes_release) struct net_config_routes routes = { 0 };
	int ret;

	if (has_vrf(c))
		return 0;
	ret = net_config_routes(c, &routes, err);
	return ret < 0 ? ret : check_all(&(struct check){ .c = c, .routes = routes }, err);
}
