// SPDX-License-Identifier: Apache-2.0
#include "ns/self.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

/* Of the file system or the mount: a container cannot undo either, without being able to mount on the host. */
static bool is_readonly(void)
{
	struct statvfs fs;

	return statvfs(SELF, &fs) == 0 && fs.f_flag & ST_RDONLY;
}

/* It is in no mount namespace, so it goes with the last process that uses it. */
static int open_readonly(struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	_cleanup_fd_ int fd = open_tree(AT_FDCWD, SELF, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(err, -errno, "cannot protect ctrnet's own file (" SELF ")");
	return take_fd(&fd);
}

int self_protect(char *const *argv, struct err *err)
{
	_cleanup_fd_ int fd = -1;

	/* Until Linux 6.14 the name of what was executed by a descriptor is that one's number. */
	if (is_readonly()) {
		prctl(PR_SET_NAME, "ctrnet", 0, 0, 0);
		return 0;
	}
	fd = open_readonly(err);
	if (fd < 0)
		return fd;
	execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(err, -errno, "cannot execute ctrnet's own file");
}
