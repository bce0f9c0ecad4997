/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network type is one file in net/drivers/ that ends in one struct net_driver, listed in net/drivers.c.
 *
 * A driver answers one question: which steps make this network's host side and links. It touches
 * nothing itself. What is the same for all types that make a link (bringing it up, addresses,
 * gateways) net_plan() adds.
 */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include "lib/plan.h"
#include "net/net.h"
#include "net/network.h"
#include "net/planner.h"

#include <stdbool.h>

struct link_kind;

/* Takes the destination of a route over a network's link. */
typedef int net_add_route_fn(void *arg, const struct ip_prefix *destination, struct err *err);

struct net_driver {
	const char *type; /* "veth" */
	const char *
		name; /* of an interface without a name; '#' counts those of drivers that have the same */
	bool makes_link; /* in the container, where addresses and gateways apply to it */
	/* What endpoint.host_name sends is what the container receives. */
	bool has_host_end;
	bool host;          /* the host's network: the container has none of its own */
	bool has_queues;    /* as many as `queues` says */
	bool has_remotes;   /* entries of its forwarding database say at which other end a MAC is */
	bool has_ports;     /* other networks may name it as their master */
	bool maps_ports;    /* does what `ports` says by itself: nothing of the host's tables */
	bool own_addresses; /* its link may have some that no key says */
	/* Of a bridge: does it tell VLANs apart? NULL: it is none. */
	bool (*filters_vlans)(const struct network *n);
	const struct json_schema
		*options; /* its own keys, chained to the common ones; NULL: it has none */
	const struct link_kind
		*kind; /* what net/kind_driver.c makes of it; NULL: all below is its own */
	/* Rules of its own keys. May be NULL. */
	int (*check)(const struct network *n, struct err *err);
	/* The name asked for on the host, "" if the driver is to choose; NULL: makes nothing there. */
	const char *(*host_name)(const struct network *n);
	/* The link of the host that its packets come from and go to, once resolved; NULL: they pass the host by, or stay in it. */
	const char *(*host_link)(const struct network *n, const struct endpoint *e);
	/* The bridge that the host's end is a port of, "" for none; NULL: the driver has none. */
	const char *(*bridge)(const struct network *n);
	/* The addresses that are set on the host, on the bridge or the host's end. May be NULL. */
	const struct ip_prefix_list *(*host_addresses)(const struct network *n);
	/* The path of the namespace that the container joins because of it; NULL: the driver joins none. */
	const char *(*joins)(const struct network *n);
	/* Fill in what the host tells; name, mac and host_mac are there already. May be NULL. */
	int (*resolve)(const struct network *n, struct scope *scope, struct endpoint *e,
		       struct err *err);
	/* May be NULL: no steps. */
	int (*plan)(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		    struct err *err);
	/* Steps behind all others: wait for what the kernel does later. May be NULL. */
	int (*plan_ready)(const struct network *n, const struct endpoint *e,
			  const struct net_planner *p, struct err *err);
	/* Call @add for each route over its link that follows from its own keys. May be NULL. */
	int (*routes)(const struct network *n, net_add_route_fn *add, void *arg, struct err *err);
};

/*
 * The driver of @type. -EINVAL with the list of known types, or -EOPNOTSUPP if this build was
 * configured without it.
 */
int net_driver_find(const char *type, const struct net_driver **out, struct err *err);

/* The @i-th driver in this build; NULL behind the last. */
const struct net_driver *net_driver_at(size_t i);

/* The @i-th table of options of all drivers in this build; NULL behind the last. */
const struct json_schema *net_driver_options(size_t i);

/* The type of the @i-th driver, and its options: struct json_schema.variant. */
const char *net_driver_type(size_t i, const struct json_schema **options);

/* Are the common keys of @n all unset? Else -EINVAL: "mtu: @why". For types that change nothing. */
int net_check_untouched(const struct network *n, const char *why, struct err *err);

/* What shapes a network, and what waits for it, as net_plan() has them. */
int net_plan_shaping(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		     struct err *err);
int net_plan_ready(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		   struct err *err);

extern const struct net_driver loopback_driver, veth_driver, netns_driver;
extern const struct net_driver macvlan_driver, macvtap_driver, ipvlan_driver, vlan_driver;
extern const struct net_driver vxlan_driver, geneve_driver, tap_driver, tun_driver;
extern const struct net_driver wireguard_driver;
extern const struct net_driver dummy_driver, ifb_driver, vrf_driver, bridge_driver, host_driver;
extern const struct net_driver host_device_driver, pasta_driver;

#endif
