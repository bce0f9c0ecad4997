// SPDX-License-Identifier: Apache-2.0
#include "lib/json_internal.h"

#include "lib/str.h"

#include <limits.h>
#include <string.h>

#define PATH_LEN_MAX  512
#define RANGE_LEN_MAX 512

struct listing {
	void (*visit)(const struct json_key *key, void *arg);
	void *arg;
	unsigned int depth;
};

static const char *const types[] = {
	[JSON_TYPE_END] = "",
	[JSON_TYPE_BOOL] = "true or false",
	[JSON_TYPE_INT] = "integer",
	[JSON_TYPE_UINT] = "integer",
	[JSON_TYPE_STRING] = "string",
	[JSON_TYPE_CHARS] = "string",
	[JSON_TYPE_TEXT] = "string",
	[JSON_TYPE_ENUM] = "string",
	[JSON_TYPE_OBJECT] = "object",
	[JSON_TYPE_ARRAY] = "list of objects",
	[JSON_TYPE_STRINGS] = "list of strings",
	[JSON_TYPE_MAP] = "object of strings",
	[JSON_TYPE_CUSTOM] = "",
};

static const char *type_of(const struct json_field *f)
{
	if (f->type != JSON_TYPE_CUSTOM)
		return types[f->type];
	return f->custom->what ? f->custom->what : "";
}

static void put_names(const struct json_name *names, char *buf, size_t size)
{
	size_t len = 0;

	for (const struct json_name *n = names; n->name && len < size; n++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", n == names ? "" : ", ",
					n->name);
}

static void put_range(const struct json_field *f, char *buf, size_t size)
{
	*buf = '\0';
	if (f->type == JSON_TYPE_ENUM)
		put_names(f->names, buf, size);
	else if (f->type == JSON_TYPE_CHARS)
		snprintf(buf, size, "at most %u bytes", f->size - 1);
	else if ((f->type == JSON_TYPE_INT || f->type == JSON_TYPE_UINT) && (f->min || f->max) &&
		 (!f->max || f->max >= LLONG_MAX))
		snprintf(buf, size, "at least %lld", f->min);
	else if ((f->type == JSON_TYPE_INT || f->type == JSON_TYPE_UINT) && f->max)
		snprintf(buf, size, "%lld to %llu", f->min, f->max);
}

/* Where the keys of an object stand: in the text, and for errors behind the decoder. */
struct place {
	const char *path, *as;
};

bool json_is_list(const struct json_field *f)
{
	return str_starts(type_of(f), "list");
}

const struct json_field *json_aliased(const struct json_schema *schema, const struct json_field *f)
{
	const struct json_field *first = schema->fields;

	if (!(f->flags & JSON_ALIAS))
		return f;
	while (first != f && (first->offset != f->offset || first->size != f->size))
		first++;
	return first;
}

/* Whose other names those of @f are. */
static const struct json_field *named(const struct json_schema *schema, const struct json_field *f)
{
	return f->as ? f : json_aliased(schema, f);
}

/* Each word of @f's other names behind @before; that of what is below it, or its own, which ends in no "[]". */
static void put_as(const struct json_field *f, const char *before, bool below, char *buf,
		   size_t size)
{
	const char *word = f->as ? f->as : f->key;
	const char *more = below && !f->as && json_is_list(f) ? "[]" : "";
	size_t len = 0;

	*buf = '\0';
	do {
		size_t n = strcspn(word, " ");
		size_t own = !below && n > 2 && !strncmp(word + n - 2, "[]", 2) ? n - 2 : n;

		len += (size_t)snprintf(buf + len, size - len, "%s%s%.*s%s%s", len ? " " : "",
					before, (int)own, word, more, below && n ? "." : "");
		word += n + (word[n] == ' ');
	} while (*word && !below && len < size);
}

/* Of the objects that it holds; NULL: it holds none. */
static const struct json_schema *schema_of(const struct json_field *f)
{
	if (f->type == JSON_TYPE_CUSTOM)
		return f->custom->schema;
	return f->type == JSON_TYPE_OBJECT || f->type == JSON_TYPE_ARRAY ? f->schema : NULL;
}

static void list(struct listing *l, const struct json_schema *schema, const struct place *at);

static void list_field(struct listing *l, const struct json_schema *schema,
		       const struct json_field *f, const struct place *at)
{
	const struct json_schema *inner = schema_of(f);
	char path[PATH_LEN_MAX], range[RANGE_LEN_MAX], below[PATH_LEN_MAX + 3];
	char as[PATH_LEN_MAX], as_below[PATH_LEN_MAX];
	const struct place place = { below, as_below };
	const struct json_key key = {
		.path = path,
		.type = type_of(f),
		.alias = f->flags & JSON_ALIAS,
		.help = f->help,
		.range = range,
		.as = as,
		.field = f,
		.schema = schema,
	};

	snprintf(path, sizeof(path), "%s%s", at->path, f->key);
	put_as(named(schema, f), at->as, false, as, sizeof(as));
	put_range(f, range, sizeof(range));
	l->visit(&key, l->arg);
	if (!inner)
		return;
	snprintf(below, sizeof(below), "%s%s.", path, json_is_list(f) ? "[]" : "");
	put_as(named(schema, f), at->as, true, as_below, sizeof(as_below));
	list(l, inner, &place);
}

static void list(struct listing *l, const struct json_schema *schema, const struct place *at)
{
	/* A schema that contains itself goes no deeper than a text may. */
	if (l->depth == JSON_DEPTH_MAX)
		return;
	l->depth++;
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		list_field(l, schema, f, at);
	for (size_t i = 0; schema->extension; i++) {
		const struct json_schema *more = schema->extension(i);

		if (!more)
			break;
		list(l, more, at);
	}
	l->depth--;
}

void json_list(const struct json_schema *schema,
	       void (*visit)(const struct json_key *key, void *arg), void *arg)
{
	const struct place top = { "", "" };
	struct listing l = { .visit = visit, .arg = arg };

	list(&l, schema, &top);
}
