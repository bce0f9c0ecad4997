// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/config.h"

#include "cgroup/keys.h"
#include "container/format.h"
#include "container/key_text.h"
#include "container/schema.h"
#include "container/spec.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/driver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEYS_FILE   "keys.in"
#define SCHEMA_FILE "schema/ctrnet.schema.json"
#define KEYS_MAX    1024

struct key {
	char *path, *type, *range;
	const struct json_field *field;
	const struct json_schema *schema;
	char *networks; /* the types of network that have it: "veth, netns"; NULL: not only those */
	size_t same_as; /* index + 1 of the key that it is another spelling of; 0: none */
	bool described;
};

struct keys {
	struct key items[KEYS_MAX];
	size_t count;
	const struct net_driver *driver; /* whose keys are being listed */
	bool failed;
};

/* --- The keys, from the tables --- */

static void keys_release(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->items[i].path);
		free(keys->items[i].type);
		free(keys->items[i].range);
		free(keys->items[i].networks);
	}
}

static const struct key *look_up(const struct keys *keys, const char *path, size_t len)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strlen(keys->items[i].path) == len && !strncmp(keys->items[i].path, path, len))
			return &keys->items[i];
	return NULL;
}

static struct key *find_key(struct keys *keys, const char *path, size_t len)
{
	const struct key *key = look_up(keys, path, len);

	return key ? &keys->items[key - keys->items] : NULL;
}

/* Whose keys come next: a driver's follow the common ones of all networks. */
static void see_driver(struct keys *keys, const struct json_key *key)
{
	const struct net_driver *d;

	if (key->schema == &network_schema || !str_starts(key->path, "networks[]."))
		keys->driver = NULL;
	for (size_t i = 0; (d = net_driver_at(i)); i++)
		if (d->options == key->schema)
			keys->driver = d;
}

static size_t spelling_of(const struct keys *keys, const struct json_key *key)
{
	for (size_t i = keys->count; key->alias && i > 0; i--) {
		const struct key *before = &keys->items[i - 1];

		if (before->schema == key->schema && !(before->field->flags & JSON_ALIAS) &&
		    before->field->offset == key->field->offset)
			return i;
	}
	return 0;
}

/* Drivers may have keys of the same name. */
static void add_driver(struct keys *keys, struct key *key)
{
	char *names = str_format("%s%s%s", key->networks ? key->networks : "",
				 key->networks ? ", " : "", keys->driver->type);

	keys->failed |= !names;
	free(key->networks);
	key->networks = names;
}

/* Of types that have a key of one name in common and not its values, what holds for all; the description says the rest. */
static void widen(struct keys *keys, struct key *known, const struct json_key *key)
{
	char *type;

	if (strcmp(known->range, key->range) != 0)
		known->range[0] = '\0';
	if (strstr(known->type, key->type))
		return;
	type = str_format("%s, or %s", known->type, key->type);
	keys->failed |= !type;
	free(known->type);
	known->type = type;
}

static void add_key(const struct json_key *key, void *arg)
{
	struct keys *keys = arg;
	struct key *known = find_key(keys, key->path, strlen(key->path));

	see_driver(keys, key);
	/* What a type accepts and ignores is another's, and said there. */
	if (keys->driver && str_starts(key->type, "ignored"))
		return;
	if (keys->count == KEYS_MAX) {
		keys->failed = true;
		return;
	}
	if (!known) {
		known = &keys->items[keys->count];
		*known = (struct key){
			.path = strdup(key->path),
			.type = strdup(key->type),
			.range = strdup(key->range),
			.field = key->field,
			.schema = key->schema,
			.same_as = spelling_of(keys, key),
		};
		keys->count++;
		keys->failed |= !known->path || !known->type || !known->range;
	} else if (keys->driver && known->networks && !keys->failed) {
		widen(keys, known, key);
	}
	if (keys->driver)
		add_driver(keys, known);
}

static int list_keys(struct keys *keys, struct err *err)
{
	json_list(&spec_schema, add_key, keys);
	return keys->failed ? err_oom(err) : 0;
}

/* --- The descriptions --- */

static void print_other_spellings(struct roff *r, const struct keys *keys, const struct key *key)
{
	size_t self = (size_t)(key - keys->items) + 1;

	for (size_t i = 0; i < keys->count; i++) {
		_cleanup_free_ char *spelling = NULL;

		if (keys->items[i].same_as != self)
			continue;
		spelling = str_format("Also spelled `%s`.", keys->items[i].field->key);
		roff_say(r, spelling ? spelling : "");
	}
}

static void put_file(FILE *out, const char *version, const struct cgroup_file *f)
{
	fprintf(out, "%s `%s`", version, f->file);
	if (f->other_file)
		fprintf(out, " or `%s`", f->other_file);
	if (f->range)
		fprintf(out, " (%s)", f->range);
}

static void print_limit(struct roff *r, const struct cgroup_key *key)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	if (key->v1.controller)
		put_file(out, "Cgroup v1:", &key->v1);
	else
		fputs("Cgroup v1: none", out);
	if (key->v2.controller)
		put_file(out, "; v2:", &key->v2);
	else
		fprintf(out, "; v2: none, %s", key->no_v2 ? key->no_v2 : "");
	fputs(".", out);
	if (fclose(out) == 0)
		roff_say(r, text);
}

static void print_type(struct roff *r, const struct key *key, const struct key_text *t)
{
	_cleanup_free_ char *line = key_text_type(key->type, key->range,
						  key->field->type == JSON_TYPE_ENUM,
						  key->field->flags & JSON_REQUIRED, t);

	roff_say(r, line ? line : "");
	if (key->networks) {
		_cleanup_free_ char *types = str_format("Of networks of type %s.", key->networks);

		roff_say(r, types ? types : "");
	}
}

static void print_kernel(struct roff *r, const struct key *key, const struct key_text *t)
{
	const struct cgroup_key *limit = str_starts(key->path, "cgroups.")
						 ? cgroup_key_find(key->path + strlen("cgroups."))
						 : NULL;

	if (limit)
		print_limit(r, limit);
	if (!t->kernel.at)
		return;
	roff_say(r, "Kernel:");
	roff_words(r, t->kernel.at, t->kernel.len);
}

static void print_entry(struct roff *r, const struct keys *keys, const struct key *key,
			const struct key_text *t)
{
	roff_term_begin(r);
	roff_bold(r, key->path);
	roff_term_end(r);
	print_type(r, key, t);
	print_other_spellings(r, keys, key);
	roff_break(r);
	roff_words(r, t->text.at, t->text.len);
	print_kernel(r, key, t);
}

/* Keys that only their table has something to say of: those of a new network type, perhaps. */
static void print_further(struct roff *r, const struct keys *keys)
{
	bool any = false;

	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->items[i];
		const char *help = key->field->help;
		const struct key_text t = { .text = { help, help ? strlen(help) : 0 } };

		if (key->described || key->same_as || !help)
			continue;
		if (!any)
			roff_subsection(r, "Further keys");
		any = true;
		print_entry(r, keys, key, &t);
	}
}

/* One of those that `networks[].type` may be: as it stands in a config. */
static void print_network_type(struct roff *r, const struct net_driver *d, const struct key_text *t)
{
	_cleanup_free_ char *term = str_format("\"type\": \"%s\"", d->type);

	roff_term_begin(r);
	roff_bold(r, term ? term : "");
	roff_term_end(r);
	roff_words(r, t->text.at, t->text.len);
	if (!t->example.at)
		return;
	roff_verbatim_begin(r);
	roff_verbatim_line(r, t->example.at, t->example.len);
	roff_verbatim_end(r);
}

/* The driver whose entry it is; NULL: nobody's in this build, or it is that of a key. */
static const struct net_driver *driver_of(const struct key_text *t)
{
	const size_t skip = strlen(KEY_TEXT_TYPE);
	const struct net_driver *d;

	if (!str_starts(t->path.at, KEY_TEXT_TYPE))
		return NULL;
	for (size_t i = 0; (d = net_driver_at(i)); i++)
		if (strlen(d->type) == t->path.len - skip &&
		    !strncmp(d->type, t->path.at + skip, t->path.len - skip))
			return d;
	return NULL;
}

static void print_one(struct roff *r, const struct keys *keys, const struct key_text *t)
{
	const struct key *key = look_up(keys, t->path.at, t->path.len);
	const struct net_driver *driver = driver_of(t);

	if (key)
		print_entry(r, keys, key, t);
	else if (driver)
		print_network_type(r, driver, t);
}

static void print_keys(struct roff *r, const void *arg)
{
	const struct keys *keys = arg;
	const char *at = key_text_all;

	while (*at) {
		const char *entry = key_text_next(at);
		struct key_text t;

		if (entry > at)
			roff_text(r, at, (size_t)(entry - at));
		if (!*entry)
			break;
		key_text_read(&entry, &t);
		print_one(r, keys, &t);
		at = entry;
	}
	print_further(r, keys);
}

static int undescribed(const struct keys *keys, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->items[i];

		if (key->described || key->same_as || key->field->help)
			continue;
		if (ret == 0)
			ret = err_set(err, -EINVAL, KEYS_FILE ": does not describe '%s'",
				      key->path);
		else
			err_append(err, ", '%s'", key->path);
	}
	return ret;
}

static int undescribed_type(struct err *err)
{
	const struct net_driver *d;

	for (size_t i = 0; (d = net_driver_at(i)); i++) {
		_cleanup_free_ char *path = str_format(KEY_TEXT_TYPE "%s", d->type);
		struct key_text t;

		if (!path)
			return err_oom(err);
		if (!key_text_find(path, &t))
			return err_set(err, -EINVAL, KEYS_FILE ": does not describe '%s'", path);
	}
	return 0;
}

static int match_one(struct keys *keys, const struct key_text *t, bool all, struct err *err)
{
	struct key *key = find_key(keys, t->path.at, t->path.len);

	if (!key && all && !driver_of(t))
		return err_set(err, -EINVAL, KEYS_FILE ": '%.*s' is no key", (int)t->path.len,
			       t->path.at);
	if (!key)
		return 0;
	if (key->described)
		return err_set(err, -EINVAL, KEYS_FILE ": '%s' is described twice", key->path);
	if (all && key->field->help)
		return err_set(err, -EINVAL, KEYS_FILE ": '%s' is described in its table, too",
			       key->path);
	key->described = true;
	return 0;
}

/* Every key once. */
static int match(struct keys *keys, bool all, struct err *err)
{
	struct key_text t;
	int ret = list_keys(keys, err);

	for (const char *at = key_text_next(key_text_all); ret == 0 && *at;
	     at = key_text_next(at)) {
		key_text_read(&at, &t);
		ret = match_one(keys, &t, all, err);
	}
	if (ret == 0)
		ret = undescribed(keys, err);
	return ret < 0 || !all ? ret : undescribed_type(err);
}

/* --- The formats --- */

static void print_formats(struct roff *r, const void *arg)
{
	const struct format *f;

	(void)arg;
	for (size_t i = 0; (f = format_at(i)); i++) {
		fputs(".IP \\(bu 2\n", r->out);
		r->fresh = true;
		roff_say(r, f->name);
		if (!f->load)
			roff_say(r, "(written by `ctrnet config`, not read)");
		putc('\n', r->out);
		r->column = 0;
	}
	r->fresh = false;
}

static void print_name(struct roff *r, const void *arg)
{
	(void)arg;
	fputs("ctrnet.json \\- configuration of a container\n", r->out);
}

static void print_see(struct roff *r, const void *arg)
{
	(void)arg;
	fputs(".BR ctrnet (1),\n.BR ctrnet\\-exec (1),\n.BR ctrnet\\-config (1),\n.BR namespaces (7),\n"
	      ".BR cgroups (7),\n.BR capabilities (7)\n",
	      r->out);
}

static void nothing(struct roff *r, const void *arg)
{
	(void)r;
	(void)arg;
}

static const struct page_section sections[] = {
	{ "NAME", print_name },       { "DESCRIPTION", nothing }, { "KEYS", print_keys },
	{ "FORMATS", print_formats }, { "SEE ALSO", print_see },  { NULL, NULL },
};

int config_page(const struct gen *gen, struct err *err)
{
	_cleanup_(keys_release) struct keys keys = { 0 };
	int ret = match(&keys, false, err);

	return ret < 0 ? ret : page_write(gen, "ctrnet.json", "5", sections, &keys, err);
}

int config_schema(const struct gen *gen, struct err *err)
{
	_cleanup_file_ FILE *out = NULL;
	int ret = page_open(gen, SCHEMA_FILE, &out, err);

	if (ret == 0)
		ret = config_schema_write(out, err);
	if (ret < 0)
		return ret;
	putc('\n', out);
	return page_close(&out, SCHEMA_FILE, err);
}

int config_check(struct err *err)
{
	_cleanup_(keys_release) struct keys keys = { 0 };

	return match(&keys, true, err);
}
