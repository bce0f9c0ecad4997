// SPDX-License-Identifier: Apache-2.0
#include "cgroup/kill.h"

#include "cgroup/cgroup.h"
#include "cgroup/place.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#define KILL_TIMEOUT_MS 10000
#define PIDS_MAX        1024 /* in one round; the next one gets the rest */

bool patience_wait(struct patience *p, unsigned int max_ms)
{
	struct timespec t;

	if (p->spent_us / 1000 >= max_ms)
		return false;
	p->next_us = p->next_us ? p->next_us + p->next_us / 2 : 100;
	if (p->next_us > 50000)
		p->next_us = 50000;
	t = (struct timespec){ .tv_nsec = p->next_us * 1000L };
	nanosleep(&t, NULL);
	p->spent_us += p->next_us;
	return true;
}

/* Call @visit for each cgroup nested directly in @path; the first error ends it. */
static int each_child(const char *path, int (*visit)(const char *path, void *arg), void *arg)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	struct dirent *e;
	int ret = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (ret == 0 && (e = readdir(dir))) {
		_cleanup_free_ char *child = NULL;

		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		child = str_format("%s/%s", path, e->d_name);
		ret = child ? visit(child, arg) : -ENOMEM;
	}
	return ret;
}

static int remove_child(const char *path, void *arg)
{
	(void)arg;
	return tree_remove(path);
}

int tree_remove(const char *path)
{
	int ret;

	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	/* Nested cgroups look the same as processes: EBUSY. */
	ret = each_child(path, remove_child, NULL);
	if (ret < 0)
		return ret;
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	return errno == ENOTEMPTY ? -EBUSY : -errno;
}

struct pid_list {
	pid_t *pids;
	size_t max, count;
};

/* A process of another pid namespace that we cannot see is listed as 0. */
static int collect_pids(const char *path, void *arg)
{
	struct pid_list *list = arg;
	_cleanup_free_ char *procs = str_format("%s/cgroup.procs", path);
	_cleanup_file_ FILE *f = procs ? fopen(procs, "re") : NULL;
	int pid;

	if (!procs)
		return -ENOMEM;
	/* A threaded v2 cgroup has no cgroup.procs to read: its processes are listed above it. */
	if (!f && errno != ENOENT && errno != EOPNOTSUPP)
		return -errno;
	while (f && fscanf(f, "%d", &pid) == 1)
		if (pid > 0) {
			if (list->count < list->max)
				list->pids[list->count] = pid;
			list->count++;
		}
	return each_child(path, collect_pids, list);
}

ssize_t tree_pids(const char *path, pid_t *pids, size_t max)
{
	struct pid_list list = { .pids = pids, .max = max };
	int ret = collect_pids(path, &list);

	return ret < 0 ? ret : (ssize_t)list.count;
}

static bool has_pid(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static void close_fds(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close_fd(fds[i]);
}

/*
 * Between reading a pid and signalling it the process may die and a stranger get the number. So: read
 * the list, open pidfds, read it again. Who is in the second list was a member while we held its
 * pidfd.
 */
static int kill_members(const char *path)
{
	_cleanup_free_ pid_t *before = calloc(PIDS_MAX, sizeof(*before));
	_cleanup_free_ pid_t *after = calloc(PIDS_MAX, sizeof(*after));
	_cleanup_free_ int *fds = calloc(PIDS_MAX, sizeof(*fds));
	ssize_t n, m;

	if (!before || !after || !fds)
		return -ENOMEM;
	n = tree_pids(path, before, PIDS_MAX);
	if (n <= 0)
		return (int)n;
	n = n < PIDS_MAX ? n : PIDS_MAX;
	for (ssize_t i = 0; i < n; i++)
		fds[i] = (int)syscall(SYS_pidfd_open, before[i], 0);
	m = tree_pids(path, after, PIDS_MAX);
	for (ssize_t i = 0; i < n && m > 0; i++)
		if (fds[i] >= 0 && before[i] != getpid() &&
		    has_pid(after, (size_t)(m < PIDS_MAX ? m : PIDS_MAX), before[i]))
			syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
	close_fds(fds, (size_t)n);
	return m < 0 ? (int)m : 0;
}

/* Write to a file of the cgroup; a missing file or cgroup is -ENOENT. */
static int write_file(const char *path, const char *file, const char *value)
{
	_cleanup_free_ char *name = str_format("%s/%s", path, file);

	return name ? file_write(AT_FDCWD, name, value, NULL) : -ENOMEM;
}

/* v2 since kernel 5.14: cgroup.kill, which no fork bomb outruns. */
int tree_kill(const char *path)
{
	if (write_file(path, "cgroup.kill", "1") == 0)
		return 0;
	return kill_members(path);
}

/*
 * v1 has no cgroup.kill: a frozen cgroup does not fork away from us. (A frozen task takes its SIGKILL
 * when it thaws.)
 */
static int kill_frozen(const char *path, const char *freezer)
{
	int ret;

	if (freezer)
		write_file(freezer, "freezer.state", "FROZEN");
	ret = tree_kill(path);
	if (freezer)
		write_file(freezer, "freezer.state", "THAWED");
	return ret;
}

/* The directory that reaches everybody most surely. */
static const char *kill_dir(const struct cgroup_place *place, const char **freezer)
{
	const struct cgroup_dir *f = place_find(place, "freezer");
	const struct cgroup_dir *last = &place->dirs[place->count - 1];

	*freezer = f && !f->v2 ? f->path : NULL;
	return last->v2 || !*freezer ? last->path : *freezer;
}

int cgroup_kill(const struct cgroup_place *place, struct err *err)
{
	struct patience patience = { 0 };
	const char *freezer, *path;
	ssize_t left;

	if (!place->count)
		return 0;
	path = kill_dir(place, &freezer);
	while ((left = tree_pids(path, NULL, 0)) > 0) {
		int ret = kill_frozen(path, freezer);

		if (ret < 0 && ret != -ENOENT)
			return err_sys(err, ret, "kill the processes of cgroup %s", path);
		if (!patience_wait(&patience, KILL_TIMEOUT_MS))
			return err_set(err, -EBUSY,
				       "cgroup %s: %zd processes are left %d s after SIGKILL", path,
				       left, KILL_TIMEOUT_MS / 1000);
	}
	return left < 0 ? err_sys(err, (int)left, "cgroup %s", path) : 0;
}
