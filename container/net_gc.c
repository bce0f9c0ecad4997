// SPDX-License-Identifier: Apache-2.0
/* What nobody has any more: containers of this root, links and nftables elements of containers that are gone, records without users, reserved addresses. */
#include "container/container.h"
#include "container/net_live.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/shared.h"
#include "lib/str.h"
#include "net/nat.h"
#include "net/netns_find.h"
#include "net/orphan.h"
#include "net/pool.h"
#include "ns/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const struct json_field garbage_fields[] = {
	JSON_STRING(struct net_garbage, "kind", kind),
	JSON_STRING(struct net_garbage, "name", name),
	JSON_STRING(struct net_garbage, "why", why),
	JSON_BOOL(struct net_garbage, "kept", kept, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema garbage_schema = JSON_SCHEMA(struct net_garbage, garbage_fields);

static const struct json_field list_fields[] = {
	JSON_ARRAY(struct net_garbage_list, "garbage", items, count, &garbage_schema,
		   .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema net_garbage_schema = JSON_SCHEMA(struct net_garbage_list, list_fields);

void net_garbage_release(struct net_garbage_list *list)
{
	json_release(&net_garbage_schema, list);
}

struct gc {
	const char *root;
	uint64_t own; /* the inode of the network namespace that we are in */
	bool dry_run;
	struct net_garbage_list list;
	bool full; /* out of memory */
};

static void note(struct gc *gc, const char *kind, const char *name, const char *why, bool kept)
{
	struct net_garbage *more = reallocarray(gc->list.items, gc->list.count + 1, sizeof(*more));
	struct net_garbage *at;

	if (!more) {
		gc->full = true;
		return;
	}
	gc->list.items = more;
	at = &more[gc->list.count++];
	*at = (struct net_garbage){ strdup(kind), strdup(name), strdup(why), kept };
	if (!at->kind || !at->name || !at->why) {
		gc->full = true;
		return;
	}
	str_make_utf8(at->name);
	str_make_utf8(at->why);
}

/* --- Containers --- */

static bool is_gone(const struct process_id *p)
{
	return !p->pid || process_gone(p->pid, p->start);
}

/* Somebody who starts or removes it has the lock, and may have it for long. */
static bool is_locked(const struct gc *gc, const char *id)
{
	_cleanup_free_ char *path = str_format("%s/%s", gc->root, id);
	_cleanup_fd_ int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* One that is kept and has no journal has nothing that could be taken back. */
static bool has_nothing(const struct store *store, const struct state *state)
{
	return state->kept && !file_exists(store->fd, "journal.json");
}

/*
 * Why it is to be cleaned, or NULL if it is not. One whose supervisor lives is removed by that; and who has no supervisor
 * (it was started by a program that has libctrnet) is alive as long as its process is.
 */
static const char *why_dead(const struct gc *gc, const struct store *store,
			    const struct state *state)
{
	if (has_nothing(store, state))
		return NULL;
	if (!state->init.pid)
		return "it died while it was made";
	if (!is_gone(&state->init)) {
		if (state->supervisor.pid && is_gone(&state->supervisor))
			note((struct gc *)gc, "container", store->id,
			     "its ctrnet is gone, but its process lives", true);
		return NULL;
	}
	return is_gone(&state->supervisor) ? "its process is gone" : NULL;
}

static int read_dead(const struct store *store, struct state *state, struct err *err)
{
	int ret = store_read_state(store, state, err);

	return ret == -ENOENT ? host_netns(&state->netns, err) : ret;
}

/* Under its lock. */
static void collect_locked(struct gc *gc, struct store *store)
{
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_free_ char *id = strdup(store->id);
	const char *why = NULL;
	struct err err = { 0 };
	int ret = read_dead(store, &state, &err);

	if (!id)
		gc->full = true;
	if (!id || (ret == 0 && !(why = why_dead(gc, store, &state))))
		return;
	if (ret == 0 && !gc->dry_run)
		ret = container_clean(store, &state, NULL, &err);
	note(gc, "container", id, ret < 0 ? err.text : why, ret < 0);
}

static void collect_container(struct gc *gc, const char *id)
{
	_cleanup_(store_close) struct store store = { .fd = -1 };
	struct err err = { 0 };
	int ret;

	if (is_locked(gc, id))
		return;
	ret = store_open(&store, gc->root, id, false, &err);
	/* Whoever has just made the directory has not locked it yet. */
	if (ret == 0 && !store_fresh(&store))
		collect_locked(gc, &store);
	else if (ret < 0 && ret != -ENOENT)
		note(gc, "container", id, err.text, true);
}

static int collect_containers(struct gc *gc, struct err *err)
{
	_cleanup_(strv_cleanup) char **ids = NULL;
	int ret = store_list(gc->root, &ids, err);

	for (char **id = ids; ret == 0 && id && *id; id++)
		collect_container(gc, *id);
	return ret;
}

/* --- Links --- */

static bool lives_here(const struct gc *gc, const char *id)
{
	_cleanup_(state_release) struct state state = { 0 };
	enum ctrnet_status status;
	int ret = store_peek(gc->root, id, &state, &status, NULL);

	/* Of one whose record cannot be read nobody knows. */
	if (ret < 0)
		return ret != -ENOENT;
	return status != CTRNET_STOPPED || !is_gone(&state.supervisor);
}

/* Its own links go with it, or stay with it. */
static bool is_noted(const struct gc *gc, const char *id)
{
	for (size_t i = 0; i < gc->list.count; i++) {
		const struct net_garbage *g = &gc->list.items[i];

		if (!strcmp(g->kind, "container") && !strcmp(g->name, id))
			return gc->dry_run || g->kept;
	}
	return false;
}

/* One that was being removed while we looked is nobody's business. */
static bool is_there(struct scope *scope, const struct link *link)
{
	struct nl *nl;

	return nl_for(scope, SCOPE_HOST, &nl, NULL) < 0 || nl_has_link(nl, link->index);
}

static void collect_link(struct gc *gc, struct scope *scope, const struct orphan *o)
{
	struct err err = { 0 };
	int ret = 0;

	if (o->verdict == ORPHAN_USED || is_noted(gc, link_owner(&o->link)) ||
	    lives_here(gc, link_owner(&o->link)) || !is_there(scope, &o->link))
		return;
	if (o->verdict == ORPHAN_DEAD && !gc->dry_run)
		ret = link_delete(scope, SCOPE_HOST, &o->link, &err);
	note(gc, "link", o->link.name, ret < 0 ? err.text : o->why,
	     ret < 0 || o->verdict == ORPHAN_UNSURE);
}

/* What is shared in the network namespace @inode, whether as somebody's host or as what was joined. */
static int open_scope(uint64_t inode, struct scope *scope, struct err *err)
{
	_cleanup_free_ char *dir = store_shared_dir(inode);
	uint64_t own = 0;
	int ret = dir ? scope_init(scope, "", "", dir, err) : err_oom(err);

	if (ret == 0)
		ret = host_netns(&own, err);
	if (ret == 0 && inode != own)
		ret = scope_set_ns(scope, SCOPE_HOST, netns_find(inode), false, err);
	if (ret == 0)
		ret = scope_set_ns(scope, SCOPE_CONTAINER, netns_find(inode), false, err);
	return ret;
}

static int collect_links(struct gc *gc, struct scope *scope, struct err *err)
{
	_cleanup_(orphans_release) struct orphans orphans = { 0 };
	int ret = orphans_find(scope, &orphans, err);

	for (size_t i = 0; ret == 0 && i < orphans.count; i++)
		collect_link(gc, scope, &orphans.items[i]);
	return ret;
}

static void note_element(void *arg, const char *name, const char *why)
{
	note(arg, "element", name, why ? why : "its container is gone", why != NULL);
}

/* What is in a namespace before the records about it: these tell who is gone. */
static int collect_inside(struct gc *gc, uint64_t inode, struct err *err)
{
	_cleanup_(scope_release) struct scope scope = { 0 };
	int ret = open_scope(inode, &scope, err);

	if (ret < 0 || scope_ns_gone(&scope, SCOPE_HOST))
		return ret;
	ret = collect_links(gc, &scope, err);
	return ret < 0 ? ret : nat_collect(&scope, gc->dry_run, note_element, gc, err);
}

/* --- Records --- */

static void note_record(void *arg, const char *key, const char *why)
{
	struct gc *gc = arg;

	/* What could not be taken back was told of as if it could. */
	if (why && gc->list.count && !strcmp(gc->list.items[gc->list.count - 1].name, key))
		gc->list.count--;
	note(gc, "record", key, why ? why : "nobody uses it any more", why != NULL);
}

static int collect_records(struct gc *gc, uint64_t inode, struct err *err)
{
	_cleanup_(scope_release) struct scope scope = { 0 };
	int ret = open_scope(inode, &scope, err);

	return ret < 0 ? ret
		       : shared_collect(&scope, store_step_types, gc->dry_run, note_record, gc,
					err);
}

static void note_address(void *arg, const char *name, const char *why)
{
	note(arg, "address", name, why ? why : "its container is gone", why != NULL);
}

static int collect_addresses(struct gc *gc, uint64_t inode, struct err *err)
{
	_cleanup_(scope_release) struct scope scope = { 0 };
	_cleanup_free_ char *dir = store_shared_dir(inode);
	int ret = dir ? scope_init(&scope, "", "", dir, err) : err_oom(err);

	return ret < 0 ? ret : pool_sweep(&scope, gc->dry_run, note_address, gc, err);
}

/* A directory is named after a network namespace's inode; that of its addresses with something behind it. */
static int collect_directory(struct gc *gc, const char *name, struct err *err)
{
	size_t digits = strspn(name, "0123456789");
	uint64_t inode = strtoull(name, NULL, 10);

	if (digits && !name[digits]) {
		int ret = inode == gc->own ? 0 : collect_inside(gc, inode, err);

		return ret < 0 ? ret : collect_records(gc, inode, err);
	}
	return digits && !strcmp(name + digits, POOL_DIR_SUFFIX) ? collect_addresses(gc, inode, err)
								 : 0;
}

static int collect_all_records(struct gc *gc, struct err *err)
{
	_cleanup_dir_ DIR *dir = opendir(SHARED_ROOT);
	struct dirent *e;
	int ret = 0;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, -errno, SHARED_ROOT);
	while (ret == 0 && (e = readdir(dir)))
		ret = collect_directory(gc, e->d_name, err);
	return ret;
}

int container_net_gc(const char *root, bool dry_run, struct net_garbage_list *list, struct err *err)
{
	struct gc gc = { .root = root, .dry_run = dry_run };
	int ret = host_netns(&gc.own, err);

	if (ret == 0)
		ret = collect_containers(&gc, err);
	/* Links of ours may be there without a single record. */
	if (ret == 0)
		ret = collect_inside(&gc, gc.own, err);
	if (ret == 0)
		ret = collect_all_records(&gc, err);
	if (ret == 0 && gc.full)
		ret = err_oom(err);
	if (ret == 0)
		*list = take_struct(gc.list);
	net_garbage_release(&gc.list);
	return ret;
}
