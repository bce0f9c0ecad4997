// SPDX-License-Identifier: Apache-2.0
#include "net/link.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void parse_bridge(const struct nlattr *data, struct link *link)
{
	const struct nlattr *attrs[IFLA_BR_VLAN_DEFAULT_PVID + 1] = { 0 };

	nl_attrs_nested(data, attrs, IFLA_BR_VLAN_DEFAULT_PVID);
	nl_get_u32(attrs[IFLA_BR_STP_STATE], &link->stp_state);
	nl_get_u8(attrs[IFLA_BR_VLAN_FILTERING], &link->vlan_filtering);
	nl_get_bytes(attrs[IFLA_BR_VLAN_DEFAULT_PVID], &link->default_pvid,
		     sizeof(link->default_pvid));
}

static void parse_info(const struct nlattr *info, struct link *link)
{
	const struct nlattr *attrs[IFLA_INFO_MAX + 1] = { 0 };
	const struct nlattr *port[IFLA_BRPORT_MAX + 1] = { 0 };
	char slave_kind[16] = "";

	nl_attrs_nested(info, attrs, IFLA_INFO_MAX);
	nl_get_str(attrs[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
	nl_get_str(attrs[IFLA_INFO_SLAVE_KIND], slave_kind, sizeof(slave_kind));
	if (!strcmp(link->kind, "bridge"))
		parse_bridge(attrs[IFLA_INFO_DATA], link);
	if (strcmp(slave_kind, "bridge"))
		return;
	nl_attrs_nested(attrs[IFLA_INFO_SLAVE_DATA], port, IFLA_BRPORT_MAX);
	nl_get_u8(port[IFLA_BRPORT_MODE], &link->hairpin);
}

int link_parse(const struct nlmsghdr *msg, struct link *out)
{
	const struct ifinfomsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 };
	struct link link = { 0 };

	if (msg->nlmsg_type != RTM_NEWLINK || !head || head->ifi_index <= 0)
		return -EBADMSG;
	nl_attrs(msg, sizeof(*head), attrs, IFLA_MAX);
	if (!nl_get_str(attrs[IFLA_IFNAME], link.name, sizeof(link.name)))
		return -EBADMSG;
	link.index = (uint32_t)head->ifi_index;
	link.flags = head->ifi_flags;
	nl_get_str(attrs[IFLA_IFALIAS], link.alias, sizeof(link.alias));
	nl_get_bytes(attrs[IFLA_ADDRESS], link.mac.bytes, sizeof(link.mac.bytes));
	nl_get_u32(attrs[IFLA_MTU], &link.mtu);
	nl_get_u32(attrs[IFLA_TXQLEN], &link.txqueuelen);
	nl_get_u32(attrs[IFLA_MASTER], &link.master);
	nl_get_u32(attrs[IFLA_GROUP], &link.group);
	nl_get_u8(attrs[IFLA_OPERSTATE], &link.operstate);
	nl_get_u32(attrs[IFLA_LINK], &link.peer);
	link.peer_nsid = -1;
	nl_get_bytes(attrs[IFLA_LINK_NETNSID], &link.peer_nsid, sizeof(link.peer_nsid));
	nl_get_u32(attrs[IFLA_CARRIER_CHANGES], &link.carrier_changes);
	parse_info(attrs[IFLA_LINKINFO], &link);
	*out = link;
	return 0;
}

static struct nl_msg *put_get(struct nl_batch *b, uint32_t index, size_t tag)
{
	struct nl_msg *m = nl_batch_add(b, RTM_GETLINK, 0, tag);
	struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

	head->ifi_index = (int)index;
	/* Statistics are half of an answer. */
	nl_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return m;
}

void link_put_get(struct nl_batch *b, const char *name, size_t tag)
{
	nl_put_str(put_get(b, 0, tag), IFLA_IFNAME, name);
}

void link_put_get_index(struct nl_batch *b, uint32_t index, size_t tag)
{
	put_get(b, index, tag);
}

struct nl_msg *link_put_name(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
			     const char *name, bool up)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

	/* Flags outside the mask stay: with a mask of ~0, or 0, the kernel would clear MULTICAST. */
	head->ifi_flags = up ? IFF_UP : 0;
	head->ifi_change = up ? IFF_UP : 0;
	nl_put_str(m, IFLA_IFNAME, name);
	return m;
}

static void keep_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	(void)tag;
	link_parse(msg, arg);
}

/* Send the one question in @b. */
static int find(struct nl *nl, struct nl_batch *b, const char *name, struct link *out,
		struct err *err)
{
	const struct nl_request *refused;
	struct link link = { 0 };
	int ret = nl_batch_send(nl, b, keep_link, &link, err);

	if (ret < 0)
		return ret;
	refused = nl_batch_refused(b);
	if (refused && refused->ack.code != -ENODEV)
		return nl_ack_err(&refused->ack, err, "link '%s'", name);
	*out = link;
	return 0;
}

int link_find(struct nl *nl, const char *name, struct link *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	link_put_get(&b, name, 0);
	return find(nl, &b, name, out, err);
}

int link_find_index(struct nl *nl, uint32_t index, struct link *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	char name[16];

	snprintf(name, sizeof(name), "#%u", index);
	put_get(&b, index, 0);
	return find(nl, &b, name, out, err);
}

int link_find_in(struct scope *scope, const char *ns, const char *name, struct nl **nl,
		 struct link *out, struct err *err)
{
	struct nl *own;
	int ret;

	if (!nl)
		nl = &own;
	ret = nl_for(scope, ns, nl, err);
	return ret < 0 ? ret : link_find(*nl, name, out, err);
}

int link_find_there(struct scope *scope, const char *ns, const char *name, struct nl **nl,
		    struct link *out, struct err *err)
{
	int ret = link_find_in(scope, ns, name, nl, out, err);

	return ret < 0 || out->index ? ret : err_set(err, -ENOENT, "no link '%s'", name);
}

struct search {
	bool (*is)(const struct link *link, const void *arg);
	const void *arg;
	struct link found;
};

static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	struct link link;

	(void)tag;
	if (!s->found.index && link_parse(msg, &link) == 0 && s->is(&link, s->arg))
		s->found = link;
}

int link_search(struct nl *nl, bool (*is)(const struct link *link, const void *arg),
		const void *arg, struct link *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct search s = { .is = is, .arg = arg };
	int ret;

	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	ret = nl_dump(nl, &b, match, &s, err);
	if (ret == 0)
		*out = s.found;
	return ret;
}

struct nl_msg *link_put_change(struct nl_batch *b, uint32_t index, bool up)
{
	struct nl_msg *m = nl_batch_add(b, RTM_SETLINK, 0, 0);
	struct ifinfomsg *head = nl_put_header(m, sizeof(*head));

	head->ifi_index = (int)index;
	head->ifi_flags = up ? IFF_UP : 0;
	head->ifi_change = up ? IFF_UP : 0;
	return m;
}

static void put_down(struct nl_batch *b, size_t tag, uint32_t index)
{
	struct ifinfomsg *head = nl_put_header(nl_batch_add(b, RTM_SETLINK, 0, tag), sizeof(*head));

	head->ifi_index = (int)index;
	head->ifi_change = IFF_UP;
}

static int rename_now(struct nl *nl, const struct link *link, const char *name, bool down,
		      struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	if (down)
		put_down(&b, 0, link->index);
	nl_put_str(link_put_change(&b, link->index, false), IFLA_IFNAME, name);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret
		       : nl_batch_error(&b, err, "rename link '%s' to '%s'", link->name, name);
}

int link_rename(struct nl *nl, const struct link *link, const char *name, struct err *err)
{
	int ret = rename_now(nl, link, name, false, err);

	return ret == -EBUSY ? rename_now(nl, link, name, true, err) : ret;
}

void link_put_settings(struct nl_msg *m, const struct mac *mac, uint32_t mtu, uint32_t txqueuelen)
{
	if (!mac_is_zero(mac))
		nl_put(m, IFLA_ADDRESS, mac->bytes, sizeof(mac->bytes));
	if (mtu)
		nl_put_u32(m, IFLA_MTU, mtu);
	if (txqueuelen)
		nl_put_u32(m, IFLA_TXQLEN, txqueuelen);
}

void link_show_settings(FILE *out, const struct mac *mac, uint32_t mtu, uint32_t txqueuelen)
{
	char text[MAC_TEXT_MAX];

	if (!mac_is_zero(mac))
		fprintf(out, " address %s", mac_format(mac, text, sizeof(text)));
	if (mtu)
		fprintf(out, " mtu %u", mtu);
	if (txqueuelen)
		fprintf(out, " txqueuelen %u", txqueuelen);
}

static bool bad_name_char(char c)
{
	return c == '/' || c == ':' || c == '%' || isspace((unsigned char)c) ||
	       iscntrl((unsigned char)c);
}

int link_name_check(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ)
		return err_set(err, -EINVAL, "interface name '%s': must have 1 to %d bytes", name,
			       IFNAMSIZ - 1);
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return err_set(err, -EINVAL, "interface name '%s': not a name", name);
	/* net/ipv4/devinet.c, sysctl_dev_name_is_allowed(): they stand for others below /proc/sys/net. */
	if (!strcmp(name, "all") || !strcmp(name, "default"))
		return err_set(err, -EINVAL, "interface name '%s': reserved by the kernel", name);
	for (const char *c = name; *c; c++)
		if (bad_name_char(*c))
			return err_set(
				err, -EINVAL,
				"interface name '%s': no '/', ':', '%%' or white space allowed",
				name);
	return 0;
}

/* Was it made by ctrnet, for whatever container? */
static bool is_ours(const struct link *link)
{
	return str_starts(link->alias, LINK_MARK);
}

const char *link_owner(const struct link *link)
{
	if (!is_ours(link) || str_starts(link->alias, LINK_MARK_SHARED))
		return NULL;
	return link->alias + strlen(LINK_MARK);
}

/* --- link.up and link.borrow --- */

static int build_up(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		    const struct link *link, struct err *err)
{
	const struct link_args *a = args;

	(void)scope;
	(void)link;
	(void)err;
	link_put_name(b, RTM_SETLINK, 0, tag, a->at.link, true);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct link_args *a = args;

	snprintf(buf, size, "bring up %s", a->at.link);
}

/* What has a socket opens it now. */
static const char *explain_up(const void *args, int code)
{
	(void)args;
	return code == -EADDRINUSE ? "the UDP port that it listens on is taken" : NULL;
}

static int apply_up(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_up_step, scope, args, err);
}

static int probe_up(struct scope *scope, const void *args, struct err *err)
{
	const struct link_args *a = args;
	struct link link;
	int ret = link_find_there(scope, a->at.ns, a->at.link, NULL, &link, err);

	if (ret < 0)
		return ret;
	if (!(link.flags & IFF_UP))
		return err_set(err, -ESTALE, "link '%s' is down", a->at.link);
	return 0;
}

static void show_up(const void *args, FILE *out)
{
	const struct link_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s up\n", a->at.link);
}

static const struct json_field up_fields[] = { NET_ARGS_JSON(struct link_args, "name"), JSON_END };
static const struct json_schema up_schema = JSON_SCHEMA(struct link_args, up_fields);

const struct net_step_type link_up_step = {
	.type = {
		.name = "link.up",
		.args = &up_schema,
		.phase = PHASE_CONNECT,
		.apply = apply_up,
		.apply_many = net_step_apply_many,
		.probe = probe_up,
		.describe = describe,
		.show = show_up,
	},
	.build = build_up,
	.describe = describe,
	.explain = explain_up,
};

static int build_down(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		      const struct link *link, struct err *err)
{
	(void)scope;
	(void)args;
	(void)err;
	put_down(b, tag, link->index);
	return 0;
}

static void describe_down(const void *args, char *buf, size_t size)
{
	const struct link_args *a = args;

	snprintf(buf, size, "keep %s down", a->at.link);
}

static int apply_down(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_down_step, scope, args, err);
}

static int probe_down(struct scope *scope, const void *args, struct err *err)
{
	const struct link_args *a = args;
	struct link link;
	int ret = link_find_there(scope, a->at.ns, a->at.link, NULL, &link, err);

	if (ret < 0)
		return ret;
	if (link.flags & IFF_UP)
		return err_set(err, -ESTALE, "link '%s' is up", a->at.link);
	return 0;
}

static void show_down(const void *args, FILE *out)
{
	const struct link_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s down\n", a->at.link);
}

const struct net_step_type link_down_step = {
	.type = {
		.name = "link.down",
		.args = &up_schema,
		.phase = PHASE_CONNECT,
		.apply = apply_down,
		.apply_many = net_step_apply_many,
		.probe = probe_down,
		.describe = describe_down,
		.show = show_down,
	},
	.build = build_down,
	.describe = describe_down,
};

/* A record may be older than the namespace: its number has been another's. */
static bool is_of(const struct link_args *a, const struct nl *nl)
{
	return a->cookie == nl_netns_cookie(nl);
}

static int look_borrow(struct scope *scope, void *args, struct err *err)
{
	struct link_args *a = args;
	struct link link;
	struct nl *nl;
	int ret = link_find_in(scope, a->at.ns, a->at.link, &nl, &link, err);

	if (ret < 0)
		return ret;
	if (!is_of(a, nl))
		a->raised = false;
	a->cookie = nl_netns_cookie(nl);
	a->raised |= !(link.flags & IFF_UP);
	return 0;
}

static int probe_borrow(struct scope *scope, const void *args, struct err *err)
{
	const struct link_args *a = args;
	struct nl *nl;
	int ret = nl_for(scope, a->at.ns, &nl, err);

	if (ret == 0 && !is_of(a, nl))
		ret = err_set(err, -ESTALE, "another namespace");
	return ret < 0 ? ret : probe_up(scope, args, err);
}

static int apply_borrow(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_borrow_step, scope, args, err);
}

static int revert_borrow(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct link_args *a = args;
	struct ifinfomsg *head;
	struct nl_msg *m;
	struct nl *nl;
	int ret;

	if (!a->raised)
		return 0;
	ret = nl_for(scope, a->at.ns, &nl, err);
	/* Without a number it is of an older version's making. */
	if (ret < 0 || (a->cookie && !is_of(a, nl)))
		return ret;
	m = nl_batch_add(&b, RTM_SETLINK, 0, 0);
	head = nl_put_header(m, sizeof(*head));
	head->ifi_change = IFF_UP;
	nl_put_str(m, IFLA_IFNAME, a->at.link);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "take down %s", a->at.link);
	return ret == -ENODEV ? 0 : ret;
}

static const struct json_field borrow_fields[] = { NET_ARGS_JSON(struct link_args, "name"),
						   JSON_BOOL(struct link_args, "raised", raised),
						   JSON_UINT(struct link_args, "cookie", cookie),
						   JSON_END };
static const struct json_schema borrow_schema = JSON_SCHEMA(struct link_args, borrow_fields);

const struct net_step_type link_borrow_step = {
	.type = {
		.name = "link.borrow",
		.args = &borrow_schema,
		.phase = PHASE_CONNECT,
		.look = look_borrow,
		.apply = apply_borrow,
		.apply_many = net_step_apply_many,
		.revert = revert_borrow,
		.probe = probe_borrow,
		.describe = describe,
		.show = show_up,
	},
	.build = build_up,
	.describe = describe,
};
