/* SPDX-License-Identifier: Apache-2.0 */
/* The step types of this folder and their arguments. Paths are absolute, on the host. */
#ifndef CGROUP_STEPS_H
#define CGROUP_STEPS_H

#include "lib/plan.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Make the directories of a container's cgroup, in all hierarchies. Listed are only those that were
 * missing when the plan was made, or that ctrnet made before: others are nobody's to remove.
 */
struct cgroup_dir_args {
	char *lock;     /* the mount of the first hierarchy: see mark_lock() */
	char **parents; /* outermost first in each hierarchy */
	char **paths;   /* the container's own */
	bool alone;     /* nobody else may use these */
	bool learned; /* one was found to be somebody else's, and is listed no more; not in a journal */
};
extern const struct step_type cgroup_dir_step;
/* -EBUSY, for a path that others have where nobody else may be. */
int dir_not_alone(const char *path, struct err *err);

/* v2: hand controllers down, so that the cgroup's directory has their files. */
struct cgroup_enable_args {
	char **paths; /* ancestors, outermost first */
	char **controllers;
	char **keys; /* of the config, for each controller: "cgroups.memory, cgroups.memory_swap" */
	bool optional; /* no limit needs them: those that cannot be had are passed over */
};
extern const struct step_type cgroup_enable_step;

/* v1: give a cpuset that is empty its parent's CPUs and memory nodes, else no process may enter. */
struct cgroup_cpuset_args {
	char *path;
};
extern const struct step_type cgroup_cpuset_step;

/*
 * v1: the same for cpusets above it that others made, outermost first. They are emptied again with the last container that
 * needed that, which is why this step is the first of all.
 */
struct cgroup_fill_args {
	char *lock; /* see mark_lock() */
	char **paths;
};
extern const struct step_type cgroup_fill_step;

/* v1: let the parents that ctrnet made have the real-time time that the cgroup is to get. */
struct cgroup_rt_args {
	char *path;
	char **parents; /* outermost first */
	int64_t quota;
	uint64_t period; /* microseconds; 0: the kernel's */
};
extern const struct step_type cgroup_rt_step;

/* Write a limit. */
struct cgroup_write_args {
	char *path, *value;
	char *else_path, *else_value; /* of the same meaning, instead or as well; NULL: none */
	char *key;                    /* in cgroup_keys */
	bool v2;                      /* its file is that of v2 */
};
extern const struct step_type cgroup_write_step;

/* The device rules: v1's list, one rule after the other; on v2 an eBPF program. */
struct cgroup_devices_args {
	char *path;
	bool v2;
	char **rules; /* "deny a", "allow c 1:3 rwm" */
};
extern const struct step_type cgroup_devices_step;

/* Freeze it, once the container's command has been executed. */
struct cgroup_freeze_args {
	char *path;
	bool v2;
};
extern const struct step_type cgroup_freeze_step;

/* Move the container's first process in. */
struct cgroup_join_args {
	char **v1, **v2; /* directories */
};
extern const struct step_type cgroup_join_step;

#endif
