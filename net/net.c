// SPDX-License-Identifier: Apache-2.0
#include "net/net.h"

#include "net/address.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/ipam.h"
#include "net/link.h"
#include "net/link_keys.h"
#include "net/link_master.h"
#include "net/neigh.h"
#include "net/netns_claim.h"
#include "net/nl.h"
#include "net/parents.h"
#include "net/reserve.h"
#include "net/rule.h"
#include "net/sysctl.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const char *net_joined_path(const struct net_config *c)
{
	const char *path = NULL;

	for (size_t i = 0; i < c->network_count && !path; i++)
		if (c->networks[i].driver->joins)
			path = c->networks[i].driver->joins(&c->networks[i]);
	return path;
}

bool net_is_host(const struct net_config *c)
{
	for (size_t i = 0; i < c->network_count; i++)
		if (c->networks[i].driver->host)
			return true;
	return false;
}

/* --- Planning --- */

/*
 * Duplicate address detection on a link that we have just made, with a MAC of our own, finds nothing, and
 * holds up IPv6 for more than a second. @link: "default" for all that will be made.
 */
static int plan_dad(const struct net_planner *p, const char *link, bool on, struct err *err)
{
	struct sysctl_args args = { .ns = SCOPE_CONTAINER, .optional = true };

	args.value[0] = on ? '1' : '0';

	snprintf(args.path, sizeof(args.path), "net/ipv6/conf/%s/accept_dad", link);
	return net_planner_add(p, &sysctl_step, SCOPE_CONTAINER, NULL, &args, err);
}

static int plan_address(const struct net_planner *p, const struct step_type *type,
			const struct network *n, const char *link, const struct net_address *a,
			struct err *err)
{
	struct address_args args = {
		.at.ns = SCOPE_CONTAINER,
		.prefix = a->prefix,
		.peer = a->peer,
		.scope = a->scope,
		.valid = a->valid,
		.preferred = a->preferred,
		.dad = n->dad,
	};

	memcpy(args.label, a->label, sizeof(args.label));
	if (str_copy(args.at.link, sizeof(args.at.link), link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s", link);
	return net_planner_add(p, type, SCOPE_CONTAINER, NULL, &args, err);
}

static int plan_prefix(const struct net_planner *p, const struct step_type *type,
		       const struct network *n, const char *link, const struct ip_prefix *prefix,
		       struct err *err)
{
	const struct net_address a = { .prefix = *prefix };

	return prefix->addr.family ? plan_address(p, type, n, link, &a, err) : 0;
}

/* Steps of @type about all of them; of addr.ready, about those of IPv6. */
static int for_addresses(const struct net_planner *p, const struct network *n, const char *link,
			 const struct step_type *type, struct err *err)
{
	const bool ready = type == &addr_ready_step;
	int ret = ready ? 0 : plan_prefix(p, type, n, link, &n->address, err);

	if (ret == 0)
		ret = plan_prefix(p, type, n, link, &n->ipv6_address, err);
	for (size_t i = 0; ret == 0 && i < n->addresses.count; i++)
		if (!ready || n->addresses.items[i].prefix.addr.family == AF_INET6)
			ret = plan_address(p, type, n, link, &n->addresses.items[i], err);
	return ret;
}

static int plan_neighbors(const struct net_planner *p, const struct network *n, const char *link,
			  struct err *err)
{
	struct neigh_args args = { .at.ns = SCOPE_CONTAINER };
	int ret = 0;

	memcpy(args.at.link, link, sizeof(args.at.link));
	for (size_t i = 0; ret == 0 && i < n->neighbor_count; i++) {
		args.entry = n->neighbors[i];
		ret = net_planner_add(p, &neigh_add_step.type, SCOPE_CONTAINER, NULL, &args, err);
	}
	return ret;
}

/* A pass over all networks: @what is one stage of the plan. */
typedef int stage_fn(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		     struct err *err);

static int stage_driver(const struct net_planner *p, const struct network *n,
			const struct endpoint *e, struct err *err)
{
	return n->driver->plan ? n->driver->plan(n, e, p, err) : 0;
}

static int plan_master(const struct net_planner *p, const struct network *n,
		       const struct endpoint *e, struct err *err)
{
	struct link_master_args args = { .at.ns = SCOPE_CONTAINER };
	int ret;

	if (!n->master[0])
		return 0;
	memcpy(args.at.link, n->master, sizeof(args.at.link));
	memcpy(args.name, e->name, sizeof(args.name));
	ret = net_planner_add(p, &link_master_step.type, SCOPE_CONTAINER, NULL, &args, err);
	return ret < 0 ? ret
		       : net_port_plan(p, n, SCOPE_CONTAINER, e->name, n->master, PORT_DEFAULT_VLAN,
				       err);
}

/* A master comes first: a change of it takes IPv6 addresses away. */
static int stage_inside(const struct net_planner *p, const struct network *n,
			const struct endpoint *e, struct err *err)
{
	int ret = 0;

	if (!n->driver->makes_link)
		return 0;
	/* What is there by default has been said already, of a namespace that is ours. */
	if (n->dad || !e->namespace_new)
		ret = plan_dad(p, e->name, n->dad, err);
	if (ret == 0)
		ret = plan_master(p, n, e, err);
	if (ret == 0)
		ret = net_link_plan_sysctls(p, n, e->name, err);
	if (ret == 0)
		ret = net_link_plan_offloads(p, n, e->name, err);
	if (ret == 0)
		ret = net_link_plan_set(p, n, e->name, err);
	if (ret == 0)
		ret = net_plan_link(p, n->down ? &link_down_step.type : &link_up_step.type,
				    SCOPE_CONTAINER, e->name, err);
	if (ret == 0)
		ret = for_addresses(p, n, e->name, &addr_add_step.type, err);
	if (ret == 0)
		ret = net_fdb_plan(p, n, SCOPE_CONTAINER, e->name, false, err);
	return ret < 0 ? ret : plan_neighbors(p, n, e->name, err);
}

/* What the host's end sends is what the container receives. */
static int stage_shape_host(const struct net_planner *p, const struct network *n,
			    const struct endpoint *e, struct err *err)
{
	const struct shaping_place at = { SCOPE_HOST, e->host_name, "ingress", n->mtu };

	return n->driver->has_host_end ? shaping_plan(p, &at, &n->shaping.ingress, err) : 0;
}

static int stage_shape_inside(const struct net_planner *p, const struct network *n,
			      const struct endpoint *e, struct err *err)
{
	const struct shaping_place out = { SCOPE_CONTAINER, e->name, "egress", n->mtu };
	const struct shaping_place in = { SCOPE_CONTAINER, e->name, "ingress", n->mtu };
	int ret;

	if (!n->driver->makes_link)
		return 0;
	ret = shaping_plan(p, &out, &n->shaping.egress, err);
	if (ret < 0 || n->driver->has_host_end)
		return ret;
	return shaping_plan_redirected(p, &in, &e->host_mac, &n->shaping.ingress, err);
}

int net_plan_shaping(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		     struct err *err)
{
	int ret = stage_shape_host(p, n, e, err);

	return ret < 0 ? ret : stage_shape_inside(p, n, e, err);
}

static int stage_ready(const struct net_planner *p, const struct network *n,
		       const struct endpoint *e, struct err *err)
{
	int ret = 0;

	/* Nobody sends anything over it. */
	if (n->down)
		return 0;
	if (n->driver->makes_link)
		ret = for_addresses(p, n, e->name, &addr_ready_step, err);
	return ret < 0 || !n->driver->plan_ready ? ret : n->driver->plan_ready(n, e, p, err);
}

int net_plan_ready(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		   struct err *err)
{
	return stage_ready(p, n, e, err);
}

/* Others may have links there, too. */
static int stage_claim(const struct net_planner *p, const struct network *n,
		       const struct endpoint *e, struct err *err)
{
	const struct netns_claim_args claim = { .ns = SCOPE_CONTAINER };

	if (!n->driver->makes_link || e->namespace_new)
		return 0;
	return net_planner_add(p, &netns_claim_step, SCOPE_CONTAINER, NETNS_CLAIM, &claim, err);
}

static int stage_reserve(const struct net_planner *p, const struct network *n,
			 const struct endpoint *e, struct err *err)
{
	return ipam_plan(n, e, p, err);
}

static int plan_stage(const struct net_config *c, const struct endpoint *ends, const char *mark,
		      struct plan *plan, stage_fn *stage, struct err *err)
{
	_cleanup_free_ size_t *order = calloc(c->network_count + 1, sizeof(*order));
	char origin[NET_ORIGIN_MAX], name[IFNAMSIZ];
	struct net_planner p = { .plan = plan, .mark = mark, .origin = origin };
	int ret = 0;

	if (!order)
		return err_oom(err);
	net_parents_order(c, order);
	for (size_t i = 0; ret == 0 && i < c->network_count; i++) {
		if (order[i] < c->standing)
			continue;
		net_config_origin(c, order[i], origin);
		net_config_name(c, order[i], name);
		p.owner = name[0] ? name : NULL;
		ret = stage(&p, &c->networks[order[i]], &ends[order[i]], err);
	}
	return ret;
}

/* The plan keeps next hops of its own. */
static int plan_route(const struct net_planner *p, const struct route_args *route, struct err *err)
{
	struct route_args args = *route;

	if (args.hop_count) {
		args.hops = calloc(args.hop_count, sizeof(*args.hops));
		if (!args.hops)
			return err_oom(err);
		memcpy(args.hops, route->hops, args.hop_count * sizeof(*args.hops));
	}
	return net_planner_add(p, &route_add_step.type, SCOPE_CONTAINER, NULL, &args, err);
}

static int plan_routes(const struct net_config *c, struct plan *plan, struct err *err)
{
	_cleanup_(net_config_routes_release) struct net_config_routes routes = { 0 };
	int ret = net_config_routes(c, &routes, err);

	for (size_t i = 0; ret == 0 && i < routes.count; i++) {
		const struct net_config_route *r = &routes.items[i];
		const struct net_planner p = { .plan = plan,
					       .origin = r->origin,
					       .owner = r->owner[0] ? r->owner : NULL };

		if (!c->live || (r->owner[0] && r->network >= c->standing))
			ret = plan_route(&p, &r->args, err);
	}
	return ret;
}

static uint32_t rule_priority(const struct net_config *c, size_t i)
{
	return c->rules[i].priority ? c->rules[i].priority : RULE_PRIORITY_FIRST + (uint32_t)i;
}

static bool rules_say_the_same(const struct net_rule *a, const struct net_rule *b)
{
	struct net_rule one = *a, two = *b;

	one.priority = two.priority = 0;
	return !memcmp(&one, &two, sizeof(one));
}

/* At the same place there may be several, and the same at several. */
static bool rule_is_crowded(const struct net_config *c, size_t i)
{
	for (size_t j = 0; j < c->rule_count; j++)
		if (j != i && (rule_priority(c, j) == rule_priority(c, i) ||
			       rules_say_the_same(&c->rules[j], &c->rules[i])))
			return true;
	return false;
}

static int plan_rules(const struct net_config *c, struct plan *plan, struct err *err)
{
	char origin[NET_ORIGIN_MAX];
	const struct net_planner p = { .plan = plan, .origin = origin };
	int ret = 0;

	for (size_t i = 0; ret == 0 && !c->live && i < c->rule_count; i++) {
		struct rule_args args = { .at.ns = SCOPE_CONTAINER, .rule = c->rules[i] };

		args.rule.family = net_rule_family(&c->rules[i]);
		args.rule.priority = rule_priority(c, i);
		args.crowded = rule_is_crowded(c, i);
		snprintf(origin, sizeof(origin), "rules[%zu]", i);
		ret = net_planner_add(&p, &rule_add_step.type, SCOPE_CONTAINER, NULL, &args, err);
	}
	return ret;
}

static bool declares(const struct net_config *c, bool (*is)(const struct network *n))
{
	for (size_t i = 0; i < c->network_count; i++)
		if (is(&c->networks[i]))
			return true;
	return false;
}

static bool makes_link(const struct network *n)
{
	return n->driver->makes_link;
}

static bool is_loopback(const struct network *n)
{
	return n->driver == &loopback_driver;
}

/* What has to be there before the first link. */
static int plan_namespace(const struct net_config *c, bool namespace_new, struct plan *plan,
			  struct err *err)
{
	const struct net_planner p = { .plan = plan };

	if (!namespace_new || c->live || c->dad_given || !declares(c, makes_link))
		return 0;
	return plan_dad(&p, "default", false, err);
}

static int plan_lo(const struct net_config *c, bool namespace_new, struct plan *plan,
		   struct err *err)
{
	const struct net_planner p = { .plan = plan, .origin = "loopback" };
	const struct link_args lo = { .at = { .ns = SCOPE_CONTAINER, .link = "lo" } };

	if (c->live)
		return 0;
	if (namespace_new)
		return net_planner_add(&p, &link_up_step.type, SCOPE_CONTAINER, NULL, &lo, err);
	if (!declares(c, is_loopback))
		return 0;
	/* Several containers may have joined it. */
	return net_planner_add(&p, &link_borrow_step.type, SCOPE_CONTAINER, "link.borrow:lo", &lo,
			       err);
}

static bool reserves(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].type == &addr_reserve_step)
			return true;
	return false;
}

int net_plan_reserve(const struct net_config *c, const struct endpoint *ends, struct plan *plan,
		     struct err *err)
{
	return plan_stage(c, ends, NULL, plan, stage_reserve, err);
}

/* All host steps, then all of the container's, so that each side leaves in one sendmsg(2); routes when all links are up. */
static int plan_settled(const struct net_config *c, const struct endpoint *ends, const char *id,
			bool namespace_new, struct plan *plan, struct err *err)
{
	_cleanup_free_ char *mark = str_format(LINK_MARK "%s", id);
	int ret;

	if (!mark)
		return err_oom(err);
	ret = plan_namespace(c, namespace_new, plan, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, stage_claim, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, stage_driver, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, stage_shape_host, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, nat_plan_shared, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, nat_plan, err);
	if (ret == 0)
		ret = plan_lo(c, namespace_new, plan, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, stage_inside, err);
	if (ret == 0)
		ret = plan_stage(c, ends, mark, plan, stage_shape_inside, err);
	if (ret == 0)
		ret = plan_routes(c, plan, err);
	if (ret == 0)
		ret = plan_rules(c, plan, err);
	return ret < 0 ? ret : plan_stage(c, ends, mark, plan, stage_ready, err);
}

int net_plan(const struct net_config *c, const struct endpoint *ends, const char *id,
	     bool namespace_new, struct plan *plan, struct err *err)
{
	_cleanup_(ipam_settled_release) struct net_config settled = { 0 };
	int ret = reserves(plan) ? 0 : net_plan_reserve(c, ends, plan, err);

	if (ret == 0)
		ret = ipam_settle(c, ends, &settled, err);
	return ret < 0 ? ret : plan_settled(&settled, ends, id, namespace_new, plan, err);
}

void net_tidy(struct scope *scope)
{
	pool_tidy(scope);
}

/* --- The container's socket --- */

int net_socket_open(struct err *err)
{
	return nl_socket(err);
}

int net_socket_adopt(struct scope *scope, const char *key, int fd, struct err *err)
{
	int domain = 0, protocol = 0;
	socklen_t len = sizeof(int);
	struct nl *nl;
	int ret;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) < 0 || domain != AF_NETLINK ||
	    protocol != NETLINK_ROUTE) {
		close_fd(fd);
		return err_set(err, -EINVAL, "namespace '%s': not a route netlink socket", key);
	}
	ret = nl_new(fd, &nl, err);
	return ret < 0 ? ret : nl_adopt(scope, key, nl, err);
}
