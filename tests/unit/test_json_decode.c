// SPDX-License-Identifier: Apache-2.0
#include "lib/json.h"

#include "tests/unit/json_thing.h"
#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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

static void test_fixed(void **state)
{
	static const struct {
		const char *text;
		unsigned int places;
		int ret;
		unsigned long long want;
	} rows[] = {
		{ "1.1", 5, 0, 110000 },
		{ "2", 3, 0, 2000 },
		{ "0.000019", 5, 0, 1 },
		{ "7.99", 0, 0, 7 },
		{ "18446744073709551615", 0, 0, UINT64_MAX },
		{ "18446744073709551616", 0, -EINVAL, 0 },
		{ "18446744073709551615", 1, -EINVAL, 0 },
		{ "-1", 1, -EINVAL, 0 },
		{ "1e3", 1, -EINVAL, 0 },
		{ "1.5e3", 1, -EINVAL, 0 },
		{ "\"1\"", 1, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned long long n = 0;
		struct json_doc *doc;
		struct err err = { 0 };

		assert_int_equal(json_value_fixed(parse(rows[i].text, &doc), rows[i].places,
						  UINT64_MAX, &n, &err),
				 rows[i].ret);
		assert_int_equal(n, rows[i].want);
		json_free(doc);
	}
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_release_on_failure),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_single_values),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
