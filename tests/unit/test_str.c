// SPDX-License-Identifier: Apache-2.0
#include "lib/str.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void test_format(void **state)
{
	_cleanup_free_ char *s = str_format("%s-%d", "a", 5), *empty = str_format("%s", "");

	(void)state;
	assert_string_equal(s, "a-5");
	assert_string_equal(empty, "");
}

static void test_to_u64(void **state)
{
	static const struct {
		const char *text;
		unsigned long long max;
		int ret;
		unsigned long long value;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "007", 7, 0, 7 },
		{ "18446744073709551615", ULLONG_MAX, 0, ULLONG_MAX },
		{ "18446744073709551616", ULLONG_MAX, -ERANGE, 0 },
		{ "99999999999999999999", ULLONG_MAX, -ERANGE, 0 },
		{ "184467440737095516150000", ULLONG_MAX, -ERANGE, 0 },
		{ "256", 255, -ERANGE, 0 },
		{ "", 9, -EINVAL, 0 },
		{ "-1", 9, -EINVAL, 0 },
		{ "-0", 9, -EINVAL, 0 },
		{ "+1", 9, -EINVAL, 0 },
		{ " 1", 9, -EINVAL, 0 },
		{ "1 ", 9, -EINVAL, 0 },
		{ "1\n", 9, -EINVAL, 0 },
		{ "0x1", 9, -EINVAL, 0 },
		{ "1e1", 99, -EINVAL, 0 },
		/* Nonsense is nonsense however long. */
		{ "99999999999999999999x", ULLONG_MAX, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		unsigned long long value = 12345;

		assert_int_equal(str_to_u64(cases[i].text, cases[i].max, &value), cases[i].ret);
		assert_true(value == (cases[i].ret ? 12345 : cases[i].value));
	}
}

static void test_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\x80", 0 },
		{ "\xbf", 0 },
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xc2\x80", 2 },
		{ "\xdf\xbf", 2 },
		{ "\xc2", 0 },
		{ "\xc2\x7f", 0 },
		{ "\xc2\xc0", 0 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xe0\xa0\x80", 3 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 0 },
		{ "\xed\xbf\xbf", 0 },
		{ "\xee\x80\x80", 3 },
		{ "\xef\xbf\xbf", 3 },
		{ "\xe2\x82", 0 },
		{ "\xe2\x82x", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xf0\x90\x80", 0 },
		{ "\xf0\x90\x80x", 0 },
		{ "\xff", 0 },
		{ "\xc3\xa4z", 2 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(str_utf8(cases[i].bytes, strlen(cases[i].bytes)), cases[i].length);
	assert_int_equal(str_utf8("\xc3\xa4", 1), 0);
	assert_int_equal(str_utf8("", 1), 1);
}

/* All of Unicode, and nothing else of up to four bytes with a lead of the range. */
static void test_utf8_all(void **state)
{
	size_t valid = 0;

	(void)state;
	for (unsigned int lead = 0xc0; lead <= 0xff; lead++)
		for (unsigned int second = 0; second <= 0xff; second++) {
			char s[4] = { (char)lead, (char)second, (char)0x80, (char)0xbf };
			size_t n = str_utf8(s, 4);

			valid += n == 2 ? 1 : n == 3 ? 64 : n == 4 ? 64 * 64 : 0;
		}
	assert_int_equal(valid, 0x110000 - 0x80 - 0x800);
}

static void test_starts_and_copy(void **state)
{
	char buf[4] = "xxx";

	(void)state;
	assert_true(str_starts("abc", "ab"));
	assert_true(str_starts("abc", ""));
	assert_false(str_starts("ab", "abc"));
	assert_true(str_empty(NULL));
	assert_true(str_empty(""));
	assert_false(str_empty("a"));
	assert_int_equal(str_copy(buf, sizeof(buf), "abc"), 0);
	assert_string_equal(buf, "abc");
	assert_int_equal(str_copy(buf, sizeof(buf), "abcd"), -ENAMETOOLONG);
	assert_string_equal(buf, "");
	assert_int_equal(str_copy(buf, sizeof(buf), ""), 0);
}

static void test_lists(void **state)
{
	_cleanup_(strv_cleanup) char **list = NULL, **copy = NULL, **none = NULL;

	(void)state;
	assert_int_equal(strv_count(NULL), 0);
	assert_int_equal(strv_copy(&none, NULL), 0);
	assert_null(none);
	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *s = str_format("%d", i);

		assert_int_equal(strv_add(&list, s), 0);
		assert_int_equal(strv_count(list), i + 1);
	}
	assert_int_equal(strv_copy(&copy, list), 0);
	assert_int_equal(strv_count(copy), 100);
	for (int i = 0; i < 100; i++) {
		assert_string_equal(copy[i], list[i]);
		assert_ptr_not_equal(copy[i], list[i]);
	}
	strv_free(NULL);
}

static void test_shell(void **state)
{
	static const struct {
		const char *word, *printed;
	} cases[] = {
		{ "", "''" },
		{ "eth0", "eth0" },
		{ "10.0.0.1/24", "10.0.0.1/24" },
		{ "--name=a,b:c@d%e+f-g_h", "--name=a,b:c@d%e+f-g_h" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "$(reboot)", "'$(reboot)'" },
		{ "~", "'~'" },
		{ "*", "'*'" },
		{ "#x", "'#x'" },
		{ "a\nb", "'a\nb'" },
		{ "\xc3\xa4", "'\xc3\xa4'" },
		{ "a\\b\"", "'a\\b\"'" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		str_print_shell(out, cases[i].word);
		fclose(out);
		assert_string_equal(text, cases[i].printed);
		free(text);
	}
}

/* A shell reads back what was printed, for every byte there is. */
static void test_shell_reads(void **state)
{
	char word[260] = "", got[260] = "";
	size_t n = 0;
	_cleanup_free_ char *command = NULL;
	size_t len = 0;
	FILE *out, *in;

	(void)state;
	for (int c = 1; c < 256; c++)
		word[n++] = (char)c;
	out = open_memstream(&command, &len);
	fputs("printf %s ", out);
	str_print_shell(out, word);
	fclose(out);
	in = popen(command, "r");
	assert_non_null(in);
	assert_int_equal(fread(got, 1, sizeof(got), in), n);
	assert_int_equal(pclose(in), 0);
	assert_memory_equal(got, word, n);
}

static void test_printable(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "", "" },
		{ "plain ~", "plain ~" },
		{ "a\tb\nc\x1b[31m\x7f", "a?b?c?[31m?" },
		/* U+0080, U+009B (CSI), U+009F; and the first behind them. */
		{ "\xc2\x80-\xc2\x9b-\xc2\x9f-\xc2\xa0", "\?\?-\?\?-\?\?-\xc2\xa0" },
		/* As single bytes; but not where they are part of a character. */
		{ "\x9b"
		  "31m\x80\x9f",
		  "\?31m\?\?" },
		{ "\xc3\x9b \xe2\x80\x9b \xf0\x9f\x80\x9b",
		  "\xc3\x9b \xe2\x80\x9b \xf0\x9f\x80\x9b" },
		{ "\xe4\xff", "\xe4\xff" },
		/* Cut off, too long, a surrogate. */
		{ "\xe2\x80", "\xe2\?" },
		{ "\xc0\x9b\xe0\x82\x9b\xed\xa0\x9b", "\xc0\?\xe0\?\?\xed\xa0\?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];

		strcpy(text, rows[i].text);
		str_make_printable(text);
		assert_string_equal(text, rows[i].shown);
	}
}

/* Against the C library, which knows leap years, and years before 1970, on its own. */
static void test_utc(void **state)
{
	static const long long edges[] = {
		0,          -1,         951782399,    951782400,    951868800,
		1709164800, 4107542400, 253402300799, -62167219200, -11644473600,
	};
	char text[STR_UTC_SIZE], expected[STR_UTC_SIZE];
	struct tm tm;

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		for (time_t day = -400; day <= 400; day++) {
			time_t t = edges[i] + day * 86399;

			gmtime_r(&t, &tm);
			snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d",
				 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
				 tm.tm_min, tm.tm_sec);
			str_utc(text, t);
			assert_string_equal(text, expected);
		}
	str_utc(text, 1795383866);
	assert_string_equal(text, "2026-11-22T21:44:26");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc),      cmocka_unit_test(test_format),
		cmocka_unit_test(test_to_u64),   cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_all), cmocka_unit_test(test_starts_and_copy),
		cmocka_unit_test(test_lists),    cmocka_unit_test(test_printable),
		cmocka_unit_test(test_shell),    cmocka_unit_test(test_shell_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
