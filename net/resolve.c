// SPDX-License-Identifier: Apache-2.0
/* What a config leaves open, settled before anything is planned. */
#include "net/net.h"

#include "net/choose.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/ipam.h"
#include "net/nat.h"
#include "net/parents.h"
#include "net/shaping.h"

#include <errno.h>
#include <string.h>

static bool is_declared(const struct net_config *c, const char *name)
{
	char declared[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		net_config_name(c, i, declared);
		if (!strcmp(declared, name))
			return true;
	}
	return false;
}

/* A namespace that is joined may have links of its own. */
static int check_route_link(const struct net_config *c, const char *name, struct err *err)
{
	if (!name[0] || !strcmp(name, "lo") || is_declared(c, name))
		return 0;
	return err_set(err, -EINVAL, "interface_name: no network has the name '%s'", name);
}

static int check_links_of(const struct net_config *c, const struct net_route *r, struct err *err)
{
	int ret = check_route_link(c, r->interface_name, err);

	for (size_t i = 0; ret == 0 && i < r->hop_count; i++) {
		ret = check_route_link(c, r->hops[i].link, err);
		if (ret < 0)
			err_wrap(err, "nexthops[%zu]", i);
	}
	return ret;
}

static int check_route_links(const struct net_config *c, struct err *err)
{
	for (size_t i = 0; i < c->route_count; i++)
		if (check_links_of(c, &c->routes[i], err) < 0)
			return err_wrap(err, "routes[%zu]", i);
	for (size_t i = 0; i < c->network_count; i++)
		for (size_t at = 0; at < c->networks[i].route_count; at++)
			if (check_links_of(c, &c->networks[i].routes[at], err) < 0)
				return err_wrap(err, "networks[%zu].routes[%zu]", i, at);
	return 0;
}

static int resolve_network(const struct net_config *c, size_t i, struct scope *scope,
			   struct endpoint *e, struct err *err)
{
	const struct network *n = &c->networks[i];
	int ret;

	net_config_name(c, i, e->name);
	if (!n->driver->makes_link)
		return 0;
	e->mac = n->mac_address;
	if (mac_is_zero(&e->mac))
		net_choose_mac(scope, e->name, 0x02, &e->mac);
	/* High, because a bridge without a MAC of its own takes the lowest of its ports'. */
	net_choose_mac(scope, e->name, 0xfe, &e->host_mac);
	if (n->driver->resolve && (ret = n->driver->resolve(n, scope, e, err)) < 0)
		return ret;
	ret = shaping_resolve(&n->shaping, scope, err);
	return ret < 0 ? ret : nat_resolve(n, scope, e, err);
}

int net_resolve(const struct net_config *c, struct scope *scope, bool namespace_new,
		struct endpoint *ends, struct err *err)
{
	char origin[NET_ORIGIN_MAX];
	int ret = namespace_new ? check_route_links(c, err) : 0;

	for (size_t i = c->standing; ret == 0 && i < c->network_count; i++) {
		struct endpoint e = { .namespace_new = namespace_new };
		size_t parent;

		e.parent_inside = net_parent_inside(c, i, &parent);
		ret = resolve_network(c, i, scope, &e, err);
		if (ret == 0) {
			ends[i] = e;
			continue;
		}
		net_config_origin(c, i, origin);
		err_wrap(err, "%s", origin);
	}
	return ret < 0 ? ret : ipam_resolve(c, scope, ends, err);
}
