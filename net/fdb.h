/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of a vxlan's forwarding database (bridge-fdb(8)). */
#ifndef NET_FDB_H
#define NET_FDB_H

#include "net/link.h"

struct fdb_args {
	struct net_args at;
	struct ip_addr dst;
};

/*
 * Send what has no entry of its own (broadcasts, MACs that are not known yet) to @dst as well: an entry of the MAC address
 * 00:00:00:00:00:00. Not undone: it goes with its link.
 */
extern const struct net_step_type fdb_add_step;

#endif
