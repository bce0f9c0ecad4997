/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of limits: which key of a config is which file of which controller, in which encoding, on
 * cgroup v1 and v2 (Documentation/admin-guide/cgroup-v1/, cgroup-v2.rst).
 */
#ifndef CGROUP_KEYS_H
#define CGROUP_KEYS_H

#include "cgroup/cgroup.h"

struct cgroup_file {
	const char *controller; /* NULL: this version has no such limit */
	const char *file;
	char *(*encode)(const struct cgroup_spec *spec, struct err *err); /* NULL on failure */
	/* The file of the same meaning that some kernels have instead, and its encoding. */
	const char *other_file;
	char *(*other_encode)(const struct cgroup_spec *spec, struct err *err);
	const char *range; /* what the kernel takes, for its "Invalid argument" */
	/* For values that the kernel changes without a word: look at what it made of @value. */
	int (*verify)(const char *path, const char *value, struct err *err);
};

struct cgroup_key {
	const char *name; /* "memory" for "cgroups.memory" */
	bool (*is_set)(const struct cgroup_spec *spec);
	struct cgroup_file v1, v2;
	const char *no_v2; /* why there is no v2 file */
};

/* In the order in which they must be written; ended by a NULL name. */
extern const struct cgroup_key cgroup_keys[];

/* NULL for an unknown one. */
const struct cgroup_key *cgroup_key_find(const char *name);

/*
 * cpu.shares (2 to 262144) as cpu.weight (1 to 10000), with 2, 1024 and 262144 at 1, 100 and 10000:
 * 10^((l^2 + 125 l)/612 - 7/34), l = log2(shares), rounded up.
 */
unsigned int cgroup_weight_of_shares(uint64_t shares);

#endif
