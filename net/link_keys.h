/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a network about its link that all types have in common: sysctl, group, altnames, queues, offloads, up. */
#ifndef NET_LINK_KEYS_H
#define NET_LINK_KEYS_H

#include "net/driver.h"

/* What no key alone can tell. */
int net_link_check(const struct network *n, struct err *err);

/* Settings of the link in /proc/sys, before it is up. */
int net_link_plan_sysctls(const struct net_planner *p, const struct network *n, const char *link,
			  struct err *err);
/* What it does itself of a packet's work. */
int net_link_plan_offloads(const struct net_planner *p, const struct network *n, const char *link,
			   struct err *err);
/* Its group, and further names. */
int net_link_plan_set(const struct net_planner *p, const struct network *n, const char *link,
		      struct err *err);

#endif
