// SPDX-License-Identifier: Apache-2.0
/* The step cgroup.dir: a container's directories and their parents, in all hierarchies at once. */
#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* What the kernel still does after a process's end has been collected takes well below a second. */
#define REMOVE_TIMEOUT_MS 5000
#define UNSEEN_TIMEOUT_MS 100
#define MAKE_TRIES        3

static const struct json_field dir_fields[] = {
	JSON_STRING(struct cgroup_dir_args, "lock", lock, .flags = JSON_REQUIRED),
	JSON_STRINGS(struct cgroup_dir_args, "parents", parents),
	JSON_STRINGS(struct cgroup_dir_args, "paths", paths),
	JSON_BOOL(struct cgroup_dir_args, "alone", alone),
	JSON_END,
};
static const struct json_schema dir_schema = JSON_SCHEMA(struct cgroup_dir_args, dir_fields);

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
static int make_dir(const char *path, const struct scope *scope, bool *ours, struct err *err)
{
	*ours = true;
	if (mkdir(path, 0755) < 0) {
		int code = -errno;

		if (code != -EEXIST) {
			err_sys(err, code, "mkdir %s", path);
			return err_append(err, "%s", explain_mkdir(code));
		}
		switch (mark_use(path, scope->run_dir)) {
		case MARK_NONE:
			*ours = false;
			return 0;
		case MARK_USED:
			break;
		case MARK_CLOSED:
			return err_set(err, -EBUSY,
				       "%s is another container's, which has no pid namespace: "
				       "its end is the end of all that is in its cgroup",
				       path);
		}
	}
	mark_add(path, scope->run_dir);
	return 0;
}

/*
 * What an ended container left is made anew: it has limits that nobody asked for any more, and one that was killed by its
 * cgroup.kill would have killed what we clone into it (see cgroup_clone_fd()).
 */
static int make_own(const char *path, const struct cgroup_dir_args *a, const struct scope *scope,
		    bool *ours, struct err *err)
{
	int ret;

	if (mark_any(path) && mark_others(path, scope->run_dir) != CLAIM_ALIVE)
		tree_remove(path);
	ret = make_dir(path, scope, ours, err);
	if (ret < 0 || !a->alone)
		return ret;
	if (!*ours || mark_others(path, scope->run_dir) != CLAIM_DEAD)
		return dir_not_alone(path, err);
	mark_close(path, scope->run_dir);
	return 0;
}

int dir_not_alone(const char *path, struct err *err)
{
	return err_set(
		err, -EBUSY,
		"%s is not the container's alone, and without a pid namespace (NEWPID) it has to be: "
		"all that is in it is killed at the container's end",
		path);
}

/* Take the entry @at out of its list: it is nobody's to remove. */
static void forget(struct cgroup_dir_args *a, char **at)
{
	free(*at);
	memmove(at, at + 1, (strv_count(at + 1) + 1) * sizeof(*at));
	a->learned = true;
}

static int make_all(struct cgroup_dir_args *a, const struct scope *scope, struct err *err)
{
	char **p;
	bool ours;
	int ret = 0;

	for (p = a->parents; p && *p && ret == 0; ours ? (void)p++ : forget(a, p))
		ret = make_dir(*p, scope, &ours, err);
	for (p = a->paths; p && *p && ret == 0; ours ? (void)p++ : forget(a, p))
		ret = make_own(*p, a, scope, &ours, err);
	return ret;
}

/* One in another mount namespace may have another lock (see mark_lock()), and take away a parent that is still empty. */
static int dir_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_dir_args *a = args;
	_cleanup_lock_ int lock = mark_lock(a->lock, true, err);
	int ret = lock < 0 ? lock : -ENOENT;

	for (int tries = 0; ret == -ENOENT && lock >= 0 && tries < MAKE_TRIES; tries++)
		ret = make_all(a, scope, err);
	return ret;
}

static bool dir_learned(const void *args)
{
	const struct cgroup_dir_args *a = args;

	return a->learned;
}

/* rmdir(2); where the file system is read-only the kernel does not look whether there is anything. */
static int remove_dir(const char *path)
{
	int code = rmdir(path) < 0 ? -errno : 0;

	if (code == -EROFS && !file_exists(AT_FDCWD, path))
		return -ENOENT;
	return code;
}

/*
 * One try. -EBUSY: there are processes in it, and they are ours to kill, also where the directory is to stay, as all is
 * read-only. Without a mark of ours it is one that we died before marking, which is empty, or somebody else's.
 */
static int remove_own(const char *path, const char *run_dir)
{
	enum claim_state others = mark_others(path, run_dir);
	struct patience patience = { 0 };
	bool own;
	int ret;

	do
		ret = others == CLAIM_ALIVE ? -EBUSY : remove_dir(path);
	while (others == CLAIM_UNSEEN && ret == -EBUSY && tree_pids(path, NULL, 0) == 0 &&
	       patience_wait(&patience, UNSEEN_TIMEOUT_MS));
	if (ret == 0 || ret == -ENOENT)
		return 0;
	if (ret != -EBUSY && ret != -ENOTEMPTY && ret != -EROFS)
		return ret;
	/* Of one that we cannot see it may be the processes. */
	if (others != CLAIM_DEAD) {
		mark_remove(path, run_dir);
		return 0;
	}
	own = mark_own(path, run_dir);
	if (ret == -EROFS)
		return own && tree_pids(path, NULL, 0) > 0 ? -EBUSY : ret;
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
	_cleanup_lock_ int lock = mark_lock(a->lock, true, err);
	int first = 0;

	*busy = NULL;
	if (lock < 0)
		return lock;
	for (size_t i = strv_count(a->paths); i-- > 0;) {
		int ret = remove_own(a->paths[i], run_dir);

		if (ret == -EBUSY) {
			*busy = a->paths[i];
			tree_kill(*busy);
			tree_thaw_v1(*busy);
		} else if (ret < 0 && first == 0) {
			first = err_sys(err, ret, "rmdir %s", a->paths[i]);
		}
	}
	return first;
}

/* A parent in use is another container's, or holds a cgroup that somebody made by hand: it stays. */
static int remove_parents(const struct cgroup_dir_args *a, const char *run_dir, struct err *err)
{
	_cleanup_lock_ int lock = mark_lock(a->lock, true, err);

	if (lock < 0)
		return lock;
	for (size_t i = strv_count(a->parents); i-- > 0;) {
		const char *path = a->parents[i];
		enum claim_state others = mark_others(path, run_dir);
		int ret = others == CLAIM_ALIVE ? -EBUSY : remove_dir(path);

		if (others != CLAIM_DEAD && (ret == -EBUSY || ret == -ENOTEMPTY))
			mark_remove(path, run_dir);
		if (ret < 0 && ret != -ENOENT && ret != -EBUSY && ret != -ENOTEMPTY)
			return err_sys(err, ret, "rmdir %s", path);
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
	.learns = true,
	.learned = dir_learned,
	.apply = dir_apply,
	.revert = dir_revert,
	.probe = dir_probe,
	.show = dir_show,
};
