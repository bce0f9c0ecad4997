/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of a forwarding database (bridge(8), "fdb"): behind which port of a bridge, or at which other end of a vxlan, a MAC is. */
#ifndef NET_FDB_H
#define NET_FDB_H

#include "net/fdb_keys.h"
#include "net/link.h"

struct fdb_args {
	struct net_args at; /* link: the port, or the vxlan */
	struct net_fdb_entry
		entry; /* either of self and master is set; in older journals, neither: self */
};

/*
 * Add the entry, or put it into the place of one that the kernel has learned. One without a MAC address is for all that has no
 * entry of its own (broadcasts, MACs that are not known yet), and is sent to its dst as well as to others'. Not undone: it goes with its link.
 */
extern const struct net_step_type fdb_add_step;

#endif
