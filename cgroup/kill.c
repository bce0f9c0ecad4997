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
#define FREEZE_WAIT_MS  100
#define PIDFDS_MAX      256 /* open at a time; the default limit is 1024 */

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

int tree_each_child(const char *path, int (*visit)(const char *path, void *arg), void *arg)
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
	ret = tree_each_child(path, remove_child, NULL);
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
	return tree_each_child(path, collect_pids, list);
}

ssize_t tree_pids(const char *path, pid_t *pids, size_t max)
{
	struct pid_list list = { .pids = pids, .max = max };
	int ret = collect_pids(path, &list);

	return ret < 0 ? ret : (ssize_t)list.count;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* All of them, sorted, and each once: one that moved while we read may be in two lists. *@pids is allocated. */
static int list_pids(const char *path, pid_t **pids, size_t *count)
{
	_cleanup_free_ pid_t *list = NULL;
	size_t max = 0, n = 0;
	ssize_t have;

	while ((have = tree_pids(path, list, max)) > (ssize_t)max) {
		pid_t *more = reallocarray(list, (size_t)have + 64, sizeof(*list));

		if (!more)
			return -ENOMEM;
		list = more;
		max = (size_t)have + 64;
	}
	if (have < 0)
		return (int)have;
	if (have > 0)
		qsort(list, (size_t)have, sizeof(*list), compare_pids);
	for (ssize_t i = 0; i < have; i++)
		if (n == 0 || list[i] != list[n - 1])
			list[n++] = list[i];
	*pids = take_ptr(list);
	*count = n;
	return 0;
}

/*
 * Between reading a pid and signalling it the process may die and a stranger get the number. So: read
 * the list, open pidfds, read it again. Who is in the second list was a member while we held its
 * pidfd.
 */
static int signal_some(const char *path, const pid_t *pids, size_t count, int sig)
{
	_cleanup_free_ pid_t *after = NULL;
	int fds[PIDFDS_MAX];
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < count; i++)
		fds[i] = (int)syscall(SYS_pidfd_open, pids[i], 0);
	ret = list_pids(path, &after, &n);
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0 && pids[i] != getpid() && n &&
		    bsearch(&pids[i], after, n, sizeof(*after), compare_pids))
			syscall(SYS_pidfd_send_signal, fds[i], sig, NULL, 0);
		close_fd(fds[i]);
	}
	return ret;
}

static int signal_members(const char *path, int sig)
{
	_cleanup_free_ pid_t *pids = NULL;
	size_t count = 0;
	int ret = list_pids(path, &pids, &count);

	for (size_t i = 0; ret == 0 && i < count; i += PIDFDS_MAX)
		ret = signal_some(path, pids + i, count - i < PIDFDS_MAX ? count - i : PIDFDS_MAX,
				  sig);
	return ret;
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
	return signal_members(path, SIGKILL);
}

/*
 * v1 has no cgroup.kill: a frozen cgroup does not fork away from us. It is frozen when all are, which one that is just being forked
 * puts off; those who wait in the kernel may do so for ever, so this is not waited for too long.
 */
static void freeze_v1(const char *freezer)
{
	struct patience patience = { 0 };
	_cleanup_free_ char *file = str_format("%s/freezer.state", freezer);
	char state[32];

	do
		if (write_file(freezer, "freezer.state", "FROZEN") < 0 || !file ||
		    (file_read_line(AT_FDCWD, file, state, sizeof(state), NULL) == 0 &&
		     !strcmp(state, "FROZEN")))
			return;
	while (patience_wait(&patience, FREEZE_WAIT_MS));
}

static int thaw_dir(const char *path, void *arg)
{
	write_file(path, "freezer.state", "THAWED");
	return tree_each_child(path, thaw_dir, arg);
}

void tree_thaw_v1(const char *path)
{
	thaw_dir(path, NULL);
}

/* A frozen task takes its SIGKILL when it thaws. One may be nested in a cgroup that its own container froze. */
static int kill_frozen(const char *path, const char *freezer)
{
	int ret;

	if (freezer)
		freeze_v1(freezer);
	ret = tree_kill(path);
	if (freezer)
		tree_thaw_v1(freezer);
	return ret;
}

/* The directory that reaches everybody most surely. */
static const char *whole_dir(const struct cgroup_place *place, const char **freezer)
{
	const struct cgroup_dir *f = place_find(place, "freezer");
	const struct cgroup_dir *last = &place->dirs[place->count - 1];

	*freezer = f && !f->v2 ? f->path : NULL;
	return last->v2 || !*freezer ? last->path : *freezer;
}

int cgroup_pids(const struct cgroup_place *place, pid_t **pids, size_t *count, struct err *err)
{
	const char *freezer, *path;
	int ret;

	*pids = NULL;
	*count = 0;
	if (!place->count)
		return 0;
	path = whole_dir(place, &freezer);
	ret = list_pids(path, pids, count);
	return ret < 0 ? err_sys(err, ret, "list the processes of cgroup %s", path) : 0;
}

int cgroup_signal(const struct cgroup_place *place, int sig, struct err *err)
{
	const char *freezer, *path;
	int ret;

	if (!place->count)
		return 0;
	path = whole_dir(place, &freezer);
	ret = signal_members(path, sig);
	return ret < 0 ? err_sys(err, ret, "signal the processes of cgroup %s", path) : 0;
}

int cgroup_kill(const struct cgroup_place *place, struct err *err)
{
	struct patience patience = { 0 };
	const char *freezer, *path;
	ssize_t left;

	if (!place->count)
		return 0;
	path = whole_dir(place, &freezer);
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
