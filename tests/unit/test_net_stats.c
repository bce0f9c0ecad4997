// SPDX-License-Identifier: Apache-2.0
/* Counters of a veth pair between two network namespaces of our own, compared with ip(8)'s and with what was sent. */
#include "net/stats.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int home = -1, inside = -1;

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* We stay in "the host's", with h0; the other one has c0. */
static int setup(void **state)
{
	int host;

	(void)state;
	home = netns_open_own(NULL);
	if (home < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	host = netns_open_own(NULL);
	if (host < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	inside = netns_open_own(NULL);
	return netns_leave(host, NULL);
}

static int teardown(void **state)
{
	(void)state;
	inside = close_fd(inside);
	return netns_leave(home, NULL);
}

static void in_container(const char *command)
{
	struct err err;
	int back = netns_enter(inside, &err);

	assert_true(back >= 0);
	run(command);
	assert_int_equal(netns_leave(back, &err), 0);
}

static const struct net_interface *find(const struct net_stats *stats, const char *name)
{
	for (size_t i = 0; i < stats->count; i++)
		if (!strcmp(stats->interfaces[i].name, name))
			return &stats->interfaces[i];
	fail_msg("no interface %s", name);
	return NULL;
}

/* What ip(8) says of @path, by jq(1). */
static uint64_t ip_says(const char *name, const char *path)
{
	char command[200], line[64] = "";
	FILE *out;

	snprintf(command, sizeof(command), "ip -j -s link show %s | jq '.[0].stats64.%s'", name,
		 path);
	out = popen(command, "re");
	assert_non_null(out);
	assert_non_null(fgets(line, sizeof(line), out));
	pclose(out);
	return strtoull(line, NULL, 10);
}

/* One datagram of @size bytes to the container's end; nobody there answers. */
static void send_datagram(size_t size)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[1200] = "";

	inet_pton(AF_INET, "10.99.0.2", &to.sin_addr);
	assert_int_equal(sendto(fd, data, size, 0, (struct sockaddr *)&to, sizeof(to)), size);
}

static int read_in(int netns, struct net_stats *stats, struct err *err)
{
	int sock = net_stats_open(netns, err);

	return sock < 0 ? sock : net_stats_read(sock, stats, err);
}

static void test_counters(void **state)
{
	_cleanup_(net_stats_release) struct net_stats before = { 0 }, after = { 0 }, own = { 0 };
	const struct timespec pause = { .tv_nsec = 20000000 };
	const struct net_interface *i;
	struct err err;

	(void)state;
	run("ip link add h0 address 02:00:00:00:00:08 type veth peer name c0");
	run("ip link set c0 address 02:00:00:00:00:07 mtu 1400 && sysctl -qw "
	    "net.ipv6.conf.all.disable_ipv6=1");
	assert_int_equal(read_in(inside, &before, &err), 0);
	assert_int_equal(before.count, 1);
	assert_string_equal(before.interfaces[0].name, "lo");
	assert_true(before.interfaces[0].loopback);
	assert_false(before.interfaces[0].up);
	net_stats_release(&before);

	{
		_cleanup_free_ char *move =
			str_format("ip link set c0 netns /proc/%d/fd/%d", (int)getpid(), inside);

		run(move);
	}
	/* The neighbours are given, so that no ARP is counted. */
	in_container("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && ip addr add 10.99.0.2/24 dev "
		     "c0 && ip link set c0 up && ip neigh add 10.99.0.1 lladdr 02:00:00:00:00:08 "
		     "dev c0");
	run("ip addr add 10.99.0.1/24 dev h0 && ip link set h0 up && ip neigh add 10.99.0.2 lladdr "
	    "02:00:00:00:00:07 dev h0");
	assert_int_equal(read_in(inside, &before, &err), 0);
	for (int n = 0; n < 5; n++)
		send_datagram(1000);
	nanosleep(&pause, NULL);
	assert_int_equal(read_in(inside, &after, &err), 0);
	assert_int_equal(after.count, 2);
	i = find(&after, "c0");
	assert_string_equal(i->kind, "veth");
	assert_int_equal(i->mtu, 1400);
	assert_int_equal(i->mac.bytes[5], 7);
	assert_true(i->up);
	assert_int_equal(i->state, IF_OPER_UP);
	/* 1000 bytes, and the heads of UDP, IP and Ethernet. */
	assert_int_equal(i->rx.bytes - find(&before, "c0")->rx.bytes, 5 * (1000 + 8 + 20 + 14));
	assert_int_equal(i->rx.packets - find(&before, "c0")->rx.packets, 5);
	assert_true(i->tx.bytes - find(&before, "c0")->tx.bytes < 5 * 1000);

	/* And here it is what the other end has sent. */
	assert_int_equal(read_in(-1, &own, &err), 0);
	assert_true(find(&own, "h0")->tx.bytes >= 5 * 1042);
	assert_true(find(&own, "h0")->tx.bytes == ip_says("h0", "tx.bytes"));
	assert_true(find(&own, "h0")->rx.packets == ip_says("h0", "rx.packets"));
}

static void test_errors(void **state)
{
	_cleanup_(net_stats_release) struct net_stats stats = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(read_in(100000, &stats, &err), -EBADF);
	assert_string_equal(err.text, "network namespace: Bad file descriptor");
	assert_int_equal(stats.count, 0);
}

static void test_json(void **state)
{
	struct net_interface i = {
		.index = 2,
		.name = "eth0",
		.kind = "veth",
		.up = true,
		.state = IF_OPER_UP,
		.mtu = 1500,
		.mac = { { 2, 0, 0, 0, 0, 1 } },
		.rx = { 1, 2, 3, 4 },
		.tx = { 5, 6, 7, 8 },
	};
	const struct net_stats stats = { &i, 1 };
	_cleanup_free_ char *text = NULL, *old = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(json_encode_compact(&net_stats_schema, &stats, out, NULL), 0);
	fclose(out);
	assert_string_equal(
		text,
		"{\"interfaces\":[{\"index\":2,\"name\":\"eth0\",\"kind\":\"veth\",\"up\":true,"
		"\"state\":\"up\",\"mtu\":1500,\"mac\":\"02:00:00:00:00:01\","
		"\"rx\":{\"bytes\":1,\"packets\":2,\"errors\":3,\"dropped\":4},"
		"\"tx\":{\"bytes\":5,\"packets\":6,\"errors\":7,\"dropped\":8}}]}");
	out = open_memstream(&old, &len);
	assert_int_equal(json_encode_compact(&net_interface_libcontainer_schema, &i, out, NULL), 0);
	fclose(out);
	assert_string_equal(old, "{\"Name\":\"eth0\",\"RxBytes\":1,\"RxPackets\":2,\"RxErrors\":3,"
				 "\"RxDropped\":4,\"TxBytes\":5,\"TxPackets\":6,\"TxErrors\":7,"
				 "\"TxDropped\":8}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
