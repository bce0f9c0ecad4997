// SPDX-License-Identifier: Apache-2.0
#include "net/topology.h"

#include "lib/cleanup.h"
#include "net/link.h"
#include "net/shaping_view.h"
#include "net/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

struct reading {
	struct net_topology t;
	int32_t host; /* what the namespace calls the host's; -1: nothing */
	bool full;
};

static void reading_release(struct reading *r)
{
	net_topology_release(&r->t);
}

static struct net_topology_link *find(struct reading *r, uint32_t index)
{
	for (size_t i = 0; i < r->t.count; i++)
		if (r->t.links[i].index == index)
			return &r->t.links[i];
	return NULL;
}

const struct net_topology_link *net_topology_find(const struct net_topology *t, uint32_t index)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->links[i].index == index)
			return &t->links[i];
	return NULL;
}

/* Put behind what is there; it is cut, never overrun. */
static void __attribute__((format(printf, 3, 4))) say(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

/* --- Kinds --- */

static void add_remote(struct reading *r, struct net_topology_link *l, const struct ip_addr *a)
{
	struct ip_addr *more;

	if (!a->family || ip_addr_is_unspecified(a))
		return;
	for (size_t i = 0; i < l->remote_count; i++)
		if (ip_addr_equal(&l->remotes[i], a))
			return;
	more = reallocarray(l->remotes, l->remote_count + 1, sizeof(*more));
	r->full |= !more;
	if (!more)
		return;
	l->remotes = more;
	more[l->remote_count++] = *a;
}

static struct ip_addr address_of(const struct nlattr *v4, const struct nlattr *v6)
{
	struct ip_addr a = { 0 };

	if (nl_get_bytes(v4, a.bytes, 4))
		a.family = AF_INET;
	else if (nl_get_bytes(v6, a.bytes, 16))
		a.family = AF_INET6;
	return a;
}

enum word_form { WORD_NUMBER, WORD_NAME };

struct word_name {
	uint32_t value;
	const char *name;
};

static const struct word_name macvlan_modes[] = {
	{ MACVLAN_MODE_PRIVATE, "private" }, { MACVLAN_MODE_VEPA, "vepa" },
	{ MACVLAN_MODE_BRIDGE, "bridge" },   { MACVLAN_MODE_PASSTHRU, "passthru" },
	{ MACVLAN_MODE_SOURCE, "source" },   { 0, NULL },
};

static const struct word_name ipvlan_modes[] = {
	{ IPVLAN_MODE_L2, "l2" },
	{ IPVLAN_MODE_L3, "l3" },
	{ IPVLAN_MODE_L3S, "l3s" },
	{ 0, NULL },
};

/* What is worth knowing of a kind, besides its name; and who is on the other side. */
static const struct {
	const char *kind;
	uint16_t type;
	enum word_form form;
	const struct word_name *names;
	uint16_t remote, remote6;
} kinds[] = {
	{ "vlan", IFLA_VLAN_ID, WORD_NUMBER, NULL, 0, 0 },
	{ "macvlan", IFLA_MACVLAN_MODE, WORD_NAME, macvlan_modes, 0, 0 },
	{ "macvtap", IFLA_MACVLAN_MODE, WORD_NAME, macvlan_modes, 0, 0 },
	{ "ipvlan", IFLA_IPVLAN_MODE, WORD_NAME, ipvlan_modes, 0, 0 },
	{ "vxlan", IFLA_VXLAN_ID, WORD_NUMBER, NULL, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6 },
	{ "geneve", IFLA_GENEVE_ID, WORD_NUMBER, NULL, IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6 },
	{ "vrf", IFLA_VRF_TABLE, WORD_NUMBER, NULL, 0, 0 },
};

/* More than any of the types above. */
#define DATA_MAX 64

static void say_name(struct net_topology_link *l, const struct word_name *names, uint32_t value)
{
	for (; names->name; names++)
		if (names->value == value)
			say(l->words, sizeof(l->words), " %s", names->name);
}

static void say_value(struct net_topology_link *l, size_t kind, const struct nlattr *attr)
{
	uint32_t value = 0;
	uint16_t half;

	if (nl_get_bytes(attr, &half, sizeof(half)))
		value = half;
	else if (!nl_get_u32(attr, &value))
		return;
	if (kinds[kind].form == WORD_NAME)
		say_name(l, kinds[kind].names, value);
	else
		say(l->words, sizeof(l->words), " %u", value);
}

static void describe(struct reading *r, struct net_topology_link *l, const char *name,
		     const struct nlattr *data)
{
	const struct nlattr *attrs[DATA_MAX + 1] = { 0 };

	if (strcmp(name, "veth"))
		say(l->words, sizeof(l->words), "%s", name);
	nl_attrs_nested(data, attrs, DATA_MAX);
	for (size_t i = 0; i < array_size(kinds); i++) {
		struct ip_addr remote;

		if (strcmp(kinds[i].kind, name))
			continue;
		say_value(l, i, attrs[kinds[i].type]);
		if (!kinds[i].remote)
			continue;
		remote = address_of(attrs[kinds[i].remote], attrs[kinds[i].remote6]);
		add_remote(r, l, &remote);
	}
}

static void add_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 }, *info[IFLA_INFO_MAX + 1] = { 0 };
	struct net_topology_link *more, *l;
	struct reading *r = arg;
	struct link link;

	(void)tag;
	if (link_parse(msg, &link) < 0)
		return;
	more = reallocarray(r->t.links, r->t.count + 1, sizeof(*more));
	r->full |= !more;
	if (!more)
		return;
	r->t.links = more;
	l = &more[r->t.count++];
	*l = (struct net_topology_link){ .index = link.index,
					 .parent = link.peer,
					 .veth = !strcmp(link.kind, "veth") };
	l->place = link.peer_nsid < 0          ? NET_PLACE_HERE
		   : link.peer_nsid == r->host ? NET_PLACE_HOST
					       : NET_PLACE_ELSEWHERE;
	nl_attrs(msg, sizeof(struct ifinfomsg), attrs, IFLA_MAX);
	nl_attrs_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	describe(r, l, link.kind, info[IFLA_INFO_DATA]);
}

/* Where a vxlan sends what it knows no way for (net/fdb.h). */
static void add_entry(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct ndmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[NDA_MAX + 1] = { 0 };
	struct net_topology_link *l;
	struct reading *r = arg;
	struct ip_addr to;
	struct mac mac;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWNEIGH || !head)
		return;
	nl_attrs(msg, sizeof(*head), attrs, NDA_MAX);
	l = find(r, (uint32_t)head->ndm_ifindex);
	if (!l || !nl_get_bytes(attrs[NDA_LLADDR], mac.bytes, sizeof(mac.bytes)) ||
	    !mac_is_zero(&mac))
		return;
	to = address_of(attrs[NDA_DST], attrs[NDA_DST]);
	add_remote(r, l, &to);
}

/* --- Shaping --- */

static void say_shaping(struct net_topology_link *l, const char *before, const char *text)
{
	say(l->shaping, sizeof(l->shaping), "%s%s%s", l->shaping[0] ? " " : "", before, text);
}

/* Of all that there may be, what a picture has room for. */
static void say_way(struct net_topology_link *l, const struct shaping_way *w)
{
	char text[UNIT_TEXT_MAX];

	if (w->rate)
		say_shaping(l, "", unit_rate_format(w->rate, text, sizeof(text)));
	if (w->netem.delay)
		say_shaping(l, "", unit_time_format(w->netem.delay, text, sizeof(text)));
	if (w->netem.loss.random)
		say_shaping(l, "loss ",
			    unit_percent_format(w->netem.loss.random, text, sizeof(text)));
	if (w->netem.loss.gemodel.p)
		say_shaping(l, "loss ", "gemodel");
}

/* --- Reading --- */

static int read_links(struct nl *nl, struct reading *r, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	return nl_dump(nl, &b, add_link, r, err);
}

static int read_entries(struct nl *nl, struct reading *r, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ndmsg *head = nl_put_header(nl_batch_add(&b, RTM_GETNEIGH, 0, 0), sizeof(*head));

	head->ndm_family = AF_BRIDGE;
	return nl_dump(nl, &b, add_entry, r, err);
}

/* A namespace has numbers for others whose links its own stand on. */
static int find_host(struct nl *nl, int host, struct reading *r, struct err *err)
{
	_cleanup_fd_ int netns = ioctl(host, SIOCGSKNS);

	r->host = -1;
	if (netns < 0)
		return err_sys(err, -errno, "the host's network namespace");
	return nl_find_nsid(nl, netns, &r->host, err);
}

static int read_shaping(struct nl *nl, struct reading *r, struct err *err)
{
	_cleanup_free_ struct shaping_seen *seen = calloc(r->t.count + 1, sizeof(*seen));
	int ret;

	if (!seen)
		return err_oom(err);
	for (size_t i = 0; i < r->t.count; i++)
		seen[i].index = r->t.links[i].index;
	ret = shaping_see(nl, seen, r->t.count, err);
	for (size_t i = 0; ret == 0 && i < r->t.count; i++)
		say_way(&r->t.links[i], &seen[i].way);
	return ret;
}

static int read_all(struct nl *nl, int host, struct reading *r, struct err *err)
{
	int ret = find_host(nl, host, r, err);

	if (ret == 0)
		ret = read_links(nl, r, err);
	if (ret == 0)
		ret = read_entries(nl, r, err);
	/* A kernel without queueing disciplines shapes nothing. */
	if (ret == 0 && read_shaping(nl, r, NULL) == -ENOMEM)
		ret = err_oom(err);
	return ret == 0 && r->full ? err_oom(err) : ret;
}

int net_topology_read(int sock, int host, struct net_topology *t, struct err *err)
{
	_cleanup_(reading_release) struct reading r = { 0 };
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	_cleanup_fd_ int other = host;
	int ret = nl_new(sock, &nl, err);

	if (ret == 0)
		ret = read_all(nl, other, &r, err);
	if (ret < 0)
		return ret;
	*t = take_struct(r.t);
	return 0;
}

void net_topology_release(struct net_topology *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->links[i].remotes);
	free(t->links);
	*t = (struct net_topology){ 0 };
}
