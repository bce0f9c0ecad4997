// SPDX-License-Identifier: Apache-2.0
#include "net/sysctl_borrow.h"

#include "lib/file.h"
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static bool is_here(const struct scope *scope, const struct sysctl_args *a)
{
	return scope_ns_fd(scope, a->ns) < 0 && !strcmp(a->ns, SCOPE_HOST);
}

static void file_of(const struct sysctl_args *a, char file[SYSCTL_PATH_MAX + 16])
{
	snprintf(file, SYSCTL_PATH_MAX + 16, "/proc/sys/%s", a->path);
}

static int read_value(const struct scope *scope, const struct sysctl_args *a,
		      char value[SYSCTL_VALUE_MAX], struct err *err)
{
	char file[SYSCTL_PATH_MAX + 16];
	int fd = scope_ns_fd(scope, a->ns);

	file_of(a, file);
	if (is_here(scope, a))
		return file_read_line(AT_FDCWD, file, value, SYSCTL_VALUE_MAX, err);
	if (fd < 0)
		return err_set(err, -ENOENT, "network namespace '%s' is not there", a->ns);
	return netns_sysctl_read(fd, a->path, value, SYSCTL_VALUE_MAX, err);
}

static int write_value(const struct scope *scope, const struct sysctl_args *a, const char *value,
		       struct err *err)
{
	char file[SYSCTL_PATH_MAX + 16];
	int fd = scope_ns_fd(scope, a->ns);

	file_of(a, file);
	if (is_here(scope, a))
		return file_write(AT_FDCWD, file, value, err);
	if (fd < 0)
		return err_set(err, -ENOENT, "network namespace '%s' is not there", a->ns);
	return netns_sysctl_write(fd, a->path, value, err);
}

static int wrap(const struct sysctl_args *a, int ret, struct err *err)
{
	if (ret < 0)
		err_wrap(err, "sysctl %s", a->path);
	return ret;
}

/* Where a record has it already, others have the value of before from us. */
static int look(struct scope *scope, void *args, struct err *err)
{
	struct sysctl_borrow_args *a = args;
	char value[SYSCTL_VALUE_MAX];
	int ret;

	if (a->was[0])
		return 0;
	ret = read_value(scope, &a->sysctl, value, err);
	if (ret < 0)
		return wrap(&a->sysctl, ret, err);
	memcpy(a->was, value, sizeof(a->was));
	return 0;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	const struct sysctl_borrow_args *a = args;

	/* Written anew, some change others: forwarding sets that of each link. */
	if (!strcmp(a->was, a->sysctl.value))
		return 0;
	return wrap(&a->sysctl, write_value(scope, &a->sysctl, a->sysctl.value, err), err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct sysctl_borrow_args *a = args;
	char value[SYSCTL_VALUE_MAX];
	int ret = read_value(scope, &a->sysctl, value, err);

	if (ret < 0)
		return wrap(&a->sysctl, ret, err);
	if (strcmp(value, a->sysctl.value))
		return err_set(err, -ESTALE, "sysctl %s is %s, not %s", a->sysctl.path, value,
			       a->sysctl.value);
	return 0;
}

/* A setting of a link goes with it. */
static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct sysctl_borrow_args *a = args;
	char value[SYSCTL_VALUE_MAX];
	int ret;

	if (!a->was[0] || !strcmp(a->was, a->sysctl.value))
		return 0;
	ret = read_value(scope, &a->sysctl, value, err);
	if (ret == 0 && !strcmp(value, a->sysctl.value))
		ret = write_value(scope, &a->sysctl, a->was, err);
	return ret == -ENOENT ? 0 : wrap(&a->sysctl, ret, err);
}

static void show(const void *args, FILE *out)
{
	const struct sysctl_borrow_args *a = args;

	sysctl_step.show(&a->sysctl, out);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct sysctl_borrow_args, "ns", sysctl.ns, .flags = JSON_REQUIRED),
	JSON_CHARS(struct sysctl_borrow_args, "path", sysctl.path, .flags = JSON_REQUIRED),
	JSON_CHARS(struct sysctl_borrow_args, "value", sysctl.value, .flags = JSON_REQUIRED),
	JSON_CHARS(struct sysctl_borrow_args, "was", was), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct sysctl_borrow_args, fields);

const struct step_type sysctl_borrow_step = {
	.name = "sysctl.borrow",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.look = look,
	.apply = apply,
	.revert = revert,
	.probe = probe,
	.show = show,
};
