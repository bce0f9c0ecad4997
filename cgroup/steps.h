/* SPDX-License-Identifier: Apache-2.0 */
/* The step types of this folder and their arguments. Paths are absolute, on the host. */
#ifndef CGROUP_STEPS_H
#define CGROUP_STEPS_H

#include "lib/plan.h"

/*
 * Make the directories of a container's cgroup, in all hierarchies. Listed are only those that were
 * missing when the plan was made, or that ctrnet made before: others are nobody's to remove.
 */
struct cgroup_dir_args {
	char **parents; /* outermost first in each hierarchy */
	char **paths;   /* the container's own */
};
extern const struct step_type cgroup_dir_step;

/* v2: hand controllers down, so that the cgroup's directory has their files. */
struct cgroup_enable_args {
	char **paths; /* ancestors, outermost first */
	char **controllers;
};
extern const struct step_type cgroup_enable_step;

/* v1: give a cpuset that is empty its parent's CPUs and memory nodes, else no process may enter. */
struct cgroup_cpuset_args {
	char *path;
};
extern const struct step_type cgroup_cpuset_step;

/* Write a limit. */
struct cgroup_write_args {
	char *path, *value;
	char *else_path, *else_value; /* if the kernel has no @path; NULL: none */
	char *key;                    /* in cgroup_keys */
};
extern const struct step_type cgroup_write_step;

/* v1: the device list, one rule after the other. */
struct cgroup_devices_args {
	char *path;
	char **rules; /* "deny a", "allow c 1:3 rwm" */
};
extern const struct step_type cgroup_devices_step;

/* Move the container's first process in. */
struct cgroup_join_args {
	char **v1, **v2; /* directories */
};
extern const struct step_type cgroup_join_step;

#endif
