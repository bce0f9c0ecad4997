/* SPDX-License-Identifier: Apache-2.0 */
/* The step that sets what a bridge knows of one of its ports: its VLANs, and what bridge(8) calls its flags. */
#ifndef NET_PORT_H
#define NET_PORT_H

#include "net/link.h"
#include "net/port_keys.h"

struct port_args {
	struct net_args at;    /* link: the port */
	char bridge[IFNAMSIZ]; /* that it is a port of */
	uint16_t given; /* the VLAN that the bridge put it into, and that it is to leave; 0: none */
	struct port_vlan_list vlans; /* all that it is in; none: as the bridge has it */
	struct port_options options;
};

/*
 * A port with VLANs is in these and in no others. Not undone: what a bridge knows of a port goes with the port, which goes with
 * whatever made it.
 */
extern const struct net_step_type link_port_step;

/* Append to @out the VLANs that the port @index of a bridge is in, in order, as ranges; @out is to be released, also on failure. */
int net_port_vlans(struct nl *nl, uint32_t index, struct port_vlan_list *out, struct err *err);

#endif
