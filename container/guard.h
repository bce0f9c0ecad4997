/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard of a container that has no pid namespace. The parent-death signal reaches its first process alone, so if
 * ctrnet is killed somebody has to be there who kills the others. It does nothing else, and takes nothing back.
 */
#ifndef CONTAINER_GUARD_H
#define CONTAINER_GUARD_H

#include "cgroup/cgroup.h"
#include "lib/err.h"

/*
 * Start it, with signals blocked: when the returned fd (close-on-exec) is closed everywhere it kills all that is in
 * @place. It is nobody's child. Or -errno.
 */
int guard_start(const struct cgroup_place *place, struct err *err);

/* The container is at its end: it leaves without killing anybody. Closes; safe on -1. */
void guard_dismiss(int *guard);

#endif
