/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_NAT_PORTS_H
#define NET_NAT_PORTS_H

#include "lib/scope.h"
#include "net/network.h"
#include "net/nl.h"

/* The table's maps of host ports; ended by NULL. */
extern const char *const nat_port_sets[];

/*
 * Are the host's ports that @n wants free? -EADDRINUSE: another container has one (by @nl's table; NULL: there is none to ask), or
 * a program of the host's listens there. Where that cannot be told, they are.
 */
int nat_ports_free(const struct network *n, struct scope *scope, struct nl *nl, struct err *err);

#endif
