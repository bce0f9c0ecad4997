// SPDX-License-Identifier: Apache-2.0
#include "lib/apart.h"

#include "lib/cleanup.h"
#include "lib/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { STAGE_DONE };
static const char *const stages[] = { [STAGE_DONE] = "done" };

/* No exit handlers of the caller's, and no sanitizer's that wants threads which are not here. */
static void __attribute__((noreturn)) leave(void)
{
	syscall(SYS_exit_group, 0);
	__builtin_trap();
}

static int move_up(struct sync *sync, int low, struct err *err)
{
	int fd = sync->fd < low ? fcntl(sync->fd, F_DUPFD_CLOEXEC, low) : sync->fd;

	if (fd < 0)
		return err_sys(err, -errno, "cannot move a descriptor out of the way");
	sync->fd = fd;
	return 0;
}

static void __attribute__((noreturn))
be_apart(apart_function *f, void *arg, int low, struct sync *sync, size_t n)
{
	int fds[SYNC_FDS_MAX] = { [0 ... SYNC_FDS_MAX - 1] = -1 };
	struct err err = { 0 };

	signal(SIGCHLD, SIG_DFL);
	if (move_up(sync, low, &err) < 0 || f(arg, fds, &err) < 0)
		sync_fail(sync, &err);
	else
		sync_post(sync, STAGE_DONE, fds, n, NULL);
	leave();
}

/*
 * Until it has said something or is gone. Its end of the socket alone would not tell: another thread may have forked
 * meanwhile, and what that made has it open, too.
 */
static void wait_word(const struct sync *sync, int pidfd)
{
	struct pollfd p[] = { { .fd = sync->fd, .events = POLLIN },
			      { .fd = pidfd, .events = POLLIN } };

	while (poll(p, array_size(p), -1) < 0 && errno == EINTR)
		;
}

static int hear(struct sync *sync, int pidfd, int *fds, size_t n, struct err *err)
{
	struct pollfd word = { .fd = sync->fd, .events = POLLIN };

	wait_word(sync, pidfd);
	if (poll(&word, 1, 0) == 0)
		return err_set(err, -EPIPE, "%s died", sync->peer);
	return sync_wait(sync, STAGE_DONE, fds, n, err);
}

/* A program that ignores SIGCHLD has it reaped by the kernel (waitpid(2)). */
static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int run(apart_function *f, void *arg, int low, int *fds, size_t n, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	struct sync ours, theirs;
	pid_t pid;
	int ret = sync_pair(&ours, &theirs, stages, err);

	if (ret < 0)
		return ret;
	ours.peer = "a process that was forked for it";
	pid = fork();
	if (pid == 0) {
		sync_close(&ours);
		be_apart(f, arg, low, &theirs, n);
	}
	sync_close(&theirs);
	if (pid < 0)
		ret = err_sys(err, -errno, "cannot fork");
	if (ret == 0) {
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		ret = hear(&ours, pidfd, fds, n, err);
		reap(pid);
	}
	sync_close(&ours);
	return ret;
}

int apart_run(apart_function *f, void *arg, int low, int *fds, size_t n, struct err *err)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	/* What is sent to our process group, Ctrl-C say, is not for a process that the caller does not know of. */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = run(f, arg, low, fds, n, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int apart_here(apart_function *f, void *arg, int *fds, struct err *err)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct sigaction child;
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	sigaction(SIGCHLD, &dfl, &child);
	ret = f(arg, fds, err);
	sigaction(SIGCHLD, &child, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

void *apart_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int apart_memory_keep(void *memory, size_t size)
{
	return madvise(memory, size, MADV_DONTFORK);
}

void apart_memory_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}
