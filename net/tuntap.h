/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step that makes a tun or a tap (Documentation/networking/tuntap.rst): a link whose packets a program reads and writes,
 * through /dev/net/tun. rtnetlink cannot make one; ioctl(2) can.
 */
#ifndef NET_TUNTAP_H
#define NET_TUNTAP_H

#include "net/link.h"

struct tuntap_args {
	struct net_args at; /* link is "": nothing has to exist before */
	char name[IFNAMSIZ];
	bool tap;              /* Ethernet; else IP */
	uint32_t owner, group; /* who may open it; group 0: none */
	bool multi_queue;
	struct mac mac; /* of a tap */
	uint32_t mtu, txqueuelen;
	char alias[LINK_ALIAS_MAX]; /* the mark; "" where it goes with its namespace */
};

/*
 * It has its settings and its mark before it is made to stay, so a process that dies in between leaves nothing. There is no
 * carrier until a program opens it.
 */
extern const struct step_type tuntap_add_step;

#endif
