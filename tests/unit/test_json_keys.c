// SPDX-License-Identifier: Apache-2.0
#include "lib/json.h"

#include "tests/unit/json_thing.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* --- Keys --- */

static void test_unknown_refused(void **state)
{
	struct thing t;

	(void)state;
	expect_error("{\"mut\":1500}", "t:1:2: mut: unknown key; did you mean 'mtu'?");
	expect_error("{\"MTU\":1500}", "t:1:2: MTU: unknown key; did you mean 'mtu'?");
	expect_error("{\"zzzzz\":null}", "t:1:2: zzzzz: unknown key");
	expect_error("{\"ports\":[{\"port\":1,\n  \"prot\":2}]}",
		     "t:2:3: ports[0].prot: unknown key; did you mean 'port'?");
	expect_error("{\"kind\":\"veth\",\"bridge\":\"b\",\"hairpn\":true}",
		     "t:1:29: hairpn: unknown key; did you mean 'hairpin'?");
	/* A driver's key without the driver. */
	expect_error("{\"hairpin\":true}", "t:1:2: hairpin: unknown key");
	expect_error("{\"mtu\\u0000\":1}", "t:1:2: [\"mtu\\u0000\"]: unknown key");
	assert_int_equal(decode_text(&ignoring_schema, &t, "{\"mut\":[{\"a\":{}}],\"u8\":3}", NULL),
			 0);
	assert_int_equal(t.u8, 3);
	json_release(&ignoring_schema, &t);
}

static char *read_text(const char *path)
{
	_cleanup_file_ FILE *in = fopen(path, "r");
	char *text = calloc(1, 100000);

	assert_non_null(in);
	text[fread(text, 1, 99999, in)] = '\0';
	return text;
}

static void test_unknown_warned(void **state)
{
	char path[] = "/tmp/test_json.XXXXXX", many[4000] = "{";
	_cleanup_free_ char *logged = NULL, *logged_more = NULL;
	struct thing t;
	size_t lines = 0;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(log_open(path, LOG_TEXT, false, NULL), 0);
	assert_int_equal(
		decode_text(&warning_schema, &t, "{\"u8\":3,\n\"mut\":5,\"qqqqqq\":5}", NULL), 0);
	assert_int_equal(t.u8, 3);
	logged = read_text(path);
	assert_non_null(
		strstr(logged, " ctrnet: warning: t:2:1: mut: unknown key; did you mean 'mtu'?\n"));
	assert_non_null(strstr(logged, " ctrnet: warning: t:2:9: qqqqqq: unknown key\n"));
	/* A flood is dammed. */
	for (int i = 0; i < 100; i++)
		sprintf(many + strlen(many), "%s\"unknown%d\":0", i ? "," : "", i);
	strcat(many, "}");
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(json_decode(&warning_schema, &t, many, strlen(many), "t", NULL), 0);
	logged_more = read_text(path);
	for (const char *p = logged_more; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 21);
	assert_non_null(
		strstr(logged_more, "t: there are more unknown keys, which are not listed\n"));
	assert_int_equal(log_open(NULL, LOG_TEXT, false, NULL), 0);
	unlink(path);
}

static void expect_caseless_error(const char *text, const char *expected)
{
	expect_error_len(&caseless_schema, text, strlen(text), -EINVAL, expected);
}

static void test_caseless(void **state)
{
	static const char text[] =
		"{\"U8\":1,\"Args\":[\"a\"],\"KIND\":\"veth\",\"Bridge\":\"b\",\"\\u004eaME\":\"n\"}";
	struct err err;
	struct thing t;

	(void)state;
	if (decode_text(&caseless_schema, &t, text, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(t.u8, 1);
	assert_string_equal(t.args[0], "a");
	assert_string_equal(((struct veth *)t.options)->bridge, "b");
	assert_string_equal(t.name, "n");
	json_release(&caseless_schema, &t);
	expect_caseless_error("{\"mtu\":1500,\"MTU\":1500}",
			      "t:1:13: MTU: duplicate key (the same as 'mtu')");
	expect_caseless_error("{\"MTU\":1500,\"mtu\":1500}",
			      "t:1:13: mtu: duplicate key (the same as 'MTU')");
	expect_caseless_error("{\"Mtu\":1500,\"mTu\":1500}",
			      "t:1:13: mTu: duplicate key (the same as 'Mtu')");
	expect_caseless_error("{\"kind\":\"veth\",\"Bridge\":\"a\",\"bridge\":\"b\"}",
			      "t:1:29: bridge: duplicate key (the same as 'Bridge')");
	/* Nested objects follow their own schema. */
	expect_caseless_error("{\"port\":{\"Port\":1}}", "t:1:9: port: the key 'port' is missing");
	expect_caseless_error("{\"mut\":1}", "t:1:2: mut: unknown key; did you mean 'mtu'?");
}

struct cased {
	uint32_t lower, upper;
};

static void test_exact_before_caseless(void **state)
{
	static const struct json_field fields[] = { JSON_UINT(struct cased, "id", lower),
						    JSON_UINT(struct cased, "ID", upper),
						    JSON_END };
	static const struct json_schema schema =
		JSON_SCHEMA(struct cased, fields, .caseless = true);
	struct cased c;

	(void)state;
	assert_int_equal(decode_text(&schema, &c, "{\"ID\":1,\"id\":2}", NULL), 0);
	assert_int_equal(c.upper, 1);
	assert_int_equal(c.lower, 2);
	assert_int_equal(decode_text(&schema, &c, "{\"Id\":3}", NULL), 0);
	assert_int_equal(c.lower, 3);
}

struct aliased {
	struct port port; /* begins where an alias for its first member would */
	char **list;
	char *word;
};

static int decode_single(const struct json_value *v, void *out, struct err *err)
{
	char *word, ***list = out;
	int ret = json_value_string(v, &word, err);

	if (ret < 0)
		return ret;
	ret = strv_add(list, word);
	free(word);
	return ret;
}

static void test_aliases(void **state)
{
	static const struct json_custom single = { .decode = decode_single };
	static const struct json_field fields[] = {
		JSON_OBJECT(struct aliased, "port", port, &port_schema),
		JSON_UINT(struct aliased, "number", port.port, .flags = JSON_ALIAS),
		JSON_STRINGS(struct aliased, "list", list, .flags = JSON_REQUIRED),
		JSON_CUSTOM(struct aliased, "one", list, &single, .flags = JSON_ALIAS),
		JSON_STRING(struct aliased, "word", word),
		JSON_STRING(struct aliased, "term", word, .flags = JSON_ALIAS),
		JSON_STRING(struct aliased, "noun", word, .flags = JSON_ALIAS),
		JSON_END
	};
	static const struct json_schema schema = JSON_SCHEMA(struct aliased, fields);
	_cleanup_free_ char *text = NULL;
	struct aliased a;
	struct err err;

	(void)state;
	assert_int_equal(
		decode_text(&schema, &a, "{\"one\":\"x\",\"noun\":\"y\",\"number\":7}", &err), 0);
	assert_int_equal(a.port.port, 7);
	text = encode(&schema, &a, false);
	assert_string_equal(text, "{\"port\":{\"port\":7},\"list\":[\"x\"],\"word\":\"y\"}");
	json_release(&schema, &a);
	assert_int_equal(decode_text(&schema, &a, "{\"one\":\"x\",\"noun\":\"y\",\"term\":\"z\"}",
				     &err),
			 -EINVAL);
	assert_string_equal(err.text, "t:1:23: term: duplicate key (the same as 'noun')");
	assert_int_equal(decode_text(&schema, &a, "{\"one\":\"x\",\"list\":[]}", &err), -EINVAL);
	assert_string_equal(err.text, "t:1:12: list: duplicate key (the same as 'one')");
	assert_int_equal(decode_text(&schema, &a, "{\"one\":null}", &err), -EINVAL);
	assert_string_equal(err.text, "t:1:8: one: must not be null");
	assert_int_equal(decode_text(&schema, &a, "{}", &err), -EINVAL);
	assert_string_equal(err.text, "t:1:1: the key 'list' is missing");
}

static void test_nearest(void **state)
{
	static const char *const names[] = {
		"mtu", "name", "gateway", "host_interface_name", "mac_address", "x", NULL
	};
	static const char *const none[] = { NULL };

	(void)state;
	assert_string_equal(json_nearest("mut", names), "mtu");
	assert_string_equal(json_nearest("MTU", names), "mtu");
	assert_string_equal(json_nearest("mt", names), "mtu");
	assert_string_equal(json_nearest("nmae", names), "name");
	assert_string_equal(json_nearest("gatway", names), "gateway");
	assert_string_equal(json_nearest("getaway", names), "gateway");
	assert_string_equal(json_nearest("host_interfacename", names), "host_interface_name");
	assert_null(json_nearest("host_if_name", names));
	assert_string_equal(json_nearest("macAddress", names), "mac_address");
	assert_null(json_nearest("hairpin_mode", names));
	assert_null(json_nearest("", names));
	assert_null(json_nearest("y", names));
	assert_null(json_nearest("mtu", none));
	assert_null(json_nearest(
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		names));
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#define MANY 100000

static void test_many_keys(void **state)
{
	_cleanup_free_ char *text = malloc(MANY * 24 + 100);
	struct err err;
	struct thing t;
	double start, used;
	char *p = text;

	(void)state;
	p += sprintf(p, "{\"env\":{");
	for (int i = 0; i < MANY; i++)
		p += sprintf(p, "%s\"%s%07d\":\"v\"", i ? "," : "", i % 100 ? "key" : "ke\\u0079",
			     i * 7919 % MANY);
	p += sprintf(p, "}}");
	start = seconds();
	if (json_decode(&thing_schema, &t, text, (size_t)(p - text), "t", &err) < 0)
		fail_msg("%s", err.text);
	used = seconds() - start;
	assert_int_equal(t.env_count, MANY);
	assert_string_equal(t.env[1].key, "key0007919");
	json_release(&thing_schema, &t);
	/* It takes some 0.1 s; with a sanitizer, more. A quadratic way takes minutes. */
	assert_true(used < 5);
	/* As unknown keys, and with a duplicate at the end. */
	p = text;
	p += sprintf(p, "{\"u8\":1");
	for (int i = 0; i < MANY; i++)
		p += sprintf(p, ",\"key%07d\":0", i);
	strcpy(p, "}");
	start = seconds();
	assert_int_equal(json_decode(&ignoring_schema, &t, text, (size_t)(p + 1 - text), "t", &err),
			 0);
	strcpy(p, ",\"key0000001\":0}");
	assert_int_equal(json_decode(&ignoring_schema, &t, text, strlen(text), "t", &err), -EINVAL);
	assert_string_equal(err.text, "t:1:1500009: key0000001: duplicate key");
	assert_true(seconds() - start < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_refused),
		cmocka_unit_test(test_unknown_warned),
		cmocka_unit_test(test_caseless),
		cmocka_unit_test(test_exact_before_caseless),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
