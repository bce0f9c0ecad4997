/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new mount of a file system, made with fsopen(2), fsconfig(2) and fsmount(2), so that it exists before it
 * has a place and no path is involved. Errors carry what the kernel wrote into the context's log.
 */
#ifndef ROOTFS_NEWFS_H
#define ROOTFS_NEWFS_H

#include "lib/err.h"

struct newfs {
	const char *type;
	const char *source;  /* NULL or "": the type */
	unsigned long flags; /* MS_*, for the mount and for the file system */
	const char *
		data; /* comma-separated; what stands in double quotes is kept together. NULL: none */
	const char *label; /* SELinux label of everything in it; NULL: none */
	const char *
		mode; /* mode of the root directory, octal, unless @data says it; NULL: the kernel's choice */
};

/* The detached mount (O_PATH, CLOEXEC), or a negative errno. */
int newfs_mount(const struct newfs *fs, struct err *err);
/* The same with a context of fsopen(2) that somebody else has opened. */
int newfs_mount_context(int fs_fd, const struct newfs *fs, struct err *err);

/*
 * Change the file system mounted at @mount_fd: what of @flags (MS_*) are its own options, and @data (NULL: none).
 * Nothing to change is success.
 */
int newfs_reconfigure(int mount_fd, unsigned long flags, const char *data, struct err *err);

/*
 * Cut the next option off the data *@rest, which is written to; NULL at the end. Commas within double quotes are not the
 * end of one.
 */
char *newfs_next_option(char **rest);

#endif
