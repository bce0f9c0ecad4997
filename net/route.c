// SPDX-License-Identifier: Apache-2.0
#include "net/route.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool parse_addr(const struct nlattr *attr, int family, struct ip_addr *out)
{
	struct ip_addr addr = { .family = family };

	if (!nl_get_bytes(attr, addr.bytes, ip_family_size(family)))
		return false;
	*out = addr;
	return true;
}

static void parse_metrics(const struct nlattr *metrics, struct route *r)
{
	const struct nlattr *attrs[RTAX_ADVMSS + 1] = { 0 };

	nl_attrs_nested(metrics, attrs, RTAX_ADVMSS);
	nl_get_u32(attrs[RTAX_MTU], &r->mtu);
	nl_get_u32(attrs[RTAX_ADVMSS], &r->advmss);
}

int route_parse(const struct nlmsghdr *msg, struct route *out)
{
	const struct rtmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[RTA_MAX + 1] = { 0 };
	struct route r = { 0 };
	int family;

	if (msg->nlmsg_type != RTM_NEWROUTE || !head)
		return -EBADMSG;
	family = head->rtm_family;
	if (!ip_family_size(family) || head->rtm_dst_len > ip_family_bits(family))
		return -EBADMSG;
	nl_attrs(msg, sizeof(*head), attrs, RTA_MAX);
	r.destination = (struct ip_prefix){ .addr.family = family, .length = head->rtm_dst_len };
	if (!parse_addr(attrs[RTA_DST], family, &r.destination.addr) && head->rtm_dst_len)
		return -EBADMSG;
	parse_addr(attrs[RTA_GATEWAY], family, &r.gateway);
	parse_addr(attrs[RTA_PREFSRC], family, &r.source);
	nl_get_u32(attrs[RTA_OIF], &r.index);
	nl_get_u32(attrs[RTA_PRIORITY], &r.metric);
	parse_metrics(attrs[RTA_METRICS], &r);
	r.table = head->rtm_table;
	nl_get_u32(attrs[RTA_TABLE], &r.table);
	r.protocol = head->rtm_protocol;
	r.type = head->rtm_type;
	r.scope = head->rtm_scope;
	r.flags = head->rtm_flags;
	r.hops = attrs[RTA_MULTIPATH];
	*out = r;
	return 0;
}

static void parse_hop(const struct rtnexthop *head, int family, struct route_parsed_hop *out)
{
	const struct nlattr *attrs[RTA_GATEWAY + 1] = { 0 };

	*out = (struct route_parsed_hop){ .index = (uint32_t)head->rtnh_ifindex,
					  .weight = head->rtnh_hops + 1u };
	nl_attrs_bytes(head + 1, head->rtnh_len - sizeof(*head), attrs, RTA_GATEWAY);
	parse_addr(attrs[RTA_GATEWAY], family, &out->gateway);
}

int route_each_hop(const struct route *r, int (*fn)(void *arg, const struct route_parsed_hop *hop),
		   void *arg)
{
	size_t left;
	const char *at = nl_payload(r->hops, &left);
	int ret = 0;

	while (ret == 0 && left > 0) {
		const struct rtnexthop *head = (const void *)at;
		struct route_parsed_hop hop;
		size_t step;

		if (left < sizeof(*head) || head->rtnh_len < sizeof(*head) || head->rtnh_len > left)
			return -EBADMSG;
		parse_hop(head, r->destination.addr.family, &hop);
		ret = fn(arg, &hop);
		step = NLMSG_ALIGN(head->rtnh_len);
		step = step < left ? step : left;
		at += step;
		left -= step;
	}
	return ret;
}

static void keep_route(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	(void)tag;
	route_parse(msg, arg);
}

int route_is_local(struct nl *nl, const struct ip_addr *addr, bool *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = nl_batch_add(&b, RTM_GETROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));
	struct route route = { 0 };
	int ret;

	head->rtm_family = (uint8_t)addr->family;
	head->rtm_dst_len = (uint8_t)ip_family_bits(addr->family);
	nl_put(m, RTA_DST, addr->bytes, ip_family_size(addr->family));
	ret = nl_batch_send(nl, &b, keep_route, &route, err);
	if (ret == 0)
		*out = route.type == RTN_LOCAL;
	return ret;
}

/* --- What a plan says, and what follows from it --- */

static bool hops_equal(const struct route_args *a, const struct route_args *b)
{
	if (a->hop_count != b->hop_count)
		return false;
	for (size_t i = 0; i < a->hop_count; i++)
		if (!ip_addr_equal(&a->hops[i].gateway, &b->hops[i].gateway) ||
		    strcmp(a->hops[i].link, b->hops[i].link) ||
		    a->hops[i].weight != b->hops[i].weight)
			return false;
	return true;
}

bool route_args_equal(const struct route_args *a, const struct route_args *b)
{
	return !strcmp(a->at.ns, b->at.ns) && !strcmp(a->at.link, b->at.link) &&
	       route_type(a) == route_type(b) && route_table(a) == route_table(b) &&
	       route_metric(a) == route_metric(b) && route_scope(a) == route_scope(b) &&
	       a->onlink == b->onlink && a->mtu == b->mtu && a->advmss == b->advmss &&
	       ip_prefix_equal(&a->destination, &b->destination) &&
	       ip_addr_equal(&a->gateway, &b->gateway) && ip_addr_equal(&a->source, &b->source) &&
	       hops_equal(a, b);
}

int route_type(const struct route_args *a)
{
	return a->type ? a->type : RTN_UNICAST;
}

bool route_is_refusal(const struct route_args *a)
{
	return route_type(a) != RTN_UNICAST && route_type(a) != RTN_LOCAL;
}

uint32_t route_table(const struct route_args *a)
{
	if (a->table)
		return a->table;
	return route_type(a) == RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
}

/* net/ipv6/route.c: IPv6 has no metric 0. */
uint32_t route_metric(const struct route_args *a)
{
	if (a->metric || a->destination.addr.family == AF_INET)
		return a->metric;
	return 1024; /* IP6_RT_PRIO_USER */
}

static bool has_gateway(const struct route_args *a)
{
	for (size_t i = 0; i < a->hop_count; i++)
		if (a->hops[i].gateway.family)
			return true;
	return a->gateway.family;
}

/* IPv4 refuses a gateway that is no nearer than the destination; IPv6 has no scopes here. */
uint8_t route_scope(const struct route_args *a)
{
	static const uint8_t scopes[] = {
		[ROUTE_SCOPE_GLOBAL] = RT_SCOPE_UNIVERSE,
		[ROUTE_SCOPE_SITE] = RT_SCOPE_SITE,
		[ROUTE_SCOPE_LINK] = RT_SCOPE_LINK,
		[ROUTE_SCOPE_HOST] = RT_SCOPE_HOST,
	};

	if (a->scope)
		return scopes[a->scope];
	if (a->destination.addr.family != AF_INET || route_is_refusal(a))
		return RT_SCOPE_UNIVERSE;
	if (route_type(a) == RTN_LOCAL)
		return RT_SCOPE_HOST;
	return has_gateway(a) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

/* --- The step --- */

static void keep_index(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	uint32_t *indexes = arg;
	struct link link;

	if (link_parse(msg, &link) == 0)
		indexes[tag] = link.index;
}

int route_find_hops(struct scope *scope, const struct route_args *a, uint32_t **out,
		    struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_free_ uint32_t *indexes = NULL;
	struct nl *nl;
	int ret;

	*out = NULL;
	if (!a->hop_count)
		return 0;
	indexes = calloc(a->hop_count, sizeof(*indexes));
	if (!indexes)
		return err_oom(err);
	for (size_t i = 0; i < a->hop_count; i++)
		link_put_get(&b, a->hops[i].link, i);
	ret = nl_for(scope, a->at.ns, &nl, err);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, keep_index, indexes, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < a->hop_count; i++)
		if (!indexes[i])
			return err_set(err, -ENODEV, "no link '%s'", a->hops[i].link);
	*out = take_ptr(indexes);
	return 0;
}

static void put_addr(struct nl_msg *m, uint16_t type, const struct ip_addr *addr)
{
	if (addr->family)
		nl_put(m, type, addr->bytes, ip_family_size(addr->family));
}

static void put_hop(struct nl_msg *m, const struct route_args *a, const struct route_hop *hop,
		    uint32_t index)
{
	struct rtnexthop *head = nl_put_header(m, sizeof(*head));
	size_t size = ip_family_size(hop->gateway.family);

	head->rtnh_len = (uint16_t)(sizeof(*head) + (size ? RTA_SPACE(size) : 0));
	head->rtnh_hops = (uint8_t)(hop->weight ? hop->weight - 1 : 0);
	head->rtnh_flags = a->onlink && size ? RTNH_F_ONLINK : 0;
	head->rtnh_ifindex = (int)index;
	put_addr(m, RTA_GATEWAY, &hop->gateway);
}

static void put_metrics(struct nl_msg *m, const struct route_args *a)
{
	if (!a->mtu && !a->advmss)
		return;
	nl_nest (m, RTA_METRICS) {
		if (a->mtu)
			nl_put_u32(m, RTAX_MTU, a->mtu);
		if (a->advmss)
			nl_put_u32(m, RTAX_ADVMSS, a->advmss);
	}
}

void route_put(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
	       const struct route_args *a, uint32_t index, const uint32_t *hops)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));

	head->rtm_family = (uint8_t)a->destination.addr.family;
	head->rtm_dst_len = (uint8_t)a->destination.length;
	head->rtm_table = route_table(a) < 256 ? (uint8_t)route_table(a) : RT_TABLE_UNSPEC;
	head->rtm_protocol = NL_PROTO_CTRNET;
	head->rtm_scope = route_scope(a);
	head->rtm_type = (uint8_t)route_type(a);
	head->rtm_flags = a->onlink && !a->hop_count ? RTNH_F_ONLINK : 0;
	if (a->destination.length)
		put_addr(m, RTA_DST, &a->destination.addr);
	put_addr(m, RTA_GATEWAY, &a->gateway);
	put_addr(m, RTA_PREFSRC, &a->source);
	if (index)
		nl_put_u32(m, RTA_OIF, index);
	if (a->metric)
		nl_put_u32(m, RTA_PRIORITY, a->metric);
	if (route_table(a) > 255)
		nl_put_u32(m, RTA_TABLE, route_table(a));
	put_metrics(m, a);
	if (!a->hop_count)
		return;
	nl_nest (m, RTA_MULTIPATH)
		for (size_t i = 0; i < a->hop_count; i++)
			put_hop(m, a, &a->hops[i], hops[i]);
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	_cleanup_free_ uint32_t *hops = NULL;
	int ret = route_find_hops(scope, args, &hops, err);

	if (ret == 0)
		route_put(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, tag, args,
			  link ? link->index : 0, hops);
	return ret;
}

static const char *explain(const void *args, int code)
{
	(void)args;
	return code == -EEXIST ? "there is a route to the same destination already" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&route_add_step, scope, args, err);
}

/* What the route needs is gone, and so is the route. */
static bool is_gone(int code)
{
	return code == -ESRCH || code == -ENODEV || code == -ENETUNREACH;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_free_ uint32_t *hops = NULL;
	const struct route_args *a = args;
	struct link link = { 0 };
	char subject[192];
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	if (ret == 0 && a->at.link[0])
		ret = link_find(nl, a->at.link, &link, err);
	if (ret < 0 || (a->at.link[0] && !link.index))
		return ret;
	ret = route_find_hops(scope, a, &hops, err);
	if (ret < 0)
		return ret == -ENODEV ? 0 : ret;
	/* The protocol number is part of what has to match. */
	route_put(&b, RTM_DELROUTE, 0, 0, a, link.index, hops);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	route_describe(args, subject, sizeof(subject));
	ret = nl_batch_error(&b, err, "remove %s", subject);
	return is_gone(ret) ? 0 : ret;
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct route_args, "link"),
	JSON_ENUM(struct route_args, "type", type, route_type_names),
	JSON_TEXT(struct route_args, "destination", destination, &ip_prefix_text,
		  .flags = JSON_REQUIRED),
	JSON_TEXT(struct route_args, "gateway", gateway, &ip_addr_text),
	JSON_TEXT(struct route_args, "source", source, &ip_addr_text),
	JSON_UINT(struct route_args, "metric", metric),
	JSON_CUSTOM(struct route_args, "table", table, &route_table_json),
	JSON_ENUM(struct route_args, "scope", scope, route_scope_names),
	JSON_BOOL(struct route_args, "onlink", onlink),
	JSON_UINT(struct route_args, "mtu", mtu),
	JSON_UINT(struct route_args, "advmss", advmss),
	JSON_ARRAY(struct route_args, "nexthops", hops, hop_count, &route_hop_schema),
	JSON_BOOL(struct route_args, "alone", alone),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct route_args, fields);

const struct net_step_type route_add_step = {
	.type = {
		.name = "route.add",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.revert = revert,
		.probe = route_probe,
		.mend = route_mend,
		.describe = route_describe,
		.show = route_show,
	},
	.build = build,
	.describe = route_describe,
	.explain = explain,
};
