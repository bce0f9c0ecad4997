// SPDX-License-Identifier: Apache-2.0
#include "lib/sync.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	int stage; /* STAGE_ERROR: err says what failed */
	struct err err;
};

#define STAGE_ERROR (-1)
#define STAGE_EOF   (-2)

int sync_pair(struct sync *parent, struct sync *child, const char *const *stages, struct err *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(err, -errno, "cannot make a socket pair");
	*parent = (struct sync){ fds[0], "the container's process", stages };
	*child = (struct sync){ fds[1], "ctrnet", stages };
	return 0;
}

void sync_close(struct sync *s)
{
	s->fd = close_fd(s->fd);
}

/* An err's text is sent up to its NUL, so a stage is 4 bytes and an error as long as its words. */
static size_t message_size(const struct message *m)
{
	if (m->stage != STAGE_ERROR)
		return offsetof(struct message, err);
	return offsetof(struct message, err.text) + strnlen(m->err.text, sizeof(m->err.text) - 1) +
	       1;
}

static int send_message(struct sync *s, const struct message *m, const int *fds, size_t n)
{
	union {
		char buf[CMSG_SPACE(SYNC_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { (void *)m, message_size(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > SYNC_FDS_MAX)
		return -EINVAL;
	if (n) {
		struct cmsghdr *c;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	while (sendmsg(s->fd, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/*
 * A peer that failed posts its error and is gone: the error waits in our queue when our own post
 * already meets EPIPE. It is the better answer.
 */
static int explain_broken_post(struct sync *s, int stage, int ret, struct err *err);

int sync_post(struct sync *s, int stage, const int *fds, size_t n, struct err *err)
{
	struct message m = { .stage = stage };
	int ret = send_message(s, &m, fds, n);

	return ret < 0 ? explain_broken_post(s, stage, ret, err) : 0;
}

void sync_fail(struct sync *s, const struct err *why)
{
	struct message m = { .stage = STAGE_ERROR, .err = *why };

	send_message(s, &m, NULL, 0);
}

static size_t collect_fds(struct msghdr *msg, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	}
	return n;
}

/* *@m is a whole message or STAGE_EOF. Returns the number of fds received, or -errno. */
static int receive(struct sync *s, struct message *m, int *fds)
{
	union {
		char buf[CMSG_SPACE(SYNC_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t len;

	/*
	 * A peer that ends with messages of ours unread resets the connection (unix_release_sock() in
	 * net/unix/af_unix.c). That is told once, and before what the peer still had to say.
	 */
	do {
		len = recvmsg(s->fd, &msg, MSG_CMSG_CLOEXEC);
	} while (len < 0 && (errno == EINTR || errno == ECONNRESET));
	if (len == 0) {
		m->stage = STAGE_EOF;
		return 0;
	}
	if (len < 0)
		return -errno;
	m->err.text[sizeof(m->err.text) - 1] = '\0';
	if ((size_t)len < sizeof(m->stage) ||
	    (m->stage == STAGE_ERROR && (size_t)len != message_size(m)))
		return -EPROTO;
	return (int)collect_fds(&msg, fds);
}

static void close_all(int *fds, int n)
{
	for (int i = 0; i < n; i++)
		fds[i] = close_fd(fds[i]);
}

static const char *stage_name(const struct sync *s, int stage)
{
	return s->stages[stage];
}

static int died(struct sync *s, int stage, struct err *err)
{
	return err_set(err, -EPIPE, "%s died before '%s'", s->peer, stage_name(s, stage));
}

static int adopt(const struct message *m, struct err *err)
{
	if (err) {
		*err = m->err;
		/* Somebody may have got at the peer, or named what it tells of. */
		str_make_printable(err->text);
	}
	return m->err.code < 0 ? m->err.code : -EPROTO;
}

int sync_wait(struct sync *s, int stage, int *fds, size_t n, struct err *err)
{
	int got[SYNC_FDS_MAX];
	struct message m;
	int count = receive(s, &m, got);

	if (count < 0)
		return err_sys(err, count, "cannot hear from %s", s->peer);
	if (m.stage == stage && (size_t)count == n) {
		for (size_t i = 0; i < n; i++)
			fds[i] = got[i];
		return 0;
	}
	close_all(got, count);
	if (m.stage == STAGE_ERROR)
		return adopt(&m, err);
	if (m.stage == STAGE_EOF)
		return died(s, stage, err);
	return err_set(err, -EPROTO, "%s is out of step: waited for '%s'", s->peer,
		       stage_name(s, stage));
}

int sync_read(struct sync *s, int stage, struct err *err)
{
	struct message m;
	ssize_t len;

	do {
		len = read(s->fd, &m, sizeof(m));
	} while (len < 0 && (errno == EINTR || errno == ECONNRESET));
	if (len < 0)
		return err_sys(err, -errno, "cannot hear from %s", s->peer);
	if (len == 0)
		return died(s, stage, err);
	if ((size_t)len >= sizeof(m.stage) && m.stage == stage)
		return 0;
	return err_set(err, -EPROTO, "%s is out of step: waited for '%s'", s->peer,
		       stage_name(s, stage));
}

int sync_wait_closed(struct sync *s, struct err *err)
{
	int got[SYNC_FDS_MAX];
	struct message m;
	int count = receive(s, &m, got);

	if (count < 0)
		return err_sys(err, count, "cannot hear from %s", s->peer);
	close_all(got, count);
	if (m.stage == STAGE_EOF)
		return 0;
	if (m.stage == STAGE_ERROR)
		return adopt(&m, err);
	return err_set(err, -EPROTO, "%s is out of step: waited for its exec", s->peer);
}

static int explain_broken_post(struct sync *s, int stage, int ret, struct err *err)
{
	int got[SYNC_FDS_MAX];
	struct message m;
	int count;

	if (ret != -EPIPE && ret != -ECONNRESET)
		return err_sys(err, ret, "cannot reach %s", s->peer);
	count = receive(s, &m, got);
	if (count > 0)
		close_all(got, count);
	return count >= 0 && m.stage == STAGE_ERROR ? adopt(&m, err) : died(s, stage, err);
}
