/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools: which addresses of a subnet are reserved, and for which containers.
 *
 * A pool is a file, "10.1.0.0_24.pool", in a directory beside that of the records of shared things (lib/shared.h), so that all
 * containers of a network namespace have it in common, whatever --root is. It is only changed under the directory's lock: a line is added for
 * what was taken or given back, and now and then all is written anew (net/pool_file.c). A checksum tells whether somebody else has changed it. Who holds an address is a claim (lib/claim.h): when the container's run directory
 * is gone, so is the reservation. The file goes with its last holder, and the directory with its last file.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "lib/scope.h"
#include "net/range.h"

/* Of that directory's name, behind scope->shared_dir. */
#define POOL_DIR_SUFFIX ".pools"

struct pool_holder {
	struct ip_addr address;
	char *claim;
	size_t line; /* while it is read: where it stands */
};

/* As the file is, and what was changed since it was read. */
struct pool_log {
	size_t length; /* of the file's lines, in bytes; 0: it has to be written as a whole */
	size_t lines;
	uint64_t hash;
	char *added; /* lines behind these */
	size_t added_len, added_lines;
};

struct pool {
	struct ip_prefix subnet;
	struct ip_addr last;         /* that was chosen: the next one is behind it */
	struct pool_holder *holders; /* in order of their addresses */
	size_t count;
	struct pool_log log;
};

void pool_release(struct pool *p);

/* --- What is in it --- */

/* The holder of @address, or NULL. */
const struct pool_holder *pool_find(const struct pool *p, const struct ip_addr *address);
/* Is it somebody's who may be alive, and not that of @run_dir? Then who that is, else NULL. */
const struct pool_holder *pool_holder_other(const struct pool *p, const struct ip_addr *address,
					    const char *run_dir);
/* Instead of whoever held it before. */
int pool_take(struct pool *p, const struct ip_addr *address, const char *run_dir, struct err *err);
/* If @run_dir holds it; true: it did. When few are left, those that are dead go too. */
bool pool_give_back(struct pool *p, const struct ip_addr *address, const char *run_dir);
/* Forget whose run directory is gone; how many those were. */
size_t pool_drop_dead(struct pool *p);

/* What may be chosen: @ranges without @exclude. */
struct pool_rule {
	struct ip_range_list ranges, exclude;
};
void pool_rule_release(struct pool_rule *r);
/* Is there anything? */
bool pool_rule_any(const struct pool_rule *r);
/*
 * The next free address behind the last one that was chosen, from the beginning again behind the end. Those of the dead are taken
 * only when no other is left, in place of whom they are forgotten. -EADDRNOTAVAIL: all are held.
 */
int pool_choose(struct pool *p, const struct pool_rule *rule, struct ip_addr *out, struct err *err);

/* --- On disk --- */

/* The directory, locked. */
struct pool_dir {
	int fd;
	char *path;
};

/* The lock that pool_hold() kept in the scope, or a new one. Without @create a missing directory is -ENOENT. */
int pool_lock(struct scope *scope, bool create, struct pool_dir *out, struct err *err);
/* The directory is removed if it is empty. */
void pool_unlock(struct pool_dir *d);
/*
 * Give the lock to the scope: until the next pool_lock() or the scope's end nobody else chooses. So what was chosen can be
 * written to a journal before it is written down in the pool.
 */
int pool_hold(struct scope *scope, struct pool_dir *d, struct err *err);
/* @name: "10.1.0.3 of 10.1.0.0/24", or "10.1.0.0/24" for a pool. @why: what is wrong with it, which stays then; else NULL. */
typedef void pool_found_fn(void *arg, const char *name, const char *why);
/* Forget in all pools whose run directory is gone, or only tell of them (@dry_run). Pools that are broken stay. */
int pool_sweep(struct scope *scope, bool dry_run, pool_found_fn *found, void *arg, struct err *err);
/* Remove the directory if somebody was killed who had made it and nothing in it. */
void pool_tidy(struct scope *scope);

/*
 * Read the pool of @subnet; one without a file is empty. -EBADMSG, -EINVAL: it is not as we wrote it; then *@p has what can still
 * be told of it.
 */
int pool_read(const struct pool_dir *d, const struct ip_prefix *subnet, struct pool *p,
	      struct err *err);
/* For who only looks: without the lock. Where we may not look it is empty, too. */
int pool_peek(const struct scope *scope, const struct ip_prefix *subnet, struct pool *p,
	      struct err *err);
/* Add what was changed since it was read to the file, or write it as a whole. Without holders it is removed. */
int pool_write(const struct pool_dir *d, struct pool *p, struct err *err);

/* For net/pool.c: @claim has got @address, or NULL: nobody has it. */
void pool_log_add(struct pool *p, const struct ip_addr *address, const char *claim);
void pool_log_release(struct pool *p);

/* Call @fn for the subnet of each file; stops when it returns other than 0, and returns that. */
int pool_each(const struct scope *scope, int (*fn)(void *arg, const struct ip_prefix *subnet),
	      void *arg);

#endif
