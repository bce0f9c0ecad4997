// SPDX-License-Identifier: Apache-2.0
#include "net/ipam.h"

#include "net/address.h"
#include "net/config.h"
#include "net/reserve.h"

#include "lib/claim.h"
#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* --- What follows from the declaration alone --- */

const struct ip_prefix *ipam_given(const struct network *n, size_t i, const char **key)
{
	static const char *const keys[] = { "address", "ipv6_address", "addresses" };

	*key = keys[i < 2 ? i : 2];
	if (i < 2)
		return i == 0 ? &n->address : &n->ipv6_address;
	return i - 2 < n->addresses.count ? &n->addresses.items[i - 2].prefix : NULL;
}

bool ipam_is_given(const struct network *n, size_t i)
{
	const struct ip_range all = ip_range_of(&n->subnets.items[i]);
	const struct ip_prefix *p;
	const char *key;

	for (size_t j = 0; (p = ipam_given(n, j, &key)); j++)
		if (ip_range_has(&all, &p->addr))
			return true;
	return false;
}

bool ipam_has_bridge(const struct network *n)
{
	return n->driver->bridge && n->driver->bridge(n)[0];
}

static const struct ip_prefix_list *host_addresses(const struct network *n)
{
	static const struct ip_prefix_list none;

	return n->driver->host_addresses ? n->driver->host_addresses(n) : &none;
}

const struct ip_addr *ipam_host_address(const struct network *n, const struct ip_range *r)
{
	const struct ip_prefix_list *list = host_addresses(n);

	for (size_t i = 0; i < list->count; i++)
		if (ip_range_has(r, &list->items[i].addr))
			return &list->items[i].addr;
	return NULL;
}

bool ipam_has_edges(const struct ip_prefix *subnet)
{
	return subnet->length + 1 < ip_family_bits(subnet->addr.family);
}

struct ip_addr ipam_gateway(const struct network *n, size_t i)
{
	const struct ip_prefix *subnet = &n->subnets.items[i];
	const struct ip_range all = ip_range_of(subnet);
	const struct ip_addr *host = ipam_host_address(n, &all);
	struct ip_addr first = all.first;

	if (ip_range_has(&all, &n->gateway))
		return n->gateway;
	if (ip_range_has(&all, &n->ipv6_gateway))
		return n->ipv6_gateway;
	if (host)
		return *host;
	if (ipam_has_edges(subnet))
		ip_addr_step(&first);
	return first;
}

static int add_ranges(struct pool_rule *rule, const struct network *n, const struct ip_range *all)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n->ranges.count; i++)
		if (ip_range_has(all, &n->ranges.items[i].first))
			ret = ip_range_list_add(&rule->ranges, &n->ranges.items[i]);
	return ret == 0 && !rule->ranges.count ? ip_range_list_add(&rule->ranges, all) : ret;
}

static int exclude_one(struct pool_rule *rule, const struct ip_addr *addr)
{
	const struct ip_range one = ip_range_one(addr);

	return ip_range_list_add(&rule->exclude, &one);
}

/* IPv6 has no broadcast: its last address is one like others. */
static int exclude_edges(struct pool_rule *rule, const struct ip_prefix *subnet,
			 const struct ip_range *all)
{
	int ret = 0;

	if (!ipam_has_edges(subnet))
		return 0;
	ret = exclude_one(rule, &all->first);
	return ret == 0 && subnet->addr.family == AF_INET ? exclude_one(rule, &all->last) : ret;
}

int ipam_rule(const struct network *n, size_t i, struct pool_rule *out, struct err *err)
{
	const struct ip_prefix *subnet = &n->subnets.items[i];
	const struct ip_range all = ip_range_of(subnet);
	const struct ip_addr gateway = ipam_gateway(n, i);
	const struct ip_prefix_list *host = host_addresses(n);
	struct pool_rule rule = { 0 };
	int ret = add_ranges(&rule, n, &all);

	if (ret == 0)
		ret = exclude_edges(&rule, subnet, &all);
	if (ret == 0)
		ret = exclude_one(&rule, &gateway);
	for (size_t j = 0; ret == 0 && j < host->count; j++)
		ret = exclude_one(&rule, &host->items[j].addr);
	for (size_t j = 0; ret == 0 && j < n->exclude.count; j++)
		ret = ip_range_list_add(&rule.exclude, &n->exclude.items[j]);
	if (ret < 0) {
		pool_rule_release(&rule);
		return err_oom(err);
	}
	*out = rule;
	return 0;
}

/* --- Gateways --- */

/* 0 for IPv4, 1 for IPv6, as in struct endpoint. */
static size_t family_index(int family)
{
	return family == AF_INET6;
}

static int find_defaults(const struct net_config *c, bool declared[2], struct err *err)
{
	_cleanup_(net_config_routes_release) struct net_config_routes routes = { 0 };
	int ret = net_config_routes(c, &routes, err);

	for (size_t i = 0; ret == 0 && i < routes.count; i++) {
		const struct route_args *a = &routes.items[i].args;

		if (a->destination.length == 0 && route_table(a) == RT_TABLE_MAIN)
			declared[family_index(a->destination.addr.family)] = true;
	}
	return ret;
}

/* @declared: families that have a default route already. */
static void choose_gateway(const struct network *n, size_t i, struct endpoint *e, bool declared[2])
{
	const struct ip_range all = ip_range_of(&n->subnets.items[i]);
	size_t family = family_index(all.first.family);
	bool given = ipam_host_address(n, &all);

	if (!ipam_has_bridge(n) || (e->bridge_found && !given))
		return;
	if (!given)
		e->bridge[i] = ipam_gateway(n, i);
	/* One that stays down has no routes. */
	if (!declared[family] && !n->down)
		e->default_gateway[family] = ipam_gateway(n, i);
	declared[family] = true;
}

/* --- Resolving --- */

struct resolving {
	struct scope *scope;
	struct pool_dir dir;       /* locked, but not for a dry run */
	struct ip_range_list host; /* addresses that the host has */
	bool full;                 /* no memory for one of them */
};

static void resolving_release(struct resolving *r)
{
	pool_unlock(&r->dir);
	ip_range_list_release(&r->host);
}

static void note_address(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct resolving *r = arg;
	struct ip_range one;
	struct address a;

	(void)tag;
	if (address_parse(msg, &a) < 0)
		return;
	one = ip_range_one(&a.prefix.addr);
	if (ip_range_list_add(&r->host, &one) < 0)
		r->full = true;
}

static int read_host(struct resolving *r, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl *nl;
	int ret = nl_for(r->scope, SCOPE_HOST, &nl, err);

	if (ret < 0)
		return ret;
	nl_put_header(nl_batch_add(&b, RTM_GETADDR, 0, 0), sizeof(struct ifaddrmsg));
	ret = nl_dump(nl, &b, note_address, r, err);
	return ret == 0 && r->full ? err_oom(err) : ret;
}

static int read_pool(const struct resolving *r, const struct ip_prefix *subnet, struct pool *p,
		     struct err *err)
{
	return r->scope->dry ? pool_peek(r->scope, subnet, p, err)
			     : pool_read(&r->dir, subnet, p, err);
}

struct overlap {
	const struct scope *scope;
	const struct ip_prefix *subnet;
	struct err *err;
};

/* One that is broken is told of when it is wanted itself. */
static int check_overlap(void *arg, const struct ip_prefix *other)
{
	_cleanup_(pool_release) struct pool pool = { 0 };
	const struct overlap *o = arg;
	const struct ip_range one = ip_range_of(o->subnet), two = ip_range_of(other);
	char text[3][IP_TEXT_MAX], id[256];

	if (ip_prefix_equal(o->subnet, other) || !ip_range_overlaps(&one, &two))
		return 0;
	pool_peek(o->scope, other, &pool, NULL);
	for (size_t i = 0; i < pool.count; i++) {
		const struct pool_holder *h = &pool.holders[i];

		if (claim_look(h->claim) == CLAIM_DEAD)
			continue;
		return err_set(o->err, -EEXIST,
			       "subnet %s overlaps %s, of which container '%s' has %s",
			       ip_prefix_format(o->subnet, text[0], sizeof(text[0])),
			       ip_prefix_format(other, text[1], sizeof(text[1])),
			       claim_id(h->claim, id, sizeof(id)),
			       ip_addr_format(&h->address, text[2], sizeof(text[2])));
	}
	return 0;
}

/* What somebody else has reserved can be neither given nor the bridge's. */
static int check_given(const struct resolving *r, const struct network *n, size_t i,
		       const struct endpoint *e, const struct pool *pool, struct err *err)
{
	const struct ip_range all = ip_range_of(&n->subnets.items[i]);
	const struct ip_prefix *p;
	const char *key;

	for (size_t j = 0; (p = ipam_given(n, j, &key)); j++)
		if (ip_range_has(&all, &p->addr) &&
		    reserve_check(pool, &p->addr, r->scope->run_dir, err) < 0)
			return err_wrap(err, "%s", key);
	if (e->bridge[i].family && reserve_check(pool, &e->bridge[i], "", err) < 0)
		return err_wrap(err, "gateway");
	return 0;
}

static int choose(const struct resolving *r, const struct network *n, size_t i, struct pool *pool,
		  struct ip_addr *out, struct err *err)
{
	const struct ip_range all = ip_range_of(&n->subnets.items[i]);
	_cleanup_(pool_rule_release) struct pool_rule rule = { 0 };
	int ret = ipam_rule(n, i, &rule, err);

	for (size_t j = 0; ret == 0 && j < r->host.count; j++)
		if (ip_range_has(&all, &r->host.items[j].first) &&
		    ip_range_list_add(&rule.exclude, &r->host.items[j]) < 0)
			ret = err_oom(err);
	return ret == 0 ? pool_choose(pool, &rule, out, err) : ret;
}

static int resolve_subnet(const struct resolving *r, const struct network *n, size_t i,
			  struct endpoint *e, struct err *err)
{
	_cleanup_(pool_release) struct pool pool = { 0 };
	const struct ip_prefix *subnet = &n->subnets.items[i];
	struct overlap o = { r->scope, subnet, err };
	int ret = pool_each(r->scope, check_overlap, &o);

	if (ret == 0)
		ret = read_pool(r, subnet, &pool, err);
	if (ret == 0)
		ret = check_given(r, n, i, e, &pool, err);
	if (ret < 0 || ipam_is_given(n, i))
		return ret;
	return choose(r, n, i, &pool, &e->chosen[i], err);
}

static int resolve_all(const struct resolving *r, const struct net_config *c, struct endpoint *ends,
		       struct err *err)
{
	bool declared[2] = { false, false };
	char origin[NET_ORIGIN_MAX];
	int ret = find_defaults(c, declared, err);

	for (size_t i = c->standing; ret == 0 && i < c->network_count; i++) {
		const struct network *n = &c->networks[i];

		for (size_t j = 0; ret == 0 && j < n->subnets.count; j++) {
			choose_gateway(n, j, &ends[i], declared);
			ret = resolve_subnet(r, n, j, &ends[i], err);
		}
		if (ret == 0)
			continue;
		net_config_origin(c, i, origin);
		err_wrap(err, "%s", origin);
	}
	return ret;
}

static bool any_subnet(const struct net_config *c)
{
	for (size_t i = c->standing; i < c->network_count; i++)
		if (c->networks[i].subnets.count)
			return true;
	return false;
}

int ipam_resolve(const struct net_config *c, struct scope *scope, struct endpoint *ends,
		 struct err *err)
{
	_cleanup_(resolving_release) struct resolving r = { .scope = scope, .dir.fd = -1 };
	int ret = 0;

	if (!any_subnet(c))
		return 0;
	if (!scope->dry)
		ret = pool_lock(scope, true, &r.dir, err);
	if (ret == 0)
		ret = read_host(&r, err);
	if (ret == 0)
		ret = resolve_all(&r, c, ends, err);
	return ret == 0 && !scope->dry ? pool_hold(scope, &r.dir, err) : ret;
}

/* --- Planning --- */

bool ipam_bridge_address(const struct network *n, const struct endpoint *e, size_t i,
			 struct ip_prefix *out)
{
	*out = (struct ip_prefix){ .addr = e->bridge[i], .length = n->subnets.items[i].length };
	return e->bridge[i].family != 0;
}

/* The list becomes one of its own, behind that of the config. */
static int settle_addresses(struct network *n, const struct endpoint *e)
{
	struct net_address_list list = { 0 };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n->addresses.count; i++)
		ret = net_address_list_add(&list, &n->addresses.items[i]);
	for (size_t i = 0; ret == 0 && i < n->subnets.count; i++) {
		const struct net_address chosen = {
			.prefix = { e->chosen[i], n->subnets.items[i].length },
		};

		if (chosen.prefix.addr.family)
			ret = net_address_list_add(&list, &chosen);
	}
	n->addresses = list;
	return ret;
}

static int settle(struct network *n, const struct endpoint *e)
{
	if (!n->subnets.count)
		return 0;
	if (e->default_gateway[0].family)
		n->gateway = e->default_gateway[0];
	if (e->default_gateway[1].family)
		n->ipv6_gateway = e->default_gateway[1];
	return settle_addresses(n, e);
}

int ipam_settle(const struct net_config *c, const struct endpoint *ends, struct net_config *out,
		struct err *err)
{
	struct net_config settled = *c;
	int ret = 0;

	settled.networks = calloc(c->network_count + 1, sizeof(*settled.networks));
	if (!settled.networks)
		return err_oom(err);
	settled.network_count = 0;
	for (size_t i = 0; ret == 0 && i < c->network_count; i++) {
		settled.networks[i] = c->networks[i];
		settled.network_count++;
		ret = settle(&settled.networks[i], &ends[i]);
	}
	if (ret == 0) {
		*out = settled;
		return 0;
	}
	ipam_settled_release(&settled);
	return err_oom(err);
}

void ipam_settled_release(struct net_config *settled)
{
	for (size_t i = 0; i < settled->network_count; i++)
		if (settled->networks[i].subnets.count)
			net_address_list_release(&settled->networks[i].addresses);
	free(settled->networks);
	*settled = (struct net_config){ 0 };
}

static int plan_one(const struct net_planner *p, const struct ip_prefix *subnet,
		    const struct ip_addr *address, bool chosen, struct err *err)
{
	const struct reserve_args args = { *subnet, *address, chosen };

	return net_planner_add(p, &addr_reserve_step, NULL, NULL, &args, err);
}

int ipam_plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
	      struct err *err)
{
	const struct ip_prefix *given;
	const char *key;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n->subnets.count; i++) {
		const struct ip_prefix *subnet = &n->subnets.items[i];
		const struct ip_range all = ip_range_of(subnet);

		if (e->chosen[i].family)
			ret = plan_one(p, subnet, &e->chosen[i], true, err);
		for (size_t j = 0; ret == 0 && (given = ipam_given(n, j, &key)); j++)
			if (ip_range_has(&all, &given->addr))
				ret = plan_one(p, subnet, &given->addr, false, err);
	}
	return ret;
}
