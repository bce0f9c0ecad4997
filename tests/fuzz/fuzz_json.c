// SPDX-License-Identifier: Apache-2.0
/*
 * The JSON decoder and encoder. What decodes must encode, decode again, and encode to the same
 * text, pretty or compact; what fails must leave the object zero. A text that the grammar check
 * lets pass must be one that jsmn understands.
 */
#include "lib/cleanup.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json_name modes[] = { { "off", 0 },  { "bridge", 1 }, { "private", 2 },
					  { "vepa", 3 }, { "none", 0 },   { "min", -1 },
					  { NULL, 0 } };

struct item {
	char *name;
	uint16_t port;
	char **tags;
	struct item *items;
	size_t count;
};

static const struct json_schema item_schema;

static const struct json_field item_fields[] = {
	JSON_STRING(struct item, "name", name),
	JSON_UINT(struct item, "port", port, .flags = JSON_REQUIRED, .max = 60000),
	JSON_STRINGS(struct item, "tags", tags),
	JSON_ARRAY(struct item, "items", items, count, &item_schema), JSON_END
};
static const struct json_schema item_schema =
	JSON_SCHEMA(struct item, item_fields, .unknown = JSON_UNKNOWN_REFUSE);

struct pair {
	uint8_t a, b;
};

static int parse_pair(const char *text, void *out, struct err *err)
{
	struct pair *p = out;
	unsigned int a, b;
	int end = 0;

	if (sscanf(text, "%3u-%3u%n", &a, &b, &end) != 2 || text[end] || a > 255 || b > 255)
		return err_set(err, -EINVAL, "'%s' is no pair", text);
	*p = (struct pair){ .a = (uint8_t)a, .b = (uint8_t)b };
	return 0;
}

static void format_pair(const void *in, char *buf, size_t size)
{
	const struct pair *p = in;

	snprintf(buf, size, "%u-%u", p->a, p->b);
}

static const struct json_text pair_text = { .parse = parse_pair, .format = format_pair };

/* A string, or an object {"key": ..., "n": ...} of one number; walks whatever else it gets. */
struct variant {
	char *word;
	unsigned long long number;
};

static size_t walk(const struct json_value *v)
{
	size_t n = 1, children = 0;

	for (const struct json_value *c = json_value_at(v, 0); c;
	     c = json_value_next(c), children++) {
		_cleanup_free_ char *key = NULL;
		const struct json_value *found;

		n += walk(c);
		if (json_value_kind(v) != JSON_IS_OBJECT || json_value_key(c, &key, NULL) < 0)
			continue;
		found = json_value_get(v, key);
		if (found != c || !json_value_get_caseless(v, key))
			abort();
	}
	if (children != json_value_count(v) || json_value_at(v, children))
		abort();
	return n;
}

static int decode_variant(const struct json_value *v, void *out, struct err *err)
{
	struct variant *variant = out;
	const struct json_value *number = json_value_get_caseless(v, "n");

	if (json_value_kind(v) == JSON_IS_STRING)
		return json_value_string(v, &variant->word, err);
	if (number)
		return json_value_uint(number, UINT64_MAX, &variant->number, err);
	variant->number = walk(v);
	return variant->number > 100 ? err_set(err, -E2BIG, "too much") : 0;
}

static void encode_variant(const void *in, const char *key, struct json_writer *out)
{
	const struct variant *variant = in;

	if (variant->word) {
		json_write_string(out, key, variant->word);
		return;
	}
	json_write_begin(out, key, '{');
	json_write_uint(out, "n", variant->number);
	json_write_end(out);
}

static void release_variant(void *in)
{
	struct variant *variant = in;

	free(variant->word);
}

static const struct json_custom variant_custom = { .decode = decode_variant,
						   .encode = encode_variant,
						   .release = release_variant };

struct extra {
	char *bridge;
	bool hairpin;
	struct json_pair *labels;
	size_t count;
};

static const struct json_field extra_fields[] = {
	JSON_STRING(struct extra, "bridge", bridge),
	JSON_BOOL(struct extra, "hairpin", hairpin, .flags = JSON_KEEP),
	JSON_MAP(struct extra, "labels", labels, count), JSON_END
};
static const struct json_schema extra_schema = JSON_SCHEMA(struct extra, extra_fields);

struct all {
	bool on;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int32_t ranged;
	char *string;
	char *kept;
	char chars[6];
	struct pair pair;
	int mode;
	struct item item;
	struct item *items;
	size_t count;
	char **strings;
	struct json_pair *map;
	size_t map_count;
	struct variant custom;
	void *extra;
};

static const struct json_schema *find_extra(const void *object)
{
	return ((const struct all *)object)->mode == 1 ? &extra_schema : NULL;
}

static int check_all(void *object, struct err *err)
{
	return ((struct all *)object)->u8 == 66 ? err_set(err, -EINVAL, "66") : 0;
}

static const struct json_field all_fields[] = {
	JSON_BOOL(struct all, "on", on),
	JSON_INT(struct all, "i8", i8),
	JSON_INT(struct all, "i16", i16),
	JSON_INT(struct all, "i32", i32),
	JSON_INT(struct all, "i64", i64),
	JSON_UINT(struct all, "u8", u8),
	JSON_UINT(struct all, "u16", u16),
	JSON_UINT(struct all, "u32", u32),
	JSON_UINT(struct all, "u64", u64),
	JSON_INT(struct all, "ranged", ranged, .min = -3, .max = 7),
	JSON_STRING(struct all, "string", string),
	JSON_STRING(struct all, "text", string, .flags = JSON_ALIAS),
	JSON_STRING(struct all, "kept", kept, .flags = JSON_KEEP),
	JSON_CHARS(struct all, "chars", chars),
	JSON_TEXT(struct all, "pair", pair, &pair_text),
	JSON_ENUM(struct all, "mode", mode, modes),
	JSON_OBJECT(struct all, "item", item, &item_schema),
	JSON_ARRAY(struct all, "items", items, count, &item_schema),
	JSON_STRINGS(struct all, "strings", strings),
	JSON_MAP(struct all, "map", map, map_count),
	JSON_CUSTOM(struct all, "custom", custom, &variant_custom),
	JSON_END
};

#define ALL(...)                                                                      \
	JSON_SCHEMA(struct all, all_fields, .extend = find_extra,                     \
		    .extend_offset = offsetof(struct all, extra), .check = check_all, \
		    ##__VA_ARGS__)

static const struct json_schema strict_schema = ALL(.unknown = JSON_UNKNOWN_REFUSE);
static const struct json_schema lax_schema = ALL(.unknown = JSON_UNKNOWN_IGNORE, .caseless = true);

static char *encode(const struct json_schema *schema, const struct all *all, bool pretty,
		    size_t *len)
{
	char *text = NULL;
	struct err err;
	FILE *out = open_memstream(&text, len);
	int ret = pretty ? json_encode(schema, all, out, &err)
			 : json_encode_compact(schema, all, out, &err);

	if (ret < 0)
		abort();
	fclose(out);
	return text;
}

static void expect_zero(const struct all *all)
{
	static const struct all zero;

	if (memcmp(all, &zero, sizeof(zero)) != 0)
		abort();
}

static void decode_again(const struct json_schema *schema, const char *text, size_t len,
			 const char *expected)
{
	_cleanup_free_ char *again = NULL;
	struct err err;
	struct all all;
	size_t n;

	if (json_decode(schema, &all, text, len, "again", &err) < 0)
		abort();
	again = encode(schema, &all, false, &n);
	if (strcmp(again, expected) != 0)
		abort();
	json_release(schema, &all);
	expect_zero(&all);
}

static void try_schema(const struct json_schema *schema, const char *text, size_t len)
{
	_cleanup_free_ char *compact = NULL, *pretty = NULL;
	size_t compact_len, pretty_len;
	struct err err = { 0 };
	struct all all;

	memset(&all, 0x55, sizeof(all));
	if (json_decode(schema, &all, text, len, "fuzz", &err) < 0) {
		expect_zero(&all);
		if (!str_starts(err.text, "fuzz:") || str_starts(err.text, "fuzz: jsmn"))
			abort();
		return;
	}
	compact = encode(schema, &all, false, &compact_len);
	pretty = encode(schema, &all, true, &pretty_len);
	json_release(schema, &all);
	expect_zero(&all);
	decode_again(schema, compact, compact_len, compact);
	decode_again(schema, pretty, pretty_len, compact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc *doc;
	struct err err;

	if (json_parse((const char *)data, size, "fuzz", &doc, &err) == 0) {
		walk(json_root(doc));
		json_free(doc);
	} else if (str_starts(err.text, "fuzz: jsmn")) {
		abort();
	}
	try_schema(&strict_schema, (const char *)data, size);
	try_schema(&lax_schema, (const char *)data, size);
	return 0;
}
