// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include "rootfs/command.h"
#include "rootfs/flags.h"
#include "rootfs/kind.h"
#include "rootfs/path.h"
#include "rootfs/relabel.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* MKDEV() of the kernel: 12 and 20 bits (include/linux/kdev_t.h). */
#define DEVICE_MAJOR_MAX 0xfff
#define DEVICE_MINOR_MAX 0xfffff

/* /proc itself takes a procfs: a new one, or the host's where the container has no pid namespace. */
static bool may_be_proc(const struct rootfs_mount *m)
{
	switch (mount_kind(m)) {
	case MOUNT_NEW:
		return m->type && !strcmp(m->type, "proc");
	case MOUNT_BIND:
		return m->source && !strcmp(m->source, "/proc");
	case MOUNT_REMOUNT:
	case MOUNT_PROPAGATION:
		return true;
	case MOUNT_CGROUP:
		break;
	}
	return false;
}

static int check_destination(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			     struct err *err)
{
	_cleanup_free_ char *inside = NULL;
	int ret;

	if (str_empty(m->destination))
		return err_set(err, -EINVAL, "destination is empty");
	ret = path_inside(spec->path, m->destination, &inside, err);
	if (ret)
		return ret;
	if (!strcmp(inside, "/"))
		return err_set(err, -EINVAL, "'%s': mounting into / is prohibited", m->destination);
	if (path_is_below(inside, "/proc") && !(!strcmp(inside, "/proc") && may_be_proc(m)))
		return err_set(err, -EINVAL,
			       "'%s' cannot be mounted because it is located inside '/proc'",
			       m->destination);
	return 0;
}

static int check_flags(const struct rootfs_mount *m, struct err *err)
{
	unsigned long unknown = mount_flags_unknown(m->flags);
	unsigned long propagation = mount_flags_propagation(m->flags);

	if (unknown)
		return err_set(err, -EINVAL, "flags %lu: 0x%lx is unknown or has no meaning here",
			       m->flags, unknown);
	if (propagation & (propagation - 1))
		return err_set(
			err, -EINVAL,
			"flags %lu: only one of private, slave, shared, unbindable is possible",
			m->flags);
	return 0;
}

static int check_what(const struct rootfs_mount *m, struct err *err)
{
	switch (mount_kind(m)) {
	case MOUNT_BIND:
		if (str_empty(m->source))
			return err_set(err, -EINVAL, "a bind mount needs a source");
		break;
	case MOUNT_NEW:
		if (str_empty(m->type))
			return err_set(err, -EINVAL, "the type of the file system is missing");
		break;
	case MOUNT_CGROUP:
	case MOUNT_REMOUNT:
	case MOUNT_PROPAGATION:
		break;
	}
	return 0;
}

static int check_mount(const struct rootfs_spec *spec, size_t i, struct err *err)
{
	const struct rootfs_mount *m = &spec->mounts[i];
	char origin[MOUNT_ORIGIN_MAX];
	int ret = check_destination(spec, m, err);

	/* The destination is in the text already, so the index is enough. */
	if (ret)
		return err_wrap(err, "mounts[%zu]", mount_index(spec, i));
	ret = check_flags(m, err);
	if (!ret)
		ret = check_what(m, err);
	if (!ret)
		ret = relabel_check(m, err);
	return ret ? err_wrap(err, "%s", mount_origin(spec, i, origin))
		   : commands_check(spec, i, err);
}

static int check_number(const char *what, int64_t number, int64_t max, struct err *err)
{
	if (number >= 0 && number <= max)
		return 0;
	return err_set(err, -ERANGE, "%s number %" PRId64 " is out of range (0 to %" PRId64 ")",
		       what, number, max);
}

static int check_node(const struct rootfs_device *d, struct err *err)
{
	int ret;

	if (d->file_mode & ~(uint32_t)07777)
		return err_set(err, -EINVAL, "file mode 0%o has more than permission bits",
			       d->file_mode);
	if (d->type == 'p')
		return 0;
	if (!d->type || !strchr("cbu", d->type))
		return err_set(err, -EINVAL, "type %d is none of c, b, u, p", d->type);
	ret = check_number("major", d->major, DEVICE_MAJOR_MAX, err);
	return ret ? ret : check_number("minor", d->minor, DEVICE_MINOR_MAX, err);
}

static int check_device(const struct rootfs_device *d, struct err *err)
{
	_cleanup_free_ char *inside = NULL;
	int ret = path_inside(NULL, d->path, &inside, err);

	if (ret)
		return ret;
	if (!strcmp(inside, "/"))
		return err_set(err, -EINVAL, "'%s' is no place for a device", d->path);
	if (path_is_below(inside, "/proc"))
		return err_set(err, -EINVAL, "'%s' lies inside '/proc'", d->path);
	return check_node(d, err);
}

static int check_paths(const char *key, char *const *paths, bool root_too, struct err *err)
{
	for (size_t i = 0; paths && paths[i]; i++) {
		_cleanup_free_ char *inside = NULL;
		int ret = path_inside(NULL, paths[i], &inside, err);

		if (!ret && !root_too && !strcmp(inside, "/"))
			ret = err_set(err, -EINVAL, "'%s': the root cannot be masked", paths[i]);
		if (ret)
			return err_wrap(err, "%s[%zu]", key, i);
	}
	return 0;
}

int rootfs_check(const struct rootfs_spec *spec, struct err *err)
{
	char origin[MOUNT_ORIGIN_MAX];
	int ret;

	for (size_t i = 0; i < spec->mount_count; i++) {
		ret = check_mount(spec, i, err);
		if (ret)
			return ret;
	}
	for (size_t i = 0; i < spec->device_count; i++) {
		ret = check_device(&spec->devices[i], err);
		if (ret)
			return err_wrap(err, "%s", device_origin(spec, i, origin));
	}
	ret = check_paths("mask_paths", spec->masked_paths, false, err);
	return ret ? ret : check_paths("readonly_paths", spec->readonly_paths, true, err);
}

/* mount(2) ignores them on a bind mount as well: they belong to the file system, and that is the host's. */
static void warn_of_flags(const struct rootfs_spec *spec, size_t i)
{
	const struct rootfs_mount *m = &spec->mounts[i];
	char origin[MOUNT_ORIGIN_MAX];

	for (const struct mount_flag *f = mount_flags; f->name; f++)
		if (mount_kind(m) == MOUNT_BIND && f->parameter && m->flags & f->flag)
			log_warn("%s: '%s' (flag %lu) has no effect on a bind mount",
				 mount_origin(spec, i, origin), f->name, f->flag);
}

int rootfs_resolve(const struct rootfs_spec *spec, struct err *err)
{
	const char *path = spec->path ? spec->path : "";
	_cleanup_free_ char *inside = NULL;
	_cleanup_free_ char *real = NULL;
	struct stat st;
	int ret;

	if (path[0] != '/')
		return err_set(err, -EINVAL, "rootfs: '%s' is not an absolute path or is a symlink",
			       path);
	if (stat(path, &st))
		return err_sys(err, -errno, "rootfs '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return err_sys(err, -ENOTDIR, "rootfs '%s'", path);
	real = realpath(path, NULL);
	if (!real)
		return err_sys(err, -errno, "rootfs '%s'", path);
	/* By text, only double and trailing slashes may differ from the real path. */
	ret = path_inside(NULL, path, &inside, err);
	if (ret)
		return err_wrap(err, "rootfs '%s'", path);
	if (strcmp(inside, real))
		return err_set(err, -EINVAL, "rootfs: '%s' is not an absolute path or is a symlink",
			       path);
	for (size_t i = 0; i < spec->mount_count; i++)
		warn_of_flags(spec, i);
	return 0;
}
