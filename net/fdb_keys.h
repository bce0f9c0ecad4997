/* SPDX-License-Identifier: Apache-2.0 */
/* The key `fdb` of a network: entries of the bridge that it is a port of, or of its link itself. */
#ifndef NET_FDB_KEYS_H
#define NET_FDB_KEYS_H

#include "net/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct net_config;
struct net_planner;
struct network;

struct net_fdb_entry {
	struct mac mac;     /* zero: all that has no entry of its own */
	struct ip_addr dst; /* of a vxlan: the other end */
	uint16_t port;      /* ... its UDP port; 0: the vxlan's */
	uint32_t vni;       /* ... the id that it is sent with; 0: the vxlan's */
	uint16_t vlan;      /* of a bridge; 0: any */
	bool self, master;  /* the link's own, or its bridge's; neither: as net_fdb_plan() says */
	bool sticky;        /* of a bridge: it stays, though the MAC turns up at another port */
};

/* Rows of the table of an object @T, whose entry is at @at ("entry."). */
/* clang-format off */
#define NET_FDB_JSON(T, at) \
	JSON_TEXT(T, "mac_address", at mac, &mac_text), \
	JSON_TEXT(T, "mac", at mac, &mac_text, .flags = JSON_ALIAS), \
	JSON_TEXT(T, "dst", at dst, &ip_addr_text), \
	JSON_UINT(T, "port", at port), \
	JSON_UINT(T, "vni", at vni, .max = 0xffffff), \
	JSON_UINT(T, "vlan", at vlan, .max = 4094), \
	JSON_BOOL(T, "self", at self), \
	JSON_BOOL(T, "master", at master), \
	JSON_BOOL(T, "sticky", at sticky)
/* clang-format on */

extern const struct json_schema net_fdb_schema; /* struct net_fdb_entry */

/* Of networks[@i]. */
int net_fdb_check(const struct net_config *c, size_t i, struct err *err);

/*
 * The steps of those entries of @n that belong to @link in @ns: the port on the host (@on_host), or the link in the container. One
 * that does not say whose it is is its bridge's, if it is a port of one, and has no dst; else the link's own.
 */
int net_fdb_plan(const struct net_planner *p, const struct network *n, const char *ns,
		 const char *link, bool on_host, struct err *err);

#endif
