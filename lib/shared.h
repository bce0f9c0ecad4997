/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that belong to several containers: a bridge we made, a parent cgroup, a mountpoint in a
 * common rootfs, lo of a namespace that they joined.
 *
 * Each has a record file in a directory that stands for the network namespace it is in: the host's, or one that was joined
 * (scope_shared_dir(), independent of --root). The record holds the step and the claims of its users (lib/claim.h).
 * All changes happen under one lock, the record is written before the effect, and users
 * whose run directory no longer exists are dropped, so a crash leaves nothing that the next user
 * does not mend. One whose run directory cannot be seen, since it is in another mount namespace, stays.
 */
#ifndef LIB_SHARED_H
#define LIB_SHARED_H

#include "lib/plan.h"

/* All of these directories are in here. It is root's alone (0700), so nobody else can hold a lock on anything in it. */
#define SHARED_ROOT "/run/ctrnet-shared"

/*
 * The lock for what is shared without a record: on SHARED_ROOT itself, which is made if @create; else -ENOENT where nothing
 * was ever shared. Returns an fd for file_unlock().
 */
int shared_lock(bool create, struct err *err);

/* Become a user of the step's thing, making it if it is missing (as its probe tells). Idempotent. */
int shared_acquire(struct scope *scope, struct step *step, struct err *err);

/* Stop being a user; the last one reverts the step. Not being one is success. */
int shared_release(struct scope *scope, struct step *step, struct err *err);

/* The probe of what the record has; that we are not on record as a user is -ENOENT. */
int shared_probe(struct scope *scope, const struct step *step, struct err *err);
/* Make it as planned for all of its users; makes the record again, too. */
int shared_mend(struct scope *scope, struct step *step, struct err *err);

/*
 * Something else is planned from now on of what @scope's container has alone: @change is told of the args on record. That we are not
 * on record is success.
 */
int shared_change(struct scope *scope, const struct step *step,
		  void (*change)(void *args, const void *arg), const void *arg, struct err *err);

/* For who has lost his journal: append the steps of which a record says that we use what they made. */
int shared_salvage(const struct scope *scope, const struct step_type *const *const *types,
		   struct plan *plan, struct err *err);

/* The same of a network namespace that we joined, any but that with the inode @host: it is declared in @plan as @key. */
int shared_salvage_joined(uint64_t host, const struct scope *scope, const char *key,
			  const struct step_type *const *const *types, struct plan *plan,
			  struct err *err);

/*
 * Stop being a user of a thing that went with its namespace: nothing is reverted, and the record goes with its last user. That of
 * others is left alone.
 */
int shared_forget(struct scope *scope, struct step *step, struct err *err);

/*
 * Call @fn with the claims of those users of @key in @scope->shared_dir that may be alive (NULL: none), while nobody can become one.
 * Returns what that does; -ENOENT: there is no record.
 */
int shared_with_users(const struct scope *scope, const char *key,
		      int (*fn)(void *arg, char *const *users, struct err *err), void *arg,
		      struct err *err);

/* Told of a record without living users, before it goes; @why NULL, or why it stays. */
typedef void shared_found_fn(void *arg, const char *key, const char *why);

/*
 * Take back what records in scope->shared_dir made whose users are all gone, or with @dry_run only tell @found of them. In a
 * namespace that is gone only the records are left to go. A record that cannot be read, or what cannot be taken back, stays.
 */
int shared_collect(struct scope *scope, const struct step_type *const *const *types, bool dry_run,
		   shared_found_fn *found, void *arg, struct err *err);

/*
 * Is there a record with a living user for @key? Planners ask, to tell what we made from what stood
 * there. Answers without the lock, so it is a hint. False on any error.
 */
bool shared_in_use(const struct scope *scope, const char *key);
/* The id of another container that is on record as a user of @key, and may be alive. Likewise. */
bool shared_user(const struct scope *scope, const char *key, char *id, size_t size);

#endif
