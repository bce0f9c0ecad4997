// SPDX-License-Identifier: Apache-2.0
#include "ns/process.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* proc(5): the second field is the command in parentheses and may hold anything, so parsing starts behind the last one. */
static int parse_stat(const char *stat, uint64_t *ticks)
{
	const char *rest = strrchr(stat, ')');
	unsigned long long start;
	char state;

	if (!rest || sscanf(rest + 1,
			    " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			    " %*s %*s %llu",
			    &state, &start) != 2)
		return -EPROTO;
	if (state == 'Z' || state == 'X' || state == 'x')
		return -ESRCH;
	*ticks = start;
	return 0;
}

int process_start_time(pid_t pid, uint64_t *ticks)
{
	char path[40], stat[1024];

	if (pid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read_line(AT_FDCWD, path, stat, sizeof(stat), NULL) < 0)
		return -ESRCH;
	return parse_stat(stat, ticks);
}

int process_open(pid_t pid, uint64_t start)
{
	_cleanup_fd_ int fd = -1;
	uint64_t now;
	int ret;

	if (pid <= 0)
		return -ESRCH;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return -errno;
	ret = process_start_time(pid, &now);
	if (ret < 0)
		return ret;
	return now == start ? take_fd(&fd) : -ESRCH;
}

int process_wait_gone(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ms);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

int process_kill(int pidfd, int ms)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return -errno;
	return process_wait_gone(pidfd, ms);
}

static pid_t clone_raw(int flags, int cgroup_fd, int *pidfd)
{
	struct clone_args args = {
		.flags = (uint64_t)(unsigned int)flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)(unsigned int)cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	return pid < 0 ? -errno : (pid_t)pid;
}

pid_t process_clone(int flags, int cgroup_fd, int pidns_fd, int *pidfd)
{
	_cleanup_fd_ int own = -1;
	pid_t pid;

	*pidfd = -1;
	if (pidns_fd < 0)
		return clone_raw(flags, cgroup_fd, pidfd);
	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (own < 0 || setns(pidns_fd, CLONE_NEWPID) < 0)
		return -errno;
	pid = clone_raw(flags, cgroup_fd, pidfd);
	/* In the child there is nothing to restore: the namespace is where it lives. */
	if (pid != 0 && setns(own, CLONE_NEWPID) < 0 && pid > 0) {
		int ret = -errno;

		process_kill(*pidfd, -1);
		process_reap(*pidfd, &(int){ 0 });
		*pidfd = close_fd(*pidfd);
		return ret;
	}
	return pid;
}

int process_reap(int pidfd, int *exit_code)
{
	siginfo_t info = { 0 };

	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return -errno;
	*exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 0;
}
