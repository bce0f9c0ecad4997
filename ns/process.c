// SPDX-License-Identifier: Apache-2.0
#include "ns/process.h"

#include "lib/apart.h"
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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* With CLONE_PARENT the exit signal is that of the caller (clone(2)). */
static pid_t clone_raw(int flags, int cgroup_fd, int *pidfd, pid_t *born)
{
	struct clone_args args = {
		.flags = (uint64_t)(unsigned int)flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	long pid;

	if (born) {
		args.flags |= CLONE_PARENT_SETTID;
		args.parent_tid = (uintptr_t)born;
	}
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)(unsigned int)cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	return pid < 0 ? -errno : (pid_t)pid;
}

pid_t process_clone(int flags, int cgroup_fd, int *pidfd, pid_t *born)
{
	*pidfd = -1;
	return clone_raw(flags, cgroup_fd, pidfd, born);
}

void process_forget_environment(void)
{
	for (char **e = environ; e && *e; e++)
		explicit_bzero(*e, strlen(*e));
	environ = NULL;
}

/* clone(2): the order of its first two arguments depends on the architecture. */
#ifdef __s390__
enum { ARG_STACK, ARG_FLAGS, ARG_PID };
#else
enum { ARG_FLAGS, ARG_STACK, ARG_PID };
#endif

void process_clone_bare_args(uint64_t args[6], const pid_t *pid)
{
	memset(args, 0, 6 * sizeof(*args));
	args[ARG_FLAGS] = CLONE_PARENT | CLONE_PARENT_SETTID;
	args[ARG_PID] = (uintptr_t)pid;
}

pid_t process_clone_bare(pid_t *pid)
{
	uint64_t args[6];
	long ret;

	process_clone_bare_args(args, pid);
	ret = syscall(SYS_clone, (long)args[0], (long)args[1], (long)args[2], 0L, 0L);
	return ret < 0 ? -errno : (pid_t)ret;
}

/* What the process in between has to say. */
struct between {
	pid_t pid;
	int pidfd;
	struct err err;
};

/* In the process in between. Its descriptors are ours too, so that the pidfd is. 0: we are the child. */
static pid_t clone_between(const struct namespace_fds *joined, int flags, pid_t *second,
			   struct between *b)
{
	int pidns = namespace_fds_get(joined, CLONE_NEWPID);
	pid_t pid;

	if (pidns >= 0 && setns(pidns, CLONE_NEWPID) < 0)
		return err_sys(&b->err, -errno, "cannot join the pid namespace");
	pid = namespace_fds_enter(joined, &b->err);
	if (pid < 0)
		return pid;
	/* One that our user does not own has made us as open as fs.suid_dumpable says: see user_check_closed(). */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(&b->err, -errno, "cannot make the process undumpable");
	if (second)
		apart_memory_keep(second, sizeof(*second));
	pid = clone_raw(flags | CLONE_PARENT, -1, &b->pidfd, second);
	return pid < 0 ? err_sys(&b->err, pid, "cannot clone the container's process") : pid;
}

/* It is gone when this returns; its zombie is its parent's. */
static int end_between(int pidfd, int flags)
{
	int code;

	return flags & CLONE_PARENT ? process_wait_gone(pidfd, -1) : process_reap(pidfd, &code);
}

pid_t process_clone_joined(const struct namespace_fds *joined, int flags, int cgroup_fd, int *pidfd,
			   pid_t *between, pid_t *born, pid_t *second, struct err *err)
{
	_cleanup_fd_ int waiting = -1;
	struct between *b =
		mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = -1;
	pid_t pid;

	*pidfd = -1;
	if (b == MAP_FAILED)
		return err_oom(err);
	/* A pidfd is given out before the clone can fail, and its number stays. */
	b->pid = err_set(&b->err, -ECHILD, "the process that clones the container's was killed");
	pid = clone_raw(CLONE_FILES | (flags & CLONE_PARENT), cgroup_fd, &fd, born);
	if (pid == 0) {
		pid = clone_between(joined, flags, second, b);
		if (pid != 0) {
			b->pid = pid;
			_exit(0);
		}
		munmap(b, sizeof(*b));
		return 0;
	}
	waiting = fd;
	if (pid > 0 && flags & CLONE_PARENT)
		*between = pid;
	if (pid > 0 && end_between(waiting, flags) == 0 && b->pid > 0)
		*pidfd = b->pidfd;
	if (pid < 0)
		err_sys(err, pid, "cannot clone the container's process");
	else if (b->pid < 0 && err)
		*err = b->err;
	pid = pid < 0 ? pid : b->pid;
	munmap(b, sizeof(*b));
	return pid;
}

pid_t process_of_child(int pidfd, pid_t parent)
{
	char path[40], text[1024];
	const char *at;
	int pid, its;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (file_read_line(AT_FDCWD, path, text, sizeof(text), NULL) < 0)
		return -ESRCH;
	at = strstr(text, "\nPid:");
	if (!at || sscanf(at + 5, "%d", &pid) != 1 || pid <= 0)
		return -ESRCH;
	/* A child's pid is nobody else's before its parent has reaped it. */
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read_line(AT_FDCWD, path, text, sizeof(text), NULL) < 0)
		return -ESRCH;
	at = strrchr(text, ')');
	return at && sscanf(at + 1, " %*c %d", &its) == 1 && its == parent ? pid : -ECHILD;
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
