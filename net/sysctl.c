// SPDX-License-Identifier: Apache-2.0
#include "net/sysctl.h"

#include "net/netns.h"

#include <errno.h>
#include <string.h>

static int namespace_fd(struct scope *scope, const struct sysctl_args *a, struct err *err)
{
	int fd = scope_ns_fd(scope, a->ns);

	if (fd < 0)
		return err_set(err, -ENOENT, "sysctl %s: network namespace '%s' is not there",
			       a->path, a->ns);
	return fd;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct sysctl_args *a = args;
	int fd = namespace_fd(scope, a, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = netns_sysctl_write(fd, a->path, a->value, err);
	if (ret == -ENOENT && a->optional)
		return 0;
	return ret < 0 ? err_wrap(err, "sysctl %s", a->path) : 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct sysctl_args *a = args;
	char value[SYSCTL_VALUE_MAX];
	int fd = namespace_fd(scope, a, err);
	int ret;

	if (fd < 0)
		return fd;
	ret = netns_sysctl_read(fd, a->path, value, sizeof(value), err);
	if (ret == -ENOENT && a->optional)
		return 0;
	if (ret == -ENOENT)
		return err_set(err, ret, "no sysctl %s", a->path);
	if (ret < 0)
		return ret;
	if (strcmp(value, a->value))
		return err_set(err, -ESTALE, "sysctl %s is %s, planned %s", a->path, value,
			       a->value);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct sysctl_args *a = args;

	snprintf(buf, size, "sysctl %s = %s", a->path, a->value);
}

/* sysctl(8) takes both separators; dots are what people write, where they are not ambiguous. */
static void show(const void *args, FILE *out)
{
	const struct sysctl_args *a = args;
	bool dots = !strchr(a->path, '.');

	if (strcmp(a->ns, SCOPE_HOST))
		fprintf(out, "ip netns exec %s ", a->ns);
	fprintf(out, "sysctl -w ");
	for (const char *c = a->path; *c; c++)
		fputc(dots && *c == '/' ? '.' : *c, out);
	fprintf(out, "=%s\n", a->value);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct sysctl_args, "ns", ns, .flags = JSON_REQUIRED),
	JSON_CHARS(struct sysctl_args, "path", path, .flags = JSON_REQUIRED),
	JSON_CHARS(struct sysctl_args, "value", value, .flags = JSON_REQUIRED),
	JSON_BOOL(struct sysctl_args, "optional", optional), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct sysctl_args, fields);

const struct step_type sysctl_step = {
	.name = "sysctl",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.probe = probe,
	.describe = describe,
	.show = show,
};
