// SPDX-License-Identifier: Apache-2.0
#include "net/veth.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <string.h>

/* A container's link needs no more than one queue, and each costs 0.1 ms to make. */
static uint32_t queues_of(const struct veth_args *a)
{
	return a->queues ? a->queues : 1;
}

/* What both ends are told. */
static void put_end(struct nl_msg *m, const struct veth_args *a, const char *name,
		    const struct mac *mac)
{
	nl_put_str(m, IFLA_IFNAME, name);
	nl_put(m, IFLA_ADDRESS, mac->bytes, sizeof(mac->bytes));
	if (a->mtu)
		nl_put_u32(m, IFLA_MTU, a->mtu);
	if (a->txqueuelen)
		nl_put_u32(m, IFLA_TXQLEN, a->txqueuelen);
	nl_put_u32(m, IFLA_NUM_TX_QUEUES, queues_of(a));
	nl_put_u32(m, IFLA_NUM_RX_QUEUES, queues_of(a));
}

static void put_pair(struct nl_batch *b, size_t tag, const struct veth_args *a, uint32_t bridge,
		     int peer_ns)
{
	struct nl_msg *m = nl_batch_add(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, tag);

	nl_put_header(m, sizeof(struct ifinfomsg));
	put_end(m, a, a->name, &a->mac);
	nl_put_u32(m, IFLA_GROUP, LINK_GROUP);
	if (bridge)
		nl_put_u32(m, IFLA_MASTER, bridge);
	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_KIND, "veth");
		nl_nest (m, IFLA_INFO_DATA)
			nl_nest (m, VETH_INFO_PEER) {
				nl_put_header(m, sizeof(struct ifinfomsg));
				put_end(m, a, a->peer_name, &a->peer_mac);
				nl_put_u32(m, IFLA_NET_NS_FD, (uint32_t)peer_ns);
			}
	}
}

/*
 * The settings of a port, by name: an AF_BRIDGE message would want the index, which is not known.
 * Without NLM_F_CREATE this changes the link that is there.
 */
static void put_port(struct nl_batch *b, size_t tag, const struct veth_args *a)
{
	struct nl_msg *m = link_put_name(b, RTM_NEWLINK, 0, tag, a->name, false);

	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_SLAVE_KIND, "bridge");
		nl_nest (m, IFLA_INFO_SLAVE_DATA)
			nl_put_u8(m, IFLA_BRPORT_MODE, 1);
	}
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *bridge, struct err *err)
{
	const struct veth_args *a = args;
	int peer_ns = scope_ns_fd(scope, a->peer_ns);

	if (peer_ns < 0)
		return err_set(err, -ENOENT, "link %s: network namespace '%s' is not there",
			       a->name, a->peer_ns);
	if (bridge && strcmp(bridge->kind, "bridge"))
		return err_set(err, -EOPNOTSUPP, "'%s' is not a bridge", bridge->name);
	put_pair(b, tag, a, bridge ? bridge->index : 0, peer_ns);
	return 0;
}

/*
 * The kernel ignores an alias at creation. It tells everybody of one that a link which is up gets, and IPv6 looks at every route
 * of the namespace then, of which each port of a bridge has some: so the link is up only behind that.
 */
static void finish(struct nl_batch *b, size_t tag, const void *args, const struct link *bridge)
{
	const struct veth_args *a = args;

	nl_put_str(link_put_name(b, RTM_SETLINK, 0, tag, a->name, false), IFLA_IFALIAS, a->alias);
	if (bridge->index && a->hairpin)
		put_port(b, tag, a);
	link_put_name(b, RTM_SETLINK, 0, tag, a->name, true);
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct veth_args *a = args;

	snprintf(buf, size, "link %s with peer %s", a->name, a->peer_name);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	if (code == -EOPNOTSUPP)
		return "this kernel has no veth";
	if (code == -EEXIST)
		return "one of the names is taken";
	if (code == -EXFULL)
		return "the bridge is full";
	return NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_veth_step, scope, args, err);
}

static int find(struct scope *scope, const struct veth_args *a, struct link *out, struct err *err)
{
	return link_find_in(scope, a->at.ns, a->name, NULL, out, err);
}

/*
 * A process that died between making the link and marking it leaves one without a mark, but with a MAC
 * that nobody else has.
 */
static bool is_ours(const struct link *link, const struct veth_args *a)
{
	if (link->alias[0])
		return !strcmp(link->alias, a->alias);
	return !strcmp(link->kind, "veth") && mac_equal(&link->mac, &a->mac);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct veth_args *a = args;
	struct link link;
	int ret = find(scope, a, &link, err);

	if (ret < 0)
		return ret;
	if (!link.index || !is_ours(&link, a))
		return 0;
	return link_delete(scope, a->at.ns, &link, err);
}

static void show_end(const struct veth_args *a, const char *name, const struct mac *mac, FILE *out)
{
	char text[MAC_TEXT_MAX];

	fprintf(out, " %s address %s", name, mac_format(mac, text, sizeof(text)));
	if (a->mtu)
		fprintf(out, " mtu %u", a->mtu);
	if (a->txqueuelen)
		fprintf(out, " txqueuelen %u", a->txqueuelen);
	fprintf(out, " numtxqueues %u numrxqueues %u", queues_of(a), queues_of(a));
}

static void show(const void *args, FILE *out)
{
	const struct veth_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "link add");
	show_end(a, a->name, &a->mac, out);
	fprintf(out, " group %u", LINK_GROUP);
	if (a->at.link[0])
		fprintf(out, " master %s", a->at.link);
	fprintf(out, " up type veth peer name");
	show_end(a, a->peer_name, &a->peer_mac, out);
	fprintf(out, " netns %s\n", a->peer_ns);
	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s alias %s\n", a->name, a->alias);
	if (!a->at.link[0] || !a->hairpin)
		return;
	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s type bridge_slave hairpin on\n", a->name);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct veth_args, "bridge"),
	JSON_CHARS(struct veth_args, "name", name, .flags = JSON_REQUIRED),
	JSON_TEXT(struct veth_args, "mac", mac, &mac_text),
	JSON_CHARS(struct veth_args, "peer_ns", peer_ns),
	JSON_CHARS(struct veth_args, "peer_name", peer_name),
	JSON_TEXT(struct veth_args, "peer_mac", peer_mac, &mac_text),
	JSON_UINT(struct veth_args, "mtu", mtu),
	JSON_UINT(struct veth_args, "txqueuelen", txqueuelen),
	JSON_UINT(struct veth_args, "queues", queues),
	JSON_BOOL(struct veth_args, "hairpin", hairpin),
	JSON_CHARS(struct veth_args, "alias", alias),
	JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct veth_args, fields);

const struct net_step_type link_veth_step = {
	.type = {
		.name = "link.veth",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.revert = revert,
		.probe = veth_probe,
		.mend = veth_mend,
		.describe = describe,
		.show = show,
	},
	.makes_link = true,
	.build = build,
	.describe = describe,
	.explain = explain,
	.finish = finish,
};
