// SPDX-License-Identifier: Apache-2.0
/* How processes get into a container's cgroup: the step cgroup.join, and the ways around its cost. */
#include "cgroup/cgroup.h"
#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/scope.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

static const struct json_field join_fields[] = { JSON_STRINGS(struct cgroup_join_args, "v1", v1),
						 JSON_STRINGS(struct cgroup_join_args, "v2", v2),
						 JSON_END };
static const struct json_schema join_schema = JSON_SCHEMA(struct cgroup_join_args, join_fields);

static const char *explain(int code)
{
	switch (code) {
	case -EBUSY:
		return " (it hands controllers to cgroups below it, so it cannot have processes of its own)";
	case -EOPNOTSUPP:
		return " (it is a threaded cgroup, or was made below one and cannot be used)";
	case -ENOSPC:
		return " (its cpuset is empty)";
	case -EINVAL:
		return " (a real-time process needs cpu_rt_quota)";
	default:
		return "";
	}
}

static int join_err(const char *path, int code, struct err *err)
{
	err_sys(err, code, "join cgroup %s", path);
	return err_append(err, "%s", explain(code));
}

static int write_pid(const char *dir, pid_t pid, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/cgroup.procs", dir);
	char text[16];
	int ret;

	if (!path)
		return err_oom(err);
	snprintf(text, sizeof(text), "%d", (int)pid);
	ret = file_write(AT_FDCWD, path, text, NULL);
	return ret < 0 ? join_err(dir, ret, err) : 0;
}

/*
 * The doors: fds of the v1 `tasks` files, kept in the scope under this tag. cgroup.h tells what for.
 */
struct doors {
	size_t count;
	struct door {
		char *path;
		int fd;
	} doors[];
};

static const char doors_tag;
#define DOORS_KEY "doors"

static void doors_close(void *handle)
{
	struct doors *d = handle;

	for (size_t i = 0; i < d->count; i++) {
		close_fd(d->doors[i].fd);
		free(d->doors[i].path);
	}
	free(d);
}

static int door_open(struct doors *d, const char *dir, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/tasks", dir);
	struct door *door = &d->doors[d->count];

	if (!path)
		return err_oom(err);
	*door = (struct door){ .fd = open(path, O_WRONLY | O_CLOEXEC), .path = strdup(dir) };
	d->count++;
	if (!door->path)
		return err_oom(err);
	return door->fd < 0 ? join_err(dir, -errno, err) : 0;
}

/* A scope lives on its holder until the child is in, and how far the child is we would not know. So it is moved by us. */
int cgroup_join_open(const struct cgroup_place *place, struct scope *scope, struct err *err)
{
	struct doors *d;
	int ret = 0;

	if (scope_has_holder(scope))
		return 0;
	d = calloc(1, sizeof(*d) + place->count * sizeof(struct door));
	if (!d)
		return err_oom(err);
	for (size_t i = 0; i < place->count && ret == 0; i++)
		if (!place->dirs[i].v2)
			ret = door_open(d, place->dirs[i].path, err);
	if (ret < 0) {
		doors_close(d);
		return ret;
	}
	return scope_set_handle(scope, &doors_tag, DOORS_KEY, d, doors_close, err);
}

int cgroup_join_self(const struct scope *scope, struct err *err)
{
	const struct doors *d = scope_handle(scope, &doors_tag, DOORS_KEY);

	for (size_t i = 0; d && i < d->count; i++)
		if (write(d->doors[i].fd, "0", 1) < 0)
			return join_err(d->doors[i].path, -errno, err);
	return 0;
}

/*
 * clone3 has put it there already, unless the fd could not be opened. Reading is the cheaper way to
 * tell; in a crowd it is not worth it, and writing once more does no harm.
 */
static int join_v2(const char *dir, pid_t pid, struct err *err)
{
	pid_t pids[64];
	ssize_t n = tree_pids(dir, pids, array_size(pids));

	for (ssize_t i = 0; i < n && i < (ssize_t)array_size(pids); i++)
		if (pids[i] == pid)
			return 0;
	return write_pid(dir, pid, err);
}

static bool has_doors(const struct scope *scope)
{
	return scope_handle(scope, &doors_tag, DOORS_KEY) != NULL;
}

static int join_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_join_args *a = args;
	int ret = 0;

	for (char **p = a->v1; !has_doors(scope) && p && *p && ret == 0; p++)
		ret = write_pid(*p, scope->pid, err);
	for (char **p = a->v2; p && *p && ret == 0; p++)
		ret = join_v2(*p, scope->pid, err);
	scope_release_holder(scope);
	return ret;
}

int cgroup_enter(const struct cgroup_place *place, const struct scope *scope, pid_t pid,
		 struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < place->count && ret == 0; i++) {
		const struct cgroup_dir *d = &place->dirs[i];

		if (d->v2)
			ret = join_v2(d->path, pid, err);
		else if (!has_doors(scope))
			ret = write_pid(d->path, pid, err);
	}
	return ret;
}

static void show_join(char **paths, FILE *out)
{
	for (char **p = paths; p && *p; p++) {
		_cleanup_free_ char *file = str_format("%s/cgroup.procs", *p);

		if (!file)
			return;
		fputs("echo $PID > ", out);
		str_print_shell(out, file);
		fputc('\n', out);
	}
}

static void join_show(const void *args, FILE *out)
{
	const struct cgroup_join_args *a = args;

	show_join(a->v1, out);
	show_join(a->v2, out);
}

const struct step_type cgroup_join_step = {
	.name = "cgroup.join",
	.args = &join_schema,
	.phase = PHASE_CONNECT,
	.apply = join_apply,
	.show = join_show,
};

/* The number in @file of @dir; none for "max", or where there is no such file. */
static unsigned long long read_number(const char *dir, const char *file, unsigned long long none)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, file);
	unsigned long long number;
	char text[32];

	if (!path || file_read_line(AT_FDCWD, path, text, sizeof(text), NULL) < 0 ||
	    str_to_u64(text, UINT64_MAX, &number) < 0)
		return none;
	return number;
}

/*
 * pids.max stops a clone, but not what is moved in. In a scope that is to have one process only, the holder is that one until the
 * container's has come.
 */
static bool is_full(const char *dir)
{
	return read_number(dir, "pids.current", 0) >= read_number(dir, "pids.max", UINT64_MAX);
}

/*
 * Since kernel 6.14 clone3 compares how often the cgroups of parent and child have been killed, and kills the child where that
 * differs (kernel/cgroup/cgroup.c, kill_seq), for ever after one write to cgroup.kill. In one that we made nobody has done that
 * as long as there is a container to clone into.
 */
int cgroup_clone_fd(const struct cgroup_place *place, const struct scope *scope)
{
	const struct cgroup_dir *last = place->count ? &place->dirs[place->count - 1] : NULL;
	int fd;

	if (!last || !last->v2 || !mark_any(last->path) ||
	    (scope_has_holder(scope) && is_full(last->path)))
		return -1;
	fd = open(last->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fd;
}
