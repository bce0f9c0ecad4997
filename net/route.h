/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of all tables (ip-route(8)). */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "net/link.h"
#include "net/route_keys.h"

struct route {
	struct ip_prefix destination; /* its family is the route's; length 0: default */
	struct ip_addr gateway;       /* none: what it leads to is on the link */
	struct ip_addr source;        /* preferred source address, or none */
	uint32_t index;               /* of the link; 0: none, or several next hops */
	uint32_t table, metric;
	uint32_t mtu, advmss;      /* 0: not set */
	uint8_t protocol;          /* who set it; NL_PROTO_CTRNET: we */
	uint8_t type;              /* RTN_UNICAST, ... */
	uint8_t scope;             /* RT_SCOPE_*, of IPv4 */
	uint32_t flags;            /* RTNH_F_* */
	const struct nlattr *hops; /* RTA_MULTIPATH: gone with the message */
};

/* Read an RTM_NEWROUTE message; -EBADMSG if it is none or is cut short. */
int route_parse(const struct nlmsghdr *msg, struct route *out);

/* One of a route's next hops as the kernel has it. */
struct route_parsed_hop {
	struct ip_addr gateway;
	uint32_t index, weight;
};

/* Walk those of RTA_MULTIPATH; -EBADMSG if it is cut short. Stops when @fn returns other than 0. */
int route_each_hop(const struct route *r, int (*fn)(void *arg, const struct route_parsed_hop *hop),
		   void *arg);

/* Would the namespace take what is sent to @addr for its own? False also when it has no route there at all. */
int route_is_local(struct nl *nl, const struct ip_addr *addr, bool *out, struct err *err);

struct route_args {
	struct net_args at; /* link: "" where there is no single one */
	int type;           /* RTN_*; 0: unicast */
	struct ip_prefix destination;
	struct ip_addr gateway, source;
	uint32_t metric, table; /* 0: as the kernel has it by default */
	int scope;              /* enum route_scope */
	bool onlink;
	uint32_t mtu, advmss;
	struct route_hop *hops; /* several ways, instead of link and gateway */
	size_t hop_count;
	bool alone; /* no other one of the plan has its destination, in that table */
};

bool route_args_equal(const struct route_args *a, const struct route_args *b);

/* What is not given, as the kernel will have it. */
int route_type(const struct route_args *a);
uint32_t route_table(const struct route_args *a);
uint32_t route_metric(const struct route_args *a);
uint8_t route_scope(const struct route_args *a); /* RT_SCOPE_* */

/* Has the type no way at all: blackhole, unreachable, prohibit, throw? */
bool route_is_refusal(const struct route_args *a);

/* The subject of an error, and the command (net/route_text.c). */
void route_describe(const void *args, char *buf, size_t size);
void route_show(const void *args, FILE *out);

/* Is the kernel's route the one that was planned, and make it that (net/route_probe.c)? As of a step_type. */
int route_probe(struct scope *scope, const void *args, struct err *err);
int route_mend(struct scope *scope, void *args, struct err *err);

/* RTM_NEWROUTE or RTM_DELROUTE of it. @index: of its link, or 0; @hops: of its next hops'. */
void route_put(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
	       const struct route_args *a, uint32_t index, const uint32_t *hops);

/*
 * The indexes of a->hops' links, allocated; NULL if there are none. -ENODEV: one of the links is missing.
 */
int route_find_hops(struct scope *scope, const struct route_args *a, uint32_t **out,
		    struct err *err);

/*
 * Add a route, with our protocol number. One to the same destination with the same metric that is there
 * already, in that table, is -EEXIST.
 */
extern const struct net_step_type route_add_step;

#endif
