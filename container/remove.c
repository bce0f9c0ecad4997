// SPDX-License-Identifier: Apache-2.0
/* The end of a container: all that its journal lists is taken back, however it ended. */
#include "container/container.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "net/net.h"
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
		int fd = ns->path ? open(ns->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
		int ret = scope_set_ns(scope, ns->key, fd, ns->mortal, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int revert(const struct store *store, uint64_t netns, struct plan *plan, struct err *err)
{
	struct scope scope = { 0 };
	int ret = store_scope(store, netns, &scope, err);

	if (ret == 0)
		ret = open_namespaces(plan, &scope, err);
	if (ret == 0)
		ret = plan_revert(plan, &scope, NULL, err);
	scope_release(&scope);
	return ret;
}

int container_clean(struct store *store, const struct state *state, struct plan *plan,
		    struct err *err)
{
	struct plan journal = { 0 };
	int ret = plan ? 0 : store_read_journal(store, &journal, err);

	if (ret == 0)
		ret = revert(store, state->netns, plan ? plan : &journal, err);
	plan_release(&journal);
	return ret == 0 ? store_remove(store, err) : ret;
}

static bool is_dead(const struct process_id *p)
{
	uint64_t start;

	return p->pid && (process_start_time(p->pid, &start) < 0 || start != p->start);
}

int container_find_init(const struct state *state, int *pidfd, struct err *err)
{
	_cleanup_fd_ int fd = process_open(state->init.pid, state->init.start);
	int ret;

	*pidfd = -1;
	if (fd == -ESRCH)
		return 0;
	if (fd < 0)
		return err_sys(err, fd, "cannot open process %d", state->init.pid);
	if (!is_dead(&state->supervisor)) {
		*pidfd = take_fd(&fd);
		return 0;
	}
	ret = process_kill(fd, KILL_TIMEOUT);
	return ret < 0 ? err_sys(err, ret, "cannot kill process %d", state->init.pid) : 0;
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
	ret = process_kill(pidfd, KILL_TIMEOUT);
	return ret < 0 ? err_sys(err, ret, "cannot kill process %d", state->init.pid) : 0;
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
	if (ret == 0)
		ret = container_clean(&store, &state, NULL, err);
	state_release(&state);
	store_close(&store);
	return ret;
}
