// SPDX-License-Identifier: Apache-2.0
#include "container/api_net.h"

#include "container/live.h"
#include "container/net_graph.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/netns_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* --- Reading a namespace, beside the host's --- */

/* Sockets in both, one for each question and side. */
enum { VIEW, VIEW_HOST, VIEW_GENERIC, TOPOLOGY, TOPOLOGY_HOST, SOCKETS };

static const struct {
	int (*open)(int netns, struct err *err);
	bool host;
} sockets[SOCKETS] = {
	[VIEW] = { net_stats_open, false },
	[VIEW_HOST] = { net_stats_open, true },
	[VIEW_GENERIC] = { net_stats_open_generic, false },
	[TOPOLOGY] = { net_stats_open, false },
	[TOPOLOGY_HOST] = { net_stats_open, true },
};

struct sides {
	int netns; /* of what is read; -1: the host's itself */
	int host;  /* -1: the caller's */
};

static int open_sockets(void *arg, int *fds, struct err *err)
{
	const struct sides *s = arg;

	for (int i = 0; i < SOCKETS; i++) {
		fds[i] = sockets[i].open(sockets[i].host || s->netns < 0 ? s->host : s->netns, err);
		if (fds[i] >= 0)
			continue;
		while (i-- > 0)
			fds[i] = close_fd(fds[i]);
		return err->code;
	}
	return 0;
}

static int read_space(const struct sides *s, struct net_graph_space *space, struct err *err)
{
	int fds[SOCKETS] = { -1, -1, -1, -1, -1 };
	int ret = api_apart(open_sockets, (void *)s, 0, fds, SOCKETS, err);

	if (ret < 0)
		return ret;
	ret = net_view_read(fds[VIEW], fds[VIEW_HOST], fds[VIEW_GENERIC], &space->view, err);
	if (ret == 0)
		return net_topology_read(fds[TOPOLOGY], fds[TOPOLOGY_HOST], &space->topology, err);
	close_fd(fds[TOPOLOGY]);
	close_fd(fds[TOPOLOGY_HOST]);
	return ret;
}

/* -1 with 0: it is the caller's own. -ENOENT: nobody is seen to hold it any more. */
static int open_host(uint64_t inode, int *netns, struct err *err)
{
	uint64_t own = 0;
	int ret = host_netns(&own, err);

	*netns = -1;
	if (ret < 0 || own == inode)
		return ret;
	*netns = netns_find(inode);
	return *netns < 0 ? -ENOENT : 0;
}

/* --- Hosts --- */

static void name_host(struct net_graph_host *h, bool own)
{
	struct utsname uts = { 0 };

	uname(&uts);
	if (own)
		snprintf(h->title, sizeof(h->title), "host %s", uts.nodename);
	else
		snprintf(h->title, sizeof(h->title), "network namespace %llu",
			 (unsigned long long)h->inode);
}

/* The number of the host with @inode, which is read when it is the first time. */
static int find_host(struct net_graph_all *all, uint64_t inode, size_t *number, struct err *err)
{
	struct net_graph_host *more;
	_cleanup_fd_ int netns = -1;
	int ret;

	for (*number = 0; *number < all->host_count; ++*number)
		if (all->hosts[*number].inode == inode)
			return 0;
	more = reallocarray(all->hosts, all->host_count + 1, sizeof(*more));
	if (!more)
		return err_oom(err);
	all->hosts = more;
	more += all->host_count++;
	*more = (struct net_graph_host){ .inode = inode };
	ret = open_host(inode, &netns, err);
	name_host(more, ret == 0 && netns < 0);
	if (ret == -ENOENT)
		return 0;
	return ret < 0 ? ret : read_space(&(struct sides){ -1, netns }, &more->space, err);
}

/* --- Containers --- */

static int read_container(const struct state *state, int pidfd, struct net_graph_all *all,
			  struct net_graph_container *c, struct err *err)
{
	_cleanup_fd_ int netns = -1, host = -1;
	int ret = container_open_netns(state, pidfd, &netns, err);

	if (ret == 0)
		ret = find_host(all, state->netns, &c->host, err);
	c->shares = netns < 0;
	if (ret < 0 || netns < 0)
		return ret;
	ret = open_host(state->netns, &host, err);
	/* Nothing is on the other side then: that of the container itself stands for it. */
	return read_space(&(struct sides){ netns, ret < 0 ? netns : host }, &c->space, err);
}

static int add_container(struct net_graph_all *all, struct ctrnet_container *c,
			 struct ctrnet_error *error)
{
	_cleanup_(state_release) struct state state = { 0 };
	struct net_graph_container *more, found = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	more = reallocarray(all->containers, all->container_count + 1, sizeof(*more));
	if (!more)
		ret = err_oom(&err);
	else
		all->containers = more;
	if (ret == 0)
		ret = read_container(&state, pidfd, all, &found, &err);
	found.id = strdup(state.id);
	if (ret == 0 && !found.id)
		ret = err_oom(&err);
	/* What is there of one that failed goes with the rest. */
	if (more)
		more[all->container_count++] = found;
	else
		free(found.id);
	return ret < 0 ? api_fail(error, api_live_code(ret), &err) : 0;
}

static int add_id(struct net_graph_all *all, struct ctrnet_factory *factory, const char *id,
		  struct ctrnet_error *error)
{
	struct ctrnet_container *c;
	int ret = ctrnet_container_load(factory, id, &c, error);

	if (ret < 0)
		return ret;
	ret = add_container(all, c, error);
	ctrnet_container_free(c);
	return ret;
}

static bool is_given_before(const char *const *ids, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(ids[i], ids[at]))
			return true;
	return false;
}

static int add_given(struct net_graph_all *all, struct ctrnet_factory *factory,
		     const char *const *ids, struct ctrnet_error *error)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && ids[i]; i++)
		if (!is_given_before(ids, i))
			ret = add_id(all, factory, ids[i], error);
	return ret;
}

/* One that does not run, or ends while we look, is not in the picture. */
static int add_running(struct net_graph_all *all, struct ctrnet_factory *factory,
		       struct ctrnet_error *error)
{
	_cleanup_(strv_cleanup) char **ids = NULL;
	struct ctrnet_error why;
	int ret = ctrnet_container_list(factory, &ids, error);

	for (size_t i = 0; ret == 0 && ids && ids[i]; i++) {
		ret = add_id(all, factory, ids[i], &why);
		if (ret < 0 && (why.code == CTRNET_CONTAINER_NOT_EXISTS ||
				why.code == CTRNET_CONTAINER_NOT_RUNNING))
			ret = 0;
		else if (ret < 0 && error)
			*error = why;
	}
	return ret;
}

/* --- Drawing --- */

static int draw(const struct net_graph_all *all, enum ctrnet_net_graph_format format, FILE *out,
		struct err *err)
{
	_cleanup_(graph_release) struct graph g = { 0 };

	net_graph_build(all, &g);
	return format == CTRNET_NET_GRAPH_SVG ? graph_svg(&g, out, err) : graph_dot(&g, out, err);
}

int ctrnet_factory_net_graph(struct ctrnet_factory *factory, const char *const *ids,
			     enum ctrnet_net_graph_format format, char **text,
			     struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	_cleanup_(net_graph_release) struct net_graph_all all = { 0 };
	_cleanup_free_ char *drawn = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out;
	int ret = ids && *ids ? add_given(&all, factory, ids, error)
			      : add_running(&all, factory, error);

	if (ret < 0)
		return ret;
	out = open_memstream(&drawn, &len);
	ret = out ? draw(&all, format, out, &err) : err_oom(&err);
	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*text = take_ptr(drawn);
	return 0;
}
