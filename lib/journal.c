// SPDX-License-Identifier: Apache-2.0
/* A plan as JSON and back: what plan.h calls the journal. */
#include "lib/cleanup.h"
#include "lib/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct step_words {
	char *type, *ns, *origin, *shared, *owner;
};

static const struct json_field step_fields[] = {
	JSON_STRING(struct step_words, "type", type, .flags = JSON_REQUIRED),
	JSON_STRING(struct step_words, "ns", ns),
	JSON_STRING(struct step_words, "origin", origin),
	JSON_STRING(struct step_words, "shared", shared),
	JSON_STRING(struct step_words, "owner", owner),
	JSON_END,
};
/* "args" is the type's own business, so it is passed over here. */
static const struct json_schema step_schema = JSON_SCHEMA(struct step_words, step_fields);

static const struct json_field ns_fields[] = {
	JSON_STRING(struct plan_ns, "key", key, .flags = JSON_REQUIRED),
	JSON_STRING(struct plan_ns, "path", path),
	JSON_UINT(struct plan_ns, "inode", inode),
	JSON_BOOL(struct plan_ns, "mortal", mortal),
	JSON_END,
};
static const struct json_schema ns_schema = JSON_SCHEMA(struct plan_ns, ns_fields);

static void encode_step(const struct step *s, struct json_writer *w)
{
	json_write_begin(w, NULL, '{');
	json_write_string(w, "type", s->type->name);
	if (s->ns)
		json_write_string(w, "ns", s->ns);
	if (s->origin)
		json_write_string(w, "origin", s->origin);
	if (s->shared)
		json_write_string(w, "shared", s->shared);
	if (s->owner)
		json_write_string(w, "owner", s->owner);
	json_write_object(w, "args", s->type->args, s->args);
	json_write_end(w);
}

int plan_encode(const struct plan *p, FILE *out, struct err *err)
{
	struct json_writer *w = json_writer_new(out, false);

	if (!w)
		return err_oom(err);
	json_write_begin(w, NULL, '{');
	json_write_begin(w, "namespaces", '[');
	for (size_t i = 0; i < p->ns_count; i++)
		json_write_object(w, NULL, &ns_schema, &p->ns[i]);
	json_write_end(w);
	json_write_begin(w, "steps", '[');
	for (size_t i = 0; i < p->count; i++)
		encode_step(&p->steps[i], w);
	json_write_end(w);
	json_write_end(w);
	return json_writer_end(w, err);
}

const struct step_type *step_type_find(const struct step_type *const *const *types,
				       const char *name)
{
	for (; *types; types++)
		for (const struct step_type *const *t = *types; *t; t++)
			if (!strcmp((*t)->name, name))
				return *t;
	return NULL;
}

static int decode_args(struct plan *p, const struct step_type *type, const struct step_words *words,
		       const struct json_value *v, struct err *err)
{
	const struct step where = {
		.ns = words->ns,
		.origin = words->origin,
		.shared = words->shared,
		.owner = words->owner,
	};
	_cleanup_free_ void *args = calloc(1, type->args->size);
	const struct json_value *value = json_value_get(v, "args");
	int ret;

	if (!args)
		return err_oom(err);
	if (!value)
		return json_value_err(v, err, -EINVAL, "a step without args");
	ret = json_value_decode(type->args, args, value, err);
	return ret < 0 ? ret : plan_add(p, type, &where, args, err);
}

static int decode_step(struct plan *p, const struct step_type *const *const *types,
		       const struct json_value *v, struct err *err)
{
	struct step_words words = { 0 };
	const struct step_type *type;
	int ret = json_value_decode(&step_schema, &words, v, err);

	if (ret < 0)
		return ret;
	type = step_type_find(types, words.type);
	if (type)
		ret = decode_args(p, type, &words, v, err);
	else
		ret = json_value_err(v, err, -EOPNOTSUPP,
				     "this build does not know steps of type '%s'", words.type);
	json_release(&step_schema, &words);
	return ret;
}

static int decode_ns(struct plan *p, const struct json_value *v, struct err *err)
{
	struct plan_ns ns = { 0 };
	int ret = json_value_decode(&ns_schema, &ns, v, err);

	if (ret == 0)
		ret = plan_add_ns(p, ns.key, ns.path, ns.inode, ns.mortal, err);
	json_release(&ns_schema, &ns);
	return ret;
}

static const struct json_value *first_of(const struct json_value *root, const char *key)
{
	const struct json_value *list = json_value_get(root, key);

	return list ? json_value_at(list, 0) : NULL;
}

static int decode_all(struct plan *p, const struct step_type *const *const *types,
		      const struct json_value *root, struct err *err)
{
	int ret = 0;

	for (const struct json_value *v = first_of(root, "namespaces"); v && ret == 0;
	     v = json_value_next(v))
		ret = decode_ns(p, v, err);
	for (const struct json_value *v = first_of(root, "steps"); v && ret == 0;
	     v = json_value_next(v))
		ret = decode_step(p, types, v, err);
	return ret;
}

int plan_decode_value(struct plan *p, const struct step_type *const *const *types,
		      const struct json_value *root, struct err *err)
{
	struct plan made = { 0 };
	int ret = decode_all(&made, types, root, err);

	if (ret < 0) {
		plan_release(&made);
		return ret;
	}
	*p = made;
	return 0;
}

int plan_decode(struct plan *p, const struct step_type *const *const *types, const char *text,
		size_t len, const char *source, struct err *err)
{
	struct json_doc *doc;
	int ret = json_parse(text, len, source, &doc, err);

	if (ret < 0)
		return ret;
	ret = plan_decode_value(p, types, json_root(doc), err);
	json_free(doc);
	return ret;
}
