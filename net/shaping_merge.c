// SPDX-License-Identifier: Apache-2.0
/* Changes of shaping by name: by the tables that decode it, so that both know the same keys. */
#include "net/shaping.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/unit.h"

#include <errno.h>
#include <string.h>

#define KEY_MAX  48
#define KEYS_MAX 64

static const struct json_field *find(const struct json_schema *schema, const char *key,
				     struct err *err)
{
	const char *names[KEYS_MAX], *nearest;
	size_t n = 0;

	for (const struct json_field *f = schema->fields; f->key && n + 1 < KEYS_MAX; f++) {
		if (!strcmp(f->key, key))
			return f;
		names[n++] = f->key;
	}
	names[n] = NULL;
	nearest = json_nearest(key, names);
	err_set(err, -EINVAL, "unknown key");
	if (nearest)
		err_append(err, "; did you mean '%s'?", nearest);
	return NULL;
}

static int set_enum(const struct json_field *f, int *out, const char *value, struct err *err)
{
	const char *sep = "";

	for (const struct json_name *n = f->names; n->name; n++) {
		if (strcmp(n->name, value))
			continue;
		*out = n->value;
		return 0;
	}
	err_set(err, -EINVAL, "unknown value \"%s\" (known: ", value);
	for (const struct json_name *n = f->names; n->name; n++, sep = ", ")
		err_append(err, "%s%s", sep, n->name);
	err_append(err, ")");
	return -EINVAL;
}

static int set_uint(const struct json_field *f, void *out, const char *value, struct err *err)
{
	unsigned long long max = f->size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX, number;

	if (f->max)
		max = f->max;
	if (str_to_u64(value, max, &number) < 0)
		return err_set(err, -EINVAL, "'%s': expected a number from 0 to %llu", value, max);
	if (f->size == sizeof(uint32_t))
		*(uint32_t *)out = (uint32_t)number;
	else
		*(uint64_t *)out = number;
	return 0;
}

static int set(const struct json_schema *schema, void *object, const char *path, const char *value,
	       struct err *err);

/* Either a chance or a model. */
static int set_loss(struct netem_loss *loss, const char *rest, const char *value, struct err *err)
{
	int ret;

	if (*rest) {
		ret = set(netem_loss_json.schema, loss, rest, value, err);
		if (ret == 0 && loss->gemodel.p)
			loss->random = 0;
		return ret;
	}
	ret = unit_percent_parse(value, &loss->random, err);
	if (ret == 0)
		loss->gemodel = (struct netem_gemodel){ 0 };
	return ret;
}

static int set_value(const struct json_field *f, void *out, const char *value, struct err *err)
{
	memset(out, 0, f->size);
	if (!*value)
		return 0;
	if (f->type == JSON_TYPE_TEXT)
		return f->text->parse(value, out, err);
	return f->type == JSON_TYPE_ENUM ? set_enum(f, out, value, err)
					 : set_uint(f, out, value, err);
}

static int set_field(const struct json_field *f, void *out, const char *rest, const char *value,
		     struct err *err)
{
	bool object = f->type == JSON_TYPE_OBJECT;

	if (object && *rest)
		return set(f->schema, out, rest, value, err);
	if (f->type == JSON_TYPE_CUSTOM && (*rest || *value))
		return set_loss(out, rest, value, err);
	if (*rest)
		return err_set(err, -EINVAL, "unknown key");
	if (object && *value)
		return err_set(err, -EINVAL, "expected an object, found '%s'", value);
	return set_value(f, out, value, err);
}

/* What @path names in an object of @schema. */
static int set(const struct json_schema *schema, void *object, const char *path, const char *value,
	       struct err *err)
{
	size_t len = strcspn(path, ".");
	const struct json_field *f;
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%.*s", (int)(len < sizeof(key) ? len : sizeof(key)), path);
	f = find(schema, key, err);
	if (!f)
		return -EINVAL;
	return set_field(f, (char *)object + f->offset, path + len + (path[len] == '.'), value,
			 err);
}

bool shaping_has_key(const char *text)
{
	const struct json_field *way = find(&shaping_schema, "egress", NULL);
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(text, "="), text);
	return find(way->schema, key, NULL);
}

int shaping_merge(struct shaping *s, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	_cleanup_free_ char *path = NULL;
	struct shaping changed = *s;
	bool has_way;
	int ret;

	if (!equals || equals == text)
		return err_set(err, -EINVAL, "'%s': expected KEY=VALUE, as in rate=10mbit", text);
	has_way = str_starts(text, "egress") || str_starts(text, "ingress");
	path = str_format("%s%.*s", has_way ? "" : "egress.", (int)(equals - text), text);
	if (!path)
		return err_oom(err);
	ret = set(&shaping_schema, &changed, path, equals + 1, err);
	if (ret < 0)
		err_wrap(err, "shaping.%s", path);
	else
		*s = changed;
	return ret;
}
