// SPDX-License-Identifier: Apache-2.0
#include "lib/run.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS(...) ((char *const[]){ __VA_ARGS__, NULL, NULL })

/* Run sh -c @script, and read what it says on stderr: of at most 1000 bytes. */
struct said {
	int code;
	struct err err;
	char text[1001];
};

static struct said run_saying(struct run run)
{
	struct said said = { 0 };
	_cleanup_fd_ int file = memfd_create("stderr", MFD_CLOEXEC);
	_cleanup_fd_ int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	assert_true(file >= 0 && before >= 0);
	assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
	said.code = run_program(&run, &said.err);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	assert_true(pread(file, said.text, sizeof(said.text) - 1, 0) >= 0);
	return said;
}

static struct said run_script(const char *script)
{
	return run_saying((struct run){ .path = "/bin/sh", .args = ARGS("-c", (char *)script) });
}

static void test_status(void **state)
{
	struct said said;

	(void)state;
	said = run_script("true");
	assert_int_equal(said.code, 0);
	assert_string_equal(said.err.text, "");
	said = run_script("exit 7");
	assert_int_equal(said.code, -ECHILD);
	assert_string_equal(said.err.text, "exited with status 7");
	said = run_script("kill -9 $$");
	assert_int_equal(said.code, -ECHILD);
	assert_string_equal(said.err.text, "was killed by signal 9");
	/* The status by which a child of ours that could not execute ends is a program's, too. */
	said = run_script("exit 127");
	assert_string_equal(said.err.text, "exited with status 127");
}

static void test_cannot_execute(void **state)
{
	struct said said;

	(void)state;
	said = run_saying((struct run){ .path = "/no/such" });
	assert_int_equal(said.code, -ENOENT);
	assert_string_equal(said.err.text, "cannot be executed: No such file or directory");
	said = run_saying((struct run){ .path = "/etc/passwd" });
	assert_int_equal(said.code, -EACCES);
	assert_string_equal(said.err.text, "cannot be executed: Permission denied");
	said = run_saying((struct run){ .path = "no-such-program" });
	assert_int_equal(said.code, -ENOENT);
	assert_string_equal(said.err.text, "executable file not found in $PATH");
	said = run_saying((struct run){ .path = "/bin/true", .dir = "/no/such" });
	assert_int_equal(said.code, -ENOENT);
	assert_string_equal(said.err.text,
			    "cannot change to the directory '/no/such': No such file or directory");
	/* And after all of these there is no child left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A directory with a program "prog" that says where it is, and with one that is not executable. */
static void make_programs(char *top)
{
	static const char *const dirs[] = { "one", "two", "not" };
	static const char script[] = "#!/bin/sh\necho $0 >&2\n";

	strcpy(top, "/tmp/ctrnet-run-XXXXXX");
	assert_non_null(mkdtemp(top));
	for (size_t i = 0; i < array_size(dirs); i++) {
		_cleanup_free_ char *dir = str_format("%s/%s", top, dirs[i]);
		_cleanup_free_ char *file = str_format("%s/prog", dir);
		_cleanup_fd_ int fd = -1;

		assert_int_equal(mkdir(dir, 0755), 0);
		fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, i == 2 ? 0644 : 0755);
		assert_int_equal(write(fd, script, strlen(script)), strlen(script));
	}
}

static struct said run_with_path(const char *fmt, const char *top, const char *dir)
{
	_cleanup_free_ char *path = str_format(fmt, top, top);

	return run_saying((struct run){ .path = "prog", .env = ARGS(path), .dir = dir });
}

static void test_path(void **state)
{
	_cleanup_free_ char *one = NULL;
	char top[64], dir[80];
	struct said said;

	(void)state;
	make_programs(top);
	snprintf(dir, sizeof(dir), "%s/one", top);
	one = str_format("%s/one/prog\n", top);
	said = run_with_path("PATH=/no/such:/etc/passwd:%1$s/not:%1$s/one:%1$s/two", top, NULL);
	assert_int_equal(said.code, 0);
	assert_string_equal(said.text, one);
	said = run_with_path("PATH=%s/not", top, NULL);
	assert_int_equal(said.code, -EACCES);
	assert_string_equal(said.err.text, "cannot be executed: Permission denied");
	/* What is relative in PATH, or empty, is not looked up in the directory it is to run in. */
	said = run_with_path("PATH=:.:./:one::", top, dir);
	assert_int_equal(said.code, -ENOENT);
	said = run_with_path("NOPATH=%s/one", top, dir);
	assert_int_equal(said.code, -ENOENT);
	said = run_saying((struct run){ .path = "true", .env = ARGS("A=b") });
	assert_int_equal(said.code, 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, top, NULL), 0);
}

static void test_arguments(void **state)
{
	struct said said;

	(void)state;
	said = run_saying((struct run){
		.path = "sh",
		.args = ARGS("-c", "echo \"$0|$1|$2|$A|$HOME\"; pwd; env", "a b", "", "*"),
		.env = ARGS("A=1 2", "PATH=/usr/bin:/bin"),
		.dir = "/usr" });
	assert_int_equal(said.code, 0);
	assert_non_null(strstr(said.text, "a b||*|1 2|\n/usr\n"));
	assert_null(strstr(said.text, "HOME="));
	assert_int_equal(setenv("CTRNET_TEST_RUN", "here", 1), 0);
	said = run_script("echo $CTRNET_TEST_RUN");
	assert_string_equal(said.text, "here\n");
	unsetenv("CTRNET_TEST_RUN");
}

/* Neither with nor without close-on-exec. */
static void test_files(void **state)
{
	_cleanup_fd_ int closed = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	_cleanup_fd_ int open_one = open("/etc/passwd", O_RDONLY);
	_cleanup_fd_ int far = fcntl(open_one, F_DUPFD, 200);
	struct said said;

	(void)state;
	assert_true(closed >= 0 && far >= 200);
	said = run_saying((struct run){ .path = "ls", .args = ARGS("/proc/self/fd") });
	assert_string_equal(said.text, "0\n1\n2\n3\n"); /* 3: what ls reads */
	said = run_script("readlink /proc/self/fd/0; echo out; echo err >&2; cat");
	assert_string_equal(said.text, "/dev/null\nout\nerr\n");
	assert_int_equal(said.code, 0);
}

/* With all blocked and some ignored, even those that the C library keeps for itself. */
static void test_signals(void **state)
{
	sigset_t all, before;
	struct said said;

	(void)state;
	sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_SETMASK, &all, &before), 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	said = run_script("cat /proc/self/status | grep -E '^Sig(Blk|Ign|Cgt)'");
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, &all), 0);
	assert_true(sigismember(&all, SIGTERM));
	assert_string_equal(said.text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
				       "SigCgt:\t0000000000000000\n");
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void ignore(int sig)
{
	(void)sig;
}

/* Its own children go with it, and a signal that is handled meanwhile does not prolong the wait. */
static void test_timeout(void **state)
{
	struct sigaction tick = { .sa_handler = ignore };
	struct run run = { .path = "/bin/sh",
			   .args = ARGS("-c", "sleep 41 & echo $! >&2; sleep 42"),
			   .timeout_ms = 300 };
	long long begun = now_ms(), took;
	struct said said;
	pid_t pid;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	sigaction(SIGALRM, &tick, NULL);
	ualarm(20000, 20000);
	said = run_saying(run);
	ualarm(0, 0);
	took = now_ms() - begun;
	assert_int_equal(said.code, -ETIMEDOUT);
	assert_string_equal(said.err.text, "did not end within 300 ms");
	assert_in_range(took, 300, 10000);
	pid = (pid_t)strtol(said.text, NULL, 10);
	assert_true(pid > 1);
	/* It came to us, killed, unless the shell was told of its death before its own. */
	if (waitpid(pid, &said.code, 0) == pid)
		assert_true(WIFSIGNALED(said.code) && WTERMSIG(said.code) == SIGKILL);
	else
		assert_true(kill(pid, 0) < 0 && errno == ESRCH);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	run.args = ARGS("-c", "exit 3");
	run.timeout_ms = 20000;
	assert_string_equal(run_saying(run).err.text, "exited with status 3");
}

/* What it leaves running is not waited for, though it holds stderr. */
static void test_background(void **state)
{
	long long begun = now_ms();
	struct said said = run_script("sleep 43 & echo $! >&2");

	(void)state;
	assert_int_equal(said.code, 0);
	assert_true(now_ms() - begun < 20000);
	assert_int_equal(kill((pid_t)strtol(said.text, NULL, 10), SIGKILL), 0);
}

/* A caller that is killed takes it along. */
static void test_caller_dies(void **state)
{
	int ends[2];
	char pid[16] = "";
	ssize_t len;
	pid_t caller;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	caller = fork();
	if (caller == 0) {
		const struct run run = { .path = "/bin/sh",
					 .args = ARGS("-c", "echo $$ >&2; exec sleep 44") };

		dup2(ends[1], STDERR_FILENO);
		close(ends[1]);
		_exit(run_program(&run, NULL) != 0);
	}
	close(ends[1]);
	len = read(ends[0], pid, sizeof(pid) - 1);
	assert_true(len > 1);
	assert_int_equal(kill(caller, SIGKILL), 0);
	assert_int_equal(waitpid(caller, NULL, 0), caller);
	/* The end of the last one who could write: sleep is gone, too. */
	assert_int_equal(read(ends[0], pid, 1), 0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),      cmocka_unit_test(test_cannot_execute),
		cmocka_unit_test(test_path),        cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_files),       cmocka_unit_test(test_signals),
		cmocka_unit_test(test_timeout),     cmocka_unit_test(test_background),
		cmocka_unit_test(test_caller_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
