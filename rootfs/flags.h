/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount flags: one table of mount(2) flags, the words mount(8) has for them, the attributes of
 * mount_setattr(2) they stand for, and the parameters of fsconfig(2) for those that belong to the
 * file system rather than the mount.
 */
#ifndef ROOTFS_FLAGS_H
#define ROOTFS_FLAGS_H

#include <stdint.h>
#include <stdio.h>

struct mount_flag {
	const char *name;      /* as mount(8) spells it */
	unsigned long flag;    /* MS_* */
	uint64_t attr;         /* MOUNT_ATTR_*; 0: none */
	const char *parameter; /* a flag of fsconfig(2); NULL: none */
};

/* Ended by a NULL name. */
extern const struct mount_flag mount_flags[];

/* Flags that are not in the table. */
unsigned long mount_flags_unknown(unsigned long flags);

/* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE out of @flags. */
unsigned long mount_flags_propagation(unsigned long flags);

/* The MOUNT_ATTR_* that @flags ask for. As in mount(2), strictatime beats noatime beats relatime. */
uint64_t mount_flags_attrs(unsigned long flags);

/*
 * What mount_setattr(2) must clear before it sets mount_flags_attrs(): the kind of access times, if @flags
 * say something about it (setting one without clearing is -EINVAL).
 */
uint64_t mount_flags_clear(unsigned long flags);

/* Everything that a remount, which replaces all flags, has to clear. */
uint64_t mount_flags_clear_all(unsigned long flags);

/* Print the names of @flags and then @data, joined by commas; nothing if there is none. */
void mount_flags_print(unsigned long flags, const char *data, FILE *out);

#endif
