/* SPDX-License-Identifier: Apache-2.0 */
/* The step that makes a link of the container a port of a bridge there, or a member of a vrf. */
#ifndef NET_LINK_MASTER_H
#define NET_LINK_MASTER_H

#include "net/link.h"

struct link_master_args {
	struct net_args at; /* link: the master */
	char name[IFNAMSIZ];
};

/* Not undone: the link goes with whatever made it. */
extern const struct net_step_type link_master_step;

#endif
