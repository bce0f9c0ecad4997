// SPDX-License-Identifier: Apache-2.0
#include "lib/option.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct options {
	bool tty, quiet, hidden;
	const char *user, *cwd;
	char **env;
	int format;
};

static const struct option_name formats[] = { { "text", 1 }, { "json", 2 }, { NULL, 0 } };

static const struct option_desc table[] = {
	{ 't', "tty", NULL, "Give it a terminal", OPTION_FLAG, offsetof(struct options, tty),
	  NULL },
	{ 'q', "quiet", NULL, "Say nothing", OPTION_FLAG, offsetof(struct options, quiet), NULL },
	{ 'u', "user", "USER", "Run as USER", OPTION_STRING, offsetof(struct options, user), NULL },
	{ 0, "cwd", "DIR", "Run in DIR", OPTION_STRING, offsetof(struct options, cwd), NULL },
	{ 'e', "env", "NAME=VALUE", "Add to the environment", OPTION_STRINGS,
	  offsetof(struct options, env), NULL },
	{ 0, "log-format", NULL, "How the log looks", OPTION_ENUM, offsetof(struct options, format),
	  formats },
	{ 'H', "", NULL, "No long name", OPTION_FLAG, offsetof(struct options, hidden), NULL },
	{ 0, NULL, NULL, NULL, OPTION_FLAG, 0, NULL }
};

/* Words up to NULL. */
static int parse(struct options *o, struct err *err, char *const *words)
{
	memset(o, 0, sizeof(*o));
	return option_parse(table, o, (int)strv_count(words), (char **)words, err);
}

#define PARSE(o, err, ...) parse(o, err, (char *const[]){ __VA_ARGS__, NULL })

static void test_spellings(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(PARSE(&o, &err, "-t", "--user", "bob", "cmd", "-q"), 3);
	assert_true(o.tty);
	assert_false(o.quiet);
	assert_string_equal(o.user, "bob");
	assert_int_equal(PARSE(&o, &err, "--user=bob=x", "--cwd=", "--quiet"), 3);
	assert_string_equal(o.user, "bob=x");
	assert_string_equal(o.cwd, "");
	assert_true(o.quiet);
	assert_int_equal(PARSE(&o, &err, "-tqu", "bob", "-"), 2);
	assert_true(o.tty && o.quiet);
	assert_string_equal(o.user, "bob");
	assert_int_equal(PARSE(&o, &err, "-tubob", "-H"), 2);
	assert_string_equal(o.user, "bob");
	assert_true(o.hidden);
	/* An argument may look like an option. */
	assert_int_equal(PARSE(&o, &err, "--user", "--tty", "-u-"), 3);
	assert_string_equal(o.user, "-");
	assert_false(o.tty);
	assert_int_equal(PARSE(&o, &err, "--log-format", "json"), 2);
	assert_int_equal(o.format, 2);
	assert_int_equal(PARSE(&o, &err, "--log-format=text"), 1);
	assert_int_equal(o.format, 1);
}

static void test_end(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, NULL, "-t", "--", "-q"), 2);
	assert_false(o.quiet);
	assert_int_equal(PARSE(&o, NULL, "--"), 1);
	assert_int_equal(PARSE(&o, NULL, "cmd", "-t"), 0);
	assert_int_equal(PARSE(&o, NULL, "-", "-t"), 0);
	assert_int_equal(PARSE(&o, NULL, "", "-t"), 0);
	assert_int_equal(option_parse(table, &o, 0, NULL, NULL), 0);
	assert_false(o.tty);
}

static void test_lists(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, NULL, "-eA=1", "--env", "B=2", "--env=C=3"), 4);
	assert_int_equal(strv_count(o.env), 3);
	assert_string_equal(o.env[0], "A=1");
	assert_string_equal(o.env[2], "C=3");
	option_release(table, &o);
	assert_null(o.env);
	option_release(table, &o);
}

static void expect_error(const char *expected, char *const *words)
{
	struct options o;
	struct err err = { 0 };

	assert_int_equal(parse(&o, &err, words), -EINVAL);
	assert_string_equal(err.text, expected);
	option_release(table, &o);
	assert_int_equal(parse(&o, NULL, words), -EINVAL);
	option_release(table, &o);
}

#define EXPECT_ERROR(expected, ...) expect_error(expected, (char *const[]){ __VA_ARGS__, NULL })

static void test_errors(void **state)
{
	(void)state;
	EXPECT_ERROR("unknown option --usr; did you mean --user?", "-eA=1", "--usr", "x");
	EXPECT_ERROR("unknown option --usr; did you mean --user?", "--usr=x");
	EXPECT_ERROR("unknown option --zzzzzz", "--zzzzzz");
	EXPECT_ERROR("unknown option --us", "--us", "x");
	EXPECT_ERROR("unknown option --", "--=x");
	EXPECT_ERROR("unknown option -x", "-tx");
	EXPECT_ERROR("option --user needs an argument (USER)", "--user");
	EXPECT_ERROR("option --user needs an argument (USER)", "-tu");
	EXPECT_ERROR("option --tty takes no argument", "--tty=yes");
	EXPECT_ERROR("option --log-format: unknown value 'yaml' (known: text, json)",
		     "--log-format", "yaml");
	EXPECT_ERROR("option --log-format needs an argument (VALUE)", "--log-format");
}

static void test_help(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	option_help(table, out);
	fclose(out);
	assert_string_equal(text, "  -t, --tty               Give it a terminal\n"
				  "  -q, --quiet             Say nothing\n"
				  "  -u, --user USER         Run as USER\n"
				  "      --cwd DIR           Run in DIR\n"
				  "  -e, --env NAME=VALUE    Add to the environment\n"
				  "      --log-format text|json\n"
				  "                          How the log looks\n"
				  "  -H                      No long name\n");
	free(text);
}

/* A table in a table, as the rows that several commands have in common. */
struct limits {
	const char *memory;
	char **groups;
	bool quiet;
};

struct command {
	bool tty;
	struct limits limits;
	const char *id;
};

static const struct option_desc limit_rows[] = {
	{ 'm', "memory", "BYTES", "How much", OPTION_STRING, offsetof(struct limits, memory),
	  NULL },
	{ 0, "groups", "NAME", "Further groups", OPTION_STRINGS, offsetof(struct limits, groups),
	  NULL },
	{ 0, "quiet", NULL, "Say nothing", OPTION_FLAG, offsetof(struct limits, quiet), NULL },
	{ .name = NULL },
};

static const struct option_desc command_rows[] = {
	{ 't', "tty", NULL, "Give it a terminal", OPTION_FLAG, offsetof(struct command, tty),
	  NULL },
	{ .name = "",
	  .help = "Limits:",
	  .type = OPTION_TABLE,
	  .offset = offsetof(struct command, limits),
	  .more = limit_rows },
	{ 0, "id", "ID", "Which", OPTION_STRING, offsetof(struct command, id), NULL },
	{ .name = NULL },
};

static void test_table(void **state)
{
	char *words[] = { (char *)"--groups=a", (char *)"-tm5",     (char *)"--id",
			  (char *)"x",          (char *)"--groups", (char *)"b" };
	char *wrong[] = { (char *)"--memry", (char *)"5" };
	struct command c = { 0 };
	struct err err;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_null(option_given(limit_rows, &c.limits));
	assert_int_equal(option_parse(command_rows, &c, 6, words, &err), 6);
	assert_true(c.tty);
	assert_string_equal(c.limits.memory, "5");
	assert_string_equal(c.id, "x");
	assert_string_equal(c.limits.groups[1], "b");
	assert_ptr_equal(option_given(limit_rows, &c.limits), &limit_rows[0]);
	option_release(command_rows, &c);
	assert_null(c.limits.groups);
	c.limits.memory = NULL;
	assert_null(option_given(limit_rows, &c.limits));
	c.limits.quiet = true;
	assert_ptr_equal(option_given(limit_rows, &c.limits), &limit_rows[2]);
	assert_int_equal(option_parse(command_rows, &c, 2, wrong, &err), -EINVAL);
	assert_string_equal(err.text, "unknown option --memry; did you mean --memory?");

	option_help(command_rows, out);
	fclose(out);
	assert_string_equal(text, "  -t, --tty               Give it a terminal\n"
				  "\nLimits:\n"
				  "  -m, --memory BYTES      How much\n"
				  "      --groups NAME       Further groups\n"
				  "      --quiet             Say nothing\n"
				  "      --id ID             Which\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings), cmocka_unit_test(test_end),
		cmocka_unit_test(test_lists),     cmocka_unit_test(test_errors),
		cmocka_unit_test(test_help),      cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
