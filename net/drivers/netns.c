// SPDX-License-Identifier: Apache-2.0
/* type "netns": the container joins a network namespace that is there, and changes nothing in it. */
#include "net/driver.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct netns_context {
	char *nspath;
};

struct netns_options {
	char *path;
	struct netns_context context; /* empty once it is checked: it has become the key above */
};

static int check_context(void *object, struct err *err)
{
	const struct netns_context *context = object;

	return *context->nspath ? 0 : err_set(err, -EINVAL, "nspath is empty");
}

static const struct json_field context_fields[] = { JSON_STRING(struct netns_context, "nspath",
								nspath, .flags = JSON_REQUIRED,
								.as = "ns_path"),
						    JSON_END };
static const struct json_schema context_schema =
	JSON_SCHEMA(struct netns_context, context_fields, .unknown = JSON_UNKNOWN_WARN,
		    .caseless = true, .check = check_context);

static int take_context(void *object, struct err *err)
{
	struct netns_options *o = object;

	if (!o->context.nspath)
		return 0;
	if (o->path && strcmp(o->path, o->context.nspath))
		return err_set(err, -EINVAL, "ns_path is '%s', but in the context it is '%s'",
			       o->path, o->context.nspath);
	free(o->path);
	o->path = take_ptr(o->context.nspath);
	return 0;
}

static const struct json_field fields[] = {
	JSON_STRING(struct netns_options, "ns_path", path),
	JSON_OBJECT(struct netns_options, "context", context, &context_schema, .as = ""),
	JSON_END,
};
static const struct json_schema options =
	JSON_SCHEMA(struct netns_options, fields, .check = take_context);

static const char *joins(const struct network *n)
{
	return ((const struct netns_options *)n->options)->path;
}

static int check(const struct network *n, struct err *err)
{
	const char *path = joins(n);

	if (str_empty(path))
		return err_set(err, -EINVAL, "ns_path is missing");
	if (path[0] != '/')
		return err_set(err, -EINVAL, "ns_path: %s is not an absolute path", path);
	return net_check_untouched(n, "a namespace that is joined stays as it is", err);
}

const struct net_driver netns_driver = {
	.type = "netns",
	.name = "",
	.options = &options,
	.check = check,
	.joins = joins,
};
