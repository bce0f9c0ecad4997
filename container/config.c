// SPDX-License-Identifier: Apache-2.0
/* Which format a config file is written in, told by its keys, and who decodes it. */
#include "container/format.h"

#include "container/ocf.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool has(const struct json_value *object, const char *key, enum json_kind kind)
{
	const struct json_value *v = json_value_get_caseless(object, key);

	return v && json_value_kind(v) == kind;
}

/* Is @key a list that begins with an object? One kind of element was never mixed with another. */
static const struct json_value *first_object(const struct json_value *object, const char *key)
{
	const struct json_value *list = json_value_get_caseless(object, key), *v;

	if (!list || json_value_kind(list) != JSON_IS_ARRAY)
		return NULL;
	v = json_value_at(list, 0);
	return v && json_value_kind(v) == JSON_IS_OBJECT ? v : NULL;
}

static bool is_oci(const struct json_value *root)
{
	return has(root, "ociVersion", JSON_IS_STRING);
}

static bool is_runc_4(const struct json_value *root)
{
	const struct json_value *linux_object = json_value_get_caseless(root, "linux");

	return linux_object && first_object(linux_object, "devices");
}

static bool is_runc_1(const struct json_value *root)
{
	return has(root, "linux", JSON_IS_OBJECT);
}

static bool is_runc_draft(const struct json_value *root)
{
	return has(root, "processes", JSON_IS_ARRAY) ||
	       (has(root, "version", JSON_IS_STRING) &&
		(has(root, "os", JSON_IS_STRING) || has(root, "cpus", JSON_IS_NUMBER)));
}

/* Has an element of the list @key one of @keys? */
static bool any_has(const struct json_value *object, const char *key, const char *const *keys)
{
	const struct json_value *v = first_object(object, key);

	for (; v; v = json_value_next(v))
		for (const char *const *k = keys; *k; k++)
			if (json_value_get_caseless(v, *k))
				return true;
	return false;
}

#define ANY_HAS(object, key, ...) any_has(object, key, (const char *const[]){ __VA_ARGS__, NULL })

/* Entries of `namespaces` were called by their type, or, at first, by a name. */
static bool has_typed_namespaces(const struct json_value *root)
{
	return ANY_HAS(root, "namespaces", "type", "name");
}

/* Lists of plain names. */
static bool has_named_namespaces(const struct json_value *root)
{
	const struct json_value *list = json_value_get_caseless(root, "namespaces");
	const struct json_value *v = list ? json_value_at(list, 0) : NULL;

	return v && json_value_kind(list) == JSON_IS_ARRAY && json_value_kind(v) == JSON_IS_STRING;
}

static bool has_context(const struct json_value *root)
{
	return has(root, "context", JSON_IS_OBJECT) || ANY_HAS(root, "networks", "context");
}

static bool has_old_mounts(const struct json_value *root)
{
	return ANY_HAS(root, "mounts", "type", "writable") &&
	       !ANY_HAS(root, "mounts", "device", "flags");
}

static bool has_one(const struct json_value *root, const char *const *keys)
{
	for (; *keys; keys++)
		if (json_value_get_caseless(root, *keys))
			return true;
	return false;
}

/* Keys that came with the flattened config of 2015, whatever their values: all were written, always. */
static bool is_mid_2015(const struct json_value *root)
{
	static const char *const keys[] = { "rootfs",     "readonlyfs",
					    "mask_paths", "readonly_paths",
					    "devices",    "parent_death_signal",
					    NULL };
	/* Later ones; whoever added them to an older config meant that one. */
	static const char *const later[] = { "privatefs", "system_properties", "sysctl",
					     "seccomp",   "no_new_privileges", NULL };

	/* The very first format had a rootfs, too, and with namespaces as these no later one was valid. */
	if (has(root, "command", JSON_IS_OBJECT) || has(root, "namespaces", JSON_IS_OBJECT) ||
	    has_named_namespaces(root) || ANY_HAS(root, "namespaces", "key"))
		return false;
	return has_one(root, keys) || ANY_HAS(root, "mounts", "device", "flags") ||
	       (!has(root, "mount_config", JSON_IS_OBJECT) && has_one(root, later));
}

/*
 * The days of February 2015 between two formats: what was in the `mount_config` stands at the top, but the rest is
 * as it was. It is that of mid-2015 and a few keys more, so it is looked for first.
 */
static bool is_flat(const struct json_value *root)
{
	bool later = is_mid_2015(root);

	if (has(root, "mount_config", JSON_IS_OBJECT) || has_context(root) ||
	    has(root, "command", JSON_IS_OBJECT) || (!later && !has_typed_namespaces(root)))
		return false;
	if (has(root, "restrict_sys", JSON_IS_BOOL) || has(root, "console", JSON_IS_STRING) ||
	    has_old_mounts(root))
		return true;
	return !later && (has(root, "environment", JSON_IS_ARRAY) ||
			  ANY_HAS(root, "networks", "veth_prefix"));
}

static bool is_mount_config(const struct json_value *root)
{
	if (has(root, "mount_config", JSON_IS_OBJECT) || has_typed_namespaces(root))
		return true;
	return has(root, "namespaces", JSON_IS_OBJECT) &&
	       (has(root, "restrict_sys", JSON_IS_BOOL) ||
		has(root, "apparmor_profile", JSON_IS_STRING) ||
		has(root, "process_label", JSON_IS_STRING));
}

static bool is_mask(const struct json_value *root)
{
	if (ANY_HAS(root, "namespaces", "key"))
		return true;
	return !has(root, "capabilities", JSON_IS_ARRAY) &&
	       (has(root, "capabilities_mask", JSON_IS_OBJECT) ||
		ANY_HAS(root, "capabilities_mask", "key"));
}

static bool is_first(const struct json_value *root)
{
	return has_named_namespaces(root) || has(root, "command", JSON_IS_OBJECT) ||
	       has(root, "network", JSON_IS_OBJECT) ||
	       has(root, "capabilities_mask", JSON_IS_ARRAY);
}

static bool is_context(const struct json_value *root)
{
	return has(root, "namespaces", JSON_IS_OBJECT) || has_context(root) ||
	       has(root, "required_device_nodes", JSON_IS_ARRAY) ||
	       has(root, "optional_device_nodes", JSON_IS_ARRAY) ||
	       has(root, "device_nodes", JSON_IS_OBJECT);
}

static int load_libcontainer(struct spec *spec, const struct json_value *root, const char *path,
			     struct json_doc **other, struct err *err)
{
	(void)other;
	if (has(root, "mount_config", JSON_IS_OBJECT))
		log_warn(
			"%s: mount_config is ignored: other keys are of the format after that which had it",
			path);
	return json_value_decode(&spec_schema, spec, root, err);
}

/* clang-format off */
static const struct format
	oci = { .name = "OCI runtime-spec config.json" },
	runc_5 = { "runc 0.0.5 (November 2015)", ocf_load, { &ocf_pair_schema, &ocf_runtime_schema }, NULL, NULL },
	runc_4 = { "runc 0.0.4 (September 2015)", ocf_load, { &ocf_config_schema, &ocf_linux_schema }, NULL, NULL },
	runc_1 = { "pre-OCI runc config.json (2015)", ocf_load, { &ocf_config_schema, &ocf_linux_schema }, NULL, NULL },
	runc_draft = { "first runc draft (June 2015)", ocf_load, { &ocf_first_config_schema, &ocf_first_runtime_schema }, NULL, NULL },
	mid_2015 = { "libcontainer (mid-2015)", load_libcontainer, { &spec_schema }, NULL, NULL };
/* clang-format on */

/* First match wins: the predecessors' history in reverse, since later formats took over earlier keys. */
static const struct {
	bool (*is)(const struct json_value *root);
	const struct format *format;
} formats[] = {
	{ is_oci, &oci },
	{ ocf_is_pair, &runc_5 },
	{ is_runc_4, &runc_4 },
	{ is_runc_1, &runc_1 },
	{ is_runc_draft, &runc_draft },
	{ is_flat, &format_flat },
	{ is_mid_2015, &mid_2015 },
	{ is_mount_config, &format_mount_config },
	{ is_mask, &format_mask },
	{ is_first, &format_first },
	{ is_context, &format_context },
};

const struct format *format_at(size_t i)
{
	return i < array_size(formats) ? formats[i].format : NULL;
}

const struct format *format_detect(const struct json_value *root)
{
	for (size_t i = 0; i < array_size(formats); i++)
		if (formats[i].is(root))
			return formats[i].format;
	return &mid_2015;
}

struct selection {
	const struct format *format;
	int which;
	void (*visit)(const struct json_key *key, int which, void *arg);
	void *arg;
};

/* Is @path a key of the list, or in one? */
static bool is_among(const char *path, const char *const *keys)
{
	for (; keys && *keys; keys++) {
		size_t len = strlen(*keys);

		if (!strncmp(*keys, path, len) && strchr(".[", path[len]))
			return true;
	}
	return false;
}

static void select_key(const struct json_key *key, void *arg)
{
	const struct selection *s = arg;
	if (s->which > 0 && s->format->keys && !is_among(key->path, s->format->keys))
		return;
	if (is_among(key->path, s->format->but))
		return;
	s->visit(key, s->which, s->arg);
}

void format_keys(const struct format *format,
		 void (*visit)(const struct json_key *key, int which, void *arg), void *arg)
{
	for (int i = 0; format->schemas[i]; i++) {
		struct selection s = { format, i, visit, arg };

		json_list(format->schemas[i], select_key, &s);
	}
}

int format_load_all(struct spec *spec, const struct json_value *root, const char *path,
		    struct json_doc **other, struct err *err)
{
	const struct format *format = format_detect(root);
	int ret;

	*spec = (struct spec){ 0 };
	if (!format->load)
		return err_set(err, -EOPNOTSUPP, "%s: this build does not read the format %s yet",
			       path, format->name);
	ret = format->load(spec, root, path, other, err);
	if (ret < 0)
		spec_release(spec);
	return ret;
}

int format_load(struct spec *spec, const struct json_value *root, const char *path, struct err *err)
{
	struct json_doc *other = NULL;
	int ret = format_load_all(spec, root, path, &other, err);

	json_free(other);
	return ret;
}

int format_of(const char *path, const struct format **f, struct err *err)
{
	struct json_doc *doc;
	int ret = json_parse_file(AT_FDCWD, path, &doc, err);

	if (ret < 0)
		return ret;
	*f = format_detect(json_root(doc));
	json_free(doc);
	return 0;
}

int spec_parse(struct spec *spec, const char *text, size_t len, const char *path, struct err *err)
{
	struct json_doc *doc;
	int ret;

	*spec = (struct spec){ 0 };
	ret = json_parse(text, len, path, &doc, err);
	if (ret < 0)
		return ret;
	ret = format_load(spec, json_root(doc), path, err);
	json_free(doc);
	return ret;
}

void process_release(struct process *process)
{
	json_release(&process_schema, process);
}

void spec_set_process(struct spec *spec, struct process *process)
{
	process_release(&spec->process);
	spec->process = take_struct(*process);
}

void spec_release(struct spec *spec)
{
	process_release(&spec->process);
	json_release(&spec_schema, spec);
}
