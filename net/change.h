/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be changed of a network while its container runs: mtu, mac_address, txqueuelen, up, and shaping. Only what is named
 * changes; in the kernel it is changed in place.
 */
#ifndef NET_CHANGE_H
#define NET_CHANGE_H

#include "net/net.h"

/*
 * Change in @n what @text names: "mtu=1400", "up=false", or shaping as shaping_merge() has it, where also "rate=none" is no rate any
 * more. On failure @n is as it was. net_check() is to follow.
 */
int net_change_merge(struct network *n, const char *text, struct err *err);

/* What a link is given, or had. */
struct link_wanted {
	uint32_t mtu, txqueuelen; /* 0: as it is */
	struct mac mac;           /* zero: likewise */
	int up;                   /* 1, 0; -1: likewise */
};

/* A network that is changed. */
struct net_change {
	struct scope *scope;
	const struct network *was, *now;
	struct endpoint end; /* names and the host's MAC: net_change_find() */
	const char *origin, *mark;
	/* Of what has changed, what it was: in the container, and at the host's end. */
	struct link_wanted inside, outside;
};

/* Fill in c->end for the network @name, whose steps are in @plan. */
void net_change_find(struct net_change *c, const char *name, const struct plan *plan);

/* --- The plan --- */

/* Owner of what is taken out of a plan. No interface can have this name, so of what a journal has for it nobody knows any more. */
#define NET_CHANGE_TAKEN ":taken"

/* The steps that made the link say what holds now; whether it is up is a step of its own. */
int net_change_steps(const struct net_change *c, struct plan *plan, struct err *err);

/* The same of what stands in records (lib/shared.h), which are on disk. */
int net_change_records(const struct net_change *c, const struct plan *plan, struct err *err);

/* Move what shapes the network from @plan to @out, which is empty before: it is NET_CHANGE_TAKEN's then. */
int net_change_take_shaping(const struct net_change *c, struct plan *plan, struct plan *out,
			    struct err *err);
/* Append what shapes it now. */
int net_change_plan_shaping(const struct net_change *c, struct plan *plan, struct err *err);
/* Append, for PHASE_CONNECT, what turns the one into the other; it is not for a journal. */
int net_change_plan_way(const struct net_change *c, struct plan *plan, struct err *err);
/* Does the ifb go over which the network received what it was sent? Then it is for its steps' revert. */
bool net_change_drops_ifb(const struct net_change *c);

/* --- The kernel --- */

/* The link's own attributes, at both ends of a pair. What is refused leaves all as it was. */
int net_change_link(struct net_change *c, struct err *err);
/* As they were. */
void net_change_link_back(const struct net_change *c);

#endif
