// SPDX-License-Identifier: Apache-2.0
/* From the keys of address translation to steps. */
#include "net/nat.h"

#include "net/driver.h"
#include "net/link.h"
#include "net/nat_ports.h"
#include "net/nft.h"
#include "net/sysctl_borrow.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const int families[] = { AF_INET, AF_INET6 };

int nat_supported(struct err *err)
{
	(void)err;
	return 0;
}

/* Who may not even ask (a dry run without rights) is told nothing. */
static int check_table(struct scope *scope, struct nl **nl, struct err *err)
{
	struct err why = { 0 };
	int ret = nl_for_netfilter(scope, SCOPE_HOST, nl, &why);

	if (ret == 0)
		ret = nft_find_table(*nl, &why);
	if (ret == 0 || ret == -ENOENT || ret == -EPERM)
		return ret;
	if (ret == -EPROTONOSUPPORT)
		return err_set(err, ret, "this kernel has no netfilter");
	return err_set(err, ret, "%s", why.text);
}

/* --- Bridges that we only use --- */

struct masters {
	uint32_t items[NAT_FOUND_MAX]; /* indexes */
	size_t count;
	bool full;
};

static void note_master(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct masters *m = arg;
	struct link link;

	(void)tag;
	if (link_parse(msg, &link) < 0 || link.group != LINK_GROUP || !link.master)
		return;
	for (size_t i = 0; i < m->count; i++)
		if (m->items[i] == link.master)
			return;
	if (m->count == NAT_FOUND_MAX)
		m->full = true;
	else
		m->items[m->count++] = link.master;
}

static int note_found(struct nl *nl, const struct masters *m, struct endpoint *e, struct err *err)
{
	struct link link;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < m->count; i++) {
		ret = link_find_index(nl, m->items[i], &link, err);
		if (ret == 0 && link.index && link.group != LINK_GROUP)
			memcpy(e->found[e->found_count++], link.name, IFNAMSIZ);
	}
	return ret;
}

/* Those that have ports of ours, whosever they are: nothing else tells that they are networks of ours. */
static int find_used(struct scope *scope, struct endpoint *e, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct masters m = { 0 };
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret < 0)
		return ret;
	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(struct ifinfomsg));
	ret = nl_dump(nl, &b, note_master, &m, err);
	if (ret == 0 && m.full)
		ret = err_set(err, -E2BIG, "containers have ports at more than %d bridges",
			      NAT_FOUND_MAX);
	return ret < 0 ? ret : note_found(nl, &m, e, err);
}

int nat_resolve(const struct network *n, struct scope *scope, struct endpoint *e, struct err *err)
{
	const char *key = NULL;
	struct nl *nl = NULL;
	int ret;

	if (!nat_wanted(n, &key) && !e->bridge_found)
		return 0;
	ret = check_table(scope, &nl, key ? err : NULL);
	/* Somebody may want to be isolated from what is on a bridge that we only use. */
	e->nat_joins = !key && ret == 0;
	if (!key)
		return 0;
	if (ret < 0 && ret != -ENOENT && ret != -EPERM)
		return err_wrap(err, "%s", key);
	ret = nat_ports_free(n, scope, ret == 0 ? nl : NULL, err);
	if (ret == 0 && n->isolate && find_used(scope, e, err) < 0)
		return err_wrap(err, "isolate");
	return ret;
}

/* --- What is shared --- */

static int plan_table(const struct net_planner *p, struct err *err)
{
	const struct nft_table_args args = { .ns = SCOPE_HOST };

	return net_planner_add(p, &nft_table_step, SCOPE_HOST, NAT_TABLE_KEY, &args, err);
}

static int plan_sysctl(const struct net_planner *p, const char *path, struct err *err)
{
	struct sysctl_borrow_args args = { .sysctl = { .ns = SCOPE_HOST, .value = "1" } };
	char shared[sizeof("sysctl:") + SYSCTL_PATH_MAX];

	if (str_copy(args.sysctl.path, sizeof(args.sysctl.path), path) < 0)
		return err_set(err, -ENAMETOOLONG, "sysctl %s", path);
	snprintf(shared, sizeof(shared), "sysctl:%s", path);
	return net_planner_add(p, &sysctl_borrow_step, SCOPE_HOST, shared, &args, err);
}

static int plan_link(const struct net_planner *p, const char *set, const char *link,
		     struct err *err)
{
	struct nft_element_args args = { .ns = SCOPE_HOST, .mark = NFT_TABLE_MARK };
	char shared[sizeof("nft.link:") + sizeof(args.set) + IFNAMSIZ];

	snprintf(args.set, sizeof(args.set), "%s", set);
	snprintf(args.link, sizeof(args.link), "%s", link);
	snprintf(shared, sizeof(shared), "nft.link:%s:%s", set, link);
	return net_planner_add(p, &nft_link_step, SCOPE_HOST, shared, &args, err);
}

static bool leaves(const struct network *n)
{
	return n->masquerade || n->snat.ipv4.family || n->snat.ipv6.family || n->port_count;
}

static int plan_forwarding(const struct net_planner *p, const struct network *n, struct err *err)
{
	int ret = 0;

	if (!leaves(n))
		return 0;
	if (nat_address(n, AF_INET))
		ret = plan_sysctl(p, "net/ipv4/ip_forward", err);
	if (ret == 0 && nat_address(n, AF_INET6))
		ret = plan_sysctl(p, "net/ipv6/conf/all/forwarding", err);
	return ret;
}

/* Does a port map begin at 127.0.0.1, among others? */
static bool from_loopback(const struct network *n)
{
	for (size_t i = 0; i < n->port_count; i++)
		if (port_map_is_of(&n->ports[i], AF_INET, nat_address(n, AF_INET)) &&
		    (port_map_any_address(&n->ports[i]) ||
		     ip_addr_is_loopback(&n->ports[i].host_address)))
			return true;
	return false;
}

/* The link is kept from asking before it may get answers. */
static int plan_loopback(const struct net_planner *p, const char *link, struct err *err)
{
	char path[SYSCTL_PATH_MAX];
	int ret = plan_link(p, "loopback", link, err);

	snprintf(path, sizeof(path), "net/ipv4/conf/%s/route_localnet", link);
	return ret < 0 ? ret : plan_sysctl(p, path, err);
}

static int plan_links(const struct net_planner *p, const struct network *n,
		      const struct endpoint *e, const char *link, struct err *err)
{
	int ret = e->bridge_found ? plan_link(p, "networks", link, err) : 0;

	for (size_t i = 0; ret == 0 && i < e->found_count; i++)
		ret = plan_link(p, "networks", e->found[i], err);

	if (ret == 0 && (n->isolate || n->internal))
		ret = plan_link(p, "same", link, err);
	if (ret == 0 && n->isolate)
		ret = plan_link(p, "isolated", link, err);
	if (ret == 0 && n->internal)
		ret = plan_link(p, "internal", link, err);
	return ret;
}

int nat_plan_shared(const struct net_planner *p, const struct network *n, const struct endpoint *e,
		    struct err *err)
{
	const char *link;
	int ret;

	if (!nat_wanted(n, NULL) && !e->nat_joins)
		return 0;
	link = n->driver->host_link(n, e);
	ret = plan_table(p, err);
	if (ret == 0)
		ret = plan_links(p, n, e, link, err);
	if (ret == 0)
		ret = plan_forwarding(p, n, err);
	return ret < 0 || !from_loopback(n) ? ret : plan_loopback(p, link, err);
}

/* --- The network's own --- */

static int add(const struct net_planner *p, const char *set, int family,
	       struct nft_element_args *args, struct err *err)
{
	snprintf(args->set, sizeof(args->set), "%s%c", set, family == AF_INET ? '4' : '6');
	snprintf(args->ns, sizeof(args->ns), "%s", SCOPE_HOST);
	nft_mark(p->mark, args->mark);
	return net_planner_add(p, &nft_element_step, SCOPE_HOST, NULL, args, err);
}

/* What all addresses of a network have in common. */
static int plan_address(const struct net_planner *p, const struct network *n, const char *link,
			const struct ip_addr *address, struct err *err)
{
	struct nft_element_args on = { .address = *address }, from = { .address = *address };
	const struct ip_addr *to = address->family == AF_INET ? &n->snat.ipv4 : &n->snat.ipv6;
	int ret;

	snprintf(on.link, sizeof(on.link), "%s", link);
	ret = add(p, "links", address->family, &on, err);
	if (ret < 0 || !(to->family || n->masquerade))
		return ret;
	from.to = *to;
	return add(p, to->family ? "snat" : "masquerade", address->family, &from, err);
}

static int plan_addresses(const struct net_planner *p, const struct network *n, const char *link,
			  struct err *err)
{
	int ret = n->address.addr.family ? plan_address(p, n, link, &n->address.addr, err) : 0;

	if (ret == 0 && n->ipv6_address.addr.family)
		ret = plan_address(p, n, link, &n->ipv6_address.addr, err);
	for (size_t i = 0; ret == 0 && i < n->addresses.count; i++)
		ret = plan_address(p, n, link, &n->addresses.items[i].prefix.addr, err);
	return ret;
}

static int plan_port(const struct net_planner *p, const struct port_map *m, int family,
		     const struct ip_addr *to, struct err *err)
{
	struct nft_element_args args = {
		.protocol = port_map_protocol(m),
		.port = m->host.first,
		.to = *to,
		.to_port = port_map_to(m),
		.count = port_map_count(m),
	};

	if (port_map_any_address(m))
		return add(p, "any_ports", family, &args, err);
	args.address = m->host_address;
	return add(p, "ports", family, &args, err);
}

static int plan_ports(const struct net_planner *p, const struct network *n, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n->port_count; i++)
		for (size_t f = 0; ret == 0 && f < array_size(families); f++) {
			const struct ip_addr *to = nat_address(n, families[f]);

			if (port_map_is_of(&n->ports[i], families[f], to))
				ret = plan_port(p, &n->ports[i], families[f], to, err);
		}
	return ret;
}

int nat_plan(const struct net_planner *p, const struct network *n, const struct endpoint *e,
	     struct err *err)
{
	int ret;

	/* Without address translation nobody asks on which link an address is. */
	if (!nat_wanted(n, NULL) || !leaves(n))
		return 0;
	ret = plan_addresses(p, n, n->driver->host_link(n, e), err);
	return ret < 0 ? ret : plan_ports(p, n, err);
}
