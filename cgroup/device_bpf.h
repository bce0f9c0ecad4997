/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules on cgroup v2: an eBPF program that the kernel asks at each open(2) and mknod(2) of a
 * device (BPF_PROG_TYPE_CGROUP_DEVICE, kernel 4.15; with 32-bit jumps 5.1). It is attached to the
 * cgroup's directory and goes with it.
 */
#ifndef CGROUP_DEVICE_BPF_H
#define CGROUP_DEVICE_BPF_H

#include "cgroup/device_list.h"
#include "lib/err.h"

#include <linux/bpf.h>
#include <stddef.h>

/* Generate the program: its instructions, allocated; it returns 1 for what is allowed. */
int device_bpf_make(const struct device_list *list, struct bpf_insn **code, size_t *count,
		    struct err *err);

/*
 * Load it and attach it to the directory @path, beside programs of others, who must allow a device as
 * well. One that ctrnet had attached there before is replaced: the last rules count, as on v1.
 */
int device_bpf_attach(const char *path, const struct device_list *list, struct err *err);

#endif
