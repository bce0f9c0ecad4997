// SPDX-License-Identifier: Apache-2.0
/*
 * Schema: freeing what decoding allocated. What is freed is zeroed, so half-built objects and
 * aliases do no harm.
 */
#include "lib/json_internal.h"

#include "lib/str.h"

#include <stdlib.h>
#include <string.h>

bool json_all_zero(const void *p, size_t size)
{
	const char *bytes = p;

	return size == 0 || (bytes[0] == 0 && !memcmp(bytes, bytes + 1, size - 1));
}

void *json_extension(const struct json_schema *schema, const void *object,
		     const struct json_schema **extension)
{
	void *made;

	if (!schema->extend)
		return NULL;
	memcpy(&made, (const char *)object + schema->extend_offset, sizeof(made));
	*extension = made ? schema->extend(object) : NULL;
	return made;
}

static void release_string(const struct json_field *f, char *object)
{
	char **s = (char **)(object + f->offset);

	free(*s);
	*s = NULL;
}

static void release_strings(const struct json_field *f, char *object)
{
	char ***list = (char ***)(object + f->offset);

	strv_free(*list);
	*list = NULL;
}

static void release_fields(const struct json_schema *schema, char *object);

static void release_object(const struct json_field *f, char *object)
{
	/* Zeroing it would lose what other keys have left there. */
	if (f->flags & JSON_SHARED)
		release_fields(f->schema, object + f->offset);
	else
		json_release(f->schema, object + f->offset);
}

static void release_array(const struct json_field *f, char *object)
{
	char **items = (char **)(object + f->offset);
	size_t *count = (size_t *)(object + f->count);

	for (size_t i = 0; *items && i < *count; i++)
		json_release(f->schema, *items + i * f->schema->size);
	free(*items);
	*items = NULL;
	*count = 0;
}

static void release_map(const struct json_field *f, char *object)
{
	struct json_pair **pairs = (struct json_pair **)(object + f->offset);
	size_t *count = (size_t *)(object + f->count);

	for (size_t i = 0; *pairs && i < *count; i++) {
		free((*pairs)[i].key);
		free((*pairs)[i].value);
	}
	free(*pairs);
	*pairs = NULL;
	*count = 0;
}

static void release_custom(const struct json_field *f, char *object)
{
	if (f->custom->release && !json_all_zero(object + f->offset, f->size))
		f->custom->release(object + f->offset);
	memset(object + f->offset, 0, f->size);
}

static void release_fields(const struct json_schema *schema, char *object)
{
	static void (*const release[JSON_TYPE_CUSTOM + 1])(const struct json_field *f,
							   char *object) = {
		[JSON_TYPE_STRING] = release_string, [JSON_TYPE_OBJECT] = release_object,
		[JSON_TYPE_ARRAY] = release_array,   [JSON_TYPE_STRINGS] = release_strings,
		[JSON_TYPE_MAP] = release_map,       [JSON_TYPE_CUSTOM] = release_custom,
	};

	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		if (release[f->type])
			release[f->type](f, object);
}

void json_release(const struct json_schema *schema, void *object)
{
	const struct json_schema *extension = NULL;
	void *chained;

	if (!object)
		return;
	/* First, as the fields tell what it is. */
	chained = json_extension(schema, object, &extension);
	if (extension)
		json_release(extension, chained);
	free(chained);
	release_fields(schema, object);
	memset(object, 0, schema->size);
}
