// SPDX-License-Identifier: Apache-2.0
/* Schema: from the values of a checked document to C objects, which come zeroed to what is here. */
#include "lib/json_internal.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A config full of keys that nobody knows must not flood the log. */
#define WARNINGS_MAX 20

static int decode_object(const struct json_schema *schema, char *object, const struct json_value *v,
			 struct err *err);

/* --- Scalars --- */

static int decode_bool(const struct json_field *f, char *object, const struct json_value *v,
		       struct err *err)
{
	return json_value_bool(v, (bool *)(object + f->offset), err);
}

static void store_integer(char *to, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)to = (uint32_t)value;
		break;
	default:
		memcpy(to, &value, sizeof(value));
	}
}

void json_int_range(const struct json_field *f, long long *lowest, long long *highest)
{
	unsigned int spare = 64 - 8 * (unsigned int)f->size;
	bool bounded = f->min != 0 || f->max != 0;

	*lowest = INT64_MIN >> spare;
	*highest = INT64_MAX >> spare;
	if (bounded && f->min > *lowest)
		*lowest = f->min;
	if (bounded && f->max < (unsigned long long)*highest && !(f->max == 0 && f->min > 0))
		*highest = (long long)f->max;
}

void json_uint_range(const struct json_field *f, unsigned long long *lowest,
		     unsigned long long *highest)
{
	*lowest = f->min > 0 ? (unsigned long long)f->min : 0;
	*highest = UINT64_MAX >> (64 - 8 * (unsigned int)f->size);
	if (f->max != 0 && f->max < *highest)
		*highest = f->max;
}

static int decode_int(const struct json_field *f, char *object, const struct json_value *v,
		      struct err *err)
{
	long long lowest, highest, value;
	int ret;

	json_int_range(f, &lowest, &highest);
	ret = json_value_int(v, lowest, highest, &value, err);
	if (ret == 0)
		store_integer(object + f->offset, f->size, (uint64_t)value);
	return ret;
}

static int decode_uint(const struct json_field *f, char *object, const struct json_value *v,
		       struct err *err)
{
	unsigned long long lowest, highest, value;
	int ret;

	json_uint_range(f, &lowest, &highest);
	ret = json_read_uint(v, lowest, highest, &value, err);
	if (ret == 0)
		store_integer(object + f->offset, f->size, value);
	return ret;
}

static int decode_string(const struct json_field *f, char *object, const struct json_value *v,
			 struct err *err)
{
	return json_value_string(v, (char **)(object + f->offset), err);
}

static int decode_chars(const struct json_field *f, char *object, const struct json_value *v,
			struct err *err)
{
	char quoted[JSON_QUOTE_MAX];
	int ret;

	if (v->kind != JSON_IS_STRING)
		return json_err_kind(v, err, "a string");
	ret = json_unescape_into(v, object + f->offset, f->size);
	if (ret == -ENAMETOOLONG)
		return json_value_err(v, err, -EINVAL, "\"%s\" is too long (at most %u bytes)",
				      json_quote(v, quoted), f->size - 1);
	if (ret < 0)
		return json_value_err(v, err, ret, "a NUL character (\\u0000) is not allowed here");
	return 0;
}

/* Put the location in front of the text that somebody else has set. */
static int locate(const struct json_value *v, struct err *err, int code)
{
	return json_value_err(v, err, code, "%s", err ? err->text : "");
}

static int decode_text(const struct json_field *f, char *object, const struct json_value *v,
		       struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = json_value_string(v, &text, err);

	if (ret == 0 && !*text && f->flags & JSON_REQUIRED)
		return json_value_err(v, err, -EINVAL, "must not be empty");
	if (ret < 0 || !*text)
		return ret;
	ret = f->text->parse(text, object + f->offset, err);
	return ret < 0 ? locate(v, err, ret) : 0;
}

static int err_enum(const struct json_field *f, const char *word, const struct json_value *v,
		    struct err *err)
{
	char known[400] = "", quoted[JSON_QUOTE_MAX];
	struct json_near near = { 0 };
	size_t used = 0;

	for (const struct json_name *n = f->names; n->name; n++) {
		json_near_offer(&near, word, n->name);
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
						 used ? ", " : "", n->name);
	}
	return json_value_err(v, err, -EINVAL, "unknown value \"%s\"%s%s%s (known: %s%s)",
			      json_quote(v, quoted), near.name ? "; did you mean '" : "",
			      near.name ? near.name : "", near.name ? "'?" : "", known,
			      used < sizeof(known) ? "" : "...");
}

static int decode_enum(const struct json_field *f, char *object, const struct json_value *v,
		       struct err *err)
{
	_cleanup_free_ char *word = NULL;
	int ret = json_value_string(v, &word, err);

	if (ret < 0)
		return ret;
	for (const struct json_name *n = f->names; n->name; n++) {
		if (!strcmp(n->name, word)) {
			store_integer(object + f->offset, f->size, (uint64_t)n->value);
			return 0;
		}
	}
	return err_enum(f, word, v, err);
}

/* --- Compounds: what is allocated hangs in the object at once, for json_release() to find --- */

static int decode_member(const struct json_field *f, char *object, const struct json_value *v,
			 struct err *err)
{
	return decode_object(f->schema, object + f->offset, v, err);
}

static int decode_array(const struct json_field *f, char *object, const struct json_value *v,
			struct err *err)
{
	char **items = (char **)(object + f->offset);
	size_t *count = (size_t *)(object + f->count);
	char *item;

	if (v->kind != JSON_IS_ARRAY)
		return json_err_kind(v, err, "an array");
	if (v->span == 1)
		return 0;
	*count = json_value_count(v);
	*items = item = calloc(*count, f->schema->size);
	if (!item) {
		*count = 0;
		return err_oom(err);
	}
	for (v = json_value_at(v, 0); v; v = json_value_next(v), item += f->schema->size) {
		int ret = decode_object(f->schema, item, v, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int decode_strings(const struct json_field *f, char *object, const struct json_value *v,
			  struct err *err)
{
	char **next;

	if (v->kind != JSON_IS_ARRAY)
		return json_err_kind(v, err, "an array of strings");
	next = calloc(json_value_count(v) + 1, sizeof(*next));
	*(char ***)(object + f->offset) = next;
	if (!next)
		return err_oom(err);
	for (v = json_value_at(v, 0); v; v = json_value_next(v)) {
		int ret = json_value_string(v, next++, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int decode_map(const struct json_field *f, char *object, const struct json_value *v,
		      struct err *err)
{
	size_t *count = (size_t *)(object + f->count);
	struct json_pair *pair;

	if (v->kind != JSON_IS_OBJECT)
		return json_err_kind(v, err, "an object of strings");
	if (v->span == 1)
		return 0;
	*count = json_value_count(v);
	*(struct json_pair **)(object + f->offset) = pair = calloc(*count, sizeof(*pair));
	if (!pair) {
		*count = 0;
		return err_oom(err);
	}
	for (v = json_value_at(v, 0); v; v = json_value_next(v), pair++) {
		int ret = json_value_key(v, &pair->key, err);

		if (ret == 0)
			ret = json_value_string(v, &pair->value, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Does the text begin with a location in this document already? */
static bool is_located(const struct json_doc *doc, const struct err *err)
{
	size_t len = strlen(doc->in.source);

	return !strncmp(err->text, doc->in.source, len) && err->text[len] == ':' &&
	       err->text[len + 1] >= '0' && err->text[len + 1] <= '9';
}

static int decode_custom(const struct json_field *f, char *object, const struct json_value *v,
			 struct err *err)
{
	int ret = f->custom->decode(v, object + f->offset, err);

	if (ret < 0 && err && !is_located(json_doc_of(v), err))
		return locate(v, err, ret);
	return ret < 0 ? ret : 0;
}

static int decode_field(const struct json_field *f, char *object, const struct json_value *v,
			struct err *err)
{
	static int (*const decode[])(const struct json_field *f, char *object,
				     const struct json_value *v, struct err *err) = {
		[JSON_TYPE_BOOL] = decode_bool,   [JSON_TYPE_INT] = decode_int,
		[JSON_TYPE_UINT] = decode_uint,   [JSON_TYPE_STRING] = decode_string,
		[JSON_TYPE_CHARS] = decode_chars, [JSON_TYPE_TEXT] = decode_text,
		[JSON_TYPE_ENUM] = decode_enum,   [JSON_TYPE_OBJECT] = decode_member,
		[JSON_TYPE_ARRAY] = decode_array, [JSON_TYPE_STRINGS] = decode_strings,
		[JSON_TYPE_MAP] = decode_map,     [JSON_TYPE_CUSTOM] = decode_custom,
	};

	return decode[f->type](f, object, v, err);
}

/* --- Keys to fields --- */

/* What the text has for a field, and how to decode it: as the field or as an alias says. */
struct slot {
	const struct json_value *value;
	const struct json_field *how;
};

static const struct json_field *find_field(const struct json_schema *schema,
					   const struct json_doc *doc, const struct json_value *key,
					   bool caseless)
{
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		if (json_key_is(doc, key, f->key, false))
			return f;
	for (const struct json_field *f = schema->fields; caseless && f->type != JSON_TYPE_END; f++)
		if (json_key_is(doc, key, f->key, true))
			return f;
	return NULL;
}

/* The place of the field that @f is, or is an alias of. */
static size_t slot_of(const struct json_schema *schema, const struct json_field *f)
{
	const struct json_field *first = schema->fields;

	if (!(f->flags & JSON_ALIAS))
		return (size_t)(f - schema->fields);
	/* The size tells a member from a structure that begins with it. */
	while (first->offset != f->offset || first->size != f->size)
		first++;
	return (size_t)(first - schema->fields);
}

static int fill_slots(const struct json_schema *schema, struct slot *slots,
		      const struct json_value *v, bool caseless, struct err *err)
{
	const struct json_doc *doc = json_doc_of(v);

	for (const struct json_value *k = json_key_first(v); k; k = json_key_next(k)) {
		const struct json_field *f = find_field(schema, doc, k, caseless);
		char quoted[JSON_QUOTE_MAX];
		struct slot *slot;

		if (!f)
			continue;
		slot = &slots[slot_of(schema, f)];
		if (slot->value)
			return json_value_err(k, err, -EINVAL, "duplicate key (the same as '%s')",
					      json_quote(slot->value - 1, quoted));
		*slot = (struct slot){ .value = k + 1, .how = f };
	}
	return 0;
}

static int decode_slot(const struct json_field *f, const struct slot *slot, char *object,
		       const struct json_value *in, struct err *err)
{
	if (slot->value && slot->value->kind != JSON_IS_NULL)
		return decode_field(slot->how, object, slot->value, err);
	if (!(f->flags & JSON_REQUIRED))
		return 0;
	if (slot->value)
		return json_value_err(slot->value, err, -EINVAL, "must not be null");
	return json_value_err(in, err, -EINVAL, "the key '%s' is missing", f->key);
}

static size_t count_fields(const struct json_schema *schema)
{
	size_t n = 0;

	while (schema->fields[n].type != JSON_TYPE_END)
		n++;
	return n;
}

static int decode_fields(const struct json_schema *schema, char *object, const struct json_value *v,
			 bool caseless, struct err *err)
{
	size_t n = count_fields(schema);
	_cleanup_free_ struct slot *slots = calloc(n + 1, sizeof(*slots));
	int ret;

	if (!slots)
		return err_oom(err);
	ret = fill_slots(schema, slots, v, caseless, err);
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = decode_slot(&schema->fields[i], &slots[i], object, v, err);
	return ret;
}

/* Decode the fields of @schema and of what is chained to it. */
static int decode_chain(const struct json_schema *schema, char *object, const struct json_value *v,
			struct err *err)
{
	const bool caseless = schema->caseless;

	for (;;) {
		const struct json_schema *extension;
		int ret = decode_fields(schema, object, v, caseless, err);

		if (ret < 0)
			return ret;
		extension = schema->extend ? schema->extend(object) : NULL;
		if (!extension)
			return 0;
		object += schema->extend_offset;
		*(void **)object = calloc(1, extension->size);
		object = *(void **)object;
		if (!object)
			return err_oom(err);
		schema = extension;
	}
}

/* --- Behind the fields --- */

static const char *nearest_key(const struct json_schema *schema, const void *object,
			       const struct json_value *key)
{
	struct json_near near = { 0 };
	char word[64];

	if (json_unescape_into(key, word, sizeof(word)) < 0)
		return NULL;
	for (; object && schema; object = json_extension(schema, object, &schema))
		for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
			json_near_offer(&near, word, f->key);
	return near.name;
}

static int err_unknown(const struct json_schema *schema, const void *object,
		       const struct json_value *key, struct err *err)
{
	const char *near = nearest_key(schema, object, key);

	if (near)
		return json_value_err(key, err, -EINVAL, "unknown key; did you mean '%s'?", near);
	return json_value_err(key, err, -EINVAL, "unknown key");
}

static void warn_unknown(const struct json_schema *schema, const void *object,
			 const struct json_value *key)
{
	struct json_doc *doc = json_doc_of(key);
	struct err text;

	doc->warned++;
	if (doc->warned <= WARNINGS_MAX) {
		err_unknown(schema, object, key, &text);
		log_warn("%s", text.text);
	} else if (doc->warned == WARNINGS_MAX + 1) {
		log_warn("%s: there are more unknown keys, which are not listed", doc->in.source);
	}
}

static bool is_known(const struct json_schema *schema, const void *object,
		     const struct json_doc *doc, const struct json_value *key)
{
	const bool caseless = schema->caseless;

	for (; object && schema; object = json_extension(schema, object, &schema))
		if (find_field(schema, doc, key, caseless))
			return true;
	return false;
}

static int check_unknown(const struct json_schema *schema, const void *object,
			 const struct json_value *v, struct err *err)
{
	const struct json_doc *doc = json_doc_of(v);

	for (const struct json_value *k = json_key_first(v); k; k = json_key_next(k)) {
		if (is_known(schema, object, doc, k))
			continue;
		if (schema->unknown == JSON_UNKNOWN_REFUSE)
			return err_unknown(schema, object, k, err);
		warn_unknown(schema, object, k);
	}
	return 0;
}

static int run_checks(const struct json_schema *schema, void *object, const struct json_value *v,
		      struct err *err)
{
	for (; object && schema; object = json_extension(schema, object, &schema)) {
		int ret = schema->check ? schema->check(object, err) : 0;

		if (ret < 0)
			return locate(v, err, ret);
	}
	return 0;
}

static int decode_object(const struct json_schema *schema, char *object, const struct json_value *v,
			 struct err *err)
{
	int ret;

	if (v->kind != JSON_IS_OBJECT)
		return json_err_kind(v, err, "an object");
	ret = decode_chain(schema, object, v, err);
	if (ret == 0 && schema->unknown != JSON_UNKNOWN_IGNORE)
		ret = check_unknown(schema, object, v, err);
	return ret < 0 ? ret : run_checks(schema, object, v, err);
}

int json_value_decode(const struct json_schema *schema, void *object, const struct json_value *v,
		      struct err *err)
{
	int ret;

	memset(object, 0, schema->size);
	ret = decode_object(schema, object, v, err);
	if (ret < 0)
		json_release(schema, object);
	return ret;
}

static int decode_document(const struct json_schema *schema, void *object, struct json_doc *doc,
			   struct err *err)
{
	int ret = json_value_decode(schema, object, json_root(doc), err);

	json_free(doc);
	return ret;
}

int json_decode(const struct json_schema *schema, void *object, const char *text, size_t len,
		const char *source, struct err *err)
{
	struct json_doc *doc;
	int ret;

	memset(object, 0, schema->size);
	ret = json_parse_borrowed(text, len, source, &doc, err);
	return ret < 0 ? ret : decode_document(schema, object, doc, err);
}

int json_decode_file(const struct json_schema *schema, void *object, int dirfd, const char *path,
		     struct err *err)
{
	struct json_doc *doc;
	int ret;

	memset(object, 0, schema->size);
	ret = json_parse_file(dirfd, path, &doc, err);
	return ret < 0 ? ret : decode_document(schema, object, doc, err);
}
