/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks on cgroup directories that ctrnet made: one extended attribute for each container that uses
 * the directory, named by a hash and holding its claim (lib/claim.h).
 *
 * So several containers can have one cgroup or one parent without a record elsewhere: whoever finds
 * no other user's mark is the last. One that has to be alone adds a second mark that says so. A user whose run directory is gone does
 * not count. One whose run directory would be in another mount namespace counts as long as the kernel does not let the directory be
 * removed: it may be there, or have left the mark for good. All changes
 * happen under mark_lock(). Where the kernel refuses attributes (no privileges) nothing is marked,
 * and the plan alone tells what is ours.
 */
#ifndef CGROUP_MARK_H
#define CGROUP_MARK_H

#include "lib/claim.h"
#include "lib/err.h"

#include <stdbool.h>

/*
 * The same lock for all who may share a cgroup: that of all shared things (shared_lock()), which no stranger can hold. For who may not
 * have that it is the directory @dir, the root of a hierarchy. Returns an fd for file_unlock().
 */
int mark_lock(const char *dir, bool create, struct err *err);

/* Did ctrnet make @path: is there a mark of anybody, alive or not? */
bool mark_any(const char *path);
/* Is there one of @run_dir, or can there be none? */
bool mark_own(const char *path, const char *run_dir);
/* Is there one of @run_dir? */
bool mark_seen(const char *path, const char *run_dir);
/* What becomes of it without @run_dir: CLAIM_ALIVE if there is a mark of somebody else who is, else CLAIM_UNSEEN, else CLAIM_DEAD. */
enum claim_state mark_others(const char *path, const char *run_dir);

enum mark_use {
	MARK_NONE, /* not made by ctrnet */
	MARK_USED, /* mark_any() */
	MARK_CLOSED, /* and one of somebody else, who is not known to be dead, says that nobody else may use it */
};
enum mark_use mark_use(const char *path, const char *run_dir);

void mark_add(const char *path, const char *run_dir);
/* For who has added a mark and is to stay the only one. */
void mark_close(const char *path, const char *run_dir);
void mark_remove(const char *path, const char *run_dir);

/*
 * The same for a directory that somebody else made, and in which we changed something that is to be put back: 0 or -errno;
 * does @run_dir have it; and give it back: true if no other one has it, so that it is to be put back now.
 */
int mark_borrow(const char *path, const char *run_dir);
bool mark_borrowed(const char *path, const char *run_dir);
bool mark_return(const char *path, const char *run_dir);

#endif
