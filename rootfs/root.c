// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include "rootfs/attach.h"
#include "rootfs/mount.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* From here on nothing we mount shows up on the host; what the host mounts shows up here, or not. */
static int cut_propagation(const struct rootfs_spec *spec, struct err *err)
{
	unsigned long how = spec->private_propagation ? MS_PRIVATE : MS_SLAVE;

	return mount(NULL, "/", NULL, MS_REC | how, NULL)
		       ? err_sys(err, -errno, "cannot make the mounts %s",
				 spec->private_propagation ? "private" : "slaves")
		       : 0;
}

/*
 * The container's root has to get to the rootfs by its id on the host. The error names the first directory that he may
 * not search.
 */
static int explain_denied(const char *path, struct err *err)
{
	_cleanup_free_ char *inside = NULL;

	if (path_inside(NULL, path, &inside, NULL))
		return -EACCES;
	for (size_t i = 1; i <= path_depth(inside); i++) {
		_cleanup_free_ char *above = path_prefix(inside, i - 1);
		_cleanup_free_ char *at = path_prefix(inside, i);

		if (!above || !at || access(at, F_OK) == 0 || errno != EACCES)
			continue;
		return err_set(err, -EACCES,
			       "rootfs '%s': the container's root has no right to search '%s' on "
			       "the host (chmod o+x, or another place)",
			       path, above);
	}
	return -EACCES;
}

/* pivot_root(2) wants a mount; the clone inherits the propagation of what it is cloned from. */
static int make_root(const struct rootfs_spec *spec, struct err *err)
{
	_cleanup_fd_ int place = path_open_host(spec->path, O_DIRECTORY);
	_cleanup_fd_ int tree = -1;
	int ret;

	if (place < 0) {
		err_sys(err, place, "rootfs '%s'", spec->path);
		return place == -EACCES ? explain_denied(spec->path, err) : place;
	}
	tree = tree_clone(place, "", true);
	if (tree < 0)
		return err_sys(err, tree, "rootfs '%s': cannot be mounted", spec->path);
	ret = tree_attach(tree, place);
	return ret ? err_sys(err, ret, "rootfs '%s': cannot be mounted", spec->path)
		   : take_fd(&tree);
}

/*
 * Once the root has changed, the host's mounts cannot be cloned any more, and the container's own /dev/null is not
 * to be trusted (CVE-2025-31133). Read-only, or a chmod(2) of a masked path would be one of the host's node.
 */
int rootfs_open_null(struct err *err)
{
	_cleanup_fd_ int fd = tree_clone(AT_FDCWD, "/dev/null", false);
	struct stat st;
	int ret;

	if (fd < 0)
		return err_sys(err, fd, "/dev/null");
	if (fstat(fd, &st))
		return err_sys(err, -errno, "/dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, -ENODEV, "/dev/null of the host is not the null device (1:3)");
	ret = tree_change(fd, MOUNT_ATTR_RDONLY, 0, 0, false);
	return ret ? err_sys(err, ret, "/dev/null") : take_fd(&fd);
}

int rootfs_mount_all(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err)
{
	int ret = cut_propagation(spec, err);

	if (ret)
		return ret;
	run->null_fd = rootfs_open_null(err);
	if (run->null_fd < 0)
		return run->null_fd;
	run->root_fd = make_root(spec, err);
	if (run->root_fd < 0)
		return run->root_fd;
	for (size_t i = 0; i < spec->mount_count; i++) {
		ret = mount_entry(spec, i, run, err);
		if (ret)
			return ret;
	}
	return 0;
}
