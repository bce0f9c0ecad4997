/* SPDX-License-Identifier: Apache-2.0 */
/* The step that makes a bridge which several containers share. */
#ifndef NET_BRIDGE_H
#define NET_BRIDGE_H

#include "net/link.h"

struct bridge_args {
	struct net_args at; /* link is "": nothing has to exist before */
	char name[IFNAMSIZ];
	struct mac mac;      /* fixed, else the bridge would take its ports' */
	bool vlan_filtering; /* it tells VLANs apart; false: as it is */
	bool found;          /* a stranger's stood there already */
};

/* Marks a bridge of ours. */
#define BRIDGE_MARK LINK_MARK_SHARED "bridge"

/*
 * Make the bridge, and bring it up, unless it stands; one that stands without our mark is used as it
 * is, and never removed. A link of that name and another kind is -EEXIST.
 */
extern const struct net_step_type link_bridge_step;

#endif
