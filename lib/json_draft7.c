// SPDX-License-Identifier: Apache-2.0
/* Schema: what editors complete and check texts by. */
#include "lib/json_internal.h"

#include "lib/cleanup.h"
#include "lib/no_effect.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN_MAX 512

struct drafting {
	struct json_writer *w;
	const struct json_draft7 *draft;
	unsigned int depth;
};

/* What a value may be besides what its kind says. */
enum {
	NULL_TOO = 1 << 0,  /* which counts as not given */
	EMPTY_TOO = 1 << 1, /* a string that leaves its field unset */
};

static void write_object(struct drafting *d, const struct json_schema *schema, const char *path);
static void write_forms(struct drafting *d, const struct json_form *forms, unsigned int also,
			const char *path);

const struct json_form json_bool_forms[] = { { .kind = JSON_IS_BOOL }, JSON_FORM_END };

/* --- Words --- */

static void about_release(struct json_about *about)
{
	free(about->text);
	free(about->fallback);
	free(about->example);
}

static void ask(const struct drafting *d, const char *path, struct json_about *about)
{
	*about = (struct json_about){ 0 };
	if (d->draft->about && path)
		d->draft->about(path, about, d->draft->arg);
}

/* Would @text, which is in words, be a value of @f? */
static bool is_value(const struct json_field *f, const char *text)
{
	bool custom = f->type == JSON_TYPE_CUSTOM && f->custom->forms;

	if (f->type == JSON_TYPE_BOOL || (custom && f->custom->forms->kind == JSON_IS_BOOL))
		return !strcmp(text, "true") || !strcmp(text, "false");
	if (f->type == JSON_TYPE_INT || f->type == JSON_TYPE_UINT)
		return *text && strspn(text, "0123456789") == strlen(text);
	return false;
}

static bool is_name(const struct json_field *f, const char *text)
{
	for (const struct json_name *n = f->names; f->type == JSON_TYPE_ENUM && n->name; n++)
		if (!strcmp(n->name, text))
			return true;
	return false;
}

static void write_about(struct drafting *d, const struct json_field *f, const char *path)
{
	_cleanup_(about_release) struct json_about about;

	ask(d, path, &about);
	if (about.text || f->help)
		json_write_string(d->w, "description", about.text ? about.text : f->help);
	if (about.fallback && is_value(f, about.fallback))
		json_write_json(d->w, "default", about.fallback);
	else if (about.fallback && is_name(f, about.fallback))
		json_write_string(d->w, "default", about.fallback);
}

/* --- Values --- */

static void write_type(struct json_writer *w, const char *type, unsigned int also)
{
	if (!(also & NULL_TOO)) {
		json_write_string(w, "type", type);
		return;
	}
	json_write_begin(w, "type", '[');
	json_write_string(w, NULL, type);
	json_write_string(w, NULL, "null");
	json_write_end(w);
}

/* Of @text, or else of the words @literal. */
static void write_pattern(struct json_writer *w, const struct json_text *text, const char *literal,
			  unsigned int also)
{
	_cleanup_free_ char *pattern = NULL;
	size_t len;
	FILE *out = open_memstream(&pattern, &len);

	if (!out) {
		json_writer_fault(w, -ENOMEM, "out of memory");
		return;
	}
	fputs("^(?:", out);
	if (text)
		text->pattern(out);
	else
		fputs(literal, out);
	fputs(also & EMPTY_TOO ? ")?$" : ")$", out);
	if (fclose(out) == 0)
		json_write_string(w, "pattern", pattern);
	else
		json_writer_fault(w, -ENOMEM, "out of memory");
}

static void write_names(struct json_writer *w, const struct json_name *names, unsigned int also)
{
	json_write_begin(w, "enum", '[');
	for (; names->name; names++)
		json_write_string(w, NULL, names->name);
	if (also & NULL_TOO)
		json_write_string(w, NULL, NULL);
	json_write_end(w);
}

static void write_integer(struct json_writer *w, const struct json_field *f, unsigned int also)
{
	unsigned long long least, most;
	long long lowest, highest;

	write_type(w, "integer", also);
	if (f->type == JSON_TYPE_INT) {
		json_int_range(f, &lowest, &highest);
		json_write_int(w, "minimum", lowest);
		json_write_int(w, "maximum", highest);
	} else {
		json_uint_range(f, &least, &most);
		json_write_uint(w, "minimum", least);
		json_write_uint(w, "maximum", most);
	}
}

static void write_text(struct json_writer *w, const struct json_text *text, unsigned int also)
{
	write_type(w, "string", also);
	if (text->pattern)
		write_pattern(w, text, NULL, also);
}

static void write_elements(struct json_writer *w, const char *member, const char *type)
{
	json_write_begin(w, member, '{');
	json_write_string(w, "type", type);
	json_write_end(w);
}

static void write_array(struct drafting *d, const struct json_schema *schema, unsigned int also,
			const char *path)
{
	write_type(d->w, "array", also);
	json_write_begin(d->w, "items", '{');
	write_type(d->w, "object", 0);
	write_object(d, schema, path);
	json_write_end(d->w);
}

/* --- Forms --- */

static void write_string_form(struct json_writer *w, const struct json_form *form,
			      unsigned int also)
{
	if (form->names) {
		write_names(w, form->names, also);
	} else if (form->text) {
		write_text(w, form->text, also);
	} else {
		write_type(w, "string", also);
		if (form->pattern)
			write_pattern(w, NULL, form->pattern, also);
	}
}

static void write_form(struct drafting *d, const struct json_form *form, unsigned int also,
		       const char *path)
{
	switch (form->kind) {
	case JSON_IS_BOOL:
		write_type(d->w, "boolean", also);
		break;
	case JSON_IS_NUMBER:
		write_type(d->w, "integer", also);
		if (form->min || form->max) {
			json_write_int(d->w, "minimum", form->min);
			json_write_uint(d->w, "maximum", form->max);
		}
		break;
	case JSON_IS_STRING:
		write_string_form(d->w, form, also);
		break;
	case JSON_IS_ARRAY:
		write_type(d->w, "array", also);
		json_write_begin(d->w, "items", '{');
		write_forms(d, form->of, EMPTY_TOO, path);
		json_write_end(d->w);
		break;
	case JSON_IS_OBJECT:
		write_type(d->w, "object", also);
		if (form->schema)
			write_object(d, form->schema, path);
		if (!form->of)
			break;
		json_write_begin(d->w, "additionalProperties", '{');
		write_forms(d, form->of, EMPTY_TOO | NULL_TOO, path);
		json_write_end(d->w);
		break;
	case JSON_IS_NULL:
		break;
	}
}

/* "" among names would be offered by editors. */
static void write_empty(struct json_writer *w)
{
	json_write_begin(w, NULL, '{');
	json_write_string(w, "type", "string");
	json_write_uint(w, "maxLength", 0);
	json_write_end(w);
}

static void write_forms(struct drafting *d, const struct json_form *forms, unsigned int also,
			const char *path)
{
	bool empty = also & EMPTY_TOO && forms->names;

	if (!forms[1].kind && !empty) {
		write_form(d, forms, also, path);
		return;
	}
	json_write_begin(d->w, "anyOf", '[');
	for (; forms->kind; forms++) {
		empty |= also & EMPTY_TOO && forms->names;
		json_write_begin(d->w, NULL, '{');
		write_form(d, forms, also & EMPTY_TOO, path);
		json_write_end(d->w);
	}
	if (empty)
		write_empty(d->w);
	if (also & NULL_TOO) {
		json_write_begin(d->w, NULL, '{');
		json_write_string(d->w, "type", "null");
		json_write_end(d->w);
	}
	json_write_end(d->w);
}

/* --- Fields --- */

static bool has_no_effect(const struct json_field *f)
{
	return f->type == JSON_TYPE_CUSTOM &&
	       (f->custom == &json_ignored || f->custom == &json_refused);
}

static void write_custom(struct drafting *d, const struct json_custom *custom, unsigned int also,
			 const char *path)
{
	if (custom->forms)
		write_forms(d, custom->forms, also, path);
}

static void write_value(struct drafting *d, const struct json_field *f, const char *path)
{
	unsigned int also = f->flags & JSON_REQUIRED ? 0 : NULL_TOO | EMPTY_TOO;

	switch (f->type) {
	case JSON_TYPE_BOOL:
		write_type(d->w, "boolean", also);
		break;
	case JSON_TYPE_INT:
	case JSON_TYPE_UINT:
		write_integer(d->w, f, also);
		break;
	case JSON_TYPE_STRING:
	case JSON_TYPE_CHARS:
		write_type(d->w, "string", also);
		if (f->type == JSON_TYPE_CHARS)
			json_write_uint(d->w, "maxLength", f->size - 1);
		break;
	case JSON_TYPE_TEXT:
		write_text(d->w, f->text, also);
		break;
	case JSON_TYPE_ENUM:
		write_names(d->w, f->names, also);
		break;
	case JSON_TYPE_OBJECT:
		write_type(d->w, "object", also);
		write_object(d, f->schema, path);
		break;
	case JSON_TYPE_ARRAY:
		write_array(d, f->schema, also, path);
		break;
	case JSON_TYPE_STRINGS:
		write_type(d->w, "array", also);
		write_elements(d->w, "items", "string");
		break;
	case JSON_TYPE_MAP:
		write_type(d->w, "object", also);
		write_elements(d->w, "additionalProperties", "string");
		break;
	case JSON_TYPE_CUSTOM:
		write_custom(d, f->custom, also, path);
		break;
	case JSON_TYPE_END:
		break;
	}
}

/* The texts of the first field, and what each is about, which is what editors call it. */
static void write_choice(struct drafting *d, const struct json_schema *schema, const char *path)
{
	const struct json_schema *more;
	const char *name;

	json_write_begin(d->w, "enum", '[');
	for (size_t i = 0; (name = schema->variant(i, &more)); i++)
		json_write_string(d->w, NULL, name);
	json_write_end(d->w);
	json_write_begin(d->w, "enumDescriptions", '[');
	for (size_t i = 0; (name = schema->variant(i, &more)); i++) {
		_cleanup_(about_release) struct json_about about;
		_cleanup_free_ char *of = str_format("%s=%s", path, name);

		ask(d, of, &about);
		json_write_string(d->w, NULL, about.text ? about.text : "");
	}
	json_write_end(d->w);
}

/* Whoever writes a text anew is to see one spelling of each key, and none that does nothing. */
static void write_hidden(struct json_writer *w, const struct json_field *first,
			 const struct json_field *f)
{
	char text[PATH_LEN_MAX];

	if (first != f)
		snprintf(text, sizeof(text), "Another spelling of `%s`.", first->key);
	else
		snprintf(text, sizeof(text), "%s", f->custom->what);
	json_write_string(w, "description", text);
	json_write_bool(w, "doNotSuggest", true);
}

static void write_property(struct drafting *d, const struct json_schema *schema,
			   const struct json_field *f, const char *path)
{
	const struct json_field *first = json_aliased(schema, f);
	char own[PATH_LEN_MAX], below[PATH_LEN_MAX + 3];

	snprintf(own, sizeof(own), "%s%s", path, first->key);
	snprintf(below, sizeof(below), "%s%s.", own, json_is_list(f) ? "[]" : "");
	json_write_begin(d->w, f->key, '{');
	if (first != f || has_no_effect(f))
		write_hidden(d->w, first, f);
	else
		write_about(d, f, own);
	if (schema->variant && f == schema->fields)
		write_choice(d, schema, own);
	else
		write_value(d, f, below);
	json_write_end(d->w);
}

/* --- Rules of an object --- */

static bool has_alias(const struct json_schema *schema, const struct json_field *of)
{
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		if (f != of && json_aliased(schema, f) == of)
			return true;
	return false;
}

static void write_required_key(struct json_writer *w, const char *key)
{
	json_write_begin(w, "required", '[');
	json_write_string(w, NULL, key);
	json_write_end(w);
}

static void write_required(struct json_writer *w, const struct json_schema *schema)
{
	bool any = false;

	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++) {
		if (!(f->flags & JSON_REQUIRED) || f->flags & JSON_ALIAS || has_alias(schema, f))
			continue;
		if (!any)
			json_write_begin(w, "required", '[');
		any = true;
		json_write_string(w, NULL, f->key);
	}
	if (any)
		json_write_end(w);
}

/* One of the spellings of @of, of those before @end, is there. */
static void write_any_spelling(struct json_writer *w, const struct json_schema *schema,
			       const struct json_field *of, const struct json_field *end)
{
	json_write_begin(w, "anyOf", '[');
	for (const struct json_field *f = schema->fields; f != end && f->type != JSON_TYPE_END;
	     f++) {
		if (json_aliased(schema, f) != of)
			continue;
		json_write_begin(w, NULL, '{');
		write_required_key(w, f->key);
		json_write_end(w);
	}
	json_write_end(w);
}

static void write_spellings(struct json_writer *w, const struct json_schema *schema)
{
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++) {
		if (!(f->flags & JSON_REQUIRED) || f->flags & JSON_ALIAS || !has_alias(schema, f))
			continue;
		json_write_begin(w, NULL, '{');
		write_any_spelling(w, schema, f, NULL);
		json_write_end(w);
	}
}

/* Of several spellings there is one at most. */
static void write_exclusion(struct json_writer *w, const struct json_schema *schema,
			    const struct json_field *alias)
{
	const struct json_field *first = json_aliased(schema, alias);
	char text[PATH_LEN_MAX];

	json_write_begin(w, alias->key, '{');
	json_write_begin(w, "not", '{');
	write_any_spelling(w, schema, first, alias);
	json_write_end(w);
	snprintf(text, sizeof(text), "'%s' is another spelling of '%s'", alias->key, first->key);
	json_write_string(w, "errorMessage", text);
	json_write_end(w);
}

static void write_exclusions(struct json_writer *w, const struct json_schema *schema)
{
	bool any = false;

	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++) {
		if (json_aliased(schema, f) == f)
			continue;
		if (!any)
			json_write_begin(w, "dependencies", '{');
		any = true;
		write_exclusion(w, schema, f);
	}
	if (any)
		json_write_end(w);
}

/* --- Objects --- */

static void write_properties(struct drafting *d, const struct json_schema *schema, const char *path)
{
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		write_property(d, schema, f, path);
}

static void write_if(struct json_writer *w, const char *key, const char *name)
{
	json_write_begin(w, "if", '{');
	json_write_begin(w, "properties", '{');
	json_write_begin(w, key, '{');
	json_write_string(w, "const", name);
	json_write_end(w);
	json_write_end(w);
	write_required_key(w, key);
	json_write_end(w);
}

/* With @name come the keys of @more; those of @schema are known besides, and nothing else is. */
static void write_variant(struct drafting *d, const struct json_schema *schema, const char *name,
			  const struct json_schema *more, const char *path)
{
	json_write_begin(d->w, NULL, '{');
	write_if(d->w, schema->fields->key, name);
	json_write_begin(d->w, "then", '{');
	json_write_begin(d->w, "properties", '{');
	if (more)
		write_properties(d, more, path);
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		json_write_bool(d->w, f->key, true);
	json_write_end(d->w);
	if (more) {
		write_required(d->w, more);
		write_exclusions(d->w, more);
	}
	if (schema->unknown != JSON_UNKNOWN_IGNORE)
		json_write_bool(d->w, "additionalProperties", false);
	json_write_end(d->w);
	json_write_end(d->w);
}

/* A whole object for each, to begin with. */
static void write_snippets(struct drafting *d, const struct json_schema *schema, const char *path)
{
	const struct json_schema *more;
	const char *name;

	json_write_begin(d->w, "defaultSnippets", '[');
	for (size_t i = 0; (name = schema->variant(i, &more)); i++) {
		_cleanup_(about_release) struct json_about about;
		_cleanup_free_ char *of = str_format("%s%s=%s", path, schema->fields->key, name);

		ask(d, of, &about);
		if (!about.example)
			continue;
		json_write_begin(d->w, NULL, '{');
		json_write_string(d->w, "label", name);
		if (about.text)
			json_write_string(d->w, "description", about.text);
		json_write_json(d->w, "body", about.example);
		json_write_end(d->w);
	}
	json_write_end(d->w);
}

static bool has_spellings(const struct json_schema *schema)
{
	for (const struct json_field *f = schema->fields; f->type != JSON_TYPE_END; f++)
		if (f->flags & JSON_REQUIRED && has_alias(schema, f))
			return true;
	return false;
}

static void write_all_of(struct drafting *d, const struct json_schema *schema, const char *path)
{
	const struct json_schema *more;
	const char *name;

	if (!schema->variant && !has_spellings(schema))
		return;
	json_write_begin(d->w, "allOf", '[');
	write_spellings(d->w, schema);
	for (size_t i = 0; schema->variant && (name = schema->variant(i, &more)); i++)
		write_variant(d, schema, name, more, path);
	json_write_end(d->w);
	if (schema->variant)
		write_snippets(d, schema, path);
}

/* @path: what the names of its keys follow. */
static void write_object(struct drafting *d, const struct json_schema *schema, const char *path)
{
	/* A schema that contains itself goes no deeper than a text may. */
	if (d->depth == JSON_DEPTH_MAX / 4)
		return;
	d->depth++;
	json_write_begin(d->w, "properties", '{');
	write_properties(d, schema, path);
	json_write_end(d->w);
	write_required(d->w, schema);
	write_exclusions(d->w, schema);
	write_all_of(d, schema, path);
	if (schema->unknown != JSON_UNKNOWN_IGNORE && !schema->variant)
		json_write_bool(d->w, "additionalProperties", false);
	d->depth--;
}

void json_write_draft7(struct json_writer *w, const struct json_schema *schema,
		       const struct json_draft7 *draft)
{
	struct drafting d = { .w = w, .draft = draft };

	write_type(w, "object", 0);
	write_object(&d, schema, "");
}
