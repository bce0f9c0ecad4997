// SPDX-License-Identifier: Apache-2.0
/* The steps cgroup.write (a limit) and cgroup.cpuset (v1). What they write goes with the directory. */
#include "cgroup/keys.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct json_field write_fields[] = {
	JSON_STRING(struct cgroup_write_args, "path", path, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_write_args, "value", value, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_write_args, "else_path", else_path),
	JSON_STRING(struct cgroup_write_args, "else_value", else_value),
	JSON_STRING(struct cgroup_write_args, "key", key, .flags = JSON_REQUIRED),
	JSON_BOOL(struct cgroup_write_args, "v2", v2),
	JSON_END
};
static const struct json_schema write_schema = JSON_SCHEMA(struct cgroup_write_args, write_fields);

static const struct json_field cpuset_fields[] = {
	JSON_STRING(struct cgroup_cpuset_args, "path", path, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema cpuset_schema =
	JSON_SCHEMA(struct cgroup_cpuset_args, cpuset_fields);

/* NULL for a key of another version of ctrnet, whose journal this is. */
static const struct cgroup_file *find_file(const struct cgroup_write_args *a)
{
	const struct cgroup_key *k = cgroup_key_find(a->key);

	return !k ? NULL : a->v2 ? &k->v2 : &k->v1;
}

static int write_err(const struct cgroup_write_args *a, const struct cgroup_file *f, int code,
		     struct err *err)
{
	bool range = code == -EINVAL || code == -ERANGE || code == -ENOSPC || code == -EACCES;

	if (code == -ENOENT)
		return err_sys(err, code, "%s: this kernel or cgroup has no %s", a->value, a->path);
	err_sys(err, code, "%s: write to %s", a->value, a->path);
	if (f && f->range && range)
		err_append(err, " (the kernel takes %s)", f->range);
	else if (f && f->unsupported && code == -EOPNOTSUPP)
		err_append(err, " (%s)", f->unsupported);
	else if (code == -EBUSY)
		err_append(err, " (the cgroup uses more than that, and it cannot be reclaimed)");
	return code;
}

/*
 * A kernel may have both files, and which one counts is up to the scheduler of each device: io.weight is
 * there without one that heeds it. So both get it, and one that takes it is enough.
 */
static int write_both(const struct cgroup_write_args *a)
{
	int ret = file_write(AT_FDCWD, a->path, a->value, NULL);
	int other = a->else_path ? file_write(AT_FDCWD, a->else_path, a->else_value, NULL)
				 : -ENOENT;

	return ret == -ENOENT || other == 0 ? other : ret;
}

static int write_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_write_args *a = args;
	const struct cgroup_file *f = find_file(a);
	int ret = write_both(a);

	(void)scope;
	if (ret < 0)
		return write_err(a, f, ret, err);
	if (f && f->verify && f->verify(a->path, a->value, err) < 0)
		return err_wrap(err, "%s", a->value);
	return 0;
}

static void show_echo(FILE *out, const char *value, const char *path)
{
	fputs("echo ", out);
	str_print_shell(out, value);
	fputs(" > ", out);
	str_print_shell(out, path);
	fputc('\n', out);
}

static void write_show(const void *args, FILE *out)
{
	const struct cgroup_write_args *a = args;

	show_echo(out, a->value, a->path);
}

const struct step_type cgroup_write_step = {
	.name = "cgroup.write",
	.args = &write_schema,
	.phase = PHASE_PREPARE,
	.apply = write_apply,
	.show = write_show,
};

static const char *const cpuset_files[] = { "cpuset.cpus", "cpuset.mems" };

/*
 * Copy @file down to @path from the nearest ancestor that has something in it, so that each level on
 * the way gets it: a child may only have what its parent has. The root always has something.
 */
static int copy_down(const char *path, const char *file, char *value, size_t size, struct err *err)
{
	_cleanup_free_ char *name = str_format("%s/%s", path, file);
	_cleanup_free_ char *parent = strdup(path);
	int ret;

	if (!name || !parent)
		return err_oom(err);
	ret = file_read_line(AT_FDCWD, name, value, size, err);
	if (ret < 0 || *value)
		return ret;
	*strrchr(parent, '/') = '\0';
	ret = copy_down(parent, file, value, size, err);
	return ret < 0 ? ret : file_write(AT_FDCWD, name, value, err);
}

static int cpuset_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_cpuset_args *a = args;

	(void)scope;
	for (size_t i = 0; i < array_size(cpuset_files); i++) {
		char value[4096];
		int ret = copy_down(a->path, cpuset_files[i], value, sizeof(value), err);

		if (ret < 0)
			return err_wrap(err, "copy the parent's cpuset to %s", a->path);
	}
	return 0;
}

static void cpuset_show(const void *args, FILE *out)
{
	const struct cgroup_cpuset_args *a = args;

	for (size_t i = 0; i < array_size(cpuset_files); i++) {
		_cleanup_free_ char *to = str_format("%s/%s", a->path, cpuset_files[i]);
		_cleanup_free_ char *from = str_format("%s/../%s", a->path, cpuset_files[i]);

		if (!to || !from)
			return;
		fputs("cat ", out);
		str_print_shell(out, from);
		fputs(" > ", out);
		str_print_shell(out, to);
		fputc('\n', out);
	}
}

const struct step_type cgroup_cpuset_step = {
	.name = "cgroup.cpuset",
	.args = &cpuset_schema,
	.phase = PHASE_PREPARE,
	.apply = cpuset_apply,
	.show = cpuset_show,
};
