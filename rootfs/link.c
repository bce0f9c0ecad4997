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

static int make_link(const struct dev_link *l, const struct rootfs_run *run, struct err *err)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_free_ char *dir_path = path_prefix(l->path, path_depth(l->path) - 1);
	_cleanup_fd_ int dir = -1;
	const struct rootfs_own *own;
	size_t missing;
	int ret;

	if (!dir_path)
		return err_oom(err);
	ret = path_resolve(run->root_fd, dir_path, &real, &missing, err);
	if (ret || missing)
		return ret;
	dir = path_open(run->root_fd, real, O_DIRECTORY);
	own = dir < 0 ? NULL : own_find(run, dir);
	if (!own || !own->scratch)
		return 0;
	if (symlinkat(l->target, dir, path_name(l->path)) && errno != EEXIST)
		return err_sys(err, -errno, "link %s", l->path);
	return 0;
}

int links_make(const struct rootfs_run *run, struct err *err)
{
	for (const struct dev_link *l = dev_links; l->path; l++) {
		int ret = is_wanted(l, run) ? make_link(l, run, err) : 0;

		if (ret)
			return ret;
	}
	return 0;
}
