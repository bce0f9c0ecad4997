/* SPDX-License-Identifier: Apache-2.0 */
/* Links that carry the mark of a container, and whether anybody can still have them. */
#ifndef NET_ORPHAN_H
#define NET_ORPHAN_H

#include "net/link.h"

enum orphan_verdict {
	ORPHAN_USED,   /* its owner lives, or somebody who may be */
	ORPHAN_DEAD,   /* it has none */
	ORPHAN_UNSURE, /* that cannot be told */
};

struct orphan {
	struct link link; /* link_owner() says whose it is */
	enum orphan_verdict verdict;
	char why[160];
};

struct orphans {
	struct orphan *items;
	size_t count;
};

/*
 * All links with a container's mark in the namespace of @scope's host, whose records are in its shared_dir. A container lives in its
 * network namespace, so a veth pair is dead if its other end is in one that is there only because it is mounted somewhere.
 * Another link with a mark is in the very namespace that its container has joined: dead if nobody lives there, or if the
 * record of those who have links there (net/netns_claim.h) does not know the container. Both are looked at after the links were
 * listed: who has just made one lives already, and is on record.
 */
int orphans_find(struct scope *scope, struct orphans *out, struct err *err);
void orphans_release(struct orphans *o);

#endif
