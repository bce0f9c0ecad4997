// SPDX-License-Identifier: Apache-2.0
#include "net/config.h"

#include "net/driver.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* "eth#" becomes eth0, eth1, ...: by position among the networks of drivers with that, named ones counted. */
static void default_name(const struct net_config *c, size_t i, char out[IFNAMSIZ])
{
	const struct net_driver *driver = c->networks[i].driver;
	size_t number = 0, stem = strcspn(driver->name, "#");

	for (size_t j = 0; j < i; j++)
		number += !strcmp(c->networks[j].driver->name, driver->name);
	if (driver->name[stem])
		snprintf(out, IFNAMSIZ, "%.*s%u", (int)(stem < 8 ? stem : 8), driver->name,
			 (unsigned int)(number % 1000000));
	else
		snprintf(out, IFNAMSIZ, "%s", driver->name);
}

void net_config_name(const struct net_config *c, size_t i, char out[IFNAMSIZ])
{
	if (c->networks[i].name[0])
		snprintf(out, IFNAMSIZ, "%s", c->networks[i].name);
	else
		default_name(c, i, out);
}

void net_config_origin(const struct net_config *c, size_t i, char out[NET_ORIGIN_MAX])
{
	char name[IFNAMSIZ];

	net_config_name(c, i, name);
	snprintf(out, NET_ORIGIN_MAX, name[0] ? "networks[%zu] (%s)" : "networks[%zu]", i, name);
}

void net_config_routes_release(struct net_config_routes *routes)
{
	free(routes->items);
	*routes = (struct net_config_routes){ 0 };
}

static int add_route(struct net_config_routes *list, const struct net_config_route *r,
		     struct err *err)
{
	char text[IP_TEXT_MAX];
	void *more;

	for (size_t i = 0; i < list->count; i++) {
		const struct net_config_route *other = &list->items[i];

		if (route_args_equal(&other->args, &r->args))
			return 0;
		if (ip_prefix_equal(&other->args.destination, &r->args.destination))
			return err_set(err, -EINVAL,
				       "%s: a second route to %s; the first one is of %s",
				       r->origin,
				       ip_prefix_format(&r->args.destination, text, sizeof(text)),
				       other->origin);
	}
	more = realloc(list->items, (list->count + 1) * sizeof(*list->items));
	if (!more)
		return err_oom(err);
	list->items = more;
	list->items[list->count++] = *r;
	return 0;
}

static int add_gateway(const struct net_config *c, size_t i, const struct ip_addr *gateway,
		       struct net_config_routes *list, struct err *err)
{
	struct net_config_route r = {
		.args.at.ns = SCOPE_CONTAINER,
		.args.destination.addr.family = gateway->family,
		.args.gateway = *gateway,
	};

	if (!gateway->family)
		return 0;
	net_config_name(c, i, r.args.at.link);
	net_config_origin(c, i, r.origin);
	return add_route(list, &r, err);
}

static int add_declared(const struct net_route *declared, size_t i, struct net_config_routes *list,
			struct err *err)
{
	struct net_config_route r = {
		.args.at.ns = SCOPE_CONTAINER,
		.args.destination = declared->destination,
		.args.gateway = declared->gateway,
		.args.source = declared->source,
	};
	int *family = &r.args.destination.addr.family;

	if (!*family)
		*family = declared->gateway.family ? declared->gateway.family
						   : declared->source.family;
	snprintf(r.args.at.link, sizeof(r.args.at.link), "%s", declared->interface_name);
	snprintf(r.origin, sizeof(r.origin), "routes[%zu]", i);
	return add_route(list, &r, err);
}

int net_config_routes(const struct net_config *c, struct net_config_routes *out, struct err *err)
{
	_cleanup_(net_config_routes_release) struct net_config_routes list = { 0 };
	int ret = 0;

	for (size_t i = 0; i < c->network_count && ret == 0; i++) {
		if (!c->networks[i].driver->makes_link)
			continue;
		ret = add_gateway(c, i, &c->networks[i].gateway, &list, err);
		if (ret == 0)
			ret = add_gateway(c, i, &c->networks[i].ipv6_gateway, &list, err);
	}
	for (size_t i = 0; i < c->route_count && ret == 0; i++)
		ret = add_declared(&c->routes[i], i, &list, err);
	if (ret < 0)
		return ret;
	*out = list;
	list = (struct net_config_routes){ 0 };
	return 0;
}
