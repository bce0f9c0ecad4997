// SPDX-License-Identifier: Apache-2.0
/* What a link receives, sent on to an ifb: tc-u32(8) and tc-mirred(8), which all kernels have that have any. */
#include "net/ifb.h"
#include "net/qdisc.h"

#include "lib/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>

/* The one handle that an ingress qdisc can have. */
#define INGRESS  TC_H_MAKE(TC_H_INGRESS, 0)
#define PRIORITY 1

static struct tcmsg *put_head(struct nl_msg *m, uint32_t index, uint32_t parent, uint32_t handle)
{
	struct tcmsg *head = nl_put_header(m, sizeof(*head));

	head->tcm_ifindex = (int)index;
	head->tcm_parent = parent;
	head->tcm_handle = handle;
	return head;
}

/* @kind: "ingress", or "clsact", which stands at the same place. */
static void put_qdisc(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag, uint32_t index,
		      const char *kind)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);

	put_head(m, index, TC_H_INGRESS, INGRESS);
	nl_put_str(m, TCA_KIND, kind);
}

static void put_mirred(struct nl_msg *m, uint32_t to)
{
	const struct tc_mirred action = { .action = TC_ACT_STOLEN,
					  .eaction = TCA_EGRESS_REDIR,
					  .ifindex = to };

	nl_put_str(m, TCA_ACT_KIND, "mirred");
	nl_nest (m, TCA_ACT_OPTIONS)
		nl_put(m, TCA_MIRRED_PARMS, &action, sizeof(action));
}

/* A key with an empty mask matches whatever there is. */
static void put_filter(struct nl_batch *b, size_t tag, uint32_t index, uint32_t to)
{
	const struct tc_u32_sel sel = { .flags = TC_U32_TERMINAL, .nkeys = 1 };
	unsigned char all[sizeof(sel) + sizeof(struct tc_u32_key)] = { 0 };
	struct nl_msg *m = nl_batch_add(b, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, tag);
	struct tcmsg *head = put_head(m, index, INGRESS, 0);

	memcpy(all, &sel, sizeof(sel));
	head->tcm_info = TC_H_MAKE(PRIORITY << 16, htons(ETH_P_ALL));
	nl_put_str(m, TCA_KIND, "u32");
	nl_nest (m, TCA_OPTIONS) {
		nl_put(m, TCA_U32_SEL, all, sizeof(all));
		nl_nest (m, TCA_U32_ACT)
			nl_nest (m, PRIORITY)
				put_mirred(m, to);
	}
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	struct redirect_args *a = args;
	struct link to;
	int ret = link_find_in(scope, a->at.ns, a->to, NULL, &to, err);

	if (ret < 0)
		return ret;
	if (!to.index)
		return err_set(err, -ENODEV, "no link '%s'", a->to);
	a->to_index = to.index;
	put_qdisc(b, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, tag, link->index, "ingress");
	return 0;
}

/* Where there is a stranger's ingress qdisc, nothing is to be put into it. */
static void finish(struct nl_batch *b, size_t tag, const void *args, const struct link *link)
{
	put_filter(b, tag, link->index, ((const struct redirect_args *)args)->to_index);
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct redirect_args *a = args;

	snprintf(buf, size, "shaping.ingress: from %s to %s", a->at.link, a->to);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	if (code == -EEXIST)
		return "there is an ingress qdisc already";
	return code == -ENOENT ? "this kernel has no ingress qdisc, u32 or mirred" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_redirect_step, scope, args, err);
}

/* --- Looking --- */

struct search {
	uint32_t index, to;
	bool ingress, any, found; /* an ingress qdisc, a filter in it, and the one to @to */
	bool other;               /* another one stands there: a clsact */
};

static void look_qdisc(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct tcmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[TCA_MAX + 1] = { 0 };
	struct search *s = arg;
	char kind[16];

	(void)tag;
	if (!head || (uint32_t)head->tcm_ifindex != s->index || head->tcm_parent != TC_H_INGRESS)
		return;
	nl_attrs(msg, sizeof(*head), attrs, TCA_MAX);
	s->ingress = nl_get_str(attrs[TCA_KIND], kind, sizeof(kind)) && !strcmp(kind, "ingress");
	s->other = !s->ingress;
}

/* Where a filter sends packets on to; 0 if that link is gone. False: it does something else. */
static bool target_of(const struct nlattr *options, uint32_t *to)
{
	const struct nlattr *u32[TCA_U32_MAX + 1] = { 0 }, *first[PRIORITY + 1] = { 0 };
	const struct nlattr *act[TCA_ACT_MAX + 1] = { 0 }, *mirred[TCA_MIRRED_MAX + 1] = { 0 };
	struct tc_mirred parms;
	char kind[16];

	nl_attrs_nested(options, u32, TCA_U32_MAX);
	nl_attrs_nested(u32[TCA_U32_ACT], first, PRIORITY);
	nl_attrs_nested(first[PRIORITY], act, TCA_ACT_MAX);
	nl_attrs_nested(act[TCA_ACT_OPTIONS], mirred, TCA_MIRRED_MAX);
	if (!nl_get_str(act[TCA_ACT_KIND], kind, sizeof(kind)) || strcmp(kind, "mirred") ||
	    !nl_get_start(mirred[TCA_MIRRED_PARMS], &parms, sizeof(parms), sizeof(parms)) ||
	    parms.eaction != TCA_EGRESS_REDIR)
		return false;
	*to = parms.ifindex;
	return true;
}

/* A u32 is dumped as its tables, too, which have no action. */
static void look_filter(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct tcmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[TCA_MAX + 1] = { 0 };
	struct search *s = arg;
	char kind[16];
	uint32_t to;

	(void)tag;
	if (!head || (uint32_t)head->tcm_ifindex != s->index)
		return;
	nl_attrs(msg, sizeof(*head), attrs, TCA_MAX);
	s->any = true;
	if (nl_get_str(attrs[TCA_KIND], kind, sizeof(kind)) && !strcmp(kind, "u32"))
		s->found |= target_of(attrs[TCA_OPTIONS], &to) && to == s->to;
}

static int ask(struct nl *nl, uint16_t type, nl_reply_fn *reply, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	put_head(nl_batch_add(&b, type, 0, 0), s->index, type == RTM_GETTFILTER ? INGRESS : 0, 0);
	ret = nl_dump(nl, &b, reply, s, err);
	/* The link went since it was looked up, and its qdiscs with it. */
	return ret == -ENODEV ? 0 : ret;
}

/* s->index 0: the link is gone. */
static int search(struct scope *scope, const struct redirect_args *a, struct nl **nl,
		  struct search *s, struct err *err)
{
	struct link link, to;
	int ret = link_find_in(scope, a->at.ns, a->at.link, nl, &link, err);

	*s = (struct search){ 0 };
	if (ret == 0)
		ret = link_find_in(scope, a->at.ns, a->to, NULL, &to, err);
	if (ret < 0 || !link.index)
		return ret;
	s->index = link.index;
	s->to = to.index;
	ret = ask(*nl, RTM_GETQDISC, look_qdisc, s, err);
	return ret < 0 || !s->ingress ? ret : ask(*nl, RTM_GETTFILTER, look_filter, s, err);
}

static int remove_qdisc(struct nl *nl, const struct redirect_args *a, const char *kind,
			uint32_t index, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	put_qdisc(&b, RTM_DELQDISC, 0, 0, index, kind);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "remove the %s qdisc of %s", kind, a->at.link);
	return ret == -ENOENT || ret == -ENODEV || ret == -EINVAL ? 0 : ret;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct redirect_args *a = args;
	struct search s;
	struct nl *nl;
	int ret = search(scope, a, &nl, &s, err);

	/* One without a filter does nothing: what is left of ours if the filter was refused. */
	if (ret < 0 || !s.ingress || (s.any && !s.found))
		return ret;
	return remove_qdisc(nl, a, "ingress", s.index, err);
}

/* Beside filters of strangers', which stay. */
static int mend_filter(struct nl *nl, const struct redirect_args *a, const struct search *s,
		       struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	put_filter(&b, 0, s->index, s->to);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret
		       : nl_batch_error(&b, err, "shaping.ingress: from %s to %s", a->at.link,
					a->to);
}

/* The place on a link of ours was ours: a clsact that somebody put there goes. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	const struct redirect_args *a = args;
	struct search s;
	struct nl *nl;
	int ret = search(scope, a, &nl, &s, err);

	if (ret == 0 && s.other)
		ret = remove_qdisc(nl, a, "clsact", s.index, err);
	if (ret < 0 || !s.ingress || !s.any || !s.to)
		return ret < 0 ? ret : 1;
	return mend_filter(nl, a, &s, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct redirect_args *a = args;
	struct search s;
	struct nl *nl;
	int ret = search(scope, a, &nl, &s, err);

	if (ret < 0 || (s.found && s.to))
		return ret;
	if (!s.index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	return err_set(err, -ENOENT, "what %s receives does not go to %s", a->at.link, a->to);
}

static void show(const void *args, FILE *out)
{
	const struct redirect_args *a = args;

	qdisc_show_tc(out, a->at.ns);
	fprintf(out, "qdisc add dev %s handle ffff: ingress\n", a->at.link);
	qdisc_show_tc(out, a->at.ns);
	fprintf(out,
		"filter add dev %s parent ffff: protocol all prio %d u32 match u32 0 0 action mirred egress redirect dev %s\n",
		a->at.link, PRIORITY, a->to);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct redirect_args, "link"),
	JSON_CHARS(struct redirect_args, "to", to, .flags = JSON_REQUIRED),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct redirect_args, fields);

const struct net_step_type link_redirect_step = {
	.type = {
		.name = "link.redirect",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.revert = revert,
		.probe = probe,
		.mend = mend,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
	.finish = finish,
};
