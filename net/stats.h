/* SPDX-License-Identifier: Apache-2.0 */
/* What the interfaces of a network namespace have received and sent, by their own counters in that namespace. */
#ifndef NET_STATS_H
#define NET_STATS_H

#include "lib/err.h"
#include "lib/json.h"
#include "net/addr.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_traffic {
	uint64_t bytes, packets;
	uint64_t errors;
	uint64_t dropped;
};

struct net_interface {
	uint32_t index;
	char name[IFNAMSIZ];
	char kind[16]; /* "veth", "bridge", ...; "" for lo and hardware */
	bool loopback;
	bool up;   /* it was brought up */
	int state; /* IF_OPER_* of linux/if.h: does it work? */
	uint32_t mtu;
	struct mac mac; /* all zero: it has none */
	struct net_traffic rx, tx;
};

struct net_stats {
	struct net_interface *interfaces; /* in the kernel's order */
	size_t count;
};

/*
 * A socket for net_stats_read() in the namespace @netns, an fd of it (-1: the calling thread's). The thread enters it for a
 * moment, which needs the rights of setns(2), unless it is there already. Returns the fd.
 */
int net_stats_open(int netns, struct err *err);
/* The same for generic netlink, which some kinds of links have more to say over. */
int net_stats_open_generic(int netns, struct err *err);
/* The same for netfilter. -EPROTONOSUPPORT: this kernel has none. */
int net_stats_open_netfilter(int netns, struct err *err);
/* Read those of the namespace of @sock, which is taken, also on failure; who reads need not be there. */
int net_stats_read(int sock, struct net_stats *stats, struct err *err);
void net_stats_release(struct net_stats *stats);

/* Read an RTM_NEWLINK message with its counters; false if it is none or lacks them. */
bool net_interface_parse(const struct nlmsghdr *msg, struct net_interface *out);
extern const struct json_schema net_interface_schema;
/* "up" and its like, of net_interface.state. */
const char *net_state_name(int state);

/* struct net_stats as JSON: `interfaces`. */
extern const struct json_schema net_stats_schema;
/* struct net_interface under the names that libcontainer's stats have ("RxBytes"). For writing. */
extern const struct json_schema net_interface_libcontainer_schema;

#endif
