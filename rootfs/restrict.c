// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include "rootfs/attach.h"
#include "rootfs/newfs.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/*
 * A mount to cover others with. The first use attaches it; later ones attach clones of it, which needs an
 * attached original before Linux 6.15.
 */
struct cover {
	int fd;
	bool attached;
};

static int cover_put(struct cover *c, int target, struct err *err)
{
	_cleanup_fd_ int clone = c->attached ? tree_clone(c->fd, "", false) : -1;
	int ret;

	if (c->attached && clone < 0)
		return err_sys(err, clone, "cannot clone the cover");
	ret = tree_attach(c->attached ? clone : c->fd, target);
	if (ret)
		return err_sys(err, ret, "cannot cover it");
	c->attached = true;
	return 0;
}

/*
 * What is named below /proc has to be on a procfs: on anything else (an image's own /proc, a mount over it) masking
 * would protect nothing (CVE-2019-16884).
 */
static int check_proc(const char *inside, int fd, struct err *err)
{
	struct statfs fs;

	if (!path_is_below(inside, "/proc"))
		return 0;
	if (fstatfs(fd, &fs))
		return err_sys(err, -errno, "'%s'", inside);
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(err, -EINVAL, "'%s' does not lie on a proc file system", inside);
	return 0;
}

/* *@fd is -1 when there is nothing to restrict. */
static int open_restricted(const struct rootfs_run *run, const char *inside, int *fd,
			   struct err *err)
{
	_cleanup_free_ char *real = NULL;
	struct err why;
	size_t missing;
	int ret = path_resolve(run->root_fd, inside, &real, &missing, &why);

	*fd = -1;
	if (ret == -ENOTDIR || (!ret && missing))
		return 0;
	if (ret)
		return err_set(err, ret, "%s", why.text);
	*fd = path_open(run->root_fd, real, 0);
	if (*fd == -ENOENT)
		*fd = -1;
	if (*fd < -1)
		return err_sys(err, *fd, "'%s'", inside);
	ret = *fd >= 0 ? check_proc(inside, *fd, err) : 0;
	if (ret)
		*fd = close_fd(*fd);
	return ret;
}

static int make_readonly(const struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_fd_ int target = -1, tree = -1;
	int ret = open_restricted(run, inside, &target, err);

	if (ret || target < 0)
		return ret;
	if (!strcmp(inside, "/")) {
		ret = tree_change(run->root_fd, MOUNT_ATTR_RDONLY, 0, 0, true);
		return ret ? err_sys(err, ret, "cannot make it read-only") : 0;
	}
	/* The clone has all flags of what it is cloned from. */
	tree = tree_clone(target, "", true);
	if (tree < 0)
		return err_sys(err, tree, "cannot clone the mount");
	ret = tree_change(tree, MOUNT_ATTR_RDONLY, 0, 0, true);
	if (!ret)
		ret = tree_attach(tree, target);
	return ret ? err_sys(err, ret, "cannot make it read-only") : 0;
}

static int make_empty(const char *label, struct cover *empty, struct err *err)
{
	const struct newfs fs = {
		.type = "tmpfs",
		.flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		.data = "nr_blocks=1,nr_inodes=1",
		.mode = "755",
		.label = label,
	};

	if (empty->fd < 0)
		empty->fd = newfs_mount(&fs, err);
	return empty->fd < 0 ? empty->fd : 0;
}

static int mask(const struct rootfs_spec *spec, const struct rootfs_run *run, const char *inside,
		struct cover *null, struct cover *empty, struct err *err)
{
	_cleanup_fd_ int target = -1;
	struct stat st;
	int ret = open_restricted(run, inside, &target, err);

	if (ret || target < 0)
		return ret;
	if (fstat(target, &st))
		return err_sys(err, -errno, "'%s'", inside);
	if (!S_ISDIR(st.st_mode))
		return cover_put(null, target, err);
	ret = make_empty(spec->mount_label, empty, err);
	return ret ? ret : cover_put(empty, target, err);
}

/* A path that is listed twice lies under its cover by now, and no longer on the file system it has to be on. */
static bool seen_before(char *const *paths, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(paths[j], paths[i]))
			return true;
	return false;
}

static int mask_all(const struct rootfs_spec *spec, const struct rootfs_run *run, struct err *err)
{
	struct cover null = { .fd = run->null_fd }, empty = { .fd = -1 };
	char **paths = spec->masked_paths;
	int ret = 0;

	for (size_t i = 0; !ret && paths && paths[i]; i++) {
		_cleanup_free_ char *inside = NULL;

		if (seen_before(paths, i))
			continue;
		ret = path_inside(NULL, paths[i], &inside, err);
		if (!ret)
			ret = mask(spec, run, inside, &null, &empty, err);
		if (ret)
			err_wrap(err, "mask_paths[%zu] (%s)", i, paths[i]);
	}
	close_fd(empty.fd);
	return ret;
}

static int make_all_readonly(const struct rootfs_spec *spec, const struct rootfs_run *run,
			     struct err *err)
{
	char **paths = spec->readonly_paths;

	for (size_t i = 0; paths && paths[i]; i++) {
		_cleanup_free_ char *inside = NULL;
		int ret = path_inside(NULL, paths[i], &inside, err);

		if (!ret)
			ret = make_readonly(run, inside, err);
		if (ret)
			return err_wrap(err, "readonly_paths[%zu] (%s)", i, paths[i]);
	}
	return 0;
}

static int finish_mounts(const struct rootfs_run *run, struct err *err)
{
	for (size_t i = 0; i < run->own_count; i++) {
		int fd = run->own[i].readonly_fd;
		int ret = fd < 0 ? 0 : tree_change(fd, MOUNT_ATTR_RDONLY, 0, 0, false);

		if (ret)
			return err_sys(err, ret, "cannot make a tmpfs read-only");
	}
	return 0;
}

int rootfs_restrict(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err)
{
	int ret = finish_mounts(run, err);

	if (!ret)
		ret = make_all_readonly(spec, run, err);
	if (!ret)
		ret = mask_all(spec, run, err);
	if (ret || !spec->readonly)
		return ret;
	ret = tree_change(run->root_fd, MOUNT_ATTR_RDONLY, 0, 0, false);
	return ret ? err_sys(err, ret, "cannot make the root read-only") : 0;
}
