// SPDX-License-Identifier: Apache-2.0
#include "net/kind_driver.h"

#include "net/link.h"
#include "net/link_add.h"

#include "lib/str.h"

#include <errno.h>
#include <string.h>

static const char *no_mac(const struct network *n)
{
	const struct link_kind *kind = n->driver->kind;

	return kind->no_mac ? kind->no_mac(n->options) : NULL;
}

int kind_driver_check(const struct network *n, struct err *err)
{
	const struct link_kind *kind = n->driver->kind;
	const char *parent = kind_parent(kind, n->options), *why = no_mac(n);
	int ret = parent[0] ? link_name_check(parent, err) : 0;

	if (ret < 0)
		return err_wrap(err, "parent");
	if (kind->needs_parent && !parent[0])
		return err_set(err, -EINVAL, "parent is missing");
	if (why && !mac_is_zero(&n->mac_address))
		return err_set(err, -EINVAL, "mac_address: %s", why);
	return kind->check ? kind->check(n, err) : 0;
}

/* One in the container does not exist yet: net_check() has looked at what is declared of it. */
int kind_driver_resolve(const struct network *n, struct scope *scope, struct endpoint *e,
			struct err *err)
{
	const struct link_kind *kind = n->driver->kind;
	const char *name = kind_parent(kind, n->options);
	unsigned int overhead = kind_overhead(kind, n->options);
	struct link parent;
	int ret;

	if (!name[0] || e->parent_inside)
		return 0;
	ret = link_find_in(scope, SCOPE_HOST, name, NULL, &parent, err);
	if (ret < 0)
		return ret;
	if (!parent.index)
		return err_set(err, -ENODEV, "parent: no link '%s' on the host", name);
	if (n->mtu && parent.mtu && n->mtu + overhead > parent.mtu)
		return err_set(err, -ERANGE,
			       "mtu: %u is above the %u that its parent '%s' leaves it", n->mtu,
			       parent.mtu - overhead, name);
	return 0;
}

static const char *made_in(const struct network *n, const struct endpoint *e)
{
	const struct link_kind *kind = n->driver->kind;
	bool inside = e->parent_inside || (kind->inside && kind->inside(n->options));

	return kind->outside && !inside ? SCOPE_HOST : SCOPE_CONTAINER;
}

static int plan_mark(const struct endpoint *e, const struct net_planner *p, struct err *err)
{
	struct link_mark_args args = { .at.ns = SCOPE_CONTAINER };

	memcpy(args.at.link, e->name, sizeof(args.at.link));
	snprintf(args.alias, sizeof(args.alias), "%s", p->mark);
	return net_planner_add(p, &link_mark_step.type, SCOPE_CONTAINER, NULL, &args, err);
}

/*
 * In a namespace that is ours alone it is up at once, unless its parent is not yet; in another one what keeps duplicate
 * address detection off it is written first.
 */
int kind_driver_plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		     struct err *err)
{
	const struct link_kind *kind = n->driver->kind;
	const char *ns = made_in(n, e);
	struct link_add_args args = {
		.born = SCOPE_CONTAINER,
		.kind = kind,
		.mtu = n->mtu,
		.txqueuelen = n->txqueuelen,
		.up = e->namespace_new && !e->parent_inside,
	};
	int ret;

	if (!no_mac(n))
		args.mac = e->mac;
	snprintf(args.at.ns, sizeof(args.at.ns), "%s", ns);
	snprintf(args.at.link, sizeof(args.at.link), "%s", kind_parent(kind, n->options));
	memcpy(args.name, e->name, sizeof(args.name));
	if (!e->namespace_new && str_copy(args.alias, sizeof(args.alias), p->mark) < 0)
		return err_set(err, -ENAMETOOLONG, "the mark '%s' is too long for a link's alias",
			       p->mark);
	args.options = kind_copy(kind, n->options);
	if (!args.options)
		return err_oom(err);
	ret = net_planner_add(p, &link_add_step.type, ns, NULL, &args, err);
	return ret < 0 || e->namespace_new ? ret : plan_mark(e, p, err);
}

int kind_driver_ready(const struct network *n, const struct endpoint *e,
		      const struct net_planner *p, struct err *err)
{
	struct link_follow_args args = { .at.ns = SCOPE_CONTAINER };

	memcpy(args.at.link, e->name, sizeof(args.at.link));
	snprintf(args.parent, sizeof(args.parent), "%s", kind_parent(n->driver->kind, n->options));
	snprintf(args.parent_ns, sizeof(args.parent_ns), "%s", made_in(n, e));
	if (!args.parent[0])
		return 0;
	return net_planner_add(p, &link_follow_step, SCOPE_CONTAINER, NULL, &args, err);
}
