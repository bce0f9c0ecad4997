// SPDX-License-Identifier: Apache-2.0
#include "rootfs/newfs.h"

#include "rootfs/flags.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

#define VALUE_MAX 255 /* fsconfig(2) takes 256 bytes with the NUL */

/*
 * "x: Invalid argument (kernel: tmpfs: Bad value for 'size')". The log holds lines as "e tmpfs: Bad ...", read
 * one by one (Documentation/filesystems/mount_api.rst); the last error is the one that counts.
 */
static int add_kernel_words(int fs_fd, struct err *err)
{
	char line[512], last[512] = "";
	ssize_t len;

	while ((len = read(fs_fd, line, sizeof(line) - 1)) > 0) {
		line[len] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (str_starts(line, "e "))
			strcpy(last, line + 2);
	}
	return last[0] ? err_append(err, " (kernel: %s)", last) : 0;
}

static int set_parameter(int fs_fd, const char *key, const char *value, struct err *err)
{
	int ret;

	if (value && strlen(value) > VALUE_MAX)
		return err_set(err, -EINVAL, "option '%s': the value is longer than %d bytes", key,
			       VALUE_MAX);
	if (!fsconfig(fs_fd, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0))
		return 0;
	ret = -errno;
	err_sys(err, ret, value ? "option '%s=%s'" : "option '%s'", key, value);
	add_kernel_words(fs_fd, err);
	return ret;
}

char *newfs_next_option(char **rest)
{
	char *start = *rest, *at = start;
	bool quoted = false;

	if (!*start)
		return NULL;
	for (; *at && (quoted || *at != ','); at++)
		if (*at == '"')
			quoted = !quoted;
	*rest = *at ? at + 1 : at;
	*at = '\0';
	return start;
}

/* fsconfig(2) takes values as they are: the quotes were only for the commas. */
static char *without_quotes(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || value[0] != '"' || value[len - 1] != '"')
		return value;
	value[len - 1] = '\0';
	return value + 1;
}

static int set_data(int fs_fd, const char *data, struct err *err)
{
	_cleanup_free_ char *copy = strdup(data);
	char *rest = copy, *option;

	if (!copy)
		return err_oom(err);
	while ((option = newfs_next_option(&rest))) {
		char *value = strchr(option, '=');
		int ret;

		if (!*option)
			continue;
		if (value)
			*value++ = '\0';
		ret = set_parameter(fs_fd, option, value ? without_quotes(value) : NULL, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* Does @data have the option @key? */
static bool has_option(const char *data, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = data; at && *at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, key, len) && at[len] == '=')
			return true;
		if (!*at)
			break;
	}
	return false;
}

static int set_flags(int fs_fd, unsigned long flags, struct err *err)
{
	int ret = 0;

	for (const struct mount_flag *f = mount_flags; !ret && f->name; f++)
		if (flags & f->flag && f->parameter)
			ret = set_parameter(fs_fd, f->parameter, NULL, err);
	return ret;
}

/*
 * Read-only is the mount's attribute. A disk is told as well, since it may be write-protected; file systems
 * of the kernel are not, because theirs can be shared with the host.
 */
static int set_readonly(int fs_fd, const struct newfs *fs, struct err *err)
{
	bool disk = fs->source && fs->source[0] == '/';

	return disk && fs->flags & MS_RDONLY ? set_parameter(fs_fd, "ro", NULL, err) : 0;
}

static int set_label(int fs_fd, const struct newfs *fs, struct err *err)
{
	int ret;

	if (str_empty(fs->label) || has_option(fs->data, "context"))
		return 0;
	ret = set_parameter(fs_fd, "context", fs->label, err);
	return ret ? err_wrap(err, "mount_label (without SELinux there are no labels)") : 0;
}

static int configure(int fs_fd, const struct newfs *fs, struct err *err)
{
	int ret =
		set_parameter(fs_fd, "source", str_empty(fs->source) ? fs->type : fs->source, err);

	if (!ret)
		ret = set_readonly(fs_fd, fs, err);
	if (!ret)
		ret = set_flags(fs_fd, fs->flags, err);
	if (!ret && fs->data)
		ret = set_data(fs_fd, fs->data, err);
	if (!ret && fs->mode && !has_option(fs->data, "mode"))
		ret = set_parameter(fs_fd, "mode", fs->mode, err);
	return ret ? ret : set_label(fs_fd, fs, err);
}

static int create(int fs_fd, const struct newfs *fs, struct err *err)
{
	int ret;

	if (!fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		ret = fsmount(fs_fd, FSMOUNT_CLOEXEC, (unsigned int)mount_flags_attrs(fs->flags));
		if (ret >= 0)
			return ret;
	}
	ret = -errno;
	err_sys(err, ret, "cannot mount a file system of type '%s'", fs->type);
	add_kernel_words(fs_fd, err);
	return ret;
}

int newfs_mount_context(int fs_fd, const struct newfs *fs, struct err *err)
{
	int ret = configure(fs_fd, fs, err);

	return ret ? ret : create(fs_fd, fs, err);
}

int newfs_mount(const struct newfs *fs, struct err *err)
{
	_cleanup_fd_ int fs_fd = fsopen(fs->type, FSOPEN_CLOEXEC);

	if (fs_fd < 0)
		return err_sys(err, -errno, "file system type '%s'", fs->type);
	return newfs_mount_context(fs_fd, fs, err);
}

static bool has_parameters(unsigned long flags)
{
	for (const struct mount_flag *f = mount_flags; f->name; f++)
		if (flags & f->flag && f->parameter)
			return true;
	return false;
}

int newfs_reconfigure(int mount_fd, unsigned long flags, const char *data, struct err *err)
{
	_cleanup_fd_ int fs_fd = -1;
	int ret;

	if (str_empty(data) && !has_parameters(flags))
		return 0;
	fs_fd = fspick(mount_fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
	if (fs_fd < 0)
		return err_sys(err, -errno, "cannot change the file system");
	ret = set_flags(fs_fd, flags, err);
	if (!ret && data)
		ret = set_data(fs_fd, data, err);
	if (ret || !fsconfig(fs_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		return ret;
	ret = -errno;
	err_sys(err, ret, "cannot change the options of the file system");
	add_kernel_words(fs_fd, err);
	return ret;
}
