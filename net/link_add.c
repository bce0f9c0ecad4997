// SPDX-License-Identifier: Apache-2.0
#include "net/link_add.h"

#include "net/bridge_mtu.h"
#include "net/link_mend.h"
#include "net/patience.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

uint32_t link_mark_group(const char *alias)
{
	/* 0 is the group of all others. */
	return (uint32_t)hash64(alias, strlen(alias)) | 1;
}

/* --- The message --- */

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *parent, struct err *err)
{
	const struct link_add_args *a = args;
	struct nl_msg *m;

	if (scope_ns_fd(scope, a->born) < 0 && strcmp(a->born, a->at.ns) != 0)
		return err_set(err, -ENOENT, "link %s: network namespace '%s' is not there",
			       a->name, a->born);
	m = link_put_name(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, tag, a->name, a->up);
	link_put_settings(m, &a->mac, a->mtu, a->txqueuelen);
	if (a->alias[0])
		nl_put_u32(m, IFLA_GROUP, link_mark_group(a->alias));
	if (parent && !a->kind->parent_attr)
		nl_put_u32(m, IFLA_LINK, parent->index);
	if (strcmp(a->born, a->at.ns) != 0)
		nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t)scope_ns_fd(scope, a->born));
	kind_put(m, a->kind, a->options, parent ? parent->index : 0);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct link_add_args *a = args;

	snprintf(buf, size, a->at.link[0] ? "%s %s on %s" : "%s %s", a->kind->name, a->name,
		 a->at.link);
}

static const char *explain(const void *args, int code)
{
	const struct link_add_args *a = args;

	for (const struct kind_refusal *r = a->kind->refusals; r && r->text; r++)
		if (r->code == code)
			return r->text;
	return NULL;
}

/* --- Doing it --- */

static bool may_pass(const struct link_kind *kind, int code)
{
	for (const int *passing = kind->passing; passing && *passing; passing++)
		if (*passing == code)
			return true;
	return false;
}

/* Try again what a link of a namespace that is just going may have been in the way of. */
static int retry(struct scope *scope, struct step *s, int ret, struct err *err)
{
	const struct link_add_args *a = s->args;
	struct net_patience patience = { .limit = NET_PASSING_USEC };

	while (ret < 0 && may_pass(a->kind, ret) && net_patience_wait(&patience))
		ret = net_step_apply_many(scope, s, 1, err);
	return ret;
}

static bool made_among(const struct step *at, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(((const struct link_add_args *)at[i].args)->name, name))
			return true;
	return false;
}

/* How many go together: the parent of each has to be there before the message is built. */
static size_t run_length(const struct step *at, size_t n)
{
	size_t i = 1;

	while (i < n && !made_among(at, i, ((const struct link_add_args *)at[i].args)->at.link))
		i++;
	return i;
}

/* Behind one that was refused the others were made all the same. */
static int apply_run(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	int ret = net_step_apply_many(scope, at, n, err);

	for (size_t i = 0; ret < 0 && i < n; i++) {
		if (at[i].done)
			continue;
		ret = retry(scope, &at[i], ret, err);
		if (ret < 0)
			return ret;
		/* Those behind it may have been refused as well: the first one's error was heard. */
		for (size_t j = i + 1; ret == 0 && j < n; j++)
			if (!at[j].done)
				ret = net_step_apply_many(scope, &at[j], 1, err);
	}
	return ret;
}

static int apply_many(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	int ret = 0;

	for (size_t len; ret == 0 && n > 0; at += len, n -= len) {
		len = run_length(at, n);
		ret = apply_run(scope, at, len, err);
	}
	return ret;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	struct step step = { .type = &link_add_step.type, .args = args };

	return apply_run(scope, &step, 1, err);
}

/* --- Undoing it --- */

/* In a namespace of the container's own it has no mark; else, made and not marked yet, it has the group. */
static bool is_ours(const struct link *link, const struct link_add_args *a)
{
	if (!a->alias[0])
		return !strcmp(link->kind, a->kind->name);
	if (link->alias[0])
		return !strcmp(link->alias, a->alias);
	return link->group == link_mark_group(a->alias) && !strcmp(link->kind, a->kind->name);
}

/* The message was the host's; what it made may be in a namespace that goes by itself. */
static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct link_add_args *a = args;
	struct link link;
	int ret;

	if (scope_ns_mortal(scope, a->born) || scope_ns_gone(scope, a->born))
		return 0;
	ret = link_find_in(scope, a->born, a->name, NULL, &link, err);
	if (ret < 0 || !link.index || !is_ours(&link, a))
		return ret;
	return link_delete(scope, a->born, &link, err);
}

/* --- Looking at it --- */

/* What a link of a kind gets where nobody says more (net/ethernet/eth.c: ether_setup()). */
#define TXQUEUELEN_DEFAULT 1000

struct look {
	const struct link_add_args *a;
	struct link parent;
	struct link link;        /* index 0: there is none */
	struct bridge_mtu ports; /* of a bridge that nobody gave an MTU */
	int common, below,
		data;   /* 0 or -ESTALE: what all links have, its parent, what its kind has */
	struct err why; /* the first of these */
};

/* A bridge grows with its ports, which come to it behind what lies on it; and that follows its parent only down. */
static bool may_have_grown(const struct link *parent)
{
	return !strcmp(parent->kind, "bridge") && parent->mtu > BRIDGE_MTU_DEFAULT;
}

/* One that is not told has what its parent, or its ports, leave it. */
static uint32_t mtu_of(const struct look *look)
{
	const struct link_add_args *a = look->a;
	const uint32_t overhead = kind_overhead(a->kind, a->options);

	if (a->mtu)
		return a->mtu;
	if (a->kind->mtu_of_ports)
		return look->ports.made;
	if (!a->at.link[0])
		return a->kind->mtu;
	if (may_have_grown(&look->parent))
		return 0;
	return look->parent.mtu > overhead ? look->parent.mtu - overhead : 0;
}

static struct link_plan plan_of(const struct look *look)
{
	const struct link_add_args *a = look->a;
	const struct link_kind *kind = a->kind;
	const uint32_t txqueuelen = kind->txqueuelen ? kind->txqueuelen : TXQUEUELEN_DEFAULT;

	return (struct link_plan){
		.name = a->name,
		.kind = kind->name,
		.alias = a->alias,
		.mac = a->mac,
		.mtu = mtu_of(look),
		.txqueuelen = a->txqueuelen ? a->txqueuelen : txqueuelen,
	};
}

/* An index says nothing without the namespace that it is of; of another one it is marked so. */
static int compare_below(const struct look *look, const struct nlattr *const *attrs,
			 struct err *err)
{
	const struct link_add_args *a = look->a;
	const bool elsewhere = attrs[IFLA_LINK_NETNSID];
	uint32_t below = 0;

	nl_get_u32(attrs[IFLA_LINK], &below);
	if (!a->at.link[0] || a->kind->parent_attr)
		return 0;
	if (below == look->parent.index && elsewhere == (strcmp(a->born, a->at.ns) != 0))
		return 0;
	return err_set(err, -ESTALE, "its parent is not '%s'", a->at.link);
}

static void see(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 }, *info[IFLA_INFO_MAX + 1] = { 0 };
	struct look *look = arg;
	const struct link_plan plan = plan_of(look);

	(void)tag;
	if (link_parse(msg, &look->link) < 0)
		return;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_MAX);
	nl_attrs_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	look->common = link_plan_compare(&plan, &look->link, &look->why);
	look->below = compare_below(look, attrs, look->common ? NULL : &look->why);
	look->data = kind_compare(look->a->kind, look->a->options, look->parent.index,
				  info[IFLA_INFO_DATA],
				  look->common || look->below ? NULL : &look->why);
}

/* Its MTU is looked at anew, along with theirs. */
static int look_at_ports(struct nl *nl, struct look *look, struct err *err)
{
	int ret;

	if (!look->a->kind->mtu_of_ports || look->a->mtu || strcmp(look->link.kind, "bridge"))
		return 0;
	ret = bridge_mtu_read(nl, look->link.index, &look->ports, err);
	if (ret == 0 && !look->common && !look->below && !look->data)
		look->common = bridge_mtu_compare(&look->ports, &look->why);
	return ret;
}

static int find_parent(struct scope *scope, const struct link_add_args *a, struct link *out,
		       struct err *err)
{
	return a->at.link[0] ? link_find_in(scope, a->at.ns, a->at.link, NULL, out, err) : 0;
}

/* look->link.index 0: it is not there, under whatever name. */
static int look_at(struct scope *scope, const struct link_add_args *a, struct nl **nl,
		   struct look *look, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct link_plan plan;
	struct link link;
	int ret;

	*look = (struct look){ .a = a };
	ret = find_parent(scope, a, &look->parent, err);
	if (ret == 0)
		ret = nl_for(scope, a->born, nl, err);
	plan = plan_of(look);
	if (ret == 0)
		ret = link_plan_find(*nl, &plan, &link, err);
	if (ret < 0 || !link.index)
		return ret;
	link_put_get_index(&b, link.index, 0);
	ret = nl_batch_send(*nl, &b, see, look, err);
	return ret < 0 ? ret : look_at_ports(*nl, look, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct link_add_args *a = args;
	struct look look;
	struct nl *nl;
	int ret = look_at(scope, a, &nl, &look, err);

	if (ret < 0)
		return ret;
	if (!look.link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->name);
	if (look.common || look.below || look.data)
		return err_set(err, -ESTALE, "link '%s': %s", a->name, look.why.text);
	return 0;
}

/* What a kind has can be changed, of some kinds, and of some of it. */
static int change_data(struct nl *nl, const struct look *look, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ifinfomsg *head;
	struct nl_msg *m;
	int ret;

	if (!look->data)
		return 0;
	m = nl_batch_add(&b, RTM_NEWLINK, 0, 0);
	head = nl_put_header(m, sizeof(*head));
	head->ifi_index = (int)look->link.index;
	kind_put(m, look->a->kind, look->a->options, look->parent.index);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	return nl_batch_refused(&b) ? 1 : 0;
}

static int mend_here(struct nl *nl, const struct look *look, struct err *err)
{
	const struct link_plan plan = plan_of(look);
	int ret = link_plan_mend(nl, &plan, &look->link, false, err);

	return ret < 0 ? ret : change_data(nl, look, err);
}

/* What cannot be changed in place is made anew; a stranger's link stays as it is. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	const struct link_add_args *a = args;
	struct look look;
	struct nl *nl;
	int ret = look_at(scope, a, &nl, &look, err);

	if (ret < 0 || !look.link.index)
		return ret < 0 ? ret : 1;
	if (strcmp(look.link.kind, a->kind->name))
		return err_set(err, -EEXIST, "the name '%s' was taken by a stranger's link",
			       a->name);
	ret = look.below ? 1 : mend_here(nl, &look, err);
	if (ret <= 0)
		return ret;
	ret = link_delete(scope, a->born, &look.link, err);
	return ret < 0 ? ret : 1;
}

static void show(const void *args, FILE *out)
{
	const struct link_add_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "link add");
	if (a->at.link[0] && !a->kind->parent_attr)
		fprintf(out, " link %s", a->at.link);
	fprintf(out, " name %s", a->name);
	if (strcmp(a->born, a->at.ns) != 0)
		fprintf(out, " netns %s", a->born);
	link_show_settings(out, &a->mac, a->mtu, a->txqueuelen);
	if (a->up)
		fprintf(out, " up");
	kind_show(a->kind, a->options, a->at.link, out);
	fputc('\n', out);
}

/* --- The journal --- */

static int parse_kind(const char *text, void *out, struct err *err)
{
	const struct link_kind *kind = link_kind_find(text);

	if (!kind)
		return err_set(err, -EINVAL, "this build knows no links of kind '%s'", text);
	*(const struct link_kind **)out = kind;
	return 0;
}

static void format_kind(const void *in, char *buf, size_t size)
{
	const struct link_kind *const *kind = in;

	snprintf(buf, size, "%s", (*kind)->name);
}

static const struct json_text kind_text = { .parse = parse_kind, .format = format_kind };

static const struct json_schema *kind_options(const void *object)
{
	const struct link_add_args *a = object;

	return a->kind ? a->kind->options : NULL;
}

/* The kind is first, since its keys follow from it. */
static const struct json_field fields[] = {
	JSON_TEXT(struct link_add_args, "kind", kind, &kind_text, .flags = JSON_REQUIRED),
	NET_ARGS_JSON(struct link_add_args, "on"),
	JSON_CHARS(struct link_add_args, "born", born, .flags = JSON_REQUIRED),
	JSON_CHARS(struct link_add_args, "name", name, .flags = JSON_REQUIRED),
	JSON_TEXT(struct link_add_args, "mac", mac, &mac_text),
	JSON_UINT(struct link_add_args, "mtu", mtu),
	JSON_UINT(struct link_add_args, "txqueuelen", txqueuelen),
	JSON_BOOL(struct link_add_args, "up", up),
	JSON_CHARS(struct link_add_args, "alias", alias),
	JSON_END
};
static const struct json_schema schema =
	JSON_SCHEMA(struct link_add_args, fields, .extend = kind_options,
		    .extend_offset = offsetof(struct link_add_args, options));

const struct net_step_type link_add_step = {
	.type = {
		.name = "link.add",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = apply_many,
		.revert = revert,
		.probe = probe,
		.mend = mend,
		.show = show,
	},
	.makes_link = true,
	.build = build,
	.describe = describe,
	.explain = explain,
};

/* --- link.mark --- */

static int build_mark(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		      const struct link *link, struct err *err)
{
	const struct link_mark_args *a = args;
	struct nl_msg *m = link_put_name(b, RTM_SETLINK, 0, tag, a->at.link, false);

	(void)scope;
	(void)link;
	(void)err;
	nl_put_str(m, IFLA_IFALIAS, a->alias);
	nl_put_u32(m, IFLA_GROUP, 0);
	return 0;
}

static void describe_mark(const void *args, char *buf, size_t size)
{
	const struct link_mark_args *a = args;

	snprintf(buf, size, "mark %s", a->at.link);
}

static int apply_mark(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_mark_step, scope, args, err);
}

static int probe_mark(struct scope *scope, const void *args, struct err *err)
{
	const struct link_mark_args *a = args;
	struct link link;
	int ret = link_find_there(scope, a->at.ns, a->at.link, NULL, &link, err);

	if (ret < 0)
		return ret;
	if (strcmp(link.alias, a->alias) != 0)
		return err_set(err, -ESTALE, "link '%s' does not carry the mark '%s'", a->at.link,
			       a->alias);
	return 0;
}

static void show_mark(const void *args, FILE *out)
{
	const struct link_mark_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s alias %s\n", a->at.link, a->alias);
}

static const struct json_field mark_fields[] = { NET_ARGS_JSON(struct link_mark_args, "name"),
						 JSON_CHARS(struct link_mark_args, "alias", alias),
						 JSON_END };
static const struct json_schema mark_schema = JSON_SCHEMA(struct link_mark_args, mark_fields);

const struct net_step_type link_mark_step = {
	.type = {
		.name = "link.mark",
		.args = &mark_schema,
		.phase = PHASE_CONNECT,
		.apply = apply_mark,
		.apply_many = net_step_apply_many,
		.probe = probe_mark,
		.show = show_mark,
	},
	.build = build_mark,
	.describe = describe_mark,
};
