// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/find.h"
#include "container/oci_write.h"
#include "lib/cleanup.h"

#include <stdlib.h>

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

int ctrnet_config_load(struct ctrnet_config **config, const char *path, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(NULL);
	struct spec_names names = { 0 };
	struct spec spec = { 0 };
	struct err err = { 0 };
	int ret = spec_load_named(&spec, path, &names, &err);

	if (ret == 0)
		ret = config_find_rootfs(&spec, path, &err);
	if (ret < 0) {
		spec_names_apply(&names, &err);
		spec_names_release(&names);
		spec_release(&spec);
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	}
	return api_config_new(config, &spec, &names, error);
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

	if (config_set_rootfs(&config->spec, path, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	return 0;
}

/* What is written for others is completed, and taken apart, on the way. */
static int write_config(const struct spec *spec, enum ctrnet_format format, FILE *out,
			struct err *err)
{
	struct spec copy = { 0 };
	int ret;

	if (format == CTRNET_FORMAT_LIBCONTAINER)
		return spec_write(spec, out, err);
	ret = spec_copy(&copy, spec, err);
	if (ret == 0)
		ret = config_write_oci(&copy, NULL, out, err);
	spec_release(&copy);
	return ret;
}

int ctrnet_config_json(const struct ctrnet_config *config, enum ctrnet_format format, char **json,
		       struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(NULL);
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? write_config(&config->spec, format, out, &err) : err_oom(&err);

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
	free(config);
}
