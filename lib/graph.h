/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture of boxes and the lines between them, in layers from top to bottom: for graphviz, and as SVG.
 *
 *	_cleanup_(graph_release) struct graph g = { 0 };
 *	size_t bridge = graph_node(&g, GRAPH_BRIDGE, GRAPH_NONE, 1, "br0", "br0");
 *	size_t web = graph_node(&g, GRAPH_BOX, GRAPH_NONE, 2, "web", "web");
 *	size_t eth0 = graph_port(&g, web, "eth0");
 *
 *	graph_port_line(&g, web, eth0, "10.1.0.2/24");
 *	graph_edge(&g, bridge, web, eth0);
 *	ret = graph_svg(&g, stdout, err);
 *
 * Building cannot fail: what has no memory sticks to the graph, and its writers tell. Texts may be any bytes.
 */
#ifndef LIB_GRAPH_H
#define LIB_GRAPH_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum graph_kind {
	GRAPH_REMOTE, /* far away */
	GRAPH_LINK,   /* an interface by itself */
	GRAPH_BRIDGE,
	GRAPH_BOX, /* what has ports */
	GRAPH_KINDS
};

/* No group, no port: the node as a whole. */
#define GRAPH_NONE ((size_t)-1)

struct graph_port {
	char *name;
	char **lines; /* strv */
};

struct graph_node {
	int kind;
	size_t group;
	unsigned int layer; /* of the picture, from the top; a layer's nodes are all of one group */
	char *key, *title;
	char **lines; /* strv */
	struct graph_port *ports;
	size_t port_count;
};

struct graph_edge {
	size_t from, to; /* nodes; @from is above, or in the same layer */
	size_t port;     /* of @to */
	size_t from_port;
	char **lines; /* strv */
	bool dashed;
};

struct graph {
	char **groups; /* strv: their titles */
	struct graph_node *nodes;
	size_t node_count;
	struct graph_edge *edges;
	size_t edge_count;
	bool full; /* sticky: out of memory */
};

void graph_release(struct graph *g);

/* Nodes around which a frame is drawn. Returns its number. */
size_t graph_group(struct graph *g, const char *title);
/* The node @key, made with the rest if there is none yet. Returns its number. */
size_t graph_node(struct graph *g, int kind, size_t group, unsigned int layer, const char *key,
		  const char *title);
/* The number of the node @key, or GRAPH_NONE. */
size_t graph_find(const struct graph *g, const char *key);
size_t graph_port(struct graph *g, size_t node, const char *name);
/* Between nodes, the lower one by a port of it or GRAPH_NONE. Returns its number. */
size_t graph_edge(struct graph *g, size_t from, size_t to, size_t port);

/* A further line of text. */
void graph_node_line(struct graph *g, size_t node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void graph_port_line(struct graph *g, size_t node, size_t port, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void graph_edge_line(struct graph *g, size_t edge, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* In the language of graphviz's dot(1): a cluster for each group and each box. */
int graph_dot(const struct graph *g, FILE *out, struct err *err);
/* Drawn by ourselves; legible on light and dark ground. */
int graph_svg(const struct graph *g, FILE *out, struct err *err);

#endif
