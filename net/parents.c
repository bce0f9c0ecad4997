// SPDX-License-Identifier: Apache-2.0
#include "net/parents.h"

#include "net/config.h"
#include "net/driver.h"
#include "net/kind.h"

#include <errno.h>
#include <string.h>

/* Another network than networks[@i] that makes a link of that name. */
static bool find_other(const struct net_config *c, size_t i, const char *wanted, size_t *out)
{
	char name[IFNAMSIZ];

	for (size_t j = 0; wanted[0] && j < c->network_count; j++) {
		if (j == i || !c->networks[j].driver->makes_link)
			continue;
		net_config_name(c, j, name);
		if (strcmp(name, wanted) != 0)
			continue;
		*out = j;
		return true;
	}
	return false;
}

bool net_parent_inside(const struct net_config *c, size_t i, size_t *out)
{
	const struct network *n = &c->networks[i];

	return n->driver->kind && find_other(c, i, kind_parent(n->driver->kind, n->options), out);
}

bool net_master(const struct net_config *c, size_t i, size_t *out)
{
	return find_other(c, i, c->networks[i].master, out);
}

/* How many networks are below networks[@i]; more than there are in a loop. */
static size_t depth(const struct net_config *c, size_t i)
{
	size_t n = 0;

	while (n <= c->network_count && net_parent_inside(c, i, &i))
		n++;
	return n;
}

/* @i may only lead into the loop: it is told from the first that is in it. */
static int loop(const struct net_config *c, size_t i, struct err *err)
{
	char name[IFNAMSIZ];
	size_t first, at;

	for (at = 0; at < c->network_count; at++)
		net_parent_inside(c, i, &i);
	first = i;
	net_config_name(c, first, name);
	err_set(err, -EINVAL, "networks[%zu]: loop of parents: %s", first, name);
	do {
		net_parent_inside(c, i, &i);
		net_config_name(c, i, name);
		err_append(err, " -> %s", name);
	} while (i != first);
	return -EINVAL;
}

static int check_mtu(const struct net_config *c, size_t i, size_t parent, struct err *err)
{
	const struct network *n = &c->networks[i], *below = &c->networks[parent];
	unsigned int overhead = kind_overhead(n->driver->kind, n->options);
	char name[IFNAMSIZ];

	if (!n->mtu || !below->mtu || n->mtu + overhead <= below->mtu)
		return 0;
	net_config_name(c, parent, name);
	return err_set(err, -ERANGE,
		       "networks[%zu]: mtu: %u is above the %u that its parent '%s' leaves it", i,
		       n->mtu, below->mtu - overhead, name);
}

static int check_master(const struct net_config *c, size_t i, struct err *err)
{
	const struct network *n = &c->networks[i];
	size_t master;

	if (!n->master[0])
		return 0;
	if (!n->driver->makes_link)
		return err_set(err, -EINVAL, "networks[%zu]: master: a %s has none", i,
			       n->driver->type);
	if (!net_master(c, i, &master))
		return err_set(err, -EINVAL,
			       "networks[%zu]: master: no other network has the name '%s'", i,
			       n->master);
	if (!c->networks[master].driver->has_ports)
		return err_set(
			err, -EINVAL,
			"networks[%zu]: master: '%s' is a %s, which has no ports (a bridge or a vrf has)",
			i, n->master, c->networks[master].driver->type);
	return 0;
}

int net_check_parents(const struct net_config *c, struct err *err)
{
	size_t parent;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < c->network_count; i++) {
		if (depth(c, i) > c->network_count)
			return loop(c, i, err);
		if (net_parent_inside(c, i, &parent))
			ret = check_mtu(c, i, parent, err);
		if (ret == 0)
			ret = check_master(c, i, err);
		if (ret == 0)
			ret = net_port_check(c, i, err);
		if (ret == 0)
			ret = net_fdb_check(c, i, err);
	}
	return ret;
}

void net_parents_order(const struct net_config *c, size_t *order)
{
	size_t n = 0;

	for (size_t level = 0; n < c->network_count; level++)
		for (size_t i = 0; i < c->network_count; i++)
			if (depth(c, i) == level)
				order[n++] = i;
}
