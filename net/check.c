// SPDX-License-Identifier: Apache-2.0
#include "net/net.h"

#include "net/check.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/ipam.h"
#include "net/kind.h"
#include "net/link_keys.h"
#include "net/neigh.h"
#include "net/parents.h"
#include "net/rule.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* RFC 791 and RFC 8200: what each family has to be able to carry in one packet. */
#define MTU_MIN_IPV4 68
#define MTU_MIN_IPV6 1280

static int check_address(const char *key, const struct ip_prefix *p, struct err *err)
{
	char text[IP_TEXT_MAX];

	ip_prefix_format(p, text, sizeof(text));
	if (ip_addr_is_multicast(&p->addr))
		return err_set(err, -EINVAL, "%s: %s is a multicast address", key, text);
	if (ip_addr_is_unspecified(&p->addr))
		return err_set(err, -EINVAL, "%s: %s is not an address of an interface", key, text);
	return 0;
}

static int check_family(const char *key, const struct ip_addr *addr, int family, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (addr->family == family)
		return 0;
	return err_set(err, -EINVAL, "%s: %s is not an %s address", key,
		       ip_addr_format(addr, text, sizeof(text)), ip_family_name(family));
}

/* One of the two keys that are of one family; unset is fine. */
static int check_address_key(const char *key, const struct ip_prefix *p, int family,
			     struct err *err)
{
	int ret;

	if (!p->addr.family)
		return 0;
	ret = check_family(key, &p->addr, family, err);
	return ret < 0 ? ret : check_address(key, p, err);
}

int net_check_gateway(const char *key, const struct ip_addr *a, int family, struct err *err)
{
	char text[IP_TEXT_MAX];
	int ret;

	if (!a->family)
		return 0;
	ret = check_family(key, a, family, err);
	if (ret < 0)
		return ret;
	if (ip_addr_is_loopback(a) || ip_addr_is_multicast(a) || ip_addr_is_unspecified(a))
		return err_set(err, -EINVAL, "%s: %s cannot be a gateway", key,
			       ip_addr_format(a, text, sizeof(text)));
	return 0;
}

/* What only one family has. */
static int check_more(const struct net_address *a, struct err *err)
{
	const bool six = a->prefix.addr.family == AF_INET6;

	if (a->peer.family && a->peer.family != a->prefix.addr.family)
		return err_set(err, -EINVAL, "peer: it is not an %s address",
			       ip_family_name(a->prefix.addr.family));
	if (six && a->scope)
		return err_set(err, -EINVAL, "scope: that of an IPv6 address follows from it");
	if (six && a->label[0])
		return err_set(err, -EINVAL, "label: only IPv4 addresses have one");
	if (a->valid && (!a->preferred || a->preferred > a->valid))
		return err_set(err, -EINVAL,
			       "preferred_lft: an address is preferred no longer than it is valid");
	return 0;
}

static int check_addresses(const struct network *n, struct err *err)
{
	for (size_t i = 0; i < n->addresses.count; i++) {
		int ret = check_address("addresses", &n->addresses.items[i].prefix, err);

		if (ret < 0)
			return ret;
		if (check_more(&n->addresses.items[i], err) < 0)
			return err_wrap(err, "addresses[%zu]", i);
	}
	return 0;
}

static int check_twice(const struct network *n, struct err *err)
{
	const struct ip_prefix *a, *b;
	char text[IP_TEXT_MAX];
	const char *key;

	for (size_t i = 0; (a = ipam_given(n, i, &key)); i++)
		for (size_t j = 0; j < i && (b = ipam_given(n, j, &key)); j++)
			if (a->addr.family && ip_addr_equal(&a->addr, &b->addr))
				return err_set(err, -EINVAL, "address %s is given twice",
					       ip_prefix_format(a, text, sizeof(text)));
	return 0;
}

static int check_mtu(const struct network *n, struct err *err)
{
	const struct ip_prefix *p;
	const char *key;
	bool v6 = false;

	if (n->mtu == 0)
		return 0;
	if (n->mtu < MTU_MIN_IPV4 || n->mtu > 65535)
		return err_set(err, -ERANGE,
			       "mtu: %u is out of range (%d to 65535, or 0 to leave it)", n->mtu,
			       MTU_MIN_IPV4);
	for (size_t i = 0; (p = ipam_given(n, i, &key)); i++)
		v6 |= p->addr.family == AF_INET6;
	for (size_t i = 0; i < n->subnets.count; i++)
		v6 |= n->subnets.items[i].addr.family == AF_INET6;
	if (v6 && n->mtu < MTU_MIN_IPV6)
		return err_set(err, -ERANGE, "mtu: IPv6 needs at least %d, and here it is %u",
			       MTU_MIN_IPV6, n->mtu);
	return 0;
}

static int check_neighbors(const struct network *n, struct err *err)
{
	for (size_t i = 0; i < n->neighbor_count; i++)
		if (net_neighbor_check(&n->neighbors[i], err) < 0)
			return err_wrap(err, "neighbors[%zu]", i);
	return 0;
}

/* What all types have in common that make a link. */
static int check_link(const struct network *n, struct err *err)
{
	int ret = check_address_key("address", &n->address, AF_INET, err);

	if (ret == 0)
		ret = check_address_key("ipv6_address", &n->ipv6_address, AF_INET6, err);
	if (ret == 0)
		ret = check_addresses(n, err);
	if (ret == 0)
		ret = check_twice(n, err);
	if (ret == 0)
		ret = net_check_gateway("gateway", &n->gateway, AF_INET, err);
	if (ret == 0)
		ret = net_check_gateway("ipv6_gateway", &n->ipv6_gateway, AF_INET6, err);
	if (ret == 0)
		ret = ipam_check(n, err);
	if (ret == 0)
		ret = check_neighbors(n, err);
	if (ret == 0)
		ret = net_link_check(n, err);
	if (ret == 0)
		ret = check_mtu(n, err);
	return ret < 0 ? ret : shaping_check(&n->shaping, n->mtu, err);
}

/* Whoever asks for it relies on it, so that it is not passed over even where other keys are. */
static int check_no_shaping(const struct network *n, struct err *err)
{
	static const struct shaping none;

	if (!memcmp(&n->shaping, &none, sizeof(none)))
		return 0;
	return err_set(err, -EINVAL, "shaping: type %s makes no link that could be shaped",
		       n->driver->type);
}

int net_check_untouched(const struct network *n, const char *why, struct err *err)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "name", n->name[0] },
		{ "mac_address", !mac_is_zero(&n->mac_address) },
		{ "address", n->address.addr.family },
		{ "ipv6_address", n->ipv6_address.addr.family },
		{ "addresses", n->addresses.count },
		{ "dad", n->dad },
		{ "gateway", n->gateway.family },
		{ "ipv6_gateway", n->ipv6_gateway.family },
		{ "metric", n->metric },
		{ "routes", n->route_count },
		{ "neighbors", n->neighbor_count },
		{ "mtu", n->mtu },
		{ "txqueuelen", n->txqueuelen },
		{ "queues", n->queues },
		{ "link_group", n->group },
		{ "altnames", n->altnames },
		{ "sysctl", n->sysctl_count },
		{ "offloads", n->offloads.count },
		{ "up", n->down },
		{ "master", n->master[0] },
	};

	for (size_t i = 0; i < array_size(keys); i++)
		if (keys[i].given)
			return err_set(err, -EINVAL, "%s: %s", keys[i].key, why);
	return 0;
}

static int check_network(const struct network *n, struct err *err)
{
	int ret = 0;

	if (n->name[0])
		ret = link_name_check(n->name, err);
	if (ret == 0 && n->driver->makes_link && !strcmp(n->name, "lo"))
		ret = err_set(err, -EINVAL, "the name 'lo' is the loopback interface's");
	if (ret == 0 && n->driver->makes_link)
		ret = check_link(n, err);
	if (ret == 0 && !n->driver->makes_link)
		ret = check_no_shaping(n, err);
	if (ret == 0 && !n->driver->makes_link && n->subnets.count)
		ret = err_set(err, -EINVAL, "subnet: a %s has no address to be chosen",
			      n->driver->type);
	if (ret == 0 && !n->driver->makes_link && n->offloads.count)
		ret = err_set(err, -EINVAL, "offloads: type %s makes no link", n->driver->type);
	if (ret == 0 && n->driver->check)
		ret = n->driver->check(n, err);
	if (ret == 0)
		ret = nat_check(n, err);
	return ret;
}

static const char *host_name(const struct network *n)
{
	return n->driver->host_name ? n->driver->host_name(n) : "";
}

/* The link of the host that its frames share with those of other networks of ours; "" if none is known. */
static const char *shared_link(const struct network *n)
{
	if (n->driver->bridge)
		return n->driver->bridge(n);
	return n->driver->kind && n->driver->kind->own_mac
		       ? kind_parent(n->driver->kind, n->options)
		       : "";
}

/* Elsewhere the same one may be meant, as with VRRP. */
static int check_mac_pair(const struct network *a, const struct network *b, struct err *err)
{
	const char *link = shared_link(a);
	char text[MAC_TEXT_MAX];

	if (mac_is_zero(&a->mac_address) || !mac_equal(&a->mac_address, &b->mac_address) ||
	    !link[0] || strcmp(link, shared_link(b)) != 0)
		return 0;
	return err_set(err, -EINVAL, "two interfaces with the MAC address %s on '%s'",
		       mac_format(&a->mac_address, text, sizeof(text)), link);
}

/* Two loopbacks, or a loopback and the name lo, are one interface described twice: harmless, and so allowed. */
static int check_pair(const struct net_config *c, size_t i, size_t j, struct err *err)
{
	const struct network *a = &c->networks[i], *b = &c->networks[j];
	char name[IFNAMSIZ], other[IFNAMSIZ];

	net_config_name(c, i, name);
	net_config_name(c, j, other);
	if (name[0] && !strcmp(name, other) && (a->driver->makes_link || b->driver->makes_link))
		return err_set(err, -EINVAL,
			       "networks[%zu] and networks[%zu]: two interfaces named '%s'", j, i,
			       name);
	if (host_name(a)[0] && !strcmp(host_name(a), host_name(b)))
		return err_set(err, -EINVAL,
			       "networks[%zu] and networks[%zu]: two host interfaces named '%s'", j,
			       i, host_name(a));
	if (a->driver->host || b->driver->host)
		return err_set(
			err, -EINVAL,
			"networks[%zu] and networks[%zu]: with the host's network there is no other",
			j, i);
	if (a->driver->joins && b->driver->joins)
		return err_set(err, -EINVAL,
			       "networks[%zu] and networks[%zu]: only one namespace can be joined",
			       j, i);
	if (check_mac_pair(a, b, err) < 0 || ipam_check_pair(a, b, err) < 0)
		return err_wrap(err, "networks[%zu] and networks[%zu]", j, i);
	return nat_check_pair(a, b, i, j, err);
}

/* By their whole path: `routes` is a key of its own, too. */
static int check_own_routes(const struct network *n, size_t i, struct err *err)
{
	for (size_t at = 0; at < n->route_count; at++)
		if (net_route_check(&n->routes[at], true, err) < 0)
			return err_wrap(err, "networks[%zu].routes[%zu]", i, at);
	return 0;
}

static int check_routes(const struct net_config *c, struct err *err)
{
	for (size_t i = 0; i < c->route_count; i++)
		if (net_route_check(&c->routes[i], false, err) < 0)
			return err_wrap(err, "routes[%zu]", i);
	return 0;
}

static int check_rules(const struct net_config *c, struct err *err)
{
	for (size_t i = 0; i < c->rule_count; i++)
		if (net_rule_check(&c->rules[i], err) < 0)
			return err_wrap(err, "rules[%zu]", i);
	return 0;
}

static int check_networks(const struct net_config *c, struct err *err)
{
	for (size_t i = 0; i < c->network_count; i++) {
		int ret = check_network(&c->networks[i], err);

		if (ret < 0) {
			err_wrap(err, "networks[%zu]", i);
			return ret;
		}
		ret = check_own_routes(&c->networks[i], i, err);
		if (ret < 0)
			return ret;
		for (size_t j = 0; j < i; j++) {
			ret = check_pair(c, i, j, err);
			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

static bool leads_over(const struct route_args *r, const char *link)
{
	bool does = !strcmp(r->at.link, link);

	for (size_t i = 0; !does && i < r->hop_count; i++)
		does = !strcmp(r->hops[i].link, link);
	return does;
}

/* The kernel would refuse them, or forget them when the link goes down. */
static int check_down(const struct net_config *c, const struct net_config_routes *routes,
		      struct err *err)
{
	char name[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		const struct network *n = &c->networks[i];
		/* The loopback interface is up, whatever is said of it. */
		const bool down = n->down && n->driver->makes_link;

		net_config_name(c, i, name);
		for (size_t at = 0; down && at < routes->count; at++)
			if (leads_over(&routes->items[at].args, name))
				return err_set(
					err, -EINVAL,
					"%s: leads over '%s', which stays down (networks[%zu].up)",
					routes->items[at].origin, name, i);
	}
	return 0;
}

int net_check(const struct net_config *c, struct err *err)
{
	_cleanup_(net_config_routes_release) struct net_config_routes routes = { 0 };
	int ret = check_networks(c, err);

	if (ret == 0)
		ret = net_check_parents(c, err);
	if (ret < 0)
		return ret;
	ret = check_routes(c, err);
	if (ret == 0)
		ret = check_rules(c, err);
	if (ret == 0)
		ret = net_dns_check(c, err);
	if (ret == 0)
		ret = net_config_routes(c, &routes, err);
	return ret < 0 ? ret : check_down(c, &routes, err);
}
