// SPDX-License-Identifier: Apache-2.0
#include "rootfs/attach.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000 /* linux/fcntl.h, which cannot be included together with fcntl.h */
#endif

static unsigned int recursion(bool recursive)
{
	return recursive ? AT_RECURSIVE : 0;
}

int tree_clone(int dirfd, const char *path, bool recursive)
{
	int fd = open_tree(dirfd, path,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
				   recursion(recursive));

	return fd < 0 ? -errno : fd;
}

int tree_attach(int tree, int target_fd)
{
	return move_mount(tree, "", target_fd, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)
		       ? -errno
		       : 0;
}

/* umount2(2) takes paths only: the mount is entered for a moment, and "." is its path. */
int tree_detach(int fd)
{
	_cleanup_fd_ int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (here < 0 || fchdir(fd))
		return -errno;
	ret = umount2(".", MNT_DETACH) ? -errno : 0;
	return fchdir(here) && !ret ? -errno : ret;
}

int tree_change(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = propagation };

	if (!set && !clear && !propagation)
		return 0;
	return mount_setattr(fd, "", AT_EMPTY_PATH | recursion(recursive), &attr, sizeof(attr))
		       ? -errno
		       : 0;
}
