/* SPDX-License-Identifier: Apache-2.0 */
/* From a spec to the plan of a container: resolve reads the host, the rest is pure. */
#ifndef CONTAINER_BUILD_H
#define CONTAINER_BUILD_H

#include "container/spec.h"
#include "lib/plan.h"
#include "lib/scope.h"
#include "net/net.h"

#include <stdbool.h>
#include <stdio.h>

/* What was found and chosen for one container, and the plan made of it. */
struct build {
	bool netns_new; /* the network namespace is made, and dies, with the container */
	uint64_t netns_joined; /* else: inode of the one that is joined by its path; 0: none, or it cannot be told */
	struct cgroup_host host;
	struct cgroup_place place;
	struct endpoint *ends; /* of spec->net.networks */
	struct plan plan;
};

/*
 * Resolve and plan a prepared spec. Unprivileged, changes nothing. On failure @b is released.
 */
int build_plan(struct build *b, const struct spec *spec, struct scope *scope, struct err *err);
void build_release(struct build *b);

/* Does the config set the sysctl with that path below /proc/sys among its own? */
bool build_sets_sysctl(const struct spec *spec, const char *path);

/* All that a start of the container does, as the commands a person would have typed. */
void build_show(const struct build *b, const struct spec *spec, FILE *out);

#endif
