/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is beside a container's config: the files that nsinit kept there while a container lived, for whoever reads
 * them; and the config itself, where it lies in the rootfs, as it did for nsinit.
 *
 * The files are written for others. ctrnet never reads them: the container can write to its rootfs, so their like may
 * come from it. Each is a step of the plan, marked as the container's own with an extended attribute, so that it goes
 * with it and no other file of that name does.
 */
#ifndef CONTAINER_BESIDE_H
#define CONTAINER_BESIDE_H

#include "container/build.h"
#include "container/store.h"
#include "lib/plan.h"

/*
 * Append the steps for the files that @spec's format has, in the directory @dir (absolute, without symlinks):
 * state.json, and for the formats until June 2014 "pid" and "start". That one cannot be written (a read-only file
 * system, a stranger's file of that name) is warned of, and is no failure.
 */
int beside_plan(const char *dir, const struct spec *spec, struct plan *plan, struct err *err);

/* What they write of, when they are applied. All three live as long as @scope. */
struct beside {
	const struct state *state; /* its cgroup filled in */
	const struct build *build;
};
int beside_offer(struct scope *scope, struct beside *beside, struct err *err);

/*
 * What lies beside the config, and is the container's to read only: its config, which says what it may do at its next
 * start, the runtime.json that goes with a draft's, and the files above. As further read-only paths of @spec, where they lie
 * directly in its rootfs; a config that lies deeper in it is warned of, since the directories above it can be renamed from
 * inside, and so is a link in it that leads to a config elsewhere. Idempotent. @given: the config's path as it was given;
 * @config: its real path.
 */
int beside_protect(struct spec *spec, const char *given, const char *config, bool files,
		   struct err *err);

extern const struct step_type *const beside_step_types[];

#endif
