// SPDX-License-Identifier: Apache-2.0
#include "net/port_was.h"

#include "net/port.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

/* What a person can set (br_setport() in net/bridge/br_netlink.c), but for the state and names of other links. */
static const struct flag {
	const char *name;
	uint16_t type;
	uint8_t size;
} flags[] = {
	{ "priority", IFLA_BRPORT_PRIORITY, 2 },
	{ "cost", IFLA_BRPORT_COST, 4 },
	{ "hairpin", IFLA_BRPORT_MODE, 1 },
	{ "guard", IFLA_BRPORT_GUARD, 1 },
	{ "root_block", IFLA_BRPORT_PROTECT, 1 },
	{ "fastleave", IFLA_BRPORT_FAST_LEAVE, 1 },
	{ "learning", IFLA_BRPORT_LEARNING, 1 },
	{ "flood", IFLA_BRPORT_UNICAST_FLOOD, 1 },
	{ "proxy_arp", IFLA_BRPORT_PROXYARP, 1 },
	{ "proxy_arp_wifi", IFLA_BRPORT_PROXYARP_WIFI, 1 },
	{ "mcast_router", IFLA_BRPORT_MULTICAST_ROUTER, 1 },
	{ "mcast_flood", IFLA_BRPORT_MCAST_FLOOD, 1 },
	{ "mcast_to_unicast", IFLA_BRPORT_MCAST_TO_UCAST, 1 },
	{ "vlan_tunnel", IFLA_BRPORT_VLAN_TUNNEL, 1 },
	{ "bcast_flood", IFLA_BRPORT_BCAST_FLOOD, 1 },
	{ "group_fwd_mask", IFLA_BRPORT_GROUP_FWD_MASK, 2 },
	{ "neigh_suppress", IFLA_BRPORT_NEIGH_SUPPRESS, 1 },
	{ "isolated", IFLA_BRPORT_ISOLATED, 1 },
	{ "locked", IFLA_BRPORT_LOCKED, 1 },
};

/* --- Reading --- */

struct port {
	bool is_one; /* of a bridge's */
	bool has[array_size(flags)];
	uint32_t values[array_size(flags)];
};

static bool get(const struct nlattr *attr, uint8_t size, uint32_t *out)
{
	uint16_t two;
	uint8_t one;
	bool has;

	if (size == 4)
		return nl_get_u32(attr, out);
	if (size == 2) {
		has = nl_get_bytes(attr, &two, sizeof(two));
		*out = has ? two : 0;
		return has;
	}
	has = nl_get_u8(attr, &one);
	*out = has ? one : 0;
	return has;
}

static void see(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 }, *info[IFLA_INFO_MAX + 1] = { 0 };
	const struct nlattr *data[IFLA_BRPORT_MAX + 1] = { 0 };
	struct port *p = arg;
	char kind[16] = "";

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWLINK)
		return;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_MAX);
	nl_attrs_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	nl_get_str(info[IFLA_INFO_SLAVE_KIND], kind, sizeof(kind));
	p->is_one = !strcmp(kind, "bridge");
	nl_attrs_nested(info[IFLA_INFO_SLAVE_DATA], data, IFLA_BRPORT_MAX);
	for (size_t i = 0; p->is_one && i < array_size(flags); i++)
		p->has[i] = get(data[flags[i].type], flags[i].size, &p->values[i]);
}

static int read_port(struct nl *nl, uint32_t index, struct port *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	*out = (struct port){ 0 };
	link_put_get_index(&b, index, 0);
	return nl_batch_send(nl, &b, see, out, err);
}

static int add_flag(struct port_was *was, const char *name, uint32_t value)
{
	struct json_pair *more = reallocarray(was->flags, was->flag_count + 1, sizeof(*more));
	struct json_pair *at;

	if (!more)
		return -ENOMEM;
	was->flags = more;
	at = &more[was->flag_count++];
	*at = (struct json_pair){ strdup(name), str_format("%u", value) };
	return at->key && at->value ? 0 : -ENOMEM;
}

int port_was_look(struct nl *nl, const struct link *link, struct port_was *out, struct err *err)
{
	struct link bridge = { 0 };
	struct port p;
	int ret = read_port(nl, link->index, &p, err);

	if (ret < 0 || !p.is_one)
		return ret;
	for (size_t i = 0; i < array_size(flags); i++)
		if (p.has[i] && add_flag(out, flags[i].name, p.values[i]) < 0)
			return err_oom(err);
	ret = link_find_index(nl, link->master, &bridge, err);
	return ret == 0 && bridge.vlan_filtering ? net_port_vlans(nl, link->index, &out->vlans, err)
						 : ret;
}

/* --- Putting it back --- */

static void put(struct nl_msg *m, const struct flag *f, uint32_t value)
{
	if (f->size == 4)
		nl_put_u32(m, f->type, value);
	else if (f->size == 2)
		nl_put_u16(m, f->type, (uint16_t)value);
	else
		nl_put_u8(m, f->type, (uint8_t)value);
}

static const struct flag *find_flag(const char *name)
{
	for (size_t i = 0; i < array_size(flags); i++)
		if (!strcmp(flags[i].name, name))
			return &flags[i];
	return NULL;
}

/* Each by itself, so that one that is refused is named. To say a cost would be to fix it, so what is so already is not said. */
static int restore_flag(struct nl *nl, const struct link *link, const struct port *now,
			const struct json_pair *pair, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct flag *f = find_flag(pair->key);
	unsigned long long value;
	struct err why = { 0 };
	struct nl_msg *m;
	int ret;

	if (!f || str_to_u64(pair->value, UINT32_MAX, &value) < 0 || !now->has[f - flags] ||
	    now->values[f - flags] == value)
		return 0;
	m = nl_batch_add(&b, RTM_NEWLINK, 0, 0);
	((struct ifinfomsg *)nl_put_header(m, sizeof(struct ifinfomsg)))->ifi_index =
		(int)link->index;
	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_SLAVE_KIND, "bridge");
		nl_nest (m, IFLA_INFO_SLAVE_DATA)
			put(m, f, (uint32_t)value);
	}
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret == 0 && nl_batch_error(&b, &why, "%s", f->name) < 0)
		log_warn("'%s' is home, but for what its bridge knew of it: %s", link->name,
			 why.text);
	return ret;
}

static void restore_vlans(struct scope *scope, const char *name, const char *bridge,
			  const struct port_was *was)
{
	struct port_args args = { .at.ns = SCOPE_HOST, .vlans = was->vlans };
	struct err why = { 0 };

	if (!was->vlans.count || str_copy(args.at.link, sizeof(args.at.link), name) < 0 ||
	    str_copy(args.bridge, sizeof(args.bridge), bridge) < 0)
		return;
	if (link_port_step.type.mend(scope, &args, &why) < 0)
		log_warn("'%s' is home, but for its VLANs: %s", name, why.text);
}

int port_was_restore(struct scope *scope, const char *name, const char *bridge,
		     const struct port_was *was, struct err *err)
{
	struct link link = { 0 };
	struct port now = { 0 };
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret == 0)
		ret = link_find(nl, name, &link, err);
	if (ret == 0 && link.index)
		ret = read_port(nl, link.index, &now, err);
	for (size_t i = 0; ret == 0 && now.is_one && i < was->flag_count; i++)
		ret = restore_flag(nl, &link, &now, &was->flags[i], err);
	if (ret == 0 && now.is_one)
		restore_vlans(scope, name, bridge, was);
	return ret;
}

/* --- The journal --- */

static const struct json_field fields[] = {
	JSON_MAP(struct port_was, "flags", flags, flag_count),
	JSON_CUSTOM(struct port_was, "vlans", vlans, &port_vlan_list_custom),
	JSON_END,
};
const struct json_schema port_was_schema = JSON_SCHEMA(struct port_was, fields);
