/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a series of device rules comes to, as v1's devices controller reads them
 * (security/device_cgroup.c): what is done with devices in general, and the exceptions.
 */
#ifndef CGROUP_DEVICE_LIST_H
#define CGROUP_DEVICE_LIST_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same bits as BPF_DEVCG_ACC_* in linux/bpf.h. */
enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ALL = 7 };

struct device_exception {
	char type;            /* 'b' or 'c' */
	int64_t major, minor; /* -1: all */
	unsigned int access;  /* DEVICE_* */
};

struct device_list {
	bool allow; /* what is no exception */
	struct device_exception *items;
	size_t count;
};

/* Rules are as in cgroup_devices_args: "deny a", "allow c 1:3 rwm". The list before them denies all. */
int device_list_make(struct device_list *list, char *const *rules, struct err *err);
void device_list_release(struct device_list *list);

#endif
