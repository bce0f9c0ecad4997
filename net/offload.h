/* SPDX-License-Identifier: Apache-2.0 */
/* The step that switches what a link does itself of a packet's work (ethtool(8), "-K"). */
#ifndef NET_OFFLOAD_H
#define NET_OFFLOAD_H

#include "net/offload_keys.h"
#include "net/step.h"

struct offload_args {
	struct net_args at;
	struct offload_list offloads;
};

/*
 * Switch those features that the names mean; a feature's own name counts more than that of a group it is in. What the link cannot
 * switch, or the kernel leaves as it was, is an error, unless it is as wanted anyhow. Not undone: it goes with the link.
 */
extern const struct step_type link_offloads_step;

/*
 * For a link that is to be again as it was: append to @out what @link in the namespace @ns is told to do, of what it can switch,
 * and tell it that again. -EOPNOTSUPP: the kernel has no netlink for it.
 */
int offload_look(struct scope *scope, const char *ns, const char *link, struct offload_list *out,
		 struct err *err);
int offload_restore(struct scope *scope, const char *ns, const char *link,
		    const struct offload_list *list, struct err *err);

#endif
