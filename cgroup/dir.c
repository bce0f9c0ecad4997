// SPDX-License-Identifier: Apache-2.0
/* The step cgroup.dir: a container's directories and their parents, in all hierarchies at once. */
#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* What the kernel still does after a process's end has been collected takes well below a second. */
#define REMOVE_TIMEOUT_MS 5000

static const struct json_field dir_fields[] = {
	JSON_STRINGS(struct cgroup_dir_args, "parents", parents),
	JSON_STRINGS(struct cgroup_dir_args, "paths", paths), JSON_END
};
static const struct json_schema dir_schema = JSON_SCHEMA(struct cgroup_dir_args, dir_fields);

/* The lock is in a directory that nobody removes: the parent of the outermost that may be ours. */
static int lock_dirs(const struct cgroup_dir_args *a, struct err *err)
{
	return mark_lock(a->parents && *a->parents ? *a->parents : *a->paths, err);
}

static const char *explain_mkdir(int code)
{
	switch (code) {
	case -EROFS:
		return " (the cgroup file system is mounted read-only)";
	case -EAGAIN:
		return " (cgroup.max.descendants or cgroup.max.depth of a parent is reached)";
	default:
		return "";
	}
}

/* One that stands and is not marked came from somebody else since the plan was made: it stays theirs. */
static int make_dir(const char *path, const struct scope *scope, struct err *err)
{
	if (mkdir(path, 0755) < 0) {
		int code = -errno;

		if (code != -EEXIST) {
			err_sys(err, code, "mkdir %s", path);
			return err_append(err, "%s", explain_mkdir(code));
		}
		if (!mark_any(path))
			return 0;
	}
	mark_add(path, scope->run_dir);
	return 0;
}

static int dir_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_dir_args *a = args;
	_cleanup_fd_ int lock = lock_dirs(a, err);
	int ret = 0;

	if (lock < 0)
		return lock;
	for (char **p = a->parents; p && *p && ret == 0; p++)
		ret = make_dir(*p, scope, err);
	for (char **p = a->paths; p && *p && ret == 0; p++)
		ret = make_dir(*p, scope, err);
	return ret;
}

/*
 * One try. -EBUSY: there are processes in it, and they are ours to kill. Without a mark of ours the
 * directory is one that we died before marking, which is empty, or somebody else's.
 */
static int remove_own(const char *path, const char *run_dir)
{
	bool own;
	int ret;

	if (mark_others(path, run_dir)) {
		mark_remove(path, run_dir);
		return 0;
	}
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	ret = errno == ENOTEMPTY ? -EBUSY : -errno;
	if (ret != -EBUSY)
		return ret;
	own = mark_own(path, run_dir);
	return own ? tree_remove(path) : 0;
}

/*
 * One try at all of them; the first error is returned, *@busy is one that is in use. What is in it gets
 * its SIGKILL here, under the lock: another container marks the directory, under the lock too, before
 * it has any process in it.
 */
static int remove_paths(const struct cgroup_dir_args *a, const char *run_dir, const char **busy,
			struct err *err)
{
	_cleanup_fd_ int lock = lock_dirs(a, err);
	int first = 0;

	*busy = NULL;
	if (lock < 0)
		return lock;
	for (size_t i = strv_count(a->paths); i-- > 0;) {
		int ret = remove_own(a->paths[i], run_dir);

		if (ret == -EBUSY) {
			*busy = a->paths[i];
			tree_kill(*busy);
		} else if (ret < 0 && first == 0) {
			first = err_sys(err, ret, "rmdir %s", a->paths[i]);
		}
	}
	return first;
}

/* A parent in use is another container's, or holds a cgroup that somebody made by hand: it stays. */
static int remove_parents(const struct cgroup_dir_args *a, const char *run_dir, struct err *err)
{
	_cleanup_fd_ int lock = lock_dirs(a, err);

	if (lock < 0)
		return lock;
	for (size_t i = strv_count(a->parents); i-- > 0;) {
		const char *path = a->parents[i];

		if (mark_others(path, run_dir))
			mark_remove(path, run_dir);
		else if (rmdir(path) < 0 && errno != ENOENT && errno != EBUSY && errno != ENOTEMPTY)
			return err_sys(err, -errno, "rmdir %s", path);
	}
	return 0;
}

static int busy_err(const char *path, struct err *err)
{
	pid_t pids[1] = { 0 };
	ssize_t n = tree_pids(path, pids, 1);

	err_sys(err, -EBUSY, "rmdir %s", path);
	if (n > 0)
		err_append(err, " (%zd processes are in it, %d is one)", n, (int)pids[0]);
	return -EBUSY;
}

static int dir_revert(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_dir_args *a = args;
	struct patience patience = { 0 };
	const char *busy;
	int ret;

	while ((ret = remove_paths(a, scope->run_dir, &busy, err)) == 0 && busy)
		if (!patience_wait(&patience, REMOVE_TIMEOUT_MS))
			return busy_err(busy, err);
	if (ret == 0)
		ret = remove_parents(a, scope->run_dir, err);
	/* The directory that everything was in is gone. */
	return ret == -ENOENT ? 0 : ret;
}

static int dir_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct cgroup_dir_args *a = args;

	(void)scope;
	for (char **p = a->paths; p && *p; p++) {
		struct stat st;

		if (stat(*p, &st) < 0)
			return err_sys(err, errno == ENOTDIR ? -ENOENT : -errno, "cgroup %s", *p);
	}
	return 0;
}

static void dir_show(const void *args, FILE *out)
{
	const struct cgroup_dir_args *a = args;

	for (char **p = a->paths; p && *p; p++) {
		fputs("mkdir -p ", out);
		str_print_shell(out, *p);
		fputc('\n', out);
	}
}

const struct step_type cgroup_dir_step = {
	.name = "cgroup.dir",
	.args = &dir_schema,
	.phase = PHASE_PREPARE,
	.apply = dir_apply,
	.revert = dir_revert,
	.probe = dir_probe,
	.show = dir_show,
};
