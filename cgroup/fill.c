// SPDX-License-Identifier: Apache-2.0
/*
 * The step cgroup.fill (v1): a cpuset that somebody made and left empty, and that is to be above a container's, has to have CPUs
 * and memory nodes, or no process may enter below it. It gets those of its parent, and is empty again when
 * the last container that needed them has gone.
 *
 * What we wrote is in an attribute of the directory, which is there before: so it is told from what somebody wrote since, which stays.
 */
#include "cgroup/fill.h"

#include "cgroup/mark.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#define LIST_MAX 4096

static const struct {
	const char *file, *filled;
} files[] = {
	{ "cpuset.cpus", "trusted.ctrnet-filled.cpus" },
	{ "cpuset.mems", "trusted.ctrnet-filled.mems" },
};

static const struct json_field fill_fields[] = {
	JSON_STRING(struct cgroup_fill_args, "lock", lock, .flags = JSON_REQUIRED),
	JSON_STRINGS(struct cgroup_fill_args, "paths", paths),
	JSON_END,
};
static const struct json_schema fill_schema = JSON_SCHEMA(struct cgroup_fill_args, fill_fields);

static int read_list(const char *dir, size_t i, char list[LIST_MAX], struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, files[i].file);

	return path ? file_read_line(AT_FDCWD, path, list, LIST_MAX, err) : err_oom(err);
}

static int write_list(const char *dir, size_t i, const char *list, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, files[i].file);

	return path ? file_write(AT_FDCWD, path, list, err) : err_oom(err);
}

static bool is_filled(const char *dir, size_t i)
{
	return getxattr(dir, files[i].filled, NULL, 0) >= 0;
}

bool fill_needed(const char *dir)
{
	char list[LIST_MAX];

	for (size_t i = 0; i < array_size(files); i++)
		if (is_filled(dir, i) || (read_list(dir, i, list, NULL) == 0 && !*list))
			return true;
	return false;
}

/* From the one above it, which has something: the root always, and others have been filled before. */
static int fill(const char *dir, size_t i, struct err *err)
{
	_cleanup_free_ char *above = strdup(dir);
	char list[LIST_MAX];
	int ret = above ? read_list(dir, i, list, err) : err_oom(err);

	if (ret < 0 || *list)
		return ret;
	*strrchr(above, '/') = '\0';
	ret = read_list(above, i, list, err);
	if (ret == 0 && setxattr(dir, files[i].filled, list, strlen(list), 0) < 0)
		ret = err_sys(err, -errno, "it could not be emptied again");
	return ret < 0 ? ret : write_list(dir, i, list, err);
}

static int fill_dir(const char *dir, const char *run_dir, struct err *err)
{
	int ret = mark_borrow(dir, run_dir);

	if (ret < 0)
		return err_sys(err, ret, "it could not be emptied again");
	for (size_t i = 0; i < array_size(files) && ret == 0; i++)
		ret = fill(dir, i, err);
	return ret;
}

static int fill_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_fill_args *a = args;
	_cleanup_lock_ int lock = mark_lock(a->lock, true, err);
	int ret = lock < 0 ? lock : 0;

	for (char **p = a->paths; p && *p && ret == 0; p++) {
		ret = fill_dir(*p, scope->run_dir, err);
		if (ret < 0)
			err_wrap(err, "cgroup %s has no CPUs or memory nodes, and gets none", *p);
	}
	return ret;
}

/* The kernel leaves it as it is if somebody is in it, or has a cpuset below it: who counts on it by now. */
static void empty(const char *dir, size_t i)
{
	char wrote[LIST_MAX], list[LIST_MAX];
	ssize_t n = getxattr(dir, files[i].filled, wrote, sizeof(wrote) - 1);
	struct err why;

	if (n < 0)
		return;
	wrote[n] = '\0';
	if (read_list(dir, i, list, NULL) == 0 && !strcmp(list, wrote) &&
	    write_list(dir, i, "\n", &why) < 0)
		log_debug("%s", why.text);
	removexattr(dir, files[i].filled);
}

static int fill_revert(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_fill_args *a = args;
	_cleanup_lock_ int lock = mark_lock(a->lock, true, err);

	if (lock < 0)
		return lock == -ENOENT ? 0 : lock;
	for (size_t n = strv_count(a->paths); n-- > 0;)
		if (mark_return(a->paths[n], scope->run_dir))
			for (size_t i = 0; i < array_size(files); i++)
				empty(a->paths[n], i);
	return 0;
}

static void fill_show(const void *args, FILE *out)
{
	const struct cgroup_fill_args *a = args;

	for (char **p = a->paths; p && *p; p++)
		for (size_t i = 0; i < array_size(files); i++) {
			_cleanup_free_ char *to = str_format("%s/%s", *p, files[i].file);
			_cleanup_free_ char *from = str_format("%s/../%s", *p, files[i].file);

			if (!to || !from)
				return;
			fputs("cat ", out);
			str_print_shell(out, from);
			fputs(" > ", out);
			str_print_shell(out, to);
			fputc('\n', out);
		}
}

const struct step_type cgroup_fill_step = {
	.name = "cgroup.fill",
	.args = &fill_schema,
	.phase = PHASE_PREPARE,
	.apply = fill_apply,
	.revert = fill_revert,
	.show = fill_show,
};
