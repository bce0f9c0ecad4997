// SPDX-License-Identifier: Apache-2.0
/* Comparing a planned route with those that the kernel has, and putting it into the place of what is other. */
#include "net/route.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct search {
	const struct route_args *wanted;
	uint32_t index;       /* of its link, or 0 */
	const uint32_t *hops; /* of the links of its next hops */
	bool own; /* whatever carries our mark to that destination is what has become of it */
	bool found;
	bool absent; /* there is none to that destination */
	bool close;  /* there is one that is not quite it: what has become of ours */
	struct route other;
	char differs[256]; /* in what */
};

struct hop_count {
	const struct search *s;
	size_t total, planned;
};

static int count_hop(void *arg, const struct route_parsed_hop *hop)
{
	struct hop_count *c = arg;
	const struct route_args *a = c->s->wanted;

	c->total++;
	for (size_t i = 0; i < a->hop_count; i++)
		if (ip_addr_equal(&hop->gateway, &a->hops[i].gateway) &&
		    hop->index == c->s->hops[i] &&
		    hop->weight == (a->hops[i].weight ? a->hops[i].weight : 1)) {
			c->planned++;
			break;
		}
	return 0;
}

/* In whatever order the kernel keeps them. */
static bool hops_equal(const struct search *s, const struct route *r)
{
	struct hop_count c = { .s = s };

	return route_each_hop(r, count_hop, &c) == 0 && c.total == s->wanted->hop_count &&
	       c.planned == c.total;
}

static bool number_differs(const char *key, uint32_t is, uint32_t planned, char *buf, size_t size)
{
	if (is == planned)
		return false;
	snprintf(buf, size, "%s is %u, planned %u", key, is, planned);
	return true;
}

static const char *addr_word(const struct ip_addr *a, char *buf, size_t size)
{
	return a->family ? ip_addr_format(a, buf, size) : "none";
}

static bool addr_differs(const char *key, const struct ip_addr *is, const struct ip_addr *planned,
			 char *buf, size_t size)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];

	if (ip_addr_equal(is, planned))
		return false;
	snprintf(buf, size, "%s is %s, planned %s", key, addr_word(is, a, sizeof(a)),
		 addr_word(planned, b, sizeof(b)));
	return true;
}

static const char *type_word(int type, char *buf, size_t size)
{
	const char *name = route_name(route_type_names, type);

	if (!name)
		snprintf(buf, size, "%d", type);
	return name ? name : buf;
}

static bool type_differs(const struct route *r, const struct route_args *a, char *buf, size_t size)
{
	char is[8], planned[8];

	if (r->type == route_type(a))
		return false;
	snprintf(buf, size, "type is %s, planned %s", type_word(r->type, is, sizeof(is)),
		 type_word(route_type(a), planned, sizeof(planned)));
	return true;
}

/* Its way; IPv6 has lo in those that have none. */
static bool way_differs(const struct search *s, const struct route *r, char *buf, size_t size)
{
	const struct route_args *a = s->wanted;
	const char *key = NULL;

	if (route_is_refusal(a))
		return false;
	if (!r->hops && !a->hop_count) {
		if (addr_differs("gateway", &r->gateway, &a->gateway, buf, size))
			return true;
		if (r->index != s->index) {
			snprintf(buf, size, "leads to another link than '%s'", a->at.link);
			return true;
		}
		if (!(r->flags & RTNH_F_ONLINK) == a->onlink)
			key = "onlink";
	} else if (!hops_equal(s, r)) {
		key = "the list of nexthops";
	}
	if (key)
		snprintf(buf, size, "%s is not as planned", key);
	return key;
}

/* The first thing in which @r is other than planned. */
static bool differs(const struct search *s, const struct route *r, char *buf, size_t size)
{
	const struct route_args *a = s->wanted;
	const bool scopes = a->destination.addr.family == AF_INET;

	return type_differs(r, a, buf, size) || way_differs(s, r, buf, size) ||
	       addr_differs("source", &r->source, &a->source, buf, size) ||
	       number_differs("metric", r->metric, route_metric(a), buf, size) ||
	       (scopes && number_differs("scope", r->scope, route_scope(a), buf, size)) ||
	       number_differs("mtu", r->mtu, a->mtu, buf, size) ||
	       number_differs("advmss", r->advmss, a->advmss, buf, size) ||
	       number_differs("protocol", r->protocol, NL_PROTO_CTRNET, buf, size);
}

/* Ours but for the metric; others may have routes with our protocol number, too, which say something else. */
static bool is_moved(const struct search *s, const struct route *r)
{
	char text[sizeof(s->differs)];
	struct route back = *r;

	back.metric = route_metric(s->wanted);
	return s->own && !differs(s, &back, text, sizeof(text));
}

/*
 * In the same place, or by the same way at another metric: either is what has become of ours. One with our mark at another
 * metric may be another one of the plan, or in a namespace that was joined another container's.
 */
static bool is_close(const struct search *s, const struct route *r)
{
	char text[sizeof(s->differs)];

	if (r->metric == route_metric(s->wanted))
		return true;
	if (r->protocol == NL_PROTO_CTRNET)
		return is_moved(s, r);
	return r->type == route_type(s->wanted) && !way_differs(s, r, text, sizeof(text));
}

/* Is it to the same destination, in the same table? */
static bool is_candidate(const struct search *s, const struct route *r)
{
	return r->table == route_table(s->wanted) &&
	       ip_prefix_equal(&r->destination, &s->wanted->destination);
}

/* The kernel's own, to what is on a link, are never taken for one of ours. */
static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	char text[sizeof(s->differs)];
	struct route r;

	(void)tag;
	if (s->found || route_parse(msg, &r) < 0 || !is_candidate(s, &r))
		return;
	if (!differs(s, &r, text, sizeof(text))) {
		s->found = true;
	} else if (r.protocol != RTPROT_KERNEL && is_close(s, &r)) {
		s->close = true;
		s->other = r;
		s->other.hops = NULL;
		memcpy(s->differs, text, sizeof(s->differs));
	}
}

static void match_answer(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	char text[sizeof(s->differs)];
	struct route r;

	(void)tag;
	if (route_parse(msg, &r) < 0)
		return;
	s->found = is_candidate(s, &r) && !differs(s, &r, text, sizeof(text));
	s->absent = r.table == route_table(s->wanted) &&
		    r.destination.length < s->wanted->destination.length;
}

/*
 * Ask where the kernel finds its way to the destination: the answer is the route itself. That spares a dump for each of many
 * routes: it is the planned one, or one to more than that, so that there is none to just that. Else, as for a default
 * route, or where there are others within it, at other metrics, or rules lead elsewhere, the dump tells.
 */
static int ask(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct ip_prefix *to = &s->wanted->destination;
	struct nl_msg *m = nl_batch_add(&b, RTM_GETROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));

	head->rtm_family = (uint8_t)to->addr.family;
	head->rtm_dst_len = (uint8_t)ip_family_bits(to->addr.family);
	head->rtm_flags = RTM_F_FIB_MATCH;
	nl_put(m, RTA_DST, to->addr.bytes, ip_family_size(to->addr.family));
	return nl_batch_send(nl, &b, match_answer, s, err);
}

/* What refuses answers with an error, and other tables only where rules say so. */
static bool can_ask(const struct route_args *a)
{
	return a->destination.length && route_type(a) == RTN_UNICAST &&
	       route_table(a) == RT_TABLE_MAIN;
}

static int search(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = nl_batch_add(&b, RTM_GETROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));
	const uint32_t table = route_table(s->wanted);
	int ret = can_ask(s->wanted) ? ask(nl, s, err) : 0;

	if (ret < 0 || s->found || s->absent)
		return ret;
	head->rtm_family = (uint8_t)s->wanted->destination.addr.family;
	head->rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
	nl_put_u32(m, RTA_TABLE, table);
	ret = nl_dump(nl, &b, match, s, err);
	/* Nobody has put anything into that table yet. */
	return ret == -ENOENT ? 0 : ret;
}

/* -ENOENT: a link that it leads over is missing. *@hops is allocated. */
static int find(struct scope *scope, const struct route_args *a, struct nl **nl, struct search *s,
		uint32_t **hops, struct err *err)
{
	struct link link = { 0 };
	int ret = nl_for(scope, a->at.ns, nl, err);

	*hops = NULL;
	*s = (struct search){ .wanted = a, .own = a->alone && scope_ns_mortal(scope, a->at.ns) };
	if (ret == 0 && a->at.link[0])
		ret = link_find(*nl, a->at.link, &link, err);
	if (ret == 0 && a->at.link[0] && !link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	s->index = link.index;
	if (ret == 0)
		ret = route_find_hops(scope, a, hops, err);
	s->hops = *hops;
	if (ret == -ENODEV)
		return err_set(err, -ENOENT, "a link of its next hops is missing");
	return ret < 0 ? ret : search(*nl, s, err);
}

int route_probe(struct scope *scope, const void *args, struct err *err)
{
	_cleanup_free_ uint32_t *hops = NULL;
	char subject[192];
	struct search s;
	struct nl *nl;
	int ret = find(scope, args, &nl, &s, &hops, err);

	if (ret < 0 || s.found)
		return ret;
	route_describe(args, subject, sizeof(subject));
	if (s.close)
		return err_set(err, -ESTALE, "%s: %s", subject, s.differs);
	return err_set(err, -ENOENT, "no %s", subject);
}

/* Remove just that one. */
static void put_other(struct nl_batch *b, const struct route *r)
{
	struct nl_msg *m = nl_batch_add(b, RTM_DELROUTE, 0, 0);
	struct rtmsg *head = nl_put_header(m, sizeof(*head));

	head->rtm_family = (uint8_t)r->destination.addr.family;
	head->rtm_dst_len = (uint8_t)r->destination.length;
	head->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	head->rtm_protocol = r->protocol;
	head->rtm_scope = RT_SCOPE_NOWHERE;
	head->rtm_type = r->type;
	if (r->destination.length)
		nl_put(m, RTA_DST, r->destination.addr.bytes,
		       ip_family_size(r->destination.addr.family));
	if (r->gateway.family)
		nl_put(m, RTA_GATEWAY, r->gateway.bytes, ip_family_size(r->gateway.family));
	nl_put_u32(m, RTA_PRIORITY, r->metric);
	nl_put_u32(m, RTA_TABLE, r->table);
	if (r->index)
		nl_put_u32(m, RTA_OIF, r->index);
}

/* Into the place of what was put there; one by the same way at another metric goes. */
int route_mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_free_ uint32_t *hops = NULL;
	const struct route_args *a = args;
	char subject[192];
	struct search s;
	struct nl *nl;
	int ret = find(scope, a, &nl, &s, &hops, err);

	/* As when it is not there at all: adding it will say so. */
	if (ret == -ENOENT)
		return 1;
	if (ret < 0 || !s.close)
		return ret < 0 ? ret : 1;
	route_put(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, 0, a, s.index, hops);
	if (s.other.metric != route_metric(a))
		put_other(&b, &s.other);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	route_describe(args, subject, sizeof(subject));
	return nl_batch_error(&b, err, "mend %s", subject);
}
