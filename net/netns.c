// SPDX-License-Identifier: Apache-2.0
#include "net/netns.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

int netns_open(const char *path, struct err *err)
{
	/* Not blocking: the path may be a fifo. */
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_sys(err, -errno, "%s", path);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return err_set(err, -EINVAL, "%s is not a network namespace", path);
	return take_fd(&fd);
}

int netns_open_own(struct err *err)
{
	return netns_open("/proc/thread-self/ns/net", err);
}

int netns_enter(int fd, struct err *err)
{
	_cleanup_fd_ int home = netns_open_own(err);

	if (home < 0)
		return home;
	if (setns(fd, CLONE_NEWNET) < 0)
		return err_sys(err, -errno, "enter network namespace");
	return take_fd(&home);
}

int netns_leave(int home, struct err *err)
{
	int ret = setns(home, CLONE_NEWNET) < 0 ? -errno : 0;

	close_fd(home);
	return ret < 0 ? err_sys(err, ret, "return from network namespace") : 0;
}

/* --- Pins --- */

int netns_pin_open(const char *path, struct err *err)
{
	int fd = netns_open(path, NULL);

	/* The file alone: who was to mount it was killed before. */
	return fd >= 0 ? fd : err_set(err, -ENOENT, "no network namespace is pinned at %s", path);
}

int netns_pin(int fd, const char *path, struct err *err)
{
	_cleanup_fd_ int pinned = netns_pin_open(path, NULL);
	_cleanup_fd_ int file = -1;
	char from[32];

	if (pinned >= 0)
		return 0;
	file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return err_sys(err, -errno, "%s", path);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (mount(from, path, NULL, MS_BIND, NULL) < 0)
		return err_sys(err, -errno, "pin the network namespace at %s", path);
	return 0;
}

int netns_unpin(const char *path, struct err *err)
{
	/* EINVAL: nothing is mounted there. */
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return err_sys(err, -errno, "unpin the network namespace at %s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, -errno, "remove %s", path);
	return 0;
}

/* --- Settings --- */

/* /proc/sys/net is looked up in the network namespace of whoever opens it. */
static int in_namespace(int fd, const char *path, char *value, size_t size, const char *text,
			struct err *err)
{
	char file[256];
	int home, ret, back;

	if (snprintf(file, sizeof(file), "/proc/sys/%s", path) >= (int)sizeof(file))
		return err_set(err, -ENAMETOOLONG, "sysctl %s: name too long", path);
	home = netns_enter(fd, err);
	if (home < 0)
		return home;
	ret = text ? file_write(AT_FDCWD, file, text, err)
		   : file_read_line(AT_FDCWD, file, value, size, err);
	back = netns_leave(home, ret < 0 ? NULL : err);
	return ret < 0 ? ret : back;
}

int netns_sysctl_write(int fd, const char *path, const char *value, struct err *err)
{
	return in_namespace(fd, path, NULL, 0, value, err);
}

int netns_sysctl_read(int fd, const char *path, char *value, size_t size, struct err *err)
{
	return in_namespace(fd, path, value, size, NULL, err);
}
