// SPDX-License-Identifier: Apache-2.0
/*
 * type "veth": a pair of links. The host's end is a port of a bridge, or has addresses of its own (point
 * to point), or neither: then it is just up.
 */
#include "net/choose.h"
#include "net/driver.h"

#include "net/address.h"
#include "net/bridge.h"
#include "net/ipam.h"
#include "net/veth.h"

#include "lib/file.h"
#include "lib/shared.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

/* The bridge's own MAC begins with it; the ports' with fe. */
#define BRIDGE_MAC_FIRST 0x06

/* Of an Ethernet link that nobody has told otherwise. */
#define MTU_DEFAULT 1500

#define NAME_ATTEMPTS  16
#define BRIDGE_KEY_MAX (sizeof("link.bridge:") + IFNAMSIZ)

/* A chosen name is a prefix and at least so many hexadecimal digits, so that several containers find one. */
#define NAME_DIGITS_MIN 4
#define NAME_PREFIX     "ve"

struct veth_context {
	char bridge[IFNAMSIZ];
	char prefix[IFNAMSIZ];
};

struct veth_options {
	char bridge[IFNAMSIZ];
	char veth_prefix[IFNAMSIZ];
	struct veth_context context; /* empty once it is checked: it has become the keys above */
	char host_interface_name[IFNAMSIZ];
	bool hairpin_mode;
	bool vlan_filtering;
	struct ip_prefix_list bridge_address;
	struct ip_prefix_list host_address;
};

static int check_context(void *object, struct err *err)
{
	const struct veth_context *context = object;

	if (context->bridge[0] && context->prefix[0])
		return 0;
	return err_set(err, -EINVAL, "%s is empty", context->bridge[0] ? "prefix" : "bridge");
}

static const struct json_field context_fields[] = {
	JSON_CHARS(struct veth_context, "bridge", bridge, .flags = JSON_REQUIRED),
	JSON_CHARS(struct veth_context, "prefix", prefix, .flags = JSON_REQUIRED,
		   .as = "veth_prefix"),
	JSON_END,
};
static const struct json_schema context_schema =
	JSON_SCHEMA(struct veth_context, context_fields, .unknown = JSON_UNKNOWN_WARN,
		    .caseless = true, .check = check_context);

static int take_word(const char *key, char to[IFNAMSIZ], const char from[IFNAMSIZ], struct err *err)
{
	if (to[0] && strcmp(to, from))
		return err_set(err, -EINVAL, "%s is '%s', but in the context it is '%s'", key, to,
			       from);
	memcpy(to, from, IFNAMSIZ);
	return 0;
}

static int take_context(void *object, struct err *err)
{
	struct veth_options *o = object;
	int ret;

	if (!o->context.bridge[0])
		return 0;
	ret = take_word("bridge", o->bridge, o->context.bridge, err);
	if (ret == 0)
		ret = take_word("veth_prefix", o->veth_prefix, o->context.prefix, err);
	o->context = (struct veth_context){ 0 };
	return ret;
}

static const struct json_field fields[] = {
	JSON_CHARS(struct veth_options, "bridge", bridge),
	JSON_CHARS(struct veth_options, "veth_prefix", veth_prefix),
	JSON_OBJECT(struct veth_options, "context", context, &context_schema, .as = ""),
	JSON_CHARS(struct veth_options, "host_interface_name", host_interface_name),
	JSON_BOOL(struct veth_options, "hairpin_mode", hairpin_mode),
	JSON_BOOL(struct veth_options, "vlan_filtering", vlan_filtering),
	JSON_CUSTOM(struct veth_options, "bridge_address", bridge_address, &ip_prefix_list_custom),
	JSON_CUSTOM(struct veth_options, "host_address", host_address, &ip_prefix_list_custom),
	JSON_END,
};
static const struct json_schema options =
	JSON_SCHEMA(struct veth_options, fields, .check = take_context);

static int check_list(const char *key, const struct ip_prefix_list *list, struct err *err)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < list->count; i++) {
		const struct ip_addr *a = &list->items[i].addr;

		if (ip_addr_is_multicast(a) || ip_addr_is_unspecified(a))
			return err_set(err, -EINVAL, "%s: %s is not an address of an interface",
				       key, ip_addr_format(a, text, sizeof(text)));
	}
	return 0;
}

static int check_name(const char *key, const char *name, struct err *err)
{
	int ret = name[0] ? link_name_check(name, err) : 0;

	if (ret < 0)
		err_wrap(err, "%s", key);
	return ret;
}

static int check_prefix(const struct veth_options *o, struct err *err)
{
	const int longest = IFNAMSIZ - 1 - NAME_DIGITS_MIN;
	int ret = check_name("veth_prefix", o->veth_prefix, err);

	if (ret < 0 || !o->veth_prefix[0])
		return ret;
	if (o->host_interface_name[0])
		return err_set(err, -EINVAL,
			       "veth_prefix: host_interface_name gives the whole name already");
	if (strlen(o->veth_prefix) > (size_t)longest)
		return err_set(
			err, -EINVAL,
			"veth_prefix: '%s' leaves no room for %d digits behind it (at most %d bytes)",
			o->veth_prefix, NAME_DIGITS_MIN, longest);
	return 0;
}

static int check(const struct network *n, struct err *err)
{
	const struct veth_options *o = n->options;
	int ret = check_name("bridge", o->bridge, err);

	if (ret == 0)
		ret = check_name("host_interface_name", o->host_interface_name, err);
	if (ret == 0)
		ret = check_prefix(o, err);
	if (ret == 0)
		ret = check_list("bridge_address", &o->bridge_address, err);
	if (ret == 0)
		ret = check_list("host_address", &o->host_address, err);
	if (ret < 0)
		return ret;
	if (o->bridge_address.count && !o->bridge[0])
		return err_set(err, -EINVAL, "bridge_address: there is no bridge to give it to");
	if (o->host_address.count && o->bridge[0])
		return err_set(
			err, -EINVAL,
			"host_address: the port of a bridge has no address; use bridge_address");
	if (o->hairpin_mode && !o->bridge[0])
		return err_set(err, -EINVAL, "hairpin_mode: only the port of a bridge has it");
	if (o->vlan_filtering && !o->bridge[0])
		return err_set(err, -EINVAL, "vlan_filtering: there is no bridge to have it");
	if (o->bridge[0] && !strcmp(o->bridge, o->host_interface_name))
		return err_set(err, -EINVAL, "host_interface_name: '%s' is the bridge", o->bridge);
	return 0;
}

static const char *host_name(const struct network *n)
{
	return ((const struct veth_options *)n->options)->host_interface_name;
}

static const char *host_link(const struct network *n, const struct endpoint *e)
{
	const struct veth_options *o = n->options;

	return o->bridge[0] ? o->bridge : e->host_name;
}

static const char *bridge_name(const struct network *n)
{
	return ((const struct veth_options *)n->options)->bridge;
}

/* The two lists exclude each other. */
static const struct ip_prefix_list *host_addresses(const struct network *n)
{
	const struct veth_options *o = n->options;

	return o->bridge_address.count ? &o->bridge_address : &o->host_address;
}

/* Of the bridge as a shared thing. */
static void bridge_key(const struct veth_options *o, char *key, size_t size)
{
	snprintf(key, size, "link.bridge:%s", o->bridge);
}

/* Its mark comes a moment behind the bridge; the record that it is shared stands before. */
static bool bridge_is_ours(const struct veth_options *o, const struct scope *scope,
			   const struct link *bridge)
{
	char key[BRIDGE_KEY_MAX];

	bridge_key(o, key, sizeof(key));
	return !strcmp(bridge->alias, BRIDGE_MARK) ||
	       (!bridge->alias[0] && shared_in_use(scope, key));
}

/* One that stands is not changed behind its owner's back: all its other ports would be in VLANs from then on. */
static int check_filtering(const struct network *n, const struct link *bridge, struct err *err)
{
	const struct veth_options *o = n->options;
	const char *vlans = net_port_on_host(n) ? net_port_vlan_key(n) : NULL;

	if (!bridge->index && vlans && !o->vlan_filtering)
		return err_set(err, -EINVAL,
			       "%s: the bridge '%s' would be made without vlan_filtering", vlans,
			       o->bridge);
	if (!bridge->index || bridge->vlan_filtering || (!vlans && !o->vlan_filtering))
		return 0;
	return err_set(
		err, -EINVAL,
		"%s: the bridge '%s' does not tell VLANs apart (ip link set dev %s type bridge "
		"vlan_filtering 1)",
		vlans ? vlans : "vlan_filtering", o->bridge, o->bridge);
}

static int resolve_bridge(const struct network *n, const struct scope *scope, struct nl *nl,
			  struct endpoint *e, struct err *err)
{
	const struct veth_options *o = n->options;
	struct link bridge;
	int ret = link_find(nl, o->bridge, &bridge, err);

	if (ret < 0)
		return ret;
	if (!bridge.index && !o->bridge_address.count && !n->subnets.count)
		return err_set(
			err, -ENODEV,
			"no bridge '%s' (add \"bridge_address\": \"ADDRESS/PREFIX\" to have it made)",
			o->bridge);
	if (bridge.index && strcmp(bridge.kind, "bridge"))
		return err_set(err, -EEXIST, "bridge: '%s' is there, but is not a bridge",
			       o->bridge);
	/* One of ours has to stay for as long as we are its port. */
	if (bridge.index && !n->mtu && bridge.mtu != MTU_DEFAULT)
		e->mtu = bridge.mtu;
	e->bridge_found = bridge.index && !bridge_is_ours(o, scope, &bridge);
	e->bridge_filters = bridge.vlan_filtering;
	e->bridge_pvid = bridge.index ? bridge.default_pvid : PORT_DEFAULT_VLAN;
	return check_filtering(n, &bridge, err);
}

static int name_taken(const struct link *link, const char *name, struct err *err)
{
	const char *owner = link_owner(link);

	if (owner)
		return err_set(err, -EEXIST, "host_interface_name: '%s' is taken by container '%s'",
			       name, owner);
	return err_set(err, -EEXIST, "host_interface_name: '%s' is taken", name);
}

static int resolve_given_name(const char *name, struct nl *nl, struct endpoint *e, struct err *err)
{
	struct link link;
	int ret = link_find(nl, name, &link, err);

	if (ret < 0)
		return ret;
	if (link.index)
		return name_taken(&link, name, err);
	snprintf(e->host_name, sizeof(e->host_name), "%s", name);
	return 0;
}

/* Our own leftovers are gone by now, so a name that is taken is a stranger's: an unlikely hash, or a hostile one. */
static int choose_name(const char *prefix, struct nl *nl, const struct scope *scope,
		       struct endpoint *e, struct err *err)
{
	char name[IFNAMSIZ] = "";
	struct link link;

	for (unsigned int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		int ret;

		net_choose_name(scope, e->name, prefix, attempt, name);
		ret = link_find(nl, name, &link, err);
		if (ret < 0)
			return ret;
		if (link.index)
			continue;
		memcpy(e->host_name, name, sizeof(e->host_name));
		return 0;
	}
	return err_set(err, -EEXIST, "host_interface_name: '%s' and %d other names are taken", name,
		       NAME_ATTEMPTS - 1);
}

static int resolve(const struct network *n, struct scope *scope, struct endpoint *e,
		   struct err *err)
{
	const struct veth_options *o = n->options;
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret == 0 && o->bridge[0])
		ret = resolve_bridge(n, scope, nl, e, err);
	if (ret < 0)
		return ret;
	if (o->host_interface_name[0])
		return resolve_given_name(o->host_interface_name, nl, e, err);
	return choose_name(o->veth_prefix[0] ? o->veth_prefix : NAME_PREFIX, nl, scope, e, err);
}

/* The same on every machine and for every container, so that its users agree. */
static struct mac bridge_mac(const char *name)
{
	uint64_t hash = hash64(name, strlen(name));
	struct mac mac = { .bytes = { BRIDGE_MAC_FIRST } };

	for (size_t i = 1; i < sizeof(mac.bytes); i++, hash >>= 8)
		mac.bytes[i] = (uint8_t)hash;
	return mac;
}

/* Of several networks at one bridge that is made, each can ask for it: the step is planned once. */
static void plan_filtering(struct plan *plan, const char *shared)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].shared && !strcmp(plan->steps[i].shared, shared))
			((struct bridge_args *)plan->steps[i].args)->vlan_filtering = true;
}

static int plan_bridge(const struct veth_options *o, const struct endpoint *e,
		       const struct net_planner *p, struct err *err)
{
	struct bridge_args args = {
		.at.ns = SCOPE_HOST,
		.mac = bridge_mac(o->bridge),
		.vlan_filtering = o->vlan_filtering || e->bridge_filters,
	};
	char shared[BRIDGE_KEY_MAX];
	int ret;

	memcpy(args.name, o->bridge, sizeof(args.name));
	bridge_key(o, shared, sizeof(shared));
	ret = net_planner_add(p, &link_bridge_step.type, SCOPE_HOST, shared, &args, err);
	if (ret == 0 && args.vlan_filtering)
		plan_filtering(p->plan, shared);
	return ret;
}

static int plan_bridge_address(const char *bridge, const struct ip_prefix *prefix,
			       const struct net_planner *p, struct err *err)
{
	struct address_args args = { .at.ns = SCOPE_HOST, .prefix = *prefix };
	char shared[64 + IP_TEXT_MAX], text[IP_TEXT_MAX];

	snprintf(args.at.link, sizeof(args.at.link), "%s", bridge);
	snprintf(shared, sizeof(shared), "addr.bridge:%s:%s", bridge,
		 ip_prefix_format(prefix, text, sizeof(text)));
	return net_planner_add(p, &addr_bridge_step.type, SCOPE_HOST, shared, &args, err);
}

static int bridge_address_ready(const char *bridge, const struct ip_prefix *prefix,
				const struct net_planner *p, struct err *err)
{
	return net_plan_address_ready(p, SCOPE_HOST, bridge, prefix, err);
}

typedef int bridge_address_fn(const char *bridge, const struct ip_prefix *prefix,
			      const struct net_planner *p, struct err *err);

/* Those that are given, and those of its subnets. */
static int for_bridge_addresses(const struct network *n, const struct endpoint *e,
				const struct net_planner *p, bridge_address_fn *fn, struct err *err)
{
	const struct veth_options *o = n->options;
	struct ip_prefix prefix;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < o->bridge_address.count; i++)
		ret = fn(o->bridge, &o->bridge_address.items[i], p, err);
	for (size_t i = 0; ret == 0 && i < n->subnets.count; i++)
		if (ipam_bridge_address(n, e, i, &prefix))
			ret = fn(o->bridge, &prefix, p, err);
	return ret;
}

static int plan_pair(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		     struct err *err)
{
	const struct veth_options *o = n->options;
	struct veth_args args = {
		.at.ns = SCOPE_HOST,
		.mac = e->host_mac,
		.peer_ns = SCOPE_CONTAINER,
		.peer_mac = e->mac,
		.mtu = n->mtu ? n->mtu : e->mtu,
		.txqueuelen = n->txqueuelen,
		.queues = n->queues,
		/* With br_netfilter, what a container sends to a port of its own never leaves the bridge. */
		.hairpin = o->hairpin_mode || (o->bridge[0] && n->port_count),
	};

	memcpy(args.at.link, o->bridge, sizeof(args.at.link));
	memcpy(args.name, e->host_name, sizeof(args.name));
	memcpy(args.peer_name, e->name, sizeof(args.peer_name));
	if (str_copy(args.alias, sizeof(args.alias), p->mark) < 0)
		return err_set(err, -ENAMETOOLONG, "the mark '%s' is too long for a link's alias",
			       p->mark);
	return net_planner_add(p, &link_veth_step.type, SCOPE_HOST, NULL, &args, err);
}

static int plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		struct err *err)
{
	const struct veth_options *o = n->options;
	int ret = 0;

	if (o->bridge[0] && !e->bridge_found)
		ret = plan_bridge(o, e, p, err);
	if (ret == 0)
		ret = for_bridge_addresses(n, e, p, plan_bridge_address, err);
	if (ret == 0)
		ret = plan_pair(n, e, p, err);
	if (ret == 0 && net_port_on_host(n))
		ret = net_port_plan(p, n, SCOPE_HOST, e->host_name, o->bridge, e->bridge_pvid, err);
	if (ret == 0)
		ret = net_fdb_plan(p, n, SCOPE_HOST, e->host_name, true, err);
	for (size_t i = 0; ret == 0 && i < o->host_address.count; i++)
		ret = net_plan_address(p, &addr_add_step.type, SCOPE_HOST, e->host_name,
				       &o->host_address.items[i], err);
	return ret;
}

static int plan_ready(const struct network *n, const struct endpoint *e,
		      const struct net_planner *p, struct err *err)
{
	const struct veth_options *o = n->options;
	int ret = for_bridge_addresses(n, e, p, bridge_address_ready, err);

	for (size_t i = 0; ret == 0 && i < o->host_address.count; i++)
		ret = net_plan_address_ready(p, SCOPE_HOST, e->host_name, &o->host_address.items[i],
					     err);
	return ret < 0 ? ret : net_plan_link(p, &link_ready_step, SCOPE_HOST, e->host_name, err);
}

const struct net_driver veth_driver = {
	.type = "veth",
	.name = "eth#",
	.makes_link = true,
	.has_host_end = true,
	.has_queues = true,
	.options = &options,
	.check = check,
	.host_name = host_name,
	.host_link = host_link,
	.bridge = bridge_name,
	.host_addresses = host_addresses,
	.resolve = resolve,
	.plan = plan,
	.plan_ready = plan_ready,
};
