// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* The kernel's first root has no parent that could take its place (pivot_root(2), NOTES). */
static bool on_initramfs(void)
{
	struct statfs fs;

	return statfs("/", &fs) == 0 && (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

static int pivot_failed(int code, struct err *err)
{
	err_sys(err, code, "pivot_root into the rootfs");
	if (code == -EINVAL && on_initramfs())
		err_append(
			err,
			" (the host's root seems to be an initramfs; no_pivot_root avoids this)");
	return code;
}

/*
 * Both arguments the same: the old root ends up on top of the new one, where it can be unmounted without
 * a directory for it (pivot_root(2), "pivot_root(".", ".")").
 */
static int pivot(struct err *err)
{
	_cleanup_fd_ int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0)
		return err_sys(err, -errno, "/");
	if (syscall(SYS_pivot_root, ".", "."))
		return pivot_failed(-errno, err);
	if (fchdir(old))
		return err_sys(err, -errno, "cannot enter the old root");
	/* A no-op after rootfs_mount_all(), but the unmounting must not reach the host in any case. */
	if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL))
		return err_sys(err, -errno, "cannot cut the old root off");
	if (umount2(".", MNT_DETACH))
		return err_sys(err, -errno, "cannot unmount the old root");
	/* If the host has something mounted over its root, "." was that. In the end "." is no mount of ours. */
	while (!umount2(".", MNT_DETACH))
		;
	return errno == EINVAL ? 0 : err_sys(err, -errno, "cannot unmount the old root");
}

/* mountinfo escapes blanks and backslashes as three octal digits (proc(5)). */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		if (*s == '\\' && s[1] && s[2] && s[3]) {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* The mountpoint of a line of mountinfo, its fifth field; NULL if there is none. */
static char *mountpoint_of(char *line)
{
	char *save = NULL, *field = strtok_r(line, " ", &save);

	for (int i = 0; field && i < 4; i++)
		field = strtok_r(NULL, " ", &save);
	if (field)
		unescape(field);
	return field;
}

/*
 * Without pivot_root the host's root stays underneath, for good. At least nothing else of the host does: who got
 * out of the chroot would find no other file system, and a process in the container cannot
 * use the host's /proc and /sys to be allowed new ones of its own (mount_too_revealing() in the kernel).
 */
static int unmount_host(const char *rootfs, struct err *err)
{
	_cleanup_file_ FILE *in = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	char **points = NULL;
	size_t size = 0;
	int ret = 0;

	if (!in)
		return err_sys(err, -errno, "/proc/self/mountinfo");
	while (!ret && getline(&line, &size, in) > 0) {
		const char *point = mountpoint_of(line);

		if (point && !path_is_below(point, rootfs) && !path_is_below(rootfs, point))
			ret = strv_add(&points, point);
	}
	/* Those below others are gone with them, so a failure may mean just that. */
	for (char **p = points; !ret && p && *p; p++)
		if (umount2(*p, MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL && errno != ENOENT)
			ret = err_sys(err, -errno, "cannot unmount the host's '%s'", *p);
	strv_free(points);
	return ret == -ENOMEM ? err_oom(err) : ret;
}

static int move_to_root(const struct rootfs_spec *spec, struct err *err)
{
	_cleanup_free_ char *rootfs = NULL;
	int ret = path_inside(NULL, spec->path, &rootfs, err);

	if (!ret)
		ret = unmount_host(rootfs, err);
	if (ret)
		return ret;
	if (mount(".", "/", NULL, MS_MOVE, NULL))
		return err_sys(err, -errno, "cannot move the rootfs to /");
	return chroot(".") ? err_sys(err, -errno, "chroot into the rootfs") : 0;
}

int rootfs_enter(const struct rootfs_spec *spec, struct rootfs_run *run, struct err *err)
{
	int ret;

	if (fchdir(run->root_fd))
		return err_sys(err, -errno, "cannot enter the rootfs");
	ret = spec->no_pivot_root ? move_to_root(spec, err) : pivot(err);
	if (ret)
		return ret;
	return chdir("/") ? err_sys(err, -errno, "/") : 0;
}
