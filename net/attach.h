/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks that come to a container that runs, and that go again while it runs on.
 *
 * Steps belong to a network by its name in the container (the owner of lib/plan.h), which is why all names are written down before
 * one is added or removed: eth2 stays eth2 when eth1 has gone, although it is networks[1] then.
 */
#ifndef NET_ATTACH_H
#define NET_ATTACH_H

#include "net/net.h"

/* Give those that have none the name that they have by their place. */
void net_attach_settle_names(struct net_config *c);
/* Give those from networks[@first] on that have none the first name that is free. */
void net_attach_choose_names(struct net_config *c, size_t first);

/*
 * net_check() of all, with the rules for what is new from networks[@first] on: it makes a link, and has no address and no MAC that
 * another one has.
 */
int net_attach_check(const struct net_config *c, size_t first, struct err *err);

/*
 * What resolve had chosen for the networks of @c when they were made, by the steps of @plan: addresses and default routes; the rest of
 * @ends stays zero. With it ipam_settle() gives what was planned then.
 */
void net_attach_recall(const struct net_config *c, const struct plan *plan, struct endpoint *ends);

/*
 * Is what keeps duplicate address detection off links that will be made set already, so that a link may be made up? Then they
 * are planned as in a new namespace.
 */
bool net_attach_is_prepared(const struct net_config *c, const struct plan *plan);

/* The one of that name in the container. -ENODEV, with the names that there are. */
int net_attach_find(const struct net_config *c, const char *name, size_t *out, struct err *err);

/* May networks[@i] go? -EBUSY: others lie on it, are its ports, or have a next hop over it. */
int net_detach_check(const struct net_config *c, size_t i, struct err *err);

/* Does a route of `routes` lead over the network @name? It goes along with it. */
bool net_detach_takes_route(const struct net_route *r, const char *name);
/* The same of their steps: from here on they are that network's. 1: there are some, 0: there are none, or an error. */
int net_detach_give_routes(struct plan *plan, const char *name, struct err *err);

/* Of a plan that plan_split() made: what does not go by itself with a link that it removes. Shares steps with @part; free(steps). */
int net_detach_rest(const struct plan *part, struct plan *rest, struct err *err);

/* networks[@i] (or routes[@i], by @key) has gone: those behind it have moved up in what the steps of @plan say. */
int net_detach_renumber(const struct net_config *c, const char *key, size_t i, struct plan *plan,
			struct err *err);

#endif
