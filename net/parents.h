/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks on networks of the same container: a vlan on eth0. A parent is named; if another network of the container has that name,
 * it is meant, and else the host's interface.
 */
#ifndef NET_PARENTS_H
#define NET_PARENTS_H

#include "net/network.h"

#include <stdbool.h>

/* Does networks[@i] lie on another one? Its index goes to *@out. */
bool net_parent_inside(const struct net_config *c, size_t i, size_t *out);

/* The same of its master. */
bool net_master(const struct net_config *c, size_t i, size_t *out);

/* What can be said of parents and masters without the host: loops, MTUs that do not fit, masters that are none. */
int net_check_parents(const struct net_config *c, struct err *err);

/* Fill @order (c->network_count indexes): parents first, else as they are declared. There are no loops. */
void net_parents_order(const struct net_config *c, size_t *order);

#endif
