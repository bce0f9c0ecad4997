// SPDX-License-Identifier: Apache-2.0
#include "lib/graph.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void graph_release(struct graph *g)
{
	for (size_t i = 0; i < g->node_count; i++) {
		struct graph_node *n = &g->nodes[i];

		for (size_t p = 0; p < n->port_count; p++) {
			free(n->ports[p].name);
			strv_free(n->ports[p].lines);
		}
		free(n->ports);
		free(n->key);
		free(n->title);
		strv_free(n->lines);
	}
	for (size_t i = 0; i < g->edge_count; i++)
		strv_free(g->edges[i].lines);
	free(g->nodes);
	free(g->edges);
	strv_free(g->groups);
	*g = (struct graph){ 0 };
}

/* Room for one more behind the @count that are there: the array grows in powers of two. */
static void *grow(struct graph *g, void *items, size_t count, size_t size)
{
	void *more;

	if (g->full || (count & (count - 1)))
		return g->full ? NULL : items;
	more = reallocarray(items, count ? count * 2 : 1, size);
	g->full |= !more;
	return more;
}

/* What stands in a picture is text: UTF-8, in lines. */
static char *text_of(struct graph *g, const char *from)
{
	char *text = strdup(from);

	if (text) {
		str_make_utf8(text);
		str_make_printable(text);
	}
	g->full |= !text;
	return text;
}

size_t graph_group(struct graph *g, const char *title)
{
	_cleanup_free_ char *text = text_of(g, title);

	if (text && strv_add(&g->groups, text) < 0)
		g->full = true;
	return strv_count(g->groups) - 1;
}

size_t graph_find(const struct graph *g, const char *key)
{
	for (size_t i = 0; i < g->node_count; i++)
		if (!strcmp(g->nodes[i].key, key))
			return i;
	return GRAPH_NONE;
}

size_t graph_node(struct graph *g, int kind, size_t group, unsigned int layer, const char *key,
		  const char *title)
{
	size_t found = graph_find(g, key);
	struct graph_node *more, n = { .kind = kind, .group = group, .layer = layer };

	if (found != GRAPH_NONE)
		return found;
	more = grow(g, g->nodes, g->node_count, sizeof(*more));
	if (!more)
		return GRAPH_NONE;
	g->nodes = more;
	n.key = strdup(key);
	n.title = text_of(g, title);
	if (!n.key || !n.title) {
		free(n.key);
		free(n.title);
		g->full = true;
		return GRAPH_NONE;
	}
	more[g->node_count] = n;
	return g->node_count++;
}

size_t graph_port(struct graph *g, size_t node, const char *name)
{
	struct graph_node *n = node < g->node_count ? &g->nodes[node] : NULL;
	struct graph_port *more = n ? grow(g, n->ports, n->port_count, sizeof(*more)) : NULL;

	if (!more)
		return GRAPH_NONE;
	n->ports = more;
	more[n->port_count] = (struct graph_port){ .name = text_of(g, name) };
	if (g->full)
		return GRAPH_NONE;
	return n->port_count++;
}

size_t graph_edge(struct graph *g, size_t from, size_t to, size_t port)
{
	struct graph_edge *more;

	if (from >= g->node_count || to >= g->node_count)
		return GRAPH_NONE;
	more = grow(g, g->edges, g->edge_count, sizeof(*more));
	if (!more)
		return GRAPH_NONE;
	/* One that there was no memory for, say. */
	if (port >= g->nodes[to].port_count)
		port = GRAPH_NONE;
	g->edges = more;
	more[g->edge_count] = (struct graph_edge){
		.from = from, .to = to, .port = port, .from_port = GRAPH_NONE
	};
	return g->edge_count++;
}

static void add_line(struct graph *g, char ***lines, const char *fmt, va_list ap)
{
	_cleanup_free_ char *text = NULL, *clean = NULL;

	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		g->full = true;
		return;
	}
	clean = text_of(g, text);
	if (clean && strv_add(lines, clean) < 0)
		g->full = true;
}

void graph_node_line(struct graph *g, size_t node, const char *fmt, ...)
{
	va_list ap;

	if (node >= g->node_count)
		return;
	va_start(ap, fmt);
	add_line(g, &g->nodes[node].lines, fmt, ap);
	va_end(ap);
}

void graph_port_line(struct graph *g, size_t node, size_t port, const char *fmt, ...)
{
	va_list ap;

	if (node >= g->node_count || port >= g->nodes[node].port_count)
		return;
	va_start(ap, fmt);
	add_line(g, &g->nodes[node].ports[port].lines, fmt, ap);
	va_end(ap);
}

void graph_edge_line(struct graph *g, size_t edge, const char *fmt, ...)
{
	va_list ap;

	if (edge >= g->edge_count)
		return;
	va_start(ap, fmt);
	add_line(g, &g->edges[edge].lines, fmt, ap);
	va_end(ap);
}
