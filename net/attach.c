// SPDX-License-Identifier: Apache-2.0
#include "net/attach.h"

#include "net/address.h"
#include "net/check.h"
#include "net/config.h"
#include "net/driver.h"
#include "net/ipam.h"
#include "net/link.h"
#include "net/reserve.h"
#include "net/sysctl.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

/* --- Names --- */

void net_attach_settle_names(struct net_config *c)
{
	char name[IFNAMSIZ];

	/* Backwards: a name by place does not depend on what the others are called, but it reads better so. */
	for (size_t i = c->network_count; i-- > 0;) {
		if (!c->networks[i].driver->makes_link)
			continue;
		net_config_name(c, i, name);
		memcpy(c->networks[i].name, name, sizeof(name));
	}
}

static bool is_taken(const struct net_config *c, size_t but, const char *name)
{
	for (size_t i = 0; i < c->network_count; i++)
		if (i != but && !strcmp(c->networks[i].name, name))
			return true;
	return false;
}

/* "eth#": the stem, and the number in front of which all are taken. */
static void choose_name(const struct net_config *c, size_t i, char out[IFNAMSIZ])
{
	const char *pattern = c->networks[i].driver->name;
	int stem = (int)strcspn(pattern, "#");

	snprintf(out, IFNAMSIZ, "%s", pattern);
	for (unsigned int n = 0; pattern[stem] && n <= c->network_count; n++) {
		snprintf(out, IFNAMSIZ, "%.*s%u", stem < 8 ? stem : 8, pattern, n % 1000000);
		if (!is_taken(c, i, out))
			return;
	}
}

void net_attach_choose_names(struct net_config *c, size_t first)
{
	char name[IFNAMSIZ];

	for (size_t i = first; i < c->network_count; i++) {
		if (c->networks[i].name[0] || !c->networks[i].driver->makes_link)
			continue;
		choose_name(c, i, name);
		memcpy(c->networks[i].name, name, sizeof(name));
	}
}

/* --- Rules --- */

static const struct ip_addr *common_address(const struct network *a, const struct network *b)
{
	const struct ip_prefix *one, *two;
	const char *key;

	for (size_t i = 0; (one = ipam_given(a, i, &key)); i++)
		for (size_t j = 0; (two = ipam_given(b, j, &key)); j++)
			if (one->addr.family && !ip_addr_is_link_local(&one->addr) &&
			    ip_addr_equal(&one->addr, &two->addr))
				return &one->addr;
	return NULL;
}

/* A link that lies on another one has that one's by nature. */
static bool same_mac(const struct network *a, const struct network *b)
{
	return !mac_is_zero(&a->mac_address) && mac_equal(&a->mac_address, &b->mac_address);
}

static int check_new(const struct net_config *c, size_t i, struct err *err)
{
	const struct network *n = &c->networks[i];
	char text[IP_TEXT_MAX];

	if (!n->driver->makes_link)
		return err_set(err, -EINVAL,
			       "type: a %s makes no link that could be attached to what runs",
			       n->driver->type);
	for (size_t j = 0; j < i; j++) {
		const struct network *other = &c->networks[j];
		const struct ip_addr *address = common_address(other, n);

		if (address)
			return err_set(err, -EINVAL, "address %s is networks[%zu]'s (%s) already",
				       ip_addr_format(address, text, sizeof(text)), j, other->name);
		if (same_mac(other, n))
			return err_set(err, -EINVAL, "mac_address: %s is networks[%zu]'s (%s)",
				       mac_format(&n->mac_address, text, sizeof(text)), j,
				       other->name);
	}
	return 0;
}

int net_attach_check(const struct net_config *c, size_t first, struct err *err)
{
	char origin[NET_ORIGIN_MAX];
	int ret = 0;

	for (size_t i = first; ret == 0 && i < c->network_count; i++) {
		ret = check_new(c, i, err);
		if (ret == 0)
			continue;
		net_config_origin(c, i, origin);
		err_wrap(err, "%s", origin);
	}
	return ret < 0 ? ret : net_check(c, err);
}

/* --- What was chosen --- */

static void recall_address(const struct network *n, const struct reserve_args *a,
			   struct endpoint *e)
{
	for (size_t i = 0; a->chosen && i < n->subnets.count; i++)
		if (ip_prefix_equal(&n->subnets.items[i], &a->subnet))
			e->chosen[i] = a->address;
}

static void recall_gateway(const struct network *n, const struct route_args *a, struct endpoint *e)
{
	const bool six = a->destination.addr.family == AF_INET6;
	const struct ip_addr *given = six ? &n->ipv6_gateway : &n->gateway;

	if (!given->family && a->gateway.family && !a->destination.length && !a->hop_count &&
	    route_table(a) == RT_TABLE_MAIN)
		e->default_gateway[six] = a->gateway;
}

static bool is_gateway_origin(const struct step *s)
{
	return !s->origin || !strstr(s->origin, ".routes[");
}

static void recall(const struct network *n, const char *name, const struct plan *plan,
		   struct endpoint *e)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *s = &plan->steps[i];

		if (!step_has_owner(s, name))
			continue;
		if (s->type == &addr_reserve_step)
			recall_address(n, s->args, e);
		else if (s->type == &route_add_step.type && is_gateway_origin(s))
			recall_gateway(n, s->args, e);
	}
}

void net_attach_recall(const struct net_config *c, const struct plan *plan, struct endpoint *ends)
{
	char name[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		if (!c->networks[i].subnets.count)
			continue;
		net_config_name(c, i, name);
		recall(&c->networks[i], name, plan, &ends[i]);
	}
}

bool net_attach_is_prepared(const struct net_config *c, const struct plan *plan)
{
	bool mortal = false;

	for (size_t i = 0; i < plan->ns_count; i++)
		mortal |= plan->ns[i].mortal && !strcmp(plan->ns[i].key, SCOPE_CONTAINER);
	if (!mortal || c->dad_given)
		return mortal;
	for (size_t i = 0; i < plan->count; i++) {
		const struct sysctl_args *a = plan->steps[i].args;

		if (plan->steps[i].type == &sysctl_step && !strcmp(a->path, NET_DAD_SYSCTL))
			return true;
	}
	return false;
}
