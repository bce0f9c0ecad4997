// SPDX-License-Identifier: Apache-2.0
#include "container/host_device.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* A link within /dev is followed, as /dev/cdrom may be one; nothing leads out of it. */
static int look_up(const char *name, struct stat *st, struct err *err)
{
	_cleanup_fd_ int dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int fd = -1;

	if (dev < 0)
		return err_sys(err, -errno, "/dev");
	fd = file_open_how(dev, name, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return err_sys(err, fd, "the host's device '/dev/%.200s'", name);
	if (fstat(fd, st) < 0)
		return err_sys(err, -errno, "the host's device '/dev/%.200s'", name);
	if (!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode))
		return err_set(err, -ENODEV, "the host's '/dev/%.200s' is not a device", name);
	return 0;
}

int host_device_find(const char *name, struct rootfs_device *d, struct err *err)
{
	struct stat st;
	int ret = look_up(name, &st, err);

	if (ret < 0)
		return ret;
	*d = (struct rootfs_device){
		.type = S_ISBLK(st.st_mode) ? 'b' : 'c',
		.path = str_format("/dev/%s", name),
		.major = major(st.st_rdev),
		.minor = minor(st.st_rdev),
		.file_mode = st.st_mode & 07777,
		.uid = st.st_uid,
		.gid = st.st_gid,
	};
	return d->path ? 0 : err_oom(err);
}
