// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include "rootfs/attach.h"
#include "rootfs/own.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>

/* pty(7), Documentation/filesystems/devpts.rst */
#define PTMX_MAJOR        5
#define PTMX_MINOR        2
#define DEVPTS_ROOT_INODE 1

static bool is_ptmx(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(PTMX_MAJOR, PTMX_MINOR);
}

/*
 * A new master out of the devpts at /dev/pts beneath @root. Where it lies is not trusted: it has to be a
 * devpts, seen from its root, and nothing may be mounted in it. -ENODEV: there is none.
 */
static int open_master(int root, struct err *err)
{
	_cleanup_fd_ int pts = path_open(root, "/dev/pts", O_DIRECTORY);
	_cleanup_fd_ int master = -1;
	struct statfs fs;
	struct stat st;

	if (pts < 0 || fstatfs(pts, &fs) || fs.f_type != DEVPTS_SUPER_MAGIC || fstat(pts, &st) ||
	    st.st_ino != DEVPTS_ROOT_INODE)
		return err_set(err, -ENODEV, "/dev/pts is no devpts");
	master = file_open_how(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC,
			       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (master < 0)
		return err_sys(err, master, "/dev/pts/ptmx");
	if (!is_ptmx(master))
		return err_set(err, -ENODEV, "/dev/pts/ptmx is not the pty multiplexer (5:2)");
	return take_fd(&master);
}

static int open_host_master(struct err *err)
{
	_cleanup_fd_ int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0)
		return err_sys(err, -errno, "/dev/ptmx of the host");
	if (!is_ptmx(master))
		return err_set(err, -ENODEV,
			       "/dev/ptmx of the host is not the pty multiplexer (5:2)");
	return take_fd(&master);
}

/* The other end, without looking up any name (CVE-2025-52565). */
static int open_peer(int master, struct err *err)
{
	int unlocked = 0, slave;

	if (ioctl(master, TIOCSPTLCK, &unlocked))
		return err_sys(err, -errno, "cannot unlock the pty");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return slave < 0 ? err_sys(err, -errno, "cannot open the pty's other end") : slave;
}

static int open_slave(int master, uid_t owner, struct err *err)
{
	_cleanup_fd_ int slave = open_peer(master, err);
	struct stat st;

	if (slave < 0)
		return slave;
	if (fstat(slave, &st) || fchown(slave, owner, (gid_t)-1))
		return err_sys(err, -errno, "cannot give the pty to user %u", owner);
	/* Writable by the group only if devpts put it in one for terminals (its option gid=), as for write(1). */
	if (fchmod(slave, st.st_gid ? 0620 : 0600))
		return err_sys(err, -errno, "cannot set the pty's mode");
	return take_fd(&slave);
}

/* The place for the console: what is there already, or a new empty file. */
static int open_console(int dev, struct err *err)
{
	_cleanup_fd_ int made =
		openat(dev, "console", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (made < 0 && errno != EEXIST)
		return err_sys(err, -errno, "/dev/console");
	fd = openat(dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(err, -errno, "/dev/console");
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return err_set(err, -EEXIST,
			       "/dev/console is neither a file nor a device that a terminal "
			       "could be mounted on");
	return take_fd(&fd);
}

static int mount_console(const struct rootfs_run *run, int slave, struct err *err)
{
	_cleanup_fd_ int dev = own_scratch_directory(run, "/dev", err);
	_cleanup_fd_ int target = -1, tree = -1;
	int ret;

	if (dev < 0)
		return dev == -EROFS ? 0 : dev;
	target = open_console(dev, err);
	if (target < 0)
		return target;
	tree = tree_clone(slave, "", false);
	if (tree < 0)
		return err_sys(err, tree, "cannot clone the pty's node");
	ret = tree_attach(tree, target);
	return ret ? err_sys(err, ret, "cannot mount the pty on /dev/console") : 0;
}

int rootfs_make_console(const struct rootfs_spec *spec, struct rootfs_run *run, uid_t owner,
			int *master, int *slave, struct err *err)
{
	_cleanup_fd_ int m = open_master(run->root_fd, NULL);
	_cleanup_fd_ int s = -1;
	int ret;

	(void)spec;
	if (m < 0)
		m = open_host_master(err);
	if (m < 0)
		return err_wrap(err, "console");
	s = open_slave(m, owner, err);
	if (s < 0)
		return err_wrap(err, "console");
	ret = mount_console(run, s, err);
	if (ret)
		return err_wrap(err, "console");
	*master = take_fd(&m);
	*slave = take_fd(&s);
	return 0;
}

int rootfs_join_console(int host_ptmx, uid_t owner, int *master, int *slave, struct err *err)
{
	_cleanup_fd_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int m = -1, s = -1;

	if (root < 0)
		return err_sys(err, -errno, "console: /");
	m = open_master(root, err);
	if (m < 0 && host_ptmx >= 0 && is_ptmx(host_ptmx))
		m = fcntl(host_ptmx, F_DUPFD_CLOEXEC, 0);
	if (m < 0)
		return err_wrap(err, "console");
	s = open_slave(m, owner, err);
	if (s < 0)
		return err_wrap(err, "console");
	*master = take_fd(&m);
	*slave = take_fd(&s);
	return 0;
}

int rootfs_give_pty(int ptmx, uid_t uid, gid_t gid, struct err *err)
{
	_cleanup_fd_ int slave = -1;

	if (!is_ptmx(ptmx))
		return 0;
	slave = open_peer(ptmx, err);
	if (slave < 0)
		return err_wrap(err, "console");
	return fchown(slave, uid, gid)
		       ? err_sys(err, -errno, "console: cannot give the pty to %u:%u", uid, gid)
		       : 0;
}
