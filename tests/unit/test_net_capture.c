// SPDX-License-Identifier: Apache-2.0
/* Blocks of pcapng byte by byte, as the draft has them, and packets of a veth pair in a network namespace of our own. */
#include "net/capture.h"

#include "lib/cleanup.h"
#include "net/netns.h"
#include "net/pcapng.h"
#include "net/watch.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>

/* --- Blocks --- */

/* In this machine's byte order, as the format wants it: numbers are written as such, bytes as bytes. */
struct expected {
	unsigned char data[512];
	size_t len;
};

static void u16(struct expected *e, uint16_t value)
{
	memcpy(e->data + e->len, &value, sizeof(value));
	e->len += sizeof(value);
}

static void u32(struct expected *e, uint32_t value)
{
	memcpy(e->data + e->len, &value, sizeof(value));
	e->len += sizeof(value);
}

static void u64(struct expected *e, uint64_t value)
{
	memcpy(e->data + e->len, &value, sizeof(value));
	e->len += sizeof(value);
}

static void bytes(struct expected *e, const char *data, size_t len)
{
	memcpy(e->data + e->len, data, len);
	e->len += len;
}

#define BYTES(e, text) bytes(e, text, sizeof(text) - 1)

static void assert_blocks(const struct pcapng *p, const struct expected *e)
{
	assert_false(p->full);
	assert_int_equal(p->used, e->len);
	assert_memory_equal(p->data, e->data, e->len);
}

static void test_section(void **state)
{
	_cleanup_(pcapng_release) struct pcapng p = { 0 };
	struct expected e = { .len = 0 };

	(void)state;
	pcapng_put_section(&p, "Linux 6.18", "ctrnet");
	u32(&e, 0x0A0D0D0A);
	u32(&e, 28 + 16 + 12 + 4);
	u32(&e, 0x1A2B3C4D);
	u16(&e, 1);
	u16(&e, 0);
	u64(&e, UINT64_MAX);
	u16(&e, 3);
	u16(&e, 10);
	BYTES(&e, "Linux 6.18\0\0");
	u16(&e, 4);
	u16(&e, 6);
	BYTES(&e, "ctrnet\0\0");
	u32(&e, 0);
	u32(&e, 28 + 16 + 12 + 4);
	assert_blocks(&p, &e);
}

static void test_interface(void **state)
{
	_cleanup_(pcapng_release) struct pcapng p = { 0 };
	struct expected e = { .len = 0 };

	(void)state;
	pcapng_put_interface(&p, &(struct pcapng_interface){
					 .linktype = LINKTYPE_ETHERNET,
					 .snaplen = 96,
					 .name = "eth0",
					 .description = "web eth0",
					 .mac.bytes = { 2, 0, 0, 0, 0, 7 },
				 });
	u32(&e, 1);
	u32(&e, 16 + 8 + 12 + 12 + 8 + 4 + 4);
	u16(&e, 1);
	u16(&e, 0);
	u32(&e, 96);
	u16(&e, 2);
	u16(&e, 4);
	BYTES(&e, "eth0");
	u16(&e, 3);
	u16(&e, 8);
	BYTES(&e, "web eth0");
	u16(&e, 6);
	u16(&e, 6);
	BYTES(&e, "\2\0\0\0\0\7\0\0");
	u16(&e, 9);
	u16(&e, 1);
	BYTES(&e, "\11\0\0\0");
	u32(&e, 0);
	u32(&e, 16 + 8 + 12 + 12 + 8 + 4 + 4);
	assert_blocks(&p, &e);
	/* What an interface has not got is left out. */
	p.used = 0;
	pcapng_put_interface(&p, &(struct pcapng_interface){ .linktype = LINKTYPE_RAW });
	e.len = 0;
	u32(&e, 1);
	u32(&e, 32);
	u16(&e, 101);
	u16(&e, 0);
	u32(&e, 0);
	u16(&e, 9);
	u16(&e, 1);
	BYTES(&e, "\11\0\0\0");
	u32(&e, 0);
	u32(&e, 32);
	assert_blocks(&p, &e);
}

static void test_packet(void **state)
{
	static const char data[] = "0123456789";

	(void)state;
	/* All that padding can be. */
	for (uint32_t n = 0; n <= 8; n++) {
		_cleanup_(pcapng_release) struct pcapng p = { 0 };
		uint32_t padded = (n + 3) / 4 * 4, whole = 32 + padded + 12;
		struct expected e = { .len = 0 };

		pcapng_put_packet(&p, &(struct pcapng_packet){
					      .interface = 3,
					      .time = 0x0123456789abcdef,
					      .data = data,
					      .captured = n,
					      .length = 1514,
					      .flags = PCAPNG_INBOUND | PCAPNG_BROADCAST,
				      });
		u32(&e, 6);
		u32(&e, whole);
		u32(&e, 3);
		u32(&e, 0x01234567);
		u32(&e, 0x89abcdef);
		u32(&e, n);
		u32(&e, 1514);
		bytes(&e, data, n);
		bytes(&e, "\0\0\0", padded - n);
		u16(&e, 2);
		u16(&e, 4);
		u32(&e, 0xd);
		u32(&e, 0);
		u32(&e, whole);
		assert_blocks(&p, &e);
	}
}

static void test_statistics(void **state)
{
	_cleanup_(pcapng_release) struct pcapng p = { 0 };
	struct expected e = { .len = 0 };
	const uint64_t counts[][2] = { { 4, 100 }, { 5, 7 }, { 7, 7 }, { 8, 93 } };

	(void)state;
	pcapng_put_statistics(&p, &(struct pcapng_statistics){
					  .interface = 1,
					  .start = 0x100000002,
					  .end = 0x300000004,
					  .received = 100,
					  .dropped = 7,
					  .delivered = 93,
				  });
	u32(&e, 5);
	u32(&e, 20 + 6 * 12 + 4 + 4);
	u32(&e, 1);
	u32(&e, 3);
	u32(&e, 4);
	u16(&e, 2);
	u16(&e, 8);
	u32(&e, 1);
	u32(&e, 2);
	u16(&e, 3);
	u16(&e, 8);
	u32(&e, 3);
	u32(&e, 4);
	for (size_t i = 0; i < array_size(counts); i++) {
		u16(&e, (uint16_t)counts[i][0]);
		u16(&e, 8);
		u64(&e, counts[i][1]);
	}
	u32(&e, 0);
	u32(&e, 20 + 6 * 12 + 4 + 4);
	assert_blocks(&p, &e);
}

/* --- Packets --- */

static int home = -1, inside = -1;

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static int setup(void **state)
{
	(void)state;
	home = netns_open_own(NULL);
	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	inside = netns_open_own(NULL);
	run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1");
	run("ip link add c0 address 02:00:00:00:00:07 type veth peer name c1");
	run("ip link add d0 type veth peer name d1");
	run("for i in c0 c1 d0 d1; do ip link set $i up || exit; done");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	inside = close_fd(inside);
	return netns_leave(home, NULL);
}

static struct net_capture *capture(char *const *names, const struct net_capture_options *given)
{
	struct net_capture_options o = *given;
	struct net_capture *c = NULL;
	struct err err;
	int hears, carrier;

	o.container = "web";
	o.application = "test";
	if (!o.packets.snaplen)
		o.packets.snaplen = 1000;
	hears = net_watch_socket(-1, &err);
	carrier = packet_sockets_open(inside, names, &o.packets, &err);
	if (carrier < 0 || net_capture_new(carrier, hears, &o, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void send_frame(const char *name, const void *data, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b5) };
	_cleanup_fd_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	to.sll_ifindex = (int)if_nametoindex(name);
	assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

/* Frames with a number behind the header. */
static void send_number(const char *name, uint16_t number)
{
	unsigned char frame[60] = { 2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 8, 0x88, 0xb5 };

	memcpy(frame + ETH_HLEN, &number, sizeof(number));
	send_frame(name, frame, sizeof(frame));
}

struct sink {
	unsigned char *data;
	size_t len;
	int code; /* returned */
};

static int take(void *arg, const void *data, size_t len)
{
	struct sink *s = arg;

	if (s->code)
		return s->code;
	s->data = realloc(s->data, s->len + len);
	assert_non_null(s->data);
	memcpy(s->data + s->len, data, len);
	s->len += len;
	return 0;
}

static void sink_release(struct sink *s)
{
	free(s->data);
}

static uint32_t word(const struct sink *s, size_t at)
{
	uint32_t value;

	assert_true(at + sizeof(value) <= s->len);
	memcpy(&value, s->data + at, sizeof(value));
	return value;
}

/* The packet block behind @at, or the first one; 0 behind the last. */
static size_t next_packet(const struct sink *s, size_t at)
{
	do
		at += at ? word(s, at + 4) : word(s, 4);
	while (at < s->len && word(s, at) != 6);
	return at < s->len ? at : 0;
}

static uint64_t time_of(const struct sink *s, size_t packet)
{
	return (uint64_t)word(s, packet + 12) << 32 | word(s, packet + 16);
}

/* Read until @n packets are there. */
static void read_packets(struct net_capture *c, struct sink *s, size_t n)
{
	struct pollfd p = { .fd = net_capture_fd(c), .events = POLLIN };
	bool ended = false;
	struct err err;

	for (;;) {
		size_t got = 0;

		if (net_capture_read(c, take, s, &ended, &err) < 0)
			fail_msg("%s", err.text);
		for (size_t at = next_packet(s, 0); at; at = next_packet(s, at))
			got++;
		if (ended || got >= n)
			return;
		assert_true(poll(&p, 1, 10000) > 0);
	}
}

static void test_order(void **state)
{
	char *names[] = { (char *)"c1", (char *)"d1", NULL };
	_cleanup_(sink_release) struct sink s = { 0 };
	struct net_capture *c = capture(names, &(struct net_capture_options){ 0 });
	uint64_t last = 0;
	uint16_t number = 0;
	struct err err;

	(void)state;
	for (uint16_t i = 0; i < 1000; i++)
		send_number(i % 3 ? "c0" : "d0", i);
	read_packets(c, &s, 1000);
	assert_int_equal(net_capture_end(c, take, &s, &err), 0);
	for (size_t at = next_packet(&s, 0); at; at = next_packet(&s, at)) {
		assert_true(time_of(&s, at) >= last);
		last = time_of(&s, at);
		assert_int_equal(word(&s, at + 8), number % 3 ? 0 : 1);
		assert_memory_equal(s.data + at + 28 + ETH_HLEN, &number, sizeof(number));
		number++;
	}
	assert_int_equal(number, 1000);
	net_capture_free(c);
}

static void test_count_and_length(void **state)
{
	char *names[] = { (char *)"c1", NULL };
	_cleanup_(sink_release) struct sink s = { 0 };
	struct net_capture *c =
		capture(names, &(struct net_capture_options){ .count = 3, .packets.snaplen = 20 });
	const struct net_capture_interface *i;
	size_t count, n = 0;
	struct err err;

	(void)state;
	for (uint16_t k = 0; k < 5; k++)
		send_number("c0", k);
	read_packets(c, &s, 5);
	assert_int_equal(net_capture_end(c, take, &s, &err), 0);
	for (size_t at = next_packet(&s, 0); at; at = next_packet(&s, at), n++) {
		assert_int_equal(word(&s, at + 20), 20);
		assert_int_equal(word(&s, at + 24), 60);
	}
	assert_int_equal(n, 3);
	i = net_capture_interfaces(c, &count);
	assert_int_equal(count, 1);
	assert_int_equal(i->captured, 3);
	assert_int_equal(i->dropped, 0);
	net_capture_free(c);
}

/* More than the queue holds, and nobody reads: what is lost is counted. */
static void test_dropped(void **state)
{
	char *names[] = { (char *)"c1", NULL };
	_cleanup_(sink_release) struct sink s = { 0 };
	struct net_capture *c = capture(names, &(struct net_capture_options){ 0 });
	const struct net_capture_interface *i;
	static char frame[1400] = { 2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 8, (char)0x88, (char)0xb5 };
	size_t count;
	struct err err;

	(void)state;
	for (int k = 0; k < 4000; k++)
		send_frame("c0", frame, sizeof(frame));
	assert_int_equal(net_capture_end(c, take, &s, &err), 0);
	i = net_capture_interfaces(c, &count);
	assert_true(i->dropped > 0);
	assert_int_equal(i->captured + i->dropped, 4000);
	net_capture_free(c);
}

/* What came before it went down is there, also when the capture ends just then. */
static void test_down(void **state)
{
	char *names[] = { (char *)"c1", NULL };
	_cleanup_(sink_release) struct sink s = { 0 };
	struct net_capture *c = capture(names, &(struct net_capture_options){ 0 });
	const struct net_capture_interface *i;
	size_t count;
	struct err err;

	(void)state;
	for (uint16_t k = 0; k < 5; k++)
		send_number("c0", k);
	run("ip link set c1 down");
	assert_int_equal(net_capture_end(c, take, &s, &err), 0);
	i = net_capture_interfaces(c, &count);
	assert_int_equal(i->captured, 5);
	net_capture_free(c);
	run("ip link set c1 up");
}

static void test_write_fails(void **state)
{
	char *names[] = { (char *)"c1", NULL };
	_cleanup_(sink_release) struct sink s = { .code = -ENOSPC };
	struct net_capture *c = capture(names, &(struct net_capture_options){ 0 });
	struct err err = { 0 };
	bool ended;

	(void)state;
	assert_int_equal(net_capture_read(c, take, &s, &ended, &err), -ENOSPC);
	assert_int_equal(err.code, 0);
	net_capture_free(c);
}

static void test_no_interface(void **state)
{
	char *names[] = { (char *)"c1", (char *)"nope", NULL };
	struct packet_socket_options o = { .snaplen = 100 };
	struct err err;

	(void)state;
	assert_int_equal(packet_sockets_open(inside, names, &o, &err), -ENODEV);
	assert_string_equal(err.text, "there is no interface 'nope'; there are lo, c1, c0, d1, d0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),     cmocka_unit_test(test_interface),
		cmocka_unit_test(test_packet),      cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_order),       cmocka_unit_test(test_count_and_length),
		cmocka_unit_test(test_dropped),     cmocka_unit_test(test_down),
		cmocka_unit_test(test_write_fails), cmocka_unit_test(test_no_interface),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
