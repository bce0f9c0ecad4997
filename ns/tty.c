// SPDX-License-Identifier: Apache-2.0
#include "ns/tty.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tty_begin(struct tty *t, int master, struct err *err)
{
	struct termios raw;

	*t = (struct tty){
		.master = master,
		.in = { .from = STDIN_FILENO, .to = master },
		.out = { .from = master, .to = STDOUT_FILENO },
	};
	if (tcgetattr(STDIN_FILENO, &t->saved) < 0)
		return 0;
	tty_copy_size(master);
	raw = t->saved;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return err_sys(err, -errno, "cannot put the terminal in raw mode");
	t->raw = true;
	return 0;
}

void tty_end(struct tty *t)
{
	if (t->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
	t->raw = false;
	t->master = close_fd(t->master);
}

/* Whoever has the pty gets SIGHUP, reads end of file, and EIO for what it writes. */
static void hang_up(struct tty *t)
{
	t->in = (struct tty_pipe){ .from = -1, .to = -1, .eof = true };
	t->out = (struct tty_pipe){ .from = -1, .to = -1, .eof = true };
	t->master = close_fd(t->master);
}

/* Behind a line that is not complete the first one only hands over what there is of it. */
static void type_end(struct tty *t)
{
	struct termios mode;

	t->end_typed = true;
	if (tcgetattr(t->master, &mode) < 0 || !(mode.c_lflag & ICANON) ||
	    mode.c_cc[VEOF] == _POSIX_VDISABLE)
		return;
	t->in.start = 0;
	t->in.end = t->in.last && t->in.last != '\n' ? 2 : 1;
	memset(t->in.buf, mode.c_cc[VEOF], t->in.end);
}

void tty_pass_end(struct tty *t)
{
	if (t->master < 0)
		return;
	if (t->out.broken || (t->raw && t->in.eof))
		hang_up(t);
	else if (t->in.eof && !t->end_typed && !tty_pipe_wants_write(&t->in))
		type_end(t);
}

void tty_copy_size(int master)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(master, TIOCSWINSZ, &size);
}

short tty_pipe_wants_read(const struct tty_pipe *p)
{
	return !p->eof && !p->broken && p->start == p->end ? POLLIN : 0;
}

short tty_pipe_wants_write(const struct tty_pipe *p)
{
	return !p->broken && p->start < p->end ? POLLOUT : 0;
}

static void fill(struct tty_pipe *p)
{
	ssize_t n = read(p->from, p->buf, sizeof(p->buf));

	if (n > 0) {
		p->start = 0;
		p->end = (size_t)n;
		p->last = p->buf[n - 1];
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		/* A pty whose last slave is closed answers EIO: that is its end of file. */
		p->eof = true;
	}
}

static void drain(struct tty_pipe *p)
{
	ssize_t n = write(p->to, p->buf + p->start, p->end - p->start);

	if (n > 0)
		p->start += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		p->broken = true;
	if (p->start == p->end)
		p->start = p->end = 0;
}

void tty_pipe_move(struct tty_pipe *p, short from_events, short to_events)
{
	if (tty_pipe_wants_read(p) && from_events & (POLLIN | POLLHUP | POLLERR))
		fill(p);
	if (tty_pipe_wants_write(p) && to_events & (POLLOUT | POLLERR | POLLHUP))
		drain(p);
}

int tty_become(int slave, struct err *err)
{
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			return err_sys(err, -errno, "cannot make the pty fd %d", fd);
	return 0;
}

int tty_control(struct err *err)
{
	if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return err_sys(err, -errno, "cannot make the pty the controlling terminal");
	return 0;
}
