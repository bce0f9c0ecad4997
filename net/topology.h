/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the links of a network namespace stand on and lead to: parents, the other ends of tunnels, and how they are shaped. For pictures,
 * together with net/view.h.
 */
#ifndef NET_TOPOLOGY_H
#define NET_TOPOLOGY_H

#include "net/addr.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum net_place {
	NET_PLACE_HERE,      /* in the same namespace */
	NET_PLACE_HOST,      /* in the one that was given as the host's */
	NET_PLACE_ELSEWHERE, /* in another one */
};

struct net_topology_link {
	uint32_t index;
	uint32_t parent; /* index of what it stands on, or of the other end of a veth pair; 0: nothing */
	int place;       /* enum net_place, of the parent */
	bool veth;
	char words[64]; /* of what kind it is: "vlan 5", "macvlan bridge"; "": a veth, or hardware */
	char shaping[96]; /* of what leaves it: "10mbit 20ms loss 1%"; "": it is not shaped */
	struct ip_addr *remotes; /* of a tunnel */
	size_t remote_count;
};

struct net_topology {
	struct net_topology_link *links;
	size_t count;
};

/* Read that of the namespace of @sock; both sockets are net_stats_open()'s and taken, also on failure. */
int net_topology_read(int sock, int host, struct net_topology *t, struct err *err);
void net_topology_release(struct net_topology *t);

/* The link @index, or NULL. */
const struct net_topology_link *net_topology_find(const struct net_topology *t, uint32_t index);

#endif
