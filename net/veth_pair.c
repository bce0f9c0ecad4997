// SPDX-License-Identifier: Apache-2.0
/* A veth pair that was made: does it still look as planned, and how is it mended in place. */
#include "lib/cleanup.h"
#include "net/veth.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <stdarg.h>
#include <string.h>

/* What the kernel gives to a link that is asked for without (net/ethernet/eth.c: ether_setup()). */
#define MTU_DEFAULT        ETH_DATA_LEN
#define TXQUEUELEN_DEFAULT 1000

struct pair {
	struct nl *nl, *peer_nl;
	struct link host, peer; /* index 0: not there */
	struct link bridge;     /* planned; index 0: none, or not there */
	struct link master;     /* that it has */
};

/* --- Finding --- */

static bool is_veth(const struct link *link)
{
	return !strcmp(link->kind, "veth");
}

static bool is_marked(const struct link *host, const struct veth_args *a)
{
	return is_veth(host) && (!strcmp(host->alias, a->alias) || mac_equal(&host->mac, &a->mac));
}

/* Both of them. */
static bool is_lost(const struct link *link, const void *arg)
{
	const struct veth_args *a = arg;

	return is_veth(link) && !strcmp(link->alias, a->alias) && mac_equal(&link->mac, &a->mac);
}

/* The other end of @one: indexes of different namespaces may be alike, so it has to say so, too. */
static int find_other(struct nl *nl, const struct link *one, struct link *out, struct err *err)
{
	struct link other = { 0 };
	int ret = is_veth(one) && one->peer ? link_find_index(nl, one->peer, &other, err) : 0;

	if (ret == 0)
		*out = is_veth(&other) && other.peer == one->index ? other : (struct link){ 0 };
	return ret;
}

/* The host's end is not under its name: whose other end is the link in the container, or what has mark and MAC? */
static int find_renamed(struct pair *p, const struct veth_args *a, struct err *err)
{
	struct link inside = { 0 }, host = { 0 };
	int ret = link_find(p->peer_nl, a->peer_name, &inside, err);

	if (ret == 0)
		ret = find_other(p->nl, &inside, &host, err);
	if (ret == 0 && !is_marked(&host, a))
		ret = link_search(p->nl, is_lost, a, &host, err);
	if (ret == 0)
		p->host = host;
	return ret;
}

/* A link that has our name, but neither mark nor MAC, is ours only if it leads to the container. */
static bool is_stranger(const struct pair *p, const struct veth_args *a)
{
	return p->host.index && !is_marked(&p->host, a) &&
	       (!p->peer.index || !mac_equal(&p->peer.mac, &a->peer_mac));
}

static int find_bridges(struct pair *p, const struct veth_args *a, struct err *err)
{
	int ret = a->at.link[0] ? link_find(p->nl, a->at.link, &p->bridge, err) : 0;

	if (ret == 0 && p->host.master)
		ret = link_find_index(p->nl, p->host.master, &p->master, err);
	return ret;
}

static int find_pair(struct scope *scope, const struct veth_args *a, struct pair *p,
		     struct err *err)
{
	int ret = nl_for(scope, a->at.ns, &p->nl, err);

	if (ret == 0)
		ret = nl_for(scope, a->peer_ns, &p->peer_nl, err);
	if (ret == 0)
		ret = link_find(p->nl, a->name, &p->host, err);
	if (ret == 0 && !p->host.index)
		ret = find_renamed(p, a, err);
	if (ret == 0)
		ret = find_other(p->peer_nl, &p->host, &p->peer, err);
	return ret < 0 ? ret : find_bridges(p, a, err);
}

/* --- Comparing --- */

/* One difference behind the others. */
static void __attribute__((format(printf, 2, 3))) add(struct err *err, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (err->code < 0)
		err_append(err, "; %s", text);
	else
		err_set(err, -ESTALE, "%s", text);
}

static uint32_t or_default(uint32_t planned, uint32_t value)
{
	return planned ? planned : value;
}

static void compare_end(const struct link *link, const struct veth_args *a, const char *name,
			const struct mac *mac, struct err *err)
{
	uint32_t mtu = or_default(a->mtu, MTU_DEFAULT);
	uint32_t txqueuelen = or_default(a->txqueuelen, TXQUEUELEN_DEFAULT);
	char is[MAC_TEXT_MAX], planned[MAC_TEXT_MAX];

	if (strcmp(link->name, name))
		add(err, "link '%s' is called '%s'", name, link->name);
	if (!mac_equal(&link->mac, mac))
		add(err, "link '%s': MAC is %s, planned %s", name,
		    mac_format(&link->mac, is, sizeof(is)),
		    mac_format(mac, planned, sizeof(planned)));
	if (link->mtu != mtu)
		add(err, "link '%s': mtu is %u, planned %u", name, link->mtu, mtu);
	if (link->txqueuelen != txqueuelen)
		add(err, "link '%s': txqueuelen is %u, planned %u", name, link->txqueuelen,
		    txqueuelen);
}

static void compare_port(const struct pair *p, const struct veth_args *a, struct err *err)
{
	if (a->at.link[0] && !p->host.master)
		add(err, "link '%s' is not a port of '%s'%s", a->name, a->at.link,
		    p->bridge.index ? "" : ", which is not there");
	else if (a->at.link[0] && p->host.master != p->bridge.index)
		add(err, "link '%s' is a port of '%s', planned '%s'", a->name, p->master.name,
		    a->at.link);
	else if (!a->at.link[0] && p->host.master)
		add(err, "link '%s' is a port of '%s', planned none", a->name, p->master.name);
	else if (a->at.link[0] && p->host.hairpin != a->hairpin)
		add(err, "link '%s': hairpin mode is %s, planned %s", a->name,
		    p->host.hairpin ? "on" : "off", a->hairpin ? "on" : "off");
}

static void compare_pair(const struct pair *p, const struct veth_args *a, struct err *err)
{
	compare_end(&p->host, a, a->name, &a->mac, err);
	if (!(p->host.flags & IFF_UP))
		add(err, "link '%s' is down", a->name);
	if (strcmp(p->host.alias, a->alias))
		add(err, "link '%s' does not carry the mark '%s'", a->name, a->alias);
	if (p->host.group != LINK_GROUP)
		add(err, "link '%s': group is %u, planned %u", a->name, p->host.group, LINK_GROUP);
	compare_port(p, a, err);
	if (p->peer.index)
		compare_end(&p->peer, a, a->peer_name, &a->peer_mac, err);
	else
		add(err, "link '%s' does not lead to the container", a->name);
}

int veth_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct veth_args *a = args;
	struct err found = { 0 };
	struct pair p = { 0 };
	int ret = find_pair(scope, a, &p, err);

	if (ret < 0)
		return ret;
	if (!p.host.index)
		return err_set(err, -ENOENT, "no link '%s'", a->name);
	if (is_stranger(&p, a))
		return err_set(err, -ESTALE, "link '%s' is a stranger's", a->name);
	compare_pair(&p, a, &found);
	return found.code < 0 ? err_set(err, found.code, "%s", found.text) : 0;
}

/* --- Mending --- */

static void put_end(struct nl_msg *m, const struct veth_args *a, const struct link *link,
		    const struct mac *mac)
{
	uint32_t mtu = or_default(a->mtu, MTU_DEFAULT);
	uint32_t txqueuelen = or_default(a->txqueuelen, TXQUEUELEN_DEFAULT);

	if (!mac_equal(&link->mac, mac))
		nl_put(m, IFLA_ADDRESS, mac->bytes, sizeof(mac->bytes));
	if (link->mtu != mtu)
		nl_put_u32(m, IFLA_MTU, mtu);
	if (link->txqueuelen != txqueuelen)
		nl_put_u32(m, IFLA_TXQLEN, txqueuelen);
}

/* The settings of a port are those of its bridge's kind, so they follow when it is one. */
static void put_hairpin(struct nl_batch *b, const struct veth_args *a)
{
	struct nl_msg *m = link_put_name(b, RTM_NEWLINK, 0, 0, a->name, false);

	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_SLAVE_KIND, "bridge");
		nl_nest (m, IFLA_INFO_SLAVE_DATA)
			nl_put_u8(m, IFLA_BRPORT_MODE, a->hairpin);
	}
}

static int mend_end(struct nl *nl, struct nl_batch *b, const char *name, struct err *err)
{
	int ret = nl_batch_send(nl, b, NULL, NULL, err);

	return ret < 0 ? ret : nl_batch_error(b, err, "mend link '%s'", name);
}

static int mend_host(const struct pair *p, const struct veth_args *a, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m;
	int ret = 0;

	if (a->at.link[0] && strcmp(p->bridge.kind, "bridge"))
		return err_set(err, -ENODEV, "link '%s': there is no bridge '%s'", a->name,
			       a->at.link);
	if (strcmp(p->host.name, a->name))
		ret = link_rename(p->nl, &p->host, a->name, err);
	if (ret < 0)
		return ret;
	m = link_put_change(&b, p->host.index, true);
	put_end(m, a, &p->host, &a->mac);
	if (strcmp(p->host.alias, a->alias))
		nl_put_str(m, IFLA_IFALIAS, a->alias);
	if (p->host.group != LINK_GROUP)
		nl_put_u32(m, IFLA_GROUP, LINK_GROUP);
	if (p->host.master != p->bridge.index)
		nl_put_u32(m, IFLA_MASTER, p->bridge.index);
	if (a->at.link[0])
		put_hairpin(&b, a);
	return mend_end(p->nl, &b, a->name, err);
}

/* Names that were changed about: the other link of the container's that has this one's gets its own back in its turn. */
static int make_way(const struct pair *p, const struct veth_args *a, struct err *err)
{
	struct link other = { 0 }, host = { 0 };
	char name[IFNAMSIZ];
	int ret = link_find(p->peer_nl, a->peer_name, &other, err);

	if (ret == 0)
		ret = find_other(p->nl, &other, &host, err);
	if (ret < 0 || !other.index)
		return ret;
	if (!host.index || strcmp(host.alias, a->alias))
		return err_set(err, -EEXIST, "the name '%s' was taken by a stranger's link",
			       a->peer_name);
	snprintf(name, sizeof(name), "ctr%u", other.index);
	return link_rename(p->peer_nl, &other, name, err);
}

static int rename_peer(const struct pair *p, const struct veth_args *a, struct err *err)
{
	int ret = link_rename(p->peer_nl, &p->peer, a->peer_name, err);

	if (ret != -EEXIST)
		return ret;
	ret = make_way(p, a, err);
	return ret < 0 ? ret : link_rename(p->peer_nl, &p->peer, a->peer_name, err);
}

static int mend_peer(const struct pair *p, const struct veth_args *a, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret = 0;

	if (strcmp(p->peer.name, a->peer_name))
		ret = rename_peer(p, a, err);
	if (ret < 0)
		return ret;
	put_end(link_put_change(&b, p->peer.index, false), a, &p->peer, &a->peer_mac);
	return mend_end(p->peer_nl, &b, a->peer_name, err);
}

/* An end that went to where it does not belong cannot be fetched: the pair goes, and comes anew. */
int veth_mend(struct scope *scope, void *args, struct err *err)
{
	const struct veth_args *a = args;
	struct pair p = { 0 };
	int ret = find_pair(scope, a, &p, err);

	if (ret < 0)
		return ret;
	if (!p.host.index)
		return 1;
	if (is_stranger(&p, a))
		return err_set(err, -EEXIST, "the name '%s' was taken by a stranger's link",
			       a->name);
	if (!p.peer.index) {
		ret = link_delete(scope, a->at.ns, &p.host, err);
		return ret < 0 ? ret : 1;
	}
	ret = mend_host(&p, a, err);
	return ret < 0 ? ret : mend_peer(&p, a, err);
}
