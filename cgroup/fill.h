/* SPDX-License-Identifier: Apache-2.0 */
/* Cpusets of v1 that are not ours, and that are empty. */
#ifndef CGROUP_FILL_H
#define CGROUP_FILL_H

#include "cgroup/steps.h"

#include <stdbool.h>

/* Is the cpuset @dir empty, or only not so because of this step? */
bool fill_needed(const char *dir);

#endif
