// SPDX-License-Identifier: Apache-2.0
#include "net/config.h"

#include "net/check.h"
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

/* --- Routes --- */

void net_config_routes_release(struct net_config_routes *routes)
{
	free(routes->items);
	*routes = (struct net_config_routes){ 0 };
}

static int add_route(struct net_config_routes *list, const struct net_config_route *r,
		     struct err *err)
{
	void *more;

	/* In powers of two, told from the count alone. */
	if (!(list->count & (list->count - 1))) {
		more = realloc(list->items, (list->count ? list->count * 2 : 1) * sizeof(*r));
		if (!more)
			return err_oom(err);
		list->items = more;
	}
	list->items[list->count++] = *r;
	return 0;
}

static void own(const struct net_config *c, size_t i, struct net_config_route *r)
{
	net_config_name(c, i, r->owner);
	r->network = i;
}

static int add_gateway(const struct net_config *c, size_t i, const struct ip_addr *gateway,
		       struct net_config_routes *list, struct err *err)
{
	struct net_config_route r = {
		.args.at.ns = SCOPE_CONTAINER,
		.args.destination.addr.family = gateway->family,
		.args.gateway = *gateway,
		.args.metric = c->networks[i].metric,
	};

	if (!gateway->family)
		return 0;
	net_config_name(c, i, r.args.at.link);
	net_config_origin(c, i, r.origin);
	own(c, i, &r);
	return add_route(list, &r, err);
}

static struct route_args declared_args(const struct net_route *declared)
{
	struct route_args a = {
		.at.ns = SCOPE_CONTAINER,
		.type = declared->type,
		.destination = declared->destination,
		.gateway = declared->gateway,
		.source = declared->source,
		.metric = declared->metric,
		.table = declared->table,
		.scope = declared->scope,
		.onlink = declared->onlink,
		.mtu = declared->mtu,
		.advmss = declared->advmss,
		.hops = declared->hops,
		.hop_count = declared->hop_count,
	};

	if (!a.destination.addr.family)
		a.destination.addr.family = net_route_family(declared);
	memcpy(a.at.link, declared->interface_name, sizeof(a.at.link));
	return a;
}

static int add_own(const struct net_config *c, size_t i, struct net_config_routes *list,
		   struct err *err)
{
	const struct network *n = &c->networks[i];
	int ret = 0;

	for (size_t at = 0; ret == 0 && at < n->route_count; at++) {
		struct net_config_route r = { .args = declared_args(&n->routes[at]) };

		if (!route_is_refusal(&r.args) && !r.args.hop_count)
			net_config_name(c, i, r.args.at.link);
		snprintf(r.origin, sizeof(r.origin), "networks[%zu].routes[%zu]", i, at);
		own(c, i, &r);
		ret = add_route(list, &r, err);
	}
	return ret;
}

/* For routes that follow from a driver's keys. */
struct derived {
	struct net_config_routes *list;
	struct net_config_route route;
};

static int add_derived(void *arg, const struct ip_prefix *destination, struct err *err)
{
	struct derived *d = arg;

	d->route.args.destination = *destination;
	return add_route(d->list, &d->route, err);
}

static int add_drivers(const struct net_config *c, size_t i, struct net_config_routes *list,
		       struct err *err)
{
	const struct network *n = &c->networks[i];
	struct derived d = { list, { .args.at.ns = SCOPE_CONTAINER } };

	if (!n->driver->routes)
		return 0;
	net_config_name(c, i, d.route.args.at.link);
	net_config_origin(c, i, d.route.origin);
	own(c, i, &d.route);
	return n->driver->routes(n, add_derived, &d, err);
}

static int add_networks(const struct net_config *c, struct net_config_routes *list, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < c->network_count && ret == 0; i++) {
		const struct network *n = &c->networks[i];

		if (n->driver->makes_link)
			ret = add_gateway(c, i, &n->gateway, list, err);
		if (ret == 0 && n->driver->makes_link)
			ret = add_gateway(c, i, &n->ipv6_gateway, list, err);
		if (ret == 0)
			ret = add_drivers(c, i, list, err);
		if (ret == 0)
			ret = add_own(c, i, list, err);
	}
	return ret;
}

static int add_declared(const struct net_route *declared, size_t i, struct net_config_routes *list,
			struct err *err)
{
	struct net_config_route r = { .args = declared_args(declared) };

	snprintf(r.origin, sizeof(r.origin), "routes[%zu]", i);
	return add_route(list, &r, err);
}

/* --- Two to one destination --- */

static int compare_destinations(const struct route_args *a, const struct route_args *b)
{
	const uint32_t ours[] = { (uint32_t)a->destination.addr.family, route_table(a),
				  a->destination.length };
	const uint32_t theirs[] = { (uint32_t)b->destination.addr.family, route_table(b),
				    b->destination.length };

	for (size_t i = 0; i < array_size(ours); i++)
		if (ours[i] != theirs[i])
			return ours[i] < theirs[i] ? -1 : 1;
	return memcmp(a->destination.addr.bytes, b->destination.addr.bytes,
		      sizeof(a->destination.addr.bytes));
}

/* What the kernel tells routes apart by: of those that have it in common it takes one. */
static int compare_keys(const struct route_args *a, const struct route_args *b)
{
	const uint32_t ours = route_metric(a), theirs = route_metric(b);
	int ret = compare_destinations(a, b);

	return ret ? ret : (ours > theirs) - (ours < theirs);
}

/* By key, and in order among those of one key: the items do not move meanwhile. */
static int compare_items(const void *a, const void *b)
{
	const struct net_config_route *const *one = a, *const *two = b;
	int ret = compare_keys(&(*one)->args, &(*two)->args);

	return ret ? ret : (*one > *two) - (*one < *two);
}

static int refuse_second(const struct net_config_route *r, const struct net_config_route *first,
			 struct err *err)
{
	char text[IP_TEXT_MAX], table[ROUTE_TABLE_TEXT_MAX];

	err_set(err, -EINVAL, "%s: a second route to %s", r->origin,
		ip_prefix_format(&r->args.destination, text, sizeof(text)));
	if (r->args.table)
		err_append(err, " in table %s",
			   route_table_format(r->args.table, table, sizeof(table)));
	if (r->args.metric)
		err_append(err, " with metric %u", r->args.metric);
	err_append(err, "; the first one is of %s", first->origin);
	return -EINVAL;
}

/* Mark each that is there before, in the same words, and refuse the first in others. */
static int find_seconds(struct net_config_route **sorted, size_t count, struct err *err)
{
	struct net_config_route *bad = NULL, *first = NULL;

	for (size_t i = 1, begin = 0; i < count; i++) {
		if (compare_keys(&sorted[begin]->args, &sorted[i]->args)) {
			begin = i;
			continue;
		}
		sorted[i]->twice = route_args_equal(&sorted[begin]->args, &sorted[i]->args);
		if (!sorted[i]->twice && (!bad || sorted[i] < bad)) {
			bad = sorted[i];
			first = sorted[begin];
		}
	}
	return bad ? refuse_second(bad, first, err) : 0;
}

/* Those that say the same twice are one. */
static void find_alone(struct net_config_route **sorted, size_t count)
{
	for (size_t begin = 0, end; begin < count; begin = end) {
		size_t different = 0;

		for (end = begin;
		     end < count && !compare_destinations(&sorted[begin]->args, &sorted[end]->args);
		     end++)
			different += !sorted[end]->twice;
		for (size_t i = begin; i < end; i++)
			sorted[i]->args.alone = different == 1;
	}
}

static int check_seconds(struct net_config_routes *list, struct err *err)
{
	_cleanup_free_ struct net_config_route **sorted = calloc(list->count + 1, sizeof(*sorted));
	int ret;

	if (!sorted)
		return err_oom(err);
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = &list->items[i];
	qsort(sorted, list->count, sizeof(*sorted), compare_items);
	ret = find_seconds(sorted, list->count, err);
	find_alone(sorted, list->count);
	return ret;
}

/* --- Order --- */

/*
 * A gateway has to be reached when its route is added: so first what is on the link. What refuses comes last,
 * for it could be in the way.
 */
static int rank(const struct route_args *a)
{
	if (route_is_refusal(a))
		return 2;
	for (size_t i = 0; i < a->hop_count; i++)
		if (a->hops[i].gateway.family)
			return 1;
	return a->gateway.family ? 1 : 0;
}

static int put_in_order(const struct net_config_routes *from, struct net_config_routes *to,
			struct err *err)
{
	int ret = 0;

	for (int at = 0; at <= 2; at++)
		for (size_t i = 0; ret == 0 && i < from->count; i++)
			if (rank(&from->items[i].args) == at && !from->items[i].twice)
				ret = add_route(to, &from->items[i], err);
	return ret;
}

int net_config_routes(const struct net_config *c, struct net_config_routes *out, struct err *err)
{
	_cleanup_(net_config_routes_release) struct net_config_routes given = { 0 };
	_cleanup_(net_config_routes_release) struct net_config_routes list = { 0 };
	int ret = add_networks(c, &given, err);

	for (size_t i = 0; i < c->route_count && ret == 0; i++)
		ret = add_declared(&c->routes[i], i, &given, err);
	if (ret == 0)
		ret = check_seconds(&given, err);
	if (ret == 0)
		ret = put_in_order(&given, &list, err);
	if (ret < 0)
		return ret;
	*out = list;
	list = (struct net_config_routes){ 0 };
	return 0;
}
