/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a declaration alone: names of unnamed interfaces, and all routes in order. */
#ifndef NET_CONFIG_H
#define NET_CONFIG_H

#include "net/network.h"
#include "net/route.h"

#define NET_ORIGIN_MAX 64

/* The name of networks[@i] inside the container; "" if it has none (netns). */
void net_config_name(const struct net_config *c, size_t i, char out[IFNAMSIZ]);

/* "networks[0] (eth0)", as errors name it. */
void net_config_origin(const struct net_config *c, size_t i, char out[NET_ORIGIN_MAX]);

struct net_config_route {
	struct route_args args; /* its next hops are the declaration's */
	char origin[NET_ORIGIN_MAX];
	char owner[IFNAMSIZ]; /* the network's name; "": it is one of `routes` */
	size_t network;       /* then: which one */
	bool twice;           /* another one says the same */
};

struct net_config_routes {
	struct net_config_route *items;
	size_t count;
};

/*
 * The networks' gateways and routes, and `routes`; identical ones once, and those that need no other one
 * first. Two different ones to the same destination, in one table and with one metric, are -EINVAL: the
 * kernel would keep the first and refuse the second.
 */
int net_config_routes(const struct net_config *c, struct net_config_routes *out, struct err *err);
void net_config_routes_release(struct net_config_routes *routes);

#endif
