// SPDX-License-Identifier: Apache-2.0
#include "cgroup/mark.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/shared.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/xattr.h>

/*
 * trusted.* works on v1 and v2 and cannot be forged from a container, but needs CAP_SYS_ADMIN; user.*
 * is there on v2 for who owns the directory (since kernel 5.7).
 */
static const char *const prefixes[] = { "trusted.ctrnet.", "user.ctrnet." };

#define ALONE "alone." /* in front of the hash: nobody else may use the directory */

#define MARK_NAME_MAX 48
#define MARK_LIST_MAX 65536 /* XATTR_LIST_MAX */

static void mark_name(char *name, const char *prefix, const char *what, const char *run_dir)
{
	snprintf(name, MARK_NAME_MAX, "%s%s%016llx", prefix, what,
		 (unsigned long long)claim_hash(run_dir));
}

int mark_lock(const char *dir, bool create, struct err *err)
{
	int fd = shared_lock(create, err);

	return fd == -EACCES || fd == -EPERM || fd == -EROFS ? file_lock_dir(dir, false, err) : fd;
}

/* The names of @path's attributes, each with a NUL; NULL if there are none. */
static char *list_names(const char *path, ssize_t *len)
{
	char stack[1024];
	char *names;

	*len = listxattr(path, stack, sizeof(stack));
	if (*len == 0 || (*len < 0 && errno != ERANGE))
		return NULL;
	names = malloc(*len < 0 ? MARK_LIST_MAX : (size_t)*len);
	if (!names)
		return NULL;
	if (*len < 0)
		*len = listxattr(path, names, MARK_LIST_MAX);
	else
		memcpy(names, stack, (size_t)*len);
	return names;
}

/* What is behind the prefix of the mark @name; NULL if it is none. */
static const char *mark_user(const char *name)
{
	for (size_t i = 0; i < array_size(prefixes); i++)
		if (str_starts(name, prefixes[i]))
			return name + strlen(prefixes[i]);
	return NULL;
}

bool mark_any(const char *path)
{
	ssize_t len;
	_cleanup_free_ char *names = list_names(path, &len);

	for (ssize_t at = 0; names && at < len; at += (ssize_t)strlen(names + at) + 1)
		if (mark_user(names + at))
			return true;
	return false;
}

/* Is the container whose mark @name is still there? */
static enum claim_state look_at(const char *path, const char *name)
{
	char claim[PATH_MAX + 128];
	ssize_t n = getxattr(path, name, claim, sizeof(claim) - 1);

	if (n < 0)
		return errno == ENODATA || errno == ENOENT ? CLAIM_DEAD : CLAIM_ALIVE;
	claim[n] = '\0';
	return claim_look(claim);
}

/* Is @user (see mark_user()) that of @run_dir? */
static bool is_own(const char *user, const char *run_dir)
{
	char own[MARK_NAME_MAX];

	mark_name(own, "", "", run_dir);
	return !strcmp(str_starts(user, ALONE) ? user + strlen(ALONE) : user, own);
}

/* What there is without @run_dir's, among the names of which @user_of is not NULL. */
static enum claim_state others(const char *path, const char *run_dir,
			       const char *(*user_of)(const char *name))
{
	enum claim_state found = CLAIM_DEAD;
	ssize_t len;
	_cleanup_free_ char *names = list_names(path, &len);

	for (ssize_t at = 0; names && at < len; at += (ssize_t)strlen(names + at) + 1) {
		const char *user = user_of(names + at);
		enum claim_state its;

		if (!user || is_own(user, run_dir))
			continue;
		its = look_at(path, names + at);
		if (its == CLAIM_ALIVE)
			return its;
		if (its == CLAIM_UNSEEN)
			found = its;
	}
	return found;
}

enum claim_state mark_others(const char *path, const char *run_dir)
{
	return others(path, run_dir, mark_user);
}

enum mark_use mark_use(const char *path, const char *run_dir)
{
	enum mark_use use = MARK_NONE;
	ssize_t len;
	_cleanup_free_ char *names = list_names(path, &len);

	for (ssize_t at = 0; names && at < len; at += (ssize_t)strlen(names + at) + 1) {
		const char *user = mark_user(names + at);

		if (!user)
			continue;
		use = MARK_USED;
		if (str_starts(user, ALONE) && !is_own(user, run_dir) &&
		    look_at(path, names + at) != CLAIM_DEAD)
			return MARK_CLOSED;
	}
	return use;
}

bool mark_own(const char *path, const char *run_dir)
{
	bool refused = true;

	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], "", run_dir);
		if (getxattr(path, name, NULL, 0) >= 0)
			return true;
		refused &= errno == ENOTSUP || errno == EPERM;
	}
	return refused;
}

bool mark_seen(const char *path, const char *run_dir)
{
	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], "", run_dir);
		if (getxattr(path, name, NULL, 0) >= 0)
			return true;
	}
	return false;
}

static void add(const char *path, const char *what, const char *run_dir)
{
	_cleanup_free_ char *claim = claim_new(run_dir);

	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], what, run_dir);
		if (claim && setxattr(path, name, claim, strlen(claim), 0) == 0)
			return;
	}
}

void mark_add(const char *path, const char *run_dir)
{
	add(path, "", run_dir);
}

void mark_close(const char *path, const char *run_dir)
{
	add(path, ALONE, run_dir);
}

void mark_remove(const char *path, const char *run_dir)
{
	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], "", run_dir);
		if (removexattr(path, name) == 0)
			return;
	}
}

/* --- What others made, and we changed --- */

#define BORROWED "trusted.ctrnet-borrowed."

static const char *borrower(const char *name)
{
	return str_starts(name, BORROWED) ? name + strlen(BORROWED) : NULL;
}

int mark_borrow(const char *path, const char *run_dir)
{
	_cleanup_free_ char *claim = claim_new(run_dir);
	char name[MARK_NAME_MAX];

	mark_name(name, BORROWED, "", run_dir);
	if (!claim)
		return -ENOMEM;
	return setxattr(path, name, claim, strlen(claim), 0) < 0 ? -errno : 0;
}

bool mark_borrowed(const char *path, const char *run_dir)
{
	char name[MARK_NAME_MAX];

	mark_name(name, BORROWED, "", run_dir);
	return getxattr(path, name, NULL, 0) >= 0;
}

bool mark_return(const char *path, const char *run_dir)
{
	char name[MARK_NAME_MAX];

	mark_name(name, BORROWED, "", run_dir);
	removexattr(path, name);
	return others(path, run_dir, borrower) == CLAIM_DEAD;
}
