/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links (network interfaces) as the kernel describes them, and the step types that work on links of
 * any kind. What makes links is in files of their own: net/veth.c, net/bridge.c.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "lib/plan.h"
#include "net/addr.h"
#include "net/nl.h"
#include "net/step.h"

#include <linux/if.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* IFALIASZ of linux/if.h: the longest alias, NUL included. */
#define LINK_ALIAS_MAX 256

struct link {
	uint32_t index; /* 0: there is no such link */
	uint32_t flags; /* IFF_* */
	char name[IFNAMSIZ];
	char kind[16]; /* "veth", "bridge", ...; "" for lo and hardware */
	char alias[LINK_ALIAS_MAX];
	struct mac mac;
	uint32_t mtu, txqueuelen;
	uint32_t master;        /* index of the bridge it is a port of, or 0 */
	uint32_t group;         /* of interfaces; 0 unless somebody set it */
	uint8_t operstate;      /* IF_OPER_* (RFC 2863) */
	uint8_t hairpin;        /* of a bridge port */
	uint8_t vlan_filtering; /* of a bridge */
	uint16_t default_pvid;  /* of a bridge: the VLAN that new ports are in; 0: none */
	uint32_t stp_state;     /* of a bridge; 0: off */
	uint32_t peer; /* IFLA_LINK: index of the other end of a veth, in its namespace; else of what it stands on */
	int32_t peer_nsid; /* of the namespace that `peer` is in, as the one that was asked calls it; -1: its own */
	uint32_t carrier_changes; /* how often the driver has said that there is carrier, or is none */
};

/* Read an RTM_NEWLINK message; -EBADMSG if it is none or is cut short. */
int link_parse(const struct nlmsghdr *msg, struct link *out);

/* Ask for the link @name (or one with that alternative name) in a batch; the answer is for link_parse(). */
void link_put_get(struct nl_batch *b, const char *name, size_t tag);

/* The same for an index. */
void link_put_get_index(struct nl_batch *b, uint32_t index, size_t tag);

/* The link @name; 0 with out->index 0 if there is none. */
int link_find(struct nl *nl, const char *name, struct link *out, struct err *err);
/* The same for an index. */
int link_find_index(struct nl *nl, uint32_t index, struct link *out, struct err *err);

/* link_find() in the namespace @ns of a scope, whose socket *@nl is then; @nl may be NULL. */
int link_find_in(struct scope *scope, const char *ns, const char *name, struct nl **nl,
		 struct link *out, struct err *err);
/* The same, for who compares it with a plan: -ENOENT if there is none. */
int link_find_there(struct scope *scope, const char *ns, const char *name, struct nl **nl,
		    struct link *out, struct err *err);

/*
 * The first link in the namespace of @nl of which @is says so, in the kernel's order; out->index 0 if there is none. A dump of
 * all: for when there is no name to go by.
 */
int link_search(struct nl *nl, bool (*is)(const struct link *link, const void *arg),
		const void *arg, struct link *out, struct err *err);

/* Start a message that changes the link @index. @up: and bring it up. */
struct nl_msg *link_put_change(struct nl_batch *b, uint32_t index, bool up);
/* Give @link back its @name. Before 6.2 the kernel renames only what is down: then it is taken down for that. */
int link_rename(struct nl *nl, const struct link *link, const char *name, struct err *err);

/* What a network may say of any link: a MAC address, an MTU and a queue's length, each unless it is zero. */
void link_put_settings(struct nl_msg *m, const struct mac *mac, uint32_t mtu, uint32_t txqueuelen);
/* The same as words of an ip-link(8) line, each with a blank in front. */
void link_show_settings(FILE *out, const struct mac *mac, uint32_t mtu, uint32_t txqueuelen);

/* Start a message about the link @name. @up: and bring it up, touching no other flag. */
struct nl_msg *link_put_name(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
			     const char *name, bool up);

/* As the kernel's dev_valid_name(), and no '%', which it would take for a pattern, nor control characters. */
int link_name_check(const char *name, struct err *err);

/* --- Marks --- */

/* The id of the container whose mark it carries, or NULL: a stranger's, or shared by several. */
const char *link_owner(const struct link *link);
#define LINK_MARK "ctrnet:"
/* What belongs to several containers; an id cannot contain a colon. */
#define LINK_MARK_SHARED "ctrnet:shared:"

/*
 * The interface group (ip-link(8)) of what we made on the host for packets to come and go by: bridges, and ends of veth pairs. Rules
 * about all networks of ours (net/nft_layout.c) go by it.
 */
#define LINK_GROUP NL_PROTO_CTRNET

/* --- Removing --- */

/*
 * Delete @link in namespace @key. Returns when its name is free, which is long before the kernel has
 * waited for the last reader of its memory: that waiting (17 to 30 ms) is left to a helper process,
 * which nobody needs to wait for.
 */
int link_delete(struct scope *scope, const char *key, const struct link *link, struct err *err);

/* --- Steps --- */

/* Of link.up, link.down, link.borrow and link.ready. */
struct link_args {
	struct net_args at;
	bool raised;     /* of link.borrow: it was down */
	uint64_t cookie; /* of link.borrow: nl_netns_cookie() */
};

/* Bring up a link of ours. Not undone: the link goes with whatever made it. */
extern const struct net_step_type link_up_step;
/* Keep a link of ours down. */
extern const struct net_step_type link_down_step;
/* Bring up a link that is not ours (lo of a joined namespace), and shared: goes down again with its last user, if it was down. */
extern const struct net_step_type link_borrow_step;
/* Wait until a veth end, and the bridge that it is a port of, have seen that there is carrier. */
extern const struct step_type link_ready_step;

/* Of link.follow. */
struct link_follow_args {
	struct net_args at;
	char parent_ns[NET_KEY_MAX];
	char parent[IFNAMSIZ];
};

/* Wait until a link has seen the carrier that its parent has; one whose parent has none has nothing to wait for. */
extern const struct step_type link_follow_step;

#endif
