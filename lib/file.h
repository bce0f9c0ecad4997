/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and directories: reading and writing in whole, locks, and paths that stay beneath a
 * directory. Every fd is CLOEXEC. dirfd may be AT_FDCWD throughout.
 */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Read a whole regular file of at most @max bytes; *@text is allocated, with a NUL behind it that
 * *@len does not count. A directory is -EISDIR, a device or fifo -EINVAL, a larger file -EFBIG.
 */
int file_read(int dirfd, const char *path, size_t max, char **text, size_t *len, struct err *err);
/* As file_read() for a small file of /proc, /sys or a cgroup, whose size is not known beforehand and whose trailing newline is cut. */
int file_read_line(int dirfd, const char *path, char *buf, size_t size, struct err *err);
/*
 * As file_read_line() for one of any size up to @max bytes, and nothing is cut: *@text is allocated. More than that is
 * -EFBIG.
 */
int file_read_proc(int dirfd, const char *path, size_t max, char **text, struct err *err);
/* All of standard input, whatever it is, as file_read(). */
int file_read_input(size_t max, char **text, size_t *len, struct err *err);
/* Write all of it to @fd, however many calls it takes; 0 or -errno. */
int file_write_all(int fd, const char *text, size_t len);
/* Write @text in one write(2) to an existing file, as /proc, /sys and cgroup files want it. */
int file_write(int dirfd, const char *path, const char *text, struct err *err);
/* Replace @path by @len bytes of @text at once (temporary file and rename), of that very @mode; no fsync: for /run. */
int file_replace(int dirfd, const char *path, const char *text, size_t len, mode_t mode,
		 struct err *err);

/* mkdir -p of an absolute or relative path; existing directories are kept as they are. */
int file_mkdirs(int dirfd, const char *path, mode_t mode, struct err *err);
/* rm -r of @path, never through a symlink or into another file system; missing is success. */
int file_remove_tree(int dirfd, const char *path, struct err *err);

/*
 * Open and lock (flock, LOCK_EX) the directory @path, making it (0700) if @create. The fd is of the
 * directory that @path names while the lock is held: one that was removed in between is tried
 * again. Without @create a missing one is -ENOENT. Returns the fd; closing it unlocks.
 */
int file_lock_dir(const char *path, bool create, struct err *err);

/*
 * Unlock and close what file_lock_dir() gave; returns -1, for the variable. To close it alone is not enough in a program with
 * threads: what another one forks meanwhile has it open too, and the lock is that of the open file (flock(2)).
 */
int file_unlock(int fd);
static inline void cleanup_lock(int *fd)
{
	file_unlock(*fd);
}
#define _cleanup_lock_ __attribute__((cleanup(cleanup_lock)))
/* Does the open directory @fd still have a name? (Somebody else may have removed it.) */
bool file_dir_alive(int fd);

/* openat2(2) with O_CLOEXEC, tried again on EAGAIN: @flags are O_*, @resolve RESOLVE_*. Returns the fd, or -errno. */
int file_open_how(int root, const char *path, uint64_t flags, uint64_t resolve);
/*
 * @path made absolute (below @dir, which is absolute; NULL: the current directory) and freed of ".", ".." and "//" by its
 * words alone: no symlink is followed. *@out is allocated.
 */
int file_clean_path(const char *dir, const char *path, char **out, struct err *err);
/* Does @path exist (a last symlink is not followed)? */
bool file_exists(int dirfd, const char *path);

/* 32-bit FNV-1a, for short ids and names; stable across runs and machines. */
uint32_t hash32(const void *data, size_t len);
/* 64-bit FNV-1a. */
uint64_t hash64(const void *data, size_t len);
/* That of what @h is the hash of, with @data behind it. */
uint64_t hash64_on(uint64_t h, const void *data, size_t len);

#endif
