// SPDX-License-Identifier: Apache-2.0
#include "ns/pidns.h"

#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_ns(pid_t pid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool same(int fd, const struct stat *ns)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == ns->st_ino && st.st_dev == ns->st_dev;
}

/* ioctl_nsfs(2): from a namespace to the one around it, until there is none that we may see. */
static bool is_inside(pid_t pid, const struct stat *ns)
{
	int fd = open_ns(pid);
	bool found = false;

	while (fd >= 0 && !(found = same(fd, ns))) {
		int parent = ioctl(fd, NS_GET_PARENT);

		close_fd(fd);
		fd = parent;
	}
	close_fd(fd);
	return found;
}

struct list {
	pid_t *pids;
	size_t count, room;
};

static int add(struct list *l, pid_t pid)
{
	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 32;
		pid_t *more = reallocarray(l->pids, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->pids = more;
		l->room = room;
	}
	l->pids[l->count++] = pid;
	return 0;
}

/* Call @visit for each process of the machine that is inside @ns; the first error ends it. */
static int each_inside(const struct stat *ns,
		       int (*visit)(pid_t pid, const struct stat *ns, void *arg), void *arg,
		       struct err *err)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");
	struct dirent *e;
	int ret = 0;

	if (!proc)
		return err_sys(err, -errno, "/proc");
	while (ret == 0 && (e = readdir(proc))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid > 0 && is_inside(pid, ns))
			ret = visit(pid, ns, arg);
	}
	return ret < 0 ? err_sys(err, ret, "cannot list the processes of a pid namespace") : 0;
}

/* Had it ended before, the pid could be a stranger's, and the namespace the host's: so it is asked for behind the look. */
static int stat_ns(pid_t init, int pidfd, struct stat *ns, struct err *err)
{
	_cleanup_fd_ int fd = open_ns(init);
	int ret = fd < 0 || fstat(fd, ns) < 0 ? -errno : 0;

	if (ret == -ENOENT || process_wait_gone(pidfd, 0) == 0)
		ret = -ESRCH;
	return ret < 0 ? err_sys(err, ret, "pid namespace of process %d", init) : 0;
}

static int collect(pid_t pid, const struct stat *ns, void *arg)
{
	(void)ns;
	return add(arg, pid);
}

int pidns_list(pid_t init, int pidfd, pid_t **pids, size_t *count, struct err *err)
{
	struct list list = { 0 };
	struct stat ns;
	int ret = stat_ns(init, pidfd, &ns, err);

	if (ret == 0)
		ret = each_inside(&ns, collect, &list, err);
	if (ret < 0) {
		free(list.pids);
		return ret;
	}
	*pids = list.pids;
	*count = list.count;
	return 0;
}

/* Looked at again behind the open: the pidfd is of a process that was inside then. */
static int send_to(pid_t pid, const struct stat *ns, void *arg)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd >= 0 && is_inside(pid, ns))
		syscall(SYS_pidfd_send_signal, pidfd, *(const int *)arg, NULL, 0);
	return 0;
}

int pidns_signal(pid_t init, int pidfd, int signal, struct err *err)
{
	struct stat ns;
	int ret = stat_ns(init, pidfd, &ns, err);

	return ret == 0 ? each_inside(&ns, send_to, &signal, err) : ret;
}
