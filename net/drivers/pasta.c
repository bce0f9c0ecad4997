// SPDX-License-Identifier: Apache-2.0
/*
 * type "pasta": a program, pasta(1) of passt, makes a link in the container, and what is sent there it says on the host's
 * network with sockets of its own. The container needs no address there, and nothing of the host's is changed.
 */
#include "net/driver.h"

#include "net/link.h"
#include "net/pasta.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "pasta"

struct pasta_options {
	char *program;
	char host_interface[IFNAMSIZ];
	bool map_gateway;
	struct ip_addr dns_forward;
	char **options;
};

static const struct json_field fields[] = {
	JSON_STRING(struct pasta_options, "program", program),
	JSON_CHARS(struct pasta_options, "host_interface", host_interface),
	JSON_BOOL(struct pasta_options, "map_gateway", map_gateway),
	JSON_TEXT(struct pasta_options, "dns_forward", dns_forward, &ip_addr_text),
	JSON_STRINGS(struct pasta_options, "options", options),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct pasta_options, fields);

static int check_protocols(const struct network *n, struct err *err)
{
	for (size_t i = 0; i < n->port_count; i++)
		if (port_map_protocol(&n->ports[i]) != IPPROTO_TCP &&
		    port_map_protocol(&n->ports[i]) != IPPROTO_UDP)
			return err_set(err, -EINVAL,
				       "ports[%zu].protocol: pasta maps ports of tcp and udp", i);
	return 0;
}

static int check(const struct network *n, struct err *err)
{
	const struct pasta_options *o = n->options;
	int ret = o->host_interface[0] ? link_name_check(o->host_interface, err) : 0;

	if (ret < 0)
		return err_wrap(err, "host_interface");
	if (!str_empty(o->program) && strchr(o->program, '/') && o->program[0] != '/')
		return err_set(err, -EINVAL, "program: '%s' is neither a name nor an absolute path",
			       o->program);
	if (n->subnets.count)
		return err_set(err, -EINVAL,
			       "subnet: nobody else sees an address behind pasta; give one");
	return check_protocols(n, err);
}

static int resolve(const struct network *n, struct scope *scope, struct endpoint *e,
		   struct err *err)
{
	const struct pasta_options *o = n->options;
	struct link link;
	int ret;

	(void)e;
	if (!o->host_interface[0])
		return 0;
	ret = link_find_in(scope, SCOPE_HOST, o->host_interface, NULL, &link, err);
	if (ret == 0 && !link.index)
		ret = err_set(err, -ENODEV, "host_interface: no link '%s' on the host",
			      o->host_interface);
	return ret;
}

/* --- Its command line --- */

struct words {
	char **list;
	bool full; /* out of memory */
};

static void add(struct words *w, const char *word)
{
	if (strv_add(&w->list, word) < 0)
		w->full = true;
}

static void add_two(struct words *w, const char *option, const char *value)
{
	add(w, option);
	add(w, value);
}

static void add_addr(struct words *w, const char *option, const struct ip_addr *addr)
{
	char text[IP_TEXT_MAX];

	if (addr->family)
		add_two(w, option, ip_addr_format(addr, text, sizeof(text)));
}

/* "127.0.0.1/8080-8081:80-81" */
static void add_port(struct words *w, const struct port_map *m)
{
	unsigned int to = port_map_to(m), more = port_map_count(m) - 1;
	char addr[IP_TEXT_MAX], text[IP_TEXT_MAX + 64];

	ip_addr_format(&m->host_address, addr, sizeof(addr));
	if (more)
		snprintf(text, sizeof(text), "%s%s%u-%u:%u-%u", addr, addr[0] ? "/" : "",
			 m->host.first, m->host.last, to, to + more);
	else
		snprintf(text, sizeof(text), "%s%s%u:%u", addr, addr[0] ? "/" : "", m->host.first,
			 to);
	add_two(w, port_map_protocol(m) == IPPROTO_UDP ? "-u" : "-t", text);
}

static bool has_ports(const struct network *n, int protocol)
{
	for (size_t i = 0; i < n->port_count; i++)
		if (port_map_protocol(&n->ports[i]) == protocol)
			return true;
	return false;
}

/* Nothing is mapped that was not asked for; by default it maps whatever somebody listens at. */
static void add_ports(struct words *w, const struct network *n)
{
	for (size_t i = 0; i < n->port_count; i++)
		add_port(w, &n->ports[i]);
	if (!has_ports(n, IPPROTO_TCP))
		add_two(w, "-t", "none");
	if (!has_ports(n, IPPROTO_UDP))
		add_two(w, "-u", "none");
	add_two(w, "-T", "none");
	add_two(w, "-U", "none");
}

static bool has_address(const struct network *n)
{
	return n->address.addr.family || n->ipv6_address.addr.family || n->addresses.count;
}

/* Of a family pasta knows one address: where it sends what comes to a mapped port. */
static struct ip_prefix first_address(const struct network *n, int family)
{
	const struct ip_prefix *given = family == AF_INET ? &n->address : &n->ipv6_address;
	struct ip_prefix found = *given;

	for (size_t i = 0; !found.addr.family && i < n->addresses.count; i++) {
		const struct ip_prefix *p = &n->addresses.items[i].prefix;

		if (p->addr.family == family && !ip_addr_is_link_local(&p->addr))
			found = *p;
	}
	return found;
}

/* What is given, we set, as with any link; else pasta sets what the host's interface has. It has to know either way. */
static void add_addresses(struct words *w, const struct network *n)
{
	const struct ip_prefix ip4 = first_address(n, AF_INET), ip6 = first_address(n, AF_INET6);
	char text[16];

	if (!has_address(n))
		add(w, "--config-net");
	add_addr(w, "--address", &ip4.addr);
	if (ip4.addr.family) {
		snprintf(text, sizeof(text), "%u", ip4.length);
		add_two(w, "--netmask", text);
	}
	add_addr(w, "--address", &ip6.addr);
	add_addr(w, "--gateway", &n->gateway);
	add_addr(w, "--gateway", &n->ipv6_gateway);
}

static void add_link(struct words *w, const struct network *n, const struct endpoint *e)
{
	char text[MAC_TEXT_MAX];

	add_two(w, "--ns-ifname", e->name);
	add_two(w, "--ns-mac-addr", mac_format(&e->mac, text, sizeof(text)));
	if (!n->mtu)
		return;
	snprintf(text, sizeof(text), "%u", n->mtu);
	add_two(w, "--mtu", text);
}

static void add_all(struct words *w, const struct network *n, const struct endpoint *e)
{
	const struct pasta_options *o = n->options;

	/* In the namespaces that it is started in; as somebody else it could not enter a network namespace of root's. */
	add_two(w, "--runas", "0:0");
	add(w, "--netns-only");
	/* The file by which it enters is there for a moment only. */
	add(w, "--no-netns-quit");
	add(w, "--quiet");
	add_link(w, n, e);
	add_addresses(w, n);
	if (o->host_interface[0])
		add_two(w, "--interface", o->host_interface);
	if (!o->map_gateway)
		add(w, "--no-map-gw");
	add_addr(w, "--dns-forward", &o->dns_forward);
	add_ports(w, n);
	for (char **option = o->options; option && *option; option++)
		add(w, *option);
}

static int plan(const struct network *n, const struct endpoint *e, const struct net_planner *p,
		struct err *err)
{
	const struct pasta_options *o = n->options;
	struct pasta_args args = {
		.ns = SCOPE_CONTAINER,
		.mac = e->mac,
		.mtu = n->mtu,
		.txqueuelen = n->txqueuelen,
	};
	struct pasta_keeper_args keeper = { 0 };
	struct words w = { 0 };
	int ret;

	memcpy(args.name, e->name, sizeof(args.name));
	args.program = strdup(str_empty(o->program) ? PROGRAM : o->program);
	add_all(&w, n, e);
	args.options = w.list;
	if (!args.program || w.full) {
		free(args.program);
		strv_free(w.list);
		return err_oom(err);
	}
	ret = net_planner_add(p, &pasta_step, NULL, NULL, &args, err);
	memcpy(keeper.name, e->name, sizeof(keeper.name));
	return ret < 0 ? ret : net_planner_add(p, &pasta_keeper_step, NULL, NULL, &keeper, err);
}

const struct net_driver pasta_driver = {
	.type = "pasta",
	.name = "eth#",
	.makes_link = true,
	.maps_ports = true,
	.own_addresses = true,
	.options = &options,
	.check = check,
	.resolve = resolve,
	.plan = plan,
};
