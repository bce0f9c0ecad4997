// SPDX-License-Identifier: Apache-2.0
#include "rootfs/flags.h"

#include "lib/str.h"

#include <stdbool.h>
#include <sys/mount.h>

const struct mount_flag mount_flags[] = {
	{ "ro", MS_RDONLY, MOUNT_ATTR_RDONLY, NULL },
	{ "nosuid", MS_NOSUID, MOUNT_ATTR_NOSUID, NULL },
	{ "nodev", MS_NODEV, MOUNT_ATTR_NODEV, NULL },
	{ "noexec", MS_NOEXEC, MOUNT_ATTR_NOEXEC, NULL },
	{ "nosymfollow", MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, NULL },
	{ "noatime", MS_NOATIME, MOUNT_ATTR_NOATIME, NULL },
	{ "nodiratime", MS_NODIRATIME, MOUNT_ATTR_NODIRATIME, NULL },
	{ "relatime", MS_RELATIME, 0, NULL },
	{ "strictatime", MS_STRICTATIME, MOUNT_ATTR_STRICTATIME, NULL },
	{ "sync", MS_SYNCHRONOUS, 0, "sync" },
	{ "dirsync", MS_DIRSYNC, 0, "dirsync" },
	{ "mand", MS_MANDLOCK, 0, "mand" },
	{ "lazytime", MS_LAZYTIME, 0, "lazytime" },
	{ "iversion", MS_I_VERSION, 0, "iversion" },
	{ "silent", MS_SILENT, 0, NULL },
	{ "remount", MS_REMOUNT, 0, NULL },
	{ "bind", MS_BIND, 0, NULL },
	{ "rec", MS_REC, 0, NULL },
	{ "private", MS_PRIVATE, 0, NULL },
	{ "slave", MS_SLAVE, 0, NULL },
	{ "shared", MS_SHARED, 0, NULL },
	{ "unbindable", MS_UNBINDABLE, 0, NULL },
	{ NULL, 0, 0, NULL }
};

/* Not options of a mount but ways of making one: mount(8) has commands for them. */
#define MS_WAYS (MS_REMOUNT | MS_BIND | MS_REC | MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE)

unsigned long mount_flags_unknown(unsigned long flags)
{
	for (const struct mount_flag *f = mount_flags; f->name; f++)
		flags &= ~f->flag;
	return flags;
}

unsigned long mount_flags_propagation(unsigned long flags)
{
	return flags & (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE);
}

uint64_t mount_flags_attrs(unsigned long flags)
{
	uint64_t attrs = 0;

	/* The kinds of access times are one field with several values, not bits. */
	if (flags & MS_STRICTATIME)
		flags &= ~(unsigned long)MS_NOATIME;
	for (const struct mount_flag *f = mount_flags; f->name; f++)
		if (flags & f->flag)
			attrs |= f->attr;
	return attrs;
}

uint64_t mount_flags_clear(unsigned long flags)
{
	return flags & (MS_NOATIME | MS_RELATIME | MS_STRICTATIME) ? MOUNT_ATTR__ATIME : 0;
}

uint64_t mount_flags_clear_all(unsigned long flags)
{
	uint64_t clear = mount_flags_clear(flags);

	for (const struct mount_flag *f = mount_flags; f->name; f++)
		clear |= f->attr & ~(uint64_t)MOUNT_ATTR__ATIME;
	return clear;
}

void mount_flags_print(unsigned long flags, const char *data, FILE *out)
{
	const char *separator = "";

	for (const struct mount_flag *f = mount_flags; f->name; f++)
		if (flags & f->flag & ~(unsigned long)MS_WAYS) {
			fprintf(out, "%s%s", separator, f->name);
			separator = ",";
		}
	if (!str_empty(data))
		fprintf(out, "%s%s", separator, data);
}
