/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shaping as the kernel has it, whoever made it: the queueing disciplines (tc(8)) that are a tree as in net/shaping.h, told in the
 * keys of a config.
 */
#ifndef NET_SHAPING_VIEW_H
#define NET_SHAPING_VIEW_H

#include "lib/err.h"
#include "net/nl.h"
#include "net/shaping.h"

#include <stddef.h>
#include <stdint.h>

/* What happens to all that leaves a link. */
struct shaping_seen {
	uint32_t index; /* which link; 0: none */
	/* All zero: it is not shaped. A netem's limit is told, a bucket's not; a distribution is not. */
	struct shaping_way way;
	uint64_t dropped; /* packets, so far */
	uint64_t backlog; /* bytes that wait now */
};

/*
 * Look at the links that @seen names, all of one namespace, and fill in the rest, which is zero. Links that are gone are not
 * shaped. -EOPNOTSUPP: this kernel has no queueing disciplines.
 */
int shaping_see(struct nl *nl, struct shaping_seen *seen, size_t count, struct err *err);

#endif
