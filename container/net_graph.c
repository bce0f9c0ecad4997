// SPDX-License-Identifier: Apache-2.0
#include "container/net_graph.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Layers of each host: what is far away, its links by what they stand on, and containers. */
#define LAYERS     64
#define LAYER_LINK 1
#define LAYER_BOX  (LAYERS - 1)
/* Links that stand on links: no more than that is drawn one below the other. */
#define DEPTH_MAX (LAYERS - 3)

struct builder {
	const struct net_graph_all *all;
	const struct net_graph_host *host;
	size_t number; /* of the host */
	size_t group;
	struct graph *g;
	bool *shown;          /* links of the host */
	unsigned int *depths; /* of them, and 1; 0: not known yet */
	bool full;
};

static void release_space(struct net_graph_space *s)
{
	net_view_release(&s->view);
	net_topology_release(&s->topology);
}

void net_graph_release(struct net_graph_all *all)
{
	for (size_t i = 0; i < all->host_count; i++)
		release_space(&all->hosts[i].space);
	for (size_t i = 0; i < all->container_count; i++) {
		free(all->containers[i].id);
		release_space(&all->containers[i].space);
	}
	free(all->hosts);
	free(all->containers);
	*all = (struct net_graph_all){ 0 };
}

/* --- The host's links --- */

static const struct net_view_interface *link_at(const struct builder *b, size_t i)
{
	return &b->host->space.view.interfaces[i];
}

static size_t link_count(const struct builder *b)
{
	return b->host->space.view.count;
}

static size_t find_link(const struct builder *b, uint32_t index)
{
	for (size_t i = 0; index && i < link_count(b); i++)
		if (link_at(b, i)->link.index == index)
			return i;
	return GRAPH_NONE;
}

static size_t find_named(const struct builder *b, const char *name)
{
	for (size_t i = 0; *name && i < link_count(b); i++)
		if (!strcmp(link_at(b, i)->link.name, name))
			return i;
	return GRAPH_NONE;
}

static const struct net_topology_link *topology_of(const struct builder *b, size_t i)
{
	return net_topology_find(&b->host->space.topology, link_at(b, i)->link.index);
}

/* What the link stands on, in the same namespace; that of a veth end is its equal, not below it. */
static size_t parent_of(const struct builder *b, size_t i)
{
	const struct net_topology_link *t = topology_of(b, i);

	return t && !t->veth && t->place == NET_PLACE_HERE ? find_link(b, t->parent) : GRAPH_NONE;
}

/* Ports of containers are edges, those of others are theirs; what else is a port is drawn. */
static bool is_port(const struct builder *b, size_t i, size_t master)
{
	const struct net_topology_link *t = topology_of(b, i);

	return link_at(b, i)->master_index == link_at(b, master)->link.index && t &&
	       !(t->veth && t->place != NET_PLACE_HERE);
}

static bool has_default_route(const struct net_view_interface *i)
{
	for (size_t r = 0; r < i->route_count; r++)
		if (!i->routes[r].destination.length && i->routes[r].type == RTN_UNICAST)
			return true;
	return false;
}

/* The host forwards between it and its way out: it has an address on it. */
static bool is_routed(const struct builder *b, size_t i)
{
	return link_at(b, i)->address_count && !has_default_route(link_at(b, i)) &&
	       !link_at(b, i)->link.loopback;
}

static bool is_way_out(const struct builder *b, size_t i)
{
	return has_default_route(link_at(b, i));
}

/* What the host forwards over, between @i and elsewhere. */
static bool leads_out(const struct builder *b, size_t i, size_t k)
{
	return is_way_out(b, k) && is_routed(b, i);
}

/*
 * How many links are above it: each is asked once. A way out may itself stand on what it is a way out for, as with VLANs: who comes
 * round in such a circle finds nothing above.
 */
static unsigned int depth_of(struct builder *b, size_t i)
{
	size_t parent = parent_of(b, i);
	unsigned int depth = 0, above;

	if (b->depths[i])
		return b->depths[i] - 1;
	b->depths[i] = 1;
	if (parent != GRAPH_NONE)
		depth = depth_of(b, parent) + 1;
	for (size_t k = 0; k < link_count(b); k++) {
		if (k == i || !(is_port(b, k, i) || leads_out(b, i, k)))
			continue;
		above = depth_of(b, k) + 1;
		depth = above > depth ? above : depth;
	}
	depth = depth < DEPTH_MAX ? depth : DEPTH_MAX;
	b->depths[i] = depth + 1;
	return depth;
}

static void say_addresses(struct builder *b, size_t node, size_t port,
			  const struct net_view_interface *i)
{
	char text[IP_TEXT_MAX];

	for (size_t n = 0; n < i->address_count; n++) {
		const struct ip_addr *a = &i->addresses[n].prefix.addr;

		if (ip_addr_is_link_local(a))
			continue;
		ip_prefix_format(&i->addresses[n].prefix, text, sizeof(text));
		if (port == GRAPH_NONE)
			graph_node_line(b->g, node, "%s", text);
		else
			graph_port_line(b->g, node, port, "%s", text);
	}
}

static char *key_of(struct builder *b, const char *kind, const char *name)
{
	char *key = str_format("%zu %s %s", b->number, kind, name);

	b->full |= !key;
	return key;
}

static size_t add_link(struct builder *b, size_t i)
{
	const struct net_view_interface *link = link_at(b, i);
	const struct net_topology_link *t = topology_of(b, i);
	_cleanup_free_ char *key = key_of(b, "link", link->link.name);
	bool bridge = !strcmp(link->link.kind, "bridge");
	unsigned int layer = (unsigned int)b->number * LAYERS + LAYER_LINK + depth_of(b, i);
	size_t node = key ? graph_find(b->g, key) : GRAPH_NONE;

	if (!key || node != GRAPH_NONE)
		return node;
	node = graph_node(b->g, bridge ? GRAPH_BRIDGE : GRAPH_LINK, b->group, layer, key,
			  link->link.name);
	if (t && t->words[0])
		graph_node_line(b->g, node, "%s", t->words);
	say_addresses(b, node, GRAPH_NONE, link);
	if (!link->link.up)
		graph_node_line(b->g, node, "down");
	return node;
}

static size_t add_remote(struct builder *b, const struct ip_addr *a)
{
	char text[IP_TEXT_MAX];
	_cleanup_free_ char *key = NULL;

	ip_addr_format(a, text, sizeof(text));
	key = key_of(b, "remote", text);
	return key ? graph_node(b->g, GRAPH_REMOTE, GRAPH_NONE, (unsigned int)b->number * LAYERS,
				key, text)
		   : GRAPH_NONE;
}

/* --- Which of them --- */

static bool show(struct builder *b, size_t i)
{
	bool before = i == GRAPH_NONE || b->shown[i];

	if (i != GRAPH_NONE)
		b->shown[i] = true;
	return !before;
}

/* What a container's interface hangs on: the bridge, else the host's end; or the parent. */
static size_t anchor_of(const struct builder *b, const struct net_graph_container *c, size_t i)
{
	const struct net_view_interface *link = &c->space.view.interfaces[i];
	const struct net_topology_link *t = net_topology_find(&c->space.topology, link->link.index);

	if (link->peer.index)
		return link->peer.bridge[0] ? find_named(b, link->peer.bridge)
					    : find_link(b, link->peer.index);
	return t && !t->veth && t->place == NET_PLACE_HOST ? find_link(b, t->parent) : GRAPH_NONE;
}

static bool show_above(struct builder *b, size_t i)
{
	bool more = show(b, parent_of(b, i));

	for (size_t k = 0; k < link_count(b); k++)
		if (k != i && (is_port(b, k, i) || leads_out(b, i, k)))
			more |= show(b, k);
	return more;
}

static void show_used(struct builder *b)
{
	bool more = true;

	for (size_t c = 0; c < b->all->container_count; c++)
		for (size_t i = 0; i < b->all->containers[c].space.view.count; i++)
			if (b->all->containers[c].host == b->number)
				show(b, anchor_of(b, &b->all->containers[c], i));
	while (more) {
		more = false;
		for (size_t i = 0; i < link_count(b); i++)
			if (b->shown[i])
				more |= show_above(b, i);
	}
}

/* Between links of the host; in a circle what should be above is not. Returns the edge's number. */
static size_t join(struct builder *b, size_t above, size_t below)
{
	size_t from = add_link(b, above), to = add_link(b, below);

	return depth_of(b, above) <= depth_of(b, below) ? graph_edge(b->g, from, to, GRAPH_NONE)
							: graph_edge(b->g, to, from, GRAPH_NONE);
}

static void connect_above(struct builder *b, size_t i)
{
	size_t node = add_link(b, i), parent = parent_of(b, i);
	const struct net_topology_link *t = topology_of(b, i);

	if (parent != GRAPH_NONE)
		join(b, parent, i);
	for (size_t k = 0; k < link_count(b); k++) {
		if (k == i)
			continue;
		if (is_port(b, k, i)) {
			join(b, k, i);
		} else if (leads_out(b, i, k) && parent != k) {
			size_t e = join(b, k, i);

			if (e != GRAPH_NONE)
				b->g->edges[e].dashed = true;
		}
	}
	for (size_t k = 0; t && k < t->remote_count; k++)
		graph_edge(b->g, add_remote(b, &t->remotes[k]), node, GRAPH_NONE);
}

/* --- Containers --- */

static void say_port(struct builder *b, const struct net_graph_container *c, size_t i, size_t node,
		     size_t port)
{
	const struct net_view *view = &c->space.view;
	const struct net_view_interface *link = &view->interfaces[i];
	const struct net_topology_link *t = net_topology_find(&c->space.topology, link->link.index);

	if (t && t->words[0])
		graph_port_line(b->g, node, port, "%s", t->words);
	for (size_t k = 0; t && t->place == NET_PLACE_HERE && k < view->count; k++)
		if (t->parent && view->interfaces[k].link.index == t->parent)
			graph_port_line(b->g, node, port, t->veth ? "peer %s" : "on %s",
					view->interfaces[k].link.name);
	if (link->master[0])
		graph_port_line(b->g, node, port, "in %s", link->master);
	say_addresses(b, node, port, link);
	if (!link->link.up)
		graph_port_line(b->g, node, port, "down");
	if (t && t->shaping[0])
		graph_port_line(b->g, node, port, "egress %s", t->shaping);
}

static void connect_port(struct builder *b, const struct net_graph_container *c, size_t i,
			 size_t node, size_t port)
{
	const struct net_view_interface *link = &c->space.view.interfaces[i];
	const struct net_topology_link *t = net_topology_find(&c->space.topology, link->link.index);
	const struct net_topology_link *end =
		net_topology_find(&b->host->space.topology, link->peer.index);
	size_t anchor = anchor_of(b, c, i), e;

	if (anchor != GRAPH_NONE) {
		e = graph_edge(b->g, add_link(b, anchor), node, port);
		if (link->peer.bridge[0])
			graph_edge_line(b->g, e, "%s", link->peer.name);
		if (link->peer.index && end && end->shaping[0])
			graph_edge_line(b->g, e, "ingress %s", end->shaping);
	}
	for (size_t k = 0; t && k < t->remote_count; k++)
		graph_edge(b->g, add_remote(b, &t->remotes[k]), node, port);
}

static void add_container(struct builder *b, const struct net_graph_container *c)
{
	_cleanup_free_ char *key = key_of(b, "container", c->id);
	const struct net_view *view = &c->space.view;
	size_t node, ports = 0;

	if (!key)
		return;
	node = graph_node(b->g, GRAPH_BOX, GRAPH_NONE, (unsigned int)b->number * LAYERS + LAYER_BOX,
			  key, c->id);
	for (size_t i = 0; i < view->count; i++) {
		size_t port;

		/* Everybody has it. */
		if (view->interfaces[i].link.loopback)
			continue;
		port = graph_port(b->g, node, view->interfaces[i].link.name);
		say_port(b, c, i, node, port);
		connect_port(b, c, i, node, port);
		ports++;
	}
	if (c->shares)
		graph_node_line(b->g, node, "the host's network");
	else if (!ports)
		graph_node_line(b->g, node, "no interfaces");
}

static bool has_shown(const struct builder *b)
{
	for (size_t i = 0; i < link_count(b); i++)
		if (b->shown[i])
			return true;
	return false;
}

static void add_host(struct builder *b)
{
	show_used(b);
	b->group = has_shown(b) ? graph_group(b->g, b->host->title) : GRAPH_NONE;
	for (size_t i = 0; i < link_count(b); i++)
		if (b->shown[i])
			connect_above(b, i);
	for (size_t i = 0; i < b->all->container_count; i++)
		if (b->all->containers[i].host == b->number)
			add_container(b, &b->all->containers[i]);
}

void net_graph_build(const struct net_graph_all *all, struct graph *g)
{
	for (size_t i = 0; i < all->host_count; i++) {
		struct builder b = { .all = all, .host = &all->hosts[i], .number = i, .g = g };

		b.shown = calloc(link_count(&b) + 1, sizeof(*b.shown));
		b.depths = calloc(link_count(&b) + 1, sizeof(*b.depths));
		b.full = !b.shown || !b.depths;
		if (!b.full)
			add_host(&b);
		g->full |= b.full;
		free(b.shown);
		free(b.depths);
	}
}
