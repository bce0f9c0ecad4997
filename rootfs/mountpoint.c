// SPDX-License-Identifier: Apache-2.0
/*
 * The step "rootfs.mountpoint": one directory or empty file that a mount needs and the user's rootfs lacks.
 *
 * Each missing component of a path is a step of its own, so a step's identity says all that it made, and
 * a crash at any point leaves nothing that revert would have to guess. It is shared: containers run on one
 * rootfs at the same time, and removing a directory that is a mountpoint in another mount namespace
 * succeeds and takes that mount away (rmdir(2) since Linux 3.18).
 */
#include "rootfs/mountpoint.h"

#include "rootfs/kind.h"
#include "rootfs/path.h"
#include "rootfs/relabel.h"
#include "rootfs/rootfs.h"

#include "lib/cleanup.h"
#include "lib/shared.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { KIND_DIRECTORY, KIND_FILE };

static const struct json_name kinds[] = { { "directory", KIND_DIRECTORY },
					  { "file", KIND_FILE },
					  { NULL, 0 } };

struct mountpoint {
	char *rootfs; /* a directory of the host: the rootfs, or the source of a bind mount above */
	char *path;   /* in it, free of symlinks */
	int kind;
};

static const struct json_field mountpoint_fields[] = {
	JSON_STRING(struct mountpoint, "rootfs", rootfs, .flags = JSON_REQUIRED),
	JSON_STRING(struct mountpoint, "path", path, .flags = JSON_REQUIRED),
	JSON_ENUM(struct mountpoint, "kind", kind, kinds, .flags = JSON_KEEP), JSON_END
};
static const struct json_schema mountpoint_schema =
	JSON_SCHEMA(struct mountpoint, mountpoint_fields);

/* O_PATH fd of the directory that it is in; -errno. */
static int open_parent(const struct mountpoint *m)
{
	_cleanup_free_ char *parent = path_prefix(m->path, path_depth(m->path) - 1);
	_cleanup_fd_ int base = path_open_host(m->rootfs, O_DIRECTORY);

	if (!parent)
		return -ENOMEM;
	return base < 0 ? base : path_open(base, parent, O_DIRECTORY);
}

static bool is_kind(const struct mountpoint *m, const struct stat *st)
{
	return m->kind == KIND_DIRECTORY ? S_ISDIR(st->st_mode)
					 : !S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode);
}

/* 0, -ENOENT, or -ESTALE for something of the wrong kind. */
static int look(const struct mountpoint *m, int parent)
{
	struct stat st;

	if (fstatat(parent, path_name(m->path), &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return is_kind(m, &st) ? 0 : -ESTALE;
}

static int make(const struct mountpoint *m, int parent)
{
	bool directory = m->kind == KIND_DIRECTORY;
	const char *name = path_name(m->path);
	_cleanup_fd_ int made = -1;

	if (directory && mkdirat(parent, name, 0755))
		return -errno;
	/* Another container on this rootfs may have put a symlink there by now. */
	made = openat(parent, name,
		      O_CLOEXEC | O_NOFOLLOW |
			      (directory ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT | O_EXCL),
		      0644);
	if (made < 0)
		return -errno;
	/* Whatever the umask was: the container's users have to get through. */
	return fchmod(made, directory ? 0755 : 0644) ? -errno : 0;
}

static int mountpoint_apply(struct scope *scope, void *args, struct err *err)
{
	const struct mountpoint *m = args;
	_cleanup_fd_ int parent = open_parent(m);
	int ret;

	(void)scope;
	if (parent < 0)
		return err_sys(err, parent, "cannot make the mountpoint '%s' in '%s'", m->path,
			       m->rootfs);
	ret = make(m, parent);
	if (ret == -EEXIST)
		ret = look(m, parent);
	if (ret == -ESTALE)
		return err_set(err, -EEXIST, "'%s' in '%s' is of the wrong kind to be a mountpoint",
			       m->path, m->rootfs);
	return ret ? err_sys(err, ret, "cannot make the mountpoint '%s' in '%s'", m->path,
			     m->rootfs)
		   : 0;
}

/* Only what still is as empty as we made it. */
static int mountpoint_revert(struct scope *scope, void *args, struct err *err)
{
	const struct mountpoint *m = args;
	_cleanup_fd_ int parent = open_parent(m);
	struct stat st;

	(void)scope;
	if (parent < 0 && parent != -ENOENT && parent != -ENOTDIR && parent != -ELOOP)
		return err_sys(err, parent, "cannot look for the mountpoint '%s' in '%s'", m->path,
			       m->rootfs);
	if (parent < 0 || fstatat(parent, path_name(m->path), &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (!is_kind(m, &st) || (m->kind == KIND_FILE && (!S_ISREG(st.st_mode) || st.st_size)))
		return 0;
	if (!unlinkat(parent, path_name(m->path), m->kind == KIND_DIRECTORY ? AT_REMOVEDIR : 0))
		return 0;
	/* In use, or used by somebody else by now: it stays. */
	if (errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY)
		return 0;
	return err_sys(err, -errno, "cannot remove the mountpoint '%s' from '%s'", m->path,
		       m->rootfs);
}

static int mountpoint_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct mountpoint *m = args;
	_cleanup_fd_ int parent = open_parent(m);
	int ret = parent < 0 ? parent : look(m, parent);

	(void)scope;
	if (ret == -ESTALE)
		return err_set(err, ret, "'%s' in '%s' is of the wrong kind", m->path, m->rootfs);
	return ret ? err_sys(err, ret, "mountpoint '%s' in '%s'", m->path, m->rootfs) : 0;
}

static void mountpoint_show(const void *args, FILE *out)
{
	const struct mountpoint *m = args;
	_cleanup_free_ char *path =
		str_format("%s%s", strcmp(m->rootfs, "/") ? m->rootfs : "", m->path);

	fputs(m->kind == KIND_DIRECTORY ? "mkdir " : "touch ", out);
	str_print_shell(out, path ? path : m->path);
	fputc('\n', out);
}

static const struct step_type mountpoint_step = {
	.name = "rootfs.mountpoint",
	.args = &mountpoint_schema,
	.phase = PHASE_PREPARE,
	.apply = mountpoint_apply,
	.revert = mountpoint_revert,
	.probe = mountpoint_probe,
	.show = mountpoint_show,
};

const struct step_type *const rootfs_step_types[] = { &mountpoint_step, &relabel_step, NULL };

static bool is_planned(const struct plan *plan, const char *key)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].shared && !strcmp(plan->steps[i].shared, key))
			return true;
	return false;
}

static int add_step(const char *base, const char *path, int kind, bool missing, const char *origin,
		    const struct scope *scope, struct plan *plan, struct err *err)
{
	_cleanup_free_ char *key = str_format("rootfs.mountpoint:%s:%s", base, path);
	struct step where = { .origin = (char *)origin, .shared = key };
	struct mountpoint args = { .kind = kind };

	if (!key)
		return err_oom(err);
	/* What another container made looks as if it had always been there, but will not stay. */
	if (!missing && !shared_in_use(scope, key))
		return 0;
	if (is_planned(plan, key))
		return 0;
	args.rootfs = strdup(base);
	args.path = strdup(path);
	if (!args.rootfs || !args.path) {
		json_release(&mountpoint_schema, &args);
		return err_oom(err);
	}
	return plan_add(plan, &mountpoint_step, &where, &args, err);
}

int mountpoint_plan(const char *base, const char *real, size_t missing, bool file,
		    const char *origin, const struct scope *scope, struct plan *plan,
		    struct err *err)
{
	size_t depth = path_depth(real);

	for (size_t i = 1; i <= depth; i++) {
		_cleanup_free_ char *prefix = path_prefix(real, i);
		int ret;

		if (!prefix)
			return err_oom(err);
		ret = add_step(base, prefix, file && i == depth ? KIND_FILE : KIND_DIRECTORY,
			       i > depth - missing, origin, scope, plan, err);
		if (ret)
			return ret;
	}
	return 0;
}
