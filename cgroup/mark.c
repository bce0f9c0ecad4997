// SPDX-License-Identifier: Apache-2.0
#include "cgroup/mark.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>

/*
 * trusted.* works on v1 and v2 and cannot be forged from a container, but needs CAP_SYS_ADMIN; user.*
 * is there on v2 for who owns the directory (since kernel 5.7).
 */
static const char *const prefixes[] = { "trusted.ctrnet.", "user.ctrnet." };

#define MARK_NAME_MAX 40
#define MARK_LIST_MAX 65536 /* XATTR_LIST_MAX */

static void mark_name(char *name, const char *prefix, const char *run_dir)
{
	snprintf(name, MARK_NAME_MAX, "%s%016llx", prefix,
		 (unsigned long long)hash64(run_dir, strlen(run_dir)));
}

int mark_lock(const char *path, struct err *err)
{
	_cleanup_free_ char *parent = strdup(path);
	_cleanup_fd_ int fd = -1;
	char *slash;

	if (!parent)
		return err_oom(err);
	slash = strrchr(parent, '/');
	if (slash)
		*slash = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, -errno, "%s", parent);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(err, -errno, "lock %s", parent);
	return take_fd(&fd);
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

static bool is_mark(const char *name)
{
	for (size_t i = 0; i < array_size(prefixes); i++)
		if (str_starts(name, prefixes[i]))
			return true;
	return false;
}

bool mark_any(const char *path)
{
	ssize_t len;
	_cleanup_free_ char *names = list_names(path, &len);

	for (ssize_t at = 0; names && at < len; at += (ssize_t)strlen(names + at) + 1)
		if (is_mark(names + at))
			return true;
	return false;
}

/* Does the container whose mark @name is still have its run directory? */
static bool mark_alive(const char *path, const char *name)
{
	char run_dir[PATH_MAX];
	ssize_t n = getxattr(path, name, run_dir, sizeof(run_dir) - 1);

	if (n < 0)
		return errno != ENODATA && errno != ENOENT;
	run_dir[n] = '\0';
	return file_exists(AT_FDCWD, run_dir);
}

bool mark_others(const char *path, const char *run_dir)
{
	ssize_t len;
	_cleanup_free_ char *names = list_names(path, &len);
	char own[array_size(prefixes)][MARK_NAME_MAX];

	for (size_t i = 0; i < array_size(prefixes); i++)
		mark_name(own[i], prefixes[i], run_dir);
	for (ssize_t at = 0; names && at < len; at += (ssize_t)strlen(names + at) + 1) {
		const char *name = names + at;

		if (is_mark(name) && strcmp(name, own[0]) && strcmp(name, own[1]) &&
		    mark_alive(path, name))
			return true;
	}
	return false;
}

bool mark_own(const char *path, const char *run_dir)
{
	bool refused = true;

	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], run_dir);
		if (getxattr(path, name, NULL, 0) >= 0)
			return true;
		refused &= errno == ENOTSUP || errno == EPERM;
	}
	return refused;
}

void mark_add(const char *path, const char *run_dir)
{
	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], run_dir);
		if (setxattr(path, name, run_dir, strlen(run_dir), 0) == 0)
			return;
	}
}

void mark_remove(const char *path, const char *run_dir)
{
	for (size_t i = 0; i < array_size(prefixes); i++) {
		char name[MARK_NAME_MAX];

		mark_name(name, prefixes[i], run_dir);
		if (removexattr(path, name) == 0)
			return;
	}
}
