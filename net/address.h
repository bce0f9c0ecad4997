/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of links (ip-address(8)). */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "net/link.h"
#include "net/route_keys.h"

struct address {
	uint32_t index; /* of its link */
	struct ip_prefix prefix;
	uint8_t proto;  /* IFA_PROTO: who set it; NL_PROTO_CTRNET: we */
	uint32_t flags; /* IFA_F_* */
	struct ip_addr peer;
	uint8_t scope;             /* RT_SCOPE_* */
	uint32_t valid, preferred; /* seconds that are left; UINT32_MAX: for ever */
	char label[IFNAMSIZ];
};

/* Read an RTM_NEWADDR message; -EBADMSG if it is none or is cut short. */
int address_parse(const struct nlmsghdr *msg, struct address *out);

struct address_args {
	struct net_args at;
	struct ip_prefix prefix;
	/* As struct net_address has them. */
	struct ip_addr peer;
	int scope;
	uint32_t valid, preferred;
	char label[IFNAMSIZ];
	bool dad; /* with duplicate address detection */
};

/* The address as the kernel has it; out->index 0 if it does not. */
int address_find(struct scope *scope, const struct address_args *a, struct address *out,
		 struct err *err);

/*
 * Give a link an address, marked as ours, without a broadcast address (as ip(8) does) and, for IPv6,
 * without duplicate address detection, unless it is asked for: usable at once. Undone only if the mark is there.
 */
extern const struct net_step_type addr_add_step;

/*
 * The same for a bridge, which several containers may ask for: a shared step, before the clone. An
 * address that is there already, whoever set it, is fine.
 */
extern const struct net_step_type addr_bridge_step;

/*
 * Wait until the namespace answers for an IPv6 address: the kernel takes it up later, from a work
 * queue (net/ipv6/addrconf.c: addrconf_dad_work()), even without duplicate address detection.
 */
extern const struct step_type addr_ready_step;

extern const struct json_schema address_args_schema;

#endif
