// SPDX-License-Identifier: Apache-2.0
#include "container/find.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Where both are, neither is taken: one of them may have been put there by the container, since a config of before the OCI
 * usually lies in its rootfs, and which one that is cannot be told.
 */
static int find_in_directory(const char *dir, char **path, struct err *err)
{
	static const char *const names[] = { "config.json", DEFAULT_CONFIG };
	_cleanup_free_ char *found = NULL;

	for (size_t i = 0; i < array_size(names); i++) {
		_cleanup_free_ char *made = str_format("%s/%s", dir, names[i]);

		if (!made)
			return err_oom(err);
		if (!file_exists(AT_FDCWD, made))
			continue;
		if (found)
			return err_set(err, -EEXIST,
				       "%s: a directory with both config.json and " DEFAULT_CONFIG
				       ": name the one that is meant",
				       dir);
		found = take_ptr(made);
	}
	if (!found)
		return err_set(err, -ENOENT,
			       "%s: a directory with neither config.json nor " DEFAULT_CONFIG, dir);
	*path = take_ptr(found);
	return 0;
}

int config_find(const char *given, char **path, struct err *err)
{
	const char *dir = getenv("data_path");
	struct stat st;

	*path = NULL;
	if (given && stat(given, &st) == 0 && S_ISDIR(st.st_mode))
		return find_in_directory(given, path, err);
	if (given)
		*path = strdup(given);
	else if (!str_empty(dir))
		*path = str_format("%s/" DEFAULT_CONFIG, dir);
	else if (file_exists(AT_FDCWD, DEFAULT_CONFIG))
		*path = strdup(DEFAULT_CONFIG);
	else
		return 0;
	return *path ? 0 : err_oom(err);
}

/* The directory of the config @path. */
static int use_own_directory(struct spec *spec, const char *path, struct err *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	if (!real)
		return err_sys(err, -errno, "%s", path);
	*strrchr(real, '/') = '\0';
	return config_set_rootfs(spec, *real ? real : "/", err);
}

/* A link counts for the directory that it leads to; behind the door there is none. */
static int follow_rootfs(struct spec *spec, struct err *err)
{
	char *real = realpath(spec->rootfs.path, NULL);

	if (!real)
		return err_sys(err, -errno, "rootfs '%s'", spec->rootfs.path);
	free(spec->rootfs.path);
	spec->rootfs.path = real;
	return 0;
}

int config_find_rootfs(struct spec *spec, const char *path, struct err *err)
{
	bool named = !str_empty(spec->rootfs.path);

	if (!named && (spec->loose_rootfs || !strcmp(basename(path), DEFAULT_CONFIG)))
		return use_own_directory(spec, path, err);
	return named && spec->loose_rootfs ? follow_rootfs(spec, err) : 0;
}

int config_set_rootfs(struct spec *spec, const char *given, struct err *err)
{
	char *path;
	int ret = file_clean_path(NULL, given, &path, err);

	if (ret < 0)
		return ret;
	free(spec->rootfs.path);
	spec->rootfs.path = path;
	return spec->loose_rootfs ? follow_rootfs(spec, err) : 0;
}
