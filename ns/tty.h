/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's terminal while a container has a pty: raw mode that is restored on every way out, size, and
 * the two directions of bytes.
 */
#ifndef NS_TTY_H
#define NS_TTY_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* Bytes on their way from one fd to another, of which either may be slow. */
struct tty_pipe {
	int from, to;
	char buf[4096];
	size_t start, end;
	bool eof;    /* nothing more comes */
	bool broken; /* nothing more can be written */
	char last;   /* byte that was read */
};

struct tty {
	int master;           /* of the pty; ours */
	bool raw;             /* stdin was put in raw mode */
	bool end_typed;       /* the end of stdin was handed on */
	struct termios saved; /* of stdin */
	struct tty_pipe in, out;
};

/*
 * Take over @master: put stdin, if it is a terminal, in raw mode and give the pty its size. If it is none, the
 * pty is used without raw mode.
 */
int tty_begin(struct tty *t, int master, struct err *err);
/* Put the terminal back as it was and close the pty. Safe on a zeroed (master -1) or ended one. */
void tty_end(struct tty *t);
/* Give the pty the size of stdin, if that is a terminal: before its command looks, and when SIGWINCH comes. */
void tty_copy_size(int master);
/*
 * Hand on the end of either side, to be called when bytes have been moved. When our terminal, or who reads our stdout, is
 * gone the pty is hung up. A stdin that is no terminal and at its end is typed as the pty's end-of-file character, if a
 * program there would take it for one (termios(3), ICANON).
 */
void tty_pass_end(struct tty *t);

/* For poll(2): what @p waits for at its two ends: POLLIN or 0 at from, POLLOUT or 0 at to. */
short tty_pipe_wants_read(const struct tty_pipe *p);
short tty_pipe_wants_write(const struct tty_pipe *p);
/* Move what can be moved without waiting. */
void tty_pipe_move(struct tty_pipe *p, short from_events, short to_events);

/* In the child: @slave becomes fds 0, 1, 2; and then the controlling terminal of a new session. */
int tty_become(int slave, struct err *err);
int tty_control(struct err *err);

#endif
