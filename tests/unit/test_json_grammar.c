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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_depth),     cmocka_unit_test(test_size),
		cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
