// SPDX-License-Identifier: Apache-2.0
/* The process that waits in our stead, with us in the place of the kernel. */
#include "lib/cleanup.h"
#include "net/stay_behind.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void make_pipe(int ends[2])
{
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}

/* Has everybody closed the other end? @wait: until they have. */
static bool is_closed(int fd, bool wait)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, wait ? -1 : 0) == 1 && p.revents & POLLHUP;
}

static void answer(int sock, uint32_t seq, int code)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} ack = {
		.head = { .nlmsg_len = sizeof(ack), .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = seq },
		.error.error = code,
	};

	assert_int_equal(send(sock, &ack, sizeof(ack), 0), sizeof(ack));
}

/* It sends what it was given, and has what it keeps until there is an answer, and nothing else of ours. */
static void request(void **state)
{
	int socks[2], report[2], kept[2], other[2], code = 1;
	struct stay_behind b = {
		.request.head = {
			.nlmsg_len = sizeof(b.request),
			.nlmsg_type = RTM_DELLINK,
			.nlmsg_seq = 7,
		},
		.request.link.ifi_index = 42,
	}, got = { .sock = -1 };

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks), 0);
	make_pipe(other);
	make_pipe(report);
	make_pipe(kept);
	b.sock = socks[1];
	b.report = report[1];
	b.kept = kept[1];
	assert_int_equal(stay_behind_start(&b), 0);
	close(socks[1]);
	close(report[1]);
	close(kept[1]);
	close(other[1]);
	assert_int_equal(recv(socks[0], &got.request, sizeof(got.request), 0), sizeof(got.request));
	assert_memory_equal(&got.request, &b.request, sizeof(b.request));
	assert_true(is_closed(other[0], true));
	assert_false(is_closed(kept[0], false));
	answer(socks[0], 7, -EBUSY);
	assert_int_equal(read(report[0], &code, sizeof(code)), sizeof(code));
	assert_int_equal(code, -EBUSY);
	assert_true(is_closed(kept[0], true));
	close(socks[0]);
	close(report[0]);
	close(kept[0]);
	close(other[0]);
}

/* Without a request it keeps that for a while. */
static void nothing_to_ask(void **state)
{
	struct stay_behind b = { .sock = -1, .report = -1 };
	int kept[2];

	(void)state;
	make_pipe(kept);
	b.kept = kept[1];
	assert_int_equal(stay_behind_start(&b), 0);
	close(kept[1]);
	assert_true(is_closed(kept[0], true));
	close(kept[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request),
		cmocka_unit_test(nothing_to_ask),
	};

	return cmocka_run_group_tests_name("stay_behind", tests, NULL, NULL);
}
