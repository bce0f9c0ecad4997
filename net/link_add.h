/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that make a link of any kind (net/kind.h), as one `ip link add` does, and mark it. */
#ifndef NET_LINK_ADD_H
#define NET_LINK_ADD_H

#include "net/kind.h"
#include "net/link.h"

struct link_add_args {
	struct net_args at;     /* where the message is sent; link: its parent there, or "" */
	char born[NET_KEY_MAX]; /* the namespace that it comes to be in */
	const struct link_kind *kind;
	char name[IFNAMSIZ];
	struct mac mac;           /* zero: it has none of its own */
	uint32_t mtu, txqueuelen; /* 0: the kernel's */
	bool up;                  /* at once */
	char alias[LINK_ALIAS_MAX]; /* the mark that link.mark will set; "" where it goes with its namespace */
	void *options;              /* of kind->options: kind_copy() */
};

/*
 * One message: it comes to be in its namespace, under its final name, with its MAC and MTU, below a parent that may be in
 * another namespace. Undone only where the namespace stays. Until link.mark, one that is to be marked has an interface group
 * that tells whose it is: the kernel takes no alias with the message that makes a link.
 */
extern const struct net_step_type link_add_step;

struct link_mark_args {
	struct net_args at;
	char alias[LINK_ALIAS_MAX];
};

/* Give a link that was just made its mark. */
extern const struct net_step_type link_mark_step;

/* The interface group of a link with that mark, until it has it. */
uint32_t link_mark_group(const char *alias);

#endif
