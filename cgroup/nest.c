// SPDX-License-Identifier: Apache-2.0
/* Cgroups below a container's, for processes that join it. */
#include "cgroup/cgroup.h"
#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES_MAX    1000
#define THROTTLE_MAX (1u << 20)
#define REMOVE_TIMEOUT_MS \
	1000 /* of what the kernel still does when a process's end has been collected */

/* The paths of @place with @name behind them. */
static int below(const struct cgroup_place *place, const char *name, struct cgroup_place *nested,
		 struct err *err)
{
	nested->dirs = calloc(place->count, sizeof(*nested->dirs));
	if (!nested->dirs)
		return err_oom(err);
	for (size_t i = 0; i < place->count; i++) {
		const struct cgroup_dir *from = &place->dirs[i];
		struct cgroup_dir *to = &nested->dirs[nested->count++];

		to->v2 = from->v2;
		to->path = str_format("%s/%s", from->path, name);
		to->controllers = strdup(from->controllers ? from->controllers : "");
		if (!to->path || !to->controllers)
			return err_oom(err);
	}
	return 0;
}

/*
 * The first @count directories, the last one first. So the first of all is there as long as any is, and whoever could make it
 * has the name for himself.
 */
static void remove_dirs(const struct cgroup_place *nested, size_t count)
{
	struct patience patience = { 0 };

	for (size_t i = count; i-- > 0;)
		while (tree_remove(nested->dirs[i].path) == -EBUSY)
			if (tree_pids(nested->dirs[i].path, NULL, 0) != 0 ||
			    !patience_wait(&patience, REMOVE_TIMEOUT_MS))
				return;
}

static int make_dirs(const struct cgroup_place *nested, struct err *err)
{
	for (size_t i = 0; i < nested->count; i++) {
		int code;

		if (mkdir(nested->dirs[i].path, 0755) == 0)
			continue;
		code = -errno;
		remove_dirs(nested, i);
		return err_sys(err, code, "mkdir %s", nested->dirs[i].path);
	}
	return 0;
}

/* v1: a new cpuset is empty, and takes no process. */
static int fill_cpuset(const struct cgroup_place *nested, struct err *err)
{
	const struct cgroup_dir *dir = place_find(nested, "cpuset");
	struct cgroup_cpuset_args args = { .path = dir ? dir->path : NULL };

	return dir && !dir->v2 ? cgroup_cpuset_step.apply(NULL, &args, err) : 0;
}

static int copy_lines(const char *from, const char *to, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = file_read_proc(AT_FDCWD, from, THROTTLE_MAX, &text, NULL);
	char *save = NULL;

	if (ret < 0)
		return ret == -ENOENT ? 0 : err_sys(err, ret, "%s", from);
	for (char *line = strtok_r(text, "\n", &save); line && ret == 0;
	     line = strtok_r(NULL, "\n", &save))
		ret = file_write(AT_FDCWD, to, line, err);
	return ret;
}

/* v1: the only limits that do not hold for what is nested (blkio-controller.rst, "Hierarchical Cgroups"). */
static int copy_throttles(const struct cgroup_place *place, const struct cgroup_place *nested,
			  struct err *err)
{
	static const char *const files[] = { "read_bps", "write_bps", "read_iops", "write_iops" };
	const struct cgroup_dir *from = place_find(place, "blkio"),
				*to = place_find(nested, "blkio");
	int ret = 0;

	if (!from || !to || from->v2)
		return 0;
	for (size_t i = 0; i < array_size(files) && ret == 0; i++) {
		_cleanup_free_ char *old =
			str_format("%s/blkio.throttle.%s_device", from->path, files[i]);
		_cleanup_free_ char *new =
			str_format("%s/blkio.throttle.%s_device", to->path, files[i]);

		ret = old && new ? copy_lines(old, new, err) : err_oom(err);
	}
	return ret;
}

/* -EEXIST: the name is taken. */
static int make(const struct cgroup_place *place, const char *name, struct cgroup_place *nested,
		struct err *err)
{
	struct cgroup_place made = { 0 };
	int ret = below(place, name, &made, err);

	if (ret == 0)
		ret = make_dirs(&made, err);
	if (ret == 0) {
		ret = fill_cpuset(&made, err);
		if (ret == 0)
			ret = copy_throttles(place, &made, err);
		if (ret < 0)
			remove_dirs(&made, made.count);
	}
	if (ret < 0)
		cgroup_place_release(&made);
	else
		*nested = made;
	return ret;
}

static int check_ours(const struct cgroup_place *place, struct err *err)
{
	if (!place->count)
		return err_set(err, -ENODEV,
			       "the container has no cgroup in which one could be nested");
	for (size_t i = 0; i < place->count; i++)
		if (!mark_any(place->dirs[i].path))
			return err_set(
				err, -EPERM,
				"cgroup %s was not made by ctrnet, so that none is nested in it",
				place->dirs[i].path);
	return 0;
}

int cgroup_nest(const struct cgroup_place *place, char name[CGROUP_NEST_MAX],
		struct cgroup_place *nested, struct err *err)
{
	char tried[CGROUP_NEST_MAX];
	int ret = check_ours(place, err);

	if (ret < 0)
		return ret;
	/* A ctrnet in another pid namespace may have our pid, and one before us may have left processes in it. */
	ret = -EEXIST;
	for (int i = 0; i < TRIES_MAX && ret == -EEXIST; i++) {
		snprintf(tried, sizeof(tried), i ? "exec-%d.%d" : "exec-%d", getpid(), i);
		ret = make(place, tried, nested, err);
	}
	if (ret == 0)
		memcpy(name, tried, sizeof(tried));
	return ret;
}

/* One component, and one that we make. */
static bool is_nest(const char *name)
{
	const char *prefix = "exec-";

	return str_starts(name, prefix) &&
	       !name[strlen(prefix) + strspn(name + strlen(prefix), "0123456789.")];
}

void cgroup_unnest(const struct cgroup_place *place, const char *name)
{
	struct cgroup_place nested = { 0 };

	if (is_nest(name) && below(place, name, &nested, NULL) == 0)
		remove_dirs(&nested, nested.count);
	cgroup_place_release(&nested);
}
