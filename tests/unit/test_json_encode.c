// SPDX-License-Identifier: Apache-2.0
#include "lib/json.h"

#include "tests/unit/json_thing.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* --- Decoding and encoding --- */

static void test_round_trips(void **state)
{
	(void)state;
	expect_same("{}");
	expect_round_trip("{\"on\":true}", "{\"on\":true}");
	expect_round_trip("{\"on\":false}", "{}");
	expect_same(
		"{\"i8\":-128,\"i16\":-32768,\"i32\":-2147483648,\"i64\":-9223372036854775808}");
	expect_same("{\"i8\":127,\"i16\":32767,\"i32\":2147483647,\"i64\":9223372036854775807}");
	expect_same("{\"u8\":255,\"u16\":65535,\"u32\":4294967295,\"u64\":18446744073709551615}");
	expect_round_trip("{\"u8\":-0,\"i8\":-0,\"i64\":0}", "{}");
	expect_same("{\"ranged\":-5}");
	expect_same("{\"ranged\":10,\"mtu\":68}");
	expect_same("{\"name\":\"\"}");
	expect_same("{\"name\":\"x\",\"label\":\"1234567\"}");
	expect_round_trip("{\"label\":\"\",\"dotted\":\"\"}", "{}");
	expect_round_trip("{\"dotted\":\"01.002\"}", "{\"dotted\":\"1.2\"}");
	expect_same("{\"colour\":\"red\"}");
	expect_same("{\"colour\":\"minus\"}");
	expect_round_trip("{\"colour\":\"verde\"}", "{\"colour\":\"green\"}");
	expect_same("{\"port\":{\"port\":80,\"protocol\":\"tcp\"}}");
	expect_same("{\"ports\":[{\"port\":1},{\"port\":2,\"protocol\":\"udp\"},{\"port\":3}]}");
	expect_round_trip("{\"ports\":[]}", "{}");
	expect_round_trip(
		"{\"ports\":null,\"args\":null,\"env\":null,\"custom\":null,\"name\":null,\"port\":null,"
		"\"on\":null,\"u8\":null,\"label\":null,\"dotted\":null,\"colour\":null}",
		"{}");
	expect_same("{\"args\":[]}");
	expect_same("{\"args\":[\"\",\"a\",\"b c\"]}");
	expect_same("{\"env\":{\"A\":\"1\",\"\":\"empty\",\"b.c\":\"\"}}");
	expect_round_trip("{\"env\":{}}", "{}");
	expect_same("{\"custom\":7}");
	expect_same("{\"custom\":\"seven\"}");
	expect_same("{\"custom\":{\"port\":7,\"protocol\":\"x\"}}");
	expect_same("{\"kind\":\"veth\",\"bridge\":\"br0\",\"hairpin\":true}");
	expect_same("{\"kind\":\"other\"}");
	expect_round_trip(" {\t\"u8\" :\r\n 1 , \"u16\": 2 } \n", "{\"u8\":1,\"u16\":2}");
}

static void test_strings(void **state)
{
	struct thing t;

	(void)state;
	t = decode(
		"{\"name\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20AC\\ud83d\\ude00\\u007f \xc3\xa4\"}");
	assert_string_equal(t.name,
			    "\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x7f \xc3\xa4");
	json_release(&thing_schema, &t);
	t = decode("{\"name\":\"\\ud800\\udc00\\udbff\\udfff\\uffff\\u0080\\u07ff\\u0800\"}");
	assert_string_equal(
		t.name, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbf\xbf\xc2\x80\xdf\xbf\xe0\xa0\x80");
	json_release(&thing_schema, &t);
	/* An escaped key is the key. */
	t = decode("{\"\\u006eame\":\"x\",\"la\\u0062el\":\"\\u0041BC\"}");
	assert_string_equal(t.name, "x");
	assert_string_equal(t.label, "ABC");
	json_release(&thing_schema, &t);
	expect_round_trip("{\"name\":\"\\u0001\\u001f\\b\\f\\n\\r\\t\\/\\\"\\\\\\u00e4\"}",
			  "{\"name\":\"\\u0001\\u001f\\b\\f\\n\\r\\t/\\\"\\\\\xc3\xa4\"}");
}

static void test_decoded_values(void **state)
{
	struct thing t = decode(
		"{\"ports\":[{\"port\":5},{\"port\":6,\"protocol\":\"p\"}],\"args\":[\"a\",\"b\"],"
		"\"env\":{\"k\":\"v\",\"l\":\"w\"},\"on\":true,\"i8\":-1,\"colour\":\"green\","
		"\"title\":\"alias\",\"dotted\":\"3.4\",\"bridge\":\"b\",\"kind\":\"veth\"}");
	const struct veth *veth = t.options;

	(void)state;
	assert_int_equal(t.port_count, 2);
	assert_int_equal(t.ports[0].port, 5);
	assert_null(t.ports[0].protocol);
	assert_int_equal(t.ports[1].port, 6);
	assert_string_equal(t.ports[1].protocol, "p");
	assert_int_equal(strv_count(t.args), 2);
	assert_string_equal(t.args[1], "b");
	assert_int_equal(t.env_count, 2);
	assert_string_equal(t.env[1].key, "l");
	assert_string_equal(t.env[1].value, "w");
	assert_true(t.on);
	assert_int_equal(t.i8, -1);
	assert_int_equal(t.colour, GREEN);
	assert_string_equal(t.name, "alias");
	assert_int_equal(t.dotted.a, 3);
	assert_int_equal(t.dotted.b, 4);
	assert_string_equal(veth->bridge, "b");
	json_release(&thing_schema, &t);
	json_release(&thing_schema, &t);
	json_release(&thing_schema, NULL);
}

struct kept {
	bool on;
	int number;
	char *name;
	char label[4];
	struct dotted dotted;
	int colour;
	struct port port;
	struct port *ports;
	size_t count;
	char **args;
	struct json_pair *env;
	size_t env_count;
};

static void test_keep(void **state)
{
	static const struct json_field fields[] = {
		JSON_BOOL(struct kept, "on", on, .flags = JSON_KEEP),
		JSON_INT(struct kept, "number", number, .flags = JSON_REQUIRED),
		JSON_STRING(struct kept, "name", name, .flags = JSON_KEEP),
		JSON_CHARS(struct kept, "label", label, .flags = JSON_KEEP),
		JSON_TEXT(struct kept, "dotted", dotted, &dotted_text, .flags = JSON_KEEP),
		JSON_ENUM(struct kept, "colour", colour, colours, .flags = JSON_KEEP),
		JSON_ARRAY(struct kept, "ports", ports, count, &port_schema, .flags = JSON_KEEP),
		JSON_STRINGS(struct kept, "args", args, .flags = JSON_KEEP),
		JSON_MAP(struct kept, "env", env, env_count, .flags = JSON_KEEP),
		JSON_END
	};
	static const struct json_schema schema = JSON_SCHEMA(struct kept, fields);
	struct kept k = { 0 }, again;
	_cleanup_free_ char *compact = encode(&schema, &k, false),
			    *pretty = encode(&schema, &k, true);
	struct err err;

	(void)state;
	assert_string_equal(
		compact,
		"{\"on\":false,\"number\":0,\"name\":null,\"label\":\"\",\"dotted\":\"0.0\","
		"\"colour\":null,\"ports\":[],\"args\":[],\"env\":{}}");
	assert_string_equal(
		pretty,
		"{\n\t\"on\": false,\n\t\"number\": 0,\n\t\"name\": null,\n\t\"label\": \"\",\n"
		"\t\"dotted\": \"0.0\",\n\t\"colour\": null,\n\t\"ports\": [],\n\t\"args\": [],\n"
		"\t\"env\": {}\n}");
	assert_int_equal(json_decode(&schema, &again, pretty, strlen(pretty), "t", &err), 0);
	json_release(&schema, &again);
}

static void test_pretty(void **state)
{
	struct thing t = decode(
		"{\"ports\":[{\"port\":5},{\"port\":6}],\"args\":[\"a\",\"b\"],\"env\":{\"k\":\"v\"}}");
	_cleanup_free_ char *pretty = encode(&thing_schema, &t, true);

	(void)state;
	assert_string_equal(
		pretty,
		"{\n\t\"ports\": [\n\t\t{\n\t\t\t\"port\": 5\n\t\t},\n\t\t{\n\t\t\t\"port\": 6\n"
		"\t\t}\n\t],\n\t\"args\": [\n\t\t\"a\",\n\t\t\"b\"\n\t],\n\t\"env\": {\n\t\t\"k\": \"v\"\n"
		"\t}\n}");
	json_release(&thing_schema, &t);
}

/* --- Writing --- */

static void test_writer(void **state)
{
	struct json_writer *w;
	struct err err;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	w = json_writer_new(out, false);
	json_write_begin(w, NULL, '{');
	json_write_begin(w, "a\n", '[');
	json_write_int(w, NULL, INT64_MIN);
	json_write_uint(w, NULL, UINT64_MAX);
	json_write_fixed(w, NULL, 1205, 2);
	json_write_fixed(w, NULL, 7, 0);
	json_write_bool(w, NULL, true);
	json_write_string(w, NULL, NULL);
	json_write_object(w, NULL, &port_schema, &(struct port){ .port = 3 });
	json_write_begin(w, NULL, '{');
	json_write_end(w);
	json_write_end(w);
	json_write_string(w, "b", "\"\\\b\f\n\r\t\x01\x1f\x7f/\xc3\xa4");
	json_write_end(w);
	assert_int_equal(json_writer_end(w, &err), 0);
	fclose(out);
	assert_string_equal(
		text,
		"{\"a\\n\":[-9223372036854775808,18446744073709551615,12.05,7,true,null,{\"port\":3},{}],"
		"\"b\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\xc3\xa4\"}");
	free(text);
}

static void test_writer_faults(void **state)
{
	struct thing t = { .name = (char[]){ "a\xff"
					     "b" } };
	_cleanup_file_ FILE *null = fopen("/dev/null", "w"), *full = fopen("/dev/full", "w");
	struct json_writer *w;
	struct err err;

	(void)state;
	assert_int_equal(json_encode(&thing_schema, &t, null, &err), -EILSEQ);
	assert_true(str_starts(err.text, "not UTF-8, which JSON needs: a"));
	t = (struct thing){ .colour = 99 };
	assert_int_equal(json_encode(&thing_schema, &t, null, &err), -EINVAL);
	assert_string_equal(err.text, "colour: the value 99 has no name");
	t = (struct thing){ .u8 = 9 };
	assert_int_equal(json_encode(&thing_schema, &t, full, &err), -EIO);
	assert_string_equal(err.text, "cannot write JSON: No space left on device");
	w = json_writer_new(null, true);
	for (int i = 0; i < 65; i++)
		json_write_begin(w, NULL, '[');
	for (int i = 0; i < 66; i++)
		json_write_end(w);
	assert_int_equal(json_writer_end(w, &err), -EINVAL);
	assert_string_equal(err.text, "nested deeper than 64 levels");
	json_write_begin(NULL, NULL, '[');
	json_write_string(NULL, NULL, "");
	json_write_int(NULL, NULL, 1);
	json_write_uint(NULL, NULL, 1);
	json_write_bool(NULL, NULL, true);
	json_write_object(NULL, NULL, &thing_schema, &t);
	json_write_end(NULL);
	assert_int_equal(json_writer_end(NULL, &err), -ENOMEM);
}

static void test_print_string(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	json_print_string(out, "a\xff\xc3\xa4\xe2\x82\"");
	fclose(out);
	assert_string_equal(text, "\"a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\\\"\"");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),    cmocka_unit_test(test_strings),
		cmocka_unit_test(test_decoded_values), cmocka_unit_test(test_keep),
		cmocka_unit_test(test_pretty),         cmocka_unit_test(test_writer),
		cmocka_unit_test(test_writer_faults),  cmocka_unit_test(test_print_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
