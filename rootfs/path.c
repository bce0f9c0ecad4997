// SPDX-License-Identifier: Apache-2.0
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define SYMLINKS_MAX 40 /* as the kernel's MAXSYMLINKS, path_resolution(7) */

/* An inside path that grows and shrinks by components; "" stands for "/". */
struct stack {
	char text[PATH_MAX];
	size_t len;
};

/* Instead of an initializer, which would fill the whole of it. */
static void stack_clear(struct stack *s)
{
	s->text[0] = '\0';
	s->len = 0;
}

static int stack_push(struct stack *s, const char *name, size_t len)
{
	if (s->len + 1 + len >= sizeof(s->text))
		return -ENAMETOOLONG;
	s->text[s->len] = '/';
	memcpy(s->text + s->len + 1, name, len);
	s->len += 1 + len;
	s->text[s->len] = '\0';
	return 0;
}

static bool stack_pop(struct stack *s)
{
	char *slash = strrchr(s->text, '/');

	if (!slash)
		return false;
	*slash = '\0';
	s->len = (size_t)(slash - s->text);
	return true;
}

static char *stack_copy(const struct stack *s)
{
	return strdup(s->len ? s->text : "/");
}

/* The next component of *@path, which is moved behind it; NULL at the end. "." is left out. */
static const char *next_name(const char **path, size_t *len)
{
	const char *at = *path;

	for (;;) {
		at += strspn(at, "/");
		*len = strcspn(at, "/");
		if (*len != 1 || *at != '.')
			break;
		at++;
	}
	*path = at + *len;
	return *len ? at : NULL;
}

static bool is_dotdot(const char *name, size_t len)
{
	return len == 2 && !memcmp(name, "..", 2);
}

/* @path without a leading @rootfs, or @path itself. */
static const char *cut_rootfs(const char *rootfs, const char *path)
{
	size_t len = rootfs ? strlen(rootfs) : 0;

	while (len && rootfs[len - 1] == '/')
		len--;
	if (len && !strncmp(path, rootfs, len) && (!path[len] || path[len] == '/'))
		return path[len] ? path + len : "/";
	return path;
}

int path_inside(const char *rootfs, const char *path, char **inside, struct err *err)
{
	const char *rest, *name;
	struct stack done;
	size_t len;

	stack_clear(&done);
	if (str_empty(path))
		return err_set(err, -EINVAL, "the path is empty");
	rest = cut_rootfs(rootfs, path);
	while ((name = next_name(&rest, &len))) {
		if (is_dotdot(name, len)) {
			if (!stack_pop(&done))
				return err_set(err, -EINVAL, "'%s' leaves the rootfs", path);
		} else if (stack_push(&done, name, len)) {
			return err_set(err, -ENAMETOOLONG, "the path is longer than %d bytes",
				       PATH_MAX);
		}
	}
	*inside = stack_copy(&done);
	return *inside ? 0 : err_oom(err);
}

bool path_is_below(const char *path, const char *above)
{
	size_t len = strlen(above);

	if (len == 1)
		return true;
	return !strncmp(path, above, len) && (!path[len] || path[len] == '/');
}

int path_open(int root, const char *real, int flags)
{
	return file_open_how(root, real, (uint64_t)(O_PATH | O_CLOEXEC | flags),
			     RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int path_open_host(const char *path, int flags)
{
	_cleanup_fd_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? -errno : path_open(root, path, flags);
}

/* What path_resolve() carries from one component to the next. */
struct walk {
	int root;
	struct stack done;
	char todo[PATH_MAX];
	const char *rest; /* in todo */
	size_t missing;
	unsigned int links;
};

/* Replace the last component, the symlink @fd, by what it says. */
static int follow(struct walk *w, int fd)
{
	char target[PATH_MAX], joined[PATH_MAX];
	struct statfs fs;
	ssize_t len;
	int n;

	if (++w->links > SYMLINKS_MAX)
		return -ELOOP;
	/* Links of procfs may be magic: their text is not where they lead. */
	if (fstatfs(fd, &fs))
		return -errno;
	if (fs.f_type == PROC_SUPER_MAGIC)
		return -ELOOP;
	len = readlinkat(fd, "", target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	n = snprintf(joined, sizeof(joined), "%s/%s", target, w->rest);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(w->todo, joined, (size_t)n + 1);
	w->rest = w->todo;
	stack_pop(&w->done);
	if (target[0] == '/')
		stack_clear(&w->done);
	return 0;
}

static int step_down(struct walk *w, const char *name, size_t len)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int ret;

	if (is_dotdot(name, len)) {
		if (stack_pop(&w->done) && w->missing)
			w->missing--;
		return 0;
	}
	ret = stack_push(&w->done, name, len);
	if (ret)
		return ret;
	if (w->missing) {
		w->missing++;
		return 0;
	}
	fd = path_open(w->root, w->done.text, O_NOFOLLOW);
	if (fd == -ENOENT) {
		w->missing = 1;
		return 0;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	return S_ISLNK(st.st_mode) ? follow(w, fd) : 0;
}

static int walk_all(struct walk *w)
{
	const char *name;
	size_t len;
	int ret;

	while ((name = next_name(&w->rest, &len))) {
		ret = step_down(w, name, len);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk(int root, const char *inside, char **real, size_t *missing, struct err *err)
{
	struct walk w;
	char *copy;
	int ret;

	w.root = root;
	stack_clear(&w.done);
	w.rest = w.todo;
	w.missing = 0;
	w.links = 0;
	ret = str_copy(w.todo, sizeof(w.todo), inside);
	if (!ret)
		ret = walk_all(&w);
	if (ret)
		return err_sys(err, ret, "'%s' in the rootfs", w.done.len ? w.done.text : "/");
	copy = stack_copy(&w.done);
	if (!copy)
		return err_oom(err);
	*real = copy;
	*missing = w.missing;
	return 0;
}

/*
 * Most paths have no symlinks, and the last component is missing at most: the kernel says so faster than a walk that
 * opens each component. False where that is needed, also for its error.
 */
static bool is_real(int root, const char *inside, size_t *missing)
{
	size_t depth = path_depth(inside);

	for (*missing = 0; *missing <= depth; (*missing)++) {
		_cleanup_free_ char *prefix = path_prefix(inside, depth - *missing);
		_cleanup_fd_ int fd = prefix ? path_open(root, prefix, 0) : -ENOMEM;

		if (fd != -ENOENT)
			return fd >= 0;
	}
	return false;
}

int path_resolve(int root, const char *inside, char **real, size_t *missing, struct err *err)
{
	char *copy;

	if (!is_real(root, inside, missing))
		return walk(root, inside, real, missing, err);
	copy = strdup(inside);
	if (!copy)
		return err_oom(err);
	*real = copy;
	return 0;
}

size_t path_depth(const char *inside)
{
	size_t depth = 0;

	for (const char *c = inside; *c; c++)
		depth += *c == '/' && c[1];
	return depth;
}

char *path_prefix(const char *inside, size_t depth)
{
	const char *end = inside;

	if (!depth)
		return strdup("/");
	while (depth-- && *end)
		end += 1 + strcspn(end + 1, "/");
	return strndup(inside, (size_t)(end - inside));
}

const char *path_name(const char *inside)
{
	return strrchr(inside, '/') + 1;
}
