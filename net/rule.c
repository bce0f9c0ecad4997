// SPDX-License-Identifier: Apache-2.0
#include "net/rule.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <string.h>
#include <sys/socket.h>

static int action_of(const struct net_rule *r)
{
	return r->action ? r->action : FR_ACT_TO_TBL;
}

/* --- Reading --- */

struct rule {
	struct net_rule says;
	uint8_t protocol;
};

static bool parse_prefix(const struct nlattr *attr, int family, unsigned int length,
			 struct ip_prefix *out)
{
	*out = (struct ip_prefix){ 0 };
	if (!length && !attr)
		return true;
	out->addr.family = family;
	out->length = length;
	return length <= ip_family_bits(family) &&
	       nl_get_bytes(attr, out->addr.bytes, ip_family_size(family));
}

static int parse(const struct nlmsghdr *msg, struct rule *out)
{
	const struct fib_rule_hdr *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[FRA_PROTOCOL + 1] = { 0 };
	struct rule r = { 0 };
	uint32_t table;

	if (msg->nlmsg_type != RTM_NEWRULE || !head || !ip_family_size(head->family))
		return -EBADMSG;
	nl_attrs(msg, sizeof(*head), attrs, FRA_PROTOCOL);
	r.says.family = head->family;
	r.says.action = head->action;
	if (!parse_prefix(attrs[FRA_SRC], head->family, head->src_len, &r.says.from) ||
	    !parse_prefix(attrs[FRA_DST], head->family, head->dst_len, &r.says.to))
		return -EBADMSG;
	nl_get_str(attrs[FRA_IIFNAME], r.says.iif, sizeof(r.says.iif));
	nl_get_str(attrs[FRA_OIFNAME], r.says.oif, sizeof(r.says.oif));
	nl_get_u32(attrs[FRA_PRIORITY], &r.says.priority);
	nl_get_u32(attrs[FRA_FWMARK], &r.says.mark.value);
	nl_get_u32(attrs[FRA_FWMASK], &r.says.mark.mask);
	table = head->table;
	nl_get_u32(attrs[FRA_TABLE], &table);
	r.says.table = head->action == FR_ACT_TO_TBL ? table : 0;
	nl_get_u8(attrs[FRA_PROTOCOL], &r.protocol);
	*out = r;
	return 0;
}

/* --- Building --- */

static void put_prefix(struct nl_msg *m, uint16_t type, const struct ip_prefix *p)
{
	if (p->length)
		nl_put(m, type, p->addr.bytes, ip_family_size(p->addr.family));
}

static void put_rule(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
		     const struct net_rule *r)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct fib_rule_hdr *head = nl_put_header(m, sizeof(*head));

	head->family = (uint8_t)r->family;
	head->src_len = (uint8_t)r->from.length;
	head->dst_len = (uint8_t)r->to.length;
	head->table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	head->action = (uint8_t)action_of(r);
	put_prefix(m, FRA_SRC, &r->from);
	put_prefix(m, FRA_DST, &r->to);
	if (r->iif[0])
		nl_put_str(m, FRA_IIFNAME, r->iif);
	if (r->oif[0])
		nl_put_str(m, FRA_OIFNAME, r->oif);
	if (r->mark.mask) {
		nl_put_u32(m, FRA_FWMARK, r->mark.value);
		nl_put_u32(m, FRA_FWMASK, r->mark.mask);
	}
	if (r->table)
		nl_put_u32(m, FRA_TABLE, r->table);
	nl_put_u32(m, FRA_PRIORITY, r->priority);
	nl_put_u8(m, FRA_PROTOCOL, NL_PROTO_CTRNET);
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct rule_args *a = args;

	(void)scope;
	(void)link;
	(void)err;
	put_rule(b, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, tag, &a->rule);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct rule_args *a = args;

	snprintf(buf, size, "%s rule %u", ip_family_name(a->rule.family), a->rule.priority);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	if (code == -EEXIST)
		return "there is one that says the same already";
	return code == -EAFNOSUPPORT ? "this kernel has no policy rules" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&rule_add_step, scope, args, err);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct rule_args *a = args;
	char subject[64];
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	/* The protocol number is part of what has to match. */
	put_rule(&b, RTM_DELRULE, 0, 0, &a->rule);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	ret = nl_batch_error(&b, err, "remove %s", subject);
	return ret == -ENOENT || ret == -ESRCH || ret == -EAFNOSUPPORT ? 0 : ret;
}

/* --- Comparing --- */

static bool word_differs(const char *key, const char *is, const char *planned, char *buf,
			 size_t size)
{
	if (!strcmp(is, planned))
		return false;
	snprintf(buf, size, "%s is %s, planned %s", key, *is ? is : "not set",
		 *planned ? planned : "not set");
	return true;
}

static bool prefix_differs(const char *key, const struct ip_prefix *is,
			   const struct ip_prefix *planned, char *buf, size_t size)
{
	char a[IP_TEXT_MAX] = "all", b[IP_TEXT_MAX] = "all";

	if (is->length)
		ip_prefix_format(is, a, sizeof(a));
	if (planned->length)
		ip_prefix_format(planned, b, sizeof(b));
	return word_differs(key, a, b, buf, size);
}

static bool mark_differs(const struct rule_mark *is, const struct rule_mark *planned, char *buf,
			 size_t size)
{
	char a[RULE_MARK_TEXT_MAX] = "", b[RULE_MARK_TEXT_MAX] = "";

	if (is->mask)
		rule_mark_format(is, a, sizeof(a));
	if (planned->mask)
		rule_mark_format(planned, b, sizeof(b));
	return word_differs("fwmark", a, b, buf, size);
}

static bool action_differs(const struct net_rule *is, const struct net_rule *planned, char *buf,
			   size_t size)
{
	const char *name = route_name(net_rule_action_names, is->action);

	return word_differs("action", name ? name : "another",
			    route_name(net_rule_action_names, action_of(planned)), buf, size);
}

static bool table_differs(uint32_t is, uint32_t planned, char *buf, size_t size)
{
	char a[ROUTE_TABLE_TEXT_MAX] = "", b[ROUTE_TABLE_TEXT_MAX] = "";

	if (is)
		route_table_format(is, a, sizeof(a));
	if (planned)
		route_table_format(planned, b, sizeof(b));
	return word_differs("table", a, b, buf, size);
}

/* The first thing in which the kernel's rule is other than planned. */
static bool differs(const struct net_rule *is, const struct net_rule *planned, char *buf,
		    size_t size)
{
	return action_differs(is, planned, buf, size) ||
	       table_differs(is->table, planned->table, buf, size) ||
	       prefix_differs("from", &is->from, &planned->from, buf, size) ||
	       prefix_differs("to", &is->to, &planned->to, buf, size) ||
	       word_differs("iif", is->iif, planned->iif, buf, size) ||
	       word_differs("oif", is->oif, planned->oif, buf, size) ||
	       mark_differs(&is->mark, &planned->mark, buf, size);
}

struct search {
	const struct net_rule *wanted;
	bool found, near;
	char differs[128];
};

static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	char text[sizeof(s->differs)];
	struct rule r;

	(void)tag;
	if (parse(msg, &r) < 0 || r.says.family != s->wanted->family ||
	    r.says.priority != s->wanted->priority)
		return;
	if (!differs(&r.says, s->wanted, text, sizeof(text)))
		s->found = true;
	else
		memcpy(s->differs, text, sizeof(text));
	s->near = true;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct rule_args *a = args;
	struct search s = { .wanted = &a->rule };
	struct fib_rule_hdr *head =
		nl_put_header(nl_batch_add(&b, RTM_GETRULE, 0, 0), sizeof(*head));
	char subject[64];
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	head->family = (uint8_t)a->rule.family;
	if (ret == 0)
		ret = nl_dump(nl, &b, match, &s, err);
	if (ret < 0 || s.found)
		return ret;
	describe(args, subject, sizeof(subject));
	if (s.near)
		return err_set(err, -ESTALE, "%s: %s", subject, s.differs);
	return err_set(err, -ENOENT, "no %s", subject);
}

/* --- Mending --- */

struct changed {
	const struct net_rule *wanted;
	struct nl_batch *dels;
};

/* With our number: at the same place and other, or else the same at another place. */
static void drop_changed(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct changed *c = arg;
	char text[128];
	struct rule r;
	bool other;

	(void)tag;
	if (parse(msg, &r) < 0 || r.says.family != c->wanted->family ||
	    r.protocol != NL_PROTO_CTRNET)
		return;
	other = differs(&r.says, c->wanted, text, sizeof(text));
	if (other == (r.says.priority == c->wanted->priority))
		put_rule(c->dels, RTM_DELRULE, 0, 0, &r.says);
}

/* What has become of ours goes, and it comes anew. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 }, dels = { 0 };
	const struct rule_args *a = args;
	struct changed c = { &a->rule, &dels };
	struct fib_rule_hdr *head =
		nl_put_header(nl_batch_add(&b, RTM_GETRULE, 0, 0), sizeof(*head));
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	head->family = (uint8_t)a->rule.family;
	if (ret == 0 && !a->crowded)
		ret = nl_dump(nl, &b, drop_changed, &c, err);
	if (ret == 0 && dels.count)
		ret = nl_batch_send(nl, &dels, NULL, NULL, err);
	return ret < 0 ? ret : 1;
}

/* --- Showing --- */

static void show(const void *args, FILE *out)
{
	const struct rule_args *a = args;
	const struct net_rule *r = &a->rule;
	char text[IP_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "%srule add priority %u", r->family == AF_INET6 ? "-6 " : "", r->priority);
	if (r->from.length)
		fprintf(out, " from %s", ip_prefix_format(&r->from, text, sizeof(text)));
	if (r->to.length)
		fprintf(out, " to %s", ip_prefix_format(&r->to, text, sizeof(text)));
	if (r->iif[0])
		fprintf(out, " iif %s", r->iif);
	if (r->oif[0])
		fprintf(out, " oif %s", r->oif);
	if (r->mark.mask)
		fprintf(out, " fwmark %s", rule_mark_format(&r->mark, text, sizeof(text)));
	if (action_of(r) == FR_ACT_TO_TBL)
		fprintf(out, " lookup %s", route_table_format(r->table, text, sizeof(text)));
	else
		fprintf(out, " %s", route_name(net_rule_action_names, r->action));
	fputc('\n', out);
}

const struct net_step_type rule_add_step = {
	.type = {
		.name = "rule.add",
		.args = &rule_args_schema,
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
