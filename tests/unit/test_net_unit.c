// SPDX-License-Identifier: Apache-2.0
/* Quantities with units: what is read, what is refused in which words, and that what is printed is read back. */
#include "net/unit.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	uint64_t bytes;
} rates[] = {
	{ "8", 1 },
	{ "8bit", 1 },
	{ "12bit", 1 },
	{ "10mbit", 1250000 },
	{ "10Mbit", 1250000 },
	{ "10 mbit", 1250000 },
	{ "2.5mbit", 312500 },
	{ ".5gbit", 62500000 },
	{ "1kbit", 125 },
	{ "1kibit", 128 },
	{ "1mbps", 1000000 },
	{ "1mibps", 1048576 },
	{ "34359738360bit", UINT32_MAX },
	{ "34359738368bit", 1ull << 32 },
	{ "100gbit", 12500000000 },
	{ "1tbit", 125000000000 },
	{ "2305843009213693951bps", UINT64_MAX / 8 },
	{ "0", 0 },
};

static const struct {
	const char *text;
	uint64_t ns;
} times[] = {
	{ "1ns", 1 },
	{ "20ms", 20000000 },
	{ "1.5us", 1500 },
	{ "0.1ms", 100000 },
	{ "2s", 2000000000 },
	{ "2secs", 2000000000 },
	{ "274s", 274000000000 },
	{ "0", 0 },
};

static const struct {
	const char *text;
	uint32_t bytes;
} sizes[] = {
	{ "1514", 1514 },     { "1514b", 1514 }, { "32kb", 32768 },  { "32k", 32768 },
	{ "1.5mb", 1572864 }, { "8kbit", 1024 }, { "1g", 1u << 30 }, { "4294967295", UINT32_MAX },
};

/* Compared with what tc(8) makes of the same texts in tests/e2e/shaping_vm.bats. */
static const struct {
	const char *text;
	uint32_t chance;
} percents[] = {
	{ "0%", 0 },           { "0.1%", 4294967 },    { "1%", 42949673 },
	{ "1", 42949673 },     { "25%", 1073741824 },  { "33.3%", 1430224109 },
	{ "50%", 2147483648 }, { "100%", UINT32_MAX }, { "100.0%", UINT32_MAX },
	{ "0.0000001%", 4 },
};

static void reads(void **state)
{
	uint64_t value;
	uint32_t small;

	(void)state;
	for (size_t i = 0; i < array_size(rates); i++) {
		assert_int_equal(unit_rate_parse(rates[i].text, &value, NULL), 0);
		assert_int_equal(value, rates[i].bytes);
	}
	for (size_t i = 0; i < array_size(times); i++) {
		assert_int_equal(unit_time_parse(times[i].text, &value, NULL), 0);
		assert_int_equal(value, times[i].ns);
	}
	for (size_t i = 0; i < array_size(sizes); i++) {
		assert_int_equal(unit_size_parse(sizes[i].text, &small, NULL), 0);
		assert_int_equal(small, sizes[i].bytes);
	}
	for (size_t i = 0; i < array_size(percents); i++) {
		assert_int_equal(unit_percent_parse(percents[i].text, &small, NULL), 0);
		assert_int_equal(small, percents[i].chance);
	}
}

static const struct {
	char of;
	const char *text;
	int code;
	const char *words;
} refused[] = {
	{ 'r', "fast", -EINVAL, "'fast': expected a rate, as in 10mbit" },
	{ 'r', "-1mbit", -EINVAL, "'-1mbit': expected a rate, as in 10mbit" },
	{ 'r', ".", -EINVAL, "'.': expected a rate, as in 10mbit" },
	{ 'r', "1.2.3mbit", -EINVAL,
	  "'1.2.3mbit': unknown unit '.3mbit' of a rate (did you mean 'mbit'?)" },
	{ 'r', "10mbits", -EINVAL,
	  "'10mbits': unknown unit 'mbits' of a rate (did you mean 'mbit'?)" },
	{ 'r', "10furlong", -EINVAL,
	  "'10furlong': unknown unit 'furlong' of a rate, which is written as in 10mbit" },
	{ 'r', "1e3mbit", -EINVAL, NULL },
	{ 'r', "18446744073709551616", -EINVAL,
	  "'18446744073709551616': expected a rate, as in 10mbit" },
	{ 'r', "99999999999tbit", -ERANGE,
	  "'99999999999tbit' is more than 2305843009213693951bps" },
	{ 'r', "1bit", -ERANGE, "'1bit' is too small to be told from zero" },
	{ 't', "20", -EINVAL, "'20': a time needs its unit, as in 20ms" },
	{ 't', "20min", -EINVAL, NULL },
	{ 't', "275s", -ERANGE, "'275s' is more than 274s" },
	{ 't', "0.1ns", -ERANGE, "'0.1ns' is too small to be told from zero" },
	{ 's', "4gb", -ERANGE, "'4gb' is more than 4 GiB" },
	{ 's', "32kbyte", -EINVAL, NULL },
	{ 'p', "150%", -ERANGE, "'150%' is more than 100%" },
	{ 'p', "100.1%", -ERANGE, "'100.1%' is more than 100%" },
	{ 'p', "-1%", -EINVAL, "'-1%': expected a percentage, as in 1.5%" },
	{ 'p', "1%%", -EINVAL, NULL },
	{ 'p', "0.00000000001%", -ERANGE, "'0.00000000001%' is too small to be told from zero" },
};

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(refused); i++) {
		const char *text = refused[i].text;
		struct err err = { 0 };
		uint64_t value = 7;
		uint32_t small = 7;
		int ret = refused[i].of == 'r'   ? unit_rate_parse(text, &value, &err)
			  : refused[i].of == 't' ? unit_time_parse(text, &value, &err)
			  : refused[i].of == 's' ? unit_size_parse(text, &small, &err)
						 : unit_percent_parse(text, &small, &err);

		if (refused[i].words)
			assert_string_equal(err.text, refused[i].words);
		assert_int_equal(ret, refused[i].code);
		assert_int_equal(value + small, 14);
	}
}

static void prints(void **state)
{
	char text[UNIT_TEXT_MAX];

	(void)state;
	assert_string_equal(unit_rate_format(1250000, text, sizeof(text)), "10mbit");
	assert_string_equal(unit_rate_format(312500, text, sizeof(text)), "2500kbit");
	assert_string_equal(unit_rate_format(1ull << 32, text, sizeof(text)), "34359738368bit");
	assert_string_equal(unit_rate_format(12500000000, text, sizeof(text)), "100gbit");
	assert_string_equal(unit_time_format(20000000, text, sizeof(text)), "20ms");
	assert_string_equal(unit_time_format(1500, text, sizeof(text)), "1.5us");
	assert_string_equal(unit_time_format(20000001, text, sizeof(text)), "20000.001us");
	assert_string_equal(unit_size_format(32768, text, sizeof(text)), "32kb");
	assert_string_equal(unit_size_format(1514, text, sizeof(text)), "1514b");
	assert_string_equal(unit_percent_format(42949673, text, sizeof(text)), "1%");
	assert_string_equal(unit_percent_format(1073741824, text, sizeof(text)), "25%");
	assert_string_equal(unit_percent_format(4294967, text, sizeof(text)), "0.1%");
	assert_string_equal(unit_percent_format(UINT32_MAX, text, sizeof(text)), "100%");
}

/* A generator of its own: the same numbers each time, of every length. */
static uint64_t scatter(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> (*seed % 61);
}

static void what_is_printed_is_read_back(void **state)
{
	uint64_t seed = 88172645463325252u, value;
	char text[UNIT_TEXT_MAX];
	uint32_t small;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t n = scatter(&seed);

		unit_percent_format((uint32_t)n, text, sizeof(text));
		assert_int_equal(unit_percent_parse(text, &small, NULL), 0);
		assert_int_equal(small, (uint32_t)n);
		unit_size_format((uint32_t)n, text, sizeof(text));
		assert_int_equal(unit_size_parse(text, &small, NULL), 0);
		assert_int_equal(small, (uint32_t)n);
		n %= UINT64_MAX / 8;
		unit_rate_format(n, text, sizeof(text));
		assert_int_equal(unit_rate_parse(text, &value, NULL), 0);
		assert_int_equal(value, n);
		unit_time_format(n % 274000000000u, text, sizeof(text));
		assert_int_equal(unit_time_parse(text, &value, NULL), 0);
		assert_int_equal(value, n % 274000000000u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(prints),
		cmocka_unit_test(what_is_printed_is_read_back),
	};

	return cmocka_run_group_tests_name("unit", tests, NULL, NULL);
}
