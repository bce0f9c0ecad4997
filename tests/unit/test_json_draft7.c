// SPDX-License-Identifier: Apache-2.0
/* Tables as a JSON schema. What editors make of it is for tests/docs/schema.sh. */
#include "lib/json.h"

#include "lib/cleanup.h"
#include "lib/no_effect.h"
#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct thing {
	char *kind, *name;
	int8_t small;
	uint16_t port;
	bool on;
	char label[4];
	int colour;
	char **words;
	struct json_pair *map;
	size_t map_count;
	void *more;
};

static void pattern(FILE *out)
{
	fputs("a|b", out);
}

static const struct json_text text = { .pattern = pattern };
static const struct json_name colours[] = { { "red", 1 }, { "blue", 2 }, { NULL, 0 } };

static void assert_schema(const struct json_schema *schema, const struct json_draft7 *draft,
			  const char *want)
{
	_cleanup_free_ char *got = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&got, &len);
	struct json_writer *w = json_writer_new(out, false);

	json_write_begin(w, NULL, '{');
	json_write_draft7(w, schema, draft);
	json_write_end(w);
	assert_int_equal(json_writer_end(w, &err), 0);
	fclose(out);
	if (want)
		assert_string_equal(got, want);
}

static const struct json_draft7 silent;

static void test_scalars(void **state)
{
	static const struct json_field fields[] = {
		JSON_STRING(struct thing, "name", name, .flags = JSON_REQUIRED, .help = "whose"),
		JSON_INT(struct thing, "small", small),
		JSON_UINT(struct thing, "port", port, .min = 1),
		JSON_BOOL(struct thing, "on", on),
		JSON_CHARS(struct thing, "label", label),
		JSON_TEXT(struct thing, "text", name, &text),
		JSON_ENUM(struct thing, "colour", colour, colours),
		JSON_STRINGS(struct thing, "words", words),
		JSON_MAP(struct thing, "map", map, map_count),
		IGNORED(struct thing, "old", more),
		JSON_END,
	};
	static const struct json_schema schema =
		JSON_SCHEMA(struct thing, fields, .unknown = JSON_UNKNOWN_WARN);

	(void)state;
	assert_schema(
		&schema, &silent,
		"{\"type\":\"object\",\"properties\":{"
		"\"name\":{\"description\":\"whose\",\"type\":\"string\"},"
		"\"small\":{\"type\":[\"integer\",\"null\"],\"minimum\":-128,\"maximum\":127},"
		"\"port\":{\"type\":[\"integer\",\"null\"],\"minimum\":1,\"maximum\":65535},"
		"\"on\":{\"type\":[\"boolean\",\"null\"]},"
		"\"label\":{\"type\":[\"string\",\"null\"],\"maxLength\":3},"
		"\"text\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^(?:a|b)?$\"},"
		"\"colour\":{\"enum\":[\"red\",\"blue\",null]},"
		"\"words\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"}},"
		"\"map\":{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"type\":\"string\"}},"
		"\"old\":{\"description\":\"ignored\",\"doNotSuggest\":true}},"
		"\"required\":[\"name\"],\"additionalProperties\":false}");
}

static void test_spellings(void **state)
{
	static const struct json_field fields[] = {
		JSON_STRING(struct thing, "name", name, .flags = JSON_REQUIRED),
		JSON_STRING(struct thing, "title", name, .flags = JSON_ALIAS),
		JSON_END,
	};
	static const struct json_schema schema = JSON_SCHEMA(struct thing, fields);

	(void)state;
	assert_schema(
		&schema, &silent,
		"{\"type\":\"object\",\"properties\":{"
		"\"name\":{\"type\":\"string\"},"
		"\"title\":{\"description\":\"Another spelling of `name`.\","
		"\"doNotSuggest\":true,\"type\":[\"string\",\"null\"]}},"
		"\"dependencies\":{\"title\":{\"not\":{\"anyOf\":[{\"required\":[\"name\"]}]},"
		"\"errorMessage\":\"'title' is another spelling of 'name'\"}},"
		"\"allOf\":[{\"anyOf\":[{\"required\":[\"name\"]},{\"required\":[\"title\"]}]}]}");
}

static void test_forms(void **state)
{
	static const struct json_form one[] = { JSON_FORM_TEXT(&text), JSON_FORM_END };
	static const struct json_form forms[] = { JSON_FORM_NUMBER(-1, 7),
						  { .kind = JSON_IS_STRING, .names = colours },
						  JSON_FORM_LIST(one),
						  JSON_FORM_END };
	static const struct json_custom several = { .forms = forms },
					truth = { .forms = json_bool_forms };
	static const struct json_field fields[] = {
		JSON_CUSTOM(struct thing, "several", name, &several),
		JSON_CUSTOM(struct thing, "truth", on, &truth),
		JSON_END,
	};
	static const struct json_schema schema = JSON_SCHEMA(struct thing, fields);

	(void)state;
	assert_schema(
		&schema, &silent,
		"{\"type\":\"object\",\"properties\":{\"several\":{\"anyOf\":["
		"{\"type\":\"integer\",\"minimum\":-1,\"maximum\":7},"
		"{\"enum\":[\"red\",\"blue\"]},"
		"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^(?:a|b)?$\"}},"
		"{\"type\":\"string\",\"maxLength\":0},{\"type\":\"null\"}]},"
		"\"truth\":{\"type\":[\"boolean\",\"null\"]}}}");
}

static const struct json_field veth_fields[] = { JSON_BOOL(struct thing, "on", on), JSON_END };
static const struct json_schema veth = JSON_SCHEMA(struct thing, veth_fields);

static const char *variant(size_t i, const struct json_schema **extension)
{
	*extension = i == 0 ? &veth : NULL;
	return i == 0 ? "veth" : i == 1 ? "none" : NULL;
}

static void about(const char *path, struct json_about *out, void *arg)
{
	(void)arg;
	if (!strcmp(path, "on"))
		*out = (struct json_about){ .text = strdup("it is"), .fallback = strdup("true") };
	if (!strcmp(path, "kind=veth"))
		*out = (struct json_about){ .text = strdup("a pair"),
					    .example = strdup("{\"kind\": \"veth\"}") };
}

static void test_variants(void **state)
{
	static const struct json_field fields[] = {
		JSON_STRING(struct thing, "kind", kind, .flags = JSON_REQUIRED),
		JSON_END,
	};
	static const struct json_schema schema = JSON_SCHEMA(
		struct thing, fields, .unknown = JSON_UNKNOWN_REFUSE, .variant = variant);
	static const struct json_draft7 draft = { .about = about };

	(void)state;
	assert_schema(
		&schema, &draft,
		"{\"type\":\"object\",\"properties\":{\"kind\":{"
		"\"enum\":[\"veth\",\"none\"],\"enumDescriptions\":[\"a pair\",\"\"]}},"
		"\"required\":[\"kind\"],\"allOf\":["
		"{\"if\":{\"properties\":{\"kind\":{\"const\":\"veth\"}},\"required\":[\"kind\"]},"
		"\"then\":{\"properties\":{\"on\":{\"description\":\"it is\",\"default\":true,"
		"\"type\":[\"boolean\",\"null\"]},\"kind\":true},\"additionalProperties\":false}},"
		"{\"if\":{\"properties\":{\"kind\":{\"const\":\"none\"}},\"required\":[\"kind\"]},"
		"\"then\":{\"properties\":{\"kind\":true},\"additionalProperties\":false}}],"
		"\"defaultSnippets\":[{\"label\":\"veth\",\"description\":\"a pair\","
		"\"body\":{\"kind\": \"veth\"}}]}");
}

/* A table that contains itself ends before a text would. */
static const struct json_schema endless_schema;
static const struct json_field endless_fields[] = {
	JSON_OBJECT(struct thing, "x", label, &endless_schema),
	JSON_END,
};
static const struct json_schema endless_schema = JSON_SCHEMA(struct thing, endless_fields);

static void test_endless(void **state)
{
	(void)state;
	assert_schema(&endless_schema, &silent, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars), cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_forms),   cmocka_unit_test(test_variants),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests_name("json_draft7", tests, NULL, NULL);
}
