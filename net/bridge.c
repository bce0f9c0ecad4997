// SPDX-License-Identifier: Apache-2.0
#include "net/bridge.h"

#include "net/bridge_mtu.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

static int find(struct scope *scope, const struct bridge_args *a, struct link *out, struct err *err)
{
	return link_find_in(scope, a->at.ns, a->name, NULL, out, err);
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct bridge_args *a = args;
	struct nl_msg *m =
		link_put_name(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, tag, a->name, true);

	(void)scope;
	(void)link;
	(void)err;
	nl_put(m, IFLA_ADDRESS, a->mac.bytes, sizeof(a->mac.bytes));
	nl_put_u32(m, IFLA_GROUP, LINK_GROUP);
	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_KIND, "bridge");
		if (a->vlan_filtering)
			nl_nest (m, IFLA_INFO_DATA)
				nl_put_u8(m, IFLA_BR_VLAN_FILTERING, 1);
	}
	return 0;
}

static void finish(struct nl_batch *b, size_t tag, const void *args, const struct link *link)
{
	const struct bridge_args *a = args;

	(void)link;
	nl_put_str(link_put_name(b, RTM_SETLINK, 0, tag, a->name, true), IFLA_IFALIAS, BRIDGE_MARK);
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct bridge_args *a = args;

	snprintf(buf, size, "bridge %s", a->name);
}

static const char *explain(const void *args, int code)
{
	const struct bridge_args *a = args;

	if (code != -EOPNOTSUPP)
		return NULL;
	return a->vlan_filtering ? "this kernel has no bridge, or no vlan_filtering"
				 : "this kernel has no bridge";
}

/* Its MAC tells when its maker died before marking it. */
static bool is_ours(const struct link *link, const struct bridge_args *a)
{
	if (strcmp(link->kind, "bridge"))
		return false;
	return link->alias[0] ? !strcmp(link->alias, BRIDGE_MARK) : mac_equal(&link->mac, &a->mac);
}

static bool is_whole(const struct link *link)
{
	return (link->flags & IFF_UP) && link->alias[0];
}

/* One of ours that is down or not marked is mended; a stranger's stays as it is. */
static int use(struct scope *scope, const struct bridge_args *a, const struct link *link,
	       struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl *nl;
	int ret;

	if (strcmp(link->kind, "bridge"))
		return err_set(err, -EEXIST, "'%s' is there, but is not a bridge", a->name);
	if (!is_ours(link, a) || is_whole(link))
		return 0;
	finish(&b, 0, a, link);
	ret = nl_for(scope, a->at.ns, &nl, err);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "bring up bridge %s", a->name);
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct bridge_args *a = args;
	struct link link;
	int ret = find(scope, a, &link, err);

	if (ret < 0)
		return ret;
	if (link.index)
		return use(scope, a, &link, err);
	ret = net_step_apply(&link_bridge_step, scope, args, err);
	if (ret != -EEXIST)
		return ret;
	/* Somebody else made it just now. */
	ret = find(scope, a, &link, err);
	return ret < 0 ? ret : use(scope, a, &link, err);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct bridge_args *a = args;
	struct link link;
	int ret = find(scope, a, &link, err);

	if (ret < 0 || !link.index || !is_ours(&link, a))
		return ret;
	return link_delete(scope, a->at.ns, &link, err);
}

/* One that was renamed, or the like: it carries the mark, and has the MAC that is its alone. */
static bool was_ours(const struct link *link, const void *arg)
{
	const struct bridge_args *a = arg;

	return !strcmp(link->kind, "bridge") && !strcmp(link->alias, BRIDGE_MARK) &&
	       mac_equal(&link->mac, &a->mac);
}

/* By its name, or else what is left of it under another. */
static int find_or_search(struct scope *scope, const struct bridge_args *a, struct nl **nl,
			  struct link *out, struct err *err)
{
	int ret = link_find_in(scope, a->at.ns, a->name, nl, out, err);

	return ret < 0 || out->index ? ret : link_search(*nl, was_ours, a, out, err);
}

/* Either of what we gave it tells it, as somebody may have changed the other. */
static bool is_known(const struct link *link, const struct bridge_args *a)
{
	return !strcmp(link->alias, BRIDGE_MARK) || mac_equal(&link->mac, &a->mac);
}

/* One that stood when it was first asked for is nobody's to compare. */
static int look(struct scope *scope, void *args, struct err *err)
{
	struct bridge_args *a = args;
	struct link link;
	int ret = find(scope, a, &link, err);

	if (ret == 0)
		a->found = link.index && !is_known(&link, a);
	return ret;
}

/* The Spanning Tree Protocol is off unless somebody switches it on: it would hold up each new port for 30 s. */
static int compare_settings(const struct bridge_args *a, const struct link *link, struct err *err)
{
	if (link->stp_state)
		return err_set(err, -ESTALE, "bridge '%s': stp is on, planned off", a->name);
	if (a->vlan_filtering && !link->vlan_filtering)
		return err_set(err, -ESTALE, "bridge '%s': vlan_filtering is off, planned on",
			       a->name);
	return 0;
}

static int compare(const struct bridge_args *a, const struct link *link, struct err *err)
{
	char is[MAC_TEXT_MAX], planned[MAC_TEXT_MAX];

	if (strcmp(link->name, a->name))
		return err_set(err, -ESTALE, "bridge '%s' is called '%s'", a->name, link->name);
	if (!is_known(link, a))
		return a->found ? 0 : err_set(err, -ESTALE, "bridge '%s' is a stranger's", a->name);
	if (!(link->flags & IFF_UP))
		return err_set(err, -ESTALE, "bridge '%s' is down", a->name);
	if (strcmp(link->alias, BRIDGE_MARK))
		return err_set(err, -ESTALE, "bridge '%s' is not marked", a->name);
	if (!mac_equal(&link->mac, &a->mac))
		return err_set(err, -ESTALE, "bridge '%s': MAC is %s, planned %s", a->name,
			       mac_format(&link->mac, is, sizeof(is)),
			       mac_format(&a->mac, planned, sizeof(planned)));
	if (link->group != LINK_GROUP)
		return err_set(err, -ESTALE, "bridge '%s': group is %u, planned %u", a->name,
			       link->group, LINK_GROUP);
	return compare_settings(a, link, err);
}

/* What the kernel gives a bridge. */
#define TXQUEUELEN_DEFAULT 1000

static int compare_sizes(struct nl *nl, const struct bridge_args *a, const struct link *link,
			 struct err *err)
{
	struct bridge_mtu mtu;
	int ret;

	if (!is_known(link, a))
		return 0;
	if (link->txqueuelen != TXQUEUELEN_DEFAULT)
		return err_set(err, -ESTALE, "bridge '%s': txqueuelen is %u, planned %u", a->name,
			       link->txqueuelen, TXQUEUELEN_DEFAULT);
	ret = bridge_mtu_read(nl, link->index, &mtu, err);
	if (ret < 0)
		return ret;
	return bridge_mtu_compare(&mtu, err) < 0 ? err_wrap(err, "bridge '%s'", a->name) : 0;
}

static int mend_sizes(struct nl *nl, const struct link *link, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct bridge_mtu mtu;
	struct nl_msg *m;
	int ret = bridge_mtu_read(nl, link->index, &mtu, err);

	if (ret < 0 || (mtu.is == mtu.made && link->txqueuelen == TXQUEUELEN_DEFAULT))
		return ret;
	m = link_put_change(&b, link->index, false);
	nl_put_u32(m, IFLA_TXQLEN, TXQUEUELEN_DEFAULT);
	/* From when on it stays so: whoever makes a port of a smaller one sees it reported. */
	if (mtu.is != mtu.made)
		nl_put_u32(m, IFLA_MTU, mtu.made);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "mend bridge %s", link->name);
}

/* As planned, but for its sizes, which are its ports'. */
static int find_whole(struct scope *scope, const struct bridge_args *a, struct nl **nl,
		      struct link *link, struct err *err)
{
	int ret = find_or_search(scope, a, nl, link, err);

	if (ret < 0)
		return ret;
	if (!link->index)
		return err_set(err, -ENOENT, "no bridge '%s'", a->name);
	if (strcmp(link->kind, "bridge"))
		return err_set(err, -ESTALE, "'%s' is not a bridge", a->name);
	return compare(a, link, err);
}

static int stands(struct scope *scope, const void *args, struct err *err)
{
	struct link link;
	struct nl *nl;

	return find_whole(scope, args, &nl, &link, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct bridge_args *a = args;
	struct link link;
	struct nl *nl;
	int ret = find_whole(scope, a, &nl, &link, err);

	return ret < 0 ? ret : compare_sizes(nl, a, &link, err);
}

/* Settings of a kind are changed by the message that makes one, without NLM_F_CREATE. */
static void put_settings(struct nl_batch *b, const struct bridge_args *a)
{
	struct nl_msg *m = link_put_name(b, RTM_NEWLINK, 0, 0, a->name, false);

	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_KIND, "bridge");
		nl_nest (m, IFLA_INFO_DATA) {
			nl_put_u32(m, IFLA_BR_STP_STATE, 0);
			if (a->vlan_filtering)
				nl_put_u8(m, IFLA_BR_VLAN_FILTERING, 1);
		}
	}
}

static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct bridge_args *a = args;
	struct nl_msg *m;
	struct link link;
	struct nl *nl;
	int ret = find_or_search(scope, a, &nl, &link, err);

	if (ret < 0 || !link.index)
		return ret < 0 ? ret : 1;
	if (strcmp(link.kind, "bridge") || !is_known(&link, a))
		return err_set(err, -EEXIST, "the name '%s' was taken by a stranger's link",
			       a->name);
	if (strcmp(link.name, a->name))
		ret = link_rename(nl, &link, a->name, err);
	if (ret < 0)
		return ret;
	m = link_put_change(&b, link.index, true);
	nl_put(m, IFLA_ADDRESS, a->mac.bytes, sizeof(a->mac.bytes));
	nl_put_str(m, IFLA_IFALIAS, BRIDGE_MARK);
	put_settings(&b, a);
	nl_put_u32(m, IFLA_GROUP, LINK_GROUP);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret == 0)
		ret = nl_batch_error(&b, err, "mend bridge %s", a->name);
	return ret < 0 ? ret : mend_sizes(nl, &link, err);
}

static void show(const void *args, FILE *out)
{
	const struct bridge_args *a = args;
	char mac[MAC_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "link add %s address %s group %u up type bridge%s\n", a->name,
		mac_format(&a->mac, mac, sizeof(mac)), LINK_GROUP,
		a->vlan_filtering ? " vlan_filtering 1" : "");
	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s alias %s\n", a->name, BRIDGE_MARK);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct bridge_args, "link"),
	JSON_CHARS(struct bridge_args, "name", name, .flags = JSON_REQUIRED),
	JSON_TEXT(struct bridge_args, "mac", mac, &mac_text),
	JSON_BOOL(struct bridge_args, "vlan_filtering", vlan_filtering),
	JSON_BOOL(struct bridge_args, "found", found),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct bridge_args, fields);

const struct net_step_type link_bridge_step = {
	.type = {
		.name = "link.bridge",
		.args = &schema,
		.phase = PHASE_PREPARE,
		.look = look,
		.apply = apply,
		.revert = revert,
		.probe = probe,
		.stands = stands,
		.mend = mend,
		.describe = describe,
		.show = show,
	},
	.makes_link = true,
	.build = build,
	.describe = describe,
	.explain = explain,
	.finish = finish,
};
