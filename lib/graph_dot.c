// SPDX-License-Identifier: Apache-2.0
#include "lib/graph.h"
#include "lib/str.h"

#include <errno.h>

static const struct {
	const char *shape, *style;
} looks[] = {
	[GRAPH_REMOTE] = { "oval", "dashed" },
	[GRAPH_LINK] = { "box", "solid" },
	[GRAPH_BRIDGE] = { "box", "bold" },
	[GRAPH_BOX] = { "box", "rounded" },
};

/* Within double quotes, where a label takes "\n" and the like for more than two characters. */
static void print_quoted(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
}

static void print_label(const char *first, char *const *lines, FILE *out)
{
	fputs("label=\"", out);
	print_quoted(first, out);
	for (; lines && *lines; lines++) {
		fputs("\\n", out);
		print_quoted(*lines, out);
	}
	putc('"', out);
}

static void print_node(const struct graph *g, size_t i, const char *indent, FILE *out)
{
	const struct graph_node *n = &g->nodes[i];

	fprintf(out, "%sn%zu [", indent, i);
	print_label(n->title, n->lines, out);
	fprintf(out, ", shape=%s, style=%s];\n", looks[n->kind].shape, looks[n->kind].style);
}

/* One without ports has a point, for its edges. */
static void print_box(const struct graph *g, size_t i, const char *indent, FILE *out)
{
	const struct graph_node *n = &g->nodes[i];

	fprintf(out, "%ssubgraph cluster_n%zu {\n%s\t", indent, i, indent);
	print_label(n->title, n->lines, out);
	fprintf(out, ";\n%s\tstyle=rounded;\n", indent);
	for (size_t p = 0; p < n->port_count; p++) {
		fprintf(out, "%s\tn%zup%zu [", indent, i, p);
		print_label(n->ports[p].name, n->ports[p].lines, out);
		fprintf(out, ", shape=box];\n");
	}
	if (!n->port_count)
		fprintf(out, "%s\tn%zu [label=\"\", shape=point];\n", indent, i);
	fprintf(out, "%s}\n", indent);
}

static void print_nodes(const struct graph *g, size_t group, const char *indent, FILE *out)
{
	for (size_t i = 0; i < g->node_count; i++) {
		if (g->nodes[i].group != group)
			continue;
		if (g->nodes[i].kind == GRAPH_BOX)
			print_box(g, i, indent, out);
		else
			print_node(g, i, indent, out);
	}
}

static void print_end(const struct graph *g, size_t node, size_t port, FILE *out)
{
	const struct graph_node *n = &g->nodes[node];

	fprintf(out, "n%zu", node);
	if (port == GRAPH_NONE && n->kind == GRAPH_BOX && n->port_count)
		port = 0;
	if (port != GRAPH_NONE)
		fprintf(out, "p%zu", port);
}

static void print_edge(const struct graph *g, const struct graph_edge *e, FILE *out)
{
	putc('\t', out);
	print_end(g, e->from, e->from_port, out);
	fputs(" -- ", out);
	print_end(g, e->to, e->port, out);
	if (e->lines) {
		fputs(" [", out);
		print_label(*e->lines, e->lines + 1, out);
		fputs(e->dashed ? ", style=dashed]" : "]", out);
	} else if (e->dashed) {
		fputs(" [style=dashed]", out);
	}
	fputs(";\n", out);
}

int graph_dot(const struct graph *g, FILE *out, struct err *err)
{
	size_t groups = strv_count(g->groups);

	if (g->full)
		return err_oom(err);
	fputs("graph ctrnet {\n"
	      "\tgraph [fontname=\"monospace\", nodesep=0.3, ranksep=0.6];\n"
	      "\tnode [fontname=\"monospace\", fontsize=11];\n"
	      "\tedge [fontname=\"monospace\", fontsize=9];\n",
	      out);
	for (size_t i = 0; i < groups; i++) {
		fprintf(out, "\tsubgraph cluster_g%zu {\n\t\t", i);
		print_label(g->groups[i], NULL, out);
		fputs(";\n", out);
		print_nodes(g, i, "\t\t", out);
		fputs("\t}\n", out);
	}
	print_nodes(g, GRAPH_NONE, "\t", out);
	for (size_t i = 0; i < g->edge_count; i++)
		print_edge(g, &g->edges[i], out);
	fputs("}\n", out);
	return ferror(out) ? err_set(err, -EIO, "cannot write the graph") : 0;
}
