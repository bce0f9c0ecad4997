/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbours: which link-layer address an IP address has (ip-neighbour(8)). */
#ifndef NET_NEIGH_H
#define NET_NEIGH_H

#include "net/link.h"
#include "net/network.h"

struct neigh_args {
	struct net_args at;
	struct net_neighbor entry;
};

/* What no key alone can tell. */
int net_neighbor_check(const struct net_neighbor *n, struct err *err);

/* Add an entry, marked as ours; one of the same address is -EEXIST. Undone only if the mark is there. */
extern const struct net_step_type neigh_add_step;

#endif
