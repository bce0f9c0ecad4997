/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of limits: which key of a config is which file of which controller, in which encoding, on
 * cgroup v1 and v2 (Documentation/admin-guide/cgroup-v1/, cgroup-v2.rst).
 */
#ifndef CGROUP_KEYS_H
#define CGROUP_KEYS_H

#include "cgroup/cgroup.h"

/* A limit may be several lines (one for each block device, page size, interface): @i is which. */
typedef char *cgroup_encode(const struct cgroup_spec *spec, size_t i, struct err *err);

struct cgroup_file {
	const char *controller; /* NULL: this version has no such limit */
	const char *file;       /* a '*' in it stands for what part() says */
	const char *(*part)(const struct cgroup_spec *spec, size_t i);
	cgroup_encode *encode; /* NULL on failure */
	/* The file of the same meaning that some kernels have instead or as well, and its encoding. */
	const char *other_file;
	cgroup_encode *other_encode;
	/*
	 * How what it says is written back: its first line, but if @line is set, what stands behind that word in it; or if
	 * @absent is set, the line that begins with the value's first word, and where there is none, @absent.
	 */
	const char *line, *absent;
	bool joint;              /* one line holds the values of all keys of this file */
	const char *range;       /* what the kernel takes, for its "Invalid argument" */
	const char *unsupported; /* what it needs, for its "Operation not supported" */
	/* For values that the kernel changes without a word: look at what it made of @value. */
	int (*verify)(const char *path, const char *value, struct err *err);
};

struct cgroup_key {
	const char *name;                                /* "memory" for "cgroups.memory" */
	size_t (*count)(const struct cgroup_spec *spec); /* of its lines; 0: not asked for */
	struct cgroup_file v1, v2;
	const char *no_v2; /* why there is no v2 file */
	bool own; /* no format but ours has a key for it: in an OCI config it is in `unified` */
	/* What only a look at the host tells before anything is written; may be NULL. */
	int (*check)(const struct cgroup_spec *spec, const struct cgroup_host *host,
		     struct err *err);
};

/* In the order in which they must be written; ended by a NULL name. */
extern const struct cgroup_key cgroup_keys[];

/*
 * Append the steps for the limits of @spec: cgroup.enable (v2), cgroup.cpuset and cgroup.rt (v1), cgroup.write. As
 * cgroup_plan(), which calls it.
 */
int limits_plan(const struct cgroup_spec *spec, const struct cgroup_host *host,
		const struct cgroup_place *place, struct plan *plan, struct err *err);

/* NULL for an unknown one. */
const struct cgroup_key *cgroup_key_find(const char *name);

/*
 * cpu.shares (2 to 262144) as cpu.weight (1 to 10000), with 2, 1024 and 262144 at 1, 100 and 10000:
 * 10^((l^2 + 125 l)/612 - 7/34), l = log2(shares), rounded up.
 */
unsigned int cgroup_weight_of_shares(uint64_t shares);

#endif
