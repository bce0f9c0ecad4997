// SPDX-License-Identifier: Apache-2.0
#include "net/netns_find.h"

#include "lib/cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Open it if it is the one; something else with that number may lie there. */
static int try_path(const char *path, uint64_t inode)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != inode ||
	    ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -1;
	return take_fd(&fd);
}

static int find_in_proc(uint64_t inode)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc))) {
		char path[300];
		int fd;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", e->d_name);
		fd = try_path(path, inode);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* Blanks, backslashes and newlines are "\\" and three octal digits in mountinfo. */
static void unescape(char *text)
{
	char *out = text;
	unsigned int code;

	for (const char *in = text; *in; out++) {
		if (*in == '\\' && sscanf(in, "\\%3o", &code) == 1) {
			*out = (char)code;
			in += 4;
		} else {
			*out = *in++;
		}
	}
	*out = '\0';
}

/* proc(5), mountinfo: the fourth field of a bind-mounted namespace is "net:[INODE]", the fifth its place. */
static int find_in_mounts(uint64_t inode)
{
	_cleanup_file_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	char root[64], wanted[64], place[4096];
	size_t size = 0;

	snprintf(wanted, sizeof(wanted), "net:[%" PRIu64 "]", inode);
	while (f && getline(&line, &size, f) > 0) {
		int fd;

		if (sscanf(line, "%*s %*s %*s %63s %4095s", root, place) != 2 ||
		    strcmp(root, wanted))
			continue;
		unescape(place);
		fd = try_path(place, inode);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

int netns_find(uint64_t inode)
{
	int fd = find_in_proc(inode);

	return fd >= 0 ? fd : find_in_mounts(inode);
}

int netns_reopen(const char *path, uint64_t inode)
{
	int fd = inode ? try_path(path, inode) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 && inode ? netns_find(inode) : fd;
}
