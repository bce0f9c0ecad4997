// SPDX-License-Identifier: Apache-2.0
#include "container/store.h"

#include "container/beside.h"
#include "container/dns.h"
#include "container/id.h"
#include "container/names.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/seal.h"
#include "lib/shared.h"
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
#define NAMES_FILE   "names.json"

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
	JSON_STRING(struct state, "source", source),
	JSON_BOOL(struct state, "files_beside", beside),
	JSON_BOOL(struct state, "kept", kept),
	JSON_OBJECT(struct state, "init", init, &process_id_schema),
	JSON_OBJECT(struct state, "supervisor", supervisor, &process_id_schema),
	JSON_STRING(struct state, "created", created),
	JSON_UINT(struct state, "owner", owner, .flags = JSON_KEEP),
	JSON_UINT(struct state, "netns", netns),
	JSON_OBJECT(struct state, "cgroup", cgroup, &cgroup_place_schema),
	JSON_OBJECT(struct state, "config", spec, &spec_schema),
	/* No key of the config's, and yet part of how it is started again. */
	JSON_ENUM(struct state, "cgroup_manager", spec.cgroup.manager, cgroup_manager_names),
	JSON_END,
};
const struct json_schema state_schema = JSON_SCHEMA(struct state, state_fields);

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
	file_unlock(s->fd);
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
	_cleanup_free_ char *sealed = NULL;
	size_t size;

	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = seal(s->id, *text, *len, &sealed, &size, err);
	return ret < 0 ? ret : file_replace(s->fd, name, sealed, size, 0600, err);
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

/* Is it as we wrote it? Then *@doc must be given to json_free(). */
static int parse(const char *id, const char *text, size_t len, const char *path,
		 struct json_doc **doc, struct err *err)
{
	int ret = json_parse(text, len, path, doc, err);

	if (ret < 0)
		return ret;
	ret = seal_check(id, json_root(*doc), text, len, path, err);
	if (ret < 0)
		json_free(*doc);
	return ret;
}

/* By its whole path, as errors name it; the directory's lock, where it matters, holds the path in place. */
static int read_state(const char *dir, const char *id, struct state *state, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/" STATE_FILE, dir);
	_cleanup_free_ char *text = NULL;
	struct json_doc *doc;
	size_t len;
	int ret;

	*state = (struct state){ 0 };
	if (!path)
		return err_oom(err);
	ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, err);
	if (ret == 0)
		ret = parse(id, text, len, path, &doc, err);
	if (ret < 0)
		return ret;
	ret = json_value_decode(&state_schema, state, json_root(doc), err);
	json_free(doc);
	return ret;
}

int store_read_state(const struct store *s, struct state *state, struct err *err)
{
	return read_state(s->dir, s->id, state, err);
}

int store_keep_state(const struct store *s, char **text, size_t *len, struct err *err)
{
	return file_read(s->fd, STATE_FILE, JSON_TEXT_MAX, text, len, err);
}

int store_put_back_state(const struct store *s, const char *text, size_t len, struct err *err)
{
	return file_replace(s->fd, STATE_FILE, text, len, 0600, err);
}

void state_release(struct state *state)
{
	process_release(&state->spec.process);
	json_release(&state_schema, state);
}

const struct step_type *const *const store_step_types[] = {
	net_step_types,    cgroup_step_types, rootfs_step_types,
	beside_step_types, dns_step_types,    NULL,
};

int store_read_journal(const struct store *s, struct plan *plan, struct err *err)
{
	_cleanup_free_ char *path = str_format("%s/" JOURNAL_FILE, s->dir);
	_cleanup_free_ char *text = NULL;
	struct json_doc *doc;
	size_t len;
	int ret;

	*plan = (struct plan){ 0 };
	if (!path)
		return err_oom(err);
	ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, err);
	if (ret == -ENOENT)
		return 0;
	if (ret == 0)
		ret = parse(s->id, text, len, path, &doc, err);
	if (ret < 0)
		return ret;
	ret = plan_decode_value(plan, store_step_types, json_root(doc), err);
	json_free(doc);
	return ret;
}

int store_write_names(const struct store *s, const struct spec_names *names, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = names->format ? open_memstream(&text, &len) : NULL;

	if (!out)
		return names->format ? err_oom(err) : 0;
	return write_file(s, NAMES_FILE, out, &text, &len, spec_names_encode(names, out, err), err);
}

void store_peek_names(const char *root, const char *id, struct spec_names *names)
{
	_cleanup_free_ char *path = str_format("%s/%s/" NAMES_FILE, root, id);
	_cleanup_free_ char *text = NULL;
	struct json_doc *doc;
	size_t len;

	*names = (struct spec_names){ 0 };
	if (!path || file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, NULL) < 0 ||
	    parse(id, text, len, path, &doc, NULL) < 0)
		return;
	if (spec_names_decode(json_root(doc), names, NULL) < 0)
		*names = (struct spec_names){ 0 };
	json_free(doc);
}

int store_remove(struct store *s, struct err *err)
{
	int ret = file_remove_tree(AT_FDCWD, s->dir, err);

	if (ret == 0)
		s->fd = file_unlock(s->fd);
	return ret;
}

int store_reset(struct store *s, struct err *err)
{
	if (unlinkat(s->fd, JOURNAL_FILE, 0) < 0 && errno != ENOENT)
		return err_sys(err, -errno, "%s/" JOURNAL_FILE, s->dir);
	return 0;
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

enum ctrnet_status state_status(const struct state *state)
{
	if (!state->init.pid)
		return state->kept ? CTRNET_CREATED : CTRNET_CREATING;
	if (process_gone(state->init.pid, state->init.start))
		return CTRNET_STOPPED;
	switch (cgroup_freezer(&state->cgroup)) {
	case CGROUP_FREEZING:
		return CTRNET_PAUSING;
	case CGROUP_FROZEN:
		return CTRNET_PAUSED;
	case CGROUP_THAWED:
		break;
	}
	return CTRNET_RUNNING;
}

bool state_runs(enum ctrnet_status status)
{
	return status == CTRNET_RUNNING || status == CTRNET_PAUSING || status == CTRNET_PAUSED;
}

int store_peek(const char *root, const char *id, struct state *state, enum ctrnet_status *status,
	       struct err *err)
{
	_cleanup_free_ char *dir = str_format("%s/%s", root, id);
	int ret = id_check(id, err);

	*state = (struct state){ 0 };
	if (ret < 0)
		return ret;
	if (!dir)
		return err_oom(err);
	ret = read_state(dir, id, state, err);
	if (ret == -ENOENT && access(dir, F_OK) < 0)
		return err_set(err, -ENOENT, "container '%s' does not exist", id);
	if (ret == -ENOENT) {
		*status = CTRNET_CREATING;
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

/* A directory for each network namespace. */
struct shared_dir {
	char path[sizeof(SHARED_ROOT) + 24];
};

static struct shared_dir shared_dir(uint64_t netns)
{
	struct shared_dir dir;

	snprintf(dir.path, sizeof(dir.path), SHARED_ROOT "/%" PRIu64, netns);
	return dir;
}

char *store_shared_dir(uint64_t inode)
{
	return strdup(shared_dir(inode).path);
}

int store_share_netns(struct scope *scope, const char *key, uint64_t inode, struct err *err)
{
	return inode ? scope_set_ns_shared_dir(scope, key, shared_dir(inode).path, err) : 0;
}

int store_scope(const struct store *s, uint64_t netns, struct scope *scope, struct err *err)
{
	int ret = scope_init(scope, s->id, s->dir, shared_dir(netns).path, err);

	return ret < 0 ? ret : set_host(scope, netns, err);
}
