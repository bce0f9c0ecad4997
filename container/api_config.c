// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/find.h"
#include "container/oci_write.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Through the form in which it is stored, which loses nothing. */
static int copy_object(const struct json_schema *schema, void *to, const void *from,
		       struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? json_encode_compact(schema, from, out, err) : err_oom(err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	return ret == 0 ? json_decode(schema, to, text, len, "config", err) : ret;
}

/* Where the entries of lists come from, for what errors call them, is no key of theirs. */
static void copy_origins(struct spec *to, const struct spec *from)
{
	for (size_t i = 0; i < from->rootfs.mount_count; i++) {
		to->rootfs.mounts[i].automatic = from->rootfs.mounts[i].automatic;
		to->rootfs.mounts[i].skipped = from->rootfs.mounts[i].skipped;
	}
	for (size_t i = 0; i < from->rootfs.device_count; i++) {
		to->rootfs.devices[i].automatic = from->rootfs.devices[i].automatic;
		to->rootfs.devices[i].skipped = from->rootfs.devices[i].skipped;
	}
	for (size_t i = 0; i < from->namespaces.count; i++)
		to->namespaces.items[i].skipped = from->namespaces.items[i].skipped;
}

int spec_copy(struct spec *to, const struct spec *from, struct err *err)
{
	struct spec made = { 0 };
	int ret = copy_object(&spec_schema, &made, from, err);

	if (ret == 0)
		ret = copy_object(&process_schema, &made.process, &from->process, err);
	if (ret < 0) {
		spec_release(&made);
		return ret;
	}
	made.loose_rootfs = from->loose_rootfs;
	made.pid_file = from->pid_file;
	copy_origins(&made, from);
	*to = made;
	return 0;
}

int api_config_new(struct ctrnet_config **config, struct spec *spec, struct spec_names *names,
		   struct ctrnet_error *error)
{
	struct ctrnet_config *c = calloc(1, sizeof(*c));
	struct err err = { 0 };

	if (!c) {
		spec_release(spec);
		spec_names_release(names);
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	c->spec = take_struct(*spec);
	c->names = take_struct(*names);
	*config = c;
	return 0;
}

/* The program may change its directory before the config is used. */
static char *make_absolute(const char *path)
{
	_cleanup_free_ char *cwd = *path == '/' ? NULL : getcwd(NULL, 0);

	if (*path == '/')
		return strdup(path);
	return cwd ? str_format("%s/%s", cwd, path) : NULL;
}

/* That it has no root directory is an error only of what needs one, and one may be set before. */
static int find_file(struct ctrnet_config *c, const char *path, struct err *err)
{
	c->real = realpath(path, NULL);
	c->given = c->real ? make_absolute(path) : NULL;
	if (!c->given)
		return err_sys(err, -errno, "%s", path);
	if (config_find_rootfs(&c->spec, path, &c->no_rootfs) == 0 &&
	    str_empty(c->spec.rootfs.path))
		err_set(&c->no_rootfs, -EINVAL, "%s: rootfs: missing", path);
	return 0;
}

static int load(struct ctrnet_config *c, const char *path, struct err *err)
{
	int ret = spec_load_named(&c->spec, path, &c->names, err);

	return ret == 0 ? find_file(c, path, err) : ret;
}

int ctrnet_config_load_logged(struct ctrnet_config **config, const char *path,
			      ctrnet_log_function *log, void *log_arg, struct ctrnet_error *error)
{
	const struct api_options options = { .log = log, .log_arg = log_arg };
	_cleanup_(log_restore) struct log_diversion before = api_log(&options);
	struct ctrnet_config *c = calloc(1, sizeof(*c));
	struct err err = { 0 };

	if (!c) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	c->options = options;
	if (load(c, path, &err) < 0) {
		ctrnet_config_free(c);
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	}
	*config = c;
	return 0;
}

int ctrnet_config_load(struct ctrnet_config **config, const char *path, struct ctrnet_error *error)
{
	return ctrnet_config_load_logged(config, path, NULL, NULL, error);
}

void ctrnet_config_set_log(struct ctrnet_config *config, ctrnet_log_function *log, void *log_arg)
{
	config->options = (struct api_options){ .log = log, .log_arg = log_arg };
}

int ctrnet_config_parse(struct ctrnet_config **config, const char *json, size_t length,
			const char *name, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(NULL);
	struct spec_names names;
	struct spec spec = { 0 };
	struct err err = { 0 };

	if (spec_parse_named(&spec, json, length, name, &names, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	return api_config_new(config, &spec, &names, error);
}

int ctrnet_config_set_rootfs(struct ctrnet_config *config, const char *path,
			     struct ctrnet_error *error)
{
	struct err err = { 0 };

	if (str_empty(path))
		err_set(&err, -EINVAL, "rootfs: empty");
	else if (config_set_rootfs(&config->spec, path, &err) == 0)
		config->no_rootfs.code = 0;
	if (err.code)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	config->names.but = SPEC_NAMES_ROOTFS;
	return 0;
}

const char *ctrnet_config_rootfs(const struct ctrnet_config *config)
{
	return str_empty(config->spec.rootfs.path) ? NULL : config->spec.rootfs.path;
}

const char *const *ctrnet_config_args(const struct ctrnet_config *config)
{
	const char *const *args = (const char *const *)config->spec.process.args;

	return args && *args ? args : NULL;
}

int api_config_prepare(const struct ctrnet_config *config, struct spec *spec, struct err *err)
{
	struct spec_names_watch watch;
	int ret = config->no_rootfs.code;

	if (ret < 0) {
		*err = config->no_rootfs;
	} else {
		spec_names_watch(&watch, &config->names);
		ret = spec_prepare(spec, err);
		spec_names_unwatch(&watch);
		if (ret < 0 && config->names.path)
			err_wrap(err, "%s", config->names.path);
	}
	if (ret < 0)
		spec_names_apply(&config->names, err);
	return ret;
}

static int prepare_copy(const struct ctrnet_config *config, struct spec *copy, struct err *err)
{
	int ret = spec_copy(copy, &config->spec, err);

	return ret == 0 ? api_config_prepare(config, copy, err) : ret;
}

int ctrnet_config_check(const struct ctrnet_config *config, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&config->options);
	_cleanup_(spec_release) struct spec copy = { 0 };
	struct err err = { 0 };

	return prepare_copy(config, &copy, &err) < 0 ? api_fail(error, CTRNET_CONFIG_INVALID, &err)
						     : 0;
}

/* What is written for others is completed, and taken apart, on the way. */
static int write_oci(const struct ctrnet_config *config, FILE *out, struct err *err)
{
	_cleanup_(spec_release) struct spec copy = { 0 };
	struct spec_names_watch watch;
	int ret = prepare_copy(config, &copy, err);

	if (ret < 0)
		return ret;
	spec_names_watch(&watch, &config->names);
	ret = config_write_oci(&copy, config->names.path, config->real, out, err);
	spec_names_unwatch(&watch);
	if (ret < 0)
		spec_names_apply(&config->names, err);
	return ret;
}

int ctrnet_config_json(const struct ctrnet_config *config, enum ctrnet_format format, char **json,
		       struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&config->options);
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = !out                          ? err_oom(&err)
		  : format == CTRNET_FORMAT_OCI ? write_oci(config, out, &err)
						: spec_write(&config->spec, out, &err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	*json = take_ptr(text);
	return 0;
}

void ctrnet_config_free(struct ctrnet_config *config)
{
	if (!config)
		return;
	spec_release(&config->spec);
	spec_names_release(&config->names);
	free(config->given);
	free(config->real);
	free(config);
}
