// SPDX-License-Identifier: Apache-2.0
/* Errors: what is in the text, and what must not get into it. */
#include "lib/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_words(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, -EINVAL, "%s %d", "mtu", 7), -EINVAL);
	assert_string_equal(err.text, "mtu 7");
	assert_int_equal(err_wrap(&err, "networks[%d]", 1), -EINVAL);
	assert_string_equal(err.text, "networks[1]: mtu 7");
	assert_int_equal(err_append(&err, " (%s)", "hint"), -EINVAL);
	assert_string_equal(err.text, "networks[1]: mtu 7 (hint)");
	assert_int_equal(err_sys(&err, -ENOENT, "file"), -ENOENT);
	assert_string_equal(err.text, "file: No such file or directory");
	assert_int_equal(err_sys(NULL, -ENOENT, "file"), -ENOENT);
}

/* By each way in: a container may have named what the text is about. */
static void test_no_way_in_for_controls(void **state)
{
	static const char bad[] = "\x1b[1m\n\x7f\xc2\x9b"
				  "2J\x9b"
				  "3J";
	static const char good[] = "?[1m??\?\?2J?3J";
	struct err err = { 0 };

	(void)state;
	err_set(&err, -EINVAL, "%s", bad);
	assert_string_equal(err.text, good);
	err_sys(&err, -EINVAL, "%s", bad);
	assert_memory_equal(err.text, good, strlen(good));
	err_set(&err, -EINVAL, "x");
	err_wrap(&err, "%s", bad);
	assert_memory_equal(err.text, good, strlen(good));
	err_set(&err, -EINVAL, "x");
	err_append(&err, "%s", bad);
	assert_string_equal(err.text + 1, good);
}

static void test_cut(void **state)
{
	struct err err = { 0 };
	char text[2 * ERR_TEXT_MAX];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, -EINVAL, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	err_wrap(&err, "in front");
	assert_memory_equal(err.text, "in front: aaa", 13);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	err_append(&err, "behind");
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_way_in_for_controls),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
