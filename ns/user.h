/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User and group names as the container knows them: /etc/passwd and /etc/group of the root that the
 * calling process lives in (call it behind the change of root, when nothing of the host is open any more that a
 * symlink could lead to through /proc). The files belong to the container: they may hold anything, and one that
 * is not regular or larger than 16 MiB counts as empty.
 */
#ifndef NS_USER_H
#define NS_USER_H

#include "lib/err.h"

#include <sys/types.h>

struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary; allocated */
	size_t group_count;
	char *home; /* allocated; "/" if unknown */
};

#define USER_ID_MAX 2147483647 /* ids above are refused: "must be in range 0-2147483647" */

/*
 * Look up "", "user", "uid", "user:group", "uid:gid" and mixtures. "" is 0:0. A number need not be in
 * the files; a name must. Without an explicit group the user's own and all groups that list the user
 * count; @additional (names or numbers, NULL-terminated, may be NULL) are added. -ENOENT: "unable to find user x".
 */
int user_lookup(const char *spec, char *const *additional, struct user *user, struct err *err);
void user_release(struct user *user);

/* setgroups(2), setgid(2), setuid(2), in the order that keeps the right to do the next. */
int user_become(const struct user *user, struct err *err);

/*
 * To be asked before a change of user in a user namespace where others live. The kernel makes a process as open as
 * fs.suid_dumpable says in the very call that changes its user, and in setns(2) to a namespace that it does not own: with 1 it can
 * be traced until it is closed again (PR_SET_DUMPABLE), and root of the namespace may do so. -EPERM with 1.
 */
int user_check_closed(struct err *err);

#endif
