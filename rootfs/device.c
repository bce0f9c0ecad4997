// SPDX-License-Identifier: Apache-2.0
#include "rootfs/device.h"

#include "rootfs/attach.h"
#include "rootfs/kind.h"
#include "rootfs/newfs.h"
#include "rootfs/own.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

mode_t device_type(const struct rootfs_device *d)
{
	switch (d->type) {
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	default:
		return S_IFCHR;
	}
}

static dev_t device_number(const struct rootfs_device *d)
{
	return d->type == 'p' ? 0 : makedev((unsigned int)d->major, (unsigned int)d->minor);
}

static bool is_node(const struct stat *st, const struct rootfs_device *d)
{
	return (st->st_mode & S_IFMT) == device_type(d) &&
	       (d->type == 'p' || st->st_rdev == device_number(d));
}

static bool is_as_asked(const struct stat *st, const struct rootfs_device *d)
{
	return (st->st_mode & 07777) == (d->file_mode & 07777) && st->st_uid == d->uid &&
	       st->st_gid == d->gid;
}

static int make_node(const struct rootfs_device *d, int dir, const char *name, struct err *err)
{
	mode_t mask = umask(0);
	int ret = mknodat(dir, name, device_type(d) | (d->file_mode & 07777), device_number(d))
			  ? -errno
			  : 0;

	umask(mask);
	if (ret)
		return err_sys(err, ret, "cannot make the node");
	/* Owner first: chown(2) clears set-id bits. */
	if (fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW))
		return err_sys(err, -errno, "cannot give the node to %u:%u", d->uid, d->gid);
	if (d->file_mode & 07000 && fchmodat(dir, name, d->file_mode & 07777, 0))
		return err_sys(err, -errno, "cannot set the node's mode");
	return 0;
}

/* A mount of a single node, made on a tmpfs of its own. */
static int make_node_mount(const struct rootfs_device *d, struct err *err)
{
	const struct newfs fs = { .type = "tmpfs", .flags = MS_NOSUID | MS_NOEXEC, .mode = "700" };
	_cleanup_fd_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int dir = newfs_mount(&fs, err);
	_cleanup_fd_ int node = -1;
	int ret;

	if (dir < 0)
		return dir;
	ret = make_node(d, dir, "node", err);
	if (ret)
		return ret;
	/*
	 * Only what is attached can be cloned before Linux 6.15. On top of the host's root in our mount namespace
	 * nobody comes by in the meantime: paths start below it.
	 */
	ret = root < 0 ? -errno : tree_attach(dir, root);
	if (ret)
		return err_sys(err, ret, "cannot attach the device's file system");
	node = tree_clone(dir, "node", false);
	ret = tree_detach(dir);
	if (node < 0 || ret)
		return err_sys(err, node < 0 ? node : ret, "cannot mount the node by itself");
	return take_fd(&node);
}

/*
 * Read-only, or the node's owner could change it for all of the host, if he has an id in the container. Following the
 * host's symlinks: they are the host's business, as long as the device is the one.
 */
static int clone_host_node(const struct rootfs_device *d, const char *inside, struct err *err)
{
	_cleanup_fd_ int node = tree_clone(AT_FDCWD, inside, false);
	struct stat st;
	int ret;

	if (node < 0)
		return err_sys(
			err, node,
			"in a user namespace nodes are the host's, and its '%s' cannot be mounted",
			inside);
	if (fstat(node, &st))
		return err_sys(err, -errno, "'%s' of the host", inside);
	if (!is_node(&st, d))
		return err_set(err, -ENODEV,
			       "in a user namespace nodes are the host's, and its '%s' is not the "
			       "%s device %u:%u",
			       inside, device_type(d) == S_IFBLK ? "block" : "character",
			       (unsigned int)d->major, (unsigned int)d->minor);
	ret = tree_change(node, MOUNT_ATTR_RDONLY, 0, 0, false);
	return ret ? err_sys(err, ret, "'%s' of the host", inside) : take_fd(&node);
}

/* Over the file at @real, which is a mountpoint of rootfs_plan() or at least empty. */
static int mount_node(const struct rootfs_device *d, const struct rootfs_run *run,
		      const char *inside, const char *real, struct err *err)
{
	_cleanup_fd_ int target = path_open(run->root_fd, real, 0);
	_cleanup_fd_ int node = -1;
	int ret;

	if (target < 0)
		return err_sys(err, target, "'%s' in the rootfs", real);
	node = run->userns ? clone_host_node(d, inside, err) : make_node_mount(d, err);
	if (node < 0)
		return node;
	ret = tree_attach(node, target);
	return ret ? err_sys(err, ret, "cannot mount the node") : 0;
}

/* An empty file for a node to be mounted on. */
static int make_place(int dir, const char *name, struct err *err)
{
	_cleanup_fd_ int made = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return made < 0 ? err_sys(err, -errno, "cannot make a place for the node") : 0;
}

/*
 * Something is there: the very device, which gets one with the right mode and owner mounted over it if its own are
 * others; a mountpoint for it; or what we do not touch. A fifo is not one of many alike: whoever has it open is behind it.
 * In a user namespace no other mode or owner can be had.
 */
static int use_existing(const struct rootfs_device *d, const struct rootfs_run *run,
			const char *inside, const char *real, struct err *err)
{
	_cleanup_fd_ int fd = path_open(run->root_fd, real, 0);
	struct stat st;

	if (fd < 0)
		return err_sys(err, fd, "'%s' in the rootfs", real);
	if (fstat(fd, &st))
		return err_sys(err, -errno, "'%s' in the rootfs", real);
	if (is_node(&st, d) && (d->type == 'p' || run->userns || is_as_asked(&st, d)))
		return 0;
	if (is_node(&st, d) || (S_ISREG(st.st_mode) && st.st_size == 0))
		return mount_node(d, run, inside, real, err);
	return err_set(err, -EEXIST, "something else is there already");
}

int device_make(const struct rootfs_device *d, struct rootfs_run *run, struct err *err)
{
	_cleanup_free_ char *inside = NULL, *real = NULL;
	_cleanup_fd_ int dir = -1;
	size_t missing;
	int ret = path_inside(NULL, d->path, &inside, err);

	if (!ret)
		ret = path_resolve(run->root_fd, inside, &real, &missing, err);
	if (ret)
		return ret;
	if (!missing)
		return use_existing(d, run, inside, real, err);
	dir = own_scratch_parent(run, real, missing, err);
	if (dir == -EROFS)
		return err_set(err, dir,
			       "'%s' is missing, and nodes are only made where the container has a "
			       "tmpfs of its own",
			       real);
	if (dir < 0)
		return dir;
	if (!run->userns || d->type == 'p')
		return make_node(d, dir, path_name(real), err);
	ret = make_place(dir, path_name(real), err);
	return ret ? ret : mount_node(d, run, inside, real, err);
}

int rootfs_make_devices(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err)
{
	char origin[MOUNT_ORIGIN_MAX];

	for (size_t i = 0; i < spec->device_count; i++) {
		int ret = device_make(&spec->devices[i], run, err);

		if (ret)
			return err_wrap(err, "%s", device_origin(spec, i, origin));
	}
	return links_make(run, err);
}
