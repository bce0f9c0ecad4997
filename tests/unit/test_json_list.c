// SPDX-License-Identifier: Apache-2.0
/* The keys of a schema, as manuals list them. */
#include "lib/json.h"

#include "lib/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct leaf {
	char name[8];
	uint32_t mtu;
	void *more;
};

struct tree {
	bool on;
	int kind;
	int64_t limit;
	struct leaf leaf;
	struct leaf *leaves;
	size_t leaf_count;
	char **words;
};

static const struct json_name kinds[] = { { "bridge", 1 }, { "veth", 2 }, { NULL, 0 } };

static const struct json_field a_fields[] = { JSON_UINT(struct leaf, "a", mtu), JSON_END };
static const struct json_field b_fields[] = { JSON_UINT(struct leaf, "b", mtu), JSON_END };
static const struct json_schema extensions[] = {
	JSON_SCHEMA(struct leaf, a_fields),
	JSON_SCHEMA(struct leaf, b_fields),
};

static const struct json_schema *extension(size_t i)
{
	return i < array_size(extensions) ? &extensions[i] : NULL;
}

static const struct json_field leaf_fields[] = {
	JSON_CHARS(struct leaf, "name", name),
	JSON_UINT(struct leaf, "mtu", mtu, .min = 68, .max = 65535, .help = "in bytes"),
	JSON_END,
};
static const struct json_schema leaf_schema =
	JSON_SCHEMA(struct leaf, leaf_fields, .extension = extension,
		    .extend_offset = offsetof(struct leaf, more));

static const struct json_custom custom = { .what = "list of leaves", .schema = &leaf_schema };

static const struct json_field tree_fields[] = {
	JSON_BOOL(struct tree, "on", on),
	JSON_ENUM(struct tree, "kind", kind, kinds),
	JSON_INT(struct tree, "limit", limit, .min = -1, .max = INT64_MAX),
	JSON_OBJECT(struct tree, "leaf", leaf, &leaf_schema),
	JSON_ARRAY(struct tree, "leaves", leaves, leaf_count, &leaf_schema),
	JSON_CUSTOM(struct tree, "others", leaves, &custom, .flags = JSON_ALIAS),
	JSON_STRINGS(struct tree, "words", words),
	JSON_END,
};
static const struct json_schema tree_schema = JSON_SCHEMA(struct tree, tree_fields);

static void print_key(const struct json_key *key, void *arg)
{
	fprintf(arg, "%s|%s|%s|%s%s\n", key->path, key->type, key->range,
		key->help ? key->help : "", key->alias ? "|alias" : "");
}

static void test_list(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	json_list(&tree_schema, print_key, out);
	fclose(out);
	assert_string_equal(text, "on|true or false||\n"
				  "kind|string|bridge, veth|\n"
				  "limit|integer|at least -1|\n"
				  "leaf|object||\n"
				  "leaf.name|string|at most 7 bytes|\n"
				  "leaf.mtu|integer|68 to 65535|in bytes\n"
				  "leaf.a|integer||\n"
				  "leaf.b|integer||\n"
				  "leaves|list of objects||\n"
				  "leaves[].name|string|at most 7 bytes|\n"
				  "leaves[].mtu|integer|68 to 65535|in bytes\n"
				  "leaves[].a|integer||\n"
				  "leaves[].b|integer||\n"
				  "others|list of leaves|||alias\n"
				  "others[].name|string|at most 7 bytes|\n"
				  "others[].mtu|integer|68 to 65535|in bytes\n"
				  "others[].a|integer||\n"
				  "others[].b|integer||\n"
				  "words|list of strings||\n");
	free(text);
}

/* A table that contains itself ends where a text's depth would. */
static const struct json_schema endless_schema;
static const struct json_field endless_fields[] = {
	JSON_OBJECT(struct tree, "x", leaf, &endless_schema),
	JSON_END,
};
static const struct json_schema endless_schema = JSON_SCHEMA(struct tree, endless_fields);

static void count(const struct json_key *key, void *arg)
{
	(void)key;
	++*(size_t *)arg;
}

static void test_endless(void **state)
{
	size_t n = 0;

	(void)state;
	json_list(&endless_schema, count, &n);
	assert_int_equal(n, JSON_DEPTH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
