/* SPDX-License-Identifier: Apache-2.0 */
/* Lists like "0-2,4", as cpuset files have them (cpuset(7), "List format"). */
#ifndef CGROUP_CPU_LIST_H
#define CGROUP_CPU_LIST_H

#include <stdbool.h>

/* Do two lists mean the same set? False also if one of them is no list. */
bool cpu_list_equal(const char *a, const char *b);

#endif
