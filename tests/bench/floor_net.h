/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs for comparison have in common: the netlink messages that a veth at a bridge takes, as few of them as will do.
 * Whatever fails ends the program.
 */
#ifndef TESTS_BENCH_FLOOR_NET_H
#define TESTS_BENCH_FLOOR_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct port {
	char *bridge, *name, *address, *gateway; /* bridge NULL: no network */
	int prefix;
};

static inline void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(255);
}

static inline void check(int ret, const char *what)
{
	if (ret < 0)
		die(what);
}

/* Several messages in one buffer, each acknowledged. */
struct batch {
	char data[8192];
	size_t len;
	unsigned int count;
};

static inline struct nlmsghdr *put(struct batch *b, int type, int flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(b->data + b->len);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_seq = ++b->count;
	return h;
}

static inline struct ifinfomsg *put_link(struct nlmsghdr *h, int index, int up)
{
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_index = index;
	i->ifi_flags = i->ifi_change = up ? IFF_UP : 0;
	return i;
}

static inline void put_end(struct batch *b, const struct nlmsghdr *h)
{
	b->len += MNL_ALIGN(h->nlmsg_len);
}

static inline int nl_socket(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	check(fd, "netlink");
	return fd;
}

static inline void run_batch(int fd, const struct batch *b, const char *what)
{
	char answer[8192];
	unsigned int acks = 0;

	check((int)send(fd, b->data, b->len, 0), what);
	while (acks < b->count) {
		int n = (int)recv(fd, answer, sizeof(answer), 0);
		const struct nlmsghdr *h = (void *)answer;

		check(n, what);
		for (; mnl_nlmsg_ok(h, n); h = mnl_nlmsg_next(h, &n)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR) {
				errno = -e->error;
				check(e->error, what);
				acks++;
			}
		}
	}
}

/* The pair, the peer as eth0 in another namespace (@where: IFLA_NET_NS_PID or IFLA_NET_NS_FD), the other end a port that is up. */
static inline void make_veth(const struct port *p, int sock, uint16_t where, uint32_t netns)
{
	struct batch b = { .len = 0 };
	struct nlmsghdr *h = put(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data, *peer;
	struct ifinfomsg *i;

	put_link(h, 0, 0);
	mnl_attr_put_strz(h, IFLA_IFNAME, p->name);
	mnl_attr_put_u32(h, IFLA_MASTER, if_nametoindex(p->bridge));
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	(void)i;
	mnl_attr_put_strz(h, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
	mnl_attr_put_u32(h, where, netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	put_end(&b, h);
	h = put(&b, RTM_SETLINK, 0);
	put_link(h, 0, 0);
	mnl_attr_put_strz(h, IFLA_IFNAME, p->name);
	mnl_attr_put_strz(h, IFLA_IFALIAS, "floor");
	put_end(&b, h);
	/* Behind the alias: of that of a link that is up everybody is told (net/veth.c). */
	h = put(&b, RTM_SETLINK, 0);
	put_link(h, 0, 1);
	mnl_attr_put_strz(h, IFLA_IFNAME, p->name);
	put_end(&b, h);
	run_batch(sock, &b, "veth");
}

static inline void put_address(struct batch *b, const struct port *p, int index)
{
	struct nlmsghdr *h = put(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));
	uint32_t ip = inet_addr(p->address);

	a->ifa_family = AF_INET;
	a->ifa_prefixlen = (uint8_t)p->prefix;
	a->ifa_index = (uint32_t)index;
	mnl_attr_put_u32(h, IFA_LOCAL, ip);
	mnl_attr_put_u32(h, IFA_ADDRESS, ip);
	put_end(b, h);
}

static inline void put_default_route(struct batch *b, const struct port *p)
{
	struct nlmsghdr *h = put(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));

	r->rtm_family = AF_INET;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_BOOT;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(h, RTA_GATEWAY, inet_addr(p->gateway));
	put_end(b, h);
}

/* The interface of a port, and the loopback if it is not up yet. */
static inline void configure_port(const struct port *p, int sock, int index, int with_loopback)
{
	struct batch b = { .len = 0 };
	struct nlmsghdr *h;

	if (with_loopback) {
		h = put(&b, RTM_NEWLINK, 0);
		put_link(h, 1, 1);
		put_end(&b, h);
	}
	if (index) {
		h = put(&b, RTM_NEWLINK, 0);
		put_link(h, index, 1);
		put_end(&b, h);
		put_address(&b, p, index);
		put_default_route(&b, p);
	}
	run_batch(sock, &b, "links");
}

/* RTM_DELLINK returns some 20 ms after the name is free: a process of its own sits that out. */
static inline void free_name(const struct port *p, int sock)
{
	struct batch b = { .len = 0 };
	struct nlmsghdr *h = put(&b, RTM_DELLINK, 0);
	int index = (int)if_nametoindex(p->name);

	if (!index)
		return;
	put_link(h, index, 0);
	put_end(&b, h);
	if (vfork() == 0) {
		if (fork() == 0)
			check((int)send(sock, b.data, b.len, 0), "delete");
		_exit(0);
	}
	while (if_nametoindex(p->name))
		usleep(50);
}

/* "BRIDGE,NAME,ADDRESS/LEN,GATEWAY" */
static inline void parse_port(struct port *p, char *text)
{
	char *slash;

	p->bridge = strsep(&text, ",");
	p->name = strsep(&text, ",");
	p->address = strsep(&text, ",");
	p->gateway = strsep(&text, ",");
	slash = p->address ? strchr(p->address, '/') : NULL;
	if (!slash || !p->gateway) {
		fprintf(stderr, "floor: --net BRIDGE,NAME,ADDRESS/LEN,GATEWAY\n");
		exit(2);
	}
	*slash = '\0';
	p->prefix = atoi(slash + 1);
}

#endif
