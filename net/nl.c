// SPDX-License-Identifier: Apache-2.0
#include "net/nl.h"

#include "lib/cleanup.h"
#include "net/nl_internal.h"
#include "net/netns.h"
#include "net/stay_behind.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/net_namespace.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

/* 64 acks with their skb overhead take under 100 kB; dumps of large tables gain from more. */
#define NL_RCVBUF (1 << 20)
/* A transaction of netfilter's leaves as one datagram. */
#define NL_SNDBUF (4 << 20)
/* A message waits for the RTNL lock, which others may hold for long. */
#define NL_TIMEOUT_SEC 30
#define NL_DUMP_TRIES  16

/* --- Conversations --- */

static int set_options(int fd, int protocol, struct err *err)
{
	const struct timeval limit = { .tv_sec = NL_TIMEOUT_SEC };
	const int one = 1, rcvbuf = NL_RCVBUF, sndbuf = NL_SNDBUF;

	/* Strict checking makes the kernel filter dumps; without it (before 4.20) we filter ourselves. */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	/* Better messages and shorter acks, both since 4.12. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	/* Forcing needs CAP_NET_ADMIN in the first user namespace; the other is cut at rmem_max. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (protocol == NETLINK_NETFILTER &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return err_sys(err, -errno, "netlink socket: time limit");
	return 0;
}

static int open_socket(int protocol, struct err *err)
{
	/* To bind: any port of ours; to connect: the kernel's. */
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int ret;

	if (fd < 0)
		return err_sys(err, -errno, "netlink socket");
	ret = set_options(fd, protocol, err);
	if (ret < 0)
		return ret;
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return err_sys(err, -errno, "netlink socket: bind");
	/*
	 * Root of the namespace, who may be a container's, can send to any socket in it: what he says would be passed over, but it
	 * could fill the buffer, and keep us listening for ever. The kernel delivers nothing but its own to one that is connected.
	 */
	if (connect(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return err_sys(err, -errno, "netlink socket: connect");
	return take_fd(&fd);
}

int nl_socket(struct err *err)
{
	return open_socket(NETLINK_ROUTE, err);
}

int nl_new(int fd, struct nl **out, struct err *err)
{
	struct nl *nl = malloc(sizeof(*nl));

	if (!nl) {
		close_fd(fd);
		return err_oom(err);
	}
	nl->fd = fd;
	nl->seq = 0;
	nl->freed = false;
	*out = nl;
	return 0;
}

int nl_open(struct nl **out, struct err *err)
{
	int fd = nl_socket(err);

	return fd < 0 ? fd : nl_new(fd, out, err);
}

void nl_free(struct nl *nl)
{
	if (!nl)
		return;
	close_fd(nl->fd);
	free(nl);
}

void nl_cleanup(struct nl **nl)
{
	nl_free(*nl);
}

/* Their addresses are the names under which the scope keeps our handles. */
static const char handle_tag, netfilter_tag, generic_tag;

static void close_handle(void *nl)
{
	nl_free(nl);
}

/* Where nobody can be started, we wait. */
static void close_netfilter(void *handle)
{
	struct nl *nl = handle;
	struct stay_behind b = { .sock = -1, .report = -1, .kept = nl->fd };

	if (nl->freed)
		stay_behind_start(&b);
	nl_free(nl);
}

int nl_hand_over_netfilter(const struct scope *scope, const char *key)
{
	struct nl *nl = scope_handle(scope, &netfilter_tag, key);

	if (!nl || !nl->freed)
		return -1;
	nl->freed = false;
	return nl->fd;
}

int nl_adopt(struct scope *scope, const char *key, struct nl *nl, struct err *err)
{
	return scope_set_handle(scope, &handle_tag, key, nl, close_handle, err);
}

static int open_in(const struct scope *scope, const char *key, int protocol, struct err *err)
{
	_cleanup_fd_ int sock = -1;
	int ns = scope_ns_fd(scope, key);
	int home, ret;

	if (ns < 0 && !strcmp(key, SCOPE_HOST))
		return open_socket(protocol, err);
	if (ns < 0)
		return err_set(err, -ENOENT, "network namespace '%s' is not there", key);
	home = netns_enter(ns, err);
	if (home < 0)
		return err_wrap(err, "network namespace '%s'", key);
	sock = open_socket(protocol, err);
	ret = netns_leave(home, sock < 0 ? NULL : err);
	return sock < 0 || ret == 0 ? take_fd(&sock) : ret;
}

int nl_open_in(const struct scope *scope, const char *key, struct err *err)
{
	return open_in(scope, key, NETLINK_ROUTE, err);
}

int nl_open_generic_in(const struct scope *scope, const char *key, struct err *err)
{
	return open_in(scope, key, NETLINK_GENERIC, err);
}

int nl_open_netfilter_in(const struct scope *scope, const char *key, struct err *err)
{
	return open_in(scope, key, NETLINK_NETFILTER, err);
}

static int cached(struct scope *scope, const char *key, int protocol, const void *tag,
		  void (*close)(void *nl), struct nl **out, struct err *err)
{
	struct nl *nl = scope_handle(scope, tag, key);
	int fd, ret;

	if (nl) {
		*out = nl;
		return 0;
	}
	fd = open_in(scope, key, protocol, err);
	if (fd < 0)
		return fd;
	ret = nl_new(fd, &nl, err);
	if (ret == 0)
		ret = scope_set_handle(scope, tag, key, nl, close, err);
	if (ret == 0)
		*out = nl;
	return ret;
}

int nl_for(struct scope *scope, const char *key, struct nl **out, struct err *err)
{
	return cached(scope, key, NETLINK_ROUTE, &handle_tag, close_handle, out, err);
}

int nl_for_netfilter(struct scope *scope, const char *key, struct nl **out, struct err *err)
{
	return cached(scope, key, NETLINK_NETFILTER, &netfilter_tag, close_netfilter, out, err);
}

int nl_for_generic(struct scope *scope, const char *key, struct nl **out, struct err *err)
{
	return cached(scope, key, NETLINK_GENERIC, &generic_tag, close_handle, out, err);
}

uint64_t nl_netns_cookie(const struct nl *nl)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(nl->fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0 ? 0 : cookie;
}

bool nl_has_link(const struct nl *nl, uint32_t index)
{
	struct ifreq ifr = { .ifr_ifindex = (int)index };

	return ioctl(nl->fd, SIOCGIFNAME, &ifr) == 0 || errno != ENODEV;
}

/* --- Batches --- */

static void batch_fail(struct nl_batch *b, int code)
{
	if (b->code == 0)
		b->code = code;
	b->msg = (struct nl_msg){ 0 };
}

static void batch_finish(struct nl_batch *b)
{
	if (b->msg.overflow)
		batch_fail(b, -EMSGSIZE);
	if (b->msg.head)
		b->used += NLMSG_ALIGN(b->msg.head->nlmsg_len);
	b->msg = (struct nl_msg){ 0 };
}

void nl_batch_expect(struct nl_batch *b, size_t size)
{
	b->expected = size;
}

/* Room for another message of @room bytes. Pointers into the buffer do not outlive this. */
static bool batch_reserve(struct nl_batch *b, size_t room)
{
	void *more;

	if (b->size - b->used < room) {
		size_t size = b->size * 2 + room + 3 * NL_MSG_MAX;

		more = realloc(b->buf, size);
		if (!more)
			return false;
		b->buf = more;
		b->size = size;
	}
	if (b->count == b->capacity) {
		more = realloc(b->requests, (b->capacity * 2 + 8) * sizeof(*b->requests));
		if (!more)
			return false;
		b->requests = more;
		b->capacity = b->capacity * 2 + 8;
	}
	return true;
}

struct nl_msg *nl_batch_add(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag)
{
	size_t room = b->expected ? b->expected : NL_MSG_MAX;

	batch_finish(b);
	b->expected = 0;
	if (b->code == 0 && !batch_reserve(b, room))
		batch_fail(b, -ENOMEM);
	if (b->code < 0)
		return &b->msg;
	b->requests[b->count++] = (struct nl_request){
		.offset = b->used,
		.tag = tag,
		.ack.code = -ECANCELED,
	};
	b->msg.head = mnl_nlmsg_put_header(b->buf + b->used);
	b->msg.head->nlmsg_type = type;
	b->msg.head->nlmsg_flags = flags | NLM_F_REQUEST | NLM_F_ACK;
	b->msg.room = room;
	return &b->msg;
}

void nl_batch_release(struct nl_batch *b)
{
	free(b->buf);
	free(b->requests);
	*b = (struct nl_batch){ 0 };
}

int nl_batch_ready(struct nl_batch *b, struct err *err)
{
	batch_finish(b);
	if (b->code == -ENOMEM)
		return err_oom(err);
	if (b->code < 0)
		return err_sys(err, b->code, "netlink message");
	return 0;
}

struct nlmsghdr *nl_request_head(const struct nl_batch *b, size_t i)
{
	return (struct nlmsghdr *)(void *)(b->buf + b->requests[i].offset);
}

static size_t request_end(const struct nl_batch *b, size_t i)
{
	return i + 1 < b->count ? b->requests[i + 1].offset : b->used;
}

/* --- Sending and receiving --- */

static int send_bytes(struct nl *nl, const void *data, size_t len, struct err *err)
{
	ssize_t sent;

	do
		sent = send(nl->fd, data, len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return err_sys(err, -errno, "netlink: send");
	if ((size_t)sent != len)
		return err_set(err, -EIO, "netlink: sent %zd bytes of %zu", sent, len);
	return 0;
}

/* One datagram from the kernel into nl->buf. -ENOBUFS: some before it were lost. */
int nl_receive(struct nl *nl, size_t *len, struct err *err)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { nl->buf, sizeof(nl->buf) };
	struct msghdr msg = { .msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got;

	do {
		msg.msg_namelen = sizeof(from);
		got = recvmsg(nl->fd, &msg, 0);
		/* Only port 0 is the kernel; what somebody sent before the socket was connected may still be there. */
	} while ((got < 0 && errno == EINTR) || (got >= 0 && from.nl_pid != 0));
	if (got < 0 && errno == EAGAIN)
		return err_set(err, -ETIMEDOUT, "netlink: no answer from the kernel in %d seconds",
			       NL_TIMEOUT_SEC);
	if (got < 0)
		return err_sys(err, -errno, "netlink: receive");
	if (msg.msg_flags & MSG_TRUNC)
		return err_set(err, -EMSGSIZE, "netlink: an answer of more than %d bytes",
			       NL_BUFFER_SIZE);
	if (got == 0)
		return err_set(err, -EPIPE, "netlink: the other side has closed");
	*len = (size_t)got;
	return 0;
}

/* The answers to requests [first, first + count) of a batch, whose sequence numbers begin with seq. */
struct collector {
	struct nl_batch *batch;
	size_t first, count, missing;
	uint32_t seq;
	nl_reply_fn *reply;
	void *arg;
};

static struct nl_request *request_of(const struct collector *c, const struct nlmsghdr *msg)
{
	uint32_t i = msg->nlmsg_seq - c->seq;

	return i < c->count ? &c->batch->requests[c->first + i] : NULL;
}

static int collect(void *arg, const struct nlmsghdr *msg)
{
	struct collector *c = arg;
	struct nl_request *r = request_of(c, msg);

	/* Late answers to an earlier batch that was given up. */
	if (!r || r->answered)
		return 0;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		if (nl_parse_ack(msg, &r->ack) < 0)
			return -EBADMSG;
		r->answered = true;
		c->missing--;
	} else if (msg->nlmsg_type >= NLMSG_MIN_TYPE && c->reply) {
		c->reply(c->arg, r->tag, msg);
	}
	return 0;
}

static int collect_all(struct nl *nl, struct collector *c, struct err *err)
{
	size_t len;
	int ret;

	while (c->missing > 0) {
		ret = nl_receive(nl, &len, err);
		if (ret < 0)
			return ret;
		ret = nl_each(nl->buf, len, collect, c);
		if (ret < 0)
			return err_sys(err, ret, "netlink: answer");
	}
	return 0;
}

static int send_group(struct nl *nl, struct collector *c, struct err *err)
{
	const struct nl_batch *b = c->batch;
	size_t begin = b->requests[c->first].offset, end = request_end(b, c->first + c->count - 1);
	int ret;

	c->seq = nl->seq + 1;
	c->missing = c->count;
	nl->seq += (uint32_t)c->count;
	for (size_t i = 0; i < c->count; i++)
		nl_request_head(b, c->first + i)->nlmsg_seq = c->seq + (uint32_t)i;
	ret = send_bytes(nl, b->buf + begin, end - begin, err);
	return ret < 0 ? ret : collect_all(nl, c, err);
}

/* How many requests from @first on go together. */
static size_t group_size(const struct nl_batch *b, size_t first)
{
	size_t n = 1;

	while (n < NL_BATCH_MAX && first + n < b->count &&
	       request_end(b, first + n) - b->requests[first].offset <= NL_SEND_MAX)
		n++;
	return n;
}

int nl_batch_send(struct nl *nl, struct nl_batch *b, nl_reply_fn *reply, void *arg, struct err *err)
{
	struct collector c = { .batch = b, .reply = reply, .arg = arg };
	int ret = nl_batch_ready(b, err);

	for (; ret == 0 && c.first < b->count && !nl_batch_refused(b); c.first += c.count) {
		c.count = group_size(b, c.first);
		ret = send_group(nl, &c, err);
	}
	return ret;
}

const struct nl_request *nl_batch_refused(const struct nl_batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->requests[i].answered && b->requests[i].ack.code < 0)
			return &b->requests[i];
	return NULL;
}

int nl_batch_error(const struct nl_batch *b, struct err *err, const char *fmt, ...)
{
	const struct nl_request *r = nl_batch_refused(b);
	char text[256];
	va_list ap;

	if (!r)
		return 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return nl_ack_err(&r->ack, err, "%s", text);
}

/* --- Dumps --- */

/* The answer as it comes in, kept until it is known to be whole. */
struct dump {
	uint32_t seq;
	char *data;
	size_t len, size;
	bool done, interrupted;
	struct nl_ack ack; /* of the end: 0 or what went wrong */
};

static void dump_release(struct dump *d)
{
	free(d->data);
}

static int dump_keep(struct dump *d, const struct nlmsghdr *msg)
{
	size_t len = NLMSG_ALIGN(msg->nlmsg_len);
	void *more;

	if (d->size - d->len < len) {
		more = realloc(d->data, d->size * 2 + NL_BUFFER_SIZE);
		if (!more)
			return -ENOMEM;
		d->data = more;
		d->size = d->size * 2 + NL_BUFFER_SIZE;
	}
	memset(d->data + d->len, 0, len);
	memcpy(d->data + d->len, msg, msg->nlmsg_len);
	d->len += len;
	return 0;
}

static int dump_part(void *arg, const struct nlmsghdr *msg)
{
	struct dump *d = arg;
	const int *code;

	if (msg->nlmsg_seq != d->seq)
		return 0;
	d->interrupted |= msg->nlmsg_flags & NLM_F_DUMP_INTR;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		d->done = true;
		return nl_parse_ack(msg, &d->ack);
	}
	if (msg->nlmsg_type == NLMSG_DONE) {
		code = nl_header(msg, sizeof(*code));
		d->ack.code = code && *code < 0 && *code >= -4095 ? *code : 0;
		d->done = true;
		return 0;
	}
	return msg->nlmsg_type >= NLMSG_MIN_TYPE ? dump_keep(d, msg) : 0;
}

/* -EAGAIN: whole, but not consistent. */
static int dump_once(struct nl *nl, struct nl_batch *b, struct dump *d, struct err *err)
{
	struct nlmsghdr *head = nl_request_head(b, 0);
	size_t len;
	int ret;

	*d = (struct dump){ .seq = ++nl->seq, .data = d->data, .size = d->size };
	head->nlmsg_seq = d->seq;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ret = send_bytes(nl, head, head->nlmsg_len, err);
	while (ret == 0 && !d->done) {
		ret = nl_receive(nl, &len, err);
		if (ret < 0)
			return ret;
		ret = nl_each(nl->buf, len, dump_part, d);
		if (ret < 0)
			return err_sys(err, ret, "netlink: answer");
	}
	if (ret == 0 && d->ack.code < 0)
		return nl_ack_err(&d->ack, err, "netlink: dump");
	if (ret == 0 && d->interrupted)
		return err_set(err, -EAGAIN, "netlink: a dump was overtaken by changes %d times",
			       NL_DUMP_TRIES);
	return ret;
}

struct reply_to {
	nl_reply_fn *reply;
	void *arg;
	size_t tag;
};

static int reply_each(void *arg, const struct nlmsghdr *msg)
{
	const struct reply_to *to = arg;

	to->reply(to->arg, to->tag, msg);
	return 0;
}

int nl_dump(struct nl *nl, struct nl_batch *b, nl_reply_fn *reply, void *arg, struct err *err)
{
	_cleanup_(dump_release) struct dump d = { 0 };
	int ret = nl_batch_ready(b, err);

	if (ret < 0)
		return ret;
	ret = -EAGAIN;
	for (int i = 0; i < NL_DUMP_TRIES && (ret == -EAGAIN || ret == -ENOBUFS); i++)
		ret = dump_once(nl, b, &d, err);
	if (ret < 0)
		return ret;
	nl_each(d.data, d.len, reply_each, &(struct reply_to){ reply, arg, b->requests[0].tag });
	return 0;
}

static void keep_nsid(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct nlattr *attrs[NETNSA_MAX + 1] = { 0 };

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWNSID)
		return;
	nl_attrs(msg, sizeof(struct rtgenmsg), attrs, NETNSA_MAX);
	nl_get_bytes(attrs[NETNSA_NSID], arg, sizeof(int32_t));
}

int nl_find_nsid(struct nl *nl, int fd, int32_t *nsid, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = nl_batch_add(&b, RTM_GETNSID, 0, 0);

	*nsid = -1;
	nl_put_header(m, sizeof(struct rtgenmsg));
	nl_put_u32(m, NETNSA_FD, (uint32_t)fd);
	return nl_batch_send(nl, &b, keep_nsid, nsid, err);
}
