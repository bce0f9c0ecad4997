// SPDX-License-Identifier: Apache-2.0
#include "net/planner.h"

#include "lib/str.h"
#include "net/address.h"
#include "net/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static struct step *find_planned(const struct plan *p, const char *shared)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].shared && !strcmp(p->steps[i].shared, shared))
			return &p->steps[i];
	return NULL;
}

/* What is the container's as a whole stays so. */
static int plan_for_more(struct step *step, const char *owner, struct err *err)
{
	if (!owner || !step->owner)
		return 0;
	return step_add_owner(step, owner) < 0 ? err_oom(err) : 0;
}

int net_planner_add(const struct net_planner *p, const struct step_type *type, const char *ns,
		    const char *shared, const void *args, struct err *err)
{
	/* plan_add() copies the strings; its struct has no place for const. */
	const struct step where = { .ns = (char *)ns,
				    .origin = (char *)p->origin,
				    .shared = (char *)shared,
				    .owner = (char *)p->owner };
	struct step *planned = shared ? find_planned(p->plan, shared) : NULL;

	if (planned)
		return plan_for_more(planned, p->owner, err);
	return plan_add(p->plan, type, &where, args, err);
}

int net_plan_link(const struct net_planner *p, const struct step_type *type, const char *ns,
		  const char *link, struct err *err)
{
	struct link_args args = { 0 };

	if (str_copy(args.at.ns, sizeof(args.at.ns), ns) < 0 ||
	    str_copy(args.at.link, sizeof(args.at.link), link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s: %s", ns, link);
	return net_planner_add(p, type, ns, NULL, &args, err);
}

int net_plan_address(const struct net_planner *p, const struct step_type *type, const char *ns,
		     const char *link, const struct ip_prefix *prefix, struct err *err)
{
	struct address_args args = { .prefix = *prefix };

	if (str_copy(args.at.ns, sizeof(args.at.ns), ns) < 0 ||
	    str_copy(args.at.link, sizeof(args.at.link), link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s: %s", ns, link);
	return net_planner_add(p, type, ns, NULL, &args, err);
}

int net_plan_address_ready(const struct net_planner *p, const char *ns, const char *link,
			   const struct ip_prefix *prefix, struct err *err)
{
	if (prefix->addr.family != AF_INET6)
		return 0;
	return net_plan_address(p, &addr_ready_step, ns, link, prefix, err);
}
