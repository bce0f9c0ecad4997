/* SPDX-License-Identifier: Apache-2.0 */
/* Links in the host's namespace that carry the mark of a container, and whether anybody can still have them. */
#ifndef NET_ORPHAN_H
#define NET_ORPHAN_H

#include "net/link.h"

/* What can be told of the owner of a link from what is at its other end. */
enum orphan_verdict {
	ORPHAN_USED,   /* some process lives there */
	ORPHAN_DEAD,   /* nobody lives where its other end is */
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
 * All links with a container's mark in the namespace of @scope's host. A container lives in its network namespace, so a veth
 * pair is dead if its other end is in one that is there only because it is mounted somewhere. Looked at after the links
 * were listed: who has just made one lives already.
 */
int orphans_find(struct scope *scope, struct orphans *out, struct err *err);
void orphans_release(struct orphans *o);

#endif
