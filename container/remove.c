// SPDX-License-Identifier: Apache-2.0
/* The end of a container: all that its journal lists is taken back, however it ended. */
#include "container/container.h"
#include "container/salvage.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "net/net.h"
#include "net/netns_find.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define KILL_TIMEOUT 10000 /* ms */

/*
 * The namespaces of the plan, as far as they can still be entered. A mortal one went with the container; one that was
 * joined by a path that is gone took along what was in it.
 */
static int open_namespaces(const struct plan *plan, struct scope *scope, struct err *err)
{
	for (size_t i = 0; i < plan->ns_count; i++) {
		const struct plan_ns *ns = &plan->ns[i];
		int fd = ns->path ? netns_reopen(ns->path, ns->inode) : -1;
		int ret = scope_set_ns(scope, ns->key, fd, ns->mortal, err);

		if (ret == 0)
			ret = store_share_netns(scope, ns->key, ns->inode, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int revert(const struct store *store, uint64_t netns, struct plan *plan, bool force,
		  struct err *err)
{
	struct scope scope = { 0 };
	int ret = store_scope(store, netns, &scope, err);

	scope.force = force;
	if (ret == 0)
		ret = open_namespaces(plan, &scope, err);
	if (ret == 0)
		ret = plan_revert(plan, &scope, NULL, err);
	if (ret == 0)
		net_tidy(&scope);
	scope_release(&scope);
	return ret;
}

int container_clean(struct store *store, const struct state *state, struct plan *plan,
		    struct err *err)
{
	struct plan journal = { 0 };
	int ret = plan ? 0 : store_read_journal(store, &journal, err);

	if (ret == 0)
		ret = revert(store, state->netns, plan ? plan : &journal, false, err);
	plan_release(&journal);
	if (ret < 0)
		return ret;
	return state->kept ? store_reset(store, err) : store_remove(store, err);
}

static bool is_dead(const struct process_id *p)
{
	return p->pid && process_gone(p->pid, p->start);
}

/* Frozen, it would die only when it is thawed; the other way round it would run once more. */
static int kill_init(const struct state *state, int pidfd, struct err *err)
{
	int ret = process_kill(pidfd, 0);

	if (ret == -ETIMEDOUT) {
		cgroup_thaw_killed(&state->cgroup);
		ret = process_wait_end(pidfd, state->init.pid, KILL_TIMEOUT);
	}
	return ret < 0 ? err_sys(err, ret, "cannot kill process %d", state->init.pid) : 0;
}

int container_find_init(const struct state *state, int *pidfd, struct err *err)
{
	_cleanup_fd_ int fd = process_open(state->init.pid, state->init.start);

	*pidfd = -1;
	if (fd == -ESRCH)
		return 0;
	if (fd < 0)
		return err_sys(err, fd, "cannot open process %d", state->init.pid);
	if (!is_dead(&state->supervisor)) {
		*pidfd = take_fd(&fd);
		return 0;
	}
	return kill_init(state, fd, err);
}

int container_find_running(const struct store *store, struct state *state, int *pidfd,
			   struct err *err)
{
	int ret = store_read_state(store, state, err);

	*pidfd = -1;
	/* It died while it was made. */
	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (ret == 0)
		ret = container_find_init(state, pidfd, err);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	return *pidfd >= 0 ? 0 : err_set(err, -ESRCH, "container '%s' is not running", store->id);
}

static int stop(const struct store *store, const struct state *state, bool force, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	int ret = container_find_init(state, &pidfd, err);

	if (ret < 0 || pidfd < 0)
		return ret;
	if (!force)
		return err_set(err, -EBUSY,
			       "container '%s' is running (pid %d); delete --force kills it",
			       store->id, state->init.pid);
	return kill_init(state, pidfd, err);
}

/*
 * Without a state it died while it was made; the journal has it all. One that cannot be read does not tell which
 * processes are the container's: that is for --force to accept.
 */
static int read_for_delete(const struct store *store, struct state *state, bool force,
			   struct err *err)
{
	int ret = store_read_state(store, state, err);

	if (ret == 0)
		return 0;
	if (ret != -ENOENT && !force)
		return ret;
	if (ret != -ENOENT)
		log_warn("%s; going on from the journal alone", err->text);
	return host_netns(&state->netns, err);
}

/* Of a journal that cannot be read no word is followed. */
static int take_back(const struct store *store, const struct state *state, struct err *err)
{
	_cleanup_(plan_release) struct plan plan = { 0 };
	struct err why = { 0 };
	int found = 0, ret;

	if (store_read_journal(store, &plan, &why) < 0) {
		log_warn("%s; going on from what is marked as the container's", why.text);
		found = container_salvage(store, state, &plan, &why);
	}
	ret = revert(store, state->netns, &plan, true, err);
	return ret == 0 && found < 0 ? err_set(err, found, "%s", why.text) : ret;
}

/*
 * For who insists: what cannot be taken back is told, and forgotten. But not while something of it lives, as without its record
 * nobody would find that any more.
 */
static int clean_by_force(struct store *store, const struct state *state, struct err *err)
{
	int ret = take_back(store, state, err);

	if (ret == -EBUSY)
		return ret;
	if (ret < 0)
		log_warn("%s; container '%s' is forgotten all the same", err->text, store->id);
	return store_remove(store, err);
}

int container_delete(const char *root, const char *id, bool force, struct err *err)
{
	struct state state = { 0 };
	struct store store;
	int ret = store_open(&store, root, id, false, err);

	if (ret < 0)
		return ret;
	ret = read_for_delete(&store, &state, force, err);
	if (ret == 0)
		ret = stop(&store, &state, force, err);
	/* It stays no longer. */
	state.kept = false;
	if (ret == 0)
		ret = force ? clean_by_force(&store, &state, err)
			    : container_clean(&store, &state, NULL, err);
	state_release(&state);
	store_close(&store);
	return ret;
}
