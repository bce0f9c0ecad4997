// SPDX-License-Identifier: Apache-2.0
/* Networks that go while the container runs on. */
#include "net/address.h"
#include "net/attach.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/ifb.h"
#include "net/kind.h"
#include "net/link_add.h"
#include "net/neigh.h"
#include "net/parents.h"
#include "net/qdisc.h"
#include "net/tuntap.h"
#include "net/veth.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Which one --- */

int net_attach_find(const struct net_config *c, const char *name, size_t *out, struct err *err)
{
	const char *sep = " (there are ";
	char its[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		net_config_name(c, i, its);
		if (!c->networks[i].driver->makes_link || strcmp(its, name))
			continue;
		*out = i;
		return 0;
	}
	err_set(err, -ENODEV, "no network of the container has the name '%s'", name);
	for (size_t i = 0; i < c->network_count; i++) {
		net_config_name(c, i, its);
		if (!c->networks[i].driver->makes_link)
			continue;
		err_append(err, "%s%s", sep, its);
		sep = ", ";
	}
	return err_append(err, *sep == ',' ? ")" : " (it has none that could be named)");
}

/* --- Who needs it --- */

static void add_user(struct err *err, const char *what, const char *name)
{
	if (err->code < 0)
		err_append(err, ", %s %s", what, name);
	else
		err_set(err, -EBUSY, "%s %s", what, name);
}

static void find_users(const struct net_config *c, size_t i, const char *name, struct err *err)
{
	char other[IFNAMSIZ];
	size_t parent;

	for (size_t j = 0; j < c->network_count; j++) {
		net_config_name(c, j, other);
		if (net_parent_inside(c, j, &parent) && parent == i)
			add_user(err, "the parent of", other);
		else if (j != i && !strcmp(c->networks[j].master, name))
			add_user(err, "the master of", other);
	}
}

/* A route of several ways would be left with some of them. */
static bool hops_over(const struct net_route *r, const char *name)
{
	for (size_t i = 0; i < r->hop_count; i++)
		if (!strcmp(r->hops[i].link, name))
			return true;
	return false;
}

static void find_hops(const struct net_config *c, size_t i, const char *name, struct err *err)
{
	char text[NET_ORIGIN_MAX];

	for (size_t j = 0; j < c->route_count; j++) {
		snprintf(text, sizeof(text), "routes[%zu]", j);
		if (hops_over(&c->routes[j], name))
			add_user(err, "a next hop of", text);
	}
	for (size_t n = 0; n < c->network_count; n++)
		for (size_t j = 0; n != i && j < c->networks[n].route_count; j++) {
			snprintf(text, sizeof(text), "networks[%zu].routes[%zu]", n, j);
			if (hops_over(&c->networks[n].routes[j], name))
				add_user(err, "a next hop of", text);
		}
}

int net_detach_check(const struct net_config *c, size_t i, struct err *err)
{
	struct err users = { 0 };
	char name[IFNAMSIZ];

	net_config_name(c, i, name);
	find_users(c, i, name, &users);
	find_hops(c, i, name, &users);
	if (users.code == 0)
		return 0;
	return err_set(err, -EBUSY, "'%s' is needed: it is %s", name, users.text);
}

/* --- What goes along --- */

bool net_detach_takes_route(const struct net_route *r, const char *name)
{
	return !r->hop_count && !strcmp(r->interface_name, name);
}

/*
 * By what the step says, not by the number that it was planned for: who was killed behind an earlier one that went may have left
 * the numbers as they were.
 */
static bool is_route_of_all(const struct step *s, const char *name)
{
	const struct route_args *a = s->args;

	return s->type == &route_add_step.type && !s->owner && !a->hop_count &&
	       !strcmp(a->at.link, name);
}

int net_detach_give_routes(struct plan *plan, const char *name, struct err *err)
{
	int found = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (!is_route_of_all(&plan->steps[i], name))
			continue;
		if (step_add_owner(&plan->steps[i], name) < 0)
			return err_oom(err);
		found = 1;
	}
	return found;
}

struct made_link {
	const char *ns, *name;
};

/* The links that undoing @s removes: a pair has two. */
static void links_of(const struct step *s, struct made_link links[2])
{
	links[0] = links[1] = (struct made_link){ "", "" };
	/* By its name: a build need not have it. */
	if (!strcmp(s->type->name, "link.veth")) {
		const struct veth_args *a = s->args;

		links[0] = (struct made_link){ a->at.ns, a->name };
		links[1] = (struct made_link){ a->peer_ns, a->peer_name };
	} else if (s->type == &link_add_step.type) {
		const struct link_add_args *a = s->args;

		links[0] = (struct made_link){ a->born, a->name };
	} else if (s->type == &tuntap_add_step) {
		const struct tuntap_args *a = s->args;

		links[0] = (struct made_link){ a->at.ns, a->name };
	} else if (s->type == &link_ifb_step.type) {
		const struct ifb_args *a = s->args;

		links[0] = (struct made_link){ a->at.ns, a->name };
	}
}

/* What is nothing without its link. Their args begin with struct net_args. */
static const struct step_type *const on_links[] = {
	&addr_add_step.type,    &neigh_add_step.type,     &route_add_step.type,
	&qdisc_tbf_step.type,   &qdisc_htb_step.type,     &qdisc_bfifo_step.type,
	&qdisc_netem_step.type, &link_redirect_step.type,
};

static bool is_on_link(const struct step *s)
{
	for (size_t i = 0; i < array_size(on_links); i++)
		if (on_links[i] == s->type)
			return ((const struct net_args *)s->args)->link[0] != '\0';
	return false;
}

static bool goes_along(const struct plan *part, const struct step *s)
{
	const struct net_args *at = s->args;
	struct made_link links[2];

	if (s->shared || !is_on_link(s))
		return false;
	for (size_t i = 0; i < part->count; i++) {
		links_of(&part->steps[i], links);
		for (size_t j = 0; j < array_size(links); j++)
			if (!strcmp(links[j].name, at->link) && !strcmp(links[j].ns, at->ns))
				return true;
	}
	return false;
}

int net_detach_rest(const struct plan *part, struct plan *rest, struct err *err)
{
	rest->steps = calloc(part->count + 1, sizeof(*rest->steps));
	if (!rest->steps)
		return err_oom(err);
	for (size_t i = 0; i < part->count; i++)
		if (!goes_along(part, &part->steps[i]))
			rest->steps[rest->count++] = part->steps[i];
	return 0;
}

/* --- Numbers --- */

/* "networks[2] (eth2)": the number, and what is behind it. */
static bool read_origin(const char *origin, const char *key, size_t *number, const char **rest)
{
	size_t len = strlen(key);
	char *end;

	if (!origin || strncmp(origin, key, len) || origin[len] != '[')
		return false;
	*number = strtoul(origin + len + 1, &end, 10);
	*rest = end;
	return *end == ']';
}

/* The step was planned for the one that has gone, and is there for another one. */
static char *origin_of_owner(const struct net_config *c, const struct step *s)
{
	char origin[NET_ORIGIN_MAX], name[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		net_config_name(c, i, name);
		if (!name[0] || !step_has_owner(s, name))
			continue;
		net_config_origin(c, i, origin);
		return strdup(origin);
	}
	return strdup(s->origin);
}

int net_detach_renumber(const struct net_config *c, const char *key, size_t i, struct plan *plan,
			struct err *err)
{
	for (size_t at = 0; at < plan->count; at++) {
		struct step *s = &plan->steps[at];
		const char *rest;
		size_t number;
		char *origin;

		if (!read_origin(s->origin, key, &number, &rest) || number < i)
			continue;
		origin = number > i ? str_format("%s[%zu%s", key, number - 1, rest)
				    : origin_of_owner(c, s);
		if (!origin)
			return err_oom(err);
		free(s->origin);
		s->origin = origin;
	}
	return 0;
}
