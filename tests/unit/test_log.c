// SPDX-License-Identifier: Apache-2.0
#include "lib/log.h"

#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

struct record {
	char *level, *msg, *time;
};

static const struct json_field record_fields[] = {
	JSON_STRING(struct record, "level", level, .flags = JSON_REQUIRED),
	JSON_STRING(struct record, "msg", msg, .flags = JSON_REQUIRED),
	JSON_STRING(struct record, "time", time, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema record_schema =
	JSON_SCHEMA(struct record, record_fields, .unknown = JSON_UNKNOWN_REFUSE);

static char path[] = "/tmp/test_log.XXXXXX";

static char *read_log(void)
{
	_cleanup_file_ FILE *in = fopen(path, "r");
	char *text = calloc(1, 100000);

	assert_non_null(in);
	text[fread(text, 1, 99999, in)] = '\0';
	return text;
}

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/test_log.XXXXXX");
	close(mkstemp(path));
	return unlink(path);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return log_open(NULL, LOG_TEXT, false, NULL);
}

/* "2026-01-02T03:04:05.678901Z" of about now. */
static void expect_now(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	char rest[9] = "";
	struct timespec now;

	/* Not time(2), whose clock may be behind by a tick. */
	clock_gettime(CLOCK_REALTIME, &now);
	assert_non_null(end);
	strncpy(rest, end, 8);
	assert_true(rest[0] == '.' && strspn(rest + 1, "0123456789") == 6 && rest[7] == 'Z');
	assert_in_range(now.tv_sec - timegm(&tm), 0, 5);
}

static void test_text(void **state)
{
	_cleanup_free_ char *text = NULL;
	const char *end;
	struct stat st;

	(void)state;
	assert_false(log_to_file());
	assert_int_equal(log_open(path, LOG_TEXT, false, NULL), 0);
	assert_true(log_to_file());
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	log_debug("not %s", "shown");
	errno = EXDEV;
	log_warn("a %s\nb\x1b[31m\xc2\x9bm", "\xc3\xa4");
	assert_int_equal(errno, EXDEV);
	text = read_log();
	expect_now(text);
	end = strchr(text, ' ');
	assert_string_equal(end, " ctrnet: warning: a \xc3\xa4?b?[31m\?\?m\n");
}

static void test_levels_and_append(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	assert_int_equal(log_open(path, LOG_TEXT, true, NULL), 0);
	log_debug("one");
	assert_int_equal(log_open(path, LOG_TEXT, true, NULL), 0);
	log_error("two");
	text = read_log();
	assert_non_null(strstr(text, " ctrnet: debug: one\n"));
	assert_non_null(strstr(text, " ctrnet: error: two\n"));
}

static void test_json(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct record r;
	struct err err;

	(void)state;
	assert_int_equal(log_open(path, LOG_JSON, false, NULL), 0);
	log_warn("quote \" backslash \\ newline \n escape \x1b bad \xff good \xc3\xa4");
	text = read_log();
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	if (json_decode(&record_schema, &r, text, strlen(text), "log", &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(r.level, "warning");
	assert_string_equal(
		r.msg,
		"quote \" backslash \\ newline \n escape \x1b bad \xef\xbf\xbd good \xc3\xa4");
	expect_now(r.time);
	json_release(&record_schema, &r);
}

static void test_stderr(void **state)
{
	int saved = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	_cleanup_free_ char *text = NULL;

	(void)state;
	dup2(fd, STDERR_FILENO);
	log_warn("to the terminal");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	text = read_log();
	assert_string_equal(text, "ctrnet: warning: to the terminal\n");
}

static void test_long_line(void **state)
{
	_cleanup_free_ char *text = NULL;
	char msg[50000];

	(void)state;
	memset(msg, 'x', sizeof(msg) - 1);
	msg[sizeof(msg) - 1] = '\0';
	assert_int_equal(log_open(path, LOG_TEXT, false, NULL), 0);
	log_error("%s", msg);
	text = read_log();
	assert_true(strlen(text) > sizeof(msg) - 1);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void test_open_fails(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(log_open("/nonexistent/log", LOG_TEXT, false, &err), -ENOENT);
	assert_string_equal(err.text, "log file /nonexistent/log: No such file or directory");
	assert_false(log_to_file());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_levels_and_append, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stderr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
