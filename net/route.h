/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of the main table (ip-route(8)). */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "net/link.h"

struct route {
	struct ip_prefix destination; /* its family is the route's; length 0: default */
	struct ip_addr gateway;       /* none: what it leads to is on the link */
	struct ip_addr source;        /* preferred source address, or none */
	uint32_t index;               /* of the link; 0: none, or several next hops */
	uint32_t table;
	uint32_t metric;
	uint8_t protocol; /* who set it; NL_PROTO_CTRNET: we */
	uint8_t type;     /* RTN_UNICAST, ... */
};

/* Read an RTM_NEWROUTE message; -EBADMSG if it is none or is cut short. */
int route_parse(const struct nlmsghdr *msg, struct route *out);

/* Would the namespace take what is sent to @addr for its own? False also when it has no route there at all. */
int route_is_local(struct nl *nl, const struct ip_addr *addr, bool *out, struct err *err);

struct route_args {
	struct net_args at;
	struct ip_prefix destination;
	struct ip_addr gateway, source;
};

bool route_args_equal(const struct route_args *a, const struct route_args *b);

/* Add a route, with our protocol number. One to the same destination that is there already is -EEXIST. */
extern const struct net_step_type route_add_step;

#endif
