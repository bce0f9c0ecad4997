// SPDX-License-Identifier: Apache-2.0
#include "lib/cleanup.h"
#include "lib/graph_layout.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>

#define RADIUS 6

/* Boxes bring their own ground, so that their text is legible on any other; lines and titles are legible on both. */
static const char style[] =
	"<style>\n"
	"text { font: 12px ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace; fill: #1f2933 }\n"
	".title { font-weight: bold }\n"
	".minor { fill: #5b6875 }\n"
	".ground { fill: #7b8794; font-weight: bold }\n"
	".frame { fill: #8794a1; fill-opacity: .10; stroke: #8794a1; stroke-dasharray: 5 4 }\n"
	".box { fill: #eef2f6; stroke: #7b8794 }\n"
	".port { fill: #ffffff; stroke: #9aa5b1 }\n"
	".bridge { fill: #e3f4ea; stroke: #2f855a; stroke-width: 1.6 }\n"
	".link { fill: #e6effa; stroke: #3a72b5 }\n"
	".remote { fill: #f7eefb; stroke: #8e5bb5; stroke-dasharray: 4 3 }\n"
	".wire { fill: none; stroke-width: 1.8 }\n"
	".routed { stroke-dasharray: 6 4 }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"text { fill: #e4e9ee } .minor { fill: #a4b1be } .ground { fill: #9aa5b1 }\n"
	".box { fill: #26303a } .port { fill: #1a222a } .bridge { fill: #1b3527 } .link { fill: #1c2f45 } .remote { fill: #33253d }\n"
	"}\n"
	"</style>\n";

/* Neither too light for paper nor too dark for a night's screen. */
static const char *const colors[] = {
	"#2f9e62", "#3b82c4", "#c2722f", "#a35bc2", "#c24f6b", "#2b9a9a", "#94891f", "#6a74d1",
};

static const char *const classes[GRAPH_KINDS] = {
	[GRAPH_REMOTE] = "remote",
	[GRAPH_LINK] = "link",
	[GRAPH_BRIDGE] = "bridge",
	[GRAPH_BOX] = "box",
};

static const int corners[GRAPH_KINDS] = {
	[GRAPH_REMOTE] = 14, [GRAPH_LINK] = 4, [GRAPH_BRIDGE] = 4, [GRAPH_BOX] = 9
};

static void print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\xef':
			/* U+FFFE and U+FFFF, which XML has not. */
			if (text[1] == '\xbf' && (text[2] == '\xbe' || text[2] == '\xbf')) {
				putc('?', out);
				text += 2;
				break;
			}
			putc(*text, out);
			break;
		default:
			putc(*text, out);
		}
	}
}

static void print_rect(const char *class, const struct graph_rect *r, int corner, FILE *out)
{
	fprintf(out,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
		class, r->x, r->y, r->w, r->h, corner);
}

/* --- Text --- */

/* Lines in the middle of something, from the top. */
struct pen {
	FILE *out;
	int x, y;
};

static void write_line(struct pen *p, const char *class, const char *text)
{
	fprintf(p->out, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">", class, p->x,
		p->y);
	print_text(text, p->out);
	fputs("</text>\n", p->out);
	p->y += GRAPH_LINE;
}

static void write_more(void *arg, const char *text, bool of_edge)
{
	write_line(arg, of_edge ? "edge minor" : "minor", text);
}

static void draw_port(const struct graph *g, size_t node, size_t port, const struct graph_rect *r,
		      FILE *out)
{
	struct pen pen = { out, r->x + r->w / 2, r->y + GRAPH_PORT_PAD + 12 };

	print_rect("port", r, 5, out);
	write_line(&pen, "title", g->nodes[node].ports[port].name);
	graph_each_line(g, node, port, write_more, &pen);
}

static void draw_node(const struct graph *g, size_t i, const struct graph_place *place, FILE *out)
{
	const struct graph_node *n = &g->nodes[i];
	const struct graph_rect *box = &place->box;
	struct pen pen = { out, box->x + box->w / 2, box->y + GRAPH_PAD / 2 + 15 };

	print_rect(classes[n->kind], box, corners[n->kind], out);
	for (size_t p = 0; p < n->port_count; p++) {
		struct graph_rect r = place->ports[p];

		r.x += box->x;
		r.y = box->y;
		draw_port(g, i, p, &r, out);
	}
	if (n->port_count)
		pen.y += place->ports[0].h;
	write_line(&pen, "title", n->title);
	graph_each_line(g, i, GRAPH_NONE, write_more, &pen);
}

static void draw_frame(const char *title, const struct graph_rect *r, int left, FILE *out)
{
	if (!r->h)
		return;
	print_rect("frame", r, 12, out);
	fprintf(out, "<text class=\"ground\" x=\"%d\" y=\"%d\">", left, r->y + 20);
	print_text(title, out);
	fputs("</text>\n", out);
}

/* --- Lines --- */

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static int length(struct graph_point a, struct graph_point b)
{
	return abs(a.x - b.x) + abs(a.y - b.y);
}

/* The point at @distance from @from on the way to @to. */
static struct graph_point towards(struct graph_point from, struct graph_point to, int distance)
{
	return (struct graph_point){ from.x + sign(to.x - from.x) * distance,
				     from.y + sign(to.y - from.y) * distance };
}

/* Points that are not where the one before is. */
static size_t real_points(const struct graph_wire *w, struct graph_point points[GRAPH_WIRE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		if (!n || length(points[n - 1], w->points[i]))
			points[n++] = w->points[i];
	return n;
}

/* With round corners, as large as there is room for. */
static void draw_wire(const struct graph_wire *w, const char *color, bool dashed, FILE *out)
{
	struct graph_point p[GRAPH_WIRE_MAX] = { 0 };
	size_t n = real_points(w, p);

	fprintf(out, "<path class=\"wire%s\" stroke=\"%s\" d=\"M%d %d", dashed ? " routed" : "",
		color, p[0].x, p[0].y);
	for (size_t i = 1; i + 1 < n; i++) {
		int before = length(p[i - 1], p[i]) / 2, after = length(p[i], p[i + 1]) / 2;
		int r = before < after ? before : after;
		struct graph_point in, back;

		r = r < RADIUS ? r : RADIUS;
		in = towards(p[i], p[i - 1], r);
		back = towards(p[i], p[i + 1], r);
		fprintf(out, " L%d %d Q%d %d %d %d", in.x, in.y, p[i].x, p[i].y, back.x, back.y);
	}
	fprintf(out, " L%d %d\"/>\n", p[n - 1].x, p[n - 1].y);
}

static void draw_end(const struct graph_wire *w, const char *color, FILE *out)
{
	const struct graph_point *p = &w->points[w->count - 1];

	fprintf(out, "<circle cx=\"%d\" cy=\"%d\" r=\"3\" fill=\"%s\"/>\n", p->x, p->y, color);
}

static const char *color_of(const struct graph_wire *w)
{
	return colors[w->hub % array_size(colors)];
}

static void draw(const struct graph *g, const struct graph_layout *l, FILE *out)
{
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s",
		l->width, l->height, l->width, l->height, style);
	for (size_t i = 0; i < strv_count(g->groups); i++)
		draw_frame(g->groups[i], &l->frames[i], l->left, out);
	for (size_t i = 0; i < g->edge_count; i++)
		draw_wire(&l->wires[i], color_of(&l->wires[i]), g->edges[i].dashed, out);
	for (size_t i = 0; i < g->node_count; i++)
		draw_node(g, i, &l->places[i], out);
	for (size_t i = 0; i < g->edge_count; i++)
		draw_end(&l->wires[i], color_of(&l->wires[i]), out);
	fputs("</svg>\n", out);
}

int graph_svg(const struct graph *g, FILE *out, struct err *err)
{
	struct graph_layout l = { 0 };
	int ret = graph_layout(g, &l, err);

	if (ret < 0)
		return ret;
	draw(g, &l, out);
	graph_layout_release(g, &l);
	return ferror(out) ? err_set(err, -EIO, "cannot write the picture") : 0;
}
