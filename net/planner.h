/* SPDX-License-Identifier: Apache-2.0 */
/* How drivers, and what is common to them, put steps into a plan. */
#ifndef NET_PLANNER_H
#define NET_PLANNER_H

#include "lib/err.h"
#include "lib/plan.h"
#include "net/addr.h"

/* Where a driver's steps go. */
struct net_planner {
	struct plan *plan;
	const char *mark;   /* what our links carry */
	const char *origin; /* "networks[0] (eth0)" */
	const char *
		owner; /* of the steps: the network's name in the container; NULL: the plan itself */
};

/*
 * plan_add() with the planner's origin and owner. @shared may be NULL; a shared step that is planned already gets one owner more.
 */
int net_planner_add(const struct net_planner *p, const struct step_type *type, const char *ns,
		    const char *shared, const void *args, struct err *err);

/* Steps about one link, or one address of a link, in namespace @ns. */
int net_plan_link(const struct net_planner *p, const struct step_type *type, const char *ns,
		  const char *link, struct err *err);
int net_plan_address(const struct net_planner *p, const struct step_type *type, const char *ns,
		     const char *link, const struct ip_prefix *prefix, struct err *err);
/* Wait for an address that was planned; only IPv6 needs it. */
int net_plan_address_ready(const struct net_planner *p, const char *ns, const char *link,
			   const struct ip_prefix *prefix, struct err *err);

#endif
