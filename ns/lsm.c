// SPDX-License-Identifier: Apache-2.0
#include "ns/lsm.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

static bool has_apparmor(void)
{
	char text[8];

	return file_read_line(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", text,
			      sizeof(text), NULL) == 0 &&
	       text[0] == 'Y';
}

/* The file system is registered only where SELinux is on (security/selinux/selinuxfs.c), mounted or not. */
static bool has_selinux(void)
{
	_cleanup_file_ FILE *in = fopen("/proc/filesystems", "re");
	char line[128];

	while (in && fgets(line, sizeof(line), in))
		if (!strcmp(line, "nodev\tselinuxfs\n"))
			return true;
	return false;
}

static bool is_profile(const char *label)
{
	for (; *label; label++)
		if ((unsigned char)*label < ' ' || *label == 0x7f)
			return false;
	return true;
}

static bool is_context(const char *label)
{
	size_t fields = 0;

	for (const char *at = label;; at++) {
		size_t len = strcspn(at, ":");

		if (!len || strcspn(at, " \t\n\"'\\") < len)
			return false;
		at += len;
		if (++fields == 3 || !*at)
			return fields == 3;
	}
}

static const struct {
	const char *name;
	bool (*enabled)(void);
	bool (*is_label)(const char *label);
	const char *expected;
	const char *files[3]; /* the first that is there */
	const char *format;   /* of what is written to it */
	const char *unknown;  /* what the kernel means by ENOENT or EINVAL */
} lsms[] = {
	[LSM_APPARMOR] = { "AppArmor",
			   has_apparmor,
			   is_profile,
			   "the name of an AppArmor profile",
			   /* Linux 5.8; the other one is of whichever module came first. */
			   { "/proc/self/attr/apparmor/exec", "/proc/self/attr/exec" },
			   "exec %s",
			   "no such profile is loaded" },
	[LSM_SELINUX] = { "SELinux",
			  has_selinux,
			  is_context,
			  "an SELinux context (user:role:type or user:role:type:level)",
			  { "/proc/self/attr/exec" },
			  "%s",
			  "the policy has no such context" },
};

const char *lsm_name(enum lsm lsm)
{
	return lsms[lsm].name;
}

bool lsm_enabled(enum lsm lsm)
{
	return lsms[lsm].enabled();
}

int lsm_check(enum lsm lsm, const char *label, struct err *err)
{
	return *label && lsms[lsm].is_label(label)
		       ? 0
		       : err_set(err, -EINVAL, "'%.80s' is not %s", label, lsms[lsm].expected);
}

int lsm_open(enum lsm lsm, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	const char *const *path = lsms[lsm].files;
	struct statfs fs;

	for (; fd < 0 && *path; path++)
		fd = open(*path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, -errno, "%s", path[-1]);
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(err, -EXDEV, "%s is not the kernel's", path[-1]);
	return take_fd(&fd);
}

int lsm_change_on_exec(enum lsm lsm, int fd, const char *label, struct err *err)
{
	char text[4096];
	size_t len = (size_t)snprintf(text, sizeof(text), lsms[lsm].format, label);
	int ret;

	if (len >= sizeof(text))
		return err_set(err, -ENAMETOOLONG, "'%.80s'...: too long", label);
	if (write(fd, text, len) == (ssize_t)len)
		return 0;
	ret = -errno;
	if (ret == -ENOENT || ret == -EINVAL)
		return err_sys(err, ret, "'%.200s': %s", label, lsms[lsm].unknown);
	return err_sys(err, ret, "'%.200s'", label);
}
