// SPDX-License-Identifier: Apache-2.0
#include "net/fdb_keys.h"

#include "net/driver.h"
#include "net/fdb.h"
#include "net/kind.h"
#include "net/parents.h"

#include "lib/str.h"

#include <errno.h>
#include <string.h>

static const struct json_field fields[] = { NET_FDB_JSON(struct net_fdb_entry, ), JSON_END };
const struct json_schema net_fdb_schema =
	JSON_SCHEMA(struct net_fdb_entry, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static bool has_host_port(const struct network *n)
{
	return n->driver->bridge && n->driver->bridge(n)[0];
}

/* Is it its bridge's? Whether there is one, net_fdb_check() has seen. */
static bool is_masters(const struct network *n, const struct net_fdb_entry *e)
{
	if (e->self || e->master)
		return e->master;
	return !e->dst.family && (has_host_port(n) || n->master[0]);
}

/* --- Rules --- */

/* What only a vxlan's have. */
static int check_remote(const struct network *n, const struct net_fdb_entry *e, struct err *err)
{
	if (e->dst.family && !n->driver->has_remotes)
		return err_set(err, -EINVAL, "dst: a %s has no other ends", n->driver->type);
	if (e->dst.family && e->master)
		return err_set(err, -EINVAL, "dst: behind a bridge are ports, not addresses");
	if (e->port && !e->dst.family)
		return err_set(err, -EINVAL, "port: of which dst?");
	if (e->vni && !e->dst.family)
		return err_set(err, -EINVAL, "vni: of which dst?");
	if (mac_is_zero(&e->mac) && !e->dst.family)
		return err_set(err, -EINVAL, "mac_address is missing");
	return e->dst.family ? kind_check_remote("dst", &e->dst, err) : 0;
}

/* What only a bridge's have. */
static int check_bridge(const struct network *n, const struct net_fdb_entry *e, struct err *err)
{
	if (e->self && e->master)
		return err_set(err, -EINVAL,
			       "self and master: it is the link's own entry or its bridge's");
	if (is_masters(n, e))
		return 0;
	if (e->vlan)
		return err_set(err, -EINVAL, "vlan: only entries of a bridge have one");
	if (e->sticky)
		return err_set(err, -EINVAL, "sticky: only entries of a bridge are");
	return 0;
}

static int check_port(const struct net_config *c, size_t i, const struct net_fdb_entry *e,
		      struct err *err)
{
	const struct network *n = &c->networks[i];
	size_t master;

	if (!is_masters(n, e))
		return 0;
	if (has_host_port(n) && n->master[0])
		return err_set(err, -EINVAL,
			       "of which port: its bridge is '%s', and its master '%s'",
			       n->driver->bridge(n), n->master);
	if (has_host_port(n))
		return 0;
	if (!n->master[0])
		return err_set(err, -EINVAL, "master: it is not the port of a bridge");
	if (net_master(c, i, &master) && !c->networks[master].driver->filters_vlans)
		return err_set(err, -EINVAL, "its master '%s' is a %s, not a bridge", n->master,
			       c->networks[master].driver->type);
	return 0;
}

static int check_twice(const struct network *n, size_t i, struct err *err)
{
	const struct net_fdb_entry *a = &n->fdb[i];

	for (size_t j = 0; j < i; j++) {
		const struct net_fdb_entry *b = &n->fdb[j];

		if (mac_equal(&a->mac, &b->mac) && a->vlan == b->vlan &&
		    is_masters(n, a) == is_masters(n, b) &&
		    (!mac_is_zero(&a->mac) || ip_addr_equal(&a->dst, &b->dst)))
			return err_set(err, -EINVAL, "the same as fdb[%zu]", j);
	}
	return 0;
}

int net_fdb_check(const struct net_config *c, size_t i, struct err *err)
{
	const struct network *n = &c->networks[i];

	if (n->fdb_count && !n->driver->makes_link)
		return err_set(err, -EINVAL, "networks[%zu]: fdb: type %s makes no link", i,
			       n->driver->type);
	for (size_t at = 0; at < n->fdb_count; at++) {
		int ret = check_remote(n, &n->fdb[at], err);

		if (ret == 0)
			ret = check_bridge(n, &n->fdb[at], err);
		if (ret == 0)
			ret = check_port(c, i, &n->fdb[at], err);
		if (ret == 0)
			ret = check_twice(n, at, err);
		if (ret < 0)
			return err_wrap(err, "networks[%zu]: fdb[%zu]", i, at);
	}
	return 0;
}

/* --- Steps --- */

int net_fdb_plan(const struct net_planner *p, const struct network *n, const char *ns,
		 const char *link, bool on_host, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n->fdb_count; i++) {
		struct fdb_args args = { .entry = n->fdb[i] };

		args.entry.master = is_masters(n, &n->fdb[i]);
		args.entry.self = !args.entry.master;
		if (on_host != (args.entry.master && has_host_port(n)))
			continue;
		if (str_copy(args.at.ns, sizeof(args.at.ns), ns) < 0 ||
		    str_copy(args.at.link, sizeof(args.at.link), link) < 0)
			return err_set(err, -ENAMETOOLONG, "%s: %s", ns, link);
		ret = net_planner_add(p, &fdb_add_step.type, ns, NULL, &args, err);
	}
	return ret;
}
