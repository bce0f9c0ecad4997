// SPDX-License-Identifier: Apache-2.0
/* Networks as declared: what is refused, in the words that the user reads. No kernel. */
#include "net/choose.h"
#include "net/net.h"

#include "lib/cleanup.h"
#include "net/config.h"
#include "net/driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct json_field fields[] = {
	JSON_ARRAY(struct net_config, "networks", networks, network_count, &network_schema),
	JSON_ARRAY(struct net_config, "routes", routes, route_count, &net_route_schema),
	JSON_ARRAY(struct net_config, "rules", rules, rule_count, &net_rule_schema), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct net_config, fields);

static int load(const char *text, struct net_config *c, struct err *err)
{
	int ret = json_decode(&schema, c, text, strlen(text), "c.json", err);

	if (ret == 0)
		ret = net_check(c, err);
	return ret == 0 ? net_check_gateways(c, err) : ret;
}

#define VETH(keys)   "{\"networks\":[{\"type\":\"veth\"" keys "}]}"
#define ROUTE(keys)  "{\"routes\":[{" keys "}]}"
#define DEV          "\"interface_name\":\"eth0\""
#define ADDRESS      ",\"address\":\"10.9.0.2/24\""
#define ROUTED(keys) "{\"networks\":[{\"type\":\"veth\"" ADDRESS "}],\"routes\":[{" keys "}]}"
#define NOT_ON       " is not on the link of 'eth0' ("
#define NO_ROUTE     "), and no route over it leads there"

static const struct {
	const char *config;
	int code;
	const char *text;
} refused[] = {
	{ "{\"networks\":[{}]}", -EINVAL, NULL },
	{ "{\"networks\":[{\"type\":\"\"}]}", -EINVAL, NULL },
	{ "{\"networks\":[{\"type\":\"vteh\"}]}", -EINVAL,
	  "c.json:1:22: networks[0].type: unknown type 'vteh'; known are loopback, veth, netns, macvlan, macvtap, ipvlan, "
	  "vlan, vxlan, geneve, wireguard, tap, tun, dummy, ifb, vrf, bridge, host, host-device, pasta" },
	{ VETH(",\"name\":\"et h0\""), -EINVAL,
	  "networks[0]: interface name 'et h0': no '/', ':', '%' or white space allowed" },
	{ VETH(",\"name\":\"a/b\""), -EINVAL,
	  "networks[0]: interface name 'a/b': no '/', ':', '%' or white space allowed" },
	{ VETH(",\"name\":\"eth%d\""), -EINVAL,
	  "networks[0]: interface name 'eth%d': no '/', ':', '%' or white space allowed" },
	{ VETH(",\"name\":\"..\""), -EINVAL, "networks[0]: interface name '..': not a name" },
	{ VETH(",\"name\":\"lo\""), -EINVAL,
	  "networks[0]: the name 'lo' is the loopback interface's" },
	{ VETH(",\"name\":\"sixteen-letters-\""), -EINVAL, NULL },
	{ VETH("},{\"type\":\"veth\",\"name\":\"eth0\""), -EINVAL,
	  "networks[0] and networks[1]: two interfaces named 'eth0'" },
	{ VETH(",\"host_interface_name\":\"h\"},{\"type\":\"veth\",\"host_interface_name\":\"h\""),
	  -EINVAL, "networks[0] and networks[1]: two host interfaces named 'h'" },
	{ VETH(",\"address\":\"172.17.0.1\""), -EINVAL,
	  "c.json:1:39: networks[0].address: 172.17.0.1: expected ADDRESS/PREFIX, as in 172.17.0.2/16" },
	{ VETH(",\"address\":\"fd00::1/64\""), -EINVAL,
	  "networks[0]: address: fd00::1 is not an IPv4 address" },
	{ VETH(",\"ipv6_address\":\"10.0.0.1/8\""), -EINVAL,
	  "networks[0]: ipv6_address: 10.0.0.1 is not an IPv6 address" },
	{ VETH(",\"address\":\"224.0.0.1/8\""), -EINVAL,
	  "networks[0]: address: 224.0.0.1/8 is a multicast address" },
	{ VETH(",\"addresses\":[\"0.0.0.0/8\"]"), -EINVAL,
	  "networks[0]: addresses: 0.0.0.0/8 is not an address of an interface" },
	{ VETH(",\"address\":\"10.0.0.1/8\",\"addresses\":\"10.0.0.1/24\""), -EINVAL,
	  "networks[0]: address 10.0.0.1/24 is given twice" },
	{ VETH(",\"gateway\":\"localhost\""), -EINVAL,
	  "networks[0]: gateway: 127.0.0.1 cannot be a gateway" },
	{ VETH(",\"gateway\":\"fe80::1\""), -EINVAL,
	  "networks[0]: gateway: fe80::1 is not an IPv4 address" },
	{ VETH(",\"mtu\":67"), -ERANGE,
	  "networks[0]: mtu: 67 is out of range (68 to 65535, or 0 to leave it)" },
	{ VETH(",\"mtu\":1279,\"ipv6_address\":\"fd00::1/64\""), -ERANGE,
	  "networks[0]: mtu: IPv6 needs at least 1280, and here it is 1279" },
	{ VETH(",\"bridge_address\":\"10.0.0.1/8\""), -EINVAL,
	  "networks[0]: bridge_address: there is no bridge to give it to" },
	{ VETH(",\"bridge\":\"br0\",\"host_address\":\"10.0.0.1/8\""), -EINVAL,
	  "networks[0]: host_address: the port of a bridge has no address; use bridge_address" },
	{ VETH(",\"hairpin_mode\":true"), -EINVAL,
	  "networks[0]: hairpin_mode: only the port of a bridge has it" },
	{ VETH(",\"bridge\":\"b:r\""), -EINVAL,
	  "networks[0]: bridge: interface name 'b:r': no '/', ':', '%' or white space allowed" },
	{ VETH(",\"veth_prefix\":\"twelve-bytes\""), -EINVAL,
	  "networks[0]: veth_prefix: 'twelve-bytes' leaves no room for 4 digits behind it (at most 11 bytes)" },
	{ VETH(",\"veth_prefix\":\"v%\""), -EINVAL,
	  "networks[0]: veth_prefix: interface name 'v%': no '/', ':', '%' or white space allowed" },
	{ VETH(",\"veth_prefix\":\"v\",\"host_interface_name\":\"h\""), -EINVAL,
	  "networks[0]: veth_prefix: host_interface_name gives the whole name already" },
	{ VETH(",\"context\":{\"prefix\":\"veth\"}"), -EINVAL,
	  "c.json:1:39: networks[0].context: the key 'bridge' is missing" },
	{ VETH(",\"context\":{\"bridge\":\"br0\"}"), -EINVAL,
	  "c.json:1:39: networks[0].context: the key 'prefix' is missing" },
	{ VETH(",\"context\":{\"bridge\":\"br0\",\"prefix\":\"\"}"), -EINVAL,
	  "c.json:1:39: networks[0].context: prefix is empty" },
	{ VETH(",\"bridge\":\"br1\",\"context\":{\"bridge\":\"br0\",\"prefix\":\"v\"}"), -EINVAL,
	  "c.json:1:14: networks[0]: bridge is 'br1', but in the context it is 'br0'" },
	{ VETH(",\"context\":[]"), -EINVAL,
	  "c.json:1:39: networks[0].context: expected an object, found an array" },
	{ VETH(",\"ipv6_gateway\":\"fd00::1\",\"gateway6\":\"fd00::1\""), -EINVAL, NULL },
	{ "{\"networks\":[{\"type\":\"netns\",\"context\":{}}]}", -EINVAL,
	  "c.json:1:40: networks[0].context: the key 'nspath' is missing" },
	{ "{\"networks\":[{\"type\":\"netns\",\"context\":{\"nspath\":\"\"}}]}", -EINVAL,
	  "c.json:1:40: networks[0].context: nspath is empty" },
	{ "{\"networks\":[{\"type\":\"netns\",\"ns_path\":\"/a\",\"context\":{\"nspath\":\"/b\"}}]}",
	  -EINVAL, "c.json:1:14: networks[0]: ns_path is '/a', but in the context it is '/b'" },
	{ "{\"networks\":[{\"type\":\"loopback\",\"name\":\"eth0\"}]}", -EINVAL,
	  "networks[0]: name: the loopback interface is named 'lo', not 'eth0'" },
	{ "{\"networks\":[{\"type\":\"netns\"}]}", -EINVAL, "networks[0]: ns_path is missing" },
	{ "{\"networks\":[{\"type\":\"netns\",\"ns_path\":\"blue\"}]}", -EINVAL,
	  "networks[0]: ns_path: blue is not an absolute path" },
	{ "{\"networks\":[{\"type\":\"netns\",\"ns_path\":\"/a\"},{\"type\":\"netns\",\"ns_path\":\"/b\"}]}",
	  -EINVAL, "networks[0] and networks[1]: only one namespace can be joined" },
	{ ROUTE(DEV ",\"destination\":\"10.9.0.5/24\""), -EINVAL,
	  "c.json:1:51: routes[0].destination: 10.9.0.5/24 has host bits set; did you mean 10.9.0.0/24?" },
	{ ROUTE(DEV), -EINVAL, "routes[0]: one of destination, gateway and source must be given" },
	{ ROUTE(DEV ",\"destination\":\"10.0.0.0/8\",\"gateway\":\"fd00::1\""), -EINVAL,
	  "routes[0]: destination, gateway and source are not of one family" },
	{ ROUTE(DEV ",\"gateway\":\"10.0.0.1\"},{" DEV ",\"gateway\":\"10.0.0.2\""), -EINVAL,
	  "routes[1]: a second route to 0.0.0.0/0; the first one is of routes[0]" },
	{ VETH(ADDRESS ",\"gateway\":\"10.8.0.1\""), -EINVAL,
	  "networks[0]: gateway: 10.8.0.1" NOT_ON "10.9.0.2/24" NO_ROUTE },
	{ VETH(ADDRESS ",\"addresses\":[\"10.7.0.2/24\",\"fd00::2/64\"],\"gateway\":\"10.8.0.1\""),
	  -EINVAL, "networks[0]: gateway: 10.8.0.1" NOT_ON "10.9.0.2/24, 10.7.0.2/24" NO_ROUTE },
	{ VETH(",\"gateway\":\"10.8.0.1\",\"ipv6_address\":\"fd00::2/64\""), -EINVAL,
	  "networks[0]: gateway: 10.8.0.1" NOT_ON "which has no IPv4 address" NO_ROUTE },
	{ VETH(",\"ipv6_gateway\":\"fd01::1\",\"ipv6_address\":\"fd00::2/64\""), -EINVAL,
	  "networks[0]: ipv6_gateway: fd01::1" NOT_ON "fd00::2/64" NO_ROUTE },
	{ VETH(",\"addresses\":{\"address\":\"10.9.0.1/32\",\"peer\":\"10.9.0.2\"},\"gateway\":\"10.9.0.3\""),
	  -EINVAL, "networks[0]: gateway: 10.9.0.3" NOT_ON "10.9.0.2/32" NO_ROUTE },
	/* That one leads over another link, or has a gateway itself. */
	{ VETH(ADDRESS ",\"gateway\":\"10.8.0.1\"},{\"type\":\"veth\",\"address\":\"10.8.0.2/24\""),
	  -EINVAL, "networks[0]: gateway: 10.8.0.1" NOT_ON "10.9.0.2/24" NO_ROUTE },
	{ VETH(ADDRESS ",\"routes\":[{\"destination\":\"10.8.0.0/16\",\"gateway\":\"10.9.0.1\"},"
		       "{\"destination\":\"10.7.0.0/16\",\"gateway\":\"10.8.0.1\"}]"),
	  -EINVAL, "networks[0].routes[1]: gateway: 10.8.0.1" NOT_ON "10.9.0.2/24" NO_ROUTE },
	{ ROUTED(DEV ",\"destination\":\"10.0.0.0/8\",\"gateway\":\"10.8.0.1\""), -EINVAL,
	  "routes[0]: gateway: 10.8.0.1" NOT_ON "10.9.0.2/24" NO_ROUTE },
	{ ROUTED("\"destination\":\"10.0.0.0/8\",\"nexthops\":[{" DEV
		 ",\"gateway\":\"10.9.0.1\"},{" DEV ",\"gateway\":\"10.8.0.1\"}]"),
	  -EINVAL, "routes[0]: nexthops[1]: gateway: 10.8.0.1" NOT_ON "10.9.0.2/24" NO_ROUTE },
	{ VETH(ADDRESS ",\"subnet\":\"fd00::/64\",\"routes\":[{\"gateway\":\"fd01::1\"}]"), -EINVAL,
	  "networks[0].routes[0]: gateway: fd01::1" NOT_ON "fd00::/64" NO_ROUTE },
};

static void bad_configs(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(refused); i++) {
		struct net_config c;
		struct err err = { 0 };
		int ret = load(refused[i].config, &c, &err);

		if (refused[i].text)
			assert_string_equal(err.text, refused[i].text);
		assert_int_equal(ret, refused[i].code);
		assert_int_equal(err.code, ret);
		json_release(&schema, &c);
	}
}

/* What makes the gateway of each known to the kernel, or may do so. */
static const char *const reached[] = {
	VETH(",\"address\":\"10.9.0.2/31\",\"gateway\":\"10.9.0.3\""),
	VETH(",\"addresses\":{\"address\":\"10.9.0.1/32\",\"peer\":\"10.9.0.2\"},\"gateway\":\"10.9.0.2\""),
	VETH(",\"addresses\":{\"address\":\"10.9.0.1/32\",\"peer\":\"10.9.0.2\"},\"gateway\":\"10.9.0.1\""),
	VETH(",\"address\":\"10.9.0.2/32\",\"gateway\":\"10.9.0.2\""),
	VETH(",\"address\":\"10.9.0.2/32\",\"gateway\":\"10.8.0.1\",\"routes\":[{\"destination\":\"10.8.0.1/32\"}]"),
	VETH(ADDRESS ",\"routes\":[{\"gateway\":\"10.8.0.1\",\"onlink\":true}]"),
	VETH(ADDRESS
	     ",\"routes\":[{\"gateway\":\"10.8.0.1\"},{\"destination\":\"10.8.0.0/16\",\"table\":7}]"),
	VETH(ADDRESS
	     ",\"routes\":[{\"gateway\":\"10.8.0.1\"},{\"destination\":\"10.8.0.0/16\",\"gateway\":"
	     "\"10.9.0.2\",\"scope\":\"link\"}]"),
	VETH(ADDRESS
	     ",\"routes\":[{\"gateway\":\"10.8.0.1\"},{\"destination\":\"10.8.0.0/16\",\"nexthops\":"
	     "[{" DEV "}]}]"),
	VETH(",\"ipv6_gateway\":\"fe80::1\""),
	VETH(",\"subnet\":\"10.9.0.0/24\",\"routes\":[{\"gateway\":\"10.9.0.1\"}]"),
	/* Of links that are not ours nothing is known, and to some kernels those of a VRF are one. */
	ROUTE(DEV ",\"gateway\":\"10.8.0.1\""),
	ROUTE("\"interface_name\":\"lo\",\"gateway\":\"10.8.0.1\""),
	VETH(ADDRESS
	     ",\"gateway\":\"10.8.0.1\",\"master\":\"vrf0\"},{\"type\":\"vrf\",\"table\":7"),
#ifdef CONFIG_NET_PASTA
	"{\"networks\":[{\"type\":\"pasta\",\"gateway\":\"10.8.0.1\"}]}",
#endif
};

static void good_gateways(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(reached); i++) {
		struct net_config c;
		struct err err = { 0 };

		load(reached[i], &c, &err);
		assert_string_equal(err.text, "");
		json_release(&schema, &c);
	}
}

/* What the predecessors' samples hold has to load, odd as it is. */
static void old_samples(void **state)
{
	static const char *const samples[] = {
		"{\"networks\":[{\"type\":\"loopback\",\"name\":\"\",\"bridge\":\"\",\"mac_address\":\"\","
		"\"address\":\"127.0.0.1/0\",\"gateway\":\"localhost\",\"ipv6_address\":\"\",\"ipv6_gateway\":\"\","
		"\"mtu\":0,\"txqueuelen\":0,\"host_interface_name\":\"\"}]}",
		"{\"networks\":[{\"type\":\"loopback\",\"address\":\"127.0.0.1/0\",\"gateway\":\"localhost\","
		"\"context\":{\"any\":1},\"veth_prefix\":\"veth\",\"mtu\":1500},"
		"{\"gateway\":\"172.17.42.1\",\"type\":\"veth\",\"address\":\"172.17.42.2/16\","
		"\"context\":{\"prefix\":\"veth\",\"bridge\":\"docker0\"},\"mtu\":1500}],\"routes\":[{\"gateway\":\"172.17.42.1\",\"interface_name\":\"eth0\"},"
		"{\"destination\":\"192.168.0.0/24\",\"interface_name\":\"eth0\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(samples); i++) {
		struct net_config c;
		struct err err = { 0 };

		load(samples[i], &c, &err);
		assert_string_equal(err.text, "");
		json_release(&schema, &c);
	}
}

static char *encoded(const struct net_config *c)
{
	char *text = NULL;
	struct err err;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(json_encode_compact(&schema, c, out, &err), 0);
	fclose(out);
	return text;
}

/* What a key of another month's becomes. */
static void other_spellings(void **state)
{
	static const char *const pairs[][2] = {
		{ VETH(",\"CONTEXT\":{\"Bridge\":\"br0\",\"prefix\":\"veth\"}"),
		  VETH(",\"bridge\":\"br0\",\"veth_prefix\":\"veth\"") },
		{ VETH(",\"bridge\":\"br0\",\"context\":{\"bridge\":\"br0\",\"prefix\":\"veth\"}"),
		  VETH(",\"bridge\":\"br0\",\"veth_prefix\":\"veth\"") },
		{ VETH(",\"address6\":\"fd00::2/64\",\"gateway6\":\"fd00::1\""),
		  VETH(",\"ipv6_address\":\"fd00::2/64\",\"ipv6_gateway\":\"fd00::1\"") },
		{ "{\"networks\":[{\"type\":\"netns\",\"context\":{\"nspath\":\"/a\"}}]}",
		  "{\"networks\":[{\"type\":\"netns\",\"ns_path\":\"/a\"}]}" },
		{ "{\"networks\":[{\"type\":\"loopback\",\"context\":{\"bridge\":\"br0\"}}]}",
		  "{\"networks\":[{\"type\":\"loopback\"}]}" },
		{ ROUTE("\"source\":\"10.0.0.7/24\"," DEV), ROUTE("\"source\":\"10.0.0.7\"," DEV) },
		{ ROUTE("\"destination\":\"fd00::7/64\"," DEV),
		  ROUTE("\"destination\":\"fd00::/64\"," DEV) },
	};

	(void)state;
	for (size_t i = 0; i < array_size(pairs); i++) {
		_cleanup_free_ char *text = NULL;
		struct net_config c;
		struct err err = { 0 };

		load(pairs[i][0], &c, &err);
		assert_string_equal(err.text, "");
		text = encoded(&c);
		assert_string_equal(text, pairs[i][1]);
		json_release(&schema, &c);
	}
}

/* A gateway and a route that say the same, and a route that is there twice, as the samples of 2014 have them. */
static void duplicate_routes(void **state)
{
	static const char config[] =
		"{\"networks\":[{\"type\":\"veth\",\"address\":\"10.9.0.2/24\",\"gateway\":\"10.9.0.1\"}],"
		"\"routes\":[{\"gateway\":\"10.9.0.1\",\"interface_name\":\"eth0\"},"
		"{\"destination\":\"10.8.0.0/24\",\"interface_name\":\"eth0\"},"
		"{\"destination\":\"0.0.0.0/0\",\"gateway\":\"10.9.0.1\",\"interface_name\":\"eth0\"},"
		"{\"destination\":\"10.8.0.0/24\",\"interface_name\":\"eth0\"}]}";
	struct net_config_routes routes;
	struct net_config c;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(load(config, &c, &err), 0);
	assert_int_equal(net_config_routes(&c, &routes, &err), 0);
	assert_int_equal(routes.count, 2);
	net_config_routes_release(&routes);
	json_release(&schema, &c);
}

/* A plan from invented findings: the order of the steps, and every line of the dry run. */
static void plan_of_a_bridge(void **state)
{
	static const char config[] =
		"{\"networks\":[{\"type\":\"loopback\"},{\"type\":\"veth\",\"bridge\":\"br0\","
		"\"bridge_address\":[\"10.9.0.1/24\",\"fd00::1/64\"],\"hairpin_mode\":true,\"mtu\":1400,"
		"\"address\":\"10.9.0.2/24\",\"ipv6_address\":\"fd00::2/64\",\"gateway\":\"10.9.0.1\"}],"
		"\"routes\":[{\"gateway\":\"10.9.0.1\",\"interface_name\":\"eth0\"},"
		"{\"destination\":\"fd01::/64\",\"gateway\":\"fd00::1\",\"source\":\"fd00::2\","
		"\"interface_name\":\"eth0\"}]}";
	static const char expected[] =
		"ip link add br0 address 06:9f:7b:6f:13:19 group 206 up type bridge\n"
		"ip link set dev br0 alias ctrnet:shared:bridge\n"
		"ip addr add 10.9.0.1/24 dev br0\n"
		"ip addr add fd00::1/64 dev br0 nodad\n"
		"ip netns exec container sysctl -w net.ipv6.conf.default.accept_dad=0\n"
		"ip link add vehost address fe:00:00:00:00:01 mtu 1400 numtxqueues 1 numrxqueues 1 group 206 master br0 up"
		" type veth peer name eth0 address 02:00:00:00:00:01 mtu 1400 numtxqueues 1 numrxqueues 1"
		" netns container\n"
		"ip link set dev vehost alias ctrnet:box\n"
		"ip link set dev vehost type bridge_slave hairpin on\n"
		"ip -n container link set dev lo up\n"
		"ip -n container link set dev eth0 up\n"
		"ip -n container addr add 10.9.0.2/24 dev eth0\n"
		"ip -n container addr add fd00::2/64 dev eth0 nodad\n"
		"ip -n container route add default via 10.9.0.1 dev eth0\n"
		"ip -n container -6 route add fd01::/64 via fd00::1 dev eth0 src fd00::2\n"
		"# wait until eth0 answers for fd00::2\n"
		"# wait until br0 answers for fd00::1\n"
		"# wait until vehost has carrier\n";
	struct endpoint ends[2] = {
		{ .name = "lo", .namespace_new = true },
		{ .name = "eth0",
		  .host_name = "vehost",
		  .namespace_new = true,
		  .mac.bytes = { 2, 0, 0, 0, 0, 1 },
		  .host_mac.bytes = { 0xfe, 0, 0, 0, 0, 1 } },
	};
	_cleanup_free_ char *text = NULL;
	struct plan plan = { 0 };
	struct net_config c;
	struct err err = { 0 };
	size_t len;
	FILE *out;

	(void)state;
	assert_int_equal(load(config, &c, &err), 0);
	assert_int_equal(net_plan(&c, ends, "box", true, &plan, &err), 0);
	out = open_memstream(&text, &len);
	plan_show(&plan, PHASE_PREPARE, out);
	plan_show(&plan, PHASE_CONNECT, out);
	fclose(out);
	assert_string_equal(text, expected);
	plan_release(&plan);
	json_release(&schema, &c);
}

/* Every step survives the journal. */
static void journal(void **state)
{
	static const char config[] =
		"{\"networks\":[{\"type\":\"veth\",\"address\":\"10.9.0.2/24\",\"gateway\":\"10.9.0.1\","
		"\"host_address\":[\"10.9.0.1/24\",\"fd00::1/64\"],\"ipv6_address\":\"fd00::2/64\"},"
		"{\"type\":\"loopback\"},{\"type\":\"veth\",\"bridge\":\"br0\",\"bridge_address\":\"10.8.0.1/24\"}]}";
	struct endpoint ends[3] = { { .name = "eth0", .host_name = "vea" },
				    { .name = "lo" },
				    { .name = "eth1", .host_name = "veb" } };
	_cleanup_free_ char *first = NULL, *second = NULL;
	const struct step_type *const *const tables[] = { net_step_types, NULL };
	struct plan plan = { 0 }, again = { 0 };
	struct net_config c;
	struct err err = { 0 };
	size_t len[2];
	FILE *out;

	(void)state;
	assert_int_equal(load(config, &c, &err), 0);
	assert_int_equal(net_plan(&c, ends, "box", false, &plan, &err), 0);
	out = open_memstream(&first, &len[0]);
	assert_int_equal(plan_encode(&plan, out, &err), 0);
	fclose(out);
	assert_int_equal(plan_decode(&again, tables, first, len[0], "journal", &err), 0);
	assert_int_equal(again.count, plan.count);
	out = open_memstream(&second, &len[1]);
	assert_int_equal(plan_encode(&again, out, &err), 0);
	fclose(out);
	assert_string_equal(first, second);
	plan_release(&plan);
	plan_release(&again);
	json_release(&schema, &c);
}

static void drivers(void **state)
{
	const struct net_driver *driver = NULL;
	struct err err;

	(void)state;
	assert_int_equal(net_driver_find("loopback", &driver, &err), 0);
	assert_ptr_equal(driver, &loopback_driver);
	assert_int_equal(net_driver_find("VETH", &driver, &err), -EINVAL);
	assert_ptr_equal(driver, &loopback_driver);
}

static void chosen_names(void **state)
{
	struct scope a = { .run_dir = (char *)"/run/ctrnet/a" },
		     b = { .run_dir = (char *)"/run/ctrnet/b" };
	char one[IFNAMSIZ], two[IFNAMSIZ];
	struct mac mac, other;

	(void)state;
	net_choose_name(&a, "eth0", "ve", 0, one);
	net_choose_name(&a, "eth0", "ve", 0, two);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), 14);
	net_choose_name(&a, "eth0", "ve", 1, two);
	assert_string_not_equal(one, two);
	net_choose_name(&a, "eth1", "ve", 0, two);
	assert_string_not_equal(one, two);
	net_choose_name(&b, "eth0", "ve", 0, two);
	assert_string_not_equal(one, two);
	net_choose_name(&a, "eth0", "veth", 0, one);
	assert_int_equal(strlen(one), 15);
	assert_memory_equal(one, "veth", 4);
	net_choose_name(&a, "eth0", "elevenbytes", 0, one);
	assert_int_equal(strlen(one), 15);
	assert_memory_equal(one, "elevenbytes", 11);
	net_choose_mac(&a, "eth0", 0xfe, &mac);
	net_choose_mac(&b, "eth0", 0xfe, &other);
	assert_int_equal(mac.bytes[0], 0xfe);
	assert_false(mac_equal(&mac, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_configs),      cmocka_unit_test(good_gateways),
		cmocka_unit_test(old_samples),      cmocka_unit_test(plan_of_a_bridge),
		cmocka_unit_test(journal),          cmocka_unit_test(drivers),
		cmocka_unit_test(chosen_names),     cmocka_unit_test(other_spellings),
		cmocka_unit_test(duplicate_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
