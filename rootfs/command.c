// SPDX-License-Identifier: Apache-2.0
#include "rootfs/command.h"

#include "rootfs/kind.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/run.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The config's keys, and where each list is. */
static const char *const keys[] = {
	[BEFORE_MOUNT] = "premount_cmds",
	[AFTER_MOUNT] = "postmount_cmds",
};

static const struct rootfs_command *list(const struct rootfs_mount *m, enum command_time when,
					 size_t *count)
{
	*count = when == BEFORE_MOUNT ? m->premount_cmd_count : m->postmount_cmd_count;
	return when == BEFORE_MOUNT ? m->premount_cmds : m->postmount_cmds;
}

static int wrap(const struct rootfs_spec *spec, size_t i, enum command_time when, size_t k,
		struct err *err)
{
	size_t count;
	const char *path = list(&spec->mounts[i], when, &count)[k].path;

	return err_wrap(err, "mounts[%zu].%s[%zu] (%s)", mount_index(spec, i), keys[when], k,
			path ? path : "");
}

static int check_one(const struct rootfs_command *c, struct err *err)
{
	if (str_empty(c->path))
		return err_set(err, -EINVAL, "the path is empty");
	if (c->path[0] != '/' && strchr(c->path, '/'))
		return err_set(err, -EINVAL,
			       "the path must be absolute, or a name to be found in PATH");
	for (char **word = c->env; word && *word; word++)
		if (**word == '=' || !strchr(*word, '='))
			return err_set(err, -EINVAL,
				       "invalid environment '%.80s': expected NAME=VALUE", *word);
	return 0;
}

int commands_check(const struct rootfs_spec *spec, size_t i, struct err *err)
{
	for (enum command_time when = BEFORE_MOUNT; when <= AFTER_MOUNT; when++) {
		size_t count;
		const struct rootfs_command *c = list(&spec->mounts[i], when, &count);

		for (size_t k = 0; k < count; k++)
			if (check_one(&c[k], err))
				return wrap(spec, i, when, k, err);
	}
	return 0;
}

/* Allocated; NULL when out of memory. */
static char *directory(const struct rootfs_spec *spec, const struct rootfs_command *c)
{
	if (str_empty(c->dir))
		return strdup(spec->path);
	return c->dir[0] == '/' ? strdup(c->dir) : str_format("%s/%s", spec->path, c->dir);
}

/* Is it a place of the host's? Then the container has no part in where it leads. */
static bool is_of_host(const struct rootfs_spec *spec, const char *dir)
{
	return dir[0] == '/' && !path_is_below(dir, spec->path);
}

/* What is in the rootfs is the container's to replace by a symlink, so it is looked up beneath it. */
static int open_directory(const struct rootfs_spec *spec, const char *dir,
			  const struct rootfs_run *run, struct err *err)
{
	_cleanup_free_ char *inside = NULL, *real = NULL;
	size_t missing;
	int ret = path_inside(spec->path, dir, &inside, err);

	if (!ret)
		ret = path_resolve(run->root_fd, inside, &real, &missing, err);
	if (ret)
		return err_wrap(err, "cannot change to the directory");
	ret = missing ? -ENOENT : path_open(run->root_fd, real, O_DIRECTORY);
	return ret < 0 ? err_sys(err, ret, "cannot change to the directory '%s'", dir) : ret;
}

static int run_one(const struct rootfs_spec *spec, const struct rootfs_command *c,
		   const struct rootfs_run *in, struct err *err)
{
	const char *dir = str_empty(c->dir) ? "/" : c->dir;
	bool outside = !str_empty(c->dir) && is_of_host(spec, dir);
	_cleanup_fd_ int fd = outside ? -1 : open_directory(spec, dir, in, err);
	const struct run run = {
		.path = c->path,
		.args = c->args,
		.env = c->env,
		.dir = dir,
		.dir_fd = outside ? 0 : fd,
	};

	return fd < 0 && !outside ? fd : run_program(&run, err);
}

int commands_run(const struct rootfs_spec *spec, size_t i, enum command_time when,
		 const struct rootfs_run *run, struct err *err)
{
	size_t count;
	const struct rootfs_command *c = list(&spec->mounts[i], when, &count);

	for (size_t k = 0; k < count; k++)
		if (run_one(spec, &c[k], run, err))
			return wrap(spec, i, when, k, err);
	return 0;
}

static void print_words(char *const *words, FILE *out)
{
	for (; words && *words; words++) {
		fputc(' ', out);
		str_print_shell(out, *words);
	}
}

void commands_show(const struct rootfs_spec *spec, size_t i, enum command_time when, FILE *out)
{
	size_t count;
	const struct rootfs_command *c = list(&spec->mounts[i], when, &count);

	for (size_t k = 0; k < count; k++) {
		_cleanup_free_ char *dir = directory(spec, &c[k]);

		fputs("(cd ", out);
		str_print_shell(out, dir ? dir : spec->path);
		fputs(c[k].env ? " && env -i" : " &&", out);
		print_words(c[k].env, out);
		fputc(' ', out);
		str_print_shell(out, c[k].path);
		print_words(c[k].args, out);
		fprintf(out, ")   # %s, as root of the host\n", keys[when]);
	}
}

bool rootfs_runs_commands(const struct rootfs_spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (spec->mounts[i].premount_cmd_count || spec->mounts[i].postmount_cmd_count)
			return true;
	return false;
}

bool commands_until(const struct rootfs_spec *spec, size_t i)
{
	for (size_t j = 0; j <= i; j++)
		if (spec->mounts[j].premount_cmd_count ||
		    (j < i && spec->mounts[j].postmount_cmd_count))
			return true;
	return false;
}
