// SPDX-License-Identifier: Apache-2.0
#include "rootfs/device.h"

#include "rootfs/own.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>

const struct dev_link dev_links[] = { { "/dev/fd", "/proc/self/fd", NULL, false },
				      { "/dev/stdin", "/proc/self/fd/0", NULL, false },
				      { "/dev/stdout", "/proc/self/fd/1", NULL, false },
				      { "/dev/stderr", "/proc/self/fd/2", NULL, false },
				      /* As libcontainer named it, and as everybody else does. */
				      { "/dev/kcore", "/proc/kcore", "/proc/kcore", false },
				      { "/dev/core", "/proc/kcore", "/proc/kcore", false },
				      { "/dev/ptmx", "pts/ptmx", NULL, true },
				      { NULL, NULL, NULL, false } };

static bool has_devpts(const struct rootfs_run *run)
{
	_cleanup_fd_ int fd = path_open(run->root_fd, "/dev/pts", O_DIRECTORY);
	const struct rootfs_own *own = fd < 0 ? NULL : own_find(run, fd);

	return own && own->devpts;
}

static bool is_wanted(const struct dev_link *l, const struct rootfs_run *run)
{
	_cleanup_fd_ int needed = l->needs ? path_open(run->root_fd, l->needs, 0) : -1;

	if (l->needs && needed < 0)
		return false;
	return !l->needs_devpts || has_devpts(run);
}

int links_make(const struct rootfs_run *run, struct err *err)
{
	_cleanup_fd_ int dev = own_scratch_directory(run, "/dev", err);

	if (dev < 0)
		return dev == -EROFS ? 0 : dev;
	for (const struct dev_link *l = dev_links; l->path; l++)
		if (is_wanted(l, run) && symlinkat(l->target, dev, path_name(l->path)) &&
		    errno != EEXIST)
			return err_sys(err, -errno, "link %s", l->path);
	return 0;
}
