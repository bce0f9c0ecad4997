// SPDX-License-Identifier: Apache-2.0
/* Which mountpoints the rootfs lacks, told before anything is mounted. */
#include "rootfs/rootfs.h"

#include "rootfs/command.h"
#include "rootfs/kind.h"
#include "rootfs/mountpoint.h"
#include "rootfs/path.h"
#include "rootfs/relabel.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct planner {
	const struct rootfs_spec *spec;
	const struct scope *scope;
	struct plan *plan;
	char *rootfs;  /* absolute, without symlinks and needless slashes */
	char **inside; /* of each mount: real where it lies on the rootfs itself */
};

static bool takes_place(const struct rootfs_mount *m)
{
	enum mount_kind kind = mount_kind(m);

	return kind != MOUNT_REMOUNT && kind != MOUNT_PROPAGATION;
}

/* The mount among the first @limit that @path lies on, the last if there are several; @limit: none. */
static size_t find_cover(const struct planner *p, size_t limit, const char *path)
{
	for (size_t i = limit; i-- > 0;)
		if (takes_place(&p->spec->mounts[i]) && path_is_below(path, p->inside[i]))
			return i;
	return limit;
}

/*
 * The directory of the host that @path is in, and the rest of the path below it. *@base is NULL when
 * it is on a file system that does not exist yet: what is missing there is made by the child and goes
 * with the container.
 */
static int find_base(const struct planner *p, size_t limit, const char *path, char **base,
		     const char **rest, struct err *err)
{
	size_t cover = find_cover(p, limit, path);
	const struct rootfs_mount *m = cover < limit ? &p->spec->mounts[cover] : NULL;

	*base = NULL;
	*rest = path;
	if (!m) {
		*base = strdup(p->rootfs);
		return *base ? 0 : err_oom(err);
	}
	if (mount_kind(m) != MOUNT_BIND)
		return 0;
	*rest = path + strlen(p->inside[cover]);
	/* One that cannot be followed now is an error of the bind mount itself. */
	*base = realpath(m->source, NULL);
	return !*base && errno == ENOMEM ? err_oom(err) : 0;
}

/* *@inside becomes real where that can be told. */
static int plan_path(const struct planner *p, size_t limit, char **inside, bool file,
		     const char *origin, struct err *err)
{
	_cleanup_free_ char *base = NULL, *real = NULL;
	_cleanup_fd_ int root = -1;
	const char *rest;
	size_t missing;
	int ret = find_base(p, limit, *inside, &base, &rest, err);

	if (ret || !base || !*rest)
		return ret;
	root = path_open_host(base, O_DIRECTORY);
	if (root == -ENOTDIR || root == -EACCES)
		return 0;
	if (root < 0)
		return err_sys(err, root, "'%s'", base);
	ret = path_resolve(root, rest, &real, &missing, err);
	/* A dry run by somebody who may not look: what is there cannot be told. */
	if (ret)
		return ret == -EACCES ? 0 : ret;
	if (rest != *inside)
		return mountpoint_plan(base, real, missing, file, origin, p->scope, p->plan, err);
	free(*inside);
	*inside = take_ptr(real);
	/* A symlink led onto a mount that is not there yet. */
	if (find_cover(p, limit, *inside) < limit)
		return plan_path(p, limit, inside, file, origin, err);
	return mountpoint_plan(base, *inside, missing, file, origin, p->scope, p->plan, err);
}

static int is_file_source(const struct rootfs_spec *spec, size_t i, bool *file, struct err *err)
{
	const struct rootfs_mount *m = &spec->mounts[i];
	struct stat st;

	*file = m->planned_file;
	if (mount_kind(m) != MOUNT_BIND || *file)
		return 0;
	/* What a command has yet to make can be told by nobody: most are directories. */
	if (stat(m->source, &st))
		return errno == EACCES || (errno == ENOENT && commands_until(spec, i))
			       ? 0
			       : err_sys(err, -errno, "source '%s'", m->source);
	*file = !S_ISDIR(st.st_mode);
	return 0;
}

static int plan_mount(const struct planner *p, size_t i, struct err *err)
{
	const struct rootfs_mount *m = &p->spec->mounts[i];
	char origin[MOUNT_ORIGIN_MAX];
	bool file;
	int ret;

	if (!takes_place(m))
		return 0;
	mount_origin(p->spec, i, origin);
	ret = is_file_source(p->spec, i, &file, err);
	if (!ret)
		ret = plan_path(p, i, &p->inside[i], file, origin, err);
	if (!ret)
		ret = relabel_plan(p->spec, m, origin, p->plan, err);
	return ret ? err_wrap(err, "%s", origin) : 0;
}

static int plan_device(const struct planner *p, size_t i, struct err *err)
{
	const char *path = p->spec->devices[i].path;
	_cleanup_free_ char *inside = NULL;
	char origin[MOUNT_ORIGIN_MAX];
	int ret = path_inside(NULL, path, &inside, err);

	device_origin(p->spec, i, origin);
	if (!ret)
		ret = plan_path(p, p->spec->mount_count, &inside, true, origin, err);
	return ret ? err_wrap(err, "%s", origin) : 0;
}

static int plan_all(struct planner *p, struct err *err)
{
	int ret = path_inside(NULL, p->spec->path, &p->rootfs, err);

	if (!ret)
		p->inside = calloc(p->spec->mount_count + 1, sizeof(*p->inside));
	if (!ret && !p->inside)
		return err_oom(err);
	for (size_t i = 0; !ret && i < p->spec->mount_count; i++) {
		ret = path_inside(p->spec->path, p->spec->mounts[i].destination, &p->inside[i],
				  err);
		if (!ret)
			ret = plan_mount(p, i, err);
	}
	for (size_t i = 0; !ret && i < p->spec->device_count; i++)
		ret = plan_device(p, i, err);
	return ret;
}

int rootfs_plan(const struct rootfs_spec *spec, const struct scope *scope, struct plan *plan,
		struct err *err)
{
	struct planner p = { .spec = spec, .scope = scope, .plan = plan };
	int ret = plan_all(&p, err);

	for (size_t i = 0; p.inside && i < spec->mount_count; i++)
		free(p.inside[i]);
	free(p.inside);
	free(p.rootfs);
	return ret;
}
