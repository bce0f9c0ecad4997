// SPDX-License-Identifier: Apache-2.0
/* What somebody in a pid namespace could hand out in place of its /proc. */
#include "ns/procfs.h"

#include "lib/cleanup.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int check(int fd)
{
	struct err err = { 0 };

	return procfs_check_context(fd, &err);
}

static void test_context(void **state)
{
	static const char *const others[] = { "tmpfs",   "ramfs",   "sysfs",
					      "overlay", "cgroup2", "ext4" };
	_cleanup_fd_ int proc = fsopen("proc", FSOPEN_CLOEXEC);
	_cleanup_fd_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	if (proc < 0)
		skip();
	assert_int_equal(check(proc), 0);
	/* What was written to its log before is not taken for the kernel's answer to us. */
	assert_int_equal(fsconfig(proc, FSCONFIG_SET_STRING, "nonsense", "", 0), -1);
	assert_int_equal(check(proc), 0);
	for (size_t i = 0; i < array_size(others); i++) {
		_cleanup_fd_ int fd = fsopen(others[i], FSOPEN_CLOEXEC);

		if (fd < 0)
			continue;
		assert_int_equal(check(fd), -EPERM);
		fsconfig(fd, FSCONFIG_SET_STRING, "e proc: Unknown parameter 'no-such-option'", "",
			 0);
		assert_int_equal(check(fd), -EPERM);
	}
	assert_int_equal(check(null), -EPERM);
	assert_int_equal(check(-1), -EPERM);
}

/* In a mount namespace of its own, as procfs_open() asks for: 0, or the line that failed. */
static int open_and_check(int other)
{
	struct err err = { 0 };
	int fd, mnt;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return __LINE__;
	fd = procfs_open(other, &err);
	if (fd < 0) {
		print_message("%s\n", err.text);
		return __LINE__;
	}
	if (fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return __LINE__;
	mnt = fsmount(fd, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0 || procfs_check(mnt, other, &err) < 0)
		return __LINE__;
	/* It is that one's and not ours. */
	if (procfs_check(mnt, open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), &err) != -EPERM)
		return __LINE__;
	if (procfs_check(open("/", O_PATH | O_CLOEXEC), other, &err) != -EPERM)
		return __LINE__;
	return faccessat(mnt, "2", F_OK, 0) == 0 ? __LINE__ : 0;
}

static void test_other_namespace(void **state)
{
	_cleanup_fd_ int other = -1;
	int status = -1, pidfd;
	pid_t first, pid;
	char path[40];

	(void)state;
	if (geteuid() != 0)
		skip();
	first = process_clone(CLONE_NEWPID, -1, &pidfd, NULL);
	assert_true(first >= 0);
	if (first == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", first);
	other = open(path, O_RDONLY | O_CLOEXEC);
	pid = fork();
	if (pid == 0)
		_exit(open_and_check(other) & 0xff);
	waitpid(pid, &status, 0);
	process_kill(pidfd, -1);
	process_reap(pidfd, &(int){ 0 });
	close(pidfd);
	assert_int_equal(status, 0);
}

/* In the namespace: whoever else comes in is stopped. */
static void stop_all(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		kill(-1, SIGSTOP);
}

/* It may be through before it is stopped, but not each time; and it is never waited for without end. */
static void test_stopped(void **state)
{
	_cleanup_fd_ int other = -1;
	struct err err = { 0 };
	int pidfd, fd = 0;
	pid_t first;
	char path[40];

	(void)state;
	if (geteuid() != 0)
		skip();
	first = process_clone(CLONE_NEWPID, -1, &pidfd, NULL);
	assert_true(first >= 0);
	if (first == 0)
		stop_all();
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", first);
	other = open(path, O_RDONLY | O_CLOEXEC);
	alarm(60);
	for (int tries = 0; fd >= 0 && tries < 200; tries++) {
		fd = procfs_open(other, &err);
		close_fd(fd);
	}
	alarm(0);
	process_kill(pidfd, -1);
	process_reap(pidfd, &(int){ 0 });
	close(pidfd);
	assert_int_equal(fd, -ETIMEDOUT);
	assert_non_null(strstr(err.text, "is it stopped by somebody in there?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_other_namespace),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}
