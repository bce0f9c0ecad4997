// SPDX-License-Identifier: Apache-2.0
#include "lib/file.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* read(2) until @size or the end; the number of bytes or -errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int check_regular(int fd, const char *path, size_t max, struct stat *st, struct err *err)
{
	if (fstat(fd, st) < 0)
		return err_sys(err, -errno, "%s", path);
	if (S_ISDIR(st->st_mode))
		return err_sys(err, -EISDIR, "%s", path);
	if (!S_ISREG(st->st_mode))
		return err_set(err, -EINVAL, "%s: not a regular file", path);
	if ((unsigned long long)st->st_size > max)
		return err_set(err, -EFBIG, "%s: larger than %zu bytes", path, max);
	return 0;
}

int file_read(int dirfd, const char *path, size_t max, char **text, size_t *len, struct err *err)
{
	_cleanup_free_ char *buf = NULL;
	_cleanup_fd_ int fd = -1;
	struct stat st;
	ssize_t n;
	int ret;

	/* O_NONBLOCK: a fifo must not hold us before it is refused. */
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, -errno, "%s", path);
	ret = check_regular(fd, path, max, &st, err);
	if (ret < 0)
		return ret;
	buf = malloc((size_t)st.st_size + 1);
	if (!buf)
		return err_oom(err);
	n = read_all(fd, buf, (size_t)st.st_size);
	if (n < 0)
		return err_sys(err, (int)n, "%s", path);
	buf[n] = '\0';
	*text = take_ptr(buf);
	*len = (size_t)n;
	return 0;
}

int file_read_line(int dirfd, const char *path, char *buf, size_t size, struct err *err)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_sys(err, -errno, "%s", path);
	n = read_all(fd, buf, size - 1);
	if (n < 0)
		return err_sys(err, (int)n, "%s", path);
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

/* *@buf has *@size bytes; the first doubling makes a page of it. */
static int make_room(char **buf, size_t *size)
{
	size_t more = *size ? *size * 2 : 4096;
	char *longer = realloc(*buf, more);

	if (!longer)
		return -ENOMEM;
	*buf = longer;
	*size = more;
	return 0;
}

/* To the end, wherever that is. */
static int read_to_end(int fd, const char *name, size_t max, char **text, size_t *length,
		       struct err *err)
{
	_cleanup_free_ char *buf = NULL;
	size_t size = 0, len = 0;
	ssize_t n;

	do {
		if (make_room(&buf, &size) < 0)
			return err_oom(err);
		n = read_all(fd, buf + len, size - len - 1);
		if (n < 0)
			return err_sys(err, (int)n, "%s", name);
		len += (size_t)n;
		if (len > max)
			return err_set(err, -EFBIG, "%s: larger than %zu bytes", name, max);
	} while (len == size - 1);
	buf[len] = '\0';
	*text = take_ptr(buf);
	*length = len;
	return 0;
}

int file_read_proc(int dirfd, const char *path, size_t max, char **text, struct err *err)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	size_t len;

	return fd < 0 ? err_sys(err, -errno, "%s", path)
		      : read_to_end(fd, path, max, text, &len, err);
}

int file_read_input(size_t max, char **text, size_t *len, struct err *err)
{
	return read_to_end(STDIN_FILENO, "standard input", max, text, len, err);
}

int file_write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write(int dirfd, const char *path, const char *text, struct err *err)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(err, -errno, "%s", path);
	ret = file_write_all(fd, text, strlen(text));
	return ret < 0 ? err_sys(err, ret, "%s", path) : 0;
}

int file_replace(int dirfd, const char *path, const char *text, size_t len, mode_t mode,
		 struct err *err)
{
	_cleanup_free_ char *temp = str_format("%s.new", path);
	_cleanup_fd_ int fd = -1;
	int ret;

	if (!temp)
		return err_oom(err);
	/* The directory is locked by whoever writes in it, so the name needs no luck. */
	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return err_sys(err, -errno, "%s", temp);
	/* Whatever the umask is: who may read it is the caller's to say. */
	ret = fchmod(fd, mode) < 0 ? -errno : file_write_all(fd, text, len);
	if (ret == 0 && renameat(dirfd, temp, dirfd, path) < 0)
		ret = -errno;
	if (ret < 0) {
		unlinkat(dirfd, temp, 0);
		return err_sys(err, ret, "%s", path);
	}
	return 0;
}

int file_mkdirs(int dirfd, const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];

	if (str_copy(part, sizeof(part), path) < 0)
		return err_sys(err, -ENAMETOOLONG, "%s", path);
	if (mkdirat(dirfd, part, mode) == 0 || errno == EEXIST)
		return 0;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(dirfd, part, mode) < 0 && errno != EEXIST)
			return err_sys(err, -errno, "%s", part);
		*slash = '/';
	}
	if (mkdirat(dirfd, part, mode) < 0 && errno != EEXIST)
		return err_sys(err, -errno, "%s", part);
	return 0;
}

static int remove_entries(int fd, dev_t dev);

/* One entry of the open directory @dirfd; directories of other file systems are left. */
static int remove_entry(int dirfd, const char *name, dev_t dev)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int ret;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != dev)
		return -EXDEV;
	ret = remove_entries(take_fd(&fd), dev);
	if (ret < 0)
		return ret;
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* Takes @fd. */
static int remove_entries(int fd, dev_t dev)
{
	_cleanup_dir_ DIR *dir = fdopendir(fd);
	struct dirent *e;
	int ret = 0;

	if (!dir) {
		close_fd(fd);
		return -ENOMEM;
	}
	while (ret == 0 && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ret = remove_entry(dirfd(dir), e->d_name, dev);
	return ret;
}

int file_remove_tree(int dirfd, const char *path, struct err *err)
{
	struct stat st;
	int ret;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "%s", path);
	ret = remove_entry(dirfd, path, st.st_dev);
	return ret < 0 ? err_sys(err, ret, "cannot remove %s", path) : 0;
}

/* -EAGAIN: between mkdir and open another one has removed it. */
static int open_dir(const char *path, bool create, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int ret;

	if (fd >= 0)
		return fd;
	if (errno != ENOENT || !create)
		return err_sys(err, -errno, "%s", path);
	ret = file_mkdirs(AT_FDCWD, path, 0700, err);
	if (ret < 0)
		return ret;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return -EAGAIN;
	ret = err_sys(err, -errno, "%s", path);
	/* Nobody would look for one that we made and cannot use; one that is in use is not empty. */
	rmdir(path);
	return ret;
}

/* Is @fd what @path names at this moment? */
static bool still_named(int fd, const char *path)
{
	struct stat held, named;

	return fstat(fd, &held) == 0 && lstat(path, &named) == 0 && held.st_dev == named.st_dev &&
	       held.st_ino == named.st_ino;
}

static int lock_fd(int fd)
{
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int file_lock_dir(const char *path, bool create, struct err *err)
{
	for (;;) {
		_cleanup_fd_ int fd = open_dir(path, create, err);
		int ret;

		if (fd == -EAGAIN)
			continue;
		if (fd < 0)
			return fd;
		ret = lock_fd(fd);
		if (ret < 0 && create)
			rmdir(path);
		if (ret < 0)
			return err_sys(err, ret, "cannot lock %s", path);
		if (still_named(fd, path))
			return take_fd(&fd);
	}
}

int file_unlock(int fd)
{
	if (fd >= 0)
		flock(fd, LOCK_UN);
	return close_fd(fd);
}

bool file_dir_alive(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

int file_open_how(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	for (int tries = 0; tries < 64; tries++) {
		long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		/* EAGAIN: something was renamed on the way while ".." was walked (openat2(2)). */
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

int file_clean_path(const char *dir, const char *path, char **out, struct err *err)
{
	char cwd[PATH_MAX], made[PATH_MAX] = "";
	_cleanup_free_ char *full = NULL;
	size_t len = 0;

	if (*path != '/' && !dir && !(dir = getcwd(cwd, sizeof(cwd))))
		return err_sys(err, -errno, "cannot tell the current directory");
	full = *path == '/' ? strdup(path) : str_format("%s/%s", dir, path);
	if (!full)
		return err_oom(err);
	if (strlen(full) >= sizeof(made))
		return err_sys(err, -ENAMETOOLONG, "%.80s", path);
	for (char *save = NULL, *word = strtok_r(full, "/", &save); word;
	     word = strtok_r(NULL, "/", &save)) {
		if (!strcmp(word, "."))
			continue;
		if (!strcmp(word, "..")) {
			char *slash = strrchr(made, '/');

			len = slash ? (size_t)(slash - made) : 0;
			made[len] = '\0';
			continue;
		}
		len += (size_t)snprintf(made + len, sizeof(made) - len, "/%s", word);
	}
	*out = strdup(len ? made : "/");
	return *out ? 0 : err_oom(err);
}

bool file_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

uint32_t hash32(const void *data, size_t len)
{
	uint32_t h = 2166136261u;

	for (const unsigned char *p = data; len; p++, len--)
		h = (h ^ *p) * 16777619u;
	return h;
}

uint64_t hash64_on(uint64_t h, const void *data, size_t len)
{
	for (const unsigned char *p = data; len; p++, len--)
		h = (h ^ *p) * 1099511628211u;
	return h;
}

uint64_t hash64(const void *data, size_t len)
{
	return hash64_on(14695981039346656037u, data, len);
}
