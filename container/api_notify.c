// SPDX-License-Identifier: Apache-2.0
/* One descriptor tells of what was asked for and of the container's end: the cgroup may outlive it. */
#include "container/api.h"

#include "cgroup/notify.h"
#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

struct ctrnet_notify {
	int fd; /* an epoll of both */
	int pidfd;
	struct cgroup_notify source;
};

static const enum cgroup_level levels[] = {
	[CTRNET_LEVEL_LOW] = CGROUP_LEVEL_LOW,
	[CTRNET_LEVEL_MEDIUM] = CGROUP_LEVEL_MEDIUM,
	[CTRNET_LEVEL_CRITICAL] = CGROUP_LEVEL_CRITICAL,
};

const char *ctrnet_level_string(enum ctrnet_level level)
{
	return (size_t)level < array_size(levels) ? cgroup_level_names[levels[level]].name
						  : "unknown";
}

int ctrnet_container_pidfd(struct ctrnet_container *c, int *fd, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int found = -1;
	int ret = api_find_running(c, &state, &found, error);

	if (ret == 0)
		*fd = take_fd(&found);
	return ret;
}

static int watch_both(struct ctrnet_notify *n, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };

	n->fd = epoll_create1(EPOLL_CLOEXEC);
	if (n->fd < 0 || epoll_ctl(n->fd, EPOLL_CTL_ADD, n->source.fd, &event) < 0 ||
	    epoll_ctl(n->fd, EPOLL_CTL_ADD, n->pidfd, &event) < 0)
		return err_sys(err, -errno, "epoll");
	return 0;
}

/* @level NULL: an OOM. */
static int open_source(struct ctrnet_notify *n, const struct state *state,
		       const enum ctrnet_level *level, struct err *err)
{
	if (!level)
		return cgroup_notify_oom(&state->cgroup, &n->source, err);
	if ((size_t)*level >= array_size(levels))
		return err_set(err, -EINVAL, "there is no level %d of memory pressure", *level);
	return cgroup_notify_pressure(&state->cgroup, levels[*level], &n->source, err);
}

static int notify(struct ctrnet_container *c, const enum ctrnet_level *level,
		  struct ctrnet_notify **out, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct ctrnet_notify *n;
	struct err err = { 0 };
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	n = malloc(sizeof(*n));
	if (!n) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	*n = (struct ctrnet_notify){ .fd = -1, .pidfd = take_fd(&pidfd), .source.fd = -1 };
	ret = open_source(n, &state, level, &err);
	if (ret == 0)
		ret = watch_both(n, &err);
	/* A cgroup that is gone is that of a container which has just ended. */
	if (ret == -ENOENT && process_wait_gone(n->pidfd, 0) == 0)
		ret = err_set(&err, -ESRCH, "container '%s' is not running", c->id);
	if (ret < 0) {
		ctrnet_notify_free(n);
		return api_fail(error, api_live_code(ret), &err);
	}
	*out = n;
	return 0;
}

int ctrnet_container_notify_oom(struct ctrnet_container *c, struct ctrnet_notify **out,
				struct ctrnet_error *error)
{
	return notify(c, NULL, out, error);
}

int ctrnet_container_notify_memory_pressure(struct ctrnet_container *c, enum ctrnet_level level,
					    struct ctrnet_notify **out, struct ctrnet_error *error)
{
	return notify(c, &level, out, error);
}

int ctrnet_notify_fd(const struct ctrnet_notify *n)
{
	return n->fd;
}

/* What came before the end is told with it, so the end is looked for first. */
int ctrnet_notify_read(struct ctrnet_notify *n, struct ctrnet_notice *notice,
		       struct ctrnet_error *error)
{
	bool ended = process_wait_gone(n->pidfd, 0) == 0;
	struct cgroup_notice found = { 0 };
	struct err err = { 0 };

	if (n->source.fd >= 0 && cgroup_notify_read(&n->source, &found, &err) < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	if (found.gone)
		cgroup_notify_release(&n->source);
	*notice = (struct ctrnet_notice){ found.happened, ended || n->source.fd < 0 };
	return 0;
}

void ctrnet_notify_free(struct ctrnet_notify *n)
{
	if (!n)
		return;
	cgroup_notify_release(&n->source);
	close_fd(n->fd);
	close_fd(n->pidfd);
	free(n);
}
