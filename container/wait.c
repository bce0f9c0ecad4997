// SPDX-License-Identifier: Apache-2.0
/* While the container's process runs: signals and the terminal's bytes are handed on, children are reaped. */
#include "container/container.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "ns/process.h"
#include "ns/tty.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int container_block_signals(struct running *run, struct err *err)
{
	sigset_t all;

	if (run->blocked)
		return 0;
	/* Ignored, it would make the kernel reap our children before we know how they ended (waitpid(2)). */
	signal(SIGCHLD, SIG_DFL);
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &run->signals) < 0)
		return err_sys(err, -errno, "cannot block signals");
	run->blocked = true;
	return 0;
}

void container_abandon(struct running *run)
{
	int code;

	if (run->pidfd >= 0) {
		process_kill(run->pidfd, 0);
		if (run->freezer)
			cgroup_thaw_killed(run->freezer);
		process_kill(run->pidfd, -1);
		process_reap(run->pidfd, &code);
	}
	guard_dismiss(&run->guard);
	run->pidfd = close_fd(run->pidfd);
	run->master = close_fd(run->master);
}

/* Orphans that came to us (PR_SET_CHILD_SUBREAPER); the container's own process is left for process_reap(). */
static void reap_orphans(pid_t but)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid ||
		    info.si_pid == but)
			return;
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
	}
}

static void handle_signal(int signals, const struct running *run, struct tty *tty)
{
	struct signalfd_siginfo s;

	if (read(signals, &s, sizeof(s)) != sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD)
		reap_orphans(run->pid);
	else if (s.ssi_signo == SIGWINCH && tty->master >= 0)
		tty_copy_size(tty->master);
	else if (s.ssi_signo != SIGPIPE)
		syscall(SYS_pidfd_send_signal, run->pidfd, s.ssi_signo, NULL, 0);
}

enum {
	POLL_PROCESS,
	POLL_SIGNALS,
	POLL_IN_FROM,
	POLL_IN_TO,
	POLL_OUT_FROM,
	POLL_OUT_TO,
	POLL_COUNT
};

/* poll(2) passes over negative descriptors, so an end that waits for nothing is one. */
static struct pollfd end_of(int fd, short events)
{
	return (struct pollfd){ .fd = events ? fd : -1, .events = events };
}

static void fill_poll(struct pollfd *p, const struct running *run, int signals,
		      const struct tty *tty)
{
	p[POLL_PROCESS] = end_of(run->pidfd, POLLIN);
	p[POLL_SIGNALS] = end_of(signals, POLLIN);
	p[POLL_IN_FROM] = end_of(tty->in.from, tty_pipe_wants_read(&tty->in));
	p[POLL_IN_TO] = end_of(tty->in.to, tty_pipe_wants_write(&tty->in));
	p[POLL_OUT_FROM] = end_of(tty->out.from, tty_pipe_wants_read(&tty->out));
	p[POLL_OUT_TO] = end_of(tty->out.to, tty_pipe_wants_write(&tty->out));
}

static int serve(const struct running *run, int signals, struct tty *tty, struct err *err)
{
	for (;;) {
		struct pollfd p[POLL_COUNT];

		fill_poll(p, run, signals, tty);
		if (poll(p, POLL_COUNT, -1) < 0 && errno != EINTR)
			return err_sys(err, -errno, "cannot wait for the container");
		if (p[POLL_SIGNALS].revents)
			handle_signal(signals, run, tty);
		tty_pipe_move(&tty->in, p[POLL_IN_FROM].revents, p[POLL_IN_TO].revents);
		tty_pipe_move(&tty->out, p[POLL_OUT_FROM].revents, p[POLL_OUT_TO].revents);
		tty_pass_end(tty);
		if (p[POLL_PROCESS].revents)
			return 0;
	}
}

/* The command that it could be handed to is gone: one that ends a program means us. */
static bool is_told_to_end(int signals)
{
	struct signalfd_siginfo s;

	while (read(signals, &s, sizeof(s)) == sizeof(s))
		if (s.ssi_signo == SIGHUP || s.ssi_signo == SIGINT || s.ssi_signo == SIGQUIT ||
		    s.ssi_signo == SIGTERM)
			return true;
	return false;
}

/* What the container wrote before it ended is still in the pty. It is over when nothing comes for a moment. */
static void drain(struct tty *tty, int signals)
{
	struct pollfd p[3];

	while (!tty->out.broken && (!tty->out.eof || tty_pipe_wants_write(&tty->out))) {
		p[0] = end_of(tty->out.from, tty_pipe_wants_read(&tty->out));
		p[1] = end_of(tty->out.to, tty_pipe_wants_write(&tty->out));
		p[2] = end_of(signals, POLLIN);
		/* Whoever reads us may be slow, so what waits to be written has all the time. */
		if (poll(p, array_size(p), p[1].fd < 0 ? 50 : -1) <= 0)
			return;
		if (p[2].revents && is_told_to_end(signals))
			return;
		tty_pipe_move(&tty->out, p[0].revents, p[1].revents);
	}
}

static int wait_with(struct running *run, int signals, struct tty *tty, int *exit_code,
		     struct err *err)
{
	int ret = serve(run, signals, tty, err);
	struct err why = { 0 };

	if (ret < 0)
		return ret;
	ret = process_reap(run->pidfd, exit_code);
	if (ret < 0)
		return err_sys(err, ret, "cannot reap the container's process");
	/* No pid namespace dies with it. Not all children of ours are its: ctrnet may have had some when it was executed. */
	if (run->cgroup && cgroup_kill(run->cgroup, &why) < 0)
		log_warn("%s", why.text);
	if (tty->master >= 0)
		drain(tty, signals);
	return 0;
}

void container_size_terminal(const struct running *run)
{
	if (run->master < 0)
		return;
	if (!run->detached)
		tty_copy_size(run->master);
	else if (run->size.ws_row || run->size.ws_col)
		ioctl(run->master, TIOCSWINSZ, &run->size);
}

int container_wait(struct running *run, int *exit_code, struct err *err)
{
	struct tty tty = { .master = -1, .in = { .eof = true }, .out = { .eof = true } };
	_cleanup_fd_ int signals = -1;
	sigset_t all;
	int ret = 0;

	sigfillset(&all);
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		ret = err_sys(err, -errno, "cannot make a signalfd");
	if (ret == 0 && run->master >= 0)
		ret = tty_begin(&tty, take_fd(&run->master), err);
	if (ret == 0)
		ret = wait_with(run, signals, &tty, exit_code, err);
	tty_end(&tty);
	if (ret < 0)
		container_abandon(run);
	guard_dismiss(&run->guard);
	run->pidfd = close_fd(run->pidfd);
	return ret;
}
