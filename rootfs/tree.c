// SPDX-License-Identifier: Apache-2.0
#include "rootfs/tree.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

/*
 * What is left to do, as a stack: names of directories in the one where the walk is, and below them the way back up.
 * That is "..", which leads to wherever the directory is by now, so what is there has to be the one that we came from.
 */
struct todo {
	struct todo *next;
	dev_t dev; /* of the directory to get back to */
	ino_t ino;
	char name[];
};

struct walk {
	tree_visit_fn *visit;
	void *arg;
	uint64_t resolve;
	struct todo *todo;
	int at; /* O_PATH, of the directory where it is */
	size_t depth;
};

static int push(struct walk *w, const char *name, const struct stat *up, struct err *err)
{
	struct todo *t = malloc(sizeof(*t) + strlen(name) + 1);

	if (!t)
		return err_oom(err);
	t->next = w->todo;
	t->dev = up ? up->st_dev : 0;
	t->ino = up ? up->st_ino : 0;
	strcpy(t->name, name);
	w->todo = t;
	return 0;
}

/* -ENOENT: it is not there any more, or is another file system's. */
static int open_entry(const struct walk *w, const char *name, struct stat *st, struct err *err)
{
	_cleanup_fd_ int fd =
		file_open_how(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, w->resolve);

	if (fd == -ENOENT || fd == -EXDEV)
		return -ENOENT;
	if (fd < 0 || fstat(fd, st) < 0)
		return err_sys(err, fd < 0 ? fd : -errno, "cannot open '%.200s'", name);
	return take_fd(&fd);
}

/* Directories wait until this one is read to its end. */
static int see_entry(struct walk *w, const char *name, struct err *err)
{
	struct stat st;
	_cleanup_fd_ int fd = open_entry(w, name, &st, err);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return S_ISDIR(st.st_mode) ? push(w, name, NULL, err) : w->visit(w->arg, fd, err);
}

static int read_entries(struct walk *w, struct err *err)
{
	int fd = openat(w->at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int ret = 0;

	if (!dir) {
		ret = err_sys(err, -errno, "cannot read a directory");
		close_fd(fd);
		return ret;
	}
	while (ret == 0 && (errno = 0, e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ret = see_entry(w, e->d_name, err);
	if (ret == 0 && errno && errno != ENOENT)
		return err_sys(err, -errno, "cannot read a directory");
	return ret;
}

static void move_to(struct walk *w, int fd)
{
	close_fd(w->at);
	w->at = fd;
}

static int go_up(struct walk *w, const struct todo *t, struct err *err)
{
	_cleanup_fd_ int fd = openat(w->at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != t->dev || st.st_ino != t->ino)
		return err_set(err, -ESTALE, "a directory was moved meanwhile");
	w->depth--;
	move_to(w, take_fd(&fd));
	return 0;
}

static int go_down(struct walk *w, const char *name, struct err *err)
{
	struct stat here, st;
	_cleanup_fd_ int fd = open_entry(w, name, &st, err);
	int ret = fd < 0 ? fd : w->visit(w->arg, fd, err);

	if (fd == -ENOENT)
		return 0;
	/* Something else may have taken the directory's place. */
	if (ret < 0 || !S_ISDIR(st.st_mode))
		return ret;
	if (w->depth == TREE_DEPTH_MAX)
		return err_set(err, -ELOOP, "deeper than %d directories", TREE_DEPTH_MAX);
	ret = fstat(w->at, &here) < 0 ? err_sys(err, -errno, "fstat") : push(w, "..", &here, err);
	if (ret < 0)
		return ret;
	w->depth++;
	move_to(w, take_fd(&fd));
	return read_entries(w, err);
}

static int walk_on(struct walk *w, struct err *err)
{
	int ret = read_entries(w, err);

	while (ret == 0 && w->todo) {
		_cleanup_free_ struct todo *t = w->todo;

		w->todo = t->next;
		ret = strcmp(t->name, "..") ? go_down(w, t->name, err) : go_up(w, t, err);
	}
	return ret;
}

int tree_walk(int top, bool mounts, tree_visit_fn *visit, void *arg, struct err *err)
{
	struct walk w = {
		.visit = visit,
		.arg = arg,
		.resolve = RESOLVE_BENEATH | (mounts ? 0 : RESOLVE_NO_XDEV),
		.at = -1,
	};
	struct stat st;
	int ret = visit(arg, top, err);

	if (ret < 0 || fstat(top, &st) < 0 || !S_ISDIR(st.st_mode))
		return ret;
	w.at = fcntl(top, F_DUPFD_CLOEXEC, 3);
	ret = w.at < 0 ? err_sys(err, -errno, "cannot keep a directory open") : walk_on(&w, err);
	close_fd(w.at);
	while (w.todo) {
		_cleanup_free_ struct todo *t = w.todo;

		w.todo = t->next;
	}
	return ret;
}
