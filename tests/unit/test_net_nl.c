// SPDX-License-Identifier: Apache-2.0
/*
 * The netlink layer in front of a kernel of our own: one end of a socket pair. Its answers are queued
 * before the question is asked, which works because sequence numbers begin with 1.
 */
#include "net/nl.h"

#include "lib/cleanup.h"
#include "net/address.h"
#include "net/link.h"
#include "net/route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

struct fake {
	int kernel; /* our end */
	struct nl *nl;
	char sent[65536]; /* the last datagram that arrived */
	ssize_t sent_len;
};

static int open_fake(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));
	int ends[2];

	if (!f || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	f->kernel = ends[0];
	*state = f;
	return nl_new(ends[1], &f->nl, NULL);
}

static int close_fake(void **state)
{
	struct fake *f = *state;

	nl_free(f->nl);
	close_fd(f->kernel);
	free(f);
	return 0;
}

/* A message of the fake kernel's. */
struct answer {
	union {
		struct nlmsghdr head;
		char bytes[1024];
	};
};

static void begin(struct answer *a, uint16_t type, uint16_t flags, uint32_t seq, const void *body,
		  size_t len)
{
	*a = (struct answer){
		.head = { .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq }
	};
	if (len)
		memcpy(a->bytes + NLMSG_HDRLEN, body, len);
	a->head.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(len));
}

static void append(struct answer *a, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (void *)(a->bytes + a->head.nlmsg_len);

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy(attr + 1, data, len);
	a->head.nlmsg_len += (uint32_t)NLA_ALIGN(attr->nla_len);
}

static void queue(struct fake *f, const struct answer *a)
{
	assert_int_equal(send(f->kernel, a->bytes, a->head.nlmsg_len, 0), a->head.nlmsg_len);
}

static void queue_ack(struct fake *f, uint32_t seq, int code, const char *text)
{
	struct nlmsgerr e = { .error = code, .msg.nlmsg_len = 100, .msg.nlmsg_seq = seq };
	uint32_t offset = 36;
	struct answer a;

	begin(&a, NLMSG_ERROR, NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0), seq, &e, sizeof(e));
	if (text) {
		append(&a, NLMSGERR_ATTR_MSG, text, strlen(text) + 1);
		append(&a, NLMSGERR_ATTR_OFFS, &offset, sizeof(offset));
	}
	queue(f, &a);
}

static size_t count_messages(struct fake *f)
{
	const struct nlmsghdr *msg = (void *)f->sent;
	size_t left, n = 0;

	f->sent_len = recv(f->kernel, f->sent, sizeof(f->sent), MSG_DONTWAIT);
	if (f->sent_len < 0)
		return 0;
	for (left = (size_t)f->sent_len; left >= sizeof(*msg); n++) {
		left -= NLMSG_ALIGN(msg->nlmsg_len);
		msg = (const void *)((const char *)msg + NLMSG_ALIGN(msg->nlmsg_len));
	}
	assert_int_equal(left, 0);
	return n;
}

static void add_messages(struct nl_batch *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		link_put_name(b, RTM_SETLINK, 0, 100 + i, "eth0", true);
}

/* Acks come back to the message they are about, with the kernel's words. */
static void acks(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct fake *f = *state;
	struct err err = { 0 };

	add_messages(&b, 3);
	queue_ack(f, 77, -EIO, NULL); /* of a batch long ago */
	queue_ack(f, 1, 0, NULL);
	queue_ack(f, 2, -ENETUNREACH, "Nexthop has invalid gateway");
	queue_ack(f, 3, -EEXIST, NULL);
	assert_int_equal(nl_batch_send(f->nl, &b, NULL, NULL, &err), 0);
	assert_int_equal(count_messages(f), 3);
	assert_int_equal(b.requests[0].ack.code, 0);
	assert_int_equal(b.requests[2].ack.code, -EEXIST);
	assert_ptr_equal(nl_batch_refused(&b), &b.requests[1]);
	assert_int_equal(nl_batch_refused(&b)->tag, 101);
	assert_int_equal(nl_batch_refused(&b)->ack.offset, 36);
	assert_int_equal(nl_batch_error(&b, &err, "gateway %s", "10.9.0.1"), -ENETUNREACH);
	assert_string_equal(
		err.text,
		"gateway 10.9.0.1: Network is unreachable (kernel: Nexthop has invalid gateway)");
}

/* 64 at a time; nothing more is sent behind a group with a failure. */
static void groups(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct fake *f = *state;
	struct err err = { 0 };

	add_messages(&b, 150);
	for (uint32_t i = 1; i <= 128; i++)
		queue_ack(f, i, i == 100 ? -EPERM : 0, NULL);
	assert_int_equal(nl_batch_send(f->nl, &b, NULL, NULL, &err), 0);
	assert_int_equal(count_messages(f), 64);
	assert_int_equal(count_messages(f), 64);
	assert_int_equal(count_messages(f), 0);
	assert_int_equal(nl_batch_refused(&b)->tag, 199);
	assert_true(b.requests[127].answered);
	assert_int_equal(b.requests[128].ack.code, -ECANCELED);
	assert_false(b.requests[128].answered);
}

static void count_replies(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	size_t *counts = arg;
	struct link link;

	if (link_parse(msg, &link) == 0 && tag < 4)
		counts[tag]++;
}

static void queue_link(struct fake *f, uint32_t seq, uint16_t flags, const char *name, int index)
{
	struct ifinfomsg head = { .ifi_index = index };
	struct answer a;

	begin(&a, RTM_NEWLINK, flags, seq, &head, sizeof(head));
	append(&a, IFLA_IFNAME, name, strlen(name) + 1);
	queue(f, &a);
}

static void replies(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	size_t counts[4] = { 0 };
	struct fake *f = *state;

	link_put_get(&b, "a", 1);
	link_put_get(&b, "b", 2);
	queue_link(f, 1, 0, "a", 5);
	queue_ack(f, 1, 0, NULL);
	queue_ack(f, 2, -ENODEV, NULL);
	assert_int_equal(nl_batch_send(f->nl, &b, count_replies, counts, NULL), 0);
	assert_int_equal(counts[1], 1);
	assert_int_equal(counts[2], 0);
	assert_int_equal(nl_batch_refused(&b)->tag, 2);
}

static void queue_done(struct fake *f, uint32_t seq, int code)
{
	struct answer a;

	begin(&a, NLMSG_DONE, NLM_F_MULTI, seq, &code, sizeof(code));
	queue(f, &a);
}

/* A dump that was overtaken by a change is asked for again, and its first attempt is not seen. */
static void dump_again(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	size_t counts[4] = { 0 };
	struct fake *f = *state;

	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 3), sizeof(struct ifinfomsg));
	queue_link(f, 1, NLM_F_MULTI, "a", 5);
	queue_link(f, 1, NLM_F_MULTI | NLM_F_DUMP_INTR, "b", 6);
	queue_done(f, 1, 0);
	queue_link(f, 2, NLM_F_MULTI, "a", 5);
	queue_done(f, 2, 0);
	assert_int_equal(nl_dump(f->nl, &b, count_replies, counts, NULL), 0);
	assert_int_equal(counts[3], 1);
	assert_int_equal(count_messages(f), 1);
	assert_int_equal(((struct nlmsghdr *)f->sent)->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(count_messages(f), 1);
}

static void dump_fails(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	size_t counts[4] = { 0 };
	struct fake *f = *state;
	struct err err = { 0 };

	nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 3), sizeof(struct ifinfomsg));
	queue_link(f, 1, NLM_F_MULTI, "a", 5);
	queue_done(f, 1, -EINVAL);
	assert_int_equal(nl_dump(f->nl, &b, count_replies, counts, &err), -EINVAL);
	assert_string_equal(err.text, "netlink: dump: Invalid argument");
	assert_int_equal(counts[3], 0);
}

static void nonsense(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct fake *f = *state;
	struct err err = { 0 };

	add_messages(&b, 1);
	assert_int_equal(send(f->kernel, "nonsense", 8, 0), 8);
	assert_int_equal(nl_batch_send(f->nl, &b, NULL, NULL, &err), -EBADMSG);
	assert_string_equal(err.text, "netlink: answer: Bad message");
}

static void closed(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct fake *f = *state;
	struct err err = { 0 };

	add_messages(&b, 1);
	shutdown(f->kernel, SHUT_WR);
	assert_int_equal(nl_batch_send(f->nl, &b, NULL, NULL, &err), -EPIPE);
}

/* What was built reads back, nests and padding included. */
static void building(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct nl_msg *m = nl_batch_add(&b, RTM_NEWLINK, NLM_F_CREATE, 0);
	const struct nlattr *attrs[IFLA_MAX + 1] = { 0 }, *info[IFLA_INFO_MAX + 1] = { 0 };
	struct ifinfomsg *head = nl_put_header(m, sizeof(*head));
	char name[IFNAMSIZ], kind[16], small[3];
	const struct nlmsghdr *msg;
	uint32_t mtu;

	(void)state;
	head->ifi_index = 9;
	nl_put_str(m, IFLA_IFNAME, "eth0");
	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_KIND, "veth");
		nl_nest (m, IFLA_INFO_DATA)
			nl_put_u8(m, 1, 7);
	}
	nl_put_u32(m, IFLA_MTU, 1400);
	msg = m->head;
	assert_int_equal(msg->nlmsg_flags, NLM_F_CREATE | NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(((const struct ifinfomsg *)nl_header(msg, sizeof(*head)))->ifi_index, 9);
	nl_attrs(msg, sizeof(*head), attrs, IFLA_MAX);
	assert_true(nl_get_str(attrs[IFLA_IFNAME], name, sizeof(name)));
	assert_string_equal(name, "eth0");
	assert_false(nl_get_str(attrs[IFLA_IFNAME], small, sizeof(small)));
	assert_true(nl_get_u32(attrs[IFLA_MTU], &mtu));
	assert_int_equal(mtu, 1400);
	nl_attrs_nested(attrs[IFLA_LINKINFO], info, IFLA_INFO_MAX);
	assert_true(nl_get_str(info[IFLA_INFO_KIND], kind, sizeof(kind)));
	assert_string_equal(kind, "veth");
	assert_non_null(info[IFLA_INFO_DATA]);
}

/* Too much sticks to the batch, and nothing is sent. */
static void overflow(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct fake *f = *state;
	struct err err = { 0 };
	struct nl_msg *m = nl_batch_add(&b, RTM_NEWLINK, 0, 0);
	char big[NL_MSG_MAX] = "";

	nl_put(m, IFLA_IFNAME, big, sizeof(big));
	nl_nest (m, IFLA_LINKINFO)
		nl_put_header(m, NL_MSG_MAX);
	add_messages(&b, 1);
	assert_int_equal(nl_batch_send(f->nl, &b, NULL, NULL, &err), -EMSGSIZE);
	assert_string_equal(err.text, "netlink message: Message too long");
	assert_int_equal(count_messages(f), 0);
}

/* Messages that are cut short, or say more than they hold, are refused and leave the output alone. */
static void cut_short(void **state)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET6, .ifa_prefixlen = 129 };
	struct rtmsg route = { .rtm_family = AF_INET, .rtm_dst_len = 24 };
	struct address address = { .index = 42 };
	struct nlmsgerr e = { .error = 5 };
	struct link link = { .index = 42 };
	struct route found = { .index = 42 };
	struct nl_ack ack = { .code = 42 };
	struct answer a;

	(void)state;
	begin(&a, RTM_NEWLINK, 0, 0, "", 1);
	assert_int_equal(link_parse(&a.head, &link), -EBADMSG);
	begin(&a, RTM_NEWADDR, 0, 0, &head, sizeof(head));
	assert_int_equal(address_parse(&a.head, &address), -EBADMSG);
	head.ifa_prefixlen = 64;
	begin(&a, RTM_NEWADDR, 0, 0, &head, sizeof(head));
	append(&a, IFA_ADDRESS, "four", 4);
	assert_int_equal(address_parse(&a.head, &address), -EBADMSG);
	begin(&a, RTM_NEWROUTE, 0, 0, &route, sizeof(route));
	assert_int_equal(route_parse(&a.head, &found), -EBADMSG);
	begin(&a, NLMSG_ERROR, 0, 0, &e, sizeof(e));
	assert_int_equal(nl_parse_ack(&a.head, &ack), -EBADMSG);
	begin(&a, NLMSG_ERROR, 0, 0, &e, 4);
	assert_int_equal(nl_parse_ack(&a.head, &ack), -EBADMSG);
	assert_int_equal(link.index + address.index + found.index + (uint32_t)ack.code, 4 * 42);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, open_fake, close_fake)
	const struct CMUnitTest tests[] = {
		TEST(acks),     TEST(groups), TEST(replies),  TEST(dump_again), TEST(dump_fails),
		TEST(nonsense), TEST(closed), TEST(building), TEST(overflow),   TEST(cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
