// SPDX-License-Identifier: Apache-2.0
#include "net/port.h"

#include "net/kind.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

/* --- What bridge(8) calls flags --- */

/* clang-format off */
#define FLAG(key, attr) \
	{ key, key " on", .off = key " off", .form = KIND_U8, .type = IFLA_BRPORT_##attr, .bias = 1 }
/* clang-format on */

static const struct kind_attr port_attrs[] = {
	FLAG("isolated", ISOLATED),
	FLAG("learning", LEARNING),
	FLAG("flood", UNICAST_FLOOD),
	FLAG("mcast_flood", MCAST_FLOOD),
	FLAG("bcast_flood", BCAST_FLOOD),
	FLAG("mcast_to_unicast", MCAST_TO_UCAST),
	FLAG("neigh_suppress", NEIGH_SUPPRESS),
	FLAG("guard", GUARD),
	FLAG("root_block", PROTECT),
	FLAG("fastleave", FAST_LEAVE),
	FLAG("locked", LOCKED),
	{ "priority", .form = KIND_U16, .type = IFLA_BRPORT_PRIORITY },
	{ "cost", .form = KIND_U32, .type = IFLA_BRPORT_COST },
	{ .key = NULL },
};

/* ip-link(8) calls it so. */
static const struct link_kind port_kind = {
	.name = "bridge_slave",
	.options = &port_options_all_schema,
	.attrs = port_attrs,
};

static bool has_options(const struct port_args *a)
{
	static const struct port_options none;

	return memcmp(&a->options, &none, sizeof(none)) != 0;
}

/* Without NLM_F_CREATE this changes the link that is there. */
static void put_options(struct nl_batch *b, size_t tag, const struct port_args *a)
{
	struct nl_msg *m = link_put_name(b, RTM_NEWLINK, 0, tag, a->at.link, false);

	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_SLAVE_KIND, "bridge");
		nl_nest (m, IFLA_INFO_SLAVE_DATA)
			kind_put_attrs(m, &port_kind, &a->options);
	}
}

/* --- VLANs --- */

static void put_vlan(struct nl_msg *m, uint16_t id, unsigned int flags)
{
	const struct bridge_vlan_info info = { .vid = id, .flags = (uint16_t)flags };

	nl_put(m, IFLA_BRIDGE_VLAN_INFO, &info, sizeof(info));
}

static void put_vlans(struct nl_msg *m, const struct port_vlan *v)
{
	unsigned int flags = v->pvid ? BRIDGE_VLAN_INFO_PVID : 0;

	flags |= v->untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0;
	if (v->ids.first == v->ids.last) {
		put_vlan(m, v->ids.first, flags);
		return;
	}
	put_vlan(m, v->ids.first, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN);
	put_vlan(m, v->ids.last, flags | BRIDGE_VLAN_INFO_RANGE_END);
}

/* @type: RTM_SETLINK to put the port into them, RTM_DELLINK to take it out. */
static void put_list(struct nl_batch *b, uint16_t type, size_t tag, uint32_t index,
		     const struct port_vlan_list *list)
{
	const size_t each = 2 * NLA_ALIGN(NLA_HDRLEN + sizeof(struct bridge_vlan_info));
	struct ifinfomsg *head;
	struct nl_msg *m;

	nl_batch_expect(b, NL_MSG_MAX + list->count * each);
	m = nl_batch_add(b, type, 0, tag);
	head = nl_put_header(m, sizeof(*head));
	head->ifi_family = AF_BRIDGE;
	head->ifi_index = (int)index;
	nl_nest (m, IFLA_AF_SPEC)
		for (size_t i = 0; i < list->count; i++)
			put_vlans(m, &list->items[i]);
}

/* VLANs are no more than words on a bridge that does not tell them apart. */
static int check_filtering(const struct port_args *a, const struct link *bridge, struct err *err)
{
	if (!a->vlans.count || bridge->vlan_filtering)
		return 0;
	return err_set(err, -ESTALE, "bridge '%s': vlan_filtering is off, planned on", a->bridge);
}

/*
 * Somebody may have made the bridge, or changed it, since we looked. One that is not ours, or not this step's, is not changed
 * behind its owner's back.
 */
static int need_filtering(struct scope *scope, const struct port_args *a, struct err *err)
{
	struct link bridge;
	/* By its name: the message that makes the port one of its may be in the same batch. */
	int ret = link_find_in(scope, a->at.ns, a->bridge, NULL, &bridge, err);

	if (ret == 0 && check_filtering(a, &bridge, err) < 0)
		ret = err_append(err, " (ip link set dev %s type bridge vlan_filtering 1)",
				 a->bridge);
	return ret;
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct port_args *a = args;
	struct port_vlan given = { .ids = { a->given, a->given } };
	const struct port_vlan_list leave = { &given, 1 };
	int ret = a->vlans.count ? need_filtering(scope, a, err) : 0;

	if (ret < 0)
		return ret;
	if (a->given)
		put_list(b, RTM_DELLINK, tag, link->index, &leave);
	if (a->vlans.count)
		put_list(b, RTM_SETLINK, tag, link->index, &a->vlans);
	if (has_options(a))
		put_options(b, tag, a);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct port_args *a = args;

	snprintf(buf, size, "port %s of %s", a->at.link, a->bridge);
}

static const char *explain(const void *args, int code)
{
	const struct port_args *a = args;

	return code == -EOPNOTSUPP && a->vlans.count ? "the bridges of this kernel have no VLANs"
						     : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_port_step, scope, args, err);
}

/* --- Comparing --- */

static void keep_entry(struct port_vlan_table *table, const struct nlattr *entry)
{
	const struct nlattr *parts[BRIDGE_VLANDB_ENTRY_RANGE + 1] = { 0 };
	struct bridge_vlan_info info;
	struct port_vlan vlan = { 0 };

	nl_attrs_nested(entry, parts, BRIDGE_VLANDB_ENTRY_RANGE);
	if (!nl_get_bytes(parts[BRIDGE_VLANDB_ENTRY_INFO], &info, sizeof(info)))
		return;
	vlan.ids = (struct vlan_ids){ info.vid, info.vid };
	nl_get_bytes(parts[BRIDGE_VLANDB_ENTRY_RANGE], &vlan.ids.last, sizeof(vlan.ids.last));
	vlan.pvid = info.flags & BRIDGE_VLAN_INFO_PVID;
	vlan.untagged = info.flags & BRIDGE_VLAN_INFO_UNTAGGED;
	port_vlan_table_add(table, &vlan);
}

static void keep_vlans(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const size_t header = NLMSG_ALIGN(sizeof(struct br_vlan_msg));
	const struct nlattr *at = NULL;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWVLAN || !nl_header(msg, header))
		return;
	while ((at = nl_next(msg, header, at)))
		if ((at->nla_type & NLA_TYPE_MASK) == BRIDGE_VLANDB_ENTRY)
			keep_entry(arg, at);
}

/* What the port @index is in. */
static int read_vlans(struct nl *nl, uint32_t index, struct port_vlan_table *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct br_vlan_msg *head =
		nl_put_header(nl_batch_add(&b, RTM_GETVLAN, 0, 0), sizeof(*head));

	head->family = AF_BRIDGE;
	head->ifindex = index;
	*out = (struct port_vlan_table){ 0 };
	return nl_dump(nl, &b, keep_vlans, out, err);
}

int net_port_vlans(struct nl *nl, uint32_t index, struct port_vlan_list *out, struct err *err)
{
	struct port_vlan_table table;
	int ret = read_vlans(nl, index, &table, err);

	for (uint16_t id = PORT_VLAN_MIN; ret == 0 && id <= PORT_VLAN_MAX; id++) {
		const uint8_t flags = table.flags[id];
		const struct port_vlan one = {
			.ids = { id, id },
			.pvid = flags & PORT_VLAN_PVID,
			.untagged = flags & PORT_VLAN_UNTAGGED,
		};

		if (flags && table.flags[id - 1] == flags)
			out->items[out->count - 1].ids.last = id;
		else if (flags && port_vlan_list_add(out, &one) < 0)
			ret = err_oom(err);
	}
	return ret;
}

static struct port_vlan_table planned_vlans(const struct port_args *a)
{
	struct port_vlan_table planned = { 0 };

	for (size_t i = 0; i < a->vlans.count; i++)
		port_vlan_table_add(&planned, &a->vlans.items[i]);
	return planned;
}

static int compare_vlans(const struct port_args *a, const struct port_vlan_table *is,
			 struct err *err)
{
	const struct port_vlan_table planned = planned_vlans(a);

	for (size_t id = PORT_VLAN_MIN; id <= PORT_VLAN_MAX; id++)
		if (is->flags[id] != planned.flags[id])
			return err_set(err, -ESTALE, "port '%s': vlan %zu is %s, planned %s",
				       a->at.link, id, port_vlan_word(is->flags[id]),
				       port_vlan_word(planned.flags[id]));
	return 0;
}

/* What a link says of itself, and the bridge that it is a port of. */
struct port {
	struct nl *nl;
	struct link link, bridge;
	const struct port_args *args;
	int differs;     /* of the options */
	struct err *err; /* ... and how */
};

static void see(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 }, *info[IFLA_INFO_MAX + 1] = { 0 };
	struct port *p = arg;

	(void)tag;
	if (link_parse(msg, &p->link) < 0)
		return;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_MAX);
	nl_attrs_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	p->differs =
		kind_compare(&port_kind, &p->args->options, 0, info[IFLA_INFO_SLAVE_DATA], p->err);
}

static int find(struct scope *scope, const struct port_args *a, struct port *p, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret = nl_for(scope, a->at.ns, &p->nl, err);

	p->args = a;
	link_put_get(&b, a->at.link, 0);
	if (ret == 0)
		ret = nl_batch_send(p->nl, &b, see, p, err);
	if (ret == 0 && p->link.master)
		ret = link_find_index(p->nl, p->link.master, &p->bridge, err);
	return ret;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct port_args *a = args;
	struct port_vlan_table vlans;
	struct err options = { 0 };
	struct port p = { .err = &options };
	int ret = find(scope, a, &p, err);

	if (ret < 0)
		return ret;
	if (!p.link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	if (strcmp(p.bridge.kind, "bridge"))
		return err_set(err, -ESTALE, "link '%s' is not the port of a bridge", a->at.link);
	if (p.differs < 0)
		return err_set(err, -ESTALE, "port '%s': %s", a->at.link, options.text);
	ret = check_filtering(a, &p.bridge, err);
	if (ret == 0 && a->vlans.count)
		ret = read_vlans(p.nl, p.link.index, &vlans, err);
	return ret < 0 || !a->vlans.count ? ret : compare_vlans(a, &vlans, err);
}

/* What it is in and should not be, as ranges. */
static int find_extra(const struct port_args *a, const struct port_vlan_table *is,
		      struct port_vlan_list *out, struct err *err)
{
	const struct port_vlan_table planned = planned_vlans(a);

	for (uint16_t id = PORT_VLAN_MIN; id <= PORT_VLAN_MAX; id++) {
		struct port_vlan *last = out->count ? &out->items[out->count - 1] : NULL;
		const struct port_vlan one = { .ids = { id, id } };

		if (!is->flags[id] || planned.flags[id])
			continue;
		if (last && last->ids.last == id - 1)
			last->ids.last = id;
		else if (port_vlan_list_add(out, &one) < 0)
			return err_oom(err);
	}
	return 0;
}

static int mend_vlans(const struct port *p, struct nl_batch *b, struct err *err)
{
	_cleanup_(port_vlan_list_release) struct port_vlan_list extra = { 0 };
	struct port_vlan_table vlans;
	int ret = read_vlans(p->nl, p->link.index, &vlans, err);

	if (ret == 0)
		ret = find_extra(p->args, &vlans, &extra, err);
	if (ret == 0 && extra.count)
		put_list(b, RTM_DELLINK, 0, p->link.index, &extra);
	return ret;
}

static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct port_args *a = args;
	struct err options = { 0 };
	struct port p = { .err = &options };
	int ret = find(scope, a, &p, err);

	if (ret < 0 || !p.link.index)
		return ret < 0 ? ret : 1;
	if (a->vlans.count)
		ret = mend_vlans(&p, &b, err);
	if (ret == 0)
		ret = build(scope, &b, 0, args, &p.link, err);
	if (ret == 0)
		ret = nl_batch_send(p.nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "mend port %s of %s", a->at.link, a->bridge);
}

/* --- The commands --- */

static void show_vlan(const struct port_args *a, const struct port_vlan *v, FILE *out)
{
	char text[PORT_VLAN_TEXT_MAX];

	net_show_tool(out, "bridge", a->at.ns);
	fprintf(out, "vlan add dev %s vid %s%s%s\n", a->at.link,
		vlan_ids_format(&v->ids, text, sizeof(text)), v->pvid ? " pvid" : "",
		v->untagged ? " untagged" : "");
}

static void show(const void *args, FILE *out)
{
	const struct port_args *a = args;

	if (a->given) {
		net_show_tool(out, "bridge", a->at.ns);
		fprintf(out, "vlan del dev %s vid %u\n", a->at.link, a->given);
	}
	for (size_t i = 0; i < a->vlans.count; i++)
		show_vlan(a, &a->vlans.items[i], out);
	if (!has_options(a))
		return;
	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s", a->at.link);
	kind_show(&port_kind, &a->options, "", out);
	fputc('\n', out);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct port_args, "name"),
	JSON_CHARS(struct port_args, "bridge", bridge),
	JSON_UINT(struct port_args, "given", given),
	JSON_CUSTOM(struct port_args, "vlans", vlans, &port_vlan_list_custom),
	JSON_OBJECT(struct port_args, "options", options, &port_options_all_schema),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct port_args, fields);

const struct net_step_type link_port_step = {
	.type = {
		.name = "link.port",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.probe = probe,
		.mend = mend,
		.describe = describe,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};
