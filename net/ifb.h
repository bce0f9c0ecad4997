/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a link receives cannot wait there. So it is sent on to an ifb, a link whose only purpose is to send what it is given
 * back to where it came from: what it sends can wait.
 *
 *	eth0 ──ingress──▶ u32, mirred ──▶ rx-eth0 ──its qdiscs──▶ as if eth0 had received it now
 */
#ifndef NET_IFB_H
#define NET_IFB_H

#include "net/link.h"

struct ifb_args {
	struct net_args at; /* link: "", as it has no parent */
	char name[IFNAMSIZ];
	struct mac mac;
	char alias[LINK_ALIAS_MAX]; /* the mark */
};

struct redirect_args {
	struct net_args at; /* link: whose packets */
	char to[IFNAMSIZ];  /* the ifb */
	uint32_t to_index;  /* while it is applied */
};

/* Make an ifb, which is up. */
extern const struct net_step_type link_ifb_step;
/*
 * Give a link an ingress qdisc, and send all it receives to an ifb. Undone only if what is there leads to that ifb, or
 * nowhere.
 */
extern const struct net_step_type link_redirect_step;

/* "rx-eth0"; of names too long for that: their beginning, and a hash. */
void ifb_name(const char *link, char out[IFNAMSIZ]);

#endif
