/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are in a picture of a graph. A layer is one row of boxes, or several if it has too many. Lines are made of horizontal and
 * vertical parts: all that hang on one node share a track above each row that they lead to, and a lane on the left where they
 * pass rows. No two boxes overlap, and no line runs along another's or through a box.
 */
#ifndef LIB_GRAPH_LAYOUT_H
#define LIB_GRAPH_LAYOUT_H

#include "lib/graph.h"

/* All in pixels. A character is as wide as the widest of the fonts that "monospace" may be. */
enum {
	GRAPH_CHAR = 74, /* tenths */
	GRAPH_LINE = 16, /* from line to line */
	GRAPH_PAD = 10,
	GRAPH_PORT_PAD = 7,
	GRAPH_PORT_GAP = 8,
};

struct graph_rect {
	int x, y, w, h;
};

struct graph_point {
	int x, y;
};

struct graph_place {
	struct graph_rect box;
	struct graph_rect *ports;
	size_t row;
};

#define GRAPH_WIRE_MAX 8

struct graph_wire {
	struct graph_point points[GRAPH_WIRE_MAX];
	size_t count;
	size_t hub; /* those of one have a colour */
};

struct graph_layout {
	int width, height;
	int left;                   /* where boxes begin: before it are lines */
	struct graph_place *places; /* of nodes */
	struct graph_rect *frames;  /* of groups */
	struct graph_wire *wires;   /* of edges */
};

/* Call @line for each line of text that a port (GRAPH_NONE: the node itself) shows: its own, and those of edges that end there. */
void graph_each_line(const struct graph *g, size_t node, size_t port,
		     void (*line)(void *arg, const char *text, bool of_edge), void *arg);

int graph_layout(const struct graph *g, struct graph_layout *l, struct err *err);
void graph_layout_release(const struct graph *g, struct graph_layout *l);

#endif
