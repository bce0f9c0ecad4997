/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generic netlink (linux/genetlink.h): families of the kernel's that are found by name ("wireguard", "ethtool"), each with commands
 * and attributes of its own. Messages are built, sent and read as all others (net/nl.h); what is here finds a family, and
 * writes and reads its header.
 *
 *	struct genl g;
 *	int ret = genl_for(scope, SCOPE_CONTAINER, "wireguard", &g, err);
 *
 *	if (ret < 0)
 *		return ret;
 *	nl_put_str(genl_batch_add(&g, &b, WG_CMD_GET_DEVICE, 0, 0), WGDEVICE_A_IFNAME, "wg0");
 *	ret = nl_dump(g.nl, &b, see, &look, err);
 */
#ifndef NET_GENL_H
#define NET_GENL_H

#include "net/nl.h"

#include <linux/genetlink.h>

/* A family, and the namespace in which it is talked to. Nothing to release. */
struct genl {
	struct nl *nl; /* the scope's */
	uint16_t id;   /* the type of its messages */
	uint8_t version;
};

/*
 * Find the family @name as namespace @key of the scope has it. Both the socket and what was found are kept in the scope, so asking
 * again costs nothing. The kernel may load a module for it. -EOPNOTSUPP: this kernel has none.
 */
int genl_for(struct scope *scope, const char *key, const char *name, struct genl *out,
	     struct err *err);

/* The same over @nl, a generic netlink conversation of the caller's, and nothing is kept. */
int genl_find(struct nl *nl, const char *name, struct genl *out, struct err *err);

/* Start a message with the command @cmd, header and all; acks and dumps as of any message. */
struct nl_msg *genl_batch_add(const struct genl *g, struct nl_batch *b, uint8_t cmd, uint16_t flags,
			      size_t tag);

/*
 * Fill @table[0..@max] with the attributes of an answer, as nl_attrs() does. The answer's command, or -EBADMSG, if it is another
 * family's or is cut short.
 */
int genl_attrs(const struct genl *g, const struct nlmsghdr *msg, const struct nlattr **table,
	       uint16_t max);

#endif
