/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shaping of a network's link: how fast, how late and how badly packets get through, for each direction by itself.
 *
 * Only what leaves a link can wait, so each direction is shaped where it leaves one: egress, what the
 * container sends, at its own end; ingress, what it receives, at the host's end, whose packets these
 * are. A link without an end on the host sends what arrives through an ifb of the container's first
 * (net/ifb.h).
 *
 * At such a place stands a tree of one or two queueing disciplines, the root with the handle ce:
 *
 *	rate			tbf
 *	rate, ceil		htb with one class and a bfifo in it
 *	impairments		netem
 *	rate, impairments	tbf or htb, and netem in the place of its queue
 *
 * The rate is on top, because tbf cuts the kernel's large packets (GSO) to what fits its burst before
 * netem gives each its fate, and since older kernels (until 6.13) count wrongly when a tbf does that below
 * a netem: the link gets stuck. netem has a rate of its own, but neither burst nor ceil. An htb class by itself
 * is a bucket for `rate` and one for `ceil`: a burst leaves at ceil, until it is used up.
 */
#ifndef NET_SHAPING_H
#define NET_SHAPING_H

#include "lib/err.h"
#include "lib/json.h"
#include "lib/scope.h"
#include "net/addr.h"
#include "net/netem.h"

#include <stdbool.h>
#include <stdint.h>

struct shaping_way {
	uint64_t rate;      /* bytes per second; 0 = as fast as the link is */
	uint64_t ceil;      /* likewise, of a burst; 0 = unlimited */
	uint32_t burst;     /* bytes that may leave at once; 0 = shaping_burst() */
	struct netem netem; /* its limit is that of all: packets that may wait */
};

struct shaping {
	struct shaping_way egress, ingress;
};

extern const struct json_schema shaping_schema;     /* struct shaping */
extern const struct json_schema shaping_way_schema; /* struct shaping_way */

/* Does it ask for anything? */
bool shaping_way_present(const struct shaping_way *w);
bool shaping_present(const struct shaping *s);

/* Rules between keys, and with the link's @mtu (0: not known); errors begin with "shaping.". */
int shaping_check(const struct shaping *s, uint32_t mtu, struct err *err);

/*
 * Change what @text names, as in "rate=20mbit", "ingress.delay=5ms", "loss.gemodel.p=1%" or "delay=" (no delay any more):
 * without a direction it is egress'. On failure @s is as it was. shaping_check() is to follow.
 */
int shaping_merge(struct shaping *s, const char *text, struct err *err);
/* One direction in such words: "rate=20mbit delay=5ms"; "" for nothing. Allocated; NULL: out of memory. */
char *shaping_way_text(const struct shaping_way *w);
/* Has a direction a key of that name, up to its "="? */
bool shaping_has_key(const char *text);

/* Can this kernel do it? -EOPNOTSUPP: no; the error names the key. Makes nothing. */
int shaping_resolve(const struct shaping *s, struct scope *scope, struct err *err);

/* --- Planning --- */

struct net_planner;

/* Where a direction is shaped. */
struct shaping_place {
	const char *ns, *link;
	const char *key; /* "egress" */
	uint32_t mtu;    /* 0: not known */
};

/* Append the steps of one direction; none if it asks for nothing. */
int shaping_plan(const struct net_planner *p, const struct shaping_place *at,
		 const struct shaping_way *w, struct err *err);

/*
 * The same of what @at->link receives, where no other link sends it: over an ifb beside it, which these steps make, with @mac
 * and the planner's mark.
 */
int shaping_plan_redirected(const struct net_planner *p, const struct shaping_place *at,
			    const struct mac *mac, const struct shaping_way *w, struct err *err);

/*
 * Append the steps that turn what shaping_plan() made of @old into what it would make of @w. Where the
 * tree keeps its kinds these change it in place, and what waits in it stays; else it is removed and
 * made anew. Where an ifb is needed, @at->link is the ifb (ifb_name() of net/ifb.h), which stands already.
 */
int shaping_plan_change(const struct net_planner *p, const struct shaping_place *at,
			const struct shaping_way *old, const struct shaping_way *w,
			struct err *err);

#endif
