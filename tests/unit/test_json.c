// SPDX-License-Identifier: Apache-2.0
#include "lib/json.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

/* --- A schema with a field of every type --- */

enum colour { COLOUR_NONE, RED, GREEN, CODE_MINUS = -7 };

static const struct json_name colours[] = {
	{ "red", RED }, { "green", GREEN }, { "verde", GREEN }, { "minus", CODE_MINUS }, { NULL, 0 }
};

struct port {
	uint16_t port;
	char *protocol;
};

static const struct json_field port_fields[] = {
	JSON_UINT(struct port, "port", port, .flags = JSON_REQUIRED, .min = 1),
	JSON_STRING(struct port, "protocol", protocol), JSON_END
};
static const struct json_schema port_schema =
	JSON_SCHEMA(struct port, port_fields, .unknown = JSON_UNKNOWN_REFUSE);

/* A pair of bytes, "1.2" as text. */
struct dotted {
	uint8_t a, b;
};

static int parse_dotted(const char *text, void *out, struct err *err)
{
	struct dotted *d = out;
	unsigned int a, b;
	char end;

	if (sscanf(text, "%u.%u%c", &a, &b, &end) != 2 || a > 255 || b > 255)
		return err_set(err, -EINVAL, "'%s' is not dotted", text);
	*d = (struct dotted){ .a = (uint8_t)a, .b = (uint8_t)b };
	return 0;
}

static void format_dotted(const void *in, char *buf, size_t size)
{
	const struct dotted *d = in;

	snprintf(buf, size, "%u.%u", d->a, d->b);
}

static const struct json_text dotted_text = { parse_dotted, format_dotted };

/* A number, or a string as long as the number; an object is decoded by the port schema. */
struct custom {
	char *word;
	long long number;
	struct port port;
};

static int decode_custom(const struct json_value *v, void *out, struct err *err)
{
	struct custom *c = out;

	switch (json_value_kind(v)) {
	case JSON_IS_NUMBER:
		return json_value_int(v, 1, 1000, &c->number, err);
	case JSON_IS_STRING:
		return json_value_string(v, &c->word, err);
	case JSON_IS_OBJECT:
		return json_value_decode(&port_schema, &c->port, v, err);
	case JSON_IS_ARRAY:
		/* Half built, and an error without location. */
		c->word = strdup("left behind");
		return err_set(err, -EINVAL, "no arrays");
	case JSON_IS_NULL:
	case JSON_IS_BOOL:
		break;
	}
	return json_value_err(v, err, -EINVAL, "neither %s nor %s", "number", "string");
}

static void encode_custom(const void *in, const char *key, struct json_writer *out)
{
	const struct custom *c = in;

	if (c->word)
		json_write_string(out, key, c->word);
	else if (c->number)
		json_write_int(out, key, c->number);
	else
		json_write_object(out, key, &port_schema, &c->port);
}

static void release_custom(void *in)
{
	struct custom *c = in;

	free(c->word);
	json_release(&port_schema, &c->port);
}

static const struct json_custom custom = { .decode = decode_custom,
					   .encode = encode_custom,
					   .release = release_custom };

struct thing {
	bool on;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int32_t ranged;
	uint32_t mtu;
	char *name;
	char label[8];
	struct dotted dotted;
	int colour;
	struct port port;
	struct port *ports;
	size_t port_count;
	char **args;
	struct json_pair *env;
	size_t env_count;
	struct custom custom;
	char *kind;
	void *options;
};

struct veth {
	char *bridge;
	bool hairpin;
};

static const struct json_field veth_fields[] = {
	JSON_STRING(struct veth, "bridge", bridge, .flags = JSON_REQUIRED),
	JSON_BOOL(struct veth, "hairpin", hairpin), JSON_END
};

static int check_veth(void *object, struct err *err)
{
	const struct veth *veth = object;

	return strcmp(veth->bridge, "bad") ? 0 : err_set(err, -ERANGE, "a bad bridge");
}

static const struct json_schema veth_schema =
	JSON_SCHEMA(struct veth, veth_fields, .check = check_veth);

static const struct json_schema *thing_options(const void *object)
{
	const struct thing *t = object;

	return t->kind && !strcmp(t->kind, "veth") ? &veth_schema : NULL;
}

static int check_thing(void *object, struct err *err)
{
	const struct thing *t = object;

	return t->u8 == 13 ? err_set(err, -EPERM, "13 is unlucky") : 0;
}

static const struct json_field thing_fields[] = {
	JSON_BOOL(struct thing, "on", on),
	JSON_INT(struct thing, "i8", i8),
	JSON_INT(struct thing, "i16", i16),
	JSON_INT(struct thing, "i32", i32),
	JSON_INT(struct thing, "i64", i64),
	JSON_UINT(struct thing, "u8", u8),
	JSON_UINT(struct thing, "u16", u16),
	JSON_UINT(struct thing, "u32", u32),
	JSON_UINT(struct thing, "u64", u64),
	JSON_INT(struct thing, "ranged", ranged, .min = -5, .max = 10),
	JSON_UINT(struct thing, "mtu", mtu, .min = 68, .max = 65535),
	JSON_STRING(struct thing, "name", name),
	JSON_STRING(struct thing, "title", name, .flags = JSON_ALIAS),
	JSON_CHARS(struct thing, "label", label),
	JSON_TEXT(struct thing, "dotted", dotted, &dotted_text),
	JSON_ENUM(struct thing, "colour", colour, colours),
	JSON_OBJECT(struct thing, "port", port, &port_schema),
	JSON_ARRAY(struct thing, "ports", ports, port_count, &port_schema),
	JSON_STRINGS(struct thing, "args", args),
	JSON_MAP(struct thing, "env", env, env_count),
	JSON_CUSTOM(struct thing, "custom", custom, &custom),
	JSON_STRING(struct thing, "kind", kind),
	JSON_END
};

#define THING(...)                                                                          \
	JSON_SCHEMA(struct thing, thing_fields, .extend = thing_options,                    \
		    .extend_offset = offsetof(struct thing, options), .check = check_thing, \
		    ##__VA_ARGS__)

static const struct json_schema thing_schema = THING(.unknown = JSON_UNKNOWN_REFUSE);
static const struct json_schema ignoring_schema = THING(.unknown = JSON_UNKNOWN_IGNORE);
static const struct json_schema warning_schema = THING(.unknown = JSON_UNKNOWN_WARN);
static const struct json_schema caseless_schema =
	THING(.unknown = JSON_UNKNOWN_REFUSE, .caseless = true);

/* --- Helpers --- */

/* A text that may hold NULs, and its length. */
#define T(s) (s), sizeof(s) - 1

static bool all_zero(const void *p, size_t size)
{
	const char *bytes = p;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Decode from memory of just that size, so that ASan sees a read past its end. */
static int decode_exact(const struct json_schema *schema, void *object, const char *text,
			size_t len, struct err *err)
{
	char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, text, len);
	ret = json_decode(schema, object, copy, len, "t", err);
	free(copy);
	return ret;
}

static void expect_error_len(const struct json_schema *schema, const char *text, size_t len,
			     int code, const char *expected)
{
	struct err err = { 0 };
	struct thing t;
	int ret;

	memset(&t, 0xaa, sizeof(t));
	ret = decode_exact(schema, &t, text, len, &err);
	if (ret == 0)
		fail_msg("accepted: %s", text);
	assert_string_equal(err.text, expected);
	assert_int_equal(ret, code);
	assert_int_equal(err.code, code);
	assert_true(all_zero(&t, sizeof(t)));
	/* Without an err the code is the same. */
	assert_int_equal(decode_exact(schema, &t, text, len, NULL), code);
}

static int decode_text(const struct json_schema *schema, void *object, const char *text,
		       struct err *err)
{
	return decode_exact(schema, object, text, strlen(text), err);
}

static void expect_error(const char *text, const char *expected)
{
	expect_error_len(&thing_schema, text, strlen(text), -EINVAL, expected);
}

static struct thing decode(const char *text)
{
	struct err err = { 0 };
	struct thing t;

	if (decode_text(&thing_schema, &t, text, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static char *encode(const struct json_schema *schema, const void *object, bool pretty)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret;

	ret = pretty ? json_encode(schema, object, out, &err)
		     : json_encode_compact(schema, object, out, &err);
	fclose(out);
	if (ret < 0)
		fail_msg("%s", err.text);
	return text;
}

/* @text decodes and encodes as @expected, and that as itself, compact and pretty. */
static void expect_round_trip(const char *text, const char *expected)
{
	_cleanup_free_ char *once = NULL, *twice = NULL, *pretty = NULL, *thrice = NULL;
	struct thing t = decode(text);

	once = encode(&thing_schema, &t, false);
	assert_string_equal(once, expected);
	pretty = encode(&thing_schema, &t, true);
	json_release(&thing_schema, &t);
	assert_true(all_zero(&t, sizeof(t)));
	t = decode(once);
	twice = encode(&thing_schema, &t, false);
	json_release(&thing_schema, &t);
	assert_string_equal(twice, once);
	t = decode(pretty);
	thrice = encode(&thing_schema, &t, false);
	json_release(&thing_schema, &t);
	assert_string_equal(thrice, once);
}

static void expect_same(const char *text)
{
	expect_round_trip(text, text);
}

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

/* --- Malformed texts --- */

struct malformed {
	const char *text;
	size_t len;
	const char *error;
};

static const struct malformed malformed[] = {
	/* What jsmn's strict mode lets pass. */
	{ T("{\"a\"}"), "t:1:5: expected ':', found '}'" },
	{ T("[1,,3]"), "t:1:4: expected a value, found ','" },
	{ T("{\"a\":1,}"), "t:1:8: a comma must not stand before '}'" },
	{ T("{\"a\":tru}"), "t:1:6: expected a value, found the word 'tru'" },
	/* Nothing, and too much. */
	{ T(""), "t: is empty, expected a JSON value" },
	{ T(" \t\r\n"), "t: is empty, expected a JSON value" },
	{ T("{} {}"), "t:1:4: expected nothing behind the JSON value, found '{'" },
	{ T("{}x"), "t:1:3: expected nothing behind the JSON value, found 'x'" },
	{ T("{},"), "t:1:3: expected nothing behind the JSON value, found ','" },
	{ T("[]]"), "t:1:3: expected nothing behind the JSON value, found ']'" },
	{ T("1 2"), "t:1:3: expected nothing behind the JSON value, found '2'" },
	{ T("{}\n// c"),
	  "t:2:1: expected nothing behind the JSON value, found '/' (JSON has no comments)" },
	{ T("{}\n\n  #"),
	  "t:3:3: expected nothing behind the JSON value, found '#' (JSON has no comments)" },
	{ T("{}\0"), "t:1:3: expected nothing behind the JSON value, found byte 0x00" },
	{ T("\0{}"), "t:1:1: expected a value, found byte 0x00" },
	{ T("{\"a\":\0 1}"), "t:1:6: expected a value, found byte 0x00" },
	{ T("[1\0]"), "t:1:3: expected ',' or ']', found byte 0x00" },
	{ T("\xef\xbb\xbf{}"), "t:1:1: JSON must not begin with a byte order mark" },
	{ T("\xff\xfe{"), "t:1:1: expected a value, found byte 0xff" },
	{ T("\xc2\xa0{}"), "t:1:1: expected a value, found byte 0xc2" },
	{ T("\v{}"), "t:1:1: expected a value, found byte 0x0b" },
	{ T("\f[]"), "t:1:1: expected a value, found byte 0x0c" },
	/* Structure. */
	{ T("{"), "t:1:2: expected a key in double quotes, found the end of the text" },
	{ T("["), "t:1:2: expected a value, found the end of the text" },
	{ T("}"), "t:1:1: expected a value, found '}'" },
	{ T("]"), "t:1:1: expected a value, found ']'" },
	{ T(","), "t:1:1: expected a value, found ','" },
	{ T(":"), "t:1:1: expected a value, found ':'" },
	{ T("[1"), "t:1:3: expected ',' or ']', found the end of the text" },
	{ T("[1,"), "t:1:4: expected a value, found the end of the text" },
	{ T("[1,]"), "t:1:4: a comma must not stand before ']'" },
	{ T("[,1]"), "t:1:2: expected a value, found ','" },
	{ T("[,]"), "t:1:2: expected a value, found ','" },
	{ T("[1 2]"), "t:1:4: expected ',' or ']', found '2'" },
	{ T("[1}"), "t:1:3: expected ',' or ']', found '}'" },
	{ T("[1:2]"), "t:1:3: expected ',' or ']', found ':'" },
	{ T("[\"a\":1]"), "t:1:5: expected ',' or ']', found ':'" },
	{ T("{]"), "t:1:2: expected a key in double quotes, found ']'" },
	{ T("{,}"), "t:1:2: expected a key in double quotes, found ','" },
	{ T("{\"a\":}"), "t:1:6: expected a value, found '}'" },
	{ T("{\"a\""), "t:1:5: expected ':', found the end of the text" },
	{ T("{\"a\":"), "t:1:6: expected a value, found the end of the text" },
	{ T("{\"a\":1"), "t:1:7: expected ',' or '}', found the end of the text" },
	{ T("{\"a\":1,"), "t:1:8: expected a key in double quotes, found the end of the text" },
	{ T("{\"a\":1,,\"b\":2}"), "t:1:8: expected a key in double quotes, found ','" },
	{ T("{\"a\":1 \"b\":2}"), "t:1:8: expected ',' or '}', found '\"'" },
	{ T("{\"a\":1]"), "t:1:7: expected ',' or '}', found ']'" },
	{ T("{\"a\" 1}"), "t:1:6: expected ':', found '1'" },
	{ T("{\"a\",1}"), "t:1:5: expected ':', found ','" },
	{ T("{\"a\"::1}"), "t:1:6: expected a value, found ':'" },
	{ T("{\"a\":1:2}"), "t:1:7: expected ',' or '}', found ':'" },
	{ T("{1:1}"), "t:1:2: expected a key in double quotes, found '1'" },
	{ T("{null:1}"), "t:1:2: expected a key in double quotes, found 'n'" },
	{ T("{a:1}"), "t:1:2: expected a key in double quotes, found 'a'" },
	{ T("{'a':1}"),
	  "t:1:2: expected a key in double quotes, found ''' (strings take double quotes)" },
	{ T("{[]:1}"), "t:1:2: expected a key in double quotes, found '['" },
	{ T("{{}:1}"), "t:1:2: expected a key in double quotes, found '{'" },
	{ T("{\n\t\"a\": 1\n\t\"b\": 2\n}"), "t:3:2: expected ',' or '}', found '\"'" },
	{ T("{\"a\": /* c */ 1}"), "t:1:7: expected a value, found '/' (JSON has no comments)" },
	{ T("[1;2]"), "t:1:3: expected ',' or ']', found ';'" },
	{ T("(1)"), "t:1:1: expected a value, found '('" },
	/* Words. */
	{ T("nul"), "t:1:1: expected a value, found the word 'nul'" },
	{ T("nulll"), "t:1:1: expected a value, found the word 'nulll'" },
	{ T("True"), "t:1:1: expected a value, found the word 'True'" },
	{ T("[NaN]"), "t:1:2: expected a value, found the word 'NaN'" },
	{ T("[Infinity]"), "t:1:2: expected a value, found the word 'Infinity'" },
	{ T("[-Infinity]"), "t:1:3: expected a digit behind '-'" },
	{ T("[truefalse]"), "t:1:2: expected a value, found the word 'truefalse'" },
	{ T("[undefined]"), "t:1:2: expected a value, found the word 'undefined'" },
	{ T("aaaaaaaaaaaaaaaaaaaaaaaaa"),
	  "t:1:1: expected a value, found the word 'aaaaaaaaaaaaaaaaaaaa...'" },
	/* Numbers. */
	{ T("01"), "t:1:1: a number must not begin with 0" },
	{ T("-01"), "t:1:2: a number must not begin with 0" },
	{ T("[00]"), "t:1:2: a number must not begin with 0" },
	{ T("[+1]"), "t:1:2: a number must not begin with '+'" },
	{ T("[.5]"), "t:1:2: a number must not begin with '.'" },
	{ T("[-.5]"), "t:1:3: expected a digit behind '-'" },
	{ T("[1.]"), "t:1:4: expected a digit behind '.'" },
	{ T("[1.e1]"), "t:1:4: expected a digit behind '.'" },
	{ T("[1e]"), "t:1:4: expected a digit in the exponent" },
	{ T("[1E+]"), "t:1:5: expected a digit in the exponent" },
	{ T("[1e-]"), "t:1:5: expected a digit in the exponent" },
	{ T("[1e1.5]"), "t:1:5: expected ',' or ']', found '.'" },
	{ T("[1.5.5]"), "t:1:5: expected ',' or ']', found '.'" },
	{ T("-"), "t:1:2: expected a digit behind '-'" },
	{ T("[--1]"), "t:1:3: expected a digit behind '-'" },
	{ T("[- 1]"), "t:1:3: expected a digit behind '-'" },
	{ T("[0x10]"), "t:1:3: expected ',' or ']', found 'x'" },
	{ T("[1_000]"), "t:1:3: expected ',' or ']', found '_'" },
	{ T("[1a]"), "t:1:3: expected ',' or ']', found 'a'" },
	{ T("[1\xef\xbc\x91]"), "t:1:3: expected ',' or ']', found byte 0xef" },
	/* Strings. */
	{ T("\""), "t:1:1: the string is not closed" },
	{ T("[\"a"), "t:1:2: the string is not closed" },
	{ T("{\"a"), "t:1:2: the string is not closed" },
	{ T("\"\\"), "t:1:3: the text ends inside a string" },
	{ T("\"\\\""), "t:1:1: the string is not closed" },
	{ T("'a'"), "t:1:1: expected a value, found ''' (strings take double quotes)" },
	{ T("[\"a\nb\"]"), "t:1:2: the string is not closed on its line (a line break is \\n)" },
	{ T("[\"a\rb\"]"), "t:1:2: the string is not closed on its line (a line break is \\n)" },
	{ T("[\"a\tb\"]"), "t:1:4: control character 0x09 in a string (write it as \\u0009)" },
	{ T("[\"\x1f\"]"), "t:1:3: control character 0x1f in a string (write it as \\u001f)" },
	{ T("[\"a\0b\"]"), "t:1:4: control character 0x00 in a string (write it as \\u0000)" },
	{ T("[\"\\x41\"]"), "t:1:3: unknown escape '\\x'" },
	{ T("[\"\\'\"]"), "t:1:3: unknown escape '\\''" },
	{ T("[\"\\U0041\"]"), "t:1:3: unknown escape '\\U'" },
	{ T("[\"\\a\"]"), "t:1:3: unknown escape '\\a'" },
	{ T("[\"\\0\"]"), "t:1:3: unknown escape '\\0'" },
	{ T("[\"\\\n\"]"), "t:1:3: a backslash before byte 0x0a" },
	{ T("[\"\\\xc3\xa4\"]"), "t:1:3: a backslash before byte 0xc3" },
	{ T("[\"\\\0\"]"), "t:1:3: a backslash before byte 0x00" },
	{ T("[\"\\u\"]"), "t:1:3: \\u needs four hexadecimal digits" },
	{ T("[\"\\u004\"]"), "t:1:3: \\u needs four hexadecimal digits" },
	{ T("[\"\\u00g1\"]"), "t:1:3: \\u needs four hexadecimal digits" },
	{ T("[\"\\u 041\"]"), "t:1:3: \\u needs four hexadecimal digits" },
	{ T("[\"\\u+041\"]"), "t:1:3: \\u needs four hexadecimal digits" },
	{ T("\"\\u00"), "t:1:2: \\u needs four hexadecimal digits" },
	{ T("[\"\\ud800\"]"), "t:1:3: \\ud800 is half of a surrogate pair" },
	{ T("[\"\\udbffx\"]"), "t:1:3: \\udbff is half of a surrogate pair" },
	{ T("[\"a\\udc00\"]"), "t:1:4: \\udc00 is half of a surrogate pair" },
	{ T("[\"\\ude00\\ud83d\"]"), "t:1:3: \\ude00 is half of a surrogate pair" },
	{ T("[\"\\ud800\\n\"]"), "t:1:3: \\ud800 is half of a surrogate pair" },
	{ T("[\"\\ud800\\ud800\"]"), "t:1:3: \\ud800 is half of a surrogate pair" },
	{ T("[\"\\ud800\\u0041\"]"), "t:1:3: \\ud800 is half of a surrogate pair" },
	{ T("[\"\\ud800\\u\"]"), "t:1:9: \\u needs four hexadecimal digits" },
	/* UTF-8; columns count characters. */
	{ T("[\"\xc3\xa4\xe2\x82\xac\xff\"]"), "t:1:5: invalid UTF-8 (byte 0xff)" },
	{ T("[\"\x80\"]"), "t:1:3: invalid UTF-8 (byte 0x80)" },
	{ T("[\"\xc3\"]"), "t:1:3: invalid UTF-8 (byte 0xc3)" },
	{ T("[\"\xc0\xaf\"]"), "t:1:3: invalid UTF-8 (byte 0xc0)" },
	{ T("[\"\xc1\xbf\"]"), "t:1:3: invalid UTF-8 (byte 0xc1)" },
	{ T("[\"\xe0\x80\xaf\"]"), "t:1:3: invalid UTF-8 (byte 0xe0)" },
	{ T("[\"\xe0\x9f\xbf\"]"), "t:1:3: invalid UTF-8 (byte 0xe0)" },
	{ T("[\"\xed\xa0\x80\"]"), "t:1:3: invalid UTF-8 (byte 0xed)" },
	{ T("[\"\xf0\x80\x80\xaf\"]"), "t:1:3: invalid UTF-8 (byte 0xf0)" },
	{ T("[\"\xf0\x8f\xbf\xbf\"]"), "t:1:3: invalid UTF-8 (byte 0xf0)" },
	{ T("[\"\xf4\x90\x80\x80\"]"), "t:1:3: invalid UTF-8 (byte 0xf4)" },
	{ T("[\"\xf5\x80\x80\x80\"]"), "t:1:3: invalid UTF-8 (byte 0xf5)" },
	{ T("[\"\xfe\"]"), "t:1:3: invalid UTF-8 (byte 0xfe)" },
	{ T("[\"\xe2\x82\"]"), "t:1:3: invalid UTF-8 (byte 0xe2)" },
	{ T("\"\xe2\x82"), "t:1:2: invalid UTF-8 (byte 0xe2)" },
	{ T("\"\xf0\x9f\x98"), "t:1:2: invalid UTF-8 (byte 0xf0)" },
	{ T("{\"\xff\":1}"), "t:1:3: invalid UTF-8 (byte 0xff)" },
	/* Duplicate keys, at any depth and in any spelling. */
	{ T("{\"a\":1,\"a\":2}"), "t:1:8: a: duplicate key" },
	{ T("{\"a\":1,\"\\u0061\":2}"), "t:1:8: [\"\\u0061\"]: duplicate key" },
	{ T("{\"\\u0061\":1,\"a\":2}"), "t:1:13: a: duplicate key" },
	{ T("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
	  "t:1:19: [\"\xf0\x9f\x98\x80\"]: duplicate key" },
	{ T("{\"\":1,\"\":2}"), "t:1:7: [\"\"]: duplicate key" },
	{ T("[{\"x\":{\"b\":[{\"c\":1,\"d\":2,\"c\":3}]}}]"),
	  "t:1:26: [0].x.b[0].c: duplicate key" },
	{ T("{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"10\":0,\"11\":0,\"12\":0,\"13\":0,"
	    "\"\\u0037\":0,\"1\":0}"),
	  "t:1:84: [\"\\u0037\"]: duplicate key" },
};

static void test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(malformed); i++) {
		const struct malformed *m = &malformed[i];
		struct json_doc *doc = NULL;

		expect_error_len(&ignoring_schema, m->text, m->len, -EINVAL, m->error);
		assert_int_equal(json_parse(m->text, m->len, "t", &doc, NULL), -EINVAL);
		assert_null(doc);
	}
}

static void test_well_formed(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"0",
		"-0",
		" 1 ",
		"-12.5e-10",
		"1E+2",
		"0e0",
		"0.0",
		"true",
		"false",
		"null",
		"\"\"",
		" \"a\" ",
		"\"\\\"\"",
		"[ ]",
		"{ }",
		"[[],{},[{}]]",
		"[1 , 2]",
		"\r\n[\t]\r\n",
		"{\"\":0}",
		"{\"a\":{\"a\":{\"a\":[]}}}",
		"\"\x7f\"",
		"\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"",
		"\"\\ud834\\udd1e\"",
		"\"\\u0000\"",
		"[\"\\u0022\",\"\\u005C\"]",
		"[1e400,-1E-400]",
		"[123456789012345678901234567890]",
		"{\"a\":1,\"A\":2}",
		"{\"a\":1,\"a\\u0000\":2}",
		"[\"/\"]",
		"{\"a\":1,\"\\u0041\":2}",
		"[\"[\",\"{\",\"]\",\",\",\":\"]",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct json_doc *doc = NULL;
		struct err err;

		if (json_parse(texts[i], strlen(texts[i]), "t", &doc, &err) < 0)
			fail_msg("%s: %s", texts[i], err.text);
		json_free(doc);
	}
}

static void fill_nested(char *buf, size_t depth, const char *open, const char *close)
{
	buf[0] = '\0';
	for (size_t i = 0; i < depth; i++)
		strcat(buf, open);
	strcat(buf, "0");
	for (size_t i = 0; i < depth; i++)
		strcat(buf, close);
}

static void test_depth(void **state)
{
	struct json_doc *doc;
	struct err err;
	char buf[2000];
	_cleanup_free_ char *deep = malloc(1000000);

	(void)state;
	fill_nested(buf, 64, "[", "]");
	assert_int_equal(json_parse(buf, strlen(buf), "t", &doc, &err), 0);
	json_free(doc);
	fill_nested(buf, 64, "{\"a\":", "}");
	assert_int_equal(json_parse(buf, strlen(buf), "t", &doc, &err), 0);
	json_free(doc);
	fill_nested(buf, 65, "[", "]");
	assert_int_equal(json_parse(buf, strlen(buf), "t", &doc, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:65: nested deeper than 64 levels");
	fill_nested(buf, 65, "{\"a\":", "}");
	assert_int_equal(json_parse(buf, strlen(buf), "t", &doc, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:321: nested deeper than 64 levels");
	memset(deep, '[', 1000000);
	assert_int_equal(json_parse(deep, 1000000, "t", &doc, &err), -EINVAL);
	/* Depth, not count: many neighbours are fine. */
	strcpy(buf, "[");
	for (int i = 0; i < 100; i++)
		strcat(buf, i ? ",[[]]" : "[[]]");
	strcat(buf, "]");
	assert_int_equal(json_parse(buf, strlen(buf), "t", &doc, &err), 0);
	json_free(doc);
}

static void test_size(void **state)
{
	_cleanup_free_ char *text = malloc(JSON_TEXT_MAX + 1);
	struct json_doc *doc;
	struct err err;

	(void)state;
	memset(text, ' ', JSON_TEXT_MAX + 1);
	memcpy(text, "[7]", 3);
	assert_int_equal(json_parse(text, JSON_TEXT_MAX, "t", &doc, &err), 0);
	json_free(doc);
	assert_int_equal(json_parse(text, JSON_TEXT_MAX + 1, "t", &doc, &err), -EFBIG);
	assert_string_equal(err.text, "t: is larger than 16 MiB");
	assert_int_equal(json_decode(&thing_schema, &(struct thing){ 0 }, text, JSON_TEXT_MAX + 1,
				     "t", &err),
			 -EFBIG);
}

static void test_source(void **state)
{
	char path[1000];
	struct json_doc *doc;
	struct err err;

	(void)state;
	memset(path, 'd', sizeof(path) - 1);
	strcpy(path + sizeof(path) - 8, "/x.json");
	assert_int_equal(json_parse("[x", 2, path, &doc, &err), -EINVAL);
	assert_true(str_starts(err.text, "...ddd"));
	assert_non_null(strstr(err.text, "d/x.json:1:2: expected a value, found the word 'x'"));
	assert_true(strlen(err.text) < 310);
	assert_int_equal(json_parse("[", 1, NULL, &doc, &err), -EINVAL);
	assert_string_equal(err.text, "JSON:1:2: expected a value, found the end of the text");
}

/* --- Well-formed, but not what the schema says --- */

static void test_wrong_types(void **state)
{
	(void)state;
	expect_error("[]", "t:1:1: expected an object, found an array");
	expect_error(" \"x\"", "t:1:2: expected an object, found a string \"x\"");
	expect_error("12", "t:1:1: expected an object, found the number 12");
	expect_error("null", "t:1:1: expected an object, found null");
	expect_error("{\"mtu\":\"abc\"}", "t:1:8: mtu: expected a number, found a string \"abc\"");
	expect_error("{\"i8\":true}", "t:1:7: i8: expected a number, found true");
	expect_error("{\"u8\":[1]}", "t:1:7: u8: expected a number, found an array");
	expect_error("{\"on\":1}", "t:1:7: on: expected true or false, found the number 1");
	expect_error("{\"on\":\"true\"}",
		     "t:1:7: on: expected true or false, found a string \"true\"");
	expect_error("{\"name\":5}", "t:1:9: name: expected a string, found the number 5");
	expect_error("{\"title\":{}}", "t:1:10: title: expected a string, found an object");
	expect_error("{\"label\":false}", "t:1:10: label: expected a string, found false");
	expect_error("{\"dotted\":1.2}", "t:1:11: dotted: expected a string, found the number 1.2");
	expect_error("{\"colour\":1}", "t:1:11: colour: expected a string, found the number 1");
	expect_error("{\"port\":80}", "t:1:9: port: expected an object, found the number 80");
	expect_error("{\"ports\":{}}", "t:1:10: ports: expected an array, found an object");
	expect_error("{\"ports\":[{\"port\":1},\n null]}",
		     "t:2:2: ports[1]: expected an object, found null");
	expect_error("{\"args\":\"a\"}",
		     "t:1:9: args: expected an array of strings, found a string \"a\"");
	expect_error("{\"args\":[\"a\",1]}",
		     "t:1:14: args[1]: expected a string, found the number 1");
	expect_error("{\"args\":[\"a\",null]}", "t:1:14: args[1]: expected a string, found null");
	expect_error("{\"env\":[]}", "t:1:8: env: expected an object of strings, found an array");
	expect_error("{\"env\":{\"a\":\"1\",\"b.c\":2}}",
		     "t:1:23: env[\"b.c\"]: expected a string, found the number 2");
	expect_error("{\"custom\":true}", "t:1:11: custom: neither number nor string");
	expect_error("{\"custom\":0}", "t:1:11: custom: 0 is out of range (1 to 1000)");
	expect_error("{\"custom\":[]}", "t:1:11: custom: no arrays");
	expect_error("{\"custom\":{\"port\":-1}}",
		     "t:1:19: custom.port: -1 is out of range (1 to 65535)");
}

static void test_quotes(void **state)
{
	(void)state;
	expect_error(
		"{\"mtu\":\"0123456789012345678901234567890123456789\"}",
		"t:1:8: mtu: expected a number, found a string \"0123456789012345678901234567890123456789\"");
	expect_error(
		"{\"mtu\":\"01234567890123456789012345678901234567890\"}",
		"t:1:8: mtu: expected a number, found a string \"0123456789012345678901234567890123456789...\"");
	/* Never half a character. */
	expect_error(
		"{\"mtu\":\"012345678901234567890123456789012345678\xc3\xa4x\"}",
		"t:1:8: mtu: expected a number, found a string \"012345678901234567890123456789012345678...\"");
	expect_error("{\"mtu\":\"\\u001b[31m\xc2\x9b"
		     "31m\x7f\"}",
		     "t:1:8: mtu: expected a number, found a string \"\\u001b[31m??31m?\"");
	expect_error(
		"{\"mtu\":111111111111111111111111111111111111111111}",
		"t:1:8: mtu: 1111111111111111111111111111111111111111... is out of range (68 to 65535)");
	/* A path is cut in front. */
	expect_error(
		"{\"env\":{\"0123456789.0123456789.0123456789.0123456789.\":1}}",
		"t:1:56: env[\"0123456789.0123456789.0123456789.0123456...\"]: expected a string, found the "
		"number 1");
}

static void test_ranges(void **state)
{
	(void)state;
	expect_error("{\"i8\":128}", "t:1:7: i8: 128 is out of range (-128 to 127)");
	expect_error("{\"i8\":-129}", "t:1:7: i8: -129 is out of range (-128 to 127)");
	expect_error("{\"i16\":32768}", "t:1:8: i16: 32768 is out of range (-32768 to 32767)");
	expect_error("{\"i16\":-32769}", "t:1:8: i16: -32769 is out of range (-32768 to 32767)");
	expect_error("{\"i32\":2147483648}",
		     "t:1:8: i32: 2147483648 is out of range (-2147483648 to 2147483647)");
	expect_error("{\"i32\":-2147483649}",
		     "t:1:8: i32: -2147483649 is out of range (-2147483648 to 2147483647)");
	expect_error("{\"i64\":9223372036854775808}",
		     "t:1:8: i64: 9223372036854775808 is out of range "
		     "(-9223372036854775808 to 9223372036854775807)");
	expect_error("{\"i64\":-9223372036854775809}",
		     "t:1:8: i64: -9223372036854775809 is out of range "
		     "(-9223372036854775808 to 9223372036854775807)");
	expect_error("{\"i64\":18446744073709551616}",
		     "t:1:8: i64: 18446744073709551616 is out of range "
		     "(-9223372036854775808 to 9223372036854775807)");
	expect_error("{\"i64\":-18446744073709551617}",
		     "t:1:8: i64: -18446744073709551617 is out of range "
		     "(-9223372036854775808 to 9223372036854775807)");
	expect_error("{\"u8\":256}", "t:1:7: u8: 256 is out of range (0 to 255)");
	expect_error("{\"u8\":-1}", "t:1:7: u8: -1 is out of range (0 to 255)");
	expect_error("{\"u16\":65536}", "t:1:8: u16: 65536 is out of range (0 to 65535)");
	expect_error("{\"u16\":-1}", "t:1:8: u16: -1 is out of range (0 to 65535)");
	expect_error("{\"u32\":4294967296}",
		     "t:1:8: u32: 4294967296 is out of range (0 to 4294967295)");
	expect_error("{\"u32\":-1}", "t:1:8: u32: -1 is out of range (0 to 4294967295)");
	expect_error(
		"{\"u64\":18446744073709551616}",
		"t:1:8: u64: 18446744073709551616 is out of range (0 to 18446744073709551615)");
	expect_error("{\"u64\":-1}", "t:1:8: u64: -1 is out of range (0 to 18446744073709551615)");
	expect_error(
		"{\"u64\":100000000000000000000000000000000000000}",
		"t:1:8: u64: "
		"100000000000000000000000000000000000000 is out of range (0 to 18446744073709551615)");
	expect_error("{\"ranged\":11}", "t:1:11: ranged: 11 is out of range (-5 to 10)");
	expect_error("{\"ranged\":-6}", "t:1:11: ranged: -6 is out of range (-5 to 10)");
	expect_error("{\"mtu\":0}", "t:1:8: mtu: 0 is out of range (68 to 65535)");
	expect_error("{\"ports\":[{\"port\":70000}]}",
		     "t:1:19: ports[0].port: 70000 is out of range (1 to 65535)");
	expect_error("{\"ports\":[{\"port\":0}]}",
		     "t:1:19: ports[0].port: 0 is out of range (1 to 65535)");
	expect_error("{\"u8\":1.0}",
		     "t:1:7: u8: 1.0 is not an integer (no fraction or exponent is allowed)");
	expect_error("{\"u8\":1e2}",
		     "t:1:7: u8: 1e2 is not an integer (no fraction or exponent is allowed)");
	expect_error("{\"i8\":-0.5}",
		     "t:1:7: i8: -0.5 is not an integer (no fraction or exponent is allowed)");
}

static void test_contents(void **state)
{
	(void)state;
	expect_error("{\"label\":\"12345678\"}",
		     "t:1:10: label: \"12345678\" is too long (at most 7 bytes)");
	expect_error("{\"label\":\"123456\xc3\xa4\"}",
		     "t:1:10: label: \"123456\xc3\xa4\" is too long (at most 7 bytes)");
	expect_error("{\"label\":\"a\\u0000\"}",
		     "t:1:10: label: a NUL character (\\u0000) is not allowed here");
	expect_error("{\"name\":\"\\u0000\"}",
		     "t:1:9: name: a NUL character (\\u0000) is not allowed here");
	expect_error("{\"args\":[\"x\",\"a\\u0000b\"]}",
		     "t:1:14: args[1]: a NUL character (\\u0000) is not allowed here");
	expect_error("{\"env\":{\"a\\u0000\":\"\"}}",
		     "t:1:9: env[\"a\\u0000\"]: a NUL character (\\u0000) is not allowed here");
	expect_error("{\"dotted\":\"1.256\"}", "t:1:11: dotted: '1.256' is not dotted");
	expect_error(
		"{\"colour\":\"gren\"}",
		"t:1:11: colour: unknown value \"gren\"; did you mean 'green'? (known: red, green, verde, minus)");
	expect_error("{\"colour\":\"xyzzy\"}",
		     "t:1:11: colour: unknown value \"xyzzy\" (known: red, green, verde, minus)");
	expect_error("{\"colour\":\"\"}",
		     "t:1:11: colour: unknown value \"\" (known: red, green, verde, minus)");
	expect_error("{\"port\":{}}", "t:1:9: port: the key 'port' is missing");
	expect_error("{\"ports\":[{\"port\":1},{\"protocol\":\"x\"}]}",
		     "t:1:22: ports[1]: the key 'port' is missing");
	expect_error("{\"port\":{\"port\":null}}", "t:1:17: port.port: must not be null");
	expect_error("{\"kind\":\"veth\"}", "t:1:1: the key 'bridge' is missing");
	expect_error_len(&thing_schema, T("{\"u8\":13}"), -EPERM, "t:1:1: 13 is unlucky");
	expect_error_len(&thing_schema, T("\n {\"kind\":\"veth\",\"bridge\":\"bad\"}"), -ERANGE,
			 "t:2:2: a bad bridge");
}

/* Every prefix of a rich text fails without a leak, and so does every field in turn. */
static void test_release_on_failure(void **state)
{
	static const char rich[] =
		"{\"name\":\"n\",\"args\":[\"a\",\"b\"],\"env\":{\"k\":\"v\",\"l\":\"w\"},\"custom\":\"word\","
		"\"port\":{\"port\":1,\"protocol\":\"p\"},\"ports\":[{\"port\":1,\"protocol\":\"p\"},"
		"{\"port\":2,\"protocol\":\"q\"}],\"kind\":\"veth\",\"bridge\":\"b\",\"on\":true,\"u8\":1,\"i8\":2}";
	struct thing t;

	(void)state;
	for (size_t len = 0; len < sizeof(rich) - 1; len++) {
		assert_int_equal(decode_exact(&thing_schema, &t, rich, len, NULL), -EINVAL);
		assert_true(all_zero(&t, sizeof(t)));
	}
	/* Values made wrong one at a time: the types stop matching, the grammar still does. */
	for (size_t i = 0; i < sizeof(rich) - 1; i++) {
		char broken[sizeof(rich)];

		memcpy(broken, rich, sizeof(rich));
		if (rich[i] != '"' && rich[i] >= 'a') {
			broken[i] = '~';
			if (decode_exact(&thing_schema, &t, broken, sizeof(rich) - 1, NULL) == 0)
				json_release(&thing_schema, &t);
			else
				assert_true(all_zero(&t, sizeof(t)));
		} else if (rich[i] >= '0' && rich[i] <= '9') {
			broken[i] = '{';
			memmove(broken + i + 2, rich + i + 1, sizeof(rich) - i - 2);
			broken[i + 1] = '}';
			assert_int_equal(decode_exact(&thing_schema, &t, broken, sizeof(rich),
						      NULL),
					 -EINVAL);
			assert_true(all_zero(&t, sizeof(t)));
		}
	}
}

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

/* --- Documents --- */

static const struct json_value *parse(const char *text, struct json_doc **doc)
{
	struct err err;

	if (json_parse(text, strlen(text), "t", doc, &err) < 0)
		fail_msg("%s", err.text);
	return json_root(*doc);
}

static void test_values(void **state)
{
	char text[] =
		" {\"a\": [1, [2, 3], {\"x\": 4}, \"s\\n\"], \"B\": {}, \"c\": [], \"d\": true, \"e\": null, "
		"\"b\": -5, \"f\": 18446744073709551615}";
	_cleanup_free_ char *s = NULL, *key = NULL;
	const struct json_value *root, *a, *v;
	struct json_doc *doc;
	unsigned long long u;
	struct err err;
	long long n;
	bool b;

	(void)state;
	root = parse(text, &doc);
	memset(text, 'X', sizeof(text) - 1); /* the document keeps its own */
	assert_int_equal(json_value_kind(root), JSON_IS_OBJECT);
	assert_int_equal(json_value_count(root), 7);
	assert_null(json_value_next(root));
	a = json_value_get(root, "a");
	assert_int_equal(json_value_kind(a), JSON_IS_ARRAY);
	assert_int_equal(json_value_count(a), 4);
	assert_null(json_value_get(a, "a"));
	assert_null(json_value_get(root, "A"));
	assert_null(json_value_get(root, "x"));
	assert_ptr_equal(json_value_get_caseless(root, "A"), a);
	assert_int_equal(json_value_kind(json_value_get_caseless(root, "b")), JSON_IS_NUMBER);
	assert_int_equal(json_value_kind(json_value_get_caseless(root, "B")), JSON_IS_OBJECT);
	assert_int_equal(json_value_int(json_value_at(json_value_at(a, 1), 1), 0, 9, &n, &err), 0);
	assert_int_equal(n, 3);
	v = json_value_get(json_value_at(a, 2), "x");
	assert_int_equal(json_value_int(v, 0, 3, &n, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:26: a[2].x: 4 is out of range (0 to 3)");
	assert_int_equal(n, 3);
	assert_null(json_value_at(a, 4));
	assert_null(json_value_at(json_value_at(a, 0), 0));
	assert_int_equal(json_value_string(json_value_at(a, 3), &s, &err), 0);
	assert_string_equal(s, "s\n");
	v = json_value_next(a);
	assert_int_equal(json_value_key(v, &key, &err), 0);
	assert_string_equal(key, "B");
	assert_int_equal(json_value_count(v), 0);
	assert_null(json_value_at(v, 0));
	v = json_value_next(json_value_next(v));
	assert_int_equal(json_value_bool(v, &b, &err), 0);
	assert_true(b);
	v = json_value_next(v);
	assert_int_equal(json_value_kind(v), JSON_IS_NULL);
	assert_int_equal(json_value_bool(v, &b, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:72: e: expected true or false, found null");
	v = json_value_at(root, 6);
	assert_int_equal(json_value_uint(v, UINT64_MAX, &u, &err), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(json_value_uint(v, 5, &u, &err), -EINVAL);
	assert_null(json_value_next(v));
	assert_int_equal(json_value_key(root, &s, &err), -EINVAL);
	assert_int_equal(json_value_key(json_value_at(a, 0), &s, &err), -EINVAL);
	assert_int_equal(json_value_err(json_value_at(a, 1), &err, -ENOENT, "%d", 5), -ENOENT);
	assert_string_equal(err.text, "t:1:12: a[1]: 5");
	json_free(doc);
	json_free(NULL);
}

static void test_single_values(void **state)
{
	struct json_doc *doc;
	char *s;
	long long n;

	(void)state;
	assert_int_equal(json_value_int(parse(" -17\n", &doc), -20, 0, &n, NULL), 0);
	assert_int_equal(n, -17);
	json_free(doc);
	assert_int_equal(json_value_string(parse("\"x\\u0041\" ", &doc), &s, NULL), 0);
	assert_string_equal(s, "xA");
	free(s);
	json_free(doc);
	assert_int_equal(json_value_kind(parse("\n{ }", &doc)), JSON_IS_OBJECT);
	json_free(doc);
	assert_int_equal(json_value_count(parse("[ ]", &doc)), 0);
	json_free(doc);
	assert_int_equal(json_value_kind(parse("null", &doc)), JSON_IS_NULL);
	json_free(doc);
}

/* --- Files --- */

static void expect_file_error(const char *path, int code, const char *expected)
{
	struct err err = { 0 };
	struct thing t;

	memset(&t, 1, sizeof(t));
	assert_int_equal(json_decode_file(&thing_schema, &t, AT_FDCWD, path, &err), code);
	assert_string_equal(err.text, expected);
	assert_true(all_zero(&t, sizeof(t)));
}

static void test_files(void **state)
{
	char dir[] = "/tmp/test_json.XXXXXX", old[4096];
	struct json_doc *doc;
	struct thing t;
	int fd;

	(void)state;
	assert_non_null(getcwd(old, sizeof(old)));
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	expect_file_error("none.json", -ENOENT, "none.json: No such file or directory");
	expect_file_error(".", -EISDIR, ".: Is a directory");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	expect_file_error("fifo", -EINVAL, "fifo: not a regular file");
	fd = open("c.json", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	expect_file_error("c.json", -EINVAL, "c.json: is empty, expected a JSON value");
	assert_int_equal(ftruncate(fd, JSON_TEXT_MAX + 1), 0);
	expect_file_error("c.json", -EFBIG, "c.json: is larger than 16 MiB");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(write(fd, "{\n\t\"u8\": 300}", 13), 13);
	expect_file_error("c.json", -EINVAL, "c.json:2:8: u8: 300 is out of range (0 to 255)");
	assert_int_equal(pwrite(fd, " 12", 3, 9), 3);
	assert_int_equal(symlink("c.json", "link"), 0);
	assert_int_equal(json_decode_file(&thing_schema, &t, AT_FDCWD, "link", NULL), 0);
	assert_int_equal(t.u8, 12);
	json_release(&thing_schema, &t);
	assert_int_equal(json_parse_file(AT_FDCWD, "c.json", &doc, NULL), 0);
	assert_int_equal(json_value_count(json_root(doc)), 1);
	json_free(doc);
	close(fd);
	unlink("fifo");
	unlink("link");
	unlink("c.json");
	assert_int_equal(chdir(old), 0);
	assert_int_equal(rmdir(dir), 0);
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
		"{\"a\\n\":[-9223372036854775808,18446744073709551615,true,null,{\"port\":3},{}],"
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
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_decoded_values),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_release_on_failure),
		cmocka_unit_test(test_unknown_refused),
		cmocka_unit_test(test_unknown_warned),
		cmocka_unit_test(test_caseless),
		cmocka_unit_test(test_exact_before_caseless),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_single_values),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_writer_faults),
		cmocka_unit_test(test_print_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
