// SPDX-License-Identifier: Apache-2.0
#include "rootfs/mount.h"

#include "rootfs/attach.h"
#include "rootfs/flags.h"
#include "rootfs/newfs.h"
#include "rootfs/own.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

static bool is_unified(const struct rootfs_cgroup *c)
{
	struct statfs fs;

	return statfs(c->path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* The directory's name: the controllers as the kernel lists them, "systemd" for "name=systemd". */
static const char *directory_name(const struct rootfs_cgroup *c)
{
	if (is_unified(c))
		return "unified";
	return str_starts(c->controllers, "name=") ? c->controllers + strlen("name=")
						   : c->controllers;
}

static int bind_cgroup(const struct rootfs_mount *m, const struct rootfs_cgroup *c, int target,
		       struct err *err)
{
	_cleanup_fd_ int tree = tree_clone(AT_FDCWD, c->path, false);
	int ret;

	if (tree < 0)
		return err_sys(err, tree, "cgroup '%s'", c->path);
	ret = tree_change(tree, mount_flags_attrs(m->flags), mount_flags_clear(m->flags), 0, false);
	if (!ret)
		ret = tree_attach(tree, target);
	return ret ? err_sys(err, ret, "cannot mount the cgroup '%s'", c->path) : 0;
}

/* cpu -> cpu,cpuacct and cpuacct -> cpu,cpuacct, where both are one hierarchy. */
static int link_controllers(int dir, const char *name, struct err *err)
{
	_cleanup_free_ char *copy = strdup(name);
	char *save = NULL;

	if (!copy)
		return err_oom(err);
	if (!strchr(name, ','))
		return 0;
	for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save))
		if (symlinkat(name, dir, one) && errno != EEXIST)
			return err_sys(err, -errno, "link '%s'", one);
	return 0;
}

static int add_cgroup(const struct rootfs_mount *m, const struct rootfs_cgroup *c, int dir,
		      struct err *err)
{
	const char *name = directory_name(c);
	_cleanup_fd_ int target = -1;
	int ret;

	if (str_empty(name) || strchr(name, '/') || strlen(name) > NAME_MAX)
		return err_set(err, -EINVAL, "cgroup '%s' has no usable name ('%s')", c->path,
			       name);
	if (mkdirat(dir, name, 0755) && errno != EEXIST)
		return err_sys(err, -errno, "directory '%s'", name);
	target = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return err_sys(err, -errno, "directory '%s'", name);
	ret = bind_cgroup(m, c, target, err);
	return ret ? ret : link_controllers(dir, name, err);
}

/* The one that is mounted without a tmpfs around it, or NULL. */
static const struct rootfs_cgroup *find_single(const struct rootfs_mount *m,
					       const struct rootfs_run *run)
{
	if (run->cgroup_count > 1 && strcmp(m->type, "cgroup2"))
		return NULL;
	for (size_t i = 0; i < run->cgroup_count; i++)
		if (is_unified(&run->cgroups[i]))
			return &run->cgroups[i];
	return NULL;
}

static int mount_hierarchies(const struct rootfs_mount *m, const char *label,
			     struct rootfs_run *run, int target, struct err *err)
{
	/* Writable until it is filled. */
	const struct newfs fs = {
		.type = "tmpfs",
		.flags = (m->flags | MS_NOSUID | MS_NODEV | MS_NOEXEC) & ~(unsigned long)MS_RDONLY,
		.mode = "755",
		.label = label,
	};
	_cleanup_fd_ int dir = newfs_mount(&fs, err);
	int ret;

	if (dir < 0)
		return dir;
	ret = tree_attach(dir, target);
	if (ret)
		return err_sys(err, ret, "cannot attach the mount");
	for (size_t i = 0; !ret && i < run->cgroup_count; i++)
		ret = add_cgroup(m, &run->cgroups[i], dir, err);
	if (ret)
		return ret;
	if (m->flags & MS_RDONLY)
		ret = tree_change(dir, MOUNT_ATTR_RDONLY, 0, 0, false);
	if (ret)
		return err_sys(err, ret, "cannot make it read-only");
	return own_add(run, dir, (struct rootfs_own){ .exclusive = true, .readonly_fd = -1 }, err);
}

int mount_cgroups(const struct rootfs_mount *m, const char *label, struct rootfs_run *run,
		  int target, struct err *err)
{
	const struct rootfs_cgroup *single = find_single(m, run);

	if (single)
		return bind_cgroup(m, single, target, err);
	if (!run->cgroup_count || !strcmp(m->type, "cgroup2"))
		return err_set(err, -ENODEV,
			       "the container has no cgroup that could be shown there");
	return mount_hierarchies(m, label, run, target, err);
}
