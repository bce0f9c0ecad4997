/* SPDX-License-Identifier: Apache-2.0 */
/* The step that makes a pair of Ethernet links, one end here, the other in another namespace (veth(4)). */
#ifndef NET_VETH_H
#define NET_VETH_H

#include "net/link.h"

struct veth_args {
	struct net_args
		at; /* namespace of the host's end; link: the bridge it becomes a port of, or "" */
	char name[IFNAMSIZ]; /* of the host's end */
	struct mac mac;
	char peer_ns[NET_KEY_MAX];
	char peer_name[IFNAMSIZ];
	struct mac peer_mac;
	uint32_t mtu, txqueuelen; /* of both; 0: the kernel's default */
	uint32_t queues;          /* of both, for sending and for receiving; 0: one */
	bool hairpin; /* the bridge may send back through the port that a frame came from */
	char alias[LINK_ALIAS_MAX]; /* the mark */
};

/*
 * Both ends come to be in one message, in their namespaces, under their final names: a move or a
 * rename would cost 18 ms each. The host's end is up; the peer's is not, because the kernel refuses
 * (ENOTCONN) to bring up an end before it is paired.
 */
extern const struct net_step_type link_veth_step;

/* Of that step: net/veth_pair.c. */
int veth_probe(struct scope *scope, const void *args, struct err *err);
int veth_mend(struct scope *scope, void *args, struct err *err);

#endif
