// SPDX-License-Identifier: Apache-2.0
#include "rootfs/kind.h"

#include "rootfs/flags.h"

#include "lib/str.h"

#include <string.h>
#include <sys/mount.h>

static bool is_type(const struct rootfs_mount *m, const char *type)
{
	return m->type && !strcmp(m->type, type);
}

enum mount_kind mount_kind(const struct rootfs_mount *m)
{
	if (m->flags & MS_REMOUNT)
		return MOUNT_REMOUNT;
	if (is_type(m, "bind") || m->flags & MS_BIND)
		return MOUNT_BIND;
	if (is_type(m, "cgroup") || is_type(m, "cgroup2"))
		return MOUNT_CGROUP;
	if (str_empty(m->type) && str_empty(m->source) && mount_flags_propagation(m->flags))
		return MOUNT_PROPAGATION;
	return MOUNT_NEW;
}

bool rootfs_shows_cgroups(const struct rootfs_spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (mount_kind(&spec->mounts[i]) == MOUNT_CGROUP)
			return true;
	return false;
}

bool mount_is_scratch(const struct rootfs_mount *m)
{
	return mount_kind(m) == MOUNT_NEW && (is_type(m, "tmpfs") || is_type(m, "ramfs"));
}

struct rootfs_own mount_own(const struct rootfs_mount *m)
{
	/* Kinds of which each mount is an instance of its own, and disks; sysfs or cgroup2 are the host's too. */
	static const char *const instances[] = {
		"tmpfs", "ramfs", "proc", "devpts", "overlay", NULL
	};
	struct rootfs_own own = {
		.scratch = mount_is_scratch(m),
		.devpts = is_type(m, "devpts"),
		.readonly_fd = -1,
	};

	own.exclusive = m->source && m->source[0] == '/';
	for (const char *const *type = instances; *type; type++)
		own.exclusive = own.exclusive || is_type(m, *type);
	return own;
}

bool mount_is_kernel_view(const struct rootfs_mount *m)
{
	return mount_kind(m) == MOUNT_NEW && (is_type(m, "proc") || is_type(m, "sysfs"));
}

size_t mount_index(const struct rootfs_spec *spec, size_t i)
{
	size_t index = spec->mounts[i].skipped;

	for (size_t j = 0; j < i; j++)
		index += !spec->mounts[j].automatic;
	return index;
}

const char *mount_origin(const struct rootfs_spec *spec, size_t i, char *buf)
{
	const struct rootfs_mount *m = &spec->mounts[i];

	if (m->automatic)
		snprintf(buf, MOUNT_ORIGIN_MAX, "the automatic mount on %s", m->destination);
	else
		snprintf(buf, MOUNT_ORIGIN_MAX, "mounts[%zu] (%s)", mount_index(spec, i),
			 m->destination ? m->destination : "");
	return buf;
}

const char *device_origin(const struct rootfs_spec *spec, size_t i, char *buf)
{
	const struct rootfs_device *d = &spec->devices[i];
	const char *path = d->path ? d->path : "";
	size_t index = d->skipped;

	for (size_t j = 0; j < i; j++)
		index += !spec->devices[j].automatic;
	if (d->automatic)
		snprintf(buf, MOUNT_ORIGIN_MAX, "the automatic device %s", path);
	else
		snprintf(buf, MOUNT_ORIGIN_MAX, "devices[%zu] (%s)", index, path);
	return buf;
}
