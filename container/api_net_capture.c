// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/live.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/capture.h"
#include "net/watch.h"
#include "ns/process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* tcpdump's and Wireshark's; a packet of the kernel's may have 64 KiB, and with BIG TCP more. */
#define SNAPLEN_MAX 262144

struct ctrnet_net_capture {
	int fd; /* an epoll of both */
	int pidfd;
	bool over; /* the container has ended, and its interfaces go with it */
	struct net_capture *source;
	struct ctrnet_net_capture_interface *interfaces;
};

/* --- Opening --- */

struct opening {
	int netns;
	char **names; /* NULL: all */
	struct net_capture_options options;
};

static int open_apart(void *arg, int *fds, struct err *err)
{
	const struct opening *o = arg;

	/* First, so that no interface can go without being heard of. */
	fds[1] = net_watch_socket(o->netns, err);
	if (fds[1] < 0)
		return fds[1];
	fds[0] = packet_sockets_open(o->netns, o->names, &o->options.packets, err);
	if (fds[0] < 0)
		close_fd(fds[1]);
	return fds[0] < 0 ? fds[0] : 0;
}

static int open_source(struct ctrnet_container *c, const struct state *state, struct opening *o,
		       struct ctrnet_net_capture *n, struct err *err)
{
	_cleanup_fd_ int netns = -1;
	int fds[2] = { -1, -1 };
	int ret = container_open_netns(state, n->pidfd, &netns, err);

	if (ret == 0 && netns < 0)
		ret = err_set(err, -EOPNOTSUPP, "container '%s' has the host's network", c->id);
	o->netns = netns;
	if (ret == 0)
		ret = api_apart(open_apart, o, 0, fds, 2, err);
	return ret < 0 ? ret : net_capture_new(fds[0], fds[1], &o->options, &n->source, err);
}

static int make_ready(struct ctrnet_net_capture *n, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	size_t count;

	net_capture_interfaces(n->source, &count);
	n->interfaces = calloc(count + 1, sizeof(*n->interfaces));
	if (!n->interfaces)
		return err_oom(err);
	n->fd = epoll_create1(EPOLL_CLOEXEC);
	if (n->fd < 0 || epoll_ctl(n->fd, EPOLL_CTL_ADD, net_capture_fd(n->source), &event) < 0 ||
	    epoll_ctl(n->fd, EPOLL_CTL_ADD, n->pidfd, &event) < 0)
		return err_sys(err, -errno, "epoll");
	return 0;
}

static int take_options(const struct ctrnet_container *c,
			const struct ctrnet_net_capture_options *given, struct opening *o,
			struct err *err)
{
	struct ctrnet_net_capture_options from = CTRNET_NET_CAPTURE_OPTIONS_INIT;
	int ret = given ? api_take(&from, sizeof(from), given, "ctrnet_net_capture_options", err)
			: 0;

	if (ret < 0)
		return ret;
	if (from.snaplen > SNAPLEN_MAX)
		return err_set(err, -EINVAL, "snaplen: %u is not from 1 to %u", from.snaplen,
			       SNAPLEN_MAX);
	if ((unsigned int)from.direction > CTRNET_NET_OUT)
		return err_set(err, -EINVAL, "direction: there is none with the number %d",
			       (int)from.direction);
	o->options = (struct net_capture_options){
		.packets.direction = (int)from.direction,
		.packets.snaplen = from.snaplen ? from.snaplen : SNAPLEN_MAX,
		.count = from.count,
		.container = c->id,
		.application = from.application ? from.application : "libctrnet",
	};
	if (from.interfaces && *from.interfaces)
		o->names = (char **)from.interfaces;
	return 0;
}

int ctrnet_container_net_capture(struct ctrnet_container *c,
				 const struct ctrnet_net_capture_options *options,
				 struct ctrnet_net_capture **capture, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	struct opening opening = { .netns = -1 };
	_cleanup_fd_ int pidfd = -1;
	struct ctrnet_net_capture *n;
	struct err err = { 0 };
	int ret;

	if (take_options(c, options, &opening, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	ret = api_find_running(c, &state, &pidfd, error);
	if (ret < 0)
		return ret;
	n = calloc(1, sizeof(*n));
	if (!n) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	n->fd = -1;
	n->pidfd = take_fd(&pidfd);
	ret = open_source(c, &state, &opening, n, &err);
	if (ret == 0)
		ret = make_ready(n, &err);
	if (ret < 0) {
		ctrnet_net_capture_free(n);
		return api_fail(error, api_live_code(ret), &err);
	}
	*capture = n;
	return 0;
}

/* --- Reading --- */

int ctrnet_net_capture_fd(const struct ctrnet_net_capture *n)
{
	return n->fd;
}

static int capture_fail(int ret, struct err *err, struct ctrnet_error *error)
{
	/* What the caller's function returned has no words. */
	if (!err->code)
		err_sys(err, ret, "cannot write");
	return api_fail(error, CTRNET_SYSTEM_ERROR, err);
}

/* Asked first, so that what came before the end is handed on. */
int ctrnet_net_capture_read(struct ctrnet_net_capture *n, ctrnet_net_capture_function *give,
			    void *arg, bool *ended, struct ctrnet_error *error)
{
	struct err err = { 0 };
	bool all = false;
	int ret;

	n->over = process_wait_gone(n->pidfd, 0) == 0;
	ret = net_capture_read(n->source, give, arg, &all, &err);
	if (ret < 0)
		return capture_fail(ret, &err, error);
	*ended = n->over || all;
	return 0;
}

int ctrnet_net_capture_end(struct ctrnet_net_capture *n, ctrnet_net_capture_function *give,
			   void *arg, struct ctrnet_error *error)
{
	struct err err = { 0 };
	int ret = net_capture_end(n->source, give, arg, &err);

	return ret < 0 ? capture_fail(ret, &err, error) : 0;
}

const struct ctrnet_net_capture_interface *
ctrnet_net_capture_interfaces(const struct ctrnet_net_capture *n, size_t *count)
{
	const struct net_capture_interface *from = net_capture_interfaces(n->source, count);

	for (size_t i = 0; i < *count; i++)
		n->interfaces[i] = (struct ctrnet_net_capture_interface){
			.name = from[i].link.name,
			.index = from[i].link.index,
			.linktype = from[i].link.linktype,
			.captured = from[i].captured,
			.dropped = from[i].dropped,
			.gone = n->interfaces[i].gone || (from[i].gone && !n->over),
		};
	return n->interfaces;
}

void ctrnet_net_capture_free(struct ctrnet_net_capture *n)
{
	if (!n)
		return;
	net_capture_free(n->source);
	close_fd(n->fd);
	close_fd(n->pidfd);
	free(n->interfaces);
	free(n);
}
