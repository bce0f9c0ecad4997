// SPDX-License-Identifier: Apache-2.0
#include "lib/helper.h"

#include "lib/signals.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STARTER_STACK (16 * 1024)

/* The lowest of its files from @from on, or -1. */
static int next_file(const struct helper *h, int from)
{
	int next = -1;

	for (size_t i = 0; i < h->file_count; i++)
		if (h->files[i] >= from && (next < 0 || h->files[i] < next))
			next = h->files[i];
	return next;
}

static void close_others(const struct helper *h)
{
	int from = 0, file;

	for (; (file = next_file(h, from)) >= 0; from = file + 1)
		if (file > from)
			close_range((unsigned int)from, (unsigned int)file - 1, 0);
	close_range((unsigned int)from, ~0u, 0);
}

static void __attribute__((noreturn)) be_helper(const struct helper *h)
{
	sigset_t none;

	sigemptyset(&none);
	/* Handlers go before the mask, so that none of the program's runs here. */
	signals_reset(&none);
	/* Usually nobody is left to read what it has to say. */
	signal(SIGPIPE, SIG_IGN);
	setsid();
	close_others(h);
	if (chdir("/") < 0)
		_exit(1);
	/* Not prctl(): see container/guard.c. */
	if (h->name)
		syscall(SYS_prctl, PR_SET_NAME, h->name, 0, 0, 0);
	h->run(h->arg);
	_exit(0);
}

struct starter {
	const struct helper *h;
	pid_t pid; /* the helper's, or a negative errno */
};

/* Runs on the caller's memory while the caller is suspended (CLONE_VM | CLONE_VFORK): only the helper costs a copy. */
static int start(void *arg)
{
	struct clone_args how = { .exit_signal = SIGCHLD };
	struct starter *s = arg;
	long pid = syscall(SYS_clone3, &how, sizeof(how));

	if (pid == 0)
		be_helper(s->h);
	s->pid = pid < 0 ? -errno : (pid_t)pid;
	_exit(0);
}

/* No SIGCHLD for the process in between: the caller may have a handler, or wait for any child. */
pid_t helper_start(const struct helper *h)
{
	struct starter s = { .h = h, .pid = -ECHILD };
	char stack[STARTER_STACK] __attribute__((aligned(16)));
	sigset_t all, old;
	pid_t pid;
	int ret;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = clone(start, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, &s);
	ret = pid < 0 ? -errno : 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (ret < 0)
		return ret;
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return s.pid;
}
