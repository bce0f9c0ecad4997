// SPDX-License-Identifier: Apache-2.0
#include "container/guard.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/wait.h>
#include <unistd.h>

/* It holds nothing that somebody else could wait for: no lock, no pipe's end, no directory. */
static void __attribute__((noreturn)) stand_guard(int word, const struct cgroup_place *place)
{
	char byte;
	ssize_t n;

	if (setsid() < 0 || dup2(word, STDIN_FILENO) < 0 || close_range(1, ~0U, 0) < 0 ||
	    chdir("/") < 0)
		_exit(1);
	do
		n = read(STDIN_FILENO, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		cgroup_kill(place, NULL);
	_exit(0);
}

/* By a process in between, which ends at once: the guard is no child of ours, and not among the container's orphans. */
static int start(int word, const struct cgroup_place *place)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			stand_guard(word, place);
		_exit(pid < 0 ? errno : 0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int guard_start(const struct cgroup_place *place, struct err *err)
{
	_cleanup_fd_ int reader = -1;
	_cleanup_fd_ int writer = -1;
	int ends[2];
	int ret;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, -errno, "cannot make a pipe");
	reader = ends[0];
	writer = ends[1];
	ret = start(reader, place);
	return ret < 0 ? err_sys(err, ret,
				 "cannot start a guard for a container without a pid namespace")
		       : take_fd(&writer);
}

void guard_dismiss(int *guard)
{
	/* It can only be gone if somebody killed it: then the pipe is broken, and SIGPIPE is blocked. */
	if (*guard >= 0 && write(*guard, "", 1) < 0)
		errno = 0;
	*guard = close_fd(*guard);
}
