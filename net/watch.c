// SPDX-License-Identifier: Apache-2.0
#include "net/watch.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/address.h"
#include "net/route.h"
#include "net/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE 65536

struct known {
	uint32_t index;
	char name[IFNAMSIZ];
};

struct net_watch {
	int fd;
	/* A route or address has just the index, and a link that went cannot be asked for its name. */
	struct known *known;
	size_t count;
	void (*event)(void *arg, const struct net_event *event);
	void *arg;
	char buf[BUFFER_SIZE] __attribute__((aligned(8)));
};

/* --- Names --- */

static struct known *find_known(struct net_watch *w, uint32_t index)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->known[i].index == index)
			return &w->known[i];
	return NULL;
}

/* Without memory it stays without a name. */
static void keep_name(struct net_watch *w, const struct link *link)
{
	struct known *at = find_known(w, link->index);

	if (!at) {
		at = reallocarray(w->known, w->count + 1, sizeof(*at));
		if (!at)
			return;
		w->known = at;
		at += w->count++;
	}
	at->index = link->index;
	memcpy(at->name, link->name, sizeof(at->name));
	str_make_utf8(at->name);
}

static void forget_name(struct net_watch *w, uint32_t index)
{
	struct known *at = find_known(w, index);

	if (at)
		*at = w->known[--w->count];
}

static void set_interface(struct net_watch *w, struct net_event *e, uint32_t index)
{
	const struct known *at = find_known(w, index);

	e->index = index;
	snprintf(e->interface, sizeof(e->interface), "%s", at ? at->name : "");
}

/* --- In words --- */

/* What is put behind what is there; it is cut, never overrun. */
static void __attribute__((format(printf, 2, 3))) say(struct net_event *e, const char *fmt, ...)
{
	size_t len = strlen(e->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text + len, sizeof(e->text) - len, fmt, ap);
	va_end(ap);
}

static bool tell_link(struct net_watch *w, const struct nlmsghdr *msg, struct net_event *e)
{
	const struct ifinfomsg *head = nl_header(msg, sizeof(*head));
	char mac[MAC_TEXT_MAX];
	struct link link;

	/* Of another family: a bridge's word on its ports. */
	if (!head || head->ifi_family != AF_UNSPEC || link_parse(msg, &link) < 0)
		return false;
	keep_name(w, &link);
	set_interface(w, e, link.index);
	say(e, "%u: %s %s mtu %u state %s", link.index, e->interface,
	    link.flags & IFF_UP ? "up" : "down", link.mtu, net_state_name(link.operstate));
	if (!mac_is_zero(&link.mac))
		say(e, " address %s", mac_format(&link.mac, mac, sizeof(mac)));
	if (link.master)
		say(e, " master %u", link.master);
	if (e->gone)
		forget_name(w, link.index);
	return true;
}

static bool tell_address(struct net_watch *w, const struct nlmsghdr *msg, struct net_event *e)
{
	char text[IP_TEXT_MAX];
	struct address a;

	if (address_parse(msg, &a) < 0)
		return false;
	set_interface(w, e, a.index);
	say(e, "%s dev %s", ip_prefix_format(&a.prefix, text, sizeof(text)), e->interface);
	if (a.flags & IFA_F_TENTATIVE)
		say(e, " tentative");
	return true;
}

static const char *const route_types[] = {
	[RTN_LOCAL] = "local ",         [RTN_BROADCAST] = "broadcast ",
	[RTN_ANYCAST] = "anycast ",     [RTN_MULTICAST] = "multicast ",
	[RTN_BLACKHOLE] = "blackhole ", [RTN_UNREACHABLE] = "unreachable ",
	[RTN_PROHIBIT] = "prohibit ",   [RTN_THROW] = "throw ",
};

static bool tell_route(struct net_watch *w, const struct nlmsghdr *msg, struct net_event *e)
{
	const struct rtmsg *head = nl_header(msg, sizeof(*head));
	char text[IP_TEXT_MAX];
	const char *type;
	struct route r;

	/* What the kernel keeps of single destinations. */
	if (!head || head->rtm_flags & RTM_F_CLONED || route_parse(msg, &r) < 0)
		return false;
	set_interface(w, e, r.index);
	type = r.type < array_size(route_types) ? route_types[r.type] : NULL;
	say(e, "%s", type ? type : "");
	if (r.destination.length)
		say(e, "%s", ip_prefix_format(&r.destination, text, sizeof(text)));
	else
		say(e, "default");
	if (r.gateway.family)
		say(e, " via %s", ip_addr_format(&r.gateway, text, sizeof(text)));
	if (e->interface[0])
		say(e, " dev %s", e->interface);
	if (r.source.family)
		say(e, " src %s", ip_addr_format(&r.source, text, sizeof(text)));
	if (r.metric)
		say(e, " metric %u", r.metric);
	if (r.table != RT_TABLE_MAIN)
		say(e, " table %u", r.table);
	return true;
}

static const struct {
	uint16_t type, gone;
	const char *what;
	bool (*tell)(struct net_watch *w, const struct nlmsghdr *msg, struct net_event *e);
} kinds[] = {
	{ RTM_NEWLINK, RTM_DELLINK, "link", tell_link },
	{ RTM_NEWADDR, RTM_DELADDR, "address", tell_address },
	{ RTM_NEWROUTE, RTM_DELROUTE, "route", tell_route },
};

static int take_message(void *arg, const struct nlmsghdr *msg)
{
	/* It lies in our buffer; parsers want it to be of the type that tells of something there. */
	struct nlmsghdr *own = (struct nlmsghdr *)msg;
	struct net_watch *w = arg;

	for (size_t i = 0; i < array_size(kinds); i++) {
		struct net_event e = { .what = kinds[i].what,
				       .gone = msg->nlmsg_type == kinds[i].gone };

		if (msg->nlmsg_type != kinds[i].type && !e.gone)
			continue;
		own->nlmsg_type = kinds[i].type;
		if (kinds[i].tell(w, msg, &e))
			w->event(w->arg, &e);
		break;
	}
	return 0;
}

/* --- Watching --- */

static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
			      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };

int net_watch_socket(int netns, struct err *err)
{
	_cleanup_fd_ int fd = net_stats_open(netns, err);

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < array_size(groups); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0)
			return err_sys(err, -errno, "netlink socket: group %d", groups[i]);
	return take_fd(&fd);
}

static void keep_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct link link;

	(void)tag;
	if (link_parse(msg, &link) == 0)
		keep_name(arg, &link);
}

static int learn_names(struct net_watch *w, int sock, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	int ret = nl_new(sock, &nl, err);

	if (ret < 0)
		return ret;
	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	return nl_dump(nl, &b, keep_link, w, err);
}

int net_watch_new(int hears, int sock, struct net_watch **out, struct err *err)
{
	struct net_watch *w = calloc(1, sizeof(*w));
	int ret;

	if (!w) {
		close_fd(hears);
		close_fd(sock);
		return err_oom(err);
	}
	w->fd = hears;
	ret = learn_names(w, sock, err);
	if (ret < 0)
		net_watch_free(w);
	else
		*out = w;
	return ret;
}

int net_watch_fd(const struct net_watch *w)
{
	return w->fd;
}

/* A full buffer is told of once; what comes behind is whole again. */
static void tell_lost(struct net_watch *w)
{
	struct net_event e = { .what = "lost" };

	say(&e, "some changes were not seen");
	w->event(w->arg, &e);
}

int net_watch_read(struct net_watch *w, void (*event)(void *arg, const struct net_event *event),
		   void *arg, struct err *err)
{
	w->event = event;
	w->arg = arg;
	for (;;) {
		ssize_t got = recv(w->fd, w->buf, sizeof(w->buf), MSG_DONTWAIT);

		if (got < 0 && errno == ENOBUFS)
			tell_lost(w);
		else if (got < 0 && errno == EINTR)
			continue;
		else if (got < 0)
			return errno == EAGAIN ? 0 : err_sys(err, -errno, "netlink socket");
		else if (nl_each(w->buf, (size_t)got, take_message, w) < 0)
			return err_set(err, -EBADMSG,
				       "the kernel's message is not what it should be");
	}
}

void net_watch_free(struct net_watch *w)
{
	if (!w)
		return;
	close_fd(w->fd);
	free(w->known);
	free(w);
}
