/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that belong to several containers: a bridge we made, a parent cgroup, a mountpoint in a
 * common rootfs.
 *
 * Each has a record file in a directory that stands for the host's network namespace
 * (scope->shared_dir, independent of --root). The record holds the step and the run directories of
 * its users. All changes happen under one lock, the record is written before the effect, and users
 * whose run directory no longer exists are dropped, so a crash leaves nothing that the next user
 * does not mend.
 */
#ifndef LIB_SHARED_H
#define LIB_SHARED_H

#include "lib/plan.h"

/* Become a user of the step's thing, making it if it is missing (as its probe tells). Idempotent. */
int shared_acquire(struct scope *scope, struct step *step, struct err *err);

/* Stop being a user; the last one reverts the step. Not being one is success. */
int shared_release(struct scope *scope, struct step *step, struct err *err);

/*
 * Is there a record with a living user for @key? Planners ask, to tell what we made from what stood
 * there. Answers without the lock, so it is a hint. False on any error.
 */
bool shared_in_use(const struct scope *scope, const char *key);

#endif
