// SPDX-License-Identifier: Apache-2.0
/*
 * on_terminal CMD...: run a command on a terminal of its own, as a person's terminal emulator would.
 *
 * Our stdin is what the person types (its end is not the terminal's end), our stdout what the screen shows. The
 * terminal is 24 rows by 80 columns and in its usual (cooked) mode. Signals to us are what happens to it:
 *
 * SIGUSR1: the window is resized to 43 x 132.
 * SIGUSR2: say on stderr in which mode it is: "raw" or "cooked".
 * SIGHUP:  the window is closed.
 *
 * Exits with the command's status (128 + signal), or 100 if the terminal's settings are not what they were, said on
 * stderr.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

struct terminal {
	int master, slave;
	struct termios before;
	pid_t command;
	bool ended;
	int status;
};

static void die(const char *what)
{
	perror(what);
	exit(101);
}

static void be_command(struct terminal *t, char **argv, const sigset_t *mask)
{
	if (login_tty(t->slave) < 0)
		die("login_tty");
	close(t->master);
	/* A shell starts its background jobs with these ignored. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	die(argv[0]);
}

static bool same_settings(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void say_mode(const struct terminal *t)
{
	struct termios now;

	if (tcgetattr(t->slave, &now) < 0)
		die("tcgetattr");
	fputs(now.c_lflag & (ICANON | ECHO | ISIG) ? "cooked\n" : "raw\n", stderr);
}

static void handle_signal(struct terminal *t, int signals)
{
	struct signalfd_siginfo s;
	int status;

	if (read(signals, &s, sizeof(s)) != sizeof(s))
		return;
	if (s.ssi_signo == SIGUSR1)
		ioctl(t->master, TIOCSWINSZ, &(struct winsize){ .ws_row = 43, .ws_col = 132 });
	else if (s.ssi_signo == SIGUSR2)
		say_mode(t);
	else if (s.ssi_signo == SIGHUP)
		exit(0);
	while (waitpid(-1, &status, WNOHANG) == t->command) {
		t->ended = true;
		t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* Copy once; false at the end. */
static bool copy(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	for (ssize_t done = 0, m; done < n; done += m)
		if ((m = write(to, buf + done, (size_t)(n - done))) < 0)
			die("write");
	return n > 0;
}

static void serve(struct terminal *t, int signals)
{
	enum { TYPED, SHOWN, SIGNALS };
	struct pollfd p[] = {
		[TYPED] = { .fd = STDIN_FILENO, .events = POLLIN },
		[SHOWN] = { .fd = t->master, .events = POLLIN },
		[SIGNALS] = { .fd = signals, .events = POLLIN },
	};

	/* Behind the command's end: until nothing is left to be shown. */
	while (poll(p, 3, t->ended ? 0 : -1) > 0 || !t->ended) {
		if (p[SHOWN].revents)
			copy(t->master, STDOUT_FILENO);
		else if (t->ended)
			return;
		if (p[SIGNALS].revents)
			handle_signal(t, signals);
		if (p[TYPED].revents && !copy(STDIN_FILENO, t->master))
			p[TYPED].fd = -1;
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct terminal t = { .status = 0 };
	struct termios after;
	sigset_t mask, old;
	int signals;

	if (argc < 2)
		return 101;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, &old);
	signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (signals < 0 || openpty(&t.master, &t.slave, NULL, NULL, &size) < 0 ||
	    tcgetattr(t.slave, &t.before) < 0)
		die("openpty");
	t.command = fork();
	if (t.command < 0)
		die("fork");
	if (t.command == 0)
		be_command(&t, argv + 1, &old);
	serve(&t, signals);
	if (tcgetattr(t.slave, &after) < 0)
		die("tcgetattr");
	if (same_settings(&t.before, &after))
		return t.status;
	fputs("the terminal's settings are not what they were\n", stderr);
	return 100;
}
