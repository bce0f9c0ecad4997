// SPDX-License-Identifier: Apache-2.0
/* What a config says of the port of a bridge, of forwarding entries and of offloads: as text and back, and which cannot be. */
#include "net/fdb.h"
#include "net/network.h"
#include "net/offload.h"
#include "net/port.h"

#include "lib/cleanup.h"
#include "tests/unit/round_trip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NETWORK(keys) "{\"type\":\"veth\"," keys "}"

static void keys_survive(void **state)
{
	(void)state;
	expect_survives(&network_schema, NETWORK("\"vlan\":4094"));
	expect_survives(&network_schema, NETWORK("\"vlans\":[\"1\",\"20-30\",\"4094\"]"));
	expect_survives(&network_schema, NETWORK("\"vlans\":[{\"vid\":\"10\",\"pvid\":true},\"11\","
						 "{\"vid\":\"12-13\",\"untagged\":true}]"));
	/* What is off is not what is not said. */
	expect_survives(&network_schema, NETWORK("\"isolated\":true"));
	expect_survives(&network_schema, NETWORK("\"isolated\":false"));
	expect_survives(&network_schema,
			NETWORK("\"bridge_port\":{\"learning\":false,\"guard\":true,"
				"\"priority\":63,\"cost\":65535}"));
	expect_survives(&network_schema,
			NETWORK("\"fdb\":[{\"mac_address\":\"02:00:00:00:00:01\",\"vlan\":7,"
				"\"master\":true,\"sticky\":true},{\"dst\":\"fd00::1\",\"port\":7,"
				"\"vni\":16777215}]"));
	expect_survives(&network_schema,
			NETWORK("\"offloads\":{\"tso\":false,\"tx-checksum-ip-generic\":true}"));
}

static void steps_survive(void **state)
{
	(void)state;
	expect_survives(link_port_step.type.args,
			"{\"ns\":\"host\",\"name\":\"ve0\",\"bridge\":\"br0\",\"given\":1,"
			"\"vlans\":[{\"vid\":\"10\",\"pvid\":true,\"untagged\":true},\"20-30\"],"
			"\"options\":{\"isolated\":true,\"learning\":false,\"cost\":7}}");
	expect_survives(fdb_add_step.type.args,
			"{\"ns\":\"host\",\"link\":\"ve0\",\"mac_address\":\"02:00:00:00:00:01\","
			"\"master\":true}");
	/* As older journals have it. */
	expect_survives(fdb_add_step.type.args,
			"{\"ns\":\"container\",\"link\":\"vxlan0\",\"dst\":\"10.0.0.1\"}");
	expect_survives(link_offloads_step.args,
			"{\"ns\":\"container\",\"name\":\"eth0\",\"offloads\":{\"gro\":true}}");
}

static int load(const char *text, struct port_vlan_list *out, struct err *err)
{
	struct json_doc *doc;
	int ret = json_parse(text, strlen(text), "v.json", &doc, err);

	if (ret < 0)
		return ret;
	ret = port_vlan_list_custom.decode(json_root(doc), out, err);
	json_free(doc);
	return ret;
}

static void vlans(void **state)
{
	static const struct {
		const char *text;
		uint16_t access;
		int code;
		const char *says;
	} rows[] = {
		{ "10", 0, 0, NULL },
		{ "[1, \"2-4093\", \"4094\"]", 0, 0, NULL },
		{ "[\"10-20\", {\"vid\": 9, \"pvid\": true}]", 21, -EINVAL,
		  "vlans: 21 and 9 are both the pvid, and a port has one" },
		{ "[\"10-20\"]", 20, -EINVAL, "vlans: 20 and 10-20 overlap" },
		{ "[\"10-20\", \"20-30\"]", 0, -EINVAL, "vlans: 10-20 and 20-30 overlap" },
		{ "[\"10-20\", \"5-9\", \"21\"]", 4, 0, NULL },
		{ "[{\"vid\": \"5-9\", \"pvid\": true}]", 0, -EINVAL,
		  "vlans: 5-9: the pvid is one vlan, not a range" },
		{ "0", 0, -EINVAL, "v.json:1:1: 0 is out of range (1 to 4094)" },
		{ "\"0-7\"", 0, -ERANGE, "v.json:1:1: 0-7 is out of range (1 to 4094)" },
		{ "\"7-65536\"", 0, -ERANGE, "v.json:1:1: 7-65536 is out of range (1 to 4094)" },
		{ "\"9-7\"", 0, -EINVAL, "v.json:1:1: 9-7: the second id is below the first one" },
		{ "\"7-8-9\"", 0, -EINVAL,
		  "v.json:1:1: 7-8-9: expected a vlan's id or a range, as in 20-30" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_(port_vlan_list_release) struct port_vlan_list list = { 0 };
		struct err err = { 0 };
		int ret = load(rows[i].text, &list, &err);

		if (ret == 0)
			ret = port_vlan_check(&list, rows[i].access, &err);
		assert_int_equal(ret, rows[i].code);
		if (rows[i].says)
			assert_string_equal(err.text, rows[i].says);
	}
}

static void table(void **state)
{
	static const struct port_vlan entries[] = {
		{ .ids = { 1, 1 }, .pvid = true, .untagged = true },
		{ .ids = { 10, 12 } },
		{ .ids = { 12, 13 }, .untagged = true },
		{ .ids = { 4093, UINT16_MAX }, .pvid = true },
	};
	static const struct {
		uint16_t id;
		const char *word;
	} rows[] = {
		{ 1, "pvid untagged" },  { 2, "none" },      { 10, "tagged" },
		{ 12, "untagged" },      { 13, "untagged" }, { 4092, "none" },
		{ 4094, "pvid tagged" },
	};
	struct port_vlan_table t = { 0 };

	(void)state;
	for (size_t i = 0; i < array_size(entries); i++)
		port_vlan_table_add(&t, &entries[i]);
	for (size_t i = 0; i < array_size(rows); i++)
		assert_string_equal(port_vlan_word(t.flags[rows[i].id]), rows[i].word);
}

static void groups(void **state)
{
	const char *names[64];
	size_t n = offload_group_names(names, array_size(names));

	(void)state;
	assert_true(n > 20);
	for (size_t i = 0; i < n; i++)
		assert_non_null(offload_group_find(names[i]));
	assert_ptr_equal(offload_group_find("tso"), offload_group_find("tcp-segmentation-offload"));
	assert_null(offload_group_find("tx-tcp-segmentation"));
	assert_int_equal(offload_group_names(names, 3), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_survive), cmocka_unit_test(steps_survive),
		cmocka_unit_test(vlans),        cmocka_unit_test(table),
		cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
