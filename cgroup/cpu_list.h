/* SPDX-License-Identifier: Apache-2.0 */
/* Lists like "0-2,4", as cpuset files have them (cpuset(7), "List format"). */
#ifndef CGROUP_CPU_LIST_H
#define CGROUP_CPU_LIST_H

#include <stdbool.h>

/*
 * Do two lists mean the same set, in whatever way they are written ("0-3", "0,1 2-3", "0-6:1/2", "all")? "N", and the end of "all", is
 * the last one of the other list. False also if one of them is no list.
 */
bool cpu_list_equal(const char *a, const char *b);

#endif
