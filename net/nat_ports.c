// SPDX-License-Identifier: Apache-2.0
/* Who has the host's ports: other containers, by the table's elements, and programs, by trying to bind. */
#include "net/nat_ports.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/link.h"
#include "net/nft.h"
#include "net/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const int families[] = { AF_INET, AF_INET6 };

const char *const nat_port_sets[] = { "ports4", "ports6", "any_ports4", "any_ports6", NULL };

/* --- Other containers' --- */

struct search {
	const struct network *network;
	size_t index; /* of the map that wants a port that somebody has */
	bool found;
	struct nft_element_args by;
};

/* As bind(2) has it: any address takes them all, of its family. */
static bool is_same_address(const struct port_map *m, const struct nft_element_args *e)
{
	return port_map_any_address(m) || !e->address.family ||
	       ip_addr_equal(&m->host_address, &e->address);
}

static void compare(void *arg, const struct nft_element_args *e)
{
	struct search *s = arg;

	for (size_t i = 0; !s->found && i < s->network->port_count; i++) {
		const struct port_map *m = &s->network->ports[i];

		if (port_map_protocol(m) != e->protocol || e->port < m->host.first ||
		    e->port > m->host.last || !is_same_address(m, e) ||
		    !port_map_is_of(m, e->to.family, nat_address(s->network, e->to.family)))
			continue;
		s->found = true;
		s->index = i;
		s->by = *e;
	}
}

static int taken(const struct search *s, struct err *err)
{
	const char *protocol = port_protocol_name(s->by.protocol);

	if (str_starts(s->by.mark, LINK_MARK))
		return err_set(err, -EADDRINUSE,
			       "ports[%zu].host: %s port %u is taken by container '%s'", s->index,
			       protocol, s->by.port, s->by.mark + strlen(LINK_MARK));
	return err_set(err, -EADDRINUSE, "ports[%zu].host: %s port %u is taken", s->index, protocol,
		       s->by.port);
}

static int check_containers(const struct network *n, struct nl *nl, struct err *err)
{
	struct search s = { .network = n };
	int ret = 0;

	for (const char *const *set = nat_port_sets; ret == 0 && !s.found && *set; set++)
		ret = nft_each_element(nl, nft_set_find(*set), compare, &s, err);
	return ret == 0 && s.found ? taken(&s, err) : ret;
}

/* --- The host's programs' --- */

union address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static union address address_of(const struct port_map *m, int family, uint16_t port)
{
	union address a = { 0 };

	if (family == AF_INET) {
		a.ipv4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		if (m->host_address.family)
			memcpy(&a.ipv4.sin_addr, m->host_address.bytes, 4);
		return a;
	}
	a.ipv6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	if (m->host_address.family)
		memcpy(&a.ipv6.sin6_addr, m->host_address.bytes, 16);
	return a;
}

/*
 * Of TCP, whoever does not listen any more (TIME_WAIT) is no obstacle, and SO_REUSEADDR says so; of UDP it would allow
 * two at one port.
 */
static bool in_use(int protocol, int family, const union address *a)
{
	const int one = 1;
	_cleanup_fd_ int fd =
		socket(family, (protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC,
		       protocol);

	/* A kernel without SCTP has nobody who listens. */
	if (fd < 0)
		return false;
	if (protocol != IPPROTO_UDP)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	return bind(fd, &a->any, family == AF_INET ? sizeof(a->ipv4) : sizeof(a->ipv6)) < 0 &&
	       errno == EADDRINUSE;
}

static int check_map(const struct port_map *m, size_t index, int family, struct err *err)
{
	const int protocol = port_map_protocol(m);

	for (unsigned int port = m->host.first; port <= m->host.last; port++) {
		union address a = address_of(m, family, (uint16_t)port);

		if (in_use(protocol, family, &a))
			return err_set(err, -EADDRINUSE,
				       "ports[%zu].host: %s port %u is in use on the host", index,
				       port_protocol_name(protocol), port);
	}
	return 0;
}

static int check_programs(const struct network *n, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n->port_count; i++)
		for (size_t f = 0; ret == 0 && f < array_size(families); f++)
			if (port_map_is_of(&n->ports[i], families[f], nat_address(n, families[f])))
				ret = check_map(&n->ports[i], i, families[f], err);
	return ret;
}

static int check_programs_of(const struct network *n, int ns, struct err *err)
{
	int home = netns_enter(ns, err), ret, back;

	if (home < 0)
		return home;
	ret = check_programs(n, err);
	back = netns_leave(home, ret < 0 ? NULL : err);
	return ret < 0 ? ret : back;
}

int nat_ports_free(const struct network *n, struct scope *scope, struct nl *nl, struct err *err)
{
	const int ns = scope_ns_fd(scope, SCOPE_HOST);
	int ret = n->port_count && nl ? check_containers(n, nl, err) : 0;

	if (ret < 0 || !n->port_count)
		return ret;
	return ns < 0 ? check_programs(n, err) : check_programs_of(n, ns, err);
}
