// SPDX-License-Identifier: Apache-2.0
/*
 * type "vxlan": Ethernet in UDP (RFC 7348), to one other end, to several, or to a multicast group. Its packets leave by the
 * host's routes, or by its parent.
 */
#include "net/addr_list.h"
#include "net/fdb.h"
#include "net/kind_driver.h"

#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

/* IANA's; the kernel's own default is an older one (8472). */
#define VXLAN_PORT 4789

struct vxlan_options {
	char parent[IFNAMSIZ];
	uint32_t id;
	struct ip_addr local, remote, group;
	struct ip_addr_list remotes;
	uint16_t port;
	uint8_t ttl;
	uint8_t learning; /* kind_switch_custom */
};

static const struct json_field fields[] = {
	KIND_PARENT(struct vxlan_options),
	JSON_UINT(struct vxlan_options, "id", id, .flags = JSON_REQUIRED, .min = 1,
		  .max = 0xffffff),
	JSON_TEXT(struct vxlan_options, "local", local, &ip_addr_text),
	JSON_TEXT(struct vxlan_options, "remote", remote, &ip_addr_text),
	JSON_TEXT(struct vxlan_options, "group", group, &ip_addr_text),
	JSON_CUSTOM(struct vxlan_options, "remotes", remotes, &ip_addr_list_custom),
	JSON_UINT(struct vxlan_options, "port", port),
	JSON_UINT(struct vxlan_options, "ttl", ttl),
	JSON_CUSTOM(struct vxlan_options, "learning", learning, &kind_switch_custom),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct vxlan_options, fields);

/* A group and a remote are one to the kernel, and exclude each other. */
static const struct kind_attr attrs[] = {
	{ "id", .form = KIND_U32, .type = IFLA_VXLAN_ID },
	{ "local", .form = KIND_ADDR, .type = IFLA_VXLAN_LOCAL, .type6 = IFLA_VXLAN_LOCAL6 },
	{ "remote", .form = KIND_ADDR, .type = IFLA_VXLAN_GROUP, .type6 = IFLA_VXLAN_GROUP6 },
	{ "group", .form = KIND_ADDR, .type = IFLA_VXLAN_GROUP, .type6 = IFLA_VXLAN_GROUP6 },
	{ "port", "dstport", .form = KIND_BE16, .type = IFLA_VXLAN_PORT, .fallback = VXLAN_PORT },
	{ "ttl", .form = KIND_U8, .type = IFLA_VXLAN_TTL },
	{ "learning", .off = "nolearning", .form = KIND_U8, .type = IFLA_VXLAN_LEARNING,
	  .bias = 1 },
	{ .key = NULL },
};

static int check_group(const struct vxlan_options *o, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (!o->group.family)
		return 0;
	if (!ip_addr_is_multicast(&o->group))
		return err_set(err, -EINVAL, "group: %s is not a multicast address",
			       ip_addr_format(&o->group, text, sizeof(text)));
	if (o->remote.family || o->remotes.count)
		return err_set(err, -EINVAL, "group: it is sent to a group or to %s, not to both",
			       o->remote.family ? "a remote" : "remotes");
	if (!o->parent[0])
		return err_set(err, -EINVAL,
			       "group: needs a parent, the interface that the group is on");
	return 0;
}

static int check_family(const char *key, const struct ip_addr *a, int *family, struct err *err)
{
	if (!a->family)
		return 0;
	if (*family && a->family != *family)
		return err_set(err, -EINVAL, "%s: an %s address, and others are %s", key,
			       ip_family_name(a->family), ip_family_name(*family));
	*family = a->family;
	return 0;
}

static int check_families(const struct vxlan_options *o, struct err *err)
{
	int family = 0;
	int ret = check_family("local", &o->local, &family, err);

	if (ret == 0)
		ret = check_family("remote", &o->remote, &family, err);
	if (ret == 0)
		ret = check_family("group", &o->group, &family, err);
	for (size_t i = 0; ret == 0 && i < o->remotes.count; i++)
		ret = check_family("remotes", &o->remotes.items[i], &family, err);
	return ret;
}

static int check_remotes(const struct vxlan_options *o, struct err *err)
{
	char text[IP_TEXT_MAX];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < o->remotes.count; i++) {
		const struct ip_addr *a = &o->remotes.items[i];

		ret = kind_check_remote("remotes", a, err);
		if (ret == 0 && ip_addr_equal(a, &o->remote))
			ret = err_set(err, -EINVAL, "remotes: %s is the remote already",
				      ip_addr_format(a, text, sizeof(text)));
		for (size_t j = 0; ret == 0 && j < i; j++)
			if (ip_addr_equal(a, &o->remotes.items[j]))
				ret = err_set(err, -EINVAL, "remotes: %s is given twice",
					      ip_addr_format(a, text, sizeof(text)));
	}
	return ret;
}

static int check(const struct network *n, struct err *err)
{
	const struct vxlan_options *o = n->options;
	int ret = check_group(o, err);

	if (ret == 0 && o->remote.family)
		ret = kind_check_remote("remote", &o->remote, err);
	if (ret == 0)
		ret = check_remotes(o, err);
	return ret == 0 ? check_families(o, err) : ret;
}

/* Ethernet, IP, UDP and VXLAN headers; the kernel cuts a larger MTU short without a word. */
static unsigned int overhead(const void *data)
{
	const struct vxlan_options *o = data;
	int family = o->remote.family | o->group.family | o->local.family;

	if (o->remotes.count)
		family |= o->remotes.items[0].family;
	return family == AF_INET6 ? 70 : 50;
}

static const struct kind_refusal refusals[] = {
	KIND_MISSING("vxlan"),
	{ -EEXIST, "the name is taken, or the id is, by another vxlan with this port" },
	{ 0, NULL },
};

static const int passing[] = { -EEXIST, -EADDRINUSE, 0 };

static const struct link_kind kind = {
	.name = "vxlan",
	.mtu = 1500,
	.options = &options,
	.attrs = attrs,
	.outside = true,
	.parent_attr = IFLA_VXLAN_LINK,
	.overhead = overhead,
	.check = check,
	.refusals = refusals,
	.passing = passing,
};

static int plan_remote(const struct ip_addr *remote, const struct endpoint *e,
		       const struct net_planner *p, struct err *err)
{
	struct fdb_args args = {
		.at.ns = SCOPE_CONTAINER,
		.entry = { .self = true, .dst = *remote },
	};

	if (!remote->family)
		return 0;
	memcpy(args.at.link, e->name, sizeof(args.at.link));
	return net_planner_add(p, &fdb_add_step.type, SCOPE_CONTAINER, NULL, &args, err);
}

/*
 * Of several other ends the first is the one that the link is made with: the kernel takes its family for the link's. It has an entry
 * from then on, which can be lost like any other, so that it is planned, too: to add it again is no error.
 */
static int plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		struct err *err)
{
	struct vxlan_options o = *(const struct vxlan_options *)n->options;
	struct network made = *n;
	size_t i = 0;
	int ret;

	if (!o.remote.family && o.remotes.count)
		o.remote = o.remotes.items[i++];
	made.options = &o;
	ret = kind_driver_plan(&made, e, p, err);
	if (ret == 0)
		ret = plan_remote(&o.remote, e, p, err);
	for (; ret == 0 && i < o.remotes.count; i++)
		ret = plan_remote(&o.remotes.items[i], e, p, err);
	return ret;
}

const struct net_driver vxlan_driver = {
	.type = "vxlan",
	.name = "vxlan#",
	.options = &options,
	.kind = &kind,
	.makes_link = true,
	.has_remotes = true,
	.check = kind_driver_check,
	.resolve = kind_driver_resolve,
	.plan = plan,
	.plan_ready = kind_driver_ready,
};
