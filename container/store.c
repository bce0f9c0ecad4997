// SPDX-License-Identifier: Apache-2.0
#include "container/store.h"

#include "container/id.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/net.h"
#include "net/netns_find.h"
#include "ns/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_FILE   "state.json"
#define JOURNAL_FILE "journal.json"
#define SHARED_ROOT  "/run/ctrnet-shared"

static const struct json_field process_id_fields[] = {
	JSON_INT(struct process_id, "pid", pid),
	JSON_UINT(struct process_id, "start_time", start),
	JSON_END,
};
static const struct json_schema process_id_schema =
	JSON_SCHEMA(struct process_id, process_id_fields);

static const struct json_field state_fields[] = {
	JSON_STRING(struct state, "id", id, .flags = JSON_REQUIRED),
	JSON_STRING(struct state, "bundle", bundle),
	JSON_OBJECT(struct state, "init", init, &process_id_schema),
	JSON_OBJECT(struct state, "supervisor", supervisor, &process_id_schema),
	JSON_STRING(struct state, "created", created),
	JSON_UINT(struct state, "owner", owner, .flags = JSON_KEEP),
	JSON_UINT(struct state, "netns", netns),
	JSON_OBJECT(struct state, "cgroup", cgroup, &cgroup_place_schema),
	JSON_OBJECT(struct state, "config", spec, &spec_schema),
	JSON_END,
};
const struct json_schema state_schema = JSON_SCHEMA(struct state, state_fields);

const char *status_name(enum status s)
{
	static const char *const names[] = {
		[STATUS_CREATING] = "creating",
		[STATUS_RUNNING] = "running",
		[STATUS_STOPPED] = "stopped",
	};

	return names[s];
}

/* What is in it decides which processes are killed and which links removed: nobody else may have written it. */
static int check_private(const struct store *s, struct err *err)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return err_sys(err, -errno, "%s", s->dir);
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(
			err, -EPERM,
			"%s: belongs to uid %u, mode 0%o: not trusted, since others than uid %u "
			"can write to it",
			s->dir, st.st_uid, st.st_mode & 07777, geteuid());
	return 0;
}

int store_open(struct store *s, const char *root, const char *id, bool create, struct err *err)
{
	int ret = store_name(s, root, id, err);

	if (ret < 0)
		return ret;
	s->fd = file_lock_dir(s->dir, create, err);
	ret = s->fd < 0 ? s->fd : check_private(s, err);
	if (ret == 0)
		return 0;
	if (ret == -ENOENT && !create)
		err_set(err, ret, "container '%s' does not exist", id);
	store_close(s);
	return ret;
}

void store_close(struct store *s)
{
	close_fd(s->fd);
	free(s->root);
	free(s->id);
	free(s->dir);
	*s = (struct store){ .fd = -1 };
}

int store_name(struct store *s, const char *root, const char *id, struct err *err)
{
	struct store made = { .fd = -1 };
	int ret = id_check(id, err);

	*s = made;
	if (ret < 0)
		return ret;
	made.root = strdup(root);
	made.id = strdup(id);
	made.dir = str_format("%s/%s", root, id);
	if (!made.root || !made.id || !made.dir) {
		store_close(&made);
		return err_oom(err);
	}
	*s = made;
	return 0;
}

bool store_fresh(const struct store *s)
{
	return !file_exists(s->fd, STATE_FILE) && !file_exists(s->fd, JOURNAL_FILE);
}

int store_unlock(struct store *s, struct err *err)
{
	if (flock(s->fd, LOCK_UN) < 0)
		return err_sys(err, -errno, "cannot unlock %s", s->dir);
	return 0;
}

int store_relock(struct store *s, struct err *err)
{
	while (flock(s->fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(err, -errno, "cannot lock %s", s->dir);
	return file_dir_alive(s->fd) ? 0
				     : err_set(err, -ENOENT, "container '%s' was removed", s->id);
}

static int write_file(const struct store *s, const char *name, FILE *out, char **text,
		      const size_t *len, int ret, struct err *err)
{
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	return ret < 0 ? ret : file_replace(s->fd, name, *text, *len, 0600, err);
}

int store_write_state(const struct store *s, const struct state *state, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_oom(err);
	return write_file(s, STATE_FILE, out, &text, &len,
			  json_encode(&state_schema, state, out, err), err);
}

int store_write_journal(const struct store *s, const struct plan *plan, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_oom(err);
	return write_file(s, JOURNAL_FILE, out, &text, &len, plan_encode(plan, out, err), err);
}

/* By its whole path, as errors name it; the directory's lock, where it matters, holds the path in place. */
static int read_state(const char *dir, struct state *state, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/" STATE_FILE, dir);

	return path ? json_decode_file(&state_schema, state, AT_FDCWD, path, err) : err_oom(err);
}

int store_read_state(const struct store *s, struct state *state, struct err *err)
{
	return read_state(s->dir, state, err);
}

void state_release(struct state *state)
{
	process_release(&state->spec.process);
	json_release(&state_schema, state);
}

int store_read_journal(const struct store *s, struct plan *plan, struct err *err)
{
	static const struct step_type *const *const tables[] = {
		net_step_types,
		cgroup_step_types,
		rootfs_step_types,
		NULL,
	};
	_cleanup_free_ char *path = str_format("%s/" JOURNAL_FILE, s->dir);
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret;

	*plan = (struct plan){ 0 };
	if (!path)
		return err_oom(err);
	ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, err);
	if (ret == -ENOENT)
		return 0;
	return ret < 0 ? ret : plan_decode(plan, tables, text, len, path, err);
}

int store_remove(struct store *s, struct err *err)
{
	int ret = file_remove_tree(AT_FDCWD, s->dir, err);

	if (ret == 0)
		s->fd = close_fd(s->fd);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int store_list(const char *root, char ***ids, struct err *err)
{
	_cleanup_(strv_cleanup) char **list = NULL;
	_cleanup_dir_ DIR *dir = opendir(root);
	struct dirent *e;

	*ids = NULL;
	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "%s", root);
	while ((e = readdir(dir)))
		if (id_check(e->d_name, NULL) == 0 && strv_add(&list, e->d_name) < 0)
			return err_oom(err);
	if (list)
		qsort(list, strv_count(list), sizeof(*list), by_name);
	*ids = take_ptr(list);
	return 0;
}

enum status state_status(const struct state *state)
{
	uint64_t start;

	if (!state->init.pid)
		return STATUS_CREATING;
	if (process_start_time(state->init.pid, &start) < 0 || start != state->init.start)
		return STATUS_STOPPED;
	return STATUS_RUNNING;
}

int store_peek(const char *root, const char *id, struct state *state, enum status *status,
	       struct err *err)
{
	_cleanup_free_ char *dir = str_format("%s/%s", root, id);
	int ret = id_check(id, err);

	*state = (struct state){ 0 };
	if (ret < 0)
		return ret;
	if (!dir)
		return err_oom(err);
	ret = read_state(dir, state, err);
	if (ret == -ENOENT && access(dir, F_OK) < 0)
		return err_set(err, -ENOENT, "container '%s' does not exist", id);
	if (ret == -ENOENT) {
		*status = STATUS_CREATING;
		state->id = strdup(id);
		return state->id ? 0 : err_oom(err);
	}
	if (ret == 0)
		*status = state_status(state);
	return ret;
}

int host_netns(uint64_t *inode, struct err *err)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st) < 0)
		return err_sys(err, -errno, "/proc/self/ns/net");
	*inode = st.st_ino;
	return 0;
}

/*
 * Steps of the host side act in the namespace the container was started from. Of one that nobody holds any
 * more nothing is left to undo, which the scope is told by an fd of -1.
 */
static int set_host(struct scope *scope, uint64_t netns, struct err *err)
{
	uint64_t own = 0;
	int ret = host_netns(&own, err);

	if (ret < 0 || own == netns)
		return ret;
	return scope_set_ns(scope, SCOPE_HOST, netns_find(netns), false, err);
}

int store_scope(const struct store *s, uint64_t netns, struct scope *scope, struct err *err)
{
	char shared[sizeof(SHARED_ROOT) + 24];
	int ret;

	snprintf(shared, sizeof(shared), SHARED_ROOT "/%" PRIu64, netns);
	ret = scope_init(scope, s->id, s->dir, shared, err);
	return ret < 0 ? ret : set_host(scope, netns, err);
}
