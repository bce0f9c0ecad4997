// SPDX-License-Identifier: Apache-2.0
#include "lib/shared.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/shared_users.h"
#include "lib/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct record {
	char *key;    /* the file's name is a hash of it */
	char *type;   /* of the step */
	char *ns;     /* that it acts in, or NULL */
	char **users; /* claims: see lib/claim.h; in an entry they are elsewhere */
};

static const struct json_field record_fields[] = {
	JSON_STRING(struct record, "key", key, .flags = JSON_REQUIRED),
	JSON_STRING(struct record, "type", type, .flags = JSON_REQUIRED),
	JSON_STRING(struct record, "ns", ns),
	JSON_STRINGS(struct record, "users", users),
	JSON_END,
};
static const struct json_schema record_schema = JSON_SCHEMA(struct record, record_fields);

/* The record of one shared thing, while the lock is held. */
struct entry {
	int dir; /* the lock */
	const char *dir_path;
	char name[32];
	const struct step_type *type;
	struct record record;
	struct shared_users users;
	void *args; /* of the user who made it, learned values included */
	bool found;
};

static void entry_name(char *name, size_t size, const char *key)
{
	snprintf(name, size, "%016" PRIx64 ".json", hash64(key, strlen(key)));
}

static void entry_release(struct entry *e)
{
	json_release(&record_schema, &e->record);
	shared_users_release(&e->users);
	if (e->args)
		json_release(e->type->args, e->args);
	free(e->args);
	file_unlock(e->dir);
}

static int decode_entry(struct entry *e, const struct json_value *root, struct err *err)
{
	const struct json_value *args = json_value_get(root, "args");
	int ret = json_value_decode(&record_schema, &e->record, root, err);

	if (ret < 0)
		return ret;
	if (!args)
		return json_value_err(root, err, -EINVAL, "no args");
	return json_value_decode(e->type->args, e->args, args, err);
}

static int read_entry(struct entry *e, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct json_doc *doc;
	size_t len;
	bool cut;
	int ret;

	ret = file_read(e->dir, e->name, JSON_TEXT_MAX, &text, &len, err);
	if (ret < 0)
		return ret;
	cut = shared_users_cut(&e->users, text, &len);
	ret = json_parse(text, len, e->name, &doc, err);
	if (ret < 0)
		return ret;
	ret = decode_entry(e, json_root(doc), err);
	json_free(doc);
	/* Written by another hand. */
	for (char **u = e->record.users; ret == 0 && !cut && u && *u; u++)
		ret = shared_users_add(&e->users, *u, err);
	e->found = ret == 0;
	return ret;
}

/* -ENOENT without @create when nothing is recorded at all. */
static int open_entry(struct entry *e, const struct scope *scope, const struct step *step,
		      bool create, struct err *err)
{
	int ret;

	*e = (struct entry){ .dir = -1, .type = step->type };
	e->dir_path = scope_shared_dir(scope, step->ns);
	entry_name(e->name, sizeof(e->name), step->shared);
	e->args = calloc(1, step->type->args->size);
	if (!e->args)
		return err_oom(err);
	e->dir = file_lock_dir(e->dir_path, create, err);
	if (e->dir < 0)
		return e->dir;
	ret = read_entry(e, err);
	if (ret == -ENOENT && create)
		return 0;
	if (ret < 0 && ret != -ENOENT)
		return err_wrap(err, "%s", e->dir_path);
	return ret;
}

static int write_entry(const struct entry *e, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json_writer *w;
	int ret;

	if (!out)
		return err_oom(err);
	w = json_writer_new(out, false);
	if (w) {
		json_write_begin(w, NULL, '{');
		json_write_string(w, "key", e->record.key);
		json_write_string(w, "type", e->record.type);
		if (e->record.ns)
			json_write_string(w, "ns", e->record.ns);
		json_write_object(w, "args", e->type->args, e->args);
		json_write_end(w);
	}
	ret = json_writer_end(w, err);
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = shared_users_put(&e->users, &text, &len, err);
	return ret < 0 ? ret : file_replace(e->dir, e->name, text, len, 0600, err);
}

/* A new entry starts from the step as it was planned. The copy goes through JSON, which knows what args point to. */
static int start_entry(struct entry *e, const struct step *step, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret;

	if (!out)
		return err_oom(err);
	ret = json_encode_compact(step->type->args, step->args, out, err);
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = json_decode(step->type->args, e->args, text, len, step->shared, err);
	if (ret < 0)
		return ret;
	e->record.key = strdup(step->shared);
	e->record.type = strdup(step->type->name);
	e->record.ns = step->ns ? strdup(step->ns) : NULL;
	if (!e->record.key || !e->record.type || (step->ns && !e->record.ns))
		return err_oom(err);
	return 0;
}

static int add_user(struct entry *e, const char *run_dir, struct err *err)
{
	_cleanup_free_ char *claim = claim_new(run_dir);

	return claim ? shared_users_add(&e->users, claim, err) : err_oom(err);
}

/* What each has by itself is told by its own step. What the dead have left is taken back first. */
static int take_alone(struct entry *e, struct scope *scope, const struct step *step,
		      struct err *err)
{
	char id[256];
	int ret;

	if (e->users.len)
		return err_set(err, -EBUSY, "container '%s' has it",
			       shared_users_first(&e->users, id, sizeof(id)));
	if (!e->found)
		return 0;
	ret = step->type->revert(scope, e->args, err);
	if (ret < 0)
		return ret;
	json_release(&record_schema, &e->record);
	json_release(e->type->args, e->args);
	return start_entry(e, step, err);
}

static bool stands(const struct step_type *type, struct scope *scope, const void *args)
{
	int (*look)(struct scope *, const void *, struct err *) = type->stands;

	if (!look)
		look = type->probe;
	return look && look(scope, args, NULL) == 0;
}

static int acquire(struct entry *e, struct scope *scope, struct step *step, struct err *err)
{
	const struct step_type *type = step->type;
	bool whole;
	int ret = e->found ? 0 : start_entry(e, step, err);

	if (ret < 0)
		return ret;
	shared_users_drop(&e->users, scope->run_dir);
	if (type->exclusive && (ret = take_alone(e, scope, step, err)) < 0)
		return ret;
	whole = e->users.len && stands(type, scope, e->args);
	ret = add_user(e, scope->run_dir, err);
	if (ret == 0 && !whole && type->look)
		ret = type->look(scope, e->args, err);
	if (ret == 0)
		ret = write_entry(e, err);
	if (ret < 0 || whole)
		return ret;
	ret = type->apply(scope, e->args, err);
	return ret < 0 || !type->learns ? ret : write_entry(e, err);
}

int shared_acquire(struct scope *scope, struct step *step, struct err *err)
{
	_cleanup_(entry_release) struct entry e;
	int ret = open_entry(&e, scope, step, true, err);

	return ret < 0 ? ret : acquire(&e, scope, step, err);
}

/*
 * The last record's directory goes with it; whoever waits for the lock makes it again. A record that was being written
 * when its writer was killed goes too (file_replace()).
 */
static int remove_entry(const struct entry *e, struct err *err)
{
	char temp[sizeof(e->name) + 4];

	snprintf(temp, sizeof(temp), "%s.new", e->name);
	unlinkat(e->dir, temp, 0);
	if (unlinkat(e->dir, e->name, 0) < 0 && errno != ENOENT)
		return err_sys(err, -errno, "cannot remove %s/%s", e->dir_path, e->name);
	if (rmdir(e->dir_path) < 0 && errno != ENOTEMPTY && errno != ENOENT)
		return err_sys(err, -errno, "cannot remove %s", e->dir_path);
	return 0;
}

static int release(struct entry *e, struct scope *scope, struct step *step, struct err *err)
{
	int ret;

	shared_users_drop(&e->users, scope->run_dir);
	if (e->users.len)
		return write_entry(e, err);
	ret = step->type->revert ? step->type->revert(scope, e->args, err) : 0;
	if (ret < 0) {
		/* Without users, but on record: the next one to come reverts it or takes it over. */
		write_entry(e, NULL);
		return ret;
	}
	return remove_entry(e, err);
}

int shared_release(struct scope *scope, struct step *step, struct err *err)
{
	_cleanup_(entry_release) struct entry e;
	int ret = open_entry(&e, scope, step, false, err);

	/* Nothing is recorded; but who was killed while recording it may have left its beginnings. */
	if (ret == -ENOENT)
		return e.dir >= 0 ? remove_entry(&e, err) : 0;
	return ret < 0 ? ret : release(&e, scope, step, err);
}

static bool has_user(const struct record *r, const char *run_dir)
{
	for (char **u = r->users; u && *u; u++)
		if (claim_is(*u, run_dir))
			return true;
	return false;
}

int shared_probe(struct scope *scope, const struct step *step, struct err *err)
{
	_cleanup_(entry_release) struct entry e;
	int ret = open_entry(&e, scope, step, false, NULL);

	if (ret < 0 && ret != -ENOENT)
		return err_set(err, ret, "the record of '%s' cannot be read", step->shared);
	if (ret < 0 || !shared_users_has(&e.users, scope->run_dir))
		return err_set(err, -ENOENT, "the container is not on record as a user of '%s'",
			       step->shared);
	return step->type->probe(scope, e.args, err);
}

/* Where the record was lost, what undoing has to know is what can be seen now. */
static int mend(struct entry *e, struct scope *scope, struct step *step, struct err *err)
{
	const struct step_type *type = step->type;
	int ret = e->found ? 0 : start_entry(e, step, err);

	if (ret == 0 && !e->found && type->look)
		ret = type->look(scope, e->args, err);
	if (ret == 0)
		shared_users_drop(&e->users, scope->run_dir);
	if (ret == 0)
		ret = add_user(e, scope->run_dir, err);
	if (ret == 0)
		ret = write_entry(e, err);
	if (ret == 0)
		ret = type->mend ? type->mend(scope, e->args, err) : 1;
	if (ret > 0)
		ret = type->apply(scope, e->args, err);
	return ret < 0 || !type->learns ? ret : write_entry(e, err);
}

int shared_mend(struct scope *scope, struct step *step, struct err *err)
{
	_cleanup_(entry_release) struct entry e;
	int ret = open_entry(&e, scope, step, true, err);

	return ret < 0 ? ret : mend(&e, scope, step, err);
}

/* 1: we are on record as one of its users; 0: we are not. */
static int open_own(struct entry *e, const struct scope *scope, const struct step *step,
		    struct err *err)
{
	int ret = open_entry(e, scope, step, false, err);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	return shared_users_has(&e->users, scope->run_dir);
}

int shared_change(struct scope *scope, const struct step *step,
		  void (*change)(void *args, const void *arg), const void *arg, struct err *err)
{
	_cleanup_(entry_release) struct entry e;
	int ret = open_own(&e, scope, step, err);

	if (ret <= 0)
		return ret;
	change(e.args, arg);
	return write_entry(&e, err);
}

int shared_forget(struct scope *scope, struct step *step, struct err *err)
{
	_cleanup_(entry_release) struct entry e;
	int ret = open_own(&e, scope, step, err);

	if (ret <= 0)
		return ret;
	shared_users_drop(&e.users, scope->run_dir);
	return e.users.len ? write_entry(&e, err) : remove_entry(&e, err);
}

/* --- Without a journal --- */

/* Of a record that cannot be read nobody knows the users: it stays, and says so when it is wanted the next time. */
static int note_record(int dir, const char *name, const char *run_dir,
		       const struct step_type *const *const *types, struct plan *plan,
		       struct err *err)
{
	struct record r = { 0 };
	struct err why = { 0 };
	int ret = json_decode_file(&record_schema, &r, dir, name, &why);
	const struct step where = { .shared = r.key, .ns = r.ns };
	const struct step_type *type;

	if (ret < 0) {
		log_debug("%s", why.text);
		return 0;
	}
	type = step_type_find(types, r.type);
	if (type && has_user(&r, run_dir)) {
		_cleanup_free_ void *args = calloc(1, type->args->size);

		ret = args ? plan_add(plan, type, &where, args, err) : err_oom(err);
	}
	json_release(&record_schema, &r);
	return ret;
}

/* As entry_name() has it; what is being written is none yet. */
static bool is_record(const char *name)
{
	return strspn(name, "0123456789abcdef") == 16 && !strcmp(name + 16, ".json");
}

static int by_key(const void *a, const void *b)
{
	const struct step *one = a, *two = b;

	return strcmp(one->shared, two->shared);
}

static int salvage(const char *path, const char *run_dir,
		   const struct step_type *const *const *types, struct plan *plan, struct err *err)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	size_t before = plan->count;
	struct dirent *e;
	int ret = 0;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "%s", path);
	while (ret == 0 && (e = readdir(dir)))
		if (is_record(e->d_name))
			ret = note_record(dirfd(dir), e->d_name, run_dir, types, plan, err);
	/* A path comes behind what it is below, and so goes before that. */
	if (plan->count > before)
		qsort(plan->steps + before, plan->count - before, sizeof(*plan->steps), by_key);
	return ret;
}

int shared_salvage(const struct scope *scope, const struct step_type *const *const *types,
		   struct plan *plan, struct err *err)
{
	return salvage(scope->shared_dir, scope->run_dir, types, plan, err);
}

int shared_salvage_joined(uint64_t host, const struct scope *scope, const char *key,
			  const struct step_type *const *const *types, struct plan *plan,
			  struct err *err)
{
	_cleanup_dir_ DIR *root = opendir(SHARED_ROOT);
	struct dirent *e;
	int ret = 0;

	if (!root)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "%s", SHARED_ROOT);
	while (ret == 0 && (e = readdir(root))) {
		_cleanup_free_ char *path = str_format("%s/%s", SHARED_ROOT, e->d_name);
		unsigned long long inode;
		size_t before = plan->count;

		if (str_to_u64(e->d_name, UINT64_MAX, &inode) < 0 || inode == host)
			continue;
		ret = path ? salvage(path, scope->run_dir, types, plan, err) : err_oom(err);
		/* No path is needed to find it. */
		if (ret == 0 && plan->count > before)
			ret = plan_add_ns(plan, key, "", inode, false, err);
	}
	return ret;
}

/* --- Without users --- */

struct collecting {
	struct scope *scope;
	bool dry_run;
	shared_found_fn *found;
	void *arg;
};

/* Under the lock, with the users of now. */
static int collect_entry(const struct collecting *c, struct entry *e, struct step *step,
			 struct err *err)
{
	const char *ns = step->ns ? step->ns : SCOPE_HOST;

	shared_users_drop(&e->users, NULL);
	if (e->users.len)
		return 0;
	c->found(c->arg, step->shared, NULL);
	if (c->dry_run)
		return 0;
	return scope_ns_gone(c->scope, ns) ? remove_entry(e, err) : release(e, c->scope, step, err);
}

static void collect(const struct collecting *c, struct step *step)
{
	_cleanup_(entry_release) struct entry e;
	struct err err = { 0 };
	int ret = open_entry(&e, c->scope, step, false, &err);

	if (ret == 0)
		ret = collect_entry(c, &e, step, &err);
	if (ret < 0 && ret != -ENOENT)
		c->found(c->arg, step->shared, err.text);
}

/* Nobody knows its key: by where it is. */
static void tell_unread(const struct collecting *c, const char *name, const char *why)
{
	_cleanup_free_ char *path = str_format("%s/%s", c->scope->shared_dir, name);

	c->found(c->arg, path ? path : name, why);
}

/* The step of the record @name as far as it is needed to find it again; its args are empty. */
static int list_record(int dir, const char *name, const struct step_type *const *const *types,
		       const struct collecting *c, struct plan *plan, struct err *err)
{
	struct record r = { 0 };
	struct err why = { 0 };
	int ret = json_decode_file(&record_schema, &r, dir, name, &why);
	const struct step_type *type = ret == 0 ? step_type_find(types, r.type) : NULL;
	const struct step where = { .shared = r.key, .ns = r.ns };
	_cleanup_free_ void *args = type ? calloc(1, type->args->size) : NULL;

	if (ret == -ENOENT)
		ret = 0;
	else if (ret < 0)
		tell_unread(c, name, why.text);
	else if (!type)
		c->found(c->arg, r.key, "this build does not know what made it");
	else
		ret = args ? plan_add(plan, type, &where, args, err) : err_oom(err);
	json_release(&record_schema, &r);
	return ret == -ENOMEM ? ret : 0;
}

int shared_collect(struct scope *scope, const struct step_type *const *const *types, bool dry_run,
		   shared_found_fn *found, void *arg, struct err *err)
{
	const struct collecting c = { scope, dry_run, found, arg };
	_cleanup_(plan_release) struct plan plan = { 0 };
	_cleanup_dir_ DIR *dir = opendir(scope->shared_dir);
	struct dirent *e;
	int ret = 0;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "%s", scope->shared_dir);
	while (ret == 0 && (e = readdir(dir)))
		if (is_record(e->d_name))
			ret = list_record(dirfd(dir), e->d_name, types, &c, &plan, err);
	if (ret < 0)
		return ret;
	if (plan.count)
		qsort(plan.steps, plan.count, sizeof(*plan.steps), by_key);
	/* Backwards: a path goes before what it is below. */
	for (size_t i = plan.count; i-- > 0;)
		collect(&c, &plan.steps[i]);
	return 0;
}

static int read_users(int dir, const char *key, char ***users, struct err *err)
{
	struct record r = { 0 };
	char name[32];
	int ret;

	entry_name(name, sizeof(name), key);
	ret = json_decode_file(&record_schema, &r, dir, name, err);
	for (char **u = r.users; ret == 0 && u && *u; u++)
		if (claim_look(*u) != CLAIM_DEAD && strv_add(users, *u) < 0)
			ret = err_oom(err);
	json_release(&record_schema, &r);
	return ret;
}

int shared_with_users(const struct scope *scope, const char *key,
		      int (*fn)(void *arg, char *const *users, struct err *err), void *arg,
		      struct err *err)
{
	_cleanup_(strv_cleanup) char **users = NULL;
	int dir = file_lock_dir(scope->shared_dir, false, err);
	int ret = dir < 0 ? dir : read_users(dir, key, &users, err);

	if (ret == 0)
		ret = fn(arg, users, err);
	file_unlock(dir);
	return ret;
}

/* Allocated, or NULL. */
static char *record_path(const struct scope *scope, const char *key)
{
	char name[32];

	entry_name(name, sizeof(name), key);
	return str_format("%s/%s", scope->shared_dir, name);
}

bool shared_in_use(const struct scope *scope, const char *key)
{
	_cleanup_free_ char *path = record_path(scope, key);

	return path && access(path, F_OK) == 0;
}

bool shared_user(const struct scope *scope, const char *key, char *id, size_t size)
{
	_cleanup_free_ char *path = record_path(scope, key);
	struct record r = { 0 };
	bool found = false;

	if (!path || json_decode_file(&record_schema, &r, AT_FDCWD, path, NULL) < 0)
		return false;
	for (char **u = r.users; !found && u && *u; u++) {
		found = !claim_is(*u, scope->run_dir) && claim_look(*u) != CLAIM_DEAD;
		if (found)
			claim_id(*u, id, size);
	}
	json_release(&record_schema, &r);
	return found;
}

int shared_lock(bool create, struct err *err)
{
	return file_lock_dir(SHARED_ROOT, create, err);
}
