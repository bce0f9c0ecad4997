/* SPDX-License-Identifier: Apache-2.0 */
/* The words of routes and policy rules, as configs and journals have them: types, scopes, tables, next hops. */
#ifndef NET_ROUTE_KEYS_H
#define NET_ROUTE_KEYS_H

#include "lib/json.h"
#include "net/addr.h"

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* RTN_* (rtnetlink(7)); unicast is the default, so 0 means it, too. */
extern const struct json_name route_type_names[];

/* Of what an IPv4 route leads to. The kernel's own numbers have no room for "not given". */
enum route_scope {
	ROUTE_SCOPE_AUTO, /* link without a gateway, host for local addresses, else global */
	ROUTE_SCOPE_GLOBAL,
	ROUTE_SCOPE_SITE,
	ROUTE_SCOPE_LINK,
	ROUTE_SCOPE_HOST,
};
extern const struct json_name route_scope_names[];

/* The name of @value in such a table, or NULL. */
const char *route_name(const struct json_name *names, int value);

/* uint32_t: the number of a routing table, or one of "main", "local", "default". 0: not given. */
extern const struct json_custom route_table_json;

#define ROUTE_TABLE_TEXT_MAX 12
const char *route_table_format(uint32_t table, char *buf, size_t size);

/* One of several ways to the same destination. */
struct route_hop {
	struct ip_addr gateway; /* none: what the route leads to is on the link */
	char link[IFNAMSIZ];
	uint32_t weight; /* 1 to 256; 0: 1 */
};
extern const struct json_schema route_hop_schema;

#endif
