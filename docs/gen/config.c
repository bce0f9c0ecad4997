// SPDX-License-Identifier: Apache-2.0
#include "docs/gen/config.h"

#include "cgroup/keys.h"
#include "container/format.h"
#include "container/spec.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/driver.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEYS_FILE "keys.in"
#define KEYS_MAX  1024

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

/* What a description says in lines of its own. */
struct entry {
	const char *path, *text, *unit, *fallback, *kernel;
	size_t path_len, len, unit_len, fallback_len, kernel_len;
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

static struct key *find_key(struct keys *keys, const char *path, size_t len)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strlen(keys->items[i].path) == len && !strncmp(keys->items[i].path, path, len))
			return &keys->items[i];
	return NULL;
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

static bool attribute(const char **text, const char *end, const char *name, const char **value,
		      size_t *len)
{
	size_t n = strlen(name);

	if ((size_t)(end - *text) < n || strncmp(*text, name, n) != 0)
		return false;
	*value = *text + n;
	*len = strcspn(*value, "\n");
	*text = *value + *len + 1;
	return true;
}

/* @at: at ": path"; moved behind the entry, which ends at an empty line or the next entry. */
static void read_entry(const char **at, struct entry *e)
{
	const char *p = *at, *end = strstr(p, "\n\n");

	*e = (struct entry){ .path = p + 2 };
	e->path_len = strcspn(e->path, "\n");
	end = end ? end + 1 : p + strlen(p);
	p = e->path + e->path_len + (e->path[e->path_len] != '\0');
	while (attribute(&p, end, "unit: ", &e->unit, &e->unit_len) ||
	       attribute(&p, end, "default: ", &e->fallback, &e->fallback_len) ||
	       attribute(&p, end, "kernel: ", &e->kernel, &e->kernel_len))
		;
	e->text = p;
	e->len = p < end ? (size_t)(end - p) : 0;
	*at = end;
}

/* Behind what is no entry: the beginning of the next one, or the end. */
static const char *next_entry(const char *at)
{
	const char *next = str_starts(at, ": ") ? at : strstr(at, "\n: ");

	if (!next)
		return at + strlen(at);
	return next + (*next == '\n');
}

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

static const char *sentence_type(const struct key *key)
{
	return *key->type ? key->type : "value";
}

static void print_type(struct roff *r, const struct key *key, const struct entry *e)
{
	bool listed = key->field->type == JSON_TYPE_ENUM;
	_cleanup_free_ char *line = str_format(
		"%c%s%s%s%s%.*s%s%s%.*s%s", toupper((unsigned char)*sentence_type(key)),
		sentence_type(key) + 1, *key->range ? listed ? ", one of " : ", " : "", key->range,
		e->unit ? ", in " : "", (int)e->unit_len, e->unit ? e->unit : "",
		key->field->flags & JSON_REQUIRED ? "; required" : "",
		e->fallback ? "; default: " : "", (int)e->fallback_len,
		e->fallback ? e->fallback : "", ".");

	roff_say(r, line ? line : "");
	if (key->networks) {
		_cleanup_free_ char *types = str_format("Of networks of type %s.", key->networks);

		roff_say(r, types ? types : "");
	}
}

static void print_kernel(struct roff *r, const struct key *key, const struct entry *e)
{
	const struct cgroup_key *limit = str_starts(key->path, "cgroups.")
						 ? cgroup_key_find(key->path + strlen("cgroups."))
						 : NULL;

	if (limit)
		print_limit(r, limit);
	if (!e->kernel)
		return;
	roff_say(r, "Kernel:");
	roff_words(r, e->kernel, e->kernel_len);
}

static void print_entry(struct roff *r, const struct keys *keys, const struct key *key,
			const struct entry *e)
{
	roff_term_begin(r);
	roff_bold(r, key->path);
	roff_term_end(r);
	print_type(r, key, e);
	print_other_spellings(r, keys, key);
	roff_break(r);
	roff_words(r, e->text, e->len);
	print_kernel(r, key, e);
}

/* Keys that only their table has something to say of: those of a new network type, perhaps. */
static void print_further(struct roff *r, const struct keys *keys)
{
	bool any = false;

	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->items[i];
		const struct entry e = {
			.text = key->field->help,
			.len = key->field->help ? strlen(key->field->help) : 0,
		};

		if (key->described || key->same_as || !e.len)
			continue;
		if (!any)
			roff_subsection(r, "Further keys");
		any = true;
		print_entry(r, keys, key, &e);
	}
}

struct described {
	struct keys *keys;
	const char *text; /* of keys.in */
};

static void print_keys(struct roff *r, const void *arg)
{
	const struct described *d = arg;
	const char *at = d->text;

	while (*at) {
		const char *entry = next_entry(at);
		const struct key *key;
		struct entry e;

		if (entry > at)
			roff_text(r, at, (size_t)(entry - at));
		if (!*entry)
			break;
		read_entry(&entry, &e);
		key = find_key(d->keys, e.path, e.path_len);
		if (key)
			print_entry(r, d->keys, key, &e);
		at = entry;
	}
	print_further(r, d->keys);
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

/* Every key once, in @text. */
static int match(struct keys *keys, const char *text, bool all, struct err *err)
{
	struct entry e;

	for (const char *at = next_entry(text); *at; at = next_entry(at)) {
		struct key *key;

		read_entry(&at, &e);
		key = find_key(keys, e.path, e.path_len);
		if (!key && all)
			return err_set(err, -EINVAL, KEYS_FILE ": '%.*s' is no key",
				       (int)e.path_len, e.path);
		if (key && key->described)
			return err_set(err, -EINVAL, KEYS_FILE ": '%s' is described twice",
				       key->path);
		if (key && all && key->field->help)
			return err_set(err, -EINVAL,
				       KEYS_FILE ": '%s' is described in its table, too",
				       key->path);
		if (key)
			key->described = true;
	}
	return undescribed(keys, err);
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

static int describe(const struct gen *gen, struct keys *keys, bool all, char **text,
		    struct err *err)
{
	int ret = page_source(gen, KEYS_FILE, text, err);

	if (ret == 0 && !*text)
		ret = err_set(err, -ENOENT, "%s/" KEYS_FILE ": missing", gen->source);
	if (ret == 0)
		ret = list_keys(keys, err);
	return ret < 0 ? ret : match(keys, *text, all, err);
}

int config_page(const struct gen *gen, struct err *err)
{
	_cleanup_(keys_release) struct keys keys = { 0 };
	_cleanup_free_ char *text = NULL;
	int ret = describe(gen, &keys, false, &text, err);

	if (ret < 0)
		return ret;
	return page_write(gen, "ctrnet.json", "5", sections,
			  &(const struct described){ .keys = &keys, .text = text }, err);
}

int config_check(const struct gen *gen, struct err *err)
{
	_cleanup_(keys_release) struct keys keys = { 0 };
	_cleanup_free_ char *text = NULL;

	return describe(gen, &keys, true, &text, err);
}
