/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of a network about its port of a bridge: `vlan`, `vlans`, `isolated` and `bridge_port`. The bridge is the one on the
 * host that a veth's other end is plugged into, or, of a network with a `master`, one in the container.
 */
#ifndef NET_PORT_KEYS_H
#define NET_PORT_KEYS_H

#include "net/port_vlan.h"

struct net_config;
struct net_planner;
struct network;

/* 0 where a config says nothing; else the switches are 1 for off and 2 for on (kind_switch_custom). */
struct port_options {
	uint8_t isolated;
	uint8_t learning, flood, mcast_flood, bcast_flood, mcast_to_unicast;
	uint8_t neigh_suppress, guard, root_block, fastleave, locked;
	uint16_t priority;
	uint32_t cost;
};

/* As a config has them, all but `isolated`, which is a key of the network's own; and with it. */
extern const struct json_schema port_options_schema, port_options_all_schema;

/* The VLAN that a bridge puts new ports into, unless somebody told it otherwise (vlan_default_pvid of ip-link(8)). */
#define PORT_DEFAULT_VLAN 1

struct port_keys {
	uint16_t vlan; /* the one it is in, without a tag; 0: not given */
	struct port_vlan_list vlans;
	struct port_options options;
};

/* Of networks[@i]: is there a bridge, which VLANs need to tell them apart, and do the keys agree? */
int net_port_check(const struct net_config *c, size_t i, struct err *err);

/* The key by which it wants VLANs, or NULL: it wants none. */
const char *net_port_vlan_key(const struct network *n);

/* Does any of the keys say something of the port on the host? */
bool net_port_on_host(const struct network *n);

/* The step, if any of the keys says something. @given: the VLAN that @bridge puts a new port into, or 0. */
int net_port_plan(const struct net_planner *p, const struct network *n, const char *ns,
		  const char *link, const char *bridge, uint16_t given, struct err *err);

#endif
