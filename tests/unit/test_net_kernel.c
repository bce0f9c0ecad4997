// SPDX-License-Identifier: Apache-2.0
/*
 * Plans done for real, between two network namespaces that are made for each test, and looked at
 * with ip(8). The process is in "the host's" namespace; nothing reaches the machine's own.
 */
#include "net/net.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/address.h"
#include "net/link.h"
#include "net/netns.h"
#include "net/netns_find.h"
#include "net/nl.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct json_field fields[] = {
	JSON_ARRAY(struct net_config, "networks", networks, network_count, &network_schema),
	JSON_ARRAY(struct net_config, "routes", routes, route_count, &net_route_schema),
	JSON_ARRAY(struct net_config, "rules", rules, rule_count, &net_rule_schema), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct net_config, fields);

struct world {
	int home;   /* the machine's namespace */
	int inside; /* the container's */
	char dir[64];
};

/* One container in the world. */
struct box {
	struct scope scope;
	struct net_config config;
	struct plan plan;
	struct err err;
};

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int host;

	if (!w)
		return -1;
	snprintf(w->dir, sizeof(w->dir), "/tmp/ctrnet-test-XXXXXX");
	w->home = netns_open_own(NULL);
	if (w->home < 0 || !mkdtemp(w->dir) || unshare(CLONE_NEWNET) < 0)
		return -1;
	host = netns_open_own(NULL);
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	w->inside = netns_open_own(NULL);
	*state = w;
	return netns_leave(host, NULL);
}

static int end_world(void **state)
{
	struct world *w = *state;
	int ret = netns_leave(w->home, NULL);

	close_fd(w->inside);
	file_remove_tree(AT_FDCWD, w->dir, NULL);
	free(w);
	return ret;
}

/* The output of a shell command in the host's namespace, without the last newline. */
static void expect(const char *cmd, const char *expected)
{
	char out[4096] = "";
	FILE *p = popen(cmd, "r");
	size_t len;

	assert_non_null(p);
	len = fread(out, 1, sizeof(out) - 1, p);
	pclose(p);
	while (len > 0 && out[len - 1] == '\n')
		out[--len] = '\0';
	assert_string_equal(out, expected);
}

static void expect_inside(const struct world *w, const char *cmd, const char *expected)
{
	int home = netns_enter(w->inside, NULL);

	assert_true(home >= 0);
	expect(cmd, expected);
	assert_int_equal(netns_leave(home, NULL), 0);
}

static void run(const char *cmd)
{
	assert_int_equal(system(cmd), 0);
}

/* Up to the plan. */
static int plan_box(const struct world *w, struct box *b, const char *id, bool mortal,
		    const char *config)
{
	struct endpoint ends[8] = { 0 };
	char run_dir[128], shared[128];
	int ret, sock, home;

	*b = (struct box){ 0 };
	snprintf(run_dir, sizeof(run_dir), "%s/%s", w->dir, id);
	snprintf(shared, sizeof(shared), "%s/shared", w->dir);
	mkdir(run_dir, 0700);
	assert_int_equal(scope_init(&b->scope, id, run_dir, shared, &b->err), 0);
	assert_int_equal(scope_set_ns(&b->scope, SCOPE_CONTAINER,
				      fcntl(w->inside, F_DUPFD_CLOEXEC, 3), mortal, &b->err),
			 0);
	home = netns_enter(w->inside, NULL);
	sock = net_socket_open(&b->err);
	assert_int_equal(netns_leave(home, NULL), 0);
	assert_int_equal(net_socket_adopt(&b->scope, SCOPE_CONTAINER, sock, &b->err), 0);
	ret = json_decode(&schema, &b->config, config, strlen(config), "c", &b->err);
	if (ret == 0)
		ret = net_check(&b->config, &b->err);
	if (ret == 0)
		ret = net_resolve(&b->config, &b->scope, mortal, ends, &b->err);
	return ret < 0 ? ret : net_plan(&b->config, ends, id, mortal, &b->plan, &b->err);
}

static int apply_box(struct box *b)
{
	int ret = plan_apply(&b->plan, PHASE_PREPARE, &b->scope, NULL, NULL, &b->err);

	return ret < 0 ? ret : plan_apply(&b->plan, PHASE_CONNECT, &b->scope, NULL, NULL, &b->err);
}

static void start_box(const struct world *w, struct box *b, const char *id, bool mortal,
		      const char *config)
{
	if (plan_box(w, b, id, mortal, config) < 0 || apply_box(b) < 0)
		fail_msg("%s", b->err.text);
}

/* Undo, and forget. */
static void end_box(struct box *b)
{
	if (plan_revert(&b->plan, &b->scope, NULL, &b->err) < 0)
		fail_msg("%s", b->err.text);
	plan_release(&b->plan);
	json_release(&schema, &b->config);
	rmdir(b->scope.run_dir);
	scope_release(&b->scope);
}

#define LINKS "ip -j link | jq -r '[.[].ifname] | sort | join(\" \")'"
#define BRIDGED(keys)                                                                               \
	"{\"networks\":[{\"type\":\"veth\",\"bridge\":\"br0\",\"bridge_address\":[\"10.9.0.1/24\"," \
	"\"fd00:9::1/64\"]" keys "}]}"

static void bridge(void **state)
{
	struct world *w = *state;
	struct box b;

	start_box(
		w, &b, "a", true,
		BRIDGED(",\"address\":\"10.9.0.2/24\",\"ipv6_address\":\"fd00:9::2/64\",\"gateway\":\"10.9.0.1\","
			"\"ipv6_gateway\":\"fd00:9::1\",\"addresses\":[\"10.9.0.3/24\"],\"mtu\":1400,"
			"\"txqueuelen\":77,\"hairpin_mode\":true,\"mac_address\":\"02:42:ac:11:00:02\","
			"\"host_interface_name\":\"vehost\""));
	expect(LINKS, "br0 lo vehost");
	expect("ip -j -d link show vehost | jq -r '.[] | [.master, .ifalias, .mtu, .txqlen, .operstate,"
	       " .num_tx_queues, .num_rx_queues, .linkinfo.info_slave_data.hairpin,"
	       " .linkinfo.info_slave_data.state, (.flags | index(\"MULTICAST\") != null)] | join(\" \")'",
	       "br0 ctrnet:a 1400 77 UP 1 1 true forwarding true");
	expect("ip -j -d link show br0 | jq -r '.[] | [.ifalias, .operstate] | join(\" \")'",
	       "ctrnet:shared:bridge UP");
	expect("ip -j addr show br0 | jq -r '[.[0].addr_info[] | select(.scope == \"global\") | .local] | join(\" \")'",
	       "10.9.0.1 fd00:9::1");
	expect_inside(w, LINKS, "eth0 lo");
	expect_inside(
		w,
		"ip -j -d link show eth0 | jq -r '.[] | [.address, .mtu, .txqlen, .num_tx_queues,"
		" (.flags | index(\"UP\") != null), (.flags | index(\"MULTICAST\") != null)] | join(\" \")'",
		"02:42:ac:11:00:02 1400 77 1 true true");
	expect_inside(
		w,
		"ip -j addr show eth0 | jq -r '[.[0].addr_info[] | select(.scope == \"global\") |"
		" \"\\(.local)/\\(.prefixlen)\\(if .tentative then \" tentative\" else \"\" end)\"] | join(\" \")'",
		"10.9.0.2/24 10.9.0.3/24 fd00:9::2/64");
	expect_inside(
		w,
		"ip -j route show default | jq -r '.[] | [.gateway, .dev, .protocol] | join(\" \")'",
		"10.9.0.1 eth0 206");
	expect_inside(
		w,
		"ip -6 -j route show default | jq -r '.[] | [.gateway, .dev, .protocol] | join(\" \")'",
		"fd00:9::1 eth0 206");
	expect_inside(w, "ip -j link show lo | jq -r '.[].flags | index(\"UP\") != null'", "true");
	assert_int_equal(plan_probe(&b.plan, &b.scope, NULL, NULL, NULL, &b.err), 0);
	end_box(&b);
	expect(LINKS, "lo");
}

static void point_to_point(void **state)
{
	struct world *w = *state;
	struct box b;

	start_box(
		w, &b, "a", true,
		"{\"networks\":[{\"type\":\"veth\",\"address\":\"10.8.0.2/24\",\"host_address\":[\"10.8.0.1/24\","
		"\"fd00:8::1/64\"],\"host_interface_name\":\"vehost\"},{\"type\":\"veth\"}],"
		"\"routes\":[{\"destination\":\"192.168.0.0/16\",\"gateway\":\"10.8.0.1\",\"source\":\"10.8.0.2/24\","
		"\"interface_name\":\"eth0\"},{\"destination\":\"10.99.0.0/16\",\"interface_name\":\"eth1\"}]}");
	expect("ip -j addr show vehost | jq -r '[.[0].addr_info[] | select(.scope == \"global\") | .local] | join(\" \")'",
	       "10.8.0.1 fd00:8::1");
	expect_inside(w, LINKS, "eth0 eth1 lo");
	expect_inside(
		w,
		"ip -j route show proto 206 | jq -r '.[] | [.dst, .gateway // \"-\", .dev, .prefsrc // \"-\", .scope // \"-\"]"
		" | join(\" \")' | sort",
		"10.99.0.0/16 - eth1 - link\n192.168.0.0/16 10.8.0.1 eth0 10.8.0.2 -");
	end_box(&b);
	expect(LINKS, "lo");
}

/* What was there is used and left as it was. */
static void strangers_bridge(void **state)
{
	struct world *w = *state;
	struct box b;

	run("ip link add br0 type bridge && ip link set br0 up && ip addr add 10.9.0.1/24 dev br0");
	start_box(w, &b, "a", true, BRIDGED(",\"address\":\"10.9.0.2/24\""));
	expect("ip -j addr show br0 | jq -r '[.[0].addr_info[] | select(.scope == \"global\") | .local] | join(\" \")'",
	       "10.9.0.1 fd00:9::1");
	end_box(&b);
	expect(LINKS, "br0 lo");
	expect("ip -j addr show br0 | jq -r '[.[0].addr_info[] | select(.scope == \"global\") | .local] | join(\" \")'",
	       "10.9.0.1");
}

/* The bridge goes with its last user, also if one of them did not ask for an address. */
static void shared_bridge(void **state)
{
	struct world *w = *state;
	struct box a, b;

	start_box(w, &a, "a", true, BRIDGED(",\"name\":\"one\""));
	start_box(w, &b, "b", true,
		  "{\"networks\":[{\"type\":\"veth\",\"bridge\":\"br0\",\"name\":\"two\"}]}");
	expect("ip -j link show master br0 | jq length", "2");
	end_box(&a);
	expect("ip -j link show type bridge | jq -r '.[].ifname'", "br0");
	expect("ip -j link show master br0 | jq length", "1");
	end_box(&b);
	expect(LINKS, "lo");
}

static void not_on_link(void **state)
{
	struct world *w = *state;
	struct box b;

	assert_int_equal(
		plan_box(w, &b, "a", true,
			 "{\"networks\":[{\"type\":\"loopback\"},{\"type\":\"veth\",\"address\":\"10.8.0.2/24\","
			 "\"gateway\":\"10.9.0.1\"}]}"),
		0);
	assert_int_equal(apply_box(&b), -ENETUNREACH);
	assert_string_equal(b.err.text,
			    "networks[1] (eth0): gateway 10.9.0.1: Network is unreachable"
			    " (kernel: Nexthop has invalid gateway)");
	end_box(&b);
	expect(LINKS, "lo");
}

static void refusals(void **state)
{
	static const struct {
		const char *config;
		int code;
		const char *text;
	} bad[] = {
		{ "{\"networks\":[{\"type\":\"veth\",\"bridge\":\"docker0\"}]}", -ENODEV,
		  "networks[0] (eth0): no bridge 'docker0' (add \"bridge_address\": \"ADDRESS/PREFIX\" to have it made)" },
		{ "{\"networks\":[{\"type\":\"veth\",\"bridge\":\"veother\"}]}", -EEXIST,
		  "networks[0] (eth0): bridge: 'veother' is there, but is not a bridge" },
		{ "{\"networks\":[{\"type\":\"veth\",\"host_interface_name\":\"veother\"}]}",
		  -EEXIST,
		  "networks[0] (eth0): host_interface_name: 'veother' is taken by container 'other'" },
		{ "{\"networks\":[{\"type\":\"veth\",\"host_interface_name\":\"lo\"}]}", -EEXIST,
		  "networks[0] (eth0): host_interface_name: 'lo' is taken" },
		{ "{\"routes\":[{\"gateway\":\"10.0.0.1\",\"interface_name\":\"eth7\"}]}", -EINVAL,
		  "routes[0]: interface_name: no network has the name 'eth7'" },
	};
	struct world *w = *state;

	run("ip link add veother type veth peer name vepeer && ip link set veother alias ctrnet:other");
	for (size_t i = 0; i < array_size(bad); i++) {
		struct box b;

		assert_int_equal(plan_box(w, &b, "a", true, bad[i].config), bad[i].code);
		assert_string_equal(b.err.text, bad[i].text);
		end_box(&b);
	}
	expect(LINKS, "lo veother vepeer");
}

/* A name that is taken between resolve and apply: nothing of the stranger's is touched, nothing of ours stays. */
static void taken_meanwhile(void **state)
{
	struct world *w = *state;
	struct box b;

	assert_int_equal(
		plan_box(
			w, &b, "a", true,
			"{\"networks\":[{\"type\":\"veth\"},{\"type\":\"veth\",\"host_interface_name\":\"vex\"}]}"),
		0);
	run("ip link add vex type veth peer name vey");
	assert_int_equal(apply_box(&b), -EEXIST);
	assert_string_equal(
		b.err.text,
		"networks[1] (eth1): link vex with peer eth1: one of the names is taken");
	end_box(&b);
	expect(LINKS, "lo vex vey");
	expect("ip -j link show vex | jq -r '.[] | [.ifalias, .operstate] | join(\" \")'", " DOWN");
}

/* In a namespace that is not ours: its lo goes down again, our links and routes go, its own stay. */
static void joined(void **state)
{
	struct world *w = *state;
	struct box b;
	int home = netns_enter(w->inside, NULL);

	run("ip link add own type bridge && ip link set own up && ip addr add 10.1.0.1/24 dev own");
	assert_int_equal(netns_leave(home, NULL), 0);
	start_box(
		w, &b, "a", false,
		"{\"networks\":[{\"type\":\"loopback\"},{\"type\":\"veth\",\"address\":\"10.8.0.2/24\","
		"\"gateway\":\"10.8.0.1\"}],"
		"\"routes\":[{\"destination\":\"10.2.0.0/16\",\"gateway\":\"10.1.0.9\",\"interface_name\":\"own\"}]}");
	expect_inside(w, "ip -j link show lo | jq -r '.[].flags | index(\"UP\") != null'", "true");
	expect_inside(w, "ip -j route show proto 206 | jq -r '[.[].dst] | join(\" \")'",
		      "default 10.2.0.0/16");
	end_box(&b);
	expect(LINKS, "lo");
	expect_inside(w, LINKS, "lo own");
	expect_inside(w, "ip -j link show lo | jq -r '.[].flags | index(\"UP\") != null'", "false");
	expect_inside(w, "ip -j route show proto 206 | jq length", "0");
	expect_inside(w, "ip -j addr show own | jq -r '.[0].addr_info[0].local'", "10.1.0.1");
}

/* Each difference is found, and named. */
static void note(void *arg, const struct step *step, const struct err *why)
{
	char *text = arg;

	snprintf(text + strlen(text), 512 - strlen(text), "%s: %s\n", step->origin, why->text);
}

static void probes(void **state)
{
	struct world *w = *state;
	char text[512] = "";
	struct box b;
	int home;

	start_box(
		w, &b, "a", true,
		BRIDGED(",\"address\":\"10.9.0.2/24\",\"gateway\":\"10.9.0.1\",\"host_interface_name\":\"vehost\""));
	run("ip link set vehost nomaster && ip addr del 10.9.0.1/24 dev br0");
	home = netns_enter(w->inside, NULL);
	run("ip route del default && ip link set lo down");
	assert_int_equal(netns_leave(home, NULL), 0);
	assert_int_equal(plan_probe(&b.plan, &b.scope, NULL, note, text, &b.err), -ESTALE);
	assert_string_equal(text, "networks[0] (eth0): no address 10.9.0.1/24 on br0\n"
				  "networks[0] (eth0): link 'vehost' is not a port of 'br0'\n"
				  "loopback: link 'lo' is down\n"
				  "networks[0] (eth0): no gateway 10.9.0.1\n");
	end_box(&b);
}

/* A link that does not carry the container's mark stays. */
static void marks(void **state)
{
	struct world *w = *state;
	struct box b;

	start_box(w, &b, "a", true,
		  "{\"networks\":[{\"type\":\"veth\",\"host_interface_name\":\"vehost\"}]}");
	run("ip link set vehost alias ctrnet:b");
	end_box(&b);
	expect(LINKS, "lo vehost");
}

/* Killed between making and marking: what has no mark is known by its MAC. */
static void unmarked(void **state)
{
	struct world *w = *state;
	struct box b;

	start_box(w, &b, "a", true, BRIDGED(",\"host_interface_name\":\"vehost\""));
	run("ip link set vehost alias '' && ip link set br0 alias ''");
	assert_int_equal(plan_probe(&b.plan, &b.scope, NULL, NULL, NULL, &b.err), -ESTALE);
	end_box(&b);
	expect(LINKS, "lo");
	start_box(w, &b, "a", true,
		  "{\"networks\":[{\"type\":\"veth\",\"host_interface_name\":\"vehost\"}]}");
	run("ip link set vehost alias '' && ip link set vehost address 02:00:00:00:00:01");
	end_box(&b);
	expect(LINKS, "lo vehost");
}

static bool has_child(void)
{
	return waitpid(-1, NULL, WNOHANG | __WALL) >= 0 || errno != ECHILD;
}

/* The name is free at once, and nobody of ours is left to wait for; gone already is fine. */
static void start_again(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 20; i++) {
		struct box b;

		start_box(
			w, &b, "a", true,
			"{\"networks\":[{\"type\":\"veth\",\"name\":\"eth0\",\"host_interface_name\":\"vehost\"}]}");
		assert_int_equal(plan_revert(&b.plan, &b.scope, NULL, &b.err), 0);
		assert_false(has_child());
		end_box(&b);
	}
	expect(LINKS, "lo");
}

/* The first packet in either family is answered at once: a lost one would take a second. */
static int connect_ms(int family, const void *addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(7) };
	_cleanup_fd_ int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timespec begin, end;
	int ret;

	memcpy(&in.sin_addr, addr, 4);
	memcpy(&in6.sin6_addr, addr, 16);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ret = family == AF_INET ? connect(fd, (struct sockaddr *)&in, sizeof(in))
				: connect(fd, (struct sockaddr *)&in6, sizeof(in6));
	clock_gettime(CLOCK_MONOTONIC, &end);
	/* Nobody listens; the refusal has come back all the same. */
	if (ret == 0 || errno != ECONNREFUSED)
		return -1;
	return (int)((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
}

static void first_packets(const char *config)
{
	for (int i = 0; i < 10; i++) {
		struct ip_addr v4, v6;
		struct world *w;
		struct box b;
		int home, ms[2];

		assert_int_equal(make_world((void **)&w), 0);
		ip_addr_parse("10.9.0.1", &v4, NULL);
		ip_addr_parse("fd00:9::1", &v6, NULL);
		start_box(w, &b, "a", true, config);
		home = netns_enter(w->inside, NULL);
		ms[0] = connect_ms(AF_INET, v4.bytes);
		ms[1] = connect_ms(AF_INET6, v6.bytes);
		assert_int_equal(netns_leave(home, NULL), 0);
		assert_in_range(ms[0], 0, 500);
		assert_in_range(ms[1], 0, 500);
		end_box(&b);
		end_world((void **)&w);
	}
}

static void first_packet(void **state)
{
	(void)state;
	run("ip link set lo up");
	first_packets(BRIDGED(",\"address\":\"10.9.0.2/24\",\"ipv6_address\":\"fd00:9::2/64\""));
	first_packets(
		"{\"networks\":[{\"type\":\"veth\",\"address\":\"10.9.0.2/24\",\"ipv6_address\":\"fd00:9::2/64\","
		"\"host_address\":[\"10.9.0.1/24\",\"fd00:9::1/64\"]}]}");
}

/* What a probe says to one change, made inside; "" is: nothing differs. */
static void expect_difference(const struct world *w, const char *config, const char *change,
			      const char *words)
{
	char text[512] = "";
	struct box b;
	int home, ret;

	start_box(w, &b, "a", true, config);
	/* An untampered one is never reported. */
	assert_int_equal(plan_probe(&b.plan, &b.scope, NULL, note, text, &b.err), 0);
	home = netns_enter(w->inside, NULL);
	run(change);
	assert_int_equal(netns_leave(home, NULL), 0);
	ret = plan_probe(&b.plan, &b.scope, NULL, note, text, &b.err);
	assert_string_equal(text, words);
	assert_int_equal(ret, -ESTALE);
	home = netns_enter(w->inside, NULL);
	run("for l in $(ip -j link | jq -r '.[].ifname' | grep -v lo); do ip link delete $l; done");
	assert_int_equal(netns_leave(home, NULL), 0);
	end_box(&b);
}

#define MACVLAN                                                                                   \
	"{\"networks\":[{\"type\":\"macvlan\",\"parent\":\"up0\",\"mtu\":1400,\"txqueuelen\":77," \
	"\"mac_address\":\"02:00:00:00:00:07\"}]}"
#define SOURCE                                                                         \
	"{\"networks\":[{\"type\":\"macvlan\",\"parent\":\"up0\",\"mode\":\"source\"," \
	"\"source_macs\":[\"02:00:00:00:00:0a\",\"02:00:00:00:00:0b\"]}]}"
#define VXLAN \
	"{\"networks\":[{\"type\":\"vxlan\",\"id\":7,\"ttl\":3,\"remotes\":[\"10.0.0.1\",\"10.0.0.2\"]}]}"

static void probes_of_kinds(void **state)
{
	static const struct {
		const char *config, *change, *words;
	} cases[] = {
		{ MACVLAN, "ip link set eth0 mtu 1300",
		  "networks[0] (eth0): link 'eth0': mtu is 1300, not 1400\n" },
		{ MACVLAN, "ip link set eth0 txqueuelen 78",
		  "networks[0] (eth0): link 'eth0': txqueuelen is 78, not 77\n" },
		{ MACVLAN, "ip link set eth0 address 02:00:00:00:00:08",
		  "networks[0] (eth0): link 'eth0': address is 02:00:00:00:00:08\n" },
		{ MACVLAN, "ip link set eth0 type macvlan mode private",
		  "networks[0] (eth0): link 'eth0': mode is private, not bridge\n" },
		{ MACVLAN, "ip link set eth0 down", "networks[0] (eth0): link 'eth0' is down\n" },
		{ MACVLAN, "ip link delete eth0",
		  "networks[0] (eth0): no link 'eth0'\nnetworks[0] (eth0): no link 'eth0'\n" },
		{ MACVLAN, "ip link delete eth0; ip link add eth0 type bridge; ip link set eth0 up",
		  "networks[0] (eth0): link 'eth0': it is a link of kind 'bridge'\n" },
		{ MACVLAN,
		  "ip link delete eth0; ip link add name low0 type veth peer name low1; ip link add link low0 name eth0"
		  " address 02:00:00:00:00:07 mtu 1400 txqueuelen 77 type macvlan mode bridge; ip link set eth0 up",
		  "networks[0] (eth0): link 'eth0': its parent is not 'up0'\n" },
		{ SOURCE, "ip link set eth0 type macvlan macaddr add 02:00:00:00:00:0c",
		  "networks[0] (eth0): link 'eth0': source_macs has 02:00:00:00:00:0c as well\n" },
		{ SOURCE, "ip link set eth0 type macvlan macaddr del 02:00:00:00:00:0a",
		  "networks[0] (eth0): link 'eth0': source_macs are 1, not 2\n" },
		{ VXLAN, "ip link set vxlan0 type vxlan ttl 4",
		  "networks[0] (vxlan0): link 'vxlan0': ttl is 4, not 3\n" },
		{ VXLAN, "ip link set vxlan0 type vxlan remote 10.0.0.3",
		  "networks[0] (vxlan0): link 'vxlan0': remote is 10.0.0.3, not 10.0.0.1\n"
		  "networks[0] (vxlan0): no remote 10.0.0.1 of vxlan0\n" },
		{ VXLAN, "bridge fdb del 00:00:00:00:00:00 dev vxlan0 dst 10.0.0.2",
		  "networks[0] (vxlan0): no remote 10.0.0.2 of vxlan0\n" },
		{ "{\"networks\":[{\"type\":\"bridge\"},{\"type\":\"ifb\",\"master\":\"br0\"}]}",
		  "ip link set ifb0 nomaster",
		  "networks[1] (ifb0): link 'ifb0' does not have the master 'br0'\n" },
		{ "{\"networks\":[{\"type\":\"bridge\",\"stp\":true}]}",
		  "ip link set br0 type bridge stp_state 0",
		  "networks[0] (br0): link 'br0': stp is 0, not 1\n" },
		{ "{\"networks\":[{\"type\":\"tap\",\"owner\":7}]}",
		  "ip link delete tap0; ip tuntap add tap0 mode tun; ip link set tap0 up",
		  "networks[0] (tap0): link 'tap0': address is 00:00:00:00:00:00\n" },
		{ "{\"networks\":[{\"type\":\"tun\",\"owner\":7}]}",
		  "ip link delete tun0; ip tuntap add tun0 mode tun user 8; ip link set tun0 up",
		  "networks[0] (tun0): link 'tun0': owner is 8, not 7\n" },
	};
	struct world *w = *state;

	run("ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up");
	for (size_t i = 0; i < array_size(cases); i++)
		expect_difference(w, cases[i].config, cases[i].change, cases[i].words);
}

/* One refused among several of a batch: the others were made, and what may pass is tried again. */
static void refused_kinds(void **state)
{
	static const char config[] =
		"{\"networks\":[{\"type\":\"dummy\",\"name\":\"a\"},{\"type\":\"ifb\"},{\"type\":\"ifb\"}]}";
	struct world *w = *state;
	struct box b;
	int home = netns_enter(w->inside, NULL);
	bool dummy = system("ip link add x type dummy 2>/dev/null") == 0;

	run("ip link add ifb1 type bridge; ip link delete x 2>/dev/null; true");
	assert_int_equal(netns_leave(home, NULL), 0);
	assert_int_equal(plan_box(w, &b, "a", false, config), 0);
	assert_int_equal(apply_box(&b), dummy ? -EEXIST : -EOPNOTSUPP);
	assert_string_equal(b.err.text, dummy ? "networks[2] (ifb1): ifb ifb1: File exists"
					      : "networks[0] (a): dummy a: this kernel has no dummy"
						" (kernel: Unknown device type)");
	/* What was made and not marked yet goes; the stranger's stays. */
	end_box(&b);
	expect_inside(w, LINKS, "ifb1 lo");
}

static void namespaces(void **state)
{
	struct err err;
	char value[16];
	struct world *w = *state;

	assert_int_equal(netns_open("/proc/self/ns/mnt", &err), -EINVAL);
	assert_string_equal(err.text, "/proc/self/ns/mnt is not a network namespace");
	assert_int_equal(netns_open("/", &err), -EINVAL);
	assert_int_equal(netns_open("/nonexistent", &err), -ENOENT);
	assert_int_equal(netns_sysctl_write(w->inside, "net/ipv4/ip_default_ttl", "17", &err), 0);
	assert_int_equal(netns_sysctl_read(w->inside, "net/ipv4/ip_default_ttl", value,
					   sizeof(value), &err),
			 0);
	assert_string_equal(value, "17");
	expect("cat /proc/sys/net/ipv4/ip_default_ttl", "64");
	assert_int_equal(netns_sysctl_write(w->inside, "net/ipv4/no_such_thing", "1", &err),
			 -ENOENT);
}

/* A dump of more than one datagram. */
static void count_addresses(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct address a;

	(void)tag;
	*(size_t *)arg += address_parse(msg, &a) == 0;
}

static void big_dump(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 }, dump = { 0 };
	_cleanup_(nl_cleanup) struct nl *nl = NULL;
	struct ifaddrmsg *head;
	size_t count = 0;
	struct err err;

	(void)state;
	assert_int_equal(nl_open(&nl, &err), 0);
	for (uint32_t i = 1; i <= 1000; i++) {
		uint32_t addr = htonl(0x0a000000 + i);
		struct nl_msg *m = nl_batch_add(&b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, i);

		head = nl_put_header(m, sizeof(*head));
		head->ifa_family = AF_INET;
		head->ifa_prefixlen = 32;
		head->ifa_index = 1;
		nl_put(m, IFA_LOCAL, &addr, sizeof(addr));
	}
	assert_int_equal(nl_batch_send(nl, &b, NULL, NULL, &err), 0);
	assert_int_equal(nl_batch_error(&b, &err, "addresses"), 0);
	head = nl_put_header(nl_batch_add(&dump, RTM_GETADDR, 0, 0), sizeof(*head));
	head->ifa_family = AF_INET;
	assert_int_equal(nl_dump(nl, &dump, count_addresses, &count, &err), 0);
	assert_int_equal(count, 1000);
}

/* Who has rights in the namespace cannot make a conversation in it listen to him. */
static void strangers_words(void **state)
{
	struct sockaddr_nl to = { 0 };
	socklen_t len = sizeof(to);
	_cleanup_fd_ int ours = nl_socket(NULL);
	_cleanup_fd_ int other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct nlmsghdr word = { .nlmsg_len = sizeof(word), .nlmsg_type = NLMSG_DONE };

	(void)state;
	assert_true(ours >= 0 && other >= 0);
	assert_int_equal(getsockname(ours, (struct sockaddr *)&to, &len), 0);
	assert_int_equal(sendto(other, &word, sizeof(word), 0, (struct sockaddr *)&to, sizeof(to)),
			 -1);
	assert_int_equal(errno, ECONNREFUSED);
}

/* Behind the file of a namespace that nobody lives in; 0: found. */
static int find_mounted(const struct world *w, const char *name)
{
	_cleanup_free_ char *place = str_format("%s/%s", w->dir, name);
	_cleanup_free_ char *file = str_format("/proc/self/fd/%d", w->inside);
	_cleanup_fd_ int made = open(place, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	_cleanup_fd_ int found = -1;
	struct stat st, other;

	if (made < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(file, place, NULL, MS_BIND, NULL) < 0 || fstat(w->inside, &st) < 0)
		return 2;
	found = netns_find(st.st_ino);
	return found >= 0 && fstat(found, &other) == 0 && st.st_dev == other.st_dev &&
			       st.st_ino == other.st_ino
		       ? 0
		       : 1;
}

/* As `ip netns add` has it; the kernel escapes some characters of the name. */
static void find_by_mount(void **state)
{
	static const char *const names[] = { "plain", "with blank", "back\\slash", "new\nline\t#" };

	for (size_t i = 0; i < array_size(names); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(find_mounted(*state, names[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			fail_msg("%s: %x", names[i], status);
	}
}

/* --- What was changed behind our back --- */

#define ROUTED                                                                                                  \
	"{\"networks\":[{\"type\":\"veth\",\"host_address\":\"10.9.0.1/24\",\"address\":\"10.9.0.2/24\","       \
	"\"ipv6_address\":\"fd00:9::2/64\"}],"                                                                  \
	"\"routes\":[{\"destination\":\"10.1.0.0/16\",\"gateway\":\"10.9.0.1\",\"metric\":5,\"table\":100,"     \
	"\"mtu\":1400,\"interface_name\":\"eth0\"},"                                                            \
	"{\"type\":\"unreachable\",\"destination\":\"fd00:1::/32\"},"                                           \
	"{\"destination\":\"10.2.0.0/16\",\"nexthops\":[{\"gateway\":\"10.9.0.1\",\"interface_name\":\"eth0\"," \
	"\"weight\":2},{\"gateway\":\"10.9.0.3\",\"interface_name\":\"eth0\"}]}]}"

struct tampering {
	const char *command; /* in the container */
	const char *
		expected; /* what the plan's probes say behind it, each with a "|"; "" for nothing */
};

static void keep_difference(void *arg, const struct step *step, const struct err *why)
{
	char *text = arg;

	assert_true(snprintf(text + strlen(text), ERR_TEXT_MAX - strlen(text), "%s: %s|",
			     step->origin, why->text) > 0);
}

/* Nothing of ours is left behind, and what was changed by hand the next one does without. */
static void clean_up(const struct world *w)
{
	expect_inside(
		w,
		"ip route show table all proto 206; ip -6 route show table all proto 206;"
		" ip route flush table all proto boot; ip -6 route flush table all proto boot",
		"");
}

static void tamper(const struct world *w, const char *config, const struct tampering *t)
{
	char text[ERR_TEXT_MAX] = "";
	struct box b;
	int home;

	start_box(w, &b, "a", false, config);
	home = netns_enter(w->inside, NULL);
	run(t->command);
	assert_int_equal(netns_leave(home, NULL), 0);
	assert_int_equal(plan_probe(&b.plan, &b.scope, NULL, keep_difference, text, NULL),
			 *t->expected ? -ESTALE : 0);
	assert_string_equal(text, t->expected);
	end_box(&b);
	clean_up(w);
}

static void tampered_routes(void **state)
{
	static const struct tampering rows[] = {
		{ "true", "" },
		{ "ip route change 10.1.0.0/16 via 10.9.0.7 dev eth0 metric 5 table 100 mtu 1400 proto 206",
		  "routes[0]: route to 10.1.0.0/16 via 10.9.0.1: gateway is 10.9.0.7, planned 10.9.0.1|" },
		{ "ip route change 10.1.0.0/16 via 10.9.0.1 dev eth0 metric 5 table 100 mtu 1300 proto 206",
		  "routes[0]: route to 10.1.0.0/16 via 10.9.0.1: mtu is 1300, planned 1400|" },
		{ "ip route del 10.1.0.0/16 table 100 && "
		  "ip route add 10.1.0.0/16 via 10.9.0.1 dev eth0 metric 10 table 100 mtu 1400",
		  "routes[0]: route to 10.1.0.0/16 via 10.9.0.1: metric is 10, planned 5|" },
		{ "ip route del 10.1.0.0/16 table 100 && "
		  "ip route add 10.1.0.0/16 via 10.9.0.1 dev eth0 metric 5 mtu 1400",
		  "routes[0]: no route to 10.1.0.0/16 via 10.9.0.1|" },
		{ "ip route replace blackhole 10.1.0.0/16 metric 5 table 100",
		  "routes[0]: route to 10.1.0.0/16 via 10.9.0.1: type is blackhole, planned unicast|" },
		{ "ip -6 route del unreachable fd00:1::/32",
		  "routes[1]: no unreachable route to fd00:1::/32|" },
		{ "ip -6 route del unreachable fd00:1::/32 && ip -6 route add prohibit fd00:1::/32",
		  "routes[1]: unreachable route to fd00:1::/32: type is prohibit, planned unreachable|" },
		{ "ip route change 10.2.0.0/16 proto 206 nexthop via 10.9.0.1 dev eth0 weight 3"
		  " nexthop via 10.9.0.3 dev eth0",
		  "routes[2]: route to 10.2.0.0/16 over 2 next hops: the list of nexthops is not as planned|" },
	};

	for (size_t i = 0; i < array_size(rows); i++)
		tamper(*state, ROUTED, &rows[i]);
}

#define RULED                                                                            \
	"{\"rules\":[{\"from\":\"10.1.0.0/16\",\"fwmark\":\"0x10/0xff\",\"table\":100}," \
	"{\"family\":\"ipv6\",\"oif\":\"eth0\",\"action\":\"prohibit\",\"priority\":9}]}"

static void tampered_rules(void **state)
{
	static const struct tampering rows[] = {
		{ "true", "" },
		{ "ip rule del priority 1000", "rules[0]: no IPv4 rule 1000|" },
		{ "ip rule del priority 1000 && "
		  "ip rule add from 10.1.0.0/24 fwmark 0x10/0xff lookup 100 priority 1000",
		  "rules[0]: IPv4 rule 1000: from is 10.1.0.0/24, planned 10.1.0.0/16|" },
		{ "ip rule del priority 1000; ip rule add from 10.1.0.0/16 fwmark 0x10 lookup 100 priority 1000",
		  "rules[0]: IPv4 rule 1000: fwmark is 0x10, planned 0x10/0xff|" },
		{ "ip -6 rule del priority 9; ip -6 rule add oif eth1 prohibit priority 9",
		  "rules[1]: IPv6 rule 9: oif is eth1, planned eth0|" },
		{ "ip -6 rule del priority 9; ip -6 rule add oif eth0 lookup 5 priority 9",
		  "rules[1]: IPv6 rule 9: action is lookup, planned prohibit|" },
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		tamper(*state, RULED, &rows[i]);
		expect_inside(*state,
			      "(ip rule; ip -6 rule) | grep 'proto 206';"
			      " ip rule del priority 1000 2>&-; ip -6 rule del priority 9 2>&-",
			      "");
	}
}

#define NEIGHBOURS                                                                               \
	"{\"networks\":[{\"type\":\"veth\",\"address\":\"10.9.0.2/24\",\"neighbors\":["          \
	"{\"address\":\"10.9.0.7\",\"mac_address\":\"02:00:00:00:00:07\"},"                      \
	"{\"address\":\"fd00:9::7\",\"mac_address\":\"02:00:00:00:00:07\",\"state\":\"noarp\"}," \
	"{\"address\":\"10.9.0.8\",\"proxy\":true}]}]}"

static void tampered_neighbours(void **state)
{
	static const struct tampering rows[] = {
		{ "true", "" },
		{ "ip neigh del 10.9.0.7 dev eth0",
		  "networks[0] (eth0): no neighbour 10.9.0.7 on eth0|" },
		{ "ip neigh change 10.9.0.7 lladdr 02:00:00:00:00:08 dev eth0",
		  "networks[0] (eth0): neighbour 10.9.0.7 on eth0: mac_address is 02:00:00:00:00:08,"
		  " planned 02:00:00:00:00:07|" },
		{ "ip neigh replace fd00:9::7 lladdr 02:00:00:00:00:07 nud permanent dev eth0",
		  "networks[0] (eth0): neighbour fd00:9::7 on eth0: state is permanent, planned noarp|" },
		{ "ip neigh del proxy 10.9.0.8 dev eth0",
		  "networks[0] (eth0): no proxy for 10.9.0.8 on eth0|" },
	};

	for (size_t i = 0; i < array_size(rows); i++)
		tamper(*state, NEIGHBOURS, &rows[i]);
}

#define ADDRESSED                                                                            \
	"{\"networks\":[{\"type\":\"veth\",\"addresses\":[\"fd00:9::2/64\",\"10.9.9.9/24\"," \
	"{\"address\":\"10.9.0.2/32\",\"peer\":\"10.9.0.1\",\"scope\":\"link\"},"            \
	"{\"address\":\"10.8.0.2/24\",\"valid_lft\":500,\"preferred_lft\":400,\"label\":\"eth0:x\"}]}]}"

static void tampered_addresses(void **state)
{
	static const struct tampering rows[] = {
		{ "true", "" },
		{ "ip addr del fd00:9::2/64 dev eth0",
		  "networks[0] (eth0): no address fd00:9::2/64 on eth0|" },
		{ "ip addr change 10.9.9.9/24 dev eth0 valid_lft 50 preferred_lft 40",
		  "networks[0] (eth0): address 10.9.9.9/24 on eth0: valid_lft is 50, planned for ever|" },
		{ "ip addr del 10.9.0.2 peer 10.9.0.1 dev eth0; ip addr add 10.9.0.2/32 dev eth0",
		  "networks[0] (eth0): address 10.9.0.2/32 on eth0: peer is none, planned 10.9.0.1|" },
		{ "ip addr del 10.9.0.2 peer 10.9.0.1 dev eth0; ip addr add 10.9.0.2 peer 10.9.0.1 dev eth0",
		  "networks[0] (eth0): address 10.9.0.2/32 on eth0: scope is 0, planned 253|" },
		{ "ip addr del 10.8.0.2/24 dev eth0; ip addr add 10.8.0.2/24 dev eth0",
		  "networks[0] (eth0): address 10.8.0.2/24 on eth0: label is eth0, planned eth0:x|" },
		{ "ip addr change 10.8.0.2/24 dev eth0 label eth0:x",
		  "networks[0] (eth0): address 10.8.0.2/24 on eth0: valid_lft is for ever, planned 500|" },
	};

	for (size_t i = 0; i < array_size(rows); i++)
		tamper(*state, ADDRESSED, &rows[i]);
}

#define LINKED                                                                                             \
	"{\"networks\":[{\"type\":\"veth\",\"link_group\":5,\"altnames\":[\"a-long-name-of-eth0\",\"b\"]," \
	"\"sysctl\":{\"ipv4.rp_filter\":\"2\"}}]}"

static void tampered_links(void **state)
{
	static const struct tampering rows[] = {
		{ "true", "" },
		{ "ip link set dev eth0 group 6",
		  "networks[0] (eth0): link 'eth0': group is 6, planned 5|" },
		{ "ip link property del dev eth0 altname b",
		  "networks[0] (eth0): link 'eth0': altnames are 1 of those planned, not 2|" },
	};

	for (size_t i = 0; i < array_size(rows); i++)
		tamper(*state, LINKED, &rows[i]);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, make_world, end_world)
	const struct CMUnitTest tests[] = {
		TEST(bridge),
		TEST(point_to_point),
		TEST(strangers_bridge),
		TEST(shared_bridge),
		TEST(not_on_link),
		TEST(refusals),
		TEST(taken_meanwhile),
		TEST(joined),
		TEST(probes),
		TEST(marks),
		TEST(unmarked),
		TEST(start_again),
		TEST(first_packet),
		TEST(namespaces),
		TEST(big_dump),
		TEST(strangers_words),
		TEST(find_by_mount),
		TEST(probes_of_kinds),
		TEST(refused_kinds),
		TEST(tampered_routes),
		TEST(tampered_rules),
		TEST(tampered_neighbours),
		TEST(tampered_addresses),
		TEST(tampered_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
