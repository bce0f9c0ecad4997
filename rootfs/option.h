/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts as fstab(5) and the OCI's configs describe them: a list of words, some of which are flags of mount(2) and
 * the rest options of the file system.
 */
#ifndef ROOTFS_OPTION_H
#define ROOTFS_OPTION_H

#include "lib/err.h"
#include "rootfs/rootfs.h"

/* Add one more option to a mount: to its flags, or behind its data. An empty one is nothing. */
int mount_option_add(struct rootfs_mount *m, const char *word, struct err *err);

/*
 * The flags and the data of @m as a list of words, from which mount_option_add() makes the same again. *@words is
 * NULL-terminated and allocated (strv_free()); NULL: there are none.
 */
int mount_option_list(const struct rootfs_mount *m, char ***words, struct err *err);

#endif
