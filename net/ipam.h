/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses out of subnets (keys "subnet", "ranges", "exclude" of a network).
 *
 * Of each subnet the container gets one address: the next one that is free, unless address, ipv6_address or addresses give one or
 * more of that subnet. Either way they are reserved (net/reserve.h), so that no other container gets them.
 *
 * Each subnet has a gateway: the one that is given and is in it; else the first bridge_address (or host_address) in it; else its first
 * address. That one is never chosen. On a bridge of ours (one that a container has made, or that will be made) it is
 * the bridge's address, unless a bridge_address in that subnet is given. Where the bridge has it by that, and neither a gateway of
 * the family nor a default route is declared anywhere, it becomes the default route: of the first subnet that there is.
 */
#ifndef NET_IPAM_H
#define NET_IPAM_H

#include "net/driver.h"
#include "net/pool.h"

int ipam_check(const struct network *n, struct err *err);
int ipam_check_pair(const struct network *a, const struct network *b, struct err *err);

/* Choose, for all networks, and keep others from choosing until it is reserved; or, for a dry run, only look. */
int ipam_resolve(const struct net_config *c, struct scope *scope, struct endpoint *ends,
		 struct err *err);

/* Append the steps that reserve what was chosen and what is given. */
int ipam_plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
	      struct err *err);

/*
 * The config as if all that resolve chose had been given: addresses and gateways. That is what planners see. It shares the rest with
 * @c, and is released before that.
 */
int ipam_settle(const struct net_config *c, const struct endpoint *ends, struct net_config *out,
		struct err *err);
void ipam_settled_release(struct net_config *settled);

/* The address that the bridge gets for the @i-th subnet; false if it gets none besides what is given. */
bool ipam_bridge_address(const struct network *n, const struct endpoint *e, size_t i,
			 struct ip_prefix *out);

/* --- What follows from the declaration alone --- */

/* The @i-th address that is given, or NULL behind the last; one of no family is unset. *@key: of the config. */
const struct ip_prefix *ipam_given(const struct network *n, size_t i, const char **key);
/* Is one given in the @i-th subnet? */
bool ipam_is_given(const struct network *n, size_t i);
struct ip_addr ipam_gateway(const struct network *n, size_t i);
/* Is there a bridge? */
bool ipam_has_bridge(const struct network *n);
/* Is one of the addresses that are given for the host's side in @r? The first one, or NULL. */
const struct ip_addr *ipam_host_address(const struct network *n, const struct ip_range *r);
/* Do the first and the last address of a subnet mean the network itself (or any router), and everybody? */
bool ipam_has_edges(const struct ip_prefix *subnet);
/* What may be chosen of the @i-th subnet. */
int ipam_rule(const struct network *n, size_t i, struct pool_rule *out, struct err *err);

#endif
