// SPDX-License-Identifier: Apache-2.0
/* Which format a config file is written in, told by its keys, and who decodes it. */
#include "container/spec.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>

/*
 * Marks of formats, first match wins: the predecessors' history in reverse, since later formats took over earlier
 * keys. A format without a schema is known, but not read by this build.
 */
static const struct format {
	const char *key;     /* at the top */
	enum json_kind kind; /* of its value */
	const char *name;
	const struct json_schema *schema;
} formats[] = {
	{ "ociVersion", JSON_IS_STRING, "OCI runtime-spec config.json", NULL },
	{ "linux", JSON_IS_OBJECT, "pre-OCI runc config.json (2015)", NULL },
	{ "processes", JSON_IS_ARRAY, "first runc draft (June 2015)", NULL },
	{ "mount_config", JSON_IS_OBJECT, "libcontainer (June 2014 to February 2015)", NULL },
	{ "restrict_sys", JSON_IS_BOOL, "libcontainer (2014)", NULL },
	{ "namespaces", JSON_IS_OBJECT, "libcontainer (2014)", NULL },
	{ "capabilities_mask", JSON_IS_OBJECT, "libcontainer (spring 2014)", NULL },
	{ "capabilities_mask", JSON_IS_ARRAY, "libcontainer (spring 2014)", NULL },
	{ "command", JSON_IS_OBJECT, "libcontainer (February 2014)", NULL },
};

static const struct format libcontainer = { .name = "libcontainer (mid-2015)",
					    .schema = &spec_schema };

static const struct format *detect(const struct json_value *root)
{
	for (size_t i = 0; i < array_size(formats); i++) {
		const struct json_value *v = json_value_get_caseless(root, formats[i].key);

		if (v && json_value_kind(v) == formats[i].kind)
			return &formats[i];
	}
	return &libcontainer;
}

int spec_load(struct spec *spec, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	const struct format *format;
	struct json_doc *doc;
	size_t len;
	int ret;

	*spec = (struct spec){ 0 };
	ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, err);
	if (ret < 0)
		return ret;
	ret = json_parse(text, len, path, &doc, err);
	if (ret < 0)
		return ret;
	format = detect(json_root(doc));
	if (format->schema)
		ret = json_value_decode(format->schema, spec, json_root(doc), err);
	else
		ret = err_set(err, -EOPNOTSUPP, "%s: this build does not read the format %s yet",
			      path, format->name);
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
	spec->process = *process;
	*process = (struct process){ 0 };
}

void spec_release(struct spec *spec)
{
	process_release(&spec->process);
	json_release(&spec_schema, spec);
}
