// SPDX-License-Identifier: Apache-2.0
/* The format of mid-2015, for editors and for people who ask. */
#include "container/api.h"
#include "container/key_text.h"
#include "container/schema.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ctrnet_config_schema(char **json, struct ctrnet_error *error)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? config_schema_write(out, &err) : err_oom(&err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*json = take_ptr(text);
	return 0;
}

/* --- Types --- */

void ctrnet_network_types(void (*visit)(const struct ctrnet_network_type *type, void *arg),
			  void *arg)
{
	const struct net_driver *d;

	for (size_t i = 0; (d = net_driver_at(i)); i++) {
		_cleanup_free_ char *path = str_format(KEY_TEXT_TYPE "%s", d->type);
		_cleanup_free_ char *about = NULL, *example = NULL;
		struct key_text t = { 0 };

		if (path && key_text_find(path, &t)) {
			about = key_text_line(&t);
			example = key_words_dup(&t.example);
		}
		visit(&(const struct ctrnet_network_type){ d->type, about, example, d->makes_link },
		      arg);
	}
}

/* --- Their keys --- */

struct visit {
	void (*visit)(const struct ctrnet_network_key *key, void *arg);
	void *arg;
};

/* Of the table that @key is in. */
static char *aliases_of(const struct json_key *key)
{
	char *text = strdup("");

	for (const struct json_field *f = key->schema->fields; f->type != JSON_TYPE_END; f++) {
		char *longer;

		if (!text || !(f->flags & JSON_ALIAS) || f == key->field ||
		    f->offset != key->field->offset || f->size != key->field->size)
			continue;
		longer = str_format("%s%s%s", text, *text ? ", " : "", f->key);
		free(text);
		text = longer;
	}
	return text;
}

static void show_key(const struct json_key *key, void *arg)
{
	const struct visit *v = arg;
	_cleanup_free_ char *path = str_format("networks[].%s", key->path);
	_cleanup_free_ char *about = NULL, *values = NULL, *aliases = aliases_of(key);
	bool listed = key->field->type == JSON_TYPE_ENUM;
	bool required = key->field->flags & JSON_REQUIRED;
	struct key_text t = { 0 };

	if (key->alias || str_starts(key->type, "ignored"))
		return;
	if (path && key_text_find(path, &t))
		about = key_text_line(&t);
	values = key_text_type(key->type, key->range, listed, required, &t);
	if (!values || !aliases)
		return;
	v->visit(&(const struct ctrnet_network_key){ key->path, values, about ? about : key->help,
						     aliases },
		 v->arg);
}

void ctrnet_network_keys(const char *type,
			 void (*visit)(const struct ctrnet_network_key *key, void *arg), void *arg)
{
	struct json_schema common = network_schema;
	struct visit v = { visit, arg };
	const struct net_driver *d;

	common.extension = NULL;
	if (!type)
		json_list(&common, show_key, &v);
	else if (net_driver_find(type, &d, NULL) == 0 && d->options)
		json_list(d->options, show_key, &v);
}
