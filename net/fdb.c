// SPDX-License-Identifier: Apache-2.0
#include "net/fdb.h"

#include "lib/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

/* What iproute2 calls static on a bridge, and permanent elsewhere: of a bridge that would be an address of its own. */
static uint16_t state_of(const struct net_fdb_entry *e)
{
	return e->master ? NUD_NOARP : NUD_NOARP | NUD_PERMANENT;
}

/* Of several other ends that one without a MAC address can have. */
static bool is_added(const struct net_fdb_entry *e)
{
	return mac_is_zero(&e->mac);
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct net_fdb_entry *e = &((const struct fdb_args *)args)->entry;
	uint16_t how = is_added(e) ? NLM_F_APPEND : NLM_F_REPLACE;
	struct nl_msg *m = nl_batch_add(b, RTM_NEWNEIGH, NLM_F_CREATE | how, tag);
	struct ndmsg *head = nl_put_header(m, sizeof(*head));

	(void)scope;
	(void)err;
	head->ndm_family = AF_BRIDGE;
	head->ndm_ifindex = (int)link->index;
	head->ndm_state = state_of(e);
	head->ndm_flags = e->master ? NTF_MASTER : NTF_SELF;
	head->ndm_flags |= e->sticky ? NTF_STICKY : 0;
	nl_put(m, NDA_LLADDR, e->mac.bytes, sizeof(e->mac.bytes));
	if (e->dst.family)
		nl_put(m, NDA_DST, e->dst.bytes, ip_family_size(e->dst.family));
	if (e->port)
		nl_put_u16(m, NDA_PORT, htons(e->port));
	if (e->vni)
		nl_put_u32(m, NDA_VNI, e->vni);
	if (e->vlan)
		nl_put_u16(m, NDA_VLAN, e->vlan);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct fdb_args *a = args;
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	mac_format(&a->entry.mac, mac, sizeof(mac));
	ip_addr_format(&a->entry.dst, text, sizeof(text));
	if (is_added(&a->entry))
		snprintf(buf, size, "remote %s of %s", text, a->at.link);
	else if (a->entry.vlan)
		snprintf(buf, size, "fdb entry %s vlan %u of %s", mac, a->entry.vlan, a->at.link);
	else
		snprintf(buf, size, "fdb entry %s of %s", mac, a->at.link);
}

static const char *explain(const void *args, int code)
{
	const struct fdb_args *a = args;

	if (code == -EOPNOTSUPP)
		return "such a link has no entries of its own";
	return code == -EINVAL && a->entry.vlan ? "the port is not in that vlan" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&fdb_add_step, scope, args, err);
}

/* --- Comparing --- */

struct search {
	uint32_t index;
	const struct net_fdb_entry *entry;
	bool found;
	uint16_t state;
	uint8_t flags;
	struct ip_addr dst;
	uint16_t port; /* 0: not said, the link's own */
	uint32_t vni;  /* likewise */
};

/* A bridge's entries name it; VLAN 0 is what the kernel has for those of none. */
static bool is_it(const struct search *s, const struct ndmsg *head,
		  const struct nlattr *const *attrs)
{
	struct mac mac;
	uint16_t vlan = 0;

	nl_get_bytes(attrs[NDA_VLAN], &vlan, sizeof(vlan));
	return (uint32_t)head->ndm_ifindex == s->index &&
	       nl_get_bytes(attrs[NDA_LLADDR], mac.bytes, sizeof(mac.bytes)) &&
	       mac_equal(&mac, &s->entry->mac) &&
	       s->entry->master == (attrs[NDA_MASTER] && !(head->ndm_flags & NTF_SELF)) &&
	       (!s->entry->master || vlan == s->entry->vlan);
}

static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct ndmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[NDA_MAX + 1] = { 0 };
	struct search *s = arg;
	struct ip_addr dst = { .family = s->entry->dst.family };

	(void)tag;
	if (!head)
		return;
	nl_attrs(msg, sizeof(*head), attrs, NDA_MAX);
	if (!is_it(s, head, attrs))
		return;
	nl_get_bytes(attrs[NDA_DST], dst.bytes, ip_family_size(dst.family));
	if (is_added(s->entry) && !ip_addr_equal(&dst, &s->entry->dst))
		return;
	s->found = true;
	s->state = head->ndm_state;
	s->flags = head->ndm_flags;
	s->dst = dst;
	nl_get_bytes(attrs[NDA_PORT], &s->port, sizeof(s->port));
	nl_get_u32(attrs[NDA_VNI], &s->vni);
}

/* The kernel looks for the entries of one link if the question is about links (net/core/rtnetlink.c: rtnl_fdb_dump()). */
static int search(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ndmsg *head = nl_put_header(nl_batch_add(&b, RTM_GETNEIGH, 0, 0), sizeof(*head));
	int ret;

	head->ndm_family = AF_BRIDGE;
	head->ndm_ifindex = (int)s->index;
	ret = nl_dump(nl, &b, match, s, err);
	return ret == -ENODEV ? 0 : ret;
}

/* What was learned goes when nobody is heard of for a while. */
static int compare(const struct search *s, const char *subject, struct err *err)
{
	const struct net_fdb_entry *e = s->entry;
	char is[IP_TEXT_MAX], planned[IP_TEXT_MAX];

	if (!ip_addr_equal(&s->dst, &e->dst))
		return err_set(err, -ESTALE, "%s: dst is %s, planned %s", subject,
			       ip_addr_format(&s->dst, is, sizeof(is)),
			       ip_addr_format(&e->dst, planned, sizeof(planned)));
	if (e->port && s->port && ntohs(s->port) != e->port)
		return err_set(err, -ESTALE, "%s: port is %u, planned %u", subject, ntohs(s->port),
			       e->port);
	if (e->vni && s->vni && s->vni != e->vni)
		return err_set(err, -ESTALE, "%s: vni is %u, planned %u", subject, s->vni, e->vni);
	if (e->master && !(s->state & NUD_NOARP))
		return err_set(err, -ESTALE, "%s: it is not static", subject);
	if (e->master && e->sticky != !!(s->flags & NTF_STICKY))
		return err_set(err, -ESTALE, "%s: sticky is %s, planned %s", subject,
			       e->sticky ? "off" : "on", e->sticky ? "on" : "off");
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct fdb_args *a = args;
	struct search s = { .entry = &a->entry };
	char subject[128];
	struct link link;
	struct nl *nl;
	int ret = link_find_there(scope, a->at.ns, a->at.link, &nl, &link, err);

	if (ret < 0)
		return ret;
	s.index = link.index;
	ret = search(nl, &s, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	return s.found ? compare(&s, subject, err) : err_set(err, -ENOENT, "no %s", subject);
}

static void show(const void *args, FILE *out)
{
	const struct fdb_args *a = args;
	const struct net_fdb_entry *e = &a->entry;
	char mac[MAC_TEXT_MAX], text[IP_TEXT_MAX];

	net_show_tool(out, "bridge", a->at.ns);
	fprintf(out, "fdb %s %s dev %s", is_added(e) ? "append" : "replace",
		mac_format(&e->mac, mac, sizeof(mac)), a->at.link);
	if (e->dst.family)
		fprintf(out, " dst %s", ip_addr_format(&e->dst, text, sizeof(text)));
	if (e->port)
		fprintf(out, " port %u", e->port);
	if (e->vni)
		fprintf(out, " vni %u", e->vni);
	if (e->vlan)
		fprintf(out, " vlan %u", e->vlan);
	fprintf(out, "%s%s\n", e->master ? " master static" : " self permanent",
		e->sticky ? " sticky" : "");
}

static const struct json_field fields[] = { NET_ARGS_JSON(struct fdb_args, "link"),
					    NET_FDB_JSON(struct fdb_args, entry.), JSON_END };
static const struct json_schema schema = JSON_SCHEMA(struct fdb_args, fields);

const struct net_step_type fdb_add_step = {
	.type = {
		.name = "fdb.add",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.probe = probe,
		.describe = describe,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};
