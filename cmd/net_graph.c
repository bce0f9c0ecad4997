// SPDX-License-Identifier: Apache-2.0
#include "cmd/net.h"

#include "lib/cleanup.h"

#include <stdio.h>
#include <stdlib.h>

/* --id is one of them. */
static const char **ids_of(const struct net_options *o)
{
	const char **ids;
	size_t n = 0;

	while (o->words[n])
		n++;
	ids = calloc(n + 2, sizeof(*ids));
	if (!ids)
		return NULL;
	for (size_t i = 0; i < n; i++)
		ids[i] = o->words[i];
	ids[n] = o->id;
	return ids;
}

static int run(const struct globals *globals, const struct net_options *o,
	       struct ctrnet_container *container, struct err *err)
{
	_cleanup_(library_close) struct ctrnet_factory *factory = NULL;
	_cleanup_free_ const char **ids = ids_of(o);
	_cleanup_free_ char *text = NULL;
	enum ctrnet_net_graph_format format = CTRNET_NET_GRAPH_DOT;
	struct ctrnet_error error;
	int ret = ids ? library_open(globals, &factory, err) : err_oom(err);

	(void)container;
	if (ret < 0)
		return ret;
	if (o->format)
		format = (enum ctrnet_net_graph_format)(o->format - 1);
	if (ctrnet_factory_net_graph(factory, ids, format, &text, &error) < 0)
		return library_fail(&cmd_net, &error, err);
	fputs(text, stdout);
	return 0;
}

const struct net_verb cmd_net_graph = {
	.verb = {
		.name = "graph",
		.args = "[--format dot|svg] [ID...]",
		.summary = "a picture of containers, or of all that run, with the links and bridges of the host that they use: for "
			   "graphviz, or as SVG",
	},
	.format = true,
	.takes_ids = true,
	.run = run,
};
