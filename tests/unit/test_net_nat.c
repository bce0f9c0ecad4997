// SPDX-License-Identifier: Apache-2.0
/*
 * Address translation: what is refused, in the words that the user reads; what is planned; and the table and its elements in a
 * network namespace of the test's own, where nft(8) is the witness.
 */
#include "net/nat.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "net/driver.h"
#include "net/net.h"
#include "net/netns.h"
#include "net/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct json_field fields[] = { JSON_ARRAY(struct net_config, "networks", networks,
						       network_count, &network_schema),
					    JSON_END };
static const struct json_schema schema = JSON_SCHEMA(struct net_config, fields);

static int load(const char *text, struct net_config *c, struct err *err)
{
	int ret = json_decode(&schema, c, text, strlen(text), "c.json", err);

	if (ret == 0)
		ret = net_check(c, err);
	return ret;
}

/* --- What is refused --- */

#define VETH(keys)  "{\"networks\":[{\"type\":\"veth\",\"address\":\"10.9.0.2/24\"" keys "}]}"
#define PORTS(list) VETH(",\"ports\":[" list "]")
#define PORT(keys)  PORTS("{\"host\":8080," keys "}")
#define AT(column)  "c.json:1:" column ": networks[0]."

static const struct {
	const char *config;
	int code;
	const char *text;
} refused[] = {
	{ PORTS("{\"host\":0}"), -EINVAL,
	  AT("70") "ports[0].host: 0 is out of range (1 to 65535)" },
	{ PORTS("{\"host\":65536}"), -EINVAL,
	  AT("70") "ports[0].host: 65536 is out of range (1 to 65535)" },
	{ PORTS("{\"host\":-1}"), -EINVAL,
	  AT("70") "ports[0].host: -1 is out of range (1 to 65535)" },
	{ PORTS("{\"host\":\"0-5\"}"), -EINVAL,
	  AT("70") "ports[0].host: 0 is out of range (1 to 65535)" },
	{ PORTS("{\"host\":\"80-99999\"}"), -EINVAL,
	  AT("70") "ports[0].host: 99999 is out of range (1 to 65535)" },
	{ PORTS("{\"host\":\"80-70\"}"), -EINVAL,
	  AT("70") "ports[0].host: the range 80-70 runs backwards" },
	{ PORTS("{\"host\":\"80-\"}"), -EINVAL,
	  AT("70") "ports[0].host: '80-' is neither a port nor a range, as in \"8000-8010\"" },
	{ PORTS("{\"host\":\"http\"}"), -EINVAL,
	  AT("70") "ports[0].host: 'http' is neither a port nor a range, as in \"8000-8010\"" },
	{ PORTS("{\"container\":80}"), -EINVAL, NULL },
	{ PORT("\"container\":\"80-81\""), -EINVAL,
	  AT("62") "ports[0]: container: 2 ports, but host has 1" },
	{ PORT("\"protocol\":\"icmp\""), -EINVAL, NULL },
	{ PORT("\"host_address\":\"localhost\""), -EINVAL,
	  AT("90") "ports[0].host_address: localhost: expected an address, as in 172.17.0.1 or 2001:db8::1" },
	{ PORT("\"host_address\":\"2001:db8::1\""), -EINVAL,
	  "networks[0]: ports[0]: host_address: 2001:db8::1 is an IPv6 address, and the network has none" },
	{ PORT("\"host_address\":\"224.0.0.1\""), -EINVAL,
	  "networks[0]: ports[0]: host_address: 224.0.0.1 is a multicast address" },
	{ VETH(",\"ipv6_address\":\"fd00::2/64\",\"ports\":[{\"host\":80,\"host_address\":\"::1\"}]"),
	  -EINVAL, "networks[0]: ports[0]: host_address: ::1 cannot be forwarded; 127.0.0.1 can" },
	{ PORTS("{\"host\":80},{\"host\":\"79-81\"}"), -EINVAL,
	  "networks[0]: ports[1].host: ports[0] has tcp port 80 already" },
	{ PORTS("{\"host\":80,\"host_address\":\"192.0.2.1\"},{\"host\":80}"), -EINVAL,
	  "networks[0]: ports[1].host: ports[0] has tcp port 80 already" },
	{ PORTS("{\"host\":80,\"host_address\":\"192.0.2.1\"},{\"host\":80,\"host_address\":\"0.0.0.0\"}"),
	  -EINVAL, "networks[0]: ports[1].host: ports[0] has tcp port 80 already" },
	{ PORTS("{\"host\":80}") /* and in two networks */, 0, NULL },
	{ "{\"networks\":[{\"type\":\"veth\",\"address\":\"10.9.0.2/24\",\"ports\":[{\"host\":81},{\"host\":80}]},"
	  "{\"type\":\"veth\",\"address\":\"10.8.0.2/24\",\"ports\":[{\"host\":80}]}]}",
	  -EINVAL, "networks[1].ports[0].host: networks[0].ports[1] has tcp port 80 already" },
	{ PORTS("{\"host\":\"1-4097\"}"), -E2BIG,
	  "networks[0]: ports: 4097 of them, and at most 4096 can be mapped" },
	{ PORTS("{\"host\":80},{\"host\":80,\"protocol\":\"udp\"},{\"host\":80,\"protocol\":\"sctp\"}"),
	  0, NULL },
	{ PORTS("{\"host\":80,\"host_address\":\"192.0.2.1\"},{\"host\":80,\"host_address\":\"192.0.2.2\"}"),
	  0, NULL },
	{ "{\"networks\":[{\"type\":\"veth\",\"masquerade\":true}]}", -EINVAL,
	  "networks[0]: masquerade: the network has no address" },
	{ "{\"networks\":[{\"type\":\"veth\",\"ports\":[{\"host\":80}]}]}", -EINVAL,
	  "networks[0]: ports: the network has no address" },
	{ VETH(",\"snat\":\"fd00::1\""), -EINVAL,
	  "networks[0]: snat: fd00::1 is an IPv6 address, and the network has none" },
	{ VETH(",\"snat\":[\"192.0.2.1\",\"192.0.2.2\"]"), -EINVAL,
	  AT("73") "snat[1]: 192.0.2.2 is a second IPv4 address" },
	{ VETH(",\"snat\":\"127.0.0.1\""), -EINVAL,
	  "networks[0]: snat: 127.0.0.1 cannot be a source" },
	{ VETH(",\"snat\":\"\""), -EINVAL, AT("60") "snat: an empty address" },
	{ VETH(",\"internal\":true,\"gateway\":\"10.9.0.1\""), -EINVAL,
	  "networks[0]: gateway: nothing leaves or enters an internal network" },
	{ VETH(",\"internal\":true,\"ports\":[{\"host\":80}]"), -EINVAL,
	  "networks[0]: ports: nothing leaves or enters an internal network" },
	{ VETH(",\"internal\":true,\"masquerade\":true"), -EINVAL,
	  "networks[0]: masquerade: nothing leaves or enters an internal network" },
	{ "{\"networks\":[{\"type\":\"netns\",\"ns_path\":\"/run/netns/x\",\"isolate\":true}]}",
	  -EINVAL,
	  "networks[0]: isolate: packets of a network of type 'netns' do not pass through a link of the host" },
};

static void bad_configs(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(refused); i++) {
		struct net_config c = { 0 };
		struct err err = { 0 };
		int ret = load(refused[i].config, &c, &err);

		if (refused[i].text)
			assert_string_equal(err.text, refused[i].text);
		if (ret != refused[i].code)
			fail_msg("%s: %d, %s", refused[i].config, ret, err.text);
		json_release(&schema, &c);
	}
}

/* What was decoded is written as it was read. */
static void round_trip(void **state)
{
	static const char *const texts[] = {
		VETH(",\"masquerade\":true,\"snat\":[\"192.0.2.1\",\"2001:db8::1\"],\"ports\":[{\"host\":80},{\"host\":\"8000-8010\","
		     "\"container\":\"9000-9010\",\"protocol\":\"udp\",\"host_address\":\"127.0.0.1\"}],\"isolate\":true"),
		VETH(",\"snat\":\"192.0.2.1\",\"internal\":true"),
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct net_config c = { 0 };
		struct err err = { 0 };
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_int_equal(json_decode(&schema, &c, texts[i], strlen(texts[i]), "c", &err),
				 0);
		assert_int_equal(json_encode_compact(&schema, &c, out, &err), 0);
		fclose(out);
		assert_string_equal(text, texts[i]);
		free(text);
		json_release(&schema, &c);
	}
}

/* --- In a namespace of the test's own --- */

struct world {
	int home;
	char dir[64];
	struct scope scope;
	struct nl *nl;
	struct err err;
};

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char run_dir[128], shared[128];

	if (!w)
		return -1;
	snprintf(w->dir, sizeof(w->dir), "/tmp/ctrnet-test-XXXXXX");
	w->home = netns_open_own(NULL);
	if (w->home < 0 || !mkdtemp(w->dir) || unshare(CLONE_NEWNET) < 0)
		return -1;
	snprintf(run_dir, sizeof(run_dir), "%s/a", w->dir);
	snprintf(shared, sizeof(shared), "%s/shared", w->dir);
	mkdir(run_dir, 0700);
	if (scope_init(&w->scope, "a", run_dir, shared, NULL) < 0)
		return -1;
	*state = w;
	return nl_for_netfilter(&w->scope, SCOPE_HOST, &w->nl, NULL);
}

static int end_world(void **state)
{
	struct world *w = *state;

	scope_release(&w->scope);
	file_remove_tree(AT_FDCWD, w->dir, NULL);
	netns_leave(w->home, NULL);
	free(w);
	return 0;
}

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

static void run(const char *cmd)
{
	assert_int_equal(system(cmd), 0);
}

static struct nft_table_args table = { SCOPE_HOST };

static void make_table(struct world *w)
{
	if (nft_table_step.apply(&w->scope, &table, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static struct nft_element_args port(const char *mark, uint16_t from, uint32_t count)
{
	struct nft_element_args a = {
		.ns = SCOPE_HOST,
		.set = "any_ports4",
		.protocol = 6,
		.port = from,
		.to_port = 80,
		.count = count,
	};

	assert_int_equal(ip_addr_parse("10.9.0.2", &a.to, NULL), 0);
	snprintf(a.mark, sizeof(a.mark), "%s", mark);
	return a;
}

#define COUNT(set)                                                                                \
	"nft -j list table inet ctrnet | jq '[.nftables[] | .set, .map | select(.name? == \"" set \
	"\") | .elem[]?] | length'"

static void made_and_gone(void **state)
{
	struct world *w = *state;

	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), -ENOENT);
	make_table(w);
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), 0);
	/* Again is the same. */
	make_table(w);
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), 0);
	expect("nft list ruleset | grep -A 1 ^table | tr -s '[:space:]' ' '",
	       "table inet ctrnet { comment \"ctrnet:shared:nat2\" ");
	assert_int_equal(nft_table_step.revert(&w->scope, &table, &w->err), 0);
	assert_int_equal(nft_table_step.revert(&w->scope, &table, &w->err), 0);
	expect("nft list ruleset", "");
}

static void strangers_table(void **state)
{
	struct world *w = *state;

	run("nft add table inet ctrnet '{ comment \"mine\"; }'");
	assert_int_equal(nft_table_step.apply(&w->scope, &table, &w->err), -EEXIST);
	assert_string_equal(w->err.text,
			    "table inet ctrnet of nftables is there, and is not ctrnet's");
	assert_int_equal(nft_table_step.revert(&w->scope, &table, &w->err), 0);
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), -ESTALE);
	expect("nft list tables", "table inet ctrnet");
}

/* Each rule that is missing, or that is not ours, is seen; mending keeps the elements. */
static void tampered_table(void **state)
{
	struct world *w = *state;
	struct nft_element_args a = port("ctrnet:a", 8000, 1);

	make_table(w);
	assert_int_equal(nft_element_step.apply(&w->scope, &a, &w->err), 0);
	run("nft flush chain inet ctrnet postrouting");
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), -ENOENT);
	assert_string_equal(w->err.text, "chain postrouting of table inet ctrnet lacks the rule"
					 " 'ct status dnat ip saddr . oifname @links4 masquerade'");
	make_table(w);
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), 0);
	run("nft add rule inet ctrnet forward accept");
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), -ESTALE);
	make_table(w);
	assert_int_equal(nft_table_step.probe(&w->scope, &table, &w->err), 0);
	expect(COUNT("any_ports4"), "1");
}

struct found {
	size_t count;
	struct nft_element_args last;
};

static void keep(void *arg, const struct nft_element_args *element)
{
	struct found *f = arg;

	f->count++;
	f->last = *element;
}

/* One of each set comes back as it was written. */
static void every_set(void **state)
{
	struct world *w = *state;

	make_table(w);
	for (const struct nft_set *set = nft_sets; set->name; set++) {
		struct nft_element_args a = { .ns = SCOPE_HOST,
					      .protocol = 17,
					      .port = 8000,
					      .link = "br-0.1",
					      .to_port = 80,
					      .mark = "ctrnet:a" };
		const bool ipv6 = set->family == AF_INET6;
		struct found f = { 0 };

		snprintf(a.set, sizeof(a.set), "%s", set->name);
		ip_addr_parse(ipv6 ? "2001:db8::1" : "192.0.2.1", &a.address, NULL);
		ip_addr_parse(ipv6 ? "fd00::2" : "10.9.0.2", &a.to, NULL);
		if (set->value[0] != NFT_END && set->value[1] == NFT_END)
			a.to_port = 0;
		assert_int_equal(nft_element_step.probe(&w->scope, &a, &w->err), -ENOENT);
		if (nft_element_step.apply(&w->scope, &a, &w->err) < 0)
			fail_msg("%s: %s", set->name, w->err.text);
		if (nft_element_step.probe(&w->scope, &a, &w->err) < 0)
			fail_msg("%s: %s", set->name, w->err.text);
		assert_int_equal(nft_each_element(w->nl, set, keep, &f, &w->err), 0);
		assert_int_equal(f.count, 1);
		assert_string_equal(f.last.mark, "ctrnet:a");
		for (const enum nft_part *p = set->key; *p != NFT_END; p++) {
			assert_true(*p != NFT_PROTOCOL || f.last.protocol == 17);
			assert_true(*p != NFT_PORT || f.last.port == 8000);
			assert_true(*p != NFT_LINK || !strcmp(f.last.link, "br-0.1"));
			assert_true((*p != NFT_IPV4 && *p != NFT_IPV6) ||
				    ip_addr_equal(&f.last.address, &a.address));
		}
		if (set->value[0] != NFT_END)
			assert_true(ip_addr_equal(&f.last.to, &a.to));
		assert_int_equal(f.last.to_port, set->value[0] == NFT_END ? 0 : a.to_port);
		assert_int_equal(nft_element_step.revert(&w->scope, &a, &w->err), 0);
		assert_int_equal(nft_element_step.revert(&w->scope, &a, &w->err), 0);
	}
	expect("nft list ruleset | grep -c elements", "0");
}

/* All the ports there may be, and a mark as long as any: the messages hold them. */
static void many(void **state)
{
	struct world *w = *state;
	char mark[256], cut[NFT_MARK_MAX];
	struct nft_element_args a;

	make_table(w);
	memset(mark, 'x', sizeof(mark) - 1);
	mark[sizeof(mark) - 1] = '\0';
	nft_mark(mark, cut);
	assert_int_equal(strlen(cut), NFT_MARK_MAX - 1);
	a = port(cut, 10000, NAT_PORTS_MAX);
	a.to_port = 20000;
	if (nft_element_step.apply(&w->scope, &a, &w->err) < 0)
		fail_msg("%s", w->err.text);
	expect(COUNT("any_ports4"), "4096");
	expect("nft get element inet ctrnet any_ports4 '{ tcp . 14095 }' | grep -c '10.9.0.2 . 24095'",
	       "1");
	assert_int_equal(nft_element_step.probe(&w->scope, &a, &w->err), 0);
	run("nft delete element inet ctrnet any_ports4 '{ tcp . 12000 }'");
	assert_int_equal(nft_element_step.probe(&w->scope, &a, &w->err), -ENOENT);
	/* Mended. */
	assert_int_equal(nft_element_step.apply(&w->scope, &a, &w->err), 0);
	assert_int_equal(nft_element_step.probe(&w->scope, &a, &w->err), 0);
	assert_int_equal(nft_element_step.revert(&w->scope, &a, &w->err), 0);
	expect(COUNT("any_ports4"), "0");
}

/* Who comes second gets nothing, is told by whom, and takes nothing away. */
static void taken_meanwhile(void **state)
{
	struct world *w = *state;
	struct nft_element_args first = port("ctrnet:other", 8005, 1),
				second[] = { port("ctrnet:a", 9000, 1),
					     port("ctrnet:a", 8000, 10) };
	struct step steps[] = {
		{ .type = &nft_element_step,
		  .args = &second[0],
		  .origin = (char *)"networks[0] (eth0)" },
		{ .type = &nft_element_step,
		  .args = &second[1],
		  .origin = (char *)"networks[1] (eth1)" },
	};

	make_table(w);
	assert_int_equal(nft_element_step.apply(&w->scope, &first, &w->err), 0);
	assert_int_equal(nft_element_step.apply_many(&w->scope, steps, 2, &w->err), -EEXIST);
	assert_string_equal(
		w->err.text,
		"networks[1] (eth1): any_ports4 { tcp . 8000 and 9 more } is taken by container 'other'");
	/* All or nothing. */
	expect(COUNT("any_ports4"), "1");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(nft_element_step.revert(&w->scope, &second[i], &w->err), 0);
	assert_int_equal(nft_element_step.probe(&w->scope, &first, &w->err), 0);
	/* The same keys with another's mark or value are not as planned. */
	first.to_port = 81;
	assert_int_equal(nft_element_step.probe(&w->scope, &first, &w->err), -ESTALE);
	first.mark[7] = 'O';
	assert_int_equal(nft_element_step.probe(&w->scope, &first, &w->err), -ESTALE);
}

static void without_table(void **state)
{
	struct world *w = *state;
	struct nft_element_args a = port("ctrnet:a", 8000, 3);
	struct found f = { 0 };

	assert_int_equal(nft_element_step.apply(&w->scope, &a, &w->err), -ENOENT);
	assert_int_equal(nft_element_step.probe(&w->scope, &a, &w->err), -ENOENT);
	assert_int_equal(nft_element_step.revert(&w->scope, &a, &w->err), 0);
	assert_int_equal(nft_each_element(w->nl, nft_set_find("ports4"), keep, &f, &w->err), 0);
	assert_int_equal(f.count, 0);
}

/* --- A kernel that is not one --- */

/* It refuses the transaction as a whole, and says nothing to the messages. */
static void refused_whole(void **state)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer = {
		.head = { .nlmsg_len = sizeof(answer), .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = 1 },
		.error.error = -EPERM
	};
	struct err err = { 0 };
	char sent[8192];
	struct nl *nl;
	int ends[2];
	ssize_t len;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(nl_new(ends[0], &nl, &err), 0);
	assert_true(send(ends[1], &answer, sizeof(answer), 0) > 0);
	for (int i = 0; i < 3; i++)
		nl_put_u32(nl_batch_add_netfilter(&b, NFNL_SUBSYS_NFTABLES, 1, 1, 0, 0), 1, 2);
	assert_int_equal(nl_batch_commit(nl, &b, NFNL_SUBSYS_NFTABLES, &err), -EPERM);
	assert_string_equal(err.text, "netfilter: Operation not permitted");
	/* A beginning, three messages, an end, in one datagram. */
	len = recv(ends[1], sent, sizeof(sent), 0);
	assert_int_equal(len, 5 * 20 + 3 * 8);
	assert_int_equal(((struct nlmsghdr *)(void *)sent)->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	assert_int_equal(((struct nlmsghdr *)(void *)(sent + len - 20))->nlmsg_type,
			 NFNL_MSG_BATCH_END);
	/* Nothing is nothing to do. */
	nl_batch_release(&b);
	assert_int_equal(nl_batch_commit(nl, &b, NFNL_SUBSYS_NFTABLES, &err), 0);
	nl_free(nl);
	close(ends[1]);
}

static void comments(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t len;
		const char *comment;
	} data[] = {
		{ "\0\2a\0", 4, "a" }, { "\1\1x\0\3abc", 8, "" }, { "\1\1x\0\3ab", 8, "ab" },
		{ "\0\2ab", 4, "" },   { "\0\7a\0", 4, "" },      { "\0\0", 2, "" },
		{ "\0", 1, "" },       { "\1\0\0\2a\0", 6, "a" }, { NULL, 0, "" },
	};
	char out[NFT_MARK_MAX];

	(void)state;
	for (size_t i = 0; i < array_size(data); i++) {
		nft_read_comment(data[i].bytes, data[i].len, out, sizeof(out));
		assert_string_equal(out, data[i].comment);
	}
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, make_world, end_world)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_configs),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(comments),
		cmocka_unit_test(refused_whole),
		TEST(made_and_gone),
		TEST(strangers_table),
		TEST(tampered_table),
		TEST(every_set),
		TEST(many),
		TEST(taken_meanwhile),
		TEST(without_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
