// SPDX-License-Identifier: Apache-2.0
/* Types of networks that are kinds of links: what is refused, in which order they are made, and as which commands. No kernel. */
#include "net/net.h"

#include "lib/cleanup.h"
#include "net/addr_list.h"
#include "net/driver.h"
#include "net/kind.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct json_field fields[] = { JSON_ARRAY(struct net_config, "networks", networks,
						       network_count, &network_schema),
					    JSON_END };
static const struct json_schema schema = JSON_SCHEMA(struct net_config, fields);

static int load(const char *networks, struct net_config *c, struct err *err)
{
	char text[2048];
	int ret;

	snprintf(text, sizeof(text), "{\"networks\":[%s]}", networks);
	ret = json_decode(&schema, c, text, strlen(text), "c", err);
	if (ret == 0)
		ret = net_check(c, err);
	return ret;
}

#define NET(type, keys) "{\"type\":\"" type "\"" keys "}"

#define ONE "H76EyrWx8lOHHKyrwmHNv5zAoE5yXoAz1czcK1U4hlI="
#define TWO "iO+Xs/xDu/dgCfaRH8mAsOSE4F4EeyjdHjjT1/Et4FQ="
#define WG(keys) \
	NET("wireguard", ",\"private_key\":\"stVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A=\"" keys)
#define PEER(key, keys) "{\"public_key\":\"" key "\"" keys "}"
#define PEERS(list)     ",\"peers\":[" list "]"
#define ENDPOINT(text)  WG(PEERS(PEER(ONE, ",\"endpoint\":\"" text "\"")))
#define AT_ENDPOINT     "c:1:176: networks[0].peers[0].endpoint: "

static const struct {
	const char *networks;
	int code;
	const char *text;
} refused[] = {
	{ NET("macvlan", ""), -EINVAL, "networks[0]: parent is missing" },
	{ NET("ipvlan", ""), -EINVAL, "networks[0]: parent is missing" },
	{ NET("vlan", ",\"id\":7"), -EINVAL, "networks[0]: parent is missing" },
	{ NET("vlan", ",\"parent\":\"p\""), -EINVAL,
	  "c:1:14: networks[0]: the key 'id' is missing" },
	{ NET("macvtap", ",\"parent\":\"a b\""), -EINVAL,
	  "networks[0]: parent: interface name 'a b': no '/', ':', '%' or white space allowed" },
	{ NET("macvlan", ",\"parent\":\"p\",\"mode\":\"l2\""), -EINVAL,
	  "c:1:52: networks[0].mode: unknown value \"l2\" (known: private, vepa, bridge, passthru, source)" },
	{ NET("ipvlan", ",\"parent\":\"p\",\"mode\":\"bridge\""), -EINVAL,
	  "c:1:51: networks[0].mode: unknown value \"bridge\" (known: l2, l3, l3s)" },
	{ NET("ipvlan", ",\"parent\":\"p\",\"mac_address\":\"02:00:00:00:00:01\""), -EINVAL,
	  "networks[0]: mac_address: an ipvlan has its parent's" },
	{ NET("macvlan",
	      ",\"parent\":\"p\",\"mode\":\"passthru\",\"mac_address\":\"02:00:00:00:00:01\""),
	  -EINVAL, "networks[0]: mac_address: in mode passthru it has its parent's" },
	{ NET("macvlan", ",\"parent\":\"p\",\"mode\":\"source\""), -EINVAL,
	  "networks[0]: mode: source hears nobody without source_macs" },
	{ NET("macvlan", ",\"parent\":\"p\",\"source_macs\":\"02:00:00:00:00:01\""), -EINVAL,
	  "networks[0]: source_macs: only the mode source has them" },
	{ NET("macvlan",
	      ",\"parent\":\"p\",\"mode\":\"source\",\"source_macs\":[\"02:00:00:00:00:01\",\"02:00:00:00:00:01\"]"),
	  -EINVAL, "c:1:96: networks[0].source_macs[1]: 02:00:00:00:00:01 is given twice" },
	{ NET("tun", ",\"mac_address\":\"02:00:00:00:00:01\""), -EINVAL,
	  "networks[0]: mac_address: a tun carries no Ethernet, and has none" },
	{ NET("vlan", ",\"parent\":\"p\",\"id\":4095"), -EINVAL,
	  "c:1:47: networks[0].id: 4095 is out of range (1 to 4094)" },
	{ NET("vxlan", ",\"id\":16777216"), -EINVAL,
	  "c:1:35: networks[0].id: 16777216 is out of range (1 to 16777215)" },
	{ NET("vxlan", ",\"id\":1,\"group\":\"10.0.0.1\",\"parent\":\"p\""), -EINVAL,
	  "networks[0]: group: 10.0.0.1 is not a multicast address" },
	{ NET("vxlan", ",\"id\":1,\"group\":\"239.0.0.1\""), -EINVAL,
	  "networks[0]: group: needs a parent, the interface that the group is on" },
	{ NET("vxlan",
	      ",\"id\":1,\"group\":\"239.0.0.1\",\"remote\":\"10.0.0.1\",\"parent\":\"p\""),
	  -EINVAL, "networks[0]: group: it is sent to a group or to a remote, not to both" },
	{ NET("vxlan", ",\"id\":1,\"remote\":\"239.0.0.1\""), -EINVAL,
	  "networks[0]: remote: 239.0.0.1 is a multicast address" },
	{ NET("vxlan", ",\"id\":1,\"remote\":\"10.0.0.1\",\"local\":\"fd00::1\""), -EINVAL,
	  "networks[0]: remote: an IPv4 address, and others are IPv6" },
	{ NET("vxlan", ",\"id\":1,\"remotes\":[\"10.0.0.1\",\"10.0.0.1\"]"), -EINVAL,
	  "networks[0]: remotes: 10.0.0.1 is given twice" },
	{ NET("vxlan", ",\"id\":1,\"remote\":\"10.0.0.1\",\"remotes\":\"10.0.0.1\""), -EINVAL,
	  "networks[0]: remotes: 10.0.0.1 is the remote already" },
	{ NET("geneve", ",\"id\":1"), -EINVAL, "c:1:14: networks[0]: the key 'remote' is missing" },
	{ NET("geneve", ",\"id\":1,\"remote\":\"0.0.0.0\""), -EINVAL,
	  "networks[0]: remote: 0.0.0.0 is not the address of a machine" },
	{ NET("wireguard", ""), -EINVAL,
	  "networks[0]: private_key is missing, and so is private_key_file" },
	{ NET("wireguard", ",\"private_key\":\"c2VjcmV0\""), -EINVAL,
	  "c:1:48: networks[0].private_key: a key is 32 bytes in base64, 44 characters; here are 8" },
	{ NET("wireguard", ",\"private_key_file\":\"wg.key\""), -EINVAL,
	  "networks[0]: private_key_file: 'wg.key' is not an absolute path" },
	{ NET("wireguard",
	      ",\"private_key_file\":\"/tVkwDivKu13rVYZhyQJQXNRJH97NF7mTTxLH/cvn9A=\""),
	  -EINVAL,
	  "networks[0]: private_key_file: this is a key, and should be the path of a file" },
	{ WG(",\"private_key_file\":\"/wg.key\""), -EINVAL,
	  "networks[0]: private_key_file: there is a private_key as well" },
	{ WG(",\"listen_port\":65536"), -EINVAL,
	  "c:1:109: networks[0].listen_port: 65536 is out of range (0 to 65535)" },
	{ WG(",\"mac_address\":\"02:00:00:00:00:01\""), -EINVAL,
	  "networks[0]: mac_address: a wireguard carries no Ethernet, and has none" },
	{ WG(PEERS("{}")), -EINVAL,
	  "c:1:104: networks[0].peers[0]: the key 'public_key' is missing" },
	{ WG(PEERS(PEER("H76EyrWx8lOHHKyrwmHNv5zAoE5yXoAz1czcK1U4hl==", ""))), -EINVAL,
	  "c:1:118: networks[0].peers[0].public_key: a key is 32 bytes in base64; these 44 characters are not" },
	{ WG(PEERS(PEER(ONE, "") "," PEER(TWO, "") "," PEER(ONE, ""))), -EINVAL,
	  "networks[0]: peers[2].public_key: it is that of peers[0]" },
	{ WG(PEERS(PEER(ONE, ",\"persistent_keepalive\":65536"))), -EINVAL,
	  "c:1:188: networks[0].peers[0].persistent_keepalive: 65536 is out of range (0 to 65535)" },
	{ WG(PEERS(PEER(ONE, ",\"preshared_key\":\"" TWO "\",\"preshared_key_file\":\"/k\""))),
	  -EINVAL, "networks[0]: peers[0]: preshared_key_file: there is a preshared_key as well" },
	{ WG(PEERS(PEER(ONE, ",\"allowed_ips\":[\"10.0.0.1/8\"]"))), -EINVAL,
	  "c:1:180: networks[0].peers[0].allowed_ips[0]: 10.0.0.1/8 has host bits set; did you mean 10.0.0.0/8?" },
	{ WG(PEERS(PEER(ONE, ",\"allowed_ips\":[\"10.0.0.0/8\",\"fd00::/8\",\"10.0.0.0/8\"]"))),
	  -EINVAL, "networks[0]: peers[0].allowed_ips: 10.0.0.0/8 is given twice" },
	{ WG(PEERS(PEER(ONE, ",\"allowed_ips\":\"fd00::/8\"") "," PEER(
		  TWO, ",\"allowed_ips\":[\"10.0.0.0/8\",\"fd00::/8\"]"))),
	  -EINVAL, "networks[0]: peers[1].allowed_ips: fd00::/8 is one of peers[0]" },
	{ ENDPOINT("192.0.2.1"), -EINVAL,
	  AT_ENDPOINT
	  "192.0.2.1: expected ADDRESS:PORT, as in 192.0.2.1:51820 or [2001:db8::1]:51820" },
	{ ENDPOINT("2001:db8::1:51820"), -EINVAL,
	  AT_ENDPOINT
	  "2001:db8::1:51820: expected ADDRESS:PORT, as in 192.0.2.1:51820 or [2001:db8::1]:51820" },
	{ ENDPOINT("[2001:db8::1]51820"), -EINVAL,
	  AT_ENDPOINT
	  "[2001:db8::1]51820: expected ADDRESS:PORT, as in 192.0.2.1:51820 or [2001:db8::1]:51820" },
	{ ENDPOINT("[192.0.2.1]:51820"), -EINVAL,
	  AT_ENDPOINT "[192.0.2.1]:51820: an IPv6 address, and no other, stands in brackets" },
	{ ENDPOINT("vpn.example.org:51820"), -EINVAL,
	  AT_ENDPOINT
	  "vpn.example.org:51820: 'vpn.example.org' is no IP address, and names are not looked up" },
	{ ENDPOINT("192.0.2.1:0"), -EINVAL,
	  AT_ENDPOINT "192.0.2.1:0: the port has to be 1 to 65535" },
	{ ENDPOINT("192.0.2.1:65536"), -EINVAL,
	  AT_ENDPOINT "192.0.2.1:65536: the port has to be 1 to 65535" },
	{ ENDPOINT("224.0.0.1:5"), -EINVAL,
	  "networks[0]: peers[0]: endpoint: 224.0.0.1 is a multicast address" },
	{ WG(",\"route_allowed_ips\":true,\"socket\":\"container\"" PEERS(
		  PEER(ONE, ",\"allowed_ips\":\"::/0\""))),
	  -EINVAL,
	  "networks[0]: route_allowed_ips: a route to ::/0 would lead the tunnel into itself, with its socket in the container" },
	{ WG(",\"route_allowed_ips\":true,\"gateway\":\"10.0.0.1\"" PEERS(
		  PEER(ONE, ",\"allowed_ips\":\"0.0.0.0/0\""))),
	  -EINVAL,
	  "networks[0] (wg0): a second route to 0.0.0.0/0; the first one is of networks[0] (wg0)" },
	{ NET("vrf", ""), -EINVAL, "c:1:14: networks[0]: the key 'table' is missing" },
	{ NET("macvlan", ",\"name\":\"a\",\"parent\":\"b\"") "," NET(
		  "macvlan",
		  ",\"name\":\"b\",\"parent\":\"c\"") "," NET("macvlan",
							      ",\"name\":\"c\",\"parent\":\"b\""),
	  -EINVAL, "networks[1]: loop of parents: b -> c -> b" },
	{ NET("macvlan", ",\"name\":\"a\",\"parent\":\"b\"") "," NET(
		  "macvlan", ",\"name\":\"b\",\"parent\":\"a\""),
	  -EINVAL, "networks[0]: loop of parents: a -> b -> a" },
	{ NET("veth", ",\"name\":\"low\",\"mtu\":1400") "," NET(
		  "vlan", ",\"id\":7,\"parent\":\"low\",\"mtu\":1401"),
	  -ERANGE, "networks[1]: mtu: 1401 is above the 1400 that its parent 'low' leaves it" },
	{ NET("veth", ",\"name\":\"low\",\"mtu\":1400") "," NET(
		  "vxlan", ",\"id\":7,\"parent\":\"low\",\"remotes\":\"fd00::1\",\"mtu\":1331"),
	  -ERANGE, "networks[1]: mtu: 1331 is above the 1330 that its parent 'low' leaves it" },
	{ NET("veth", ",\"master\":\"br7\""), -EINVAL,
	  "networks[0]: master: no other network has the name 'br7'" },
	{ NET("dummy", "") "," NET("veth", ",\"master\":\"dummy0\""), -EINVAL,
	  "networks[1]: master: 'dummy0' is a dummy, which has no ports (a bridge or a vrf has)" },
	{ NET("loopback", ",\"master\":\"br0\""), -EINVAL,
	  "networks[0]: master: a loopback has none" },
	{ NET("host", ",\"address\":\"10.0.0.1/8\""), -EINVAL,
	  "networks[0]: address: the host's network stays as it is" },
	{ NET("host", "") "," NET("loopback", ""), -EINVAL,
	  "networks[0] and networks[1]: with the host's network there is no other" },
};

static void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(refused); i++) {
		struct net_config c;
		struct err err = { 0 };
		int ret = load(refused[i].networks, &c, &err);

		assert_string_equal(err.text, refused[i].text);
		assert_int_equal(ret, refused[i].code);
		json_release(&schema, &c);
	}
}

/* Of a plan for a namespace of the container's own: all but lo, or how it says what is waited for. */
static void expect_plan(const char *networks, bool mortal, const char *expected)
{
	const struct step_type *const *const tables[] = { net_step_types, NULL };
	_cleanup_free_ char *text = NULL, *first = NULL, *second = NULL;
	struct endpoint ends[4] = { 0 };
	struct plan plan = { 0 }, again = { 0 };
	struct scope scope = { .run_dir = (char *)"/nowhere", .dry = true };
	struct net_config c;
	struct err err = { 0 };
	size_t len;
	FILE *out;

	if (load(networks, &c, &err) < 0)
		fail_msg("%s", err.text);
	/* Only those with a parent on the host ask for it. */
	for (size_t i = 0; i < c.network_count; i++)
		ends[i].mac = (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)i } };
	if (net_resolve(&c, &scope, mortal, ends, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(net_plan(&c, ends, "box", mortal, &plan, &err), 0);
	out = open_memstream(&text, &len);
	plan_show(&plan, PHASE_CONNECT, out);
	fclose(out);
	assert_string_equal(text, expected);
	/* And it survives the journal. */
	out = open_memstream(&first, &len);
	assert_int_equal(plan_encode(&plan, out, &err), 0);
	fclose(out);
	if (plan_decode(&again, tables, first, len, "journal", &err) < 0)
		fail_msg("%s", err.text);
	out = open_memstream(&second, &len);
	assert_int_equal(plan_encode(&again, out, &err), 0);
	fclose(out);
	assert_string_equal(first, second);
	plan_release(&plan);
	plan_release(&again);
	json_release(&schema, &c);
	scope_release(&(struct scope){ .handles = scope.handles });
}

#define NO_DAD   "ip netns exec container sysctl -w net.ipv6.conf.default.accept_dad=0\n"
#define LO       "ip -n container link set dev lo up\n"
#define UP(name) "ip -n container link set dev " name " up\n"
#define MAC(m)   ",\"mac_address\":\"" m "\""
#define M1       "02:00:00:00:00:01"
#define M2       "02:00:00:00:00:02"

/* Parents first, below the name that is declared; up only when its parent is. */
static void order(void **state)
{
	(void)state;
	expect_plan(
		NET("vlan", ",\"id\":7,\"protocol\":\"802.1ad\",\"parent\":\"low\"" MAC(
				    M1)) "," NET("dummy", ",\"name\":\"low\",\"mtu\":1400" MAC(M2)),
		true,
		NO_DAD "ip -n container link add name low address " M2 " mtu 1400 up type dummy\n"
		       "ip -n container link add link low name vlan0 address " M1
		       " type vlan protocol 802.1ad id 7\n" LO UP("low")
			       UP("vlan0") "# wait until vlan0 has carrier, if low has\n");
}

/* In a namespace that stays they are marked, and not up before duplicate address detection is off. */
static void joined(void **state)
{
	(void)state;
	expect_plan(
		NET("dummy", MAC(M1)) "," NET("tap", MAC(M2)), false,
		"ip -n container link add name dummy0 address " M1 " type dummy\n"
		"ip -n container link set dev dummy0 alias ctrnet:box\n"
		"ip -n container tuntap add dev tap0 mode tap user 0\n"
		"ip -n container link set dev tap0 address " M2 " alias ctrnet:box\n"
		"ip netns exec container sysctl -w net.ipv6.conf.dummy0.accept_dad=0\n" UP(
			"dummy0") "ip netns exec container sysctl -w net.ipv6.conf.tap0.accept_dad=0\n" UP("tap0"));
}

static void keys(void **state)
{
	(void)state;
	expect_plan(NET("ipvlan", ",\"link\":\"low\",\"mode\":\"l3s\",\"flags\":\"vepa\"") "," NET(
			    "dummy", ",\"name\":\"low\"" MAC(M1)),
		    true,
		    NO_DAD
		    "ip -n container link add name low address " M1 " up type dummy\n"
		    "ip -n container link add link low name eth0 type ipvlan mode l3s vepa\n" LO UP(
			    "low") UP("eth0") "# wait until eth0 has carrier, if low has\n");
	expect_plan(
		NET("vxlan",
		    ",\"id\":9,\"local\":\"fd00::1\",\"remotes\":[\"fd00::2\",\"fd00::3\"],\"port\":99,\"ttl\":3,"
		    "\"learning\":false" MAC(M1)),
		true,
		NO_DAD
		"ip link add name vxlan0 netns container address " M1
		" up type vxlan id 9 local fd00::1 remote fd00::2 dstport 99 ttl 3 nolearning\n"
		"bridge -n container fdb append 00:00:00:00:00:00 dev vxlan0 dst fd00::2 self permanent\n"
		"bridge -n container fdb append 00:00:00:00:00:00 dev vxlan0 dst fd00::3 self permanent\n" LO
			UP("vxlan0"));
	expect_plan(NET("vrf", ",\"name\":\"red\",\"table\":10" MAC(M1)) "," NET(
			    "dummy", ",\"master\":\"red\"" MAC(M2)),
		    true,
		    NO_DAD
		    "ip -n container link add name red address " M1 " up type vrf table 10\n"
		    "ip -n container link add name dummy0 address " M2 " up type dummy\n" LO UP(
			    "red") "ip -n container link set dev dummy0 master red\n" UP("dummy0"));
	expect_plan(
		NET("macvtap",
		    ",\"parent\":\"low\",\"mode\":\"source\",\"source_macs\":[\"02:00:00:00:00:0a\",\"02:00:00:00:00:0b\"]" MAC(
			    M1)) "," NET("dummy", ",\"name\":\"low\"" MAC(M2)),
		true,
		NO_DAD
		"ip -n container link add name low address " M2 " up type dummy\n"
		"ip -n container link add link low name macvtap0 address " M1
		" type macvtap mode source macaddr set 02:00:00:00:00:0a 02:00:00:00:00:0b\n" LO UP(
			"low") UP("macvtap0") "# wait until macvtap0 has carrier, if low has\n");
	expect_plan(NET("bridge", ",\"stp\":true,\"vlan_filtering\":true" MAC(M1)), true,
		    NO_DAD "ip -n container link add name br0 address " M1
			   " up type bridge stp_state 1 vlan_filtering 1\n" LO UP("br0"));
	expect_plan(
		NET("tun", ",\"owner\":7,\"group\":8,\"multi_queue\":true"), true,
		NO_DAD
		"ip -n container tuntap add dev tun0 mode tun user 7 group 8 multi_queue\n" LO UP(
			"tun0"));
	expect_plan(NET("host", ""), true, LO);
	expect_plan(
		WG(",\"listen_port\":51820,\"fwmark\":7,\"mtu\":1400,\"address\":\"10.7.0.2/24\","
		   "\"route_allowed_ips\":true" PEERS(PEER(
			   ONE,
			   ",\"preshared_key\":\"" TWO
			   "\",\"endpoint\":\"[2001:db8::1]:5\",\"persistent_keepalive\":25,"
			   "\"allowed_ips\":[\"10.7.0.3/32\",\"10.8.0.0/16\"]") "," PEER(TWO,
											 ",\"preshared_key_file\":\"/etc/wireguard/my key\",\"allowed_ips\":\"::/0\""))),
		true,
		NO_DAD
		"ip link add name wg0 netns container mtu 1400 up type wireguard\n"
		"ip netns exec container wg set wg0 listen-port 51820 fwmark 7 private-key wg0.key\n"
		"ip netns exec container wg set wg0 peer " ONE
		" preshared-key wg0.peer0.key endpoint [2001:db8::1]:5 persistent-keepalive 25"
		" allowed-ips 10.7.0.3/32,10.8.0.0/16\n"
		"ip netns exec container wg set wg0 peer " TWO
		" preshared-key '/etc/wireguard/my key' allowed-ips ::/0\n" LO UP(
			"wg0") "ip -n container addr add 10.7.0.2/24 dev wg0\n"
			       "ip -n container route add 10.8.0.0/16 dev wg0\n"
			       "ip -n container -6 route add default dev wg0\n");
	/* Its packets leave by the container's routes. */
	expect_plan(WG(",\"socket\":\"container\""), true,
		    NO_DAD "ip -n container link add name wg0 up type wireguard\n"
			   "ip netns exec container wg set wg0 private-key wg0.key\n" LO UP("wg0"));
}

/* The two tables of a kind agree: each attribute is a key of its options. */
static void tables(void **state)
{
	const struct net_driver *d;
	size_t kinds = 0;

	(void)state;
	for (size_t i = 0; (d = net_driver_at(i)); i++) {
		if (!d->kind)
			continue;
		kinds++;
		assert_string_equal(d->kind->name, d->type);
		assert_ptr_equal(d->kind->options, d->options);
		assert_ptr_equal(link_kind_find(d->type), d->kind);
		for (const struct kind_attr *a = d->kind->attrs; a && a->key; a++) {
			const struct json_field *f = d->options->fields;

			while (f->type != JSON_TYPE_END && strcmp(f->key, a->key) != 0)
				f++;
			assert_int_not_equal(f->type, JSON_TYPE_END);
			if (a->form == KIND_ADDR)
				assert_int_equal(f->size, sizeof(struct ip_addr));
			else if (a->form == KIND_MACS)
				assert_int_equal(f->size, sizeof(struct mac_list));
			else
				assert_true(f->size <= 4);
		}
	}
	assert_int_equal(kinds, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals), cmocka_unit_test(order),  cmocka_unit_test(joined),
		cmocka_unit_test(keys),     cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
