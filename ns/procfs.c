// SPDX-License-Identifier: Apache-2.0
#include "ns/procfs.h"

#include "lib/cleanup.h"
#include "lib/sync.h"
#include "ns/capability.h"
#include "ns/process.h"
#include "ns/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCFS_TIMEOUT 5000 /* ms; it takes less than one */

#define NOBODY 65534 /* fs.overflowuid: nothing is his */

enum { STAGE_OPENED };
static const char *const stages[] = { [STAGE_OPENED] = "opened" };

/* The order of the descriptors that are kept. */
enum { FD_SYNC, FD_PIDNS, FD_COUNT };

static int keep_two(struct sync *sync, int pidns, struct err *err)
{
	int high[FD_COUNT] = { fcntl(sync->fd, F_DUPFD_CLOEXEC, FD_COUNT),
			       fcntl(pidns, F_DUPFD_CLOEXEC, FD_COUNT) };

	for (int i = 0; i < FD_COUNT; i++)
		if (high[i] < 0 || dup2(high[i], i) < 0)
			return err_sys(err, -errno, "cannot keep a descriptor");
	sync->fd = FD_SYNC;
	return close_range(FD_COUNT, ~0U, 0) < 0
		       ? err_sys(err, -errno, "cannot close the host's files")
		       : 0;
}

/* An empty tmpfs, with nothing below it. */
static int empty_root(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/proc", "tmpfs", MS_RDONLY, NULL) < 0 || chdir("/proc") < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_sys(err, -errno, "cannot leave the host's files");
	return 0;
}

/* With capabilities until the user namespace is there: some hosts do not let anybody make one without. */
static int become_nobody(struct err *err)
{
	struct capabilities caps;
	int ret;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return err_sys(err, -errno, "cannot become nobody");
	ret = capabilities_get(&caps, err);
	if (ret < 0)
		return ret;
	caps.effective = caps.permitted;
	ret = capabilities_set(&caps, err);
	if (ret < 0)
		return ret;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(err, -errno,
			       "cannot make a user namespace, in which to open the /proc of a pid "
			       "namespace that is joined");
	/* A change of user has set both anew (prctl(2)). */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(err, -errno, "prctl");
	return 0;
}

/*
 * Whoever takes it over may have a filter that keeps him from more than these. A build that has no filters has no containers
 * with one.
 */
static int filter_calls(struct err *err)
{
	static const int allowed[] = { SYS_clone,      SYS_set_robust_list, SYS_rt_sigprocmask,
				       SYS_prctl,      SYS_fsopen,          SYS_sendmsg,
				       SYS_exit_group, SYS_close,           SYS_wait4 };
	struct seccomp_rule rules[array_size(allowed)] = { 0 };
	const struct seccomp_spec spec = {
		.present = true,
		.otherwise = { .given = true, .action = EPERM },
		.rules = rules,
		.rule_count = array_size(rules),
	};
	struct seccomp_program program;
	int ret;

	for (size_t i = 0; i < array_size(rules); i++)
		rules[i] =
			(struct seccomp_rule){ .number = allowed[i], .action = SECCOMP_DO_ALLOW };
	ret = seccomp_compile(&spec, &program, err);
	if (ret == 0)
		ret = seccomp_install(&program, err);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

static void __attribute__((noreturn)) leave(void)
{
	syscall(SYS_exit_group, 0);
	__builtin_trap();
}

/* Inside. */
static void __attribute__((noreturn)) open_context(struct sync *sync)
{
	struct err err = { 0 };
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	fd = fsopen("proc", FSOPEN_CLOEXEC);
	if (fd < 0) {
		err_sys(&err, -errno, "file system type 'proc'");
		sync_fail(sync, &err);
	} else {
		sync_post(sync, STAGE_OPENED, &fd, 1, NULL);
	}
	leave();
}

/* Still outside, where it ends with the one that it has put inside. */
static void __attribute__((noreturn)) send_inside(struct sync *sync, int pidns)
{
	struct err err = { 0 };
	int ret = keep_two(sync, pidns, &err);
	pid_t pid;

	process_forget_environment();
	if (ret == 0 && setns(FD_PIDNS, CLONE_NEWPID) < 0)
		ret = err_sys(&err, -errno, "cannot join the pid namespace");
	close(FD_PIDNS);
	if (ret == 0)
		ret = empty_root(&err);
	if (ret == 0)
		ret = become_nobody(&err);
	if (ret == 0)
		ret = filter_calls(&err);
	pid = ret == 0 ? fork() : -1;
	if (pid == 0)
		open_context(sync);
	if (ret == 0 && pid < 0)
		ret = err_sys(&err, -errno, "cannot fork into the pid namespace");
	if (ret < 0)
		sync_fail(sync, &err);
	sync_close(sync);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	leave();
}

/* Drops what is there. */
static void read_log(int fd, char *line, size_t size, int *lines)
{
	ssize_t len;

	for (*lines = 0; (len = read(fd, line, size - 1)) > 0; ++*lines)
		line[len] = '\0';
}

/*
 * The kernel tells the type to who asks for a parameter that does not exist, in the context's log, where nothing else must have
 * come meanwhile (vfs_parse_fs_param() in fs/fs_context.c).
 */
int procfs_check_context(int fd, struct err *err)
{
	char line[256] = "";
	int lines, ret;

	read_log(fd, line, sizeof(line), &lines);
	ret = fsconfig(fd, FSCONFIG_SET_STRING, "no-such-option", "", 0);
	read_log(fd, line, sizeof(line), &lines);
	line[strcspn(line, "\n")] = '\0';
	if (ret < 0 && lines == 1 && !strcmp(line, "e proc: Unknown parameter 'no-such-option'"))
		return 0;
	return err_set(err, -EPERM,
		       "what was opened in the pid namespace is not its proc file system");
}

static int wait_opened(struct sync *sync, int *fd, struct err *err)
{
	struct pollfd word = { .fd = sync->fd, .events = POLLIN };
	int n;

	do
		n = poll(&word, 1, PROCFS_TIMEOUT);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return err_set(err, -ETIMEDOUT,
			       "%s in the pid namespace that is joined has said nothing for %d "
			       "seconds: is it stopped by somebody in there?",
			       sync->peer, PROCFS_TIMEOUT / 1000);
	return sync_wait(sync, STAGE_OPENED, fd, 1, err);
}

/* Whoever lives inside can stop the one that is there; it goes with the one outside (PR_SET_PDEATHSIG), which waits for it. */
static void end_outside(pid_t pid, int ms)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || process_wait_gone(pidfd, ms) < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int procfs_open(int pidns, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	struct sync ours, theirs;
	pid_t pid;
	int ret = sync_pair(&ours, &theirs, stages, err);

	if (ret < 0)
		return ret;
	ours.peer = "the process that opens /proc";
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		sync_close(&ours);
		send_inside(&theirs, pidns);
	}
	sync_close(&theirs);
	ret = pid < 0 ? err_sys(err, -errno, "cannot fork") : wait_opened(&ours, &fd, err);
	sync_close(&ours);
	if (pid > 0)
		end_outside(pid, ret == -ETIMEDOUT ? 0 : PROCFS_TIMEOUT);
	if (ret == 0)
		ret = procfs_check_context(fd, err);
	/* Nor are its options that one's to choose, who may still have it. */
	if (ret == 0 && (fsconfig(fd, FSCONFIG_SET_STRING, "hidepid", "0", 0) < 0 ||
			 fsconfig(fd, FSCONFIG_SET_FLAG, "rw", NULL, 0) < 0))
		ret = err_sys(err, -errno, "cannot set the options of /proc");
	return ret == 0 ? take_fd(&fd) : ret;
}

int procfs_check(int fd, int pidns, struct err *err)
{
	struct stat is, wanted;
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || fstat(pidns, &wanted) < 0)
		return err_sys(err, -errno, "cannot look at a proc file system");
	/* As long as there is a pid namespace to be joined there is its first process. */
	if (fs.f_type == PROC_SUPER_MAGIC && fstatat(fd, "1/ns/pid", &is, 0) < 0)
		return err_sys(err, -errno, "cannot look at the pid namespace that is joined");
	if (fs.f_type == PROC_SUPER_MAGIC && is.st_dev == wanted.st_dev &&
	    is.st_ino == wanted.st_ino)
		return 0;
	return err_set(err, -EPERM, "what was mounted is not the /proc of the pid namespace");
}
