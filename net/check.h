/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that several kinds of keys have in common; what net/check.c and its neighbours share. */
#ifndef NET_CHECK_H
#define NET_CHECK_H

#include "net/network.h"

#include <stdbool.h>

/* A next hop of @family; @key is what it is called. Unset is fine. */
int net_check_gateway(const char *key, const struct ip_addr *a, int family, struct err *err);

/* The family that all given addresses of a route have in common, or 0. */
int net_route_family(const struct net_route *r);

/* @own: of a network, whose interface it leads over. */
int net_route_check(const struct net_route *r, bool own, struct err *err);

#endif
