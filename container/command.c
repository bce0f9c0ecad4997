// SPDX-License-Identifier: Apache-2.0
#include "container/command.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int command_check_env(const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');

	if (equals && equals != word)
		return 0;
	return err_set(err, -EINVAL, "invalid environment '%.80s': expected NAME=VALUE", word);
}

/* Length of the name with its '='. */
static size_t name_length(const char *word)
{
	return (size_t)(strchrnul(word, '=') - word) + 1;
}

static const char *env_get(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, len) && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static bool given_later(char *const *rest, const char *word)
{
	for (; *rest; rest++)
		if (!strncmp(*rest, word, name_length(word)))
			return true;
	return false;
}

static int add_home(char ***env, const char *home, struct err *err)
{
	_cleanup_free_ char *word = NULL;

	if (!str_empty(env_get(*env, "HOME")))
		return 0;
	for (char **e = *env; e && *e; e++) {
		if (strcmp(*e, "HOME="))
			continue;
		free(*e);
		*e = str_format("HOME=%s", home);
		return *e ? 0 : err_oom(err);
	}
	word = str_format("HOME=%s", home);
	return !word || strv_add(env, word) < 0 ? err_oom(err) : 0;
}

int command_env(char *const *given, const char *home, char ***env, struct err *err)
{
	_cleanup_(strv_cleanup) char **made = NULL;
	int ret;

	for (; given && *given; given++)
		if (!given_later(given + 1, *given) && strv_add(&made, *given) < 0)
			return err_oom(err);
	ret = add_home(&made, home, err);
	if (ret == 0)
		*env = take_ptr(made);
	return ret;
}

/* 0, or why this file cannot be executed. */
static int try_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return -EACCES;
	return 0;
}

static int take_program(char *candidate, char **path, struct err *err)
{
	*path = candidate;
	return candidate ? 0 : err_oom(err);
}

int command_find(const char *name, char *const *env, char **path, struct err *err)
{
	const char *dirs = env_get(env, "PATH");
	int best = -ENOENT;

	if (strchr(name, '/')) {
		best = try_program(name);
		if (best == 0)
			return take_program(strdup(name), path, err);
		return err_sys(err, best, "cannot execute '%.200s'", name);
	}
	for (const char *at = dirs ? dirs : COMMAND_PATH; *name && at; at = *at ? at + 1 : NULL) {
		size_t len = strcspn(at, ":");
		/* An empty entry is the current directory (execvp(3)). */
		_cleanup_free_ char *candidate =
			str_format("%.*s/%s", len ? (int)len : 1, len ? at : ".", name);
		int ret = candidate ? try_program(candidate) : -ENOMEM;

		if (ret == 0 || ret == -ENOMEM)
			return take_program(take_ptr(candidate), path, err);
		if (ret == -EACCES)
			best = ret;
		at += len;
	}
	if (best == -EACCES)
		return err_sys(err, best, "cannot execute '%.200s'", name);
	return err_set(err, -ENOENT, "exec: '%.200s': executable file not found in $PATH", name);
}
