/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named stages between a parent and its child, over a SOCK_SEQPACKET pair.
 *
 * Each side posts stages and waits for stages of the other; a stage may carry file descriptors. A
 * side that fails posts its struct err instead, which the other side's sync_wait() returns as its
 * own. End of file is never a success: it is an error that names the stage that was waited for
 * ("the container's process died before 'rooted'").
 */
#ifndef LIB_SYNC_H
#define LIB_SYNC_H

#include "lib/err.h"

#include <stddef.h>

#define SYNC_FDS_MAX 5

struct sync {
	int fd;                    /* -1: closed */
	const char *peer;          /* for messages: "the container's process" */
	const char *const *stages; /* names, by number */
};

/* A connected pair, both ends CLOEXEC. @stages must outlive them. */
int sync_pair(struct sync *parent, struct sync *child, const char *const *stages, struct err *err);
void sync_close(struct sync *s);

/* Post @stage with @n fds (which stay the caller's). A peer that is gone is -EPIPE, never SIGPIPE. */
int sync_post(struct sync *s, int stage, const int *fds, size_t n, struct err *err);
/* Post an error. Best effort. */
void sync_fail(struct sync *s, const struct err *why);
/*
 * Wait for @stage with exactly @n fds, which become the caller's, CLOEXEC. Fails with the peer's own
 * error if it posted one, -EPIPE if it died, -EPROTO if it posted another stage.
 */
int sync_wait(struct sync *s, int stage, int *fds, size_t n, struct err *err);
/* The same of a stage without fds by read(2) alone, for who has a system call filter in force. */
int sync_read(struct sync *s, int stage, struct err *err);
/*
 * Wait for the peer to close its end, as execve does: 0 on end of file, the peer's error if it
 * posted one.
 */
int sync_wait_closed(struct sync *s, struct err *err);

#endif
