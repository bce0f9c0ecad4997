/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a network has of address translation: masquerade, snat, ports, isolate, internal.
 *
 * The keys are the same for all types that say through which link of the host their packets go (net_driver.host_link).
 * A build without NFT has the keys too, and refuses them (net/nft_none.c).
 */
#ifndef NET_NAT_H
#define NET_NAT_H

#include "lib/err.h"
#include "lib/json.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stdint.h>

/* Bridges of somebody else's that containers have ports at, as far as isolated networks know them. */
#define NAT_FOUND_MAX 64

/* Elements of the kernel's maps that one network may ask for. */
#define NAT_PORTS_MAX 4096

/* From first to last; zero: not given. */
struct port_range {
	uint16_t first, last;
};

struct port_map {
	struct port_range host;
	struct port_range container; /* zero: the same */
	int protocol;                /* IPPROTO_*; 0: TCP */
	struct ip_addr host_address; /* no address: any, of both families; 0.0.0.0 or ::, of one */
};

/* Addresses that what leaves gets as its source: at most one per family. */
struct nat_sources {
	struct ip_addr ipv4, ipv6;
};

extern const struct json_schema port_map_schema;
extern const struct json_custom nat_sources_custom;

struct network;
struct net_config;
struct net_planner;
struct endpoint;
struct plan;
struct scope;

/* Does @n ask for any of it, other than what its driver does by itself? Then *@key is the first key that does (NULL is allowed). */
bool nat_wanted(const struct network *n, const char **key);

/* The network's first address of @family, or NULL. */
const struct ip_addr *nat_address(const struct network *n, int family);

/* The ports of one map. */
unsigned int port_map_count(const struct port_map *m);
/* The container's first one. */
uint16_t port_map_to(const struct port_map *m);
/* IPPROTO_* and its name. */
int port_map_protocol(const struct port_map *m);
const char *port_protocol_name(int protocol);
/* Is @m about the host's addresses of @family, where the container has @address of it (NULL: none)? */
bool port_map_is_of(const struct port_map *m, int family, const struct ip_addr *address);
/* Both families, or one of them, and none in particular. */
bool port_map_any_address(const struct port_map *m);

/* Rules that need no kernel; ports that two networks of @c want, too. Errors name networks[]. */
int nat_check(const struct network *n, struct err *err);
int nat_check_pair(const struct network *a, const struct network *b, size_t a_index, size_t b_index,
		   struct err *err);

/* --- In a build with NFT (net/nat.c); else refusals (net/nft_none.c) --- */

/* 0, or -EOPNOTSUPP: this build has no nftables. */
int nat_supported(struct err *err);

/*
 * Is what @n asks for free: ports of other containers, and of the host's programs; is the table ours? Looks, too, for what an isolated
 * network is to be kept from, and whether one on a bridge of somebody else's has to say that it is ours.
 */
int nat_resolve(const struct network *n, struct scope *scope, struct endpoint *e, struct err *err);

/* What containers share: the table, forwarding, links. All networks' come before any nat_plan(). */
int nat_plan_shared(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		    struct err *err);
/* The network's own elements, which leave in one transaction with those of its neighbours. */
int nat_plan(const struct net_planner *p, const struct network *n, const struct endpoint *e,
	     struct err *err);

/* For who has lost the plan: append steps that made the elements that have the container's mark. */
int nat_salvage(struct scope *scope, struct plan *plan, struct err *err);

/* The table as a shared thing: who has elements is one of its users. */
#define NAT_TABLE_KEY "nft.table"

/* Told of an element whose container is gone; @why NULL, or why it stays. */
typedef void nat_found_fn(void *arg, const char *name, const char *why);
/*
 * Take back the elements of containers that are none of the table's users, or with @dry_run only tell of them. Without the record of these
 * nobody knows, and all stay.
 */
int nat_collect(struct scope *scope, bool dry_run, nat_found_fn *found, void *arg, struct err *err);

#endif
