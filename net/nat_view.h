/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of the host that lead to a container, as the kernel has them. */
#ifndef NET_NAT_VIEW_H
#define NET_NAT_VIEW_H

#include "lib/err.h"
#include "net/nat.h"

#include <stddef.h>

/* Ports that follow one another are one, as in a config. */
struct nat_port {
	struct port_map map; /* all of it; any host address is 0.0.0.0, or :: */
	struct ip_addr to;   /* the container's address */
};

struct nat_port_list {
	struct nat_port *items; /* sorted: IPv4 first, then by protocol, port, and host address */
	size_t count;
};

/* Called with an address that a port leads to: is it the container's? Others may have its id. */
typedef bool nat_address_fn(const void *arg, const struct ip_addr *to);

/*
 * Read those of the container @id from ctrnet's table in the namespace of @sock, net_stats_open_netfilter()'s, which is taken, also on
 * failure. No table is no ports.
 */
int nat_ports_read(int sock, const char *id, nat_address_fn *is_its, const void *arg,
		   struct nat_port_list *list, struct err *err);
void nat_ports_release(struct nat_port_list *list);

/* A list of them, as the member @key of the object that is open. */
void nat_ports_write(struct json_writer *w, const char *key, const struct nat_port_list *list);

#endif
