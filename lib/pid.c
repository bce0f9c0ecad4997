// SPDX-License-Identifier: Apache-2.0
#include "lib/pid.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROCESS_EXITING 0x4 /* PF_EXITING of include/linux/sched.h */

/* proc(5): the second field is the command in parentheses and may hold anything, so parsing starts behind the last one. */
static int parse_stat(const char *stat, uint64_t *ticks)
{
	const char *rest = strrchr(stat, ')');
	unsigned long long start;
	unsigned int flags;
	char state;

	if (!rest || sscanf(rest + 1,
			    " %c %*s %*s %*s %*s %*s %u %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			    " %*s %*s %llu",
			    &state, &flags, &start) != 3)
		return -EPROTO;
	*ticks = start;
	return state == 'Z' || state == 'X' || state == 'x' || (flags & PROCESS_EXITING) ? -ESRCH
											 : 0;
}

int process_start_time(pid_t pid, uint64_t *ticks)
{
	char path[40], stat[1024];
	int ret;

	if (pid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ret = file_read_line(AT_FDCWD, path, stat, sizeof(stat), NULL);
	if (ret < 0)
		return ret == -ENOENT ? -ESRCH : ret;
	return parse_stat(stat, ticks);
}

bool process_stopped(pid_t pid)
{
	char path[40], stat[1024];
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read_line(AT_FDCWD, path, stat, sizeof(stat), NULL) < 0)
		return false;
	rest = strrchr(stat, ')');
	return rest && rest[1] == ' ' && rest[2] == 'T';
}

bool process_gone(pid_t pid, uint64_t start)
{
	uint64_t now;
	int ret = process_start_time(pid, &now);

	return ret == -ESRCH || (ret == 0 && now != start);
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

int process_end(pid_t pid, uint64_t start, int ms)
{
	_cleanup_fd_ int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	uint64_t now = 0;
	int ret;

	if (fd < 0)
		return pid <= 0 || errno == ESRCH ? 0 : -errno;
	ret = process_start_time(pid, &now);
	if (ret < 0 && ret != -ESRCH)
		return ret;
	return now == start ? process_kill(fd, ms) : 0;
}

#define TICK 100 /* milliseconds in which one that exits is gone, unless it waits for others */

int process_wait_end(int pidfd, pid_t pid, int ms)
{
	uint64_t start;
	int ret;

	do {
		int now = ms < 0 || ms > TICK ? TICK : ms;

		ret = process_wait_gone(pidfd, now);
		if (ret == -ETIMEDOUT && process_start_time(pid, &start) == -ESRCH)
			return 0;
		ms -= ms < 0 ? 0 : now;
	} while (ret == -ETIMEDOUT && ms != 0);
	return ret;
}

int process_kill(int pidfd, int ms)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return -errno;
	return process_wait_gone(pidfd, ms);
}
