/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a network namespace has: its links, with addresses, routes, counters and shaping, what is on the other side of each veth
 * pair, and whom each WireGuard interface talks to. For `net show`.
 */
#ifndef NET_VIEW_H
#define NET_VIEW_H

#include "net/address.h"
#include "net/port_vlan.h"
#include "net/route.h"
#include "net/shaping_view.h"
#include "net/stats.h"
#include "net/wireguard.h"

struct net_view_peer {
	uint32_t index; /* 0: there is none, or it is not in the host's namespace */
	char name[IFNAMSIZ];
	char bridge[IFNAMSIZ];       /* that it is a port of; "": none */
	struct port_vlan_list vlans; /* that it is in, if the bridge tells them apart */
};

struct net_view_interface {
	struct net_interface link;
	uint32_t txqueuelen;
	char master[IFNAMSIZ]; /* in the same namespace; "": none */
	struct net_view_peer peer;
	uint32_t peer_index; /* what it says of its other end */
	uint32_t master_index;
	struct address *addresses;
	size_t address_count;
	struct route *routes; /* of all tables but `local` */
	size_t route_count;
	/* Of what it sends; and of what it receives, at its peer or in an ifb (net/ifb.h). */
	struct shaping_seen egress, ingress;
	struct wireguard_device wireguard; /* of that kind, without secrets; zeroed of others */
};

struct net_view {
	struct net_view_interface *interfaces; /* in the kernel's order */
	size_t count;
};

/*
 * Read that of the namespace of @sock; @generic is net_stats_open_generic()'s of the same one; @host is a socket in the one that the
 * other ends are looked for in. All are taken, also on failure.
 */
int net_view_read(int sock, int host, int generic, struct net_view *view, struct err *err);
void net_view_release(struct net_view *view);

/* A list of its interfaces, as the member @key of the object that is open. */
void net_view_write(struct json_writer *w, const char *key, const struct net_view *view);

/* "default" or the prefix. Returns @buf. */
const char *net_destination_text(const struct route *route, char *buf, size_t size);

#endif
