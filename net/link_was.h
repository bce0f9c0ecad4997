/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a link of the host's was like before it left, for when it comes home: what the kernel forgets of a link that changes
 * its namespace (net/core/dev.c: __dev_change_net_namespace()), and what somebody may change of it elsewhere.
 */
#ifndef NET_LINK_WAS_H
#define NET_LINK_WAS_H

#include "net/link.h"
#include "net/offload_keys.h"
#include "net/port_was.h"

struct link_was {
	uint32_t index;
	uint32_t flags; /* IFF_*, those that a person can set */
	struct mac mac;
	uint32_t mtu, txqueuelen, group;
	char kind[16];
	char alias[LINK_ALIAS_MAX];
	char master[IFNAMSIZ]; /* "": it was nobody's port */
	struct port_was port;  /* ... or not a bridge's */
	char **altnames;       /* or NULL */
	struct json_pair
		*sysctl; /* settings that were not as by default: "ipv6/conf/eth1/accept_ra" */
	size_t sysctl_count;
	struct offload_list offloads; /* those that it can switch; none: the kernel does not tell */
	/*
	 * The kernel's own messages about them, from behind the netlink header, in hexadecimal, as `ip address save` and `ip route
	 * save` keep them: what this version knows nothing of comes back as well. Neighbours are those that a person set. Routes
	 * are those that go with the link and that the kernel does not make by itself; what is on the link comes first.
	 */
	char **addresses, **neighbors, **routes;
	uint64_t at; /* seconds since boot, for what is left of lifetimes */
};

extern const struct json_schema link_was_schema;

/* What the link @name of the host's is like now. -ENODEV: there is none. */
int link_was_look(struct scope *scope, const char *name, struct link_was *out, struct err *err);

/*
 * Make @link of the host's, which is called @name again, like that again; what is so already stays. What
 * the host refuses by now (a master that is gone, a route that another link has) is told by log_warn(), and the rest is done. Ends with the
 * alias, which until then says that all of it is to be done.
 */
int link_was_restore(struct scope *scope, const char *name, const struct link *link,
		     const struct link_was *was, struct err *err);

/* Further names of the link @index, in the namespace of @nl, that are not in @wanted (NULL: none) are taken from it. */
int link_drop_altnames(struct nl *nl, uint32_t index, char *const *wanted, struct err *err);

#endif
