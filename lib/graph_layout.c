// SPDX-License-Identifier: Apache-2.0
#include "lib/graph_layout.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 24
#define GAP_X  28
/* Of a channel between rows, around its tracks. */
#define CHANNEL 20
#define TRACK   10
#define LANE    10
/* What a frame has around its rows; above is its title. */
#define FRAME_TOP    30
#define FRAME_BOTTOM 16
/* A row is not narrower than this if there is enough for it, and a picture about so wide for its height, in percent. */
#define ROW_MIN 860
#define ASPECT  170
/* Vertical parts are no nearer than this. */
#define APART 7

/* Nodes from @first on in the order of nodes; they are of one layer. */
struct row {
	size_t first, count;
	unsigned int layer;
	size_t group;
	int height, y, channel; /* its boxes' top, and that of the tracks above them */
	size_t tracks;
};

/* What hangs together: the edges down from a node; or one edge within a layer, which hangs on nothing. */
struct hub {
	size_t node; /* GRAPH_NONE: that */
	int x;       /* of its vertical part */
	int lane;    /* x; 0: it needs none */
	size_t row, last_row;
};

struct layout {
	const struct graph *g;
	struct graph_layout *out;
	size_t *order; /* of nodes, row by row */
	struct row *rows;
	size_t row_count;
	struct hub *hubs;
	size_t hub_count;
	size_t *hub_of; /* an edge */
	int *ends;      /* x of the lower end of each edge */
	int *from_ends; /* and of the other one, if that is in the same layer */
	size_t *tracks; /* of each row and hub */
	int left;       /* where boxes begin, behind the lanes */
	int wide;       /* the widest row */
};

/* --- Sizes --- */

/* Characters that take two places are those from Hangul on (Unicode's East Asian Width, roughly). */
static int text_width(const char *text)
{
	int n = 0;

	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c & 0xc0) != 0x80)
			n += *c >= 0xe1 && (*c > 0xe1 || c[1] >= 0x84) ? 2 : 1;
	return (n * GRAPH_CHAR + 9) / 10;
}

void graph_each_line(const struct graph *g, size_t node, size_t port,
		     void (*line)(void *arg, const char *text, bool of_edge), void *arg)
{
	const struct graph_node *n = &g->nodes[node];
	char *const *lines = port == GRAPH_NONE ? n->lines : n->ports[port].lines;

	for (; lines && *lines; lines++)
		line(arg, *lines, false);
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];

		if (e->to != node || e->port != port)
			continue;
		for (lines = e->lines; lines && *lines; lines++)
			line(arg, *lines, true);
	}
}

struct size {
	int w, lines;
};

static void measure_line(void *arg, const char *text, bool of_edge)
{
	struct size *s = arg;
	int w = text_width(text);

	(void)of_edge;
	s->w = w > s->w ? w : s->w;
	s->lines++;
}

static struct size measure(const struct graph *g, size_t node, size_t port, const char *title)
{
	struct size s = { .w = text_width(title), .lines = 1 };

	graph_each_line(g, node, port, measure_line, &s);
	return s;
}

static void size_ports(const struct graph *g, size_t node, struct graph_place *p)
{
	const struct graph_node *n = &g->nodes[node];
	int x = GRAPH_PAD, height = 0;

	for (size_t i = 0; i < n->port_count; i++) {
		struct size s = measure(g, node, i, n->ports[i].name);
		int h = s.lines * GRAPH_LINE + 2 * GRAPH_PORT_PAD;

		p->ports[i] = (struct graph_rect){ x, 0, s.w + 2 * GRAPH_PORT_PAD, 0 };
		x += p->ports[i].w + GRAPH_PORT_GAP;
		height = h > height ? h : height;
	}
	for (size_t i = 0; i < n->port_count; i++)
		p->ports[i].h = height;
	if (n->port_count && p->box.w < x - GRAPH_PORT_GAP + GRAPH_PAD)
		p->box.w = x - GRAPH_PORT_GAP + GRAPH_PAD;
	p->box.h += height;
}

/* Ports that are narrower than the text below them are in the middle. */
static void center_ports(const struct graph_node *n, struct graph_place *p)
{
	const struct graph_rect *last = n->port_count ? &p->ports[n->port_count - 1] : NULL;
	int shift = last ? (p->box.w - (last->x + last->w + GRAPH_PAD)) / 2 : 0;

	for (size_t i = 0; i < n->port_count; i++)
		p->ports[i].x += shift;
}

static int size_nodes(struct layout *l)
{
	for (size_t i = 0; i < l->g->node_count; i++) {
		const struct graph_node *n = &l->g->nodes[i];
		struct graph_place *p = &l->out->places[i];
		struct size s = measure(l->g, i, GRAPH_NONE, n->title);

		p->ports = calloc(n->port_count + 1, sizeof(*p->ports));
		if (!p->ports)
			return -1;
		p->box.w = s.w + 2 * GRAPH_PAD + GRAPH_PAD;
		p->box.h = s.lines * GRAPH_LINE + GRAPH_PAD + 6;
		size_ports(l->g, i, p);
		center_ports(n, p);
	}
	return 0;
}

/* --- Rows --- */

struct ranked {
	size_t node;
	unsigned int layer;
	double weight; /* the mean place of those above it */
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->layer != right->layer)
		return left->layer < right->layer ? -1 : 1;
	if (left->weight != right->weight)
		return left->weight < right->weight ? -1 : 1;
	return left->node < right->node ? -1 : left->node > right->node;
}

/* Layer by layer from the top, so that all above a node have their places. */
static void weigh(const struct graph *g, struct ranked *ranked, size_t n, const size_t *place_of)
{
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		size_t above = 0;

		for (size_t e = 0; e < g->edge_count; e++)
			if (g->edges[e].to == ranked[i].node &&
			    g->nodes[g->edges[e].from].layer < ranked[i].layer) {
				sum += (double)place_of[g->edges[e].from];
				above++;
			}
		ranked[i].weight = above ? sum / (double)above : (double)i;
	}
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
}

static int order_nodes(struct layout *l)
{
	size_t n = l->g->node_count;
	_cleanup_free_ struct ranked *ranked = calloc(n + 1, sizeof(*ranked));
	_cleanup_free_ size_t *place_of = calloc(n + 1, sizeof(*place_of));

	if (!ranked || !place_of)
		return -1;
	for (size_t i = 0; i < n; i++)
		ranked[i] = (struct ranked){ i, l->g->nodes[i].layer, 0 };
	qsort(ranked, n, sizeof(*ranked), compare_ranked);
	for (size_t at = 0, end; at < n; at = end) {
		for (end = at; end < n && ranked[end].layer == ranked[at].layer; end++)
			;
		weigh(l->g, ranked + at, end - at, place_of);
		for (size_t i = at; i < end; i++)
			place_of[ranked[i].node] = i - at;
	}
	for (size_t i = 0; i < n; i++)
		l->order[i] = ranked[i].node;
	return 0;
}

static int isqrt(long long value)
{
	int root = 0;

	while ((long long)(root + 1) * (root + 1) <= value)
		root++;
	return root;
}

/* How wide a row of the layer may be: so that its rows together have about the wanted shape. */
static int row_limit(const struct layout *l, size_t at, size_t end)
{
	long long width = 0, height = 0;
	int rows, limit;

	for (size_t i = at; i < end; i++) {
		const struct graph_rect *box = &l->out->places[l->order[i]].box;

		width += box->w + GAP_X;
		height = box->h > height ? box->h : height;
	}
	height += 2 * CHANNEL + 2 * TRACK;
	rows = isqrt(width * 100 / (height * ASPECT)) + 1;
	/* The last one may be a bit shorter, not a remainder. */
	limit = (int)(width / rows) + 60;
	return limit > ROW_MIN ? limit : ROW_MIN;
}

static void add_rows(struct layout *l, size_t at, size_t end)
{
	const struct graph_node *n = &l->g->nodes[l->order[at]];
	int limit = row_limit(l, at, end), x = 0;
	struct row *row = NULL;

	for (size_t i = at; i < end; i++) {
		struct graph_place *p = &l->out->places[l->order[i]];

		if (!row || x + p->box.w > limit) {
			row = &l->rows[l->row_count++];
			*row = (struct row){ .first = i, .layer = n->layer, .group = n->group };
			x = 0;
		}
		x += p->box.w + GAP_X;
		row->count++;
		row->height = p->box.h > row->height ? p->box.h : row->height;
		p->row = l->row_count - 1;
		l->wide = x - GAP_X > l->wide ? x - GAP_X : l->wide;
	}
}

static void make_rows(struct layout *l)
{
	for (size_t at = 0, end; at < l->g->node_count; at = end) {
		unsigned int layer = l->g->nodes[l->order[at]].layer;

		for (end = at; end < l->g->node_count; end++)
			if (l->g->nodes[l->order[end]].layer != layer)
				break;
		add_rows(l, at, end);
	}
}

/* --- Hubs --- */

static void reach(struct hub *h, size_t row)
{
	h->last_row = row > h->last_row ? row : h->last_row;
}

/* Each node's is its number; those of edges within a layer are behind. */
static void make_hubs(struct layout *l)
{
	const struct graph *g = l->g;

	for (size_t i = 0; i < g->node_count; i++)
		l->hubs[i] = (struct hub){ .node = i,
					   .row = l->out->places[i].row,
					   .last_row = l->out->places[i].row };
	l->hub_count = g->node_count;
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];
		size_t from = l->out->places[e->from].row, to = l->out->places[e->to].row;

		l->hub_of[i] = e->from;
		if (g->nodes[e->from].layer == g->nodes[e->to].layer) {
			l->hub_of[i] = l->hub_count++;
			l->hubs[l->hub_of[i]] = (struct hub){ .node = GRAPH_NONE,
							      .row = from < to ? from : to,
							      .last_row = from < to ? from : to };
		}
		reach(&l->hubs[l->hub_of[i]], to);
		if (l->hubs[l->hub_of[i]].node == GRAPH_NONE)
			reach(&l->hubs[l->hub_of[i]], from);
	}
}

/* The row above which its uppermost track is. */
static size_t first_row(const struct hub *h)
{
	return h->node == GRAPH_NONE ? h->row : h->row + 1;
}

static void make_lanes(struct layout *l)
{
	int lanes = 0;

	for (size_t i = 0; i < l->hub_count; i++)
		if (l->hubs[i].last_row > first_row(&l->hubs[i]))
			l->hubs[i].lane = MARGIN + LANE * ++lanes;
	l->left = MARGIN + GRAPH_PAD + LANE * (lanes + (lanes > 0));
}

/* --- Across --- */

static void place_boxes(struct layout *l, const struct row *row, int x)
{
	for (size_t i = row->first; i < row->first + row->count; i++) {
		struct graph_place *p = &l->out->places[l->order[i]];

		p->box.x = x;
		x += p->box.w + GAP_X;
	}
}

/* The middle of what hangs on a node, or -1. */
static int middle_below(const struct layout *l, size_t node)
{
	long long sum = 0;
	int n = 0;

	for (size_t e = 0; e < l->g->edge_count; e++) {
		const struct graph_rect *box = &l->out->places[l->g->edges[e].to].box;

		if (l->hub_of[e] != node)
			continue;
		sum += box->x + box->w / 2;
		n++;
	}
	return n ? (int)(sum / n) : -1;
}

/* Above the middle of what hangs on them, as far as there is room. */
static void place_row_above(struct layout *l, const struct row *row)
{
	int right = l->left + l->wide, x = l->left, width = 0;

	for (size_t i = row->first; i < row->first + row->count; i++)
		width += l->out->places[l->order[i]].box.w + GAP_X;
	for (size_t i = row->first; i < row->first + row->count; i++) {
		struct graph_rect *box = &l->out->places[l->order[i]].box;
		int middle = middle_below(l, l->order[i]);
		int wish = middle < 0 ? x : middle - box->w / 2;

		/* All that is still to come has to fit. */
		if (wish > right + GAP_X - width)
			wish = right + GAP_X - width;
		box->x = wish > x ? wish : x;
		x = box->x + box->w + GAP_X;
		width -= box->w + GAP_X;
	}
}

static bool has_below(const struct layout *l, const struct row *row)
{
	for (size_t i = row->first; i < row->first + row->count; i++)
		if (middle_below(l, l->order[i]) >= 0)
			return true;
	return false;
}

/* In the order of what hangs on them, so that lines cross less; what has nothing below it stays where it is. */
static void sort_above(struct layout *l, const struct row *row)
{
	for (size_t i = row->first + 1; i < row->first + row->count; i++) {
		size_t node = l->order[i], at = i;
		int middle = middle_below(l, node);

		for (; middle >= 0 && at > row->first; at--) {
			if (middle_below(l, l->order[at - 1]) <= middle)
				break;
			l->order[at] = l->order[at - 1];
		}
		l->order[at] = node;
	}
}

static int row_width(const struct layout *l, const struct row *row)
{
	int width = -GAP_X;

	for (size_t i = row->first; i < row->first + row->count; i++)
		width += l->out->places[l->order[i]].box.w + GAP_X;
	return width;
}

/* Rows of one layer begin at the same place, and the widest fills the picture. */
static void place_across(struct layout *l)
{
	for (size_t r = l->row_count; r-- > 0;) {
		const struct row *row = &l->rows[r];
		int widest = 0;

		if (has_below(l, row)) {
			sort_above(l, row);
			place_row_above(l, row);
			continue;
		}
		for (size_t i = 0; i < l->row_count; i++)
			if (l->rows[i].layer == row->layer && row_width(l, &l->rows[i]) > widest)
				widest = row_width(l, &l->rows[i]);
		place_boxes(l, row, l->left + (l->wide - widest) / 2);
	}
}

/* --- Ends of lines --- */

/* Where the @i-th of @n lines ends that share a top side. */
static int spread(const struct graph_rect *box, int x, size_t i, size_t n)
{
	return x + box->w * (int)(i + 1) / (int)(n + 1);
}

struct end {
	size_t node, port;
	int *x;
};

/* What has ports has lines only there. */
static size_t port_of(const struct graph *g, size_t node, size_t port)
{
	return port == GRAPH_NONE && g->nodes[node].port_count ? 0 : port;
}

/* Whether the edge has an end on top of something, and which; @k is 0 or 1. */
static bool end_of(const struct layout *l, size_t edge, int k, struct end *end)
{
	const struct graph_edge *e = &l->g->edges[edge];

	if (k == 0)
		*end = (struct end){ e->to, port_of(l->g, e->to, e->port), &l->ends[edge] };
	else
		*end = (struct end){ e->from, port_of(l->g, e->from, e->from_port),
				     &l->from_ends[edge] };
	return k == 0 || l->hubs[l->hub_of[edge]].node == GRAPH_NONE;
}

static void place_end(struct layout *l, const struct end *end)
{
	const struct graph_place *p = &l->out->places[end->node];
	const struct graph_rect *port = end->port == GRAPH_NONE ? NULL : &p->ports[end->port];
	size_t n = 0, before = 0;
	struct end other;

	for (size_t e = 0; e < l->g->edge_count; e++)
		for (int k = 0; k < 2; k++) {
			if (!end_of(l, e, k, &other) || other.node != end->node ||
			    other.port != end->port)
				continue;
			before = other.x == end->x ? n : before;
			n++;
		}
	*end->x = port ? spread(port, p->box.x + port->x, before, n)
		       : spread(&p->box, p->box.x, before, n);
}

static void place_ends(struct layout *l)
{
	struct end end;

	for (size_t e = 0; e < l->g->edge_count; e++)
		for (int k = 0; k < 2; k++)
			if (end_of(l, e, k, &end))
				place_end(l, &end);
}

/* Does a line end near @x in that row? Its own hub's may. */
static bool is_taken(const struct layout *l, size_t hub, size_t row, int x)
{
	struct end end;

	for (size_t e = 0; e < l->g->edge_count; e++)
		for (int k = 0; k < 2; k++) {
			if (l->hub_of[e] == hub || !end_of(l, e, k, &end) ||
			    l->out->places[end.node].row != row)
				continue;
			if (abs(*end.x - x) < APART)
				return true;
		}
	return false;
}

/* A line down from a node must not run along one that goes up beside it. */
static void place_hubs(struct layout *l)
{
	for (size_t i = 0; i < l->g->node_count; i++) {
		const struct graph_rect *box = &l->out->places[i].box;
		struct hub *h = &l->hubs[i];
		int middle = box->x + box->w / 2;

		h->x = middle;
		for (int off = 0; off<box->w / 2 - 4; off = off> 0 ? -off : APART - off) {
			h->x = middle + off;
			if (!is_taken(l, i, h->row + 1, h->x))
				break;
		}
	}
}

/* --- Tracks --- */

struct span {
	size_t hub;
	int from, to;
};

static void widen(struct span *s, int x)
{
	s->from = x < s->from ? x : s->from;
	s->to = x > s->to ? x : s->to;
}

/* What the hub needs above that row; false: nothing. */
static bool span_of(const struct layout *l, size_t hub, size_t row, struct span *s)
{
	const struct hub *h = &l->hubs[hub];
	struct end end;

	*s = (struct span){ hub, INT32_MAX, INT32_MIN };
	for (size_t e = 0; e < l->g->edge_count; e++)
		for (int k = 0; k < 2; k++)
			if (l->hub_of[e] == hub && end_of(l, e, k, &end) &&
			    l->out->places[end.node].row == row)
				widen(s, *end.x);
	if (h->last_row == h->row && h->node != GRAPH_NONE)
		return false;
	if (row == first_row(h) && h->node != GRAPH_NONE)
		widen(s, h->x);
	if (h->lane && (s->from <= s->to || row == first_row(h)))
		widen(s, h->lane);
	return s->from <= s->to;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *left = a, *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return left->hub < right->hub ? -1 : left->hub > right->hub;
}

/* The first track that is free from there on; each has where it is taken up to. */
static size_t take_track(struct row *row, int *taken, const struct span *s)
{
	size_t t = 0;

	while (t < row->tracks && taken[t] + APART > s->from)
		t++;
	row->tracks += t == row->tracks;
	taken[t] = s->to;
	return t;
}

static int make_tracks(struct layout *l)
{
	_cleanup_free_ struct span *spans = calloc(l->hub_count + 1, sizeof(*spans));
	_cleanup_free_ int *taken = calloc(l->hub_count + 1, sizeof(*taken));

	if (!spans || !taken)
		return -1;
	for (size_t r = 0; r < l->row_count; r++) {
		size_t n = 0;

		for (size_t i = 0; i < l->hub_count; i++)
			n += span_of(l, i, r, &spans[n]);
		qsort(spans, n, sizeof(*spans), compare_spans);
		for (size_t i = 0; i < n; i++)
			l->tracks[r * l->hub_count + spans[i].hub] =
				take_track(&l->rows[r], taken, &spans[i]);
	}
	return 0;
}

/* --- Down --- */

static bool begins_frame(const struct layout *l, size_t r)
{
	return l->rows[r].group != GRAPH_NONE &&
	       (r == 0 || l->rows[r - 1].group != l->rows[r].group);
}

static bool ends_frame(const struct layout *l, size_t r)
{
	return l->rows[r].group != GRAPH_NONE &&
	       (r + 1 == l->row_count || l->rows[r + 1].group != l->rows[r].group);
}

static void place_down(struct layout *l)
{
	int y = MARGIN;

	for (size_t r = 0; r < l->row_count; r++) {
		struct row *row = &l->rows[r];
		struct graph_rect *frame = row->group == GRAPH_NONE ? NULL
								    : &l->out->frames[row->group];

		row->channel = y + (r ? CHANNEL : 0);
		if (r || row->tracks)
			y = row->channel + TRACK * (int)row->tracks + CHANNEL;
		if (frame && begins_frame(l, r)) {
			*frame = (struct graph_rect){ MARGIN, y,
						      l->left + l->wide - MARGIN + GRAPH_PAD, 0 };
			y += FRAME_TOP;
		}
		row->y = y;
		y += row->height;
		if (frame && ends_frame(l, r)) {
			y += FRAME_BOTTOM;
			frame->h = y - frame->y;
		}
	}
	for (size_t i = 0; i < l->g->node_count; i++)
		l->out->places[i].box.y = l->rows[l->out->places[i].row].y;
	l->out->left = l->left;
	l->out->width = l->left + l->wide + GRAPH_PAD + MARGIN;
	l->out->height = y + MARGIN;
}

/* --- Lines --- */

static int track_y(const struct layout *l, size_t hub, size_t row)
{
	return l->rows[row].channel + TRACK * (int)l->tracks[row * l->hub_count + hub] + TRACK / 2;
}

static void bend(struct graph_wire *w, int x, int y)
{
	w->points[w->count++] = (struct graph_point){ x, y };
}

/* From the track of one row to that of another, by the lane. */
static void change_row(const struct layout *l, struct graph_wire *w, size_t from, size_t to)
{
	const struct hub *h = &l->hubs[w->hub];

	if (from == to)
		return;
	bend(w, h->lane, track_y(l, w->hub, from));
	bend(w, h->lane, track_y(l, w->hub, to));
}

static void draw_wire(const struct layout *l, size_t edge)
{
	const struct graph_edge *e = &l->g->edges[edge];
	const struct graph_place *from = &l->out->places[e->from], *to = &l->out->places[e->to];
	struct graph_wire *w = &l->out->wires[edge];
	const struct hub *h;
	size_t first;

	w->hub = l->hub_of[edge];
	h = &l->hubs[w->hub];
	first = h->node == GRAPH_NONE ? from->row : first_row(h);
	if (h->node == GRAPH_NONE) {
		bend(w, l->from_ends[edge], from->box.y);
		bend(w, l->from_ends[edge], track_y(l, w->hub, first));
	} else {
		bend(w, h->x, from->box.y + from->box.h);
		bend(w, h->x, track_y(l, w->hub, first));
	}
	change_row(l, w, first, to->row);
	bend(w, l->ends[edge], track_y(l, w->hub, to->row));
	bend(w, l->ends[edge], to->box.y);
}

static int lay_out(struct layout *l)
{
	const struct graph *g = l->g;
	size_t hubs = g->node_count + g->edge_count;

	l->out->places = calloc(g->node_count + 1, sizeof(*l->out->places));
	l->out->frames = calloc(strv_count(g->groups) + 1, sizeof(*l->out->frames));
	l->out->wires = calloc(g->edge_count + 1, sizeof(*l->out->wires));
	l->order = calloc(g->node_count + 1, sizeof(*l->order));
	l->rows = calloc(g->node_count + 1, sizeof(*l->rows));
	l->hubs = calloc(hubs + 1, sizeof(*l->hubs));
	l->hub_of = calloc(g->edge_count + 1, sizeof(*l->hub_of));
	l->ends = calloc(g->edge_count + 1, sizeof(*l->ends));
	l->from_ends = calloc(g->edge_count + 1, sizeof(*l->from_ends));
	if (!l->out->places || !l->out->frames || !l->out->wires || !l->order || !l->rows ||
	    !l->hubs || !l->hub_of || !l->ends || !l->from_ends)
		return -1;
	if (size_nodes(l) < 0 || order_nodes(l) < 0)
		return -1;
	make_rows(l);
	make_hubs(l);
	make_lanes(l);
	place_across(l);
	place_ends(l);
	place_hubs(l);
	l->tracks = calloc(l->row_count * l->hub_count + 1, sizeof(*l->tracks));
	if (!l->tracks || make_tracks(l) < 0)
		return -1;
	place_down(l);
	for (size_t i = 0; i < g->edge_count; i++)
		draw_wire(l, i);
	return 0;
}

int graph_layout(const struct graph *g, struct graph_layout *out, struct err *err)
{
	struct graph_layout found = { 0 };
	struct layout l = { .g = g, .out = &found };
	int ret = g->full ? -1 : lay_out(&l);

	free(l.order);
	free(l.rows);
	free(l.hubs);
	free(l.hub_of);
	free(l.ends);
	free(l.from_ends);
	free(l.tracks);
	if (ret < 0) {
		graph_layout_release(g, &found);
		return err_oom(err);
	}
	*out = found;
	return 0;
}

void graph_layout_release(const struct graph *g, struct graph_layout *l)
{
	for (size_t i = 0; l->places && i < g->node_count; i++)
		free(l->places[i].ports);
	free(l->places);
	free(l->frames);
	free(l->wires);
	*l = (struct graph_layout){ 0 };
}
