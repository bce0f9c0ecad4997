// SPDX-License-Identifier: Apache-2.0
#include "lib/run.h"

#include "lib/cleanup.h"
#include "lib/signals.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the child does before it is another program, and may fail to do. */
enum stage { NOTHING, TIE, LEAD, DIRECTORY, NULL_DEVICE, FILES, EXECUTE };

static const char *const cannot[] = {
	[TIE] = "cannot be tied to its parent",         [LEAD] = "cannot lead a process group",
	[DIRECTORY] = "cannot change to the directory", [NULL_DEVICE] = "cannot open /dev/null",
	[FILES] = "cannot arrange its files",           [EXECUTE] = "cannot be executed",
};

/*
 * What the parent has made ready, and what the child has to say, whose memory is the parent's (vfork(2)): volatile, or the
 * compiler sees that nobody could read it behind _exit().
 */
struct child {
	char *const *argv;
	char *const *env;
	char *const *candidates; /* paths to execute, first that can be */
	const char *dir;
	int dir_fd, output;
	pid_t parent;
	volatile int failed; /* enum stage */
	volatile int code;   /* a negative errno: why */
};

/* The value of PATH; NULL: there is none. */
static const char *path_of(char *const *env)
{
	for (; env && *env; env++)
		if (str_starts(*env, "PATH="))
			return *env + strlen("PATH=");
	return NULL;
}

/*
 * A relative entry of PATH would be looked up where the program is to run, which may be a directory that
 * others write to.
 */
static int find_candidates(const char *name, char *const *env, char ***found, struct err *err)
{
	const char *dirs = path_of(env);

	if (strchr(name, '/'))
		return strv_add(found, name) < 0 ? err_oom(err) : 0;
	for (const char *at = dirs ? dirs : RUN_PATH; *at; at += *at == ':') {
		size_t len = strcspn(at, ":");
		_cleanup_free_ char *path = str_format("%.*s/%s", (int)len, at, name);

		if (!path || (*at == '/' && strv_add(found, path) < 0))
			return err_oom(err);
		at += len;
	}
	return 0;
}

static int make_argv(const struct run *run, char ***argv, struct err *err)
{
	int ret = strv_add(argv, run->path);

	for (char *const *arg = run->args; ret == 0 && arg && *arg; arg++)
		ret = strv_add(argv, *arg);
	return ret < 0 ? err_oom(err) : 0;
}

/* The null device as stdin, stderr as stdout too, and the rest closed. */
static enum stage arrange_files(int output)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0)
		return NULL_DEVICE;
	if (output && dup2(output, STDERR_FILENO) < 0)
		return FILES;
	if ((null != STDIN_FILENO && dup2(null, STDIN_FILENO) < 0) ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		return FILES;
	return NOTHING;
}

static enum stage arrange(const struct child *c)
{
	/* A parent that died before this is noticed by the second. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != c->parent)
		return TIE;
	if (setpgid(0, 0) < 0)
		return LEAD;
	if (c->dir && (c->dir_fd ? fchdir(c->dir_fd) : chdir(c->dir)) < 0)
		return DIRECTORY;
	return arrange_files(c->output);
}

/* As execvp(3): look on, and remember what was there but is not for us. Returns only with an error. */
static int execute(const struct child *c)
{
	int code = -ENOENT;

	for (char *const *path = c->candidates; path && *path; path++) {
		execve(*path, c->argv, c->env);
		if (errno != ENOENT && errno != ENOTDIR)
			code = -errno;
		if (code != -ENOENT && code != -EACCES)
			break;
	}
	return code;
}

/* In a stack frame of its own: that of the caller is the parent's as well, and to be found as it was. */
static void __attribute__((noreturn, noinline)) be_child(struct child *c)
{
	enum stage failed = arrange(c);
	int code = -errno;
	sigset_t none;

	if (failed == NOTHING) {
		sigemptyset(&none);
		signals_reset(&none);
		code = execute(c);
		failed = EXECUTE;
	}
	c->failed = failed;
	c->code = code;
	_exit(127);
}

/* No handler of ours may run in the child, on the memory of both. */
static pid_t start(struct child *c, struct err *err)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = vfork();
	if (pid == 0)
		be_child(c);
	if (pid < 0)
		pid = err_sys(err, -errno, "cannot make a process");
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Until the process ends; 0 or -ETIMEDOUT. */
static int wait_end(pid_t pid, int timeout_ms, struct err *err)
{
	_cleanup_fd_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long long end = now_ms() + timeout_ms;
	long long left = timeout_ms;
	int n;

	if (fd < 0)
		return err_sys(err, -errno, "cannot wait for it");
	do {
		n = poll(&p, 1, (int)left);
		left = end - now_ms();
	} while (n < 0 && errno == EINTR && left > 0);
	return n == 1 ? 0 : err_set(err, -ETIMEDOUT, "did not end within %d ms", timeout_ms);
}

static int reap(pid_t pid, siginfo_t *info, struct err *err)
{
	while (waitid(P_PID, (id_t)pid, info, WEXITED) < 0)
		if (errno != EINTR)
			return err_sys(err, -errno, "cannot wait for it");
	return 0;
}

static int tell(const struct run *run, const struct child *c, const siginfo_t *info,
		struct err *err)
{
	if (c->failed == DIRECTORY)
		return err_sys(err, c->code, "%s '%s'", cannot[DIRECTORY], c->dir);
	if (c->failed == EXECUTE && c->code == -ENOENT && !strchr(run->path, '/'))
		return err_set(err, c->code, "executable file not found in $PATH");
	if (c->failed)
		return err_sys(err, c->code, "%s", cannot[c->failed]);
	if (info->si_code != CLD_EXITED)
		return err_set(err, -ECHILD, "was killed by signal %d", info->si_status);
	return info->si_status ? err_set(err, -ECHILD, "exited with status %d", info->si_status)
			       : 0;
}

static int run_child(const struct run *run, struct child *c, struct err *err)
{
	siginfo_t info = { 0 };
	pid_t pid = start(c, err);
	int ret, reaped;

	if (pid < 0)
		return pid;
	ret = run->timeout_ms ? wait_end(pid, run->timeout_ms, err) : 0;
	/* Not reaped yet, so its number, which is its group's too, is nobody else's. */
	if (ret < 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	reaped = reap(pid, &info, ret < 0 ? NULL : err);
	if (ret < 0 || reaped < 0)
		return ret < 0 ? ret : reaped;
	return tell(run, c, &info, err);
}

int run_program(const struct run *run, struct err *err)
{
	_cleanup_(strv_cleanup) char **candidates = NULL;
	_cleanup_(strv_cleanup) char **argv = NULL;
	struct child c = {
		.env = run->env ? run->env : environ,
		.dir = run->dir,
		.dir_fd = run->dir_fd,
		.output = run->output,
		.parent = getpid(),
	};
	int ret = find_candidates(run->path, c.env, &candidates, err);

	if (ret == 0)
		ret = make_argv(run, &argv, err);
	if (ret < 0)
		return ret;
	c.candidates = candidates;
	c.argv = argv;
	return run_child(run, &c, err);
}
