// SPDX-License-Identifier: Apache-2.0
/* Schema: from C objects to text. */
#include "lib/json_internal.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

/* What struct json_text says of its buffer. */
#define TEXT_MAX 1024

static void encode_bool(const struct json_field *f, const char *object, struct json_writer *w)
{
	json_write_bool(w, f->key, *(const bool *)(object + f->offset));
}

static uint64_t load_integer(const char *from, size_t size)
{
	uint64_t value;

	switch (size) {
	case 1:
		return *(const uint8_t *)from;
	case 2:
		return *(const uint16_t *)from;
	case 4:
		return *(const uint32_t *)from;
	default:
		memcpy(&value, from, sizeof(value));
		return value;
	}
}

static long long load_signed(const char *from, size_t size)
{
	unsigned int spare = 64 - 8 * (unsigned int)size;

	return (int64_t)(load_integer(from, size) << spare) >> spare;
}

static void encode_int(const struct json_field *f, const char *object, struct json_writer *w)
{
	json_write_int(w, f->key, load_signed(object + f->offset, f->size));
}

static void encode_uint(const struct json_field *f, const char *object, struct json_writer *w)
{
	json_write_uint(w, f->key, load_integer(object + f->offset, f->size));
}

static void encode_string(const struct json_field *f, const char *object, struct json_writer *w)
{
	json_write_string(w, f->key, *(char *const *)(object + f->offset));
}

static void encode_chars(const struct json_field *f, const char *object, struct json_writer *w)
{
	json_write_string(w, f->key, object + f->offset);
}

static void encode_text(const struct json_field *f, const char *object, struct json_writer *w)
{
	const char *value = object + f->offset;
	char buf[TEXT_MAX] = "";

	/* "" is what a zero value was decoded from. */
	if ((f->flags & JSON_KEEP) || !json_all_zero(value, f->size))
		f->text->format(value, buf, sizeof(buf));
	json_write_string(w, f->key, buf);
}

static void encode_enum(const struct json_field *f, const char *object, struct json_writer *w)
{
	long long value = load_signed(object + f->offset, f->size);
	const struct json_name *n = f->names;

	while (n->name && n->value != value)
		n++;
	/* Zero without a name is "not set": null. */
	if (!n->name && (value != 0 || (f->flags & JSON_REQUIRED)))
		json_writer_fault(w, -EINVAL, "%s: the value %lld has no name", f->key, value);
	json_write_string(w, f->key, n->name);
}

static void encode_member(const struct json_field *f, const char *object, struct json_writer *w)
{
	json_write_object(w, f->key, f->schema, object + f->offset);
}

static void encode_array(const struct json_field *f, const char *object, struct json_writer *w)
{
	const char *item = *(char *const *)(object + f->offset);
	size_t count = *(const size_t *)(object + f->count);

	json_write_begin(w, f->key, '[');
	for (size_t i = 0; i < count; i++, item += f->schema->size)
		json_write_object(w, NULL, f->schema, item);
	json_write_end(w);
}

static void encode_strings(const struct json_field *f, const char *object, struct json_writer *w)
{
	char *const *s = *(char **const *)(object + f->offset);

	json_write_begin(w, f->key, '[');
	for (; s && *s; s++)
		json_write_string(w, NULL, *s);
	json_write_end(w);
}

static void encode_map(const struct json_field *f, const char *object, struct json_writer *w)
{
	const struct json_pair *pair = *(struct json_pair *const *)(object + f->offset);
	size_t count = *(const size_t *)(object + f->count);

	json_write_begin(w, f->key, '{');
	for (size_t i = 0; i < count; i++)
		json_write_string(w, pair[i].key, pair[i].value);
	json_write_end(w);
}

static void encode_custom(const struct json_field *f, const char *object, struct json_writer *w)
{
	f->custom->encode(object + f->offset, f->key, w);
}

static bool is_present(const struct json_field *f, const char *object);

static bool any_present(const struct json_schema *schema, const char *object)
{
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		if (!(f->flags & JSON_ALIAS) && is_present(f, object))
			return true;
	return false;
}

static bool is_present(const struct json_field *f, const char *object)
{
	if (f->flags & (JSON_KEEP | JSON_REQUIRED))
		return true;
	if (f->flags & JSON_SHARED)
		return any_present(f->schema, object + f->offset);
	if (f->type == JSON_TYPE_OBJECT && f->schema->present)
		return f->schema->present(object + f->offset);
	if (f->type == JSON_TYPE_CUSTOM && f->custom->present)
		return f->custom->present(object + f->offset);
	if (f->type == JSON_TYPE_ARRAY || f->type == JSON_TYPE_MAP)
		return *(const size_t *)(object + f->count) > 0;
	if (f->type == JSON_TYPE_CHARS)
		return object[f->offset] != '\0';
	return !json_all_zero(object + f->offset, f->size);
}

static void encode_field(const struct json_field *f, const char *object, struct json_writer *w)
{
	static void (*const encode[])(const struct json_field *f, const char *object,
				      struct json_writer *w) = {
		[JSON_TYPE_BOOL] = encode_bool,   [JSON_TYPE_INT] = encode_int,
		[JSON_TYPE_UINT] = encode_uint,   [JSON_TYPE_STRING] = encode_string,
		[JSON_TYPE_CHARS] = encode_chars, [JSON_TYPE_TEXT] = encode_text,
		[JSON_TYPE_ENUM] = encode_enum,   [JSON_TYPE_OBJECT] = encode_member,
		[JSON_TYPE_ARRAY] = encode_array, [JSON_TYPE_STRINGS] = encode_strings,
		[JSON_TYPE_MAP] = encode_map,     [JSON_TYPE_CUSTOM] = encode_custom,
	};

	if (f->flags & JSON_ALIAS || !is_present(f, object))
		return;
	if (w->hides && f->flags & JSON_SECRET)
		json_write_string(w, f->key, "(hidden)");
	else
		encode[f->type](f, object, w);
}

void json_write_fields(struct json_writer *w, const struct json_schema *schema, const void *object)
{
	if (!w)
		return;
	for (; object && schema; object = json_extension(schema, object, &schema))
		for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
			encode_field(f, object, w);
}

void json_write_object(struct json_writer *w, const char *key, const struct json_schema *schema,
		       const void *object)
{
	json_write_begin(w, key, '{');
	json_write_fields(w, schema, object);
	json_write_end(w);
}

static int encode_all(const struct json_schema *schema, const void *object, FILE *out, bool pretty,
		      struct err *err)
{
	struct json_writer w;

	json_writer_init(&w, out, pretty);
	json_write_object(&w, NULL, schema, object);
	return json_writer_finish(&w, err);
}

int json_encode(const struct json_schema *schema, const void *object, FILE *out, struct err *err)
{
	return encode_all(schema, object, out, true, err);
}

int json_encode_compact(const struct json_schema *schema, const void *object, FILE *out,
			struct err *err)
{
	return encode_all(schema, object, out, false, err);
}
