// SPDX-License-Identifier: Apache-2.0
#include "container/old.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

static int find_type(const char *name)
{
	for (const struct json_name *n = namespace_names; n->name; n++)
		if (!strcmp(n->name, name))
			return n->value;
	return 0;
}

/* In these spellings what was not known was left out without a word. */
static int add_known(struct namespaces *list, const char *name, const struct json_value *v,
		     struct err *err)
{
	int type = find_type(name);
	struct err text;

	if (type)
		return namespaces_add(list, type, NULL, err);
	json_value_err(v, &text, -EINVAL, "no kind of namespace is called '%.40s'; it is ignored",
		       name);
	log_warn("%s", text.text);
	return 0;
}

static int add_flag(struct namespaces *list, const struct json_value *v, struct err *err)
{
	_cleanup_free_ char *name = NULL;
	bool on = false;
	int ret = json_value_key(v, &name, err);

	if (ret == 0 && json_value_kind(v) != JSON_IS_NULL)
		ret = json_value_bool(v, &on, err);
	return ret == 0 && on ? add_known(list, name, v, err) : ret;
}

static int add_name(struct namespaces *list, const struct json_value *v, struct err *err)
{
	_cleanup_free_ char *name = NULL;
	int ret = json_value_string(v, &name, err);

	return ret < 0 ? ret : add_known(list, name, v, err);
}

/* Three ways to write an object; the numbers of the oldest (`value`, and `file`) say the same as its name. */
struct entry {
	char *type, *name, *key, *path;
	bool enabled;
};

static const struct json_field entry_fields[] = {
	JSON_STRING(struct entry, "type", type),     JSON_STRING(struct entry, "name", name),
	JSON_STRING(struct entry, "key", key),       JSON_STRING(struct entry, "path", path),
	JSON_BOOL(struct entry, "enabled", enabled), JSON_END,
};
static const struct json_schema entry_schema =
	JSON_SCHEMA(struct entry, entry_fields, .caseless = true);

static int add_typed(struct namespaces *list, const struct entry *e, const struct json_value *v,
		     struct err *err)
{
	const char *name = e->type ? e->type : e->name;
	int type = name ? find_type(name) : 0;

	if (!name)
		return json_value_err(v, err, -EINVAL, "the key 'type' is missing");
	if (!type)
		return json_value_err(v, err, -EINVAL, "no kind of namespace is called '%.40s'",
				      name);
	return namespaces_add(list, type, e->path, err);
}

static int add_entry(struct namespaces *list, const struct json_value *v, struct err *err)
{
	struct entry e;
	int ret = json_value_decode(&entry_schema, &e, v, err);

	if (ret < 0)
		return ret;
	if (e.type || e.name || !e.key)
		ret = add_typed(list, &e, v, err);
	else if (e.enabled)
		ret = add_known(list, e.key, v, err);
	json_release(&entry_schema, &e);
	return ret;
}

static int add_element(struct namespaces *list, const struct json_value *v, struct err *err)
{
	return json_value_kind(v) == JSON_IS_STRING ? add_name(list, v, err)
						    : add_entry(list, v, err);
}

static int decode(const struct json_value *value, void *out, struct err *err)
{
	bool flags = json_value_kind(value) == JSON_IS_OBJECT;
	struct namespaces *list = out;
	size_t index = 0;
	int ret = 0;

	if (!flags && json_value_kind(value) != JSON_IS_ARRAY)
		return json_value_err(value, err, -EINVAL,
				      "expected a list, or an object of names and booleans");
	for (const struct json_value *v = json_value_at(value, 0); v && ret == 0;
	     v = json_value_next(v), index++) {
		size_t before = list->count;

		ret = flags ? add_flag(list, v, err) : add_element(list, v, err);
		if (list->count > before)
			list->items[before].skipped = index - before;
	}
	return ret;
}

static void release(void *in)
{
	struct namespaces *list = in;

	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].path);
	free(list->items);
}

const struct json_custom old_namespaces_json = {
	.decode = decode,
	.release = release,
	.what = "list of objects or names, or an object of names",
	.schema = &entry_schema,
};

static const struct json_field enabled_fields[] = {
	JSON_STRING(struct entry, "key", key),
	JSON_BOOL(struct entry, "enabled", enabled),
	JSON_END,
};
static const struct json_schema enabled_schema =
	JSON_SCHEMA(struct entry, enabled_fields, .caseless = true);

const struct json_custom old_enabled_namespaces_json = {
	.decode = decode,
	.release = release,
	.what = "list of objects, or an object of names",
	.schema = &enabled_schema,
};

const struct json_custom old_named_namespaces_json = {
	.decode = decode,
	.release = release,
	.what = "list or object of names",
};

int old_join_namespace(struct namespaces *list, int type, const char *path, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		struct namespace *at = &list->items[i];

		if (at->type != type)
			continue;
		free(at->path);
		at->path = strdup(path);
		return at->path ? 0 : err_oom(err);
	}
	return namespaces_add(list, type, path, err);
}
