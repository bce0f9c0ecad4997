// SPDX-License-Identifier: Apache-2.0
#include "net/route.h"

#include "lib/cleanup.h"

#include <errno.h>
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
	r.table = head->rtm_table;
	nl_get_u32(attrs[RTA_TABLE], &r.table);
	r.protocol = head->rtm_protocol;
	r.type = head->rtm_type;
	*out = r;
	return 0;
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

bool route_args_equal(const struct route_args *a, const struct route_args *b)
{
	return !strcmp(a->at.ns, b->at.ns) && !strcmp(a->at.link, b->at.link) &&
	       ip_prefix_equal(&a->destination, &b->destination) &&
	       ip_addr_equal(&a->gateway, &b->gateway) && ip_addr_equal(&a->source, &b->source);
}

static void put_addr(struct nl_msg *m, uint16_t type, const struct ip_addr *addr)
{
	if (addr->family)
		nl_put(m, type, addr->bytes, ip_family_size(addr->family));
}

static void put_route(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
		      const struct route_args *a, uint32_t index)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));
	bool direct = !a->gateway.family && a->destination.addr.family == AF_INET;

	head->rtm_family = (uint8_t)a->destination.addr.family;
	head->rtm_dst_len = (uint8_t)a->destination.length;
	head->rtm_table = RT_TABLE_MAIN;
	head->rtm_protocol = NL_PROTO_CTRNET;
	/* IPv4 refuses a gateway that is no nearer than the destination; IPv6 has no scopes here. */
	head->rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	head->rtm_type = RTN_UNICAST;
	if (a->destination.length)
		put_addr(m, RTA_DST, &a->destination.addr);
	put_addr(m, RTA_GATEWAY, &a->gateway);
	put_addr(m, RTA_PREFSRC, &a->source);
	nl_put_u32(m, RTA_OIF, index);
}

/* Remove just that one. */
static void put_other(struct nl_batch *b, const struct route *r)
{
	struct nl_msg *m = nl_batch_add(b, RTM_DELROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));

	head->rtm_family = (uint8_t)r->destination.addr.family;
	head->rtm_dst_len = (uint8_t)r->destination.length;
	head->rtm_table = RT_TABLE_MAIN;
	head->rtm_protocol = r->protocol;
	head->rtm_scope = RT_SCOPE_NOWHERE;
	head->rtm_type = r->type;
	if (r->destination.length)
		put_addr(m, RTA_DST, &r->destination.addr);
	put_addr(m, RTA_GATEWAY, &r->gateway);
	nl_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->index)
		nl_put_u32(m, RTA_OIF, r->index);
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	(void)scope;
	(void)err;
	put_route(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, tag, args, link->index);
	return 0;
}

static const char *destination_text(const struct route_args *a, char *buf, size_t size)
{
	return a->destination.length ? ip_prefix_format(&a->destination, buf, size) : "default";
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct route_args *a = args;
	char to[IP_TEXT_MAX], via[IP_TEXT_MAX];

	ip_addr_format(&a->gateway, via, sizeof(via));
	if (!a->destination.length && a->gateway.family)
		snprintf(buf, size, "gateway %s", via);
	else if (a->gateway.family)
		snprintf(buf, size, "route to %s via %s", destination_text(a, to, sizeof(to)), via);
	else
		snprintf(buf, size, "route to %s on %s", destination_text(a, to, sizeof(to)),
			 a->at.link);
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

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct route_args *a = args;
	char subject[192];
	struct link link;
	struct nl *nl;
	int ret = link_find_in(scope, a->at.ns, a->at.link, &nl, &link, err);

	if (ret < 0 || !link.index)
		return ret;
	/* The protocol number is part of what has to match. */
	put_route(&b, RTM_DELROUTE, 0, 0, a, link.index);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	ret = nl_batch_error(&b, err, "remove %s", subject);
	return ret == -ESRCH || ret == -ENODEV || ret == -ENETUNREACH ? 0 : ret;
}

struct search {
	const struct route_args *wanted;
	uint32_t index;
	bool found;
	bool absent; /* there is none to that destination */
	bool close;  /* there is one to the same destination that is not quite it */
	struct route other;
};

/* What a route has that was planned without: IP6_RT_PRIO_USER of net/ip6_route.h. */
static uint32_t planned_metric(const struct route_args *a)
{
	return a->destination.addr.family == AF_INET6 ? 1024 : 0;
}

/* In the same place, or by the same way at another metric: either is what has become of ours. */
static bool is_close(const struct route *r, const struct search *s)
{
	if (r->metric == planned_metric(s->wanted))
		return true;
	return r->index == s->index && ip_addr_equal(&r->gateway, &s->wanted->gateway);
}

static bool is_planned(const struct route *r, const struct search *s)
{
	const struct route_args *a = s->wanted;

	return r->index == s->index && r->type == RTN_UNICAST && r->protocol == NL_PROTO_CTRNET &&
	       r->metric == planned_metric(a) && ip_addr_equal(&r->gateway, &a->gateway) &&
	       ip_addr_equal(&r->source, &a->source);
}

/* The kernel's own, to what is on a link, are never taken for one of ours. */
static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	struct route r;

	(void)tag;
	if (route_parse(msg, &r) < 0 || r.table != RT_TABLE_MAIN ||
	    !ip_prefix_equal(&r.destination, &s->wanted->destination))
		return;
	if (is_planned(&r, s)) {
		s->found = true;
	} else if (r.protocol != RTPROT_KERNEL && is_close(&r, s)) {
		s->close = true;
		s->other = r;
	}
}

/*
 * Ask where the kernel finds its way to the destination: the answer is the route itself. That spares a dump for each of many
 * routes: it is the planned one, or one to more than that, so that there is none to just that. Else, as for a default
 * route, or where there are others within it, or at other metrics, the dump tells.
 */
static int ask(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct ip_prefix *to = &s->wanted->destination;
	struct nl_msg *m = nl_batch_add(&b, RTM_GETROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));
	const struct nl_request *refused;
	struct route r = { 0 };
	int ret;

	head->rtm_family = (uint8_t)to->addr.family;
	head->rtm_dst_len = (uint8_t)ip_family_bits(to->addr.family);
	head->rtm_flags = RTM_F_FIB_MATCH;
	nl_put(m, RTA_DST, to->addr.bytes, ip_family_size(to->addr.family));
	ret = nl_batch_send(nl, &b, keep_route, &r, err);
	if (ret < 0)
		return ret;
	refused = nl_batch_refused(&b);
	s->found = r.table == RT_TABLE_MAIN && ip_prefix_equal(&r.destination, to) &&
		   is_planned(&r, s);
	s->absent = refused ? refused->ack.code == -ENETUNREACH
			    : r.table == RT_TABLE_MAIN && r.destination.length < to->length;
	return 0;
}

static int search(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = nl_batch_add(&b, RTM_GETROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));
	int ret = s->wanted->destination.length ? ask(nl, s, err) : 0;

	if (ret < 0 || s->found || s->absent)
		return ret;
	head->rtm_family = (uint8_t)s->wanted->destination.addr.family;
	head->rtm_table = RT_TABLE_MAIN;
	return nl_dump(nl, &b, match, s, err);
}

static int find(struct scope *scope, const struct route_args *a, struct nl **nl, struct search *s,
		struct err *err)
{
	struct link link;
	int ret = link_find_in(scope, a->at.ns, a->at.link, nl, &link, err);

	*s = (struct search){ .wanted = a, .index = link.index };
	return ret < 0 || !link.index ? ret : search(*nl, s, err);
}

/* What @s->other has that was planned otherwise. */
static int differs(const struct search *s, struct err *err)
{
	const struct route_args *a = s->wanted;
	const struct route *r = &s->other;
	char subject[192], is[IP_TEXT_MAX], planned[IP_TEXT_MAX];

	describe(a, subject, sizeof(subject));
	if (!ip_addr_equal(&r->gateway, &a->gateway))
		return err_set(
			err, -ESTALE, "%s: gateway is %s, planned %s", subject,
			r->gateway.family ? ip_addr_format(&r->gateway, is, sizeof(is)) : "none",
			a->gateway.family ? ip_addr_format(&a->gateway, planned, sizeof(planned))
					  : "none");
	if (r->index != s->index)
		return err_set(err, -ESTALE, "%s leads to another link than '%s'", subject,
			       a->at.link);
	if (!ip_addr_equal(&r->source, &a->source))
		return err_set(
			err, -ESTALE, "%s: source is %s, planned %s", subject,
			r->source.family ? ip_addr_format(&r->source, is, sizeof(is)) : "none",
			a->source.family ? ip_addr_format(&a->source, planned, sizeof(planned))
					 : "none");
	if (r->metric != planned_metric(a))
		return err_set(err, -ESTALE, "%s: metric is %u, planned %u", subject, r->metric,
			       planned_metric(a));
	if (r->type != RTN_UNICAST)
		return err_set(err, -ESTALE, "%s: is of another type (%u)", subject, r->type);
	return err_set(err, -ESTALE, "%s: protocol is %u, planned %u", subject, r->protocol,
		       NL_PROTO_CTRNET);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct route_args *a = args;
	char subject[192];
	struct search s;
	struct nl *nl;
	int ret = find(scope, a, &nl, &s, err);

	if (ret < 0 || s.found)
		return ret;
	if (!s.index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	if (s.close)
		return differs(&s, err);
	describe(args, subject, sizeof(subject));
	return err_set(err, -ENOENT, "no %s", subject);
}

/* Into the place of what was put there; one by the same way at another metric goes. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct route_args *a = args;
	char subject[192];
	struct search s;
	struct nl *nl;
	int ret = find(scope, a, &nl, &s, err);

	if (ret < 0 || !s.index || !s.close)
		return ret < 0 ? ret : 1;
	put_route(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, 0, a, s.index);
	if (s.other.metric != planned_metric(a))
		put_other(&b, &s.other);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	return nl_batch_error(&b, err, "mend %s", subject);
}

static void show(const void *args, FILE *out)
{
	const struct route_args *a = args;
	char text[IP_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "%sroute add %s", a->destination.addr.family == AF_INET6 ? "-6 " : "",
		destination_text(a, text, sizeof(text)));
	if (a->gateway.family)
		fprintf(out, " via %s", ip_addr_format(&a->gateway, text, sizeof(text)));
	fprintf(out, " dev %s", a->at.link);
	if (a->source.family)
		fprintf(out, " src %s", ip_addr_format(&a->source, text, sizeof(text)));
	fputc('\n', out);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct route_args, "link"),
	JSON_TEXT(struct route_args, "destination", destination, &ip_prefix_text,
		  .flags = JSON_REQUIRED),
	JSON_TEXT(struct route_args, "gateway", gateway, &ip_addr_text),
	JSON_TEXT(struct route_args, "source", source, &ip_addr_text), JSON_END
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
		.probe = probe,
		.mend = mend,
		.describe = describe,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};
