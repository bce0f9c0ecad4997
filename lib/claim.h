/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: what a container leaves on a thing that it uses and others may use too (a cgroup, a record), so that whoever finds it
 * can tell whether the container is still there.
 *
 * A container is there as long as its run directory is. But a path says that only to who sees the same directories: in
 * another mount namespace it may lead nowhere, or to the run directory of another container. So a claim says also which directory
 * the run directory was in, and in which mount namespace that was looked at: "/run/ctrnet/box (25:1234 4026531841)".
 */
#ifndef LIB_CLAIM_H
#define LIB_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For the container of @run_dir. Allocated; NULL: no memory. */
char *claim_new(const char *run_dir);
/* A number for the container of @run_dir, of all containers, whatever mount namespace it is looked at from. */
uint64_t claim_hash(const char *run_dir);

/* Is @claim that of @run_dir? */
bool claim_is(const char *claim, const char *run_dir);

/* The id of the container that @claim is of: its run directory's name. Into @buf, cut if it is too long; returns @buf. */
const char *claim_id(const char *claim, char *buf, size_t size);

enum claim_state {
	CLAIM_DEAD,   /* the run directory is gone */
	CLAIM_ALIVE,  /* it is there */
	CLAIM_UNSEEN, /* it was made in another mount namespace, and cannot be seen from here */
};
/* One without more than a path is judged by that. */
enum claim_state claim_look(const char *claim);

#endif
