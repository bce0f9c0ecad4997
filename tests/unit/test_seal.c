// SPDX-License-Identifier: Apache-2.0
#include "lib/cleanup.h"
#include "lib/seal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int check(const char *owner, const char *text, size_t len, struct err *err)
{
	struct json_doc *doc;
	int ret = json_parse(text, len, "file", &doc, err);

	if (ret < 0)
		return ret;
	ret = seal_check(owner, json_root(doc), text, len, "file", err);
	json_free(doc);
	return ret;
}

static char *sealed(const char *owner, const char *text, size_t *len)
{
	struct err err = { 0 };
	char *out = NULL;

	assert_int_equal(seal(owner, text, strlen(text), &out, len, &err), 0);
	assert_int_equal(strlen(out), *len);
	return out;
}

static const char body[] = "{\"a\": [1, 2, \"\\u00e9\"], \"b\": {\"c\": null}}\n";

static void test_whole(void **state)
{
	size_t len;
	_cleanup_free_ char *text = sealed("web", body, &len);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(check("web", text, len, &err), 0);
	/* What was in it is in it. */
	assert_string_equal(text + len - strlen(body) + 1, body + 1);
	assert_int_equal(check("we", text, len, &err), -EBADMSG);
	assert_string_equal(err.text, "file: is of 'web', not of 'we'");
}

static void test_each_byte(void **state)
{
	size_t len;
	_cleanup_free_ char *text = sealed("web", body, &len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct err err = { 0 };
		char was = text[i];

		assert_true(check("web", text, i, &err) < 0);
		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			assert_true((check("web", text, len, &err) == 0) == ((char)c == was));
		}
		text[i] = was;
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "{\"a\": 1}", "file: has no version, owner and checksum of ctrnet's" },
		{ "[]", "file: has no version, owner and checksum of ctrnet's" },
		{ "{\"ctrnet\": {\"version\": 1, \"owner\": \"web\"}}",
		  "file: has no version, owner and checksum of ctrnet's" },
		{ "{\"ctrnet\": {\"version\": 3, \"owner\": \"web\", \"checksum\": \"x\"}}",
		  "file: is of version 3, and this ctrnet knows version 1" },
		{ "{\"ctrnet\": {\"version\": 1, \"owner\": \"web\", \"checksum\": \"x\"}}",
		  "file: was changed by somebody else than ctrnet: its checksum is wrong" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		assert_int_equal(check("web", cases[i].text, strlen(cases[i].text), &err),
				 -EBADMSG);
		assert_string_equal(err.text, cases[i].words);
	}
}

/* What could not be read again is not written. */
static void test_too_much(void **state)
{
	const size_t len = JSON_TEXT_MAX;
	_cleanup_free_ char *text = malloc(len + 1), *out = NULL;
	struct err err = { 0 };
	size_t got;

	(void)state;
	memset(text, ' ', len);
	memcpy(text, "{\"a\":1", 6);
	strcpy(text + len - 1, "}");
	assert_int_equal(seal("web", text, len, &out, &got, &err), -EFBIG);
	assert_null(out);
	assert_non_null(strstr(err.text, "no more than 16 MB can be read again"));
	memmove(text + 6, text + 206, len - 205);
	out = sealed("web", text, &got);
	assert_int_equal(check("web", out, got, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_each_byte),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
