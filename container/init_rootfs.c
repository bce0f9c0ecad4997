// SPDX-License-Identifier: Apache-2.0
/* What it sees of files: the root file system, as rootfs/ makes it. */
#include "container/init_steps.h"

#include <sched.h>

int init_mount_rootfs(struct init *in, struct err *err)
{
	return rootfs_mount_all(&in->spec->rootfs, &in->run, err);
}

void init_show_rootfs(const struct spec *spec, FILE *out)
{
	rootfs_show(&spec->rootfs, namespaces_find(&spec->namespaces, CLONE_NEWUSER), out);
}

int init_make_devices(struct init *in, struct err *err)
{
	return rootfs_make_devices(&in->spec->rootfs, &in->run, err);
}

int init_enter_rootfs(struct init *in, struct err *err)
{
	return rootfs_enter(&in->spec->rootfs, &in->run, err);
}

int init_restrict_rootfs(struct init *in, struct err *err)
{
	return rootfs_restrict(&in->spec->rootfs, &in->run, err);
}
