// SPDX-License-Identifier: Apache-2.0
#include "rootfs/mount.h"

#include "rootfs/attach.h"
#include "rootfs/command.h"
#include "rootfs/flags.h"
#include "rootfs/kind.h"
#include "rootfs/newfs.h"
#include "rootfs/own.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define PROC_ROOT_INODE 1 /* PROC_ROOT_INO, include/linux/proc_ns.h */

static bool is_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static bool is_same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/*
 * What the text allowed can still lead to a bad place by a symlink in the rootfs. That something lies on a
 * procfs is only right for another mount of proc on /proc.
 */
static int check_target(const struct rootfs_run *run, const char *inside, int target,
			struct err *err)
{
	if (is_same_file(target, run->root_fd))
		return err_set(err, -EINVAL,
			       "leads to the rootfs itself: mounting into / is prohibited");
	if (is_procfs(target) && strcmp(inside, "/proc"))
		return err_set(err, -EINVAL,
			       "cannot be mounted because it is located inside '/proc'");
	return 0;
}

/* The destination as an O_PATH fd; what is missing of it is made, if that is on a file system of ours. */
static int open_target(const struct rootfs_run *run, const struct rootfs_mount *m,
		       const char *inside, mode_t type, struct err *err)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -1;
	size_t missing;
	int ret = path_resolve(run->root_fd, inside, &real, &missing, err);

	if (ret)
		return ret;
	/* proc and sysfs elsewhere than where they are masked and trusted by path: CVE-2019-19921 and others. */
	if (mount_is_kernel_view(m) && strcmp(real, inside))
		return err_set(err, -ELOOP,
			       "'%s' leads through a symlink in the rootfs to '%s', and %s is "
			       "only mounted on a directory proper",
			       inside, real, m->type);
	ret = own_make(run, real, missing, type, err);
	if (ret)
		return ret;
	fd = path_open(run->root_fd, real, 0);
	if (fd < 0)
		return err_sys(err, fd, "'%s' in the rootfs", real);
	ret = check_target(run, inside, fd, err);
	return ret ? ret : take_fd(&fd);
}

/* The kernel's ENOTDIR does not tell which of the two it means. */
static int check_same_kind(int target, mode_t type, struct err *err)
{
	struct stat st;

	if (fstat(target, &st))
		return err_sys(err, -errno, "cannot look at the destination");
	if (S_ISDIR(st.st_mode) == (type == S_IFDIR))
		return 0;
	if (type == S_IFDIR)
		return err_set(err, -ENOTDIR,
			       "the destination is no directory, and a directory is to be mounted");
	return err_set(err, -EISDIR, "the destination is a directory, and a file is to be mounted");
}

/*
 * mount_namespaces(7): flags of what the host had mounted are locked in a user namespace, so a request to clear one is refused, and
 * so is any for other access times. Then they stay; what is set is set.
 */
static int change_flags(const struct rootfs_mount *m, int fd, uint64_t clear,
			const struct rootfs_run *run)
{
	uint64_t set = mount_flags_attrs(m->flags);
	int ret = tree_change(fd, set, clear, 0, m->flags & MS_REC);

	if (ret != -EPERM || !run->userns)
		return ret;
	return tree_change(fd, set & ~(uint64_t)MOUNT_ATTR__ATIME, 0, 0, m->flags & MS_REC);
}

static int set_propagation(const struct rootfs_mount *m, int fd, struct err *err)
{
	unsigned long propagation = mount_flags_propagation(m->flags);
	int ret = tree_change(fd, 0, 0, propagation, m->flags & MS_REC);

	return ret ? err_sys(err, ret, "cannot change the propagation") : 0;
}

static int attach(const struct rootfs_mount *m, int tree, int target, struct err *err)
{
	int ret = tree_attach(tree, target);

	if (ret)
		return err_sys(err, ret, "cannot attach the mount");
	return set_propagation(m, tree, err);
}

static int remember(const struct rootfs_mount *m, int tree, struct rootfs_run *run, struct err *err)
{
	struct rootfs_own own = mount_own(m);

	if (own.scratch && m->flags & MS_RDONLY) {
		own.readonly_fd = fcntl(tree, F_DUPFD_CLOEXEC, 0);
		if (own.readonly_fd < 0)
			return err_sys(err, -errno, "cannot keep the mount");
	}
	return own_add(run, tree, own, err);
}

/* Message queues have labels of their own; what is made in the container is like its root. */
static int label_root(int tree, const char *label, struct err *err)
{
	_cleanup_fd_ int dir = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_sys(err, -errno, "cannot open what was mounted")
		       : rootfs_label_file(dir, label, err);
}

/* What EPERM means in a user namespace: mount_too_revealing() and mount_capable() in the kernel. */
static const char covered[] =
	" (in a user namespace it takes one of the host that is not read-only and has nothing "
	"mounted over parts of it)";
static const char not_for_users[] =
	" (in a user namespace only file systems without a disk can be mounted)";

static int mount_procfs(const struct rootfs_procfs *procfs, const struct newfs *fs, struct err *err)
{
	_cleanup_fd_ int fs_fd = procfs->open(procfs->pidns, err);
	_cleanup_fd_ int tree = fs_fd < 0 ? fs_fd : newfs_mount_context(fs_fd, fs, err);
	int ret;

	if (tree < 0)
		return tree;
	ret = procfs->check(tree, procfs->pidns, err);
	return ret < 0 ? ret : take_fd(&tree);
}

static int mount_new(const struct rootfs_spec *spec, const struct rootfs_mount *m,
		     struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_fd_ int target = open_target(run, m, inside, S_IFDIR, err);
	bool tmpfs = !strcmp(m->type, "tmpfs");
	struct newfs fs = {
		.type = m->type, .source = m->source, .flags = m->flags, .data = m->data
	};
	_cleanup_fd_ int tree = -1;
	char mode[16];
	struct stat st;
	int ret;

	if (target < 0)
		return target;
	ret = check_same_kind(target, S_IFDIR, err);
	if (ret)
		return ret;
	/* Writable until rootfs_restrict(): other mounts and the devices want their places in it. */
	if (mount_is_scratch(m))
		fs.flags &= ~(unsigned long)MS_RDONLY;
	/* A tmpfs over a directory has that directory's mode, as with libcontainer: /tmp stays 1777. */
	if (tmpfs && !fstat(target, &st)) {
		snprintf(mode, sizeof(mode), "%o", st.st_mode & 07777);
		fs.mode = mode;
	}
	/* These have labels of their own for each file, and take no context. */
	if (!mount_is_kernel_view(m) && strcmp(m->type, "mqueue"))
		fs.label = spec->mount_label;
	tree = run->procfs && !strcmp(m->type, "proc") ? mount_procfs(run->procfs, &fs, err)
						       : newfs_mount(&fs, err);
	if (tree == -EPERM && run->userns)
		return err_append(err, "%s", mount_is_kernel_view(m) ? covered : not_for_users);
	if (tree < 0)
		return tree;
	ret = strcmp(m->type, "mqueue") ? 0 : label_root(tree, spec->mount_label, err);
	if (!ret)
		ret = attach(m, tree, target, err);
	return ret ? ret : remember(m, tree, run, err);
}

/* What is different for a process in a user namespace. */
static int explain_source(const struct rootfs_run *run, int code, struct err *err)
{
	if (run->userns && code == -EACCES)
		err_append(err, " (the container's root has to get there by its id on the host)");
	if (run->userns && code == -EINVAL)
		err_append(err,
			   " (in a user namespace the mounts below it have to come along, with "
			   "the flag MS_REC)");
	return code;
}

static int clone_source(const struct rootfs_mount *m, const struct rootfs_run *run, mode_t *type,
			struct err *err)
{
	_cleanup_fd_ int tree = tree_clone(AT_FDCWD, m->source, m->flags & MS_REC);
	struct stat st;

	if (tree < 0) {
		err_sys(err, tree, "source '%s'", m->source);
		return explain_source(run, tree, err);
	}
	if (fstat(tree, &st))
		return err_sys(err, -errno, "source '%s'", m->source);
	*type = S_ISDIR(st.st_mode) ? S_IFDIR : S_IFREG;
	return take_fd(&tree);
}

/* On /proc itself only the root of a procfs will do, whatever the host has at the source's path. */
static int check_proc_source(const char *inside, int tree, struct err *err)
{
	struct stat st;

	if (strcmp(inside, "/proc"))
		return 0;
	if (is_procfs(tree) && !fstat(tree, &st) && st.st_ino == PROC_ROOT_INODE)
		return 0;
	return err_set(err, -EINVAL, "only a proc file system can be mounted on '/proc'");
}

static int mount_bind(const struct rootfs_spec *spec, const struct rootfs_mount *m,
		      struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_fd_ int tree = -1, target = -1;
	mode_t type = S_IFDIR;
	int ret;

	(void)spec;
	tree = clone_source(m, run, &type, err);
	if (tree < 0)
		return tree;
	ret = check_proc_source(inside, tree, err);
	if (ret)
		return ret;
	target = open_target(run, m, inside, type, err);
	if (target < 0)
		return target;
	ret = check_same_kind(target, type, err);
	if (ret)
		return ret;
	ret = change_flags(m, tree, mount_flags_clear(m->flags), run);
	if (ret)
		return err_sys(err, ret, "cannot set the flags of the mount");
	return attach(m, tree, target, err);
}

/* What is mounted at @inside already. */
static int open_mounted(const struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -1;
	struct statx st;
	size_t missing;
	int ret = path_resolve(run->root_fd, inside, &real, &missing, err);

	if (ret)
		return ret;
	fd = path_open(run->root_fd, real, 0);
	if (fd < 0)
		return err_sys(err, fd, "'%s' in the rootfs", real);
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st))
		return err_sys(err, -errno, "'%s' in the rootfs", real);
	if (is_same_file(fd, run->root_fd) || !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return err_set(err, -EINVAL, "nothing is mounted there that could be changed");
	return take_fd(&fd);
}

static int mount_cgroup(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_fd_ int target = open_target(run, m, inside, S_IFDIR, err);
	_cleanup_fd_ int made = -1;
	int ret;

	if (target < 0)
		return target;
	ret = check_same_kind(target, S_IFDIR, err);
	if (!ret)
		ret = mount_cgroups(m, spec->mount_label, run, target, err);
	if (ret || !mount_flags_propagation(m->flags))
		return ret;
	made = open_mounted(run, inside, err);
	return made < 0 ? made : set_propagation(m, made, err);
}

static int mount_remount(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			 struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_fd_ int fd = open_mounted(run, inside, err);
	const struct rootfs_own *own;
	int ret;

	(void)spec;
	if (fd < 0)
		return fd;
	own = own_find(run, fd);
	/* Behind others is a file system of the host, whose own options are not ours to change. */
	if (!(m->flags & MS_BIND) && own && own->exclusive) {
		ret = newfs_reconfigure(fd, m->flags, m->data, err);
		if (ret)
			return ret;
	}
	ret = change_flags(m, fd, mount_flags_clear_all(m->flags), run);
	if (ret)
		return err_sys(err, ret, "cannot change the flags of the mount");
	return set_propagation(m, fd, err);
}

static int mount_propagate(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			   struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_fd_ int fd = open_mounted(run, inside, err);

	(void)spec;
	return fd < 0 ? fd : set_propagation(m, fd, err);
}

static int (*const by_kind[])(const struct rootfs_spec *, const struct rootfs_mount *,
			      struct rootfs_run *, const char *, struct err *) = {
	[MOUNT_NEW] = mount_new,
	[MOUNT_BIND] = mount_bind,
	[MOUNT_CGROUP] = mount_cgroup,
	[MOUNT_REMOUNT] = mount_remount,
	[MOUNT_PROPAGATION] = mount_propagate,
};

static int make_mount(const struct rootfs_spec *spec, size_t i, struct rootfs_run *run,
		      struct err *err)
{
	const struct rootfs_mount *m = &spec->mounts[i];
	_cleanup_free_ char *inside = NULL;
	char origin[MOUNT_ORIGIN_MAX];
	int ret = path_inside(spec->path, m->destination, &inside, err);

	if (!ret)
		ret = by_kind[mount_kind(m)](spec, m, run, inside, err);
	return ret ? err_wrap(err, "%s", mount_origin(spec, i, origin)) : 0;
}

int mount_entry(const struct rootfs_spec *spec, size_t i, struct rootfs_run *run, struct err *err)
{
	int ret = commands_run(spec, i, BEFORE_MOUNT, run, err);

	if (!ret)
		ret = make_mount(spec, i, run, err);
	return ret ? ret : commands_run(spec, i, AFTER_MOUNT, run, err);
}
