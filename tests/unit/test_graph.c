// SPDX-License-Identifier: Apache-2.0
/* Pictures of graphs: what must not overlap, whatever there is; and the words of both writers. */
#include "lib/graph.h"

#include "lib/cleanup.h"
#include "lib/graph_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- What must hold of any picture --- */

static bool apart(const struct graph_rect *a, const struct graph_rect *b)
{
	return a->x + a->w <= b->x || b->x + b->w <= a->x || a->y + a->h <= b->y ||
	       b->y + b->h <= a->y;
}

static bool within(const struct graph_rect *a, const struct graph_rect *b)
{
	return a->x >= b->x && a->y >= b->y && a->x + a->w <= b->x + b->w &&
	       a->y + a->h <= b->y + b->h;
}

static void check_boxes(const struct graph *g, const struct graph_layout *l)
{
	const struct graph_rect all = { 0, 0, l->width, l->height };

	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_place *p = &l->places[i];

		assert_true(within(&p->box, &all));
		for (size_t k = 0; k < i; k++)
			assert_true(apart(&p->box, &l->places[k].box));
		for (size_t k = 0; k < g->nodes[i].port_count; k++) {
			const struct graph_rect whole = { 0, 0, p->box.w, p->box.h };

			assert_true(within(&p->ports[k], &whole));
			assert_true(k == 0 || apart(&p->ports[k], &p->ports[k - 1]));
		}
		if (g->nodes[i].group != GRAPH_NONE)
			assert_true(within(&p->box, &l->frames[g->nodes[i].group]));
	}
}

struct segment {
	struct graph_point a, b; /* a is above, or to the left */
	size_t hub;
};

static struct segment segment_of(const struct graph_wire *w, size_t i)
{
	struct graph_point a = w->points[i], b = w->points[i + 1];

	assert_true(a.x == b.x || a.y == b.y);
	return a.x <= b.x && a.y <= b.y ? (struct segment){ a, b, w->hub }
					: (struct segment){ b, a, w->hub };
}

/* Along each other, not across. */
static bool share(const struct segment *s, const struct segment *t)
{
	if (s->a.x == s->b.x && t->a.x == t->b.x && s->a.x == t->a.x)
		return s->a.y < t->b.y && t->a.y < s->b.y;
	if (s->a.y == s->b.y && t->a.y == t->b.y && s->a.y == t->a.y)
		return s->a.x < t->b.x && t->a.x < s->b.x;
	return false;
}

static void check_segment(const struct graph *g, const struct graph_layout *l,
			  const struct segment *s)
{
	/* Lines end at the sides of boxes, and touch none of those that they pass. */
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_rect *box = &l->places[i].box;

		assert_true(s->b.x <= box->x || s->a.x >= box->x + box->w || s->b.y <= box->y ||
			    s->a.y >= box->y + box->h);
	}
}

static void check_wires(const struct graph *g, const struct graph_layout *l)
{
	for (size_t e = 0; e < g->edge_count; e++)
		for (size_t i = 0; i + 1 < l->wires[e].count; i++) {
			struct segment s = segment_of(&l->wires[e], i);

			check_segment(g, l, &s);
			for (size_t f = 0; f < e; f++)
				for (size_t k = 0; k + 1 < l->wires[f].count; k++) {
					struct segment t = segment_of(&l->wires[f], k);

					assert_true(s.hub == t.hub || !share(&s, &t));
				}
		}
}

static void check_ends(const struct graph *g, const struct graph_layout *l)
{
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];
		const struct graph_place *to = &l->places[e->to];
		const struct graph_point *end = &l->wires[i].points[l->wires[i].count - 1];
		int x = to->box.x, w = to->box.w;

		if (e->port != GRAPH_NONE) {
			x += to->ports[e->port].x;
			w = to->ports[e->port].w;
		}
		assert_int_equal(end->y, to->box.y);
		assert_true(end->x > x && end->x < x + w);
	}
}

static void check(const struct graph *g)
{
	struct graph_layout l = { 0 };
	struct err err;

	assert_false(g->full);
	assert_int_equal(graph_layout(g, &l, &err), 0);
	check_boxes(g, &l);
	check_wires(g, &l);
	check_ends(g, &l);
	graph_layout_release(g, &l);
}

/* --- Pictures --- */

/* Boxes with up to three ports, on bridges, a parent and a remote, some by themselves and some of them side by side. */
static void build(struct graph *g, unsigned int boxes, unsigned int bridges)
{
	size_t host = graph_group(g, "host");
	size_t up = graph_node(g, GRAPH_LINK, host, 1, "up", "eth0"), last = GRAPH_NONE;
	size_t far = graph_node(g, GRAPH_REMOTE, GRAPH_NONE, 0, "far", "192.0.2.7");
	char name[32];

	graph_node_line(g, up, "192.0.2.1/24");
	for (unsigned int i = 0; i < bridges; i++) {
		snprintf(name, sizeof(name), "br%u", i);
		graph_edge(g, up, graph_node(g, GRAPH_BRIDGE, host, 2, name, name), GRAPH_NONE);
	}
	for (unsigned int i = 0; i < boxes; i++) {
		size_t box, port, e;

		snprintf(name, sizeof(name), "box-%u", i);
		box = graph_node(g, GRAPH_BOX, GRAPH_NONE, 3, name, name);
		for (unsigned int p = 0; p < i % 4; p++) {
			snprintf(name, sizeof(name), "eth%u", p);
			port = graph_port(g, box, name);
			graph_port_line(g, box, port, "10.%u.0.%u/24", p, i);
			snprintf(name, sizeof(name), "br%u", (i + p) % bridges);
			e = graph_edge(g, p == 2 ? up : graph_find(g, name), box, port);
			graph_edge_line(g, e, "veth%u", i * 10 + p);
		}
		if (i % 7 == 1)
			graph_edge(g, far, box, 0);
		if (i % 5 == 3 && last != GRAPH_NONE)
			graph_edge(g, last, box, GRAPH_NONE);
		last = box;
	}
}

static void test_sizes(void **state)
{
	static const unsigned int sizes[][2] = { { 0, 1 },  { 1, 1 },  { 2, 1 },   { 5, 2 },
						 { 13, 3 }, { 50, 1 }, { 50, 10 }, { 200, 4 } };

	(void)state;
	for (size_t i = 0; i < array_size(sizes); i++) {
		_cleanup_(graph_release) struct graph g = { 0 };

		build(&g, sizes[i][0], sizes[i][1]);
		check(&g);
	}
}

static void test_shape(void **state)
{
	_cleanup_(graph_release) struct graph g = { 0 };
	struct graph_layout l = { 0 };
	struct err err;

	(void)state;
	build(&g, 50, 2);
	assert_int_equal(graph_layout(&g, &l, &err), 0);
	/* Neither a strip nor a tower. */
	assert_in_range(l.width * 10 / l.height, 8, 30);
	graph_layout_release(&g, &l);
}

/* One box with as many ports as may be. */
static void test_many_ports(void **state)
{
	_cleanup_(graph_release) struct graph g = { 0 };
	size_t box = graph_node(&g, GRAPH_BOX, GRAPH_NONE, 1, "box", "box");

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		char name[16];
		size_t bridge, port;

		snprintf(name, sizeof(name), "br%u", i);
		bridge = graph_node(&g, GRAPH_BRIDGE, GRAPH_NONE, 0, name, name);
		snprintf(name, sizeof(name), "e%u", 63 - i);
		port = graph_port(&g, box, name);
		graph_edge(&g, bridge, box, port);
	}
	check(&g);
}

static void test_chain(void **state)
{
	_cleanup_(graph_release) struct graph g = { 0 };
	size_t last = GRAPH_NONE, first = GRAPH_NONE;
	size_t groups[2];

	(void)state;
	groups[0] = graph_group(&g, "one");
	groups[1] = graph_group(&g, "two");
	for (unsigned int i = 0; i < 12; i++) {
		char name[16];
		size_t node;

		snprintf(name, sizeof(name), "n%u", i);
		node = graph_node(&g, GRAPH_LINK, groups[i / 6], i, name, name);
		graph_edge(&g, last, node, GRAPH_NONE);
		first = i ? first : node;
		/* And past all between. */
		if (i > 1)
			graph_edge(&g, first, node, GRAPH_NONE);
		last = node;
	}
	check(&g);
}

/* --- Words --- */

static char *text_of(const struct graph *g,
		     int (*write)(const struct graph *, FILE *, struct err *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct err err;

	assert_non_null(out);
	if (write(g, out, &err) < 0)
		fail_msg("%s", err.text);
	fclose(out);
	return text;
}

static void test_dot(void **state)
{
	_cleanup_(graph_release) struct graph g = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t host, bridge, box, port, edge;

	(void)state;
	host = graph_group(&g, "host \"a\\b\"");
	bridge = graph_node(&g, GRAPH_BRIDGE, host, 0, "br", "br\n0");
	box = graph_node(&g, GRAPH_BOX, GRAPH_NONE, 1, "web", "web");
	assert_int_equal(graph_node(&g, GRAPH_BOX, GRAPH_NONE, 1, "web", "other"), box);
	port = graph_port(&g, box, "<&\">");
	graph_port_line(&g, box, port, "10.1.0.2/%d", 24);
	edge = graph_edge(&g, bridge, box, port);
	graph_edge_line(&g, edge, "veth1");
	graph_edge_line(&g, edge, "ingress 5mbit");
	edge = graph_edge(&g, bridge, box, port);
	g.edges[edge].dashed = true;
	text = text_of(&g, graph_dot);
	assert_string_equal(strstr(text, "\tsubgraph"),
			    "\tsubgraph cluster_g0 {\n"
			    "\t\tlabel=\"host \\\"a\\\\b\\\"\";\n"
			    "\t\tn0 [label=\"br?0\", shape=box, style=bold];\n"
			    "\t}\n"
			    "\tsubgraph cluster_n1 {\n"
			    "\t\tlabel=\"web\";\n"
			    "\t\tstyle=rounded;\n"
			    "\t\tn1p0 [label=\"<&\\\">\\n10.1.0.2/24\", shape=box];\n"
			    "\t}\n"
			    "\tn0 -- n1p0 [label=\"veth1\\ningress 5mbit\"];\n"
			    "\tn0 -- n1p0 [style=dashed];\n"
			    "}\n");
}

static void test_svg(void **state)
{
	_cleanup_(graph_release) struct graph g = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	graph_node(&g, GRAPH_BOX, GRAPH_NONE, 0, "x", "<&\">\x01\xff\xef\xbf\xbf");
	text = text_of(&g, graph_svg);
	/* XML has no U+FFFF. */
	assert_non_null(strstr(text, ">&lt;&amp;&quot;&gt;?\?\?</text>"));
	assert_non_null(strstr(text, "</svg>\n"));
}

static void test_full(void **state)
{
	_cleanup_(graph_release) struct graph g = { 0 };
	struct err err;

	(void)state;
	graph_node(&g, GRAPH_BOX, GRAPH_NONE, 0, "x", "x");
	g.full = true;
	/* What comes behind does no harm. */
	assert_int_equal(graph_node(&g, GRAPH_BOX, GRAPH_NONE, 0, "y", "y"), GRAPH_NONE);
	assert_int_equal(graph_port(&g, GRAPH_NONE, "p"), GRAPH_NONE);
	assert_int_equal(graph_edge(&g, 0, GRAPH_NONE, GRAPH_NONE), GRAPH_NONE);
	graph_edge_line(&g, GRAPH_NONE, "x");
	assert_int_equal(graph_dot(&g, stderr, &err), -12);
	assert_int_equal(graph_svg(&g, stderr, &err), -12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),      cmocka_unit_test(test_shape),
		cmocka_unit_test(test_many_ports), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_dot),        cmocka_unit_test(test_svg),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
