// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/live.h"
#include "lib/cleanup.h"
#include "net/stats.h"
#include "net/watch.h"
#include "ns/process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct ctrnet_net_watch {
	int fd; /* an epoll of both */
	int pidfd;
	struct net_watch *source;
};

static int open_apart(void *arg, int *fds, struct err *err)
{
	const int *netns = arg;

	fds[0] = net_watch_socket(*netns, err);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = net_stats_open(*netns, err);
	if (fds[1] < 0)
		close_fd(fds[0]);
	return fds[1] < 0 ? fds[1] : 0;
}

static int open_source(struct ctrnet_container *c, const struct state *state,
		       struct ctrnet_net_watch *w, struct err *err)
{
	_cleanup_fd_ int netns = -1;
	int fds[2] = { -1, -1 };
	int ret = container_open_netns(state, w->pidfd, &netns, err);

	if (ret == 0 && netns < 0)
		ret = err_set(err, -EOPNOTSUPP, "container '%s' has the host's network", c->id);
	if (ret == 0)
		ret = api_apart(open_apart, &netns, 0, fds, 2, err);
	return ret < 0 ? ret : net_watch_new(fds[0], fds[1], &w->source, err);
}

static int watch_both(struct ctrnet_net_watch *w, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	w->fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->fd < 0 || epoll_ctl(w->fd, EPOLL_CTL_ADD, net_watch_fd(w->source), &event) < 0 ||
	    epoll_ctl(w->fd, EPOLL_CTL_ADD, w->pidfd, &event) < 0)
		return err_sys(err, -errno, "epoll");
	return 0;
}

int ctrnet_container_net_watch(struct ctrnet_container *c, struct ctrnet_net_watch **watch,
			       struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct ctrnet_net_watch *w;
	struct err err = { 0 };
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	w = calloc(1, sizeof(*w));
	if (!w) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	w->fd = -1;
	w->pidfd = take_fd(&pidfd);
	ret = open_source(c, &state, w, &err);
	if (ret == 0)
		ret = watch_both(w, &err);
	if (ret < 0) {
		ctrnet_net_watch_free(w);
		return api_fail(error, api_live_code(ret), &err);
	}
	*watch = w;
	return 0;
}

int ctrnet_net_watch_fd(const struct ctrnet_net_watch *w)
{
	return w->fd;
}

struct reading {
	void (*event)(void *arg, const struct ctrnet_net_event *event);
	void *arg;
};

static void hand_on(void *arg, const struct net_event *from)
{
	const struct reading *r = arg;
	const struct ctrnet_net_event event = {
		.what = from->what,
		.gone = from->gone,
		.index = from->index,
		.interface = from->interface,
		.text = from->text,
	};

	r->event(r->arg, &event);
}

/* Asked first, so that what came before the end is handed on. */
int ctrnet_net_watch_read(struct ctrnet_net_watch *w,
			  void (*event)(void *arg, const struct ctrnet_net_event *event), void *arg,
			  bool *ended, struct ctrnet_error *error)
{
	bool over = process_wait_gone(w->pidfd, 0) == 0;
	struct reading r = { event, arg };
	struct err err = { 0 };

	if (net_watch_read(w->source, hand_on, &r, &err) < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*ended = over;
	return 0;
}

void ctrnet_net_watch_free(struct ctrnet_net_watch *w)
{
	if (!w)
		return;
	net_watch_free(w->source);
	close_fd(w->fd);
	close_fd(w->pidfd);
	free(w);
}
