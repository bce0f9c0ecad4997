/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks from declaration to plan: what container/ (and later lab/ and cni/) calls.
 *
 *	net_check()     cross-field rules; no kernel in sight
 *	net_resolve()   the only reader of the host: names, MACs, is the bridge there
 *	net_plan()      pure: from declaration and findings to steps
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "lib/plan.h"
#include "lib/scope.h"
#include "net/network.h"

#include <stdbool.h>

/* Subnets of one network. */
#define NET_SUBNETS_MAX 16

/* What resolve found out or chose for one network. */
struct endpoint {
	char name[IFNAMSIZ];      /* inside the container */
	char host_name[IFNAMSIZ]; /* of the host's end; "" if there is none */
	struct mac mac;           /* inside */
	struct mac host_mac;      /* of the host's end */
	uint32_t mtu;      /* the bridge's, where the network says none; 0: the kernel's default */
	bool bridge_found; /* the bridge stands and nobody of ours made it */
	bool bridge_filters;  /* the bridge that stands tells VLANs apart */
	uint16_t bridge_pvid; /* the VLAN that the bridge puts new ports into; 0: none */
	bool nat_joins; /* with no key of address translation, it is to be in the table's `networks` */
	char found[NAT_FOUND_MAX]
		  [IFNAMSIZ]; /* of one that is isolated: bridges of others that we have ports at */
	size_t found_count;
	bool namespace_new;    /* the container's namespace is made by us and dies with it */
	bool parent_inside;    /* its parent is another network of the container's */
	char device[IFNAMSIZ]; /* the host's link that is to be the container's */
	bool device_ready;     /* ... and has carrier as soon as it is up */
	/* For each of its subnets the container's and the bridge's address, where none is given: see net/ipam.h. */
	struct ip_addr chosen[NET_SUBNETS_MAX];
	struct ip_addr bridge[NET_SUBNETS_MAX];
	/* Of default routes that nobody has declared, IPv4 and IPv6. */
	struct ip_addr default_gateway[2];
};

/* Rules that need no kernel: names valid and unique, gateways of the right family, driver rules. */
int net_check(const struct net_config *c, struct err *err);

/*
 * Is each gateway on its link, by an address or a route? For a namespace that is new: in others there may be more than what is
 * declared. What is not certain is left to the kernel.
 */
int net_check_gateways(const struct net_config *c, struct err *err);

/* The path of the namespace that a `netns` network joins, or NULL. */
const char *net_joined_path(const struct net_config *c);

/* Does one of them say that the container has the host's network? */
bool net_is_host(const struct net_config *c);

/*
 * Fill @ends (c->network_count of them, zeroed by the caller). @namespace_new as in struct endpoint. Reads
 * the host's namespace through scope. Unprivileged. A bridge that is missing without bridge_address
 * is -ENODEV, a host_interface_name that is taken is -EEXIST.
 */
int net_resolve(const struct net_config *c, struct scope *scope, bool namespace_new,
		struct endpoint *ends, struct err *err);

/*
 * Append the steps that reserve what resolve chose, from when on nobody else can choose: for who wants them in front of other
 * steps. Else net_plan() does so.
 */
int net_plan_reserve(const struct net_config *c, const struct endpoint *ends, struct plan *plan,
		     struct err *err);

/* Append all steps. `lo` of a new namespace is brought up even if no network says so. */
int net_plan(const struct net_config *c, const struct endpoint *ends, const char *id,
	     bool namespace_new, struct plan *plan, struct err *err);

/* Of who was killed before there was a journal: what is left, but empty. For the end of a container. */
void net_tidy(struct scope *scope);

/* In the child, inside its network namespace: a netlink socket to send to the parent. Returns the fd. */
int net_socket_open(struct err *err);
/* In the parent: use that socket for the namespace @key of the scope. Takes the fd, also on failure. */
int net_socket_adopt(struct scope *scope, const char *key, int fd, struct err *err);

/* All step types of this folder, NULL-terminated, for the journal's table. */
extern const struct step_type *const net_step_types[];

#endif
