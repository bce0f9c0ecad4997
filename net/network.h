/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed `networks` and `routes` of a config: what was declared, nothing of what the host has.
 *
 * Keys common to all types live in struct network. A driver's own keys are decoded by its options
 * table into `options`. The same JSON keys hold in every config format.
 */
#ifndef NET_NETWORK_H
#define NET_NETWORK_H

#include "lib/err.h"
#include "lib/json.h"
#include "net/addr.h"
#include "net/dns.h"
#include "net/fdb_keys.h"
#include "net/nat.h"
#include "net/offload_keys.h"
#include "net/port_keys.h"
#include "net/range.h"
#include "net/route_keys.h"
#include "net/shaping.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_driver;

struct net_route {
	int type;                     /* RTN_*; 0: unicast */
	struct ip_prefix destination; /* zero family = default route of the other addresses' family */
	struct ip_addr source;        /* preferred source; a prefix is accepted, its mask dropped */
	struct ip_addr gateway;
	char interface_name[IFNAMSIZ]; /* inside the container; of a network's own routes always "" */
	uint32_t metric, table;        /* 0: the kernel's default; main, or local for that type */
	int scope;                     /* enum route_scope */
	bool onlink;                   /* the gateway is on the link, whatever the addresses say */
	uint32_t mtu, advmss;
	struct route_hop *hops; /* several ways, instead of gateway and interface_name */
	size_t hop_count;
};

/* One of the addresses of a network, with what may be said of it. */
struct net_address {
	struct ip_prefix prefix;
	struct ip_addr peer;       /* the other end of a point-to-point link, or none */
	int scope;                 /* enum route_scope, of IPv4 */
	uint32_t valid, preferred; /* lifetimes in seconds; 0: for ever */
	char label[IFNAMSIZ];      /* of IPv4; "": the interface's name */
};

struct net_address_list {
	struct net_address *items;
	size_t count;
};

/* Append a copy; -ENOMEM leaves the list as it was. */
int net_address_list_add(struct net_address_list *list, const struct net_address *a);
void net_address_list_release(struct net_address_list *list);
extern const struct json_custom net_address_list_custom;

extern const struct json_custom net_up_custom;

struct net_neighbor {
	struct ip_addr address;
	struct mac mac;
	int state;  /* NUD_*; 0: permanent */
	bool proxy; /* answer for the address with the interface's own MAC address */
};
extern const struct json_schema net_neighbor_schema;

struct network {
	const struct net_driver *driver; /* "type"; never NULL once decoded */
	char name[IFNAMSIZ]; /* inside the container; "" = the driver's default (lo; eth0, eth1, ...) */
	struct mac mac_address;   /* zero = derived from the run directory and the name */
	struct ip_prefix address; /* with host bits, as the samples have them */
	struct ip_prefix ipv6_address;
	struct net_address_list addresses; /* further ones, either family */
	bool dad; /* let the kernel look whether somebody has the IPv6 addresses already */
	struct ip_prefix_list subnets; /* an address of each, chosen if none is given: net/ipam.h */
	struct ip_range_list ranges;   /* what is chosen from; none in a subnet: all of it */
	struct ip_range_list exclude;  /* what is never chosen */
	struct ip_addr
		gateway; /* IPv4 default route; "localhost" is 127.0.0.1; ignored by the loopback driver */
	struct ip_addr ipv6_gateway;
	uint32_t metric;          /* of the gateways' routes; 0: the kernel's default */
	struct net_route *routes; /* over this interface */
	size_t route_count;
	struct net_neighbor *neighbors;
	size_t neighbor_count;
	struct net_fdb_entry *fdb;
	size_t fdb_count;
	/* How fast and how badly packets get through. */
	struct shaping shaping;
	char master[IFNAMSIZ]; /* another network, of a type with ports, that it is a port of; "" = none */
	struct port_keys port; /* of a bridge */
	uint32_t mtu;          /* 0 = leave */
	uint32_t txqueuelen;   /* 0 = leave */
	uint32_t queues;       /* for sending, and as many for receiving; 0: one */
	uint32_t group;
	char **altnames;          /* further names, which may be long */
	struct json_pair *sysctl; /* "ipv4.rp_filter" */
	size_t sysctl_count;
	struct offload_list offloads;
	bool down;               /* "up" is false */
	bool masquerade;         /* what leaves the subnet has the host's address */
	struct nat_sources snat; /* or one of these */
	struct port_map *ports;
	size_t port_count;
	bool isolate;       /* no forwarding to and from other networks of ours */
	bool internal;      /* no forwarding at all */
	struct net_dns dns; /* further words for the container's resolv.conf, whatever the type */
	void *options;      /* of driver->options, or NULL */
};

/* Of a packet's mark: those bits of it that are in the mask. No mask: not given. */
struct rule_mark {
	uint32_t value, mask;
};
#define RULE_MARK_TEXT_MAX 24
const char *rule_mark_format(const struct rule_mark *m, char *buf, size_t size);

struct net_rule {
	int family;                        /* 0: that of the prefixes, else IPv4 */
	struct ip_prefix from, to;         /* zero family: all */
	char iif[IFNAMSIZ], oif[IFNAMSIZ]; /* names of interfaces, or "" */
	struct rule_mark mark;
	uint32_t table;
	uint32_t priority; /* 0: by its place in the list */
	int action;        /* FR_ACT_*; 0: look up the table */
};
extern const struct json_name net_rule_action_names[];

struct net_config {
	struct network *networks;
	size_t network_count;
	struct net_route *routes;
	size_t route_count;
	struct net_rule *rules;
	size_t rule_count;
	bool dad_given; /* no key: the config sets NET_DAD_SYSCTL itself, among its sysctls */
	/* No keys: the container runs, with so many of the networks; the others, and nothing else, are to be added. */
	bool live;
	size_t standing;
	struct net_dns dns;
	struct json_pair *hosts; /* from names to addresses */
	size_t host_count;
};

/* What links that will be made get, with slashes. */
#define NET_DAD_SYSCTL "net/ipv6/conf/default/accept_dad"

extern const struct json_schema network_schema;   /* struct network */
extern const struct json_schema net_route_schema; /* struct net_route */
extern const struct json_schema net_rule_schema;  /* struct net_rule */

#endif
