// SPDX-License-Identifier: Apache-2.0
#include "rootfs/own.h"

#include "rootfs/path.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int mount_id(int fd, uint64_t *id)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st))
		return -errno;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -EOPNOTSUPP;
	*id = st.stx_mnt_id;
	return 0;
}

int own_add(struct rootfs_run *run, int fd, struct rootfs_own own, struct err *err)
{
	_cleanup_fd_ int readonly_fd = own.readonly_fd;
	struct rootfs_own *grown;
	int ret = mount_id(fd, &own.mount_id);

	if (ret)
		return err_sys(err, ret, "cannot tell the mount's id (statx)");
	grown = realloc(run->own, (run->own_count + 1) * sizeof(*grown));
	if (!grown)
		return err_oom(err);
	take_fd(&readonly_fd);
	grown[run->own_count++] = own;
	run->own = grown;
	return 0;
}

const struct rootfs_own *own_find(const struct rootfs_run *run, int fd)
{
	uint64_t id;

	if (mount_id(fd, &id))
		return NULL;
	for (size_t i = 0; i < run->own_count; i++)
		if (run->own[i].mount_id == id)
			return &run->own[i];
	return NULL;
}

/* O_PATH fd of the directory that holds the first of the @missing components. */
static int open_above(const struct rootfs_run *run, const char *real, size_t missing,
		      struct err *err)
{
	_cleanup_free_ char *above = path_prefix(real, path_depth(real) - missing);
	int fd;

	if (!above)
		return err_oom(err);
	fd = path_open(run->root_fd, above, O_DIRECTORY);
	return fd < 0 ? err_sys(err, fd, "'%s' in the rootfs", above) : fd;
}

static int make_one(int parent, const char *name, mode_t type)
{
	_cleanup_fd_ int file = -1;

	if (type == S_IFDIR) {
		if (mkdirat(parent, name, 0755))
			return errno == EEXIST ? 0 : -errno;
		/* Whatever the umask was: the container's users have to get through. */
		return fchmodat(parent, name, 0755, 0) ? -errno : 0;
	}
	file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (file < 0)
		return errno == EEXIST ? 0 : -errno;
	return fchmod(file, 0644) ? -errno : 0;
}

static int make_rest(int above, const char *real, size_t missing, mode_t type, struct err *err)
{
	_cleanup_fd_ int at = fcntl(above, F_DUPFD_CLOEXEC, 0);
	size_t depth = path_depth(real);

	for (size_t done = depth - missing; at >= 0 && done < depth; done++) {
		_cleanup_free_ char *prefix = path_prefix(real, done + 1);
		mode_t kind = done + 1 < depth ? S_IFDIR : type;
		int ret, next;

		if (!prefix)
			return err_oom(err);
		ret = make_one(at, path_name(prefix), kind);
		next = ret ? ret : openat(at, path_name(prefix), O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return err_sys(err, ret ? ret : -errno, "cannot make '%s'", prefix);
		close_fd(at);
		at = next;
	}
	return at < 0 ? err_sys(err, -errno, "cannot make '%s'", real) : 0;
}

int own_make(const struct rootfs_run *run, const char *real, size_t missing, mode_t type,
	     struct err *err)
{
	const struct rootfs_own *own;
	_cleanup_fd_ int above = -1;

	if (!missing)
		return 0;
	above = open_above(run, real, missing, err);
	if (above < 0)
		return above;
	own = own_find(run, above);
	if (!own || !own->exclusive)
		return err_set(err, -EROFS,
			       "'%s' is missing, and nothing is written where the container has "
			       "no file system of its own",
			       real);
	return make_rest(above, real, missing, type, err);
}

int own_scratch_parent(const struct rootfs_run *run, const char *real, size_t missing,
		       struct err *err)
{
	_cleanup_free_ char *parent = path_prefix(real, path_depth(real) - 1);
	size_t parents = missing > 1 ? missing - 1 : 0;
	const struct rootfs_own *own;
	_cleanup_fd_ int fd = -1;
	int ret;

	if (!parent)
		return err_oom(err);
	fd = open_above(run, parent, parents, err);
	if (fd < 0)
		return fd;
	own = own_find(run, fd);
	if (!own || !own->scratch)
		return -EROFS;
	if (!parents)
		return take_fd(&fd);
	ret = make_rest(fd, parent, parents, S_IFDIR, err);
	if (ret)
		return ret;
	ret = path_open(run->root_fd, parent, O_DIRECTORY);
	return ret < 0 ? err_sys(err, ret, "'%s' in the rootfs", parent) : ret;
}

int own_scratch_directory(const struct rootfs_run *run, const char *inside, struct err *err)
{
	_cleanup_free_ char *real = NULL;
	const struct rootfs_own *own;
	_cleanup_fd_ int fd = -1;
	size_t missing;
	int ret = path_resolve(run->root_fd, inside, &real, &missing, err);

	if (ret)
		return ret;
	fd = missing ? -1 : path_open(run->root_fd, real, O_DIRECTORY);
	own = fd < 0 ? NULL : own_find(run, fd);
	return own && own->scratch ? take_fd(&fd) : -EROFS;
}
