/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of links (IFLA_INFO_KIND: "macvlan", "vxlan", ...) as tables: which attributes of the kernel's a kind has, and which
 * key of a config says each. The message that makes such a link, its ip-link(8) line, the comparison with the kernel, the
 * decoder of a config and the journal all come from the two tables of a kind: its options (lib/json.h) and its attributes.
 */
#ifndef NET_KIND_H
#define NET_KIND_H

#include "lib/json.h"
#include "net/addr.h"
#include "net/nl.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct network;

/* How a value stands in its attribute. */
enum kind_form {
	KIND_U8,
	KIND_U16,
	KIND_U32,
	KIND_BE16, /* network order */
	KIND_ADDR, /* a struct ip_addr: one attribute for each family */
	KIND_MACS, /* a struct mac_list, of a macvlan */
};

struct kind_attr {
	const char *
		key; /* of the kind's options, whose row says the rest: member, type, names, range */
	const char *word; /* before the value, in ip-link(8); NULL: the key; "": the value alone */
	const char *off;  /* the word is the value, and this one is that of 0 ("nolearning") */
	enum kind_form form;
	uint16_t type;     /* inside IFLA_INFO_DATA; of IPv4 if it is an address */
	uint16_t type6;    /* of IPv6; of a list, what says that it is all */
	uint32_t fallback; /* what is sent where a config does not say; 0: nothing is */
	uint32_t bias;     /* of values for which 0 means something: ours are larger by so much */
};

/* What a refusal means for a kind. */
struct kind_refusal {
	int code;
	const char *text;
};

struct link_kind {
	const char *name;                  /* as the kernel's and the driver's */
	const struct json_schema *options; /* the driver's */
	const struct kind_attr *attrs;     /* ended by one without a key; NULL: none */
	bool needs_parent;
	/*
	 * Made from the host's namespace, even if it comes to be in the container's: its parent, or the way of its packets,
	 * is the host's.
	 */
	bool outside;
	/* Is one of these made from the container's all the same? May be NULL: none is. */
	bool (*inside)(const void *options);
	bool own_mac;         /* of links on one parent, each has a MAC address of its own */
	uint16_t parent_attr; /* of its parent's index, inside IFLA_INFO_DATA; 0: IFLA_LINK */
	/* That one gets if nobody says more, and it has no parent; 0: that depends, or is not known. */
	uint32_t mtu;
	bool mtu_of_ports;   /* a bridge: that is the least of its ports' (net/bridge_mtu.h) */
	uint32_t txqueuelen; /* 0: that of most */
	/* Bytes that its own headers take of its parent's MTU. NULL: none. */
	unsigned int (*overhead)(const void *options);
	/* Why it has no MAC address of its own ("it shares its parent's"); NULL: it has one. May be NULL: it always has. */
	const char *(*no_mac)(const void *options);
	/* Rules of its own keys. May be NULL. */
	int (*check)(const struct network *n, struct err *err);
	const struct kind_refusal *refusals; /* ended by one without a text */
	/*
	 * Ends with 0. Errors that may come from a link whose namespace was just left by its last process: the kernel takes
	 * it down a moment later (net/core/net_namespace.c: cleanup_net()), and its id, MAC or parent is taken until then.
	 */
	const int *passing;
};

/* The row of refusals that every kind has. */
#define KIND_MISSING(kind)                              \
	{                                               \
		-EOPNOTSUPP, "this kernel has no " kind \
	}

/* Rows of the options of a kind with a parent: T has `char parent[IFNAMSIZ]`. ip-link(8) calls it link. */
/* clang-format off */
#define KIND_PARENT(T) \
	JSON_CHARS(T, "parent", parent), JSON_CHARS(T, "link", parent, .flags = JSON_ALIAS)
/* clang-format on */

/* The kind of that name in this build, or NULL. */
const struct link_kind *link_kind_find(const char *name);

/* The parent that @options name; "" if none, or if the kind has none. */
const char *kind_parent(const struct link_kind *kind, const void *options);

/* See struct link_kind. */
unsigned int kind_overhead(const struct link_kind *kind, const void *options);

/* A copy of what @options say about attributes, and nothing else: no parent, no lists. NULL: out of memory. */
void *kind_copy(const struct link_kind *kind, const void *options);

/* Put IFLA_LINKINFO. @parent: its index, or 0. */
void kind_put(struct nl_msg *m, const struct link_kind *kind, const void *options, uint32_t parent);

/* Put the attributes alone, into what is open: for settings of a kind that are in another place. */
void kind_put_attrs(struct nl_msg *m, const struct link_kind *kind, const void *options);

/* Print " type macvlan mode bridge". @parent: its name, or "". */
void kind_show(const struct link_kind *kind, const void *options, const char *parent, FILE *out);

/* Is @data (IFLA_INFO_DATA, or NULL) as planned? -ESTALE: no, and what differs ("mode is 1, not 4"). */
int kind_compare(const struct link_kind *kind, const void *options, uint32_t parent,
		 const struct nlattr *data, struct err *err);

/* Is @addr, the value of @key, one that a tunnel can have at its other end? -EINVAL: no. */
int kind_check_remote(const char *key, const struct ip_addr *addr, struct err *err);

/* A uint8_t whose default is "on" for some: 0 when missing, else 1 for false and 2 for true (a bias of 1). */
extern const struct json_custom kind_switch_custom;

#endif
