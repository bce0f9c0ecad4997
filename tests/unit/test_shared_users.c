// SPDX-License-Identifier: Apache-2.0
/* The users of a record, as lines of its text. */
#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/shared_users.h"
#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* No such directory: who says that his run directory is there is dead. */
#define DEAD "/tmp/ctrnet-nobody/"

static void add(struct shared_users *u, const char *claim)
{
	assert_int_equal(shared_users_add(u, claim, NULL), 0);
}

/* The users of a whole record, as JSON has them. */
static char **users_of(const char *text)
{
	char **users = NULL, *user;
	struct json_doc *doc;

	assert_int_equal(json_parse(text, strlen(text), "record", &doc, NULL), 0);
	for (const struct json_value *v = json_value_at(json_value_get(json_root(doc), "users"), 0);
	     v; v = json_value_next(v)) {
		assert_int_equal(json_value_string(v, &user, NULL), 0);
		assert_int_equal(strv_add(&users, user), 0);
		free(user);
	}
	json_free(doc);
	return users;
}

static char *put(const struct shared_users *u)
{
	char *text = strdup("{\"key\":\"k\"}");
	size_t len = strlen(text);

	assert_int_equal(shared_users_put(u, &text, &len, NULL), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static void there_and_back(void **state)
{
	static const char *const claims[] = { "/run/a (1:2 3)", "/run/\"b\"\n\\c", "/run/d" };
	_cleanup_(shared_users_release) struct shared_users u = { 0 }, again = { 0 };
	_cleanup_(strv_cleanup) char **users = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; i < array_size(claims); i++)
		add(&u, claims[i]);
	text = put(&u);
	users = users_of(text);
	assert_int_equal(strv_count(users), array_size(claims));
	for (size_t i = 0; i < array_size(claims); i++)
		assert_string_equal(users[i], claims[i]);
	len = strlen(text);
	assert_true(shared_users_cut(&again, text, &len));
	assert_string_equal(text, "{\"key\":\"k\"}");
	assert_int_equal(len, strlen(text));
	assert_string_equal(again.lines, u.lines);
	assert_true(shared_users_has(&again, claims[1]));
	assert_true(shared_users_has(&again, "/run/d"));
	assert_false(shared_users_has(&again, "/run"));
}

static void nobody(void **state)
{
	_cleanup_(shared_users_release) struct shared_users u = { 0 }, again = { 0 };
	_cleanup_free_ char *text = put(&u);
	size_t len = strlen(text);

	(void)state;
	assert_null(users_of(text));
	assert_true(shared_users_cut(&again, text, &len));
	assert_string_equal(text, "{\"key\":\"k\"}");
	assert_int_equal(again.len, 0);
	shared_users_drop(&again, "/run/a");
	assert_false(shared_users_has(&again, "/run/a"));
}

/* The dead go as far as the first who lives, and the one who leaves from wherever he is. */
static void who_goes(void **state)
{
	_cleanup_(shared_users_release) struct shared_users u = { 0 };
	_cleanup_free_ char *here = claim_new("/tmp");
	char id[8];

	(void)state;
	add(&u, DEAD "1");
	add(&u, here);
	add(&u, DEAD "2");
	add(&u, DEAD "3\\");
	shared_users_drop(&u, DEAD "3\\");
	assert_false(shared_users_has(&u, DEAD "1"));
	assert_true(shared_users_has(&u, "/tmp"));
	assert_true(shared_users_has(&u, DEAD "2"));
	assert_false(shared_users_has(&u, DEAD "3\\"));
	assert_string_equal(shared_users_first(&u, id, sizeof(id)), "tmp");
	shared_users_drop(&u, "/tmp");
	assert_int_equal(u.len, 0);
}

/* Left to who reads JSON, and to say what is wrong with it. */
static void other_forms(void **state)
{
	static const char *const texts[] = {
		"",
		"{}",
		"{\"key\":\"k\",\"users\":[\"/run/a\"]}",
		"{\"key\":\"k\",\"users\":[\n\"/run/a\"\n]}",
		"{\"key\":\"k\",\"users\":[\n\"/run/a\"\n",
		"{\"key\":\"k\",\"users\":[\n\"/run/a\",\n\"/run",
		"{\"key\":\"k\",\"users\":[\n7\n]}\n",
		"{\"key\":\"k\",\"users\":[\n\"a\"\n\"b\"\n]}\n",
		"{\"key\":\"k\",\"users\":[\n\"a\",\n]}\n",
		"{\"key\":\"k\",\"users\":[\n\n]}\n",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		_cleanup_(shared_users_release) struct shared_users u = { 0 };
		_cleanup_free_ char *text = strdup(texts[i]);
		size_t len = strlen(text);

		assert_false(shared_users_cut(&u, text, &len));
		assert_string_equal(text, texts[i]);
		assert_null(u.lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(nobody),
		cmocka_unit_test(who_goes),
		cmocka_unit_test(other_forms),
	};

	return cmocka_run_group_tests_name("shared_users", tests, NULL, NULL);
}
