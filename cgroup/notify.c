// SPDX-License-Identifier: Apache-2.0
#include "cgroup/notify.h"

#include "cgroup/place.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define REMOVAL_WAIT_MS 100

const struct json_name cgroup_level_names[] = {
	{ "low", CGROUP_LEVEL_LOW },
	{ "medium", CGROUP_LEVEL_MEDIUM },
	{ "critical", CGROUP_LEVEL_CRITICAL },
	{ NULL, 0 },
};

/* Stall and window, in microseconds. Windows of 2 s are those that need no CAP_SYS_RESOURCE. */
static const char *const triggers[] = {
	[CGROUP_LEVEL_LOW] = "some 100000 2000000",
	[CGROUP_LEVEL_MEDIUM] = "some 500000 2000000",
	[CGROUP_LEVEL_CRITICAL] = "full 800000 2000000",
};

void cgroup_notify_release(struct cgroup_notify *n)
{
	if (n->fd < 0)
		return;
	n->fd = close_fd(n->fd);
	n->source = close_fd(n->source);
	n->dir = close_fd(n->dir);
}

static int notify_init(struct cgroup_notify *n, const struct cgroup_dir *dir,
		       enum cgroup_notify_kind kind, struct err *err)
{
	*n = (struct cgroup_notify){ .fd = -1, .dir = -1, .source = -1, .kind = kind };
	n->dir = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (n->dir >= 0)
		return 0;
	return errno == ENOENT ? err_set(err, -ENOENT, "cgroup %s is gone", dir->path)
			       : err_sys(err, -errno, "cgroup %s", dir->path);
}

/* Not by its path, which another cgroup may have by now. */
static bool is_gone(const struct cgroup_notify *n)
{
	return !file_exists(n->dir, "cgroup.procs");
}

/* --- v1 --- */

/*
 * The kernel takes a reference to the controller's state for @file when it is registered, so that fd is not needed any more. The
 * event ends with the eventfd.
 */
static int open_eventfd(struct cgroup_notify *n, const char *file, const char *level,
			struct err *err)
{
	_cleanup_fd_ int control = openat(n->dir, file, O_RDONLY | O_CLOEXEC);
	char line[64];

	if (control < 0)
		return err_sys(err, -errno, "%s", file);
	n->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->fd < 0)
		return err_sys(err, -errno, "eventfd");
	snprintf(line, sizeof(line), "%d %d%s%s", n->fd, control, *level ? " " : "", level);
	return file_write(n->dir, "cgroup.event_control", line, err);
}

static uint64_t take_signals(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/*
 * The eventfd is signalled once more behind the removal of the cgroup, within a few grace periods of RCU. One signal of a cgroup
 * that is gone may be that or what was asked for: then there is another one to come.
 */
static void read_eventfd(struct cgroup_notify *n, struct cgroup_notice *notice)
{
	uint64_t count = take_signals(n->fd);
	struct pollfd more = { .fd = n->fd, .events = POLLIN };

	notice->gone = is_gone(n);
	if (notice->gone && count == 1 && poll(&more, 1, REMOVAL_WAIT_MS) > 0)
		count += take_signals(n->fd);
	notice->happened = count > notice->gone;
}

/* --- v2: memory.events --- */

static int read_events(struct cgroup_notify *n, uint64_t *ooms, uint64_t *kills)
{
	char text[1024], *save = NULL;
	int ret = file_read_line(n->dir, "memory.events", text, sizeof(text), NULL);

	if (ret < 0)
		return ret;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *number = strchr(line, ' ');
		unsigned long long value;

		if (!number || str_to_u64(number + 1, ULLONG_MAX, &value) < 0)
			return -EBADMSG;
		*number = '\0';
		if (!strcmp(line, "oom"))
			*ooms = value;
		else if (!strcmp(line, "oom_kill"))
			*kills = value;
	}
	return 0;
}

static int watch(int fd, const char *dir, const char *file, uint32_t mask, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, file);

	if (!path)
		return err_oom(err);
	return inotify_add_watch(fd, path, mask) < 0 ? err_sys(err, -errno, "watch %s", path) : 0;
}

/* The removal of the directory is an event of the one above it only: kernfs has none for its own. */
static int open_inotify(struct cgroup_notify *n, const struct cgroup_dir *dir, struct err *err)
{
	int ret;

	n->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (n->fd < 0)
		return err_sys(err, -errno, "inotify");
	ret = watch(n->fd, dir->path, "memory.events", IN_MODIFY, err);
	if (ret == -ENOENT)
		return err_set(err, -ENODEV, "cgroup %s has no memory controller", dir->path);
	if (ret == 0)
		ret = watch(n->fd, dir->path, "..", IN_DELETE | IN_ONLYDIR, err);
	if (ret < 0)
		return ret;
	ret = read_events(n, &n->ooms, &n->kills);
	return ret < 0 ? err_sys(err, ret, "%s/memory.events", dir->path) : 0;
}

/* Take all events; was one of them of a file that has changed? */
static bool take_events(int fd)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool modified = false;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (const void *)at;

			modified |= e->mask & (IN_MODIFY | IN_Q_OVERFLOW);
			at += sizeof(*e) + e->len;
		}
	return modified;
}

/*
 * The file changes when a limit is hit, too, so its counters decide. If it cannot be read any more, the change may have been the
 * OOM that ended the container: better to tell of one too many.
 */
static int read_inotify(struct cgroup_notify *n, struct cgroup_notice *notice, struct err *err)
{
	bool modified = take_events(n->fd);
	uint64_t ooms = n->ooms, kills = n->kills;
	int ret = read_events(n, &ooms, &kills);

	notice->gone = is_gone(n);
	if (ret < 0 && !notice->gone)
		return err_sys(err, ret, "memory.events");
	notice->happened = ret < 0 ? modified : ooms > n->ooms || kills > n->kills;
	n->ooms = ooms;
	n->kills = kills;
	return 0;
}

/* --- v2: memory.pressure --- */

/*
 * A trigger says POLLPRI, and POLLERR when the cgroup goes; an epoll around it makes both POLLIN. Looking at it takes the event
 * away, so that whoever finds the epoll readable is the last to know: it is not asked again.
 */
static int open_trigger(struct cgroup_notify *n, const struct cgroup_dir *dir, const char *trigger,
			struct err *err)
{
	struct epoll_event event = { .events = EPOLLPRI };

	n->source = openat(n->dir, "memory.pressure", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (n->source < 0 && (errno == ENOENT || errno == EOPNOTSUPP))
		return err_set(err, -EOPNOTSUPP,
			       "cgroup %s: this kernel does not tell memory pressure (PSI)",
			       dir->path);
	if (n->source < 0)
		return err_sys(err, -errno, "%s/memory.pressure", dir->path);
	if (write(n->source, trigger, strlen(trigger) + 1) < 0)
		return err_sys(err, -errno, "%s: write to %s/memory.pressure", trigger, dir->path);
	n->fd = epoll_create1(EPOLL_CLOEXEC);
	if (n->fd < 0 || epoll_ctl(n->fd, EPOLL_CTL_ADD, n->source, &event) < 0)
		return err_sys(err, -errno, "epoll");
	return 0;
}

static void read_trigger(struct cgroup_notify *n, struct cgroup_notice *notice)
{
	struct epoll_event event;

	while (epoll_wait(n->fd, &event, 1, 0) < 0 && errno == EINTR)
		;
	notice->gone = is_gone(n);
	notice->happened = !notice->gone;
	/* What is gone says so for ever: once is enough. */
	if (notice->gone)
		epoll_ctl(n->fd, EPOLL_CTL_DEL, n->source, NULL);
}

/* --- Both --- */

/* The directory of the memory controller; v2's has the pressure of memory without it. */
static const struct cgroup_dir *memory_dir(const struct cgroup_place *place)
{
	const struct cgroup_dir *dir = place_find(place, "memory");

	if (!dir && place->count && place->dirs[place->count - 1].v2)
		dir = &place->dirs[place->count - 1];
	return dir;
}

/* On failure all is closed and n->fd is -1. */
static int finish(struct cgroup_notify *n, const struct cgroup_dir *dir, int ret, struct err *err)
{
	if (ret == 0)
		return 0;
	if (ret != -ENODEV && ret != -EOPNOTSUPP && n->dir >= 0 && is_gone(n))
		ret = err_set(err, -ENOENT, "cgroup %s is gone", dir->path);
	close_fd(n->fd);
	close_fd(n->source);
	close_fd(n->dir);
	n->fd = n->source = n->dir = -1;
	return ret;
}

int cgroup_notify_oom(const struct cgroup_place *place, struct cgroup_notify *n, struct err *err)
{
	const struct cgroup_dir *dir = memory_dir(place);
	int ret;

	n->fd = -1;
	if (!dir)
		return err_set(err, -ENODEV,
			       "the container has no cgroup with a memory controller");
	ret = notify_init(n, dir, dir->v2 ? CGROUP_NOTIFY_EVENTS : CGROUP_NOTIFY_EVENTFD, err);
	if (ret == 0)
		ret = dir->v2 ? open_inotify(n, dir, err)
			      : open_eventfd(n, "memory.oom_control", "", err);
	return finish(n, dir, ret, err);
}

int cgroup_notify_pressure(const struct cgroup_place *place, enum cgroup_level level,
			   struct cgroup_notify *n, struct err *err)
{
	const struct cgroup_dir *dir = memory_dir(place);
	int ret;

	n->fd = -1;
	if (!dir)
		return err_set(err, -ENODEV,
			       "the container has no cgroup with a memory controller");
	ret = notify_init(n, dir, dir->v2 ? CGROUP_NOTIFY_PSI : CGROUP_NOTIFY_EVENTFD, err);
	if (ret == 0)
		ret = dir->v2 ? open_trigger(n, dir, triggers[level], err)
			      : open_eventfd(n, "memory.pressure_level",
					     cgroup_level_names[level].name, err);
	return finish(n, dir, ret, err);
}

int cgroup_notify_read(struct cgroup_notify *n, struct cgroup_notice *notice, struct err *err)
{
	struct cgroup_notice found = { 0 };
	int ret = 0;

	switch (n->kind) {
	case CGROUP_NOTIFY_EVENTFD:
		read_eventfd(n, &found);
		break;
	case CGROUP_NOTIFY_EVENTS:
		ret = read_inotify(n, &found, err);
		break;
	case CGROUP_NOTIFY_PSI:
		read_trigger(n, &found);
		break;
	}
	if (ret == 0)
		*notice = found;
	return ret;
}
