/* SPDX-License-Identifier: Apache-2.0 */
/* A picture of the networks of containers: what of the host they use, and how it hangs together. */
#ifndef CONTAINER_NET_GRAPH_H
#define CONTAINER_NET_GRAPH_H

#include "lib/graph.h"
#include "net/topology.h"
#include "net/view.h"

/* A network namespace, from both sides. */
struct net_graph_space {
	struct net_view view;
	struct net_topology topology;
};

/* One that containers were started in. */
struct net_graph_host {
	uint64_t inode;
	char title[80];
	struct net_graph_space space; /* nothing, if it is gone */
};

struct net_graph_container {
	char *id;
	size_t host; /* which of the hosts */
	bool shares; /* the host's network */
	struct net_graph_space space;
};

struct net_graph_all {
	struct net_graph_host *hosts;
	size_t host_count;
	struct net_graph_container *containers;
	size_t container_count;
};

void net_graph_release(struct net_graph_all *all);
/* Put them into @g, which says whether it went well. */
void net_graph_build(const struct net_graph_all *all, struct graph *g);

#endif
