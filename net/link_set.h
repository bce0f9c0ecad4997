/* SPDX-License-Identifier: Apache-2.0 */
/* The step that gives a link of ours what can be set behind its making: its group, and further names. */
#ifndef NET_LINK_SET_H
#define NET_LINK_SET_H

#include "net/link.h"

/* ALTIFNAMSIZ of linux/if.h: the longest further name, NUL included. */
#define LINK_ALTNAME_MAX 128

struct link_set_args {
	struct net_args at;
	uint32_t group;  /* 0: the default one */
	char **altnames; /* or NULL */
};

/* As link_name_check(), but longer. */
int link_altname_check(const char *name, struct err *err);

/* Not undone: it goes with the link. */
extern const struct net_step_type link_set_step;

#endif
