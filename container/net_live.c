// SPDX-License-Identifier: Apache-2.0
#include "container/net_live.h"

#include "container/container.h"
#include "container/live.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/net.h"
#include "net/netns_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct json_field difference_fields[] = {
	JSON_STRING(struct net_difference, "type", type),
	JSON_STRING(struct net_difference, "origin", origin),
	JSON_STRING(struct net_difference, "planned", planned),
	JSON_STRING(struct net_difference, "found", found),
	JSON_END,
};
static const struct json_schema difference_schema =
	JSON_SCHEMA(struct net_difference, difference_fields);

static const struct json_field report_fields[] = {
	JSON_ARRAY(struct net_report, "differences", items, count, &difference_schema,
		   .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema net_report_schema = JSON_SCHEMA(struct net_report, report_fields);

void net_report_release(struct net_report *report)
{
	json_release(&net_report_schema, report);
}

/* --- Reaching it --- */

/* One that we made is where its first process is; one that was joined may have other names by now. */
static int open_namespace(const struct state *state, const struct plan_ns *ns, int pidfd,
			  struct err *err)
{
	int fd = -1;
	int ret;

	if (ns->mortal) {
		ret = container_open_netns(state, pidfd, &fd, err);
		if (ret < 0)
			return ret;
	} else if (ns->path) {
		fd = netns_reopen(ns->path, ns->inode);
	}
	return fd >= 0 ? fd
		       : err_set(err, -ENXIO, "the network namespace '%s' is not to be found",
				 ns->path ? ns->path : ns->key);
}

int container_live_scope(const struct store *store, const struct state *state,
			 const struct plan *plan, int pidfd, struct scope *scope, struct err *err)
{
	int ret = store_scope(store, state->netns, scope, err);

	if (ret == 0 && scope_ns_gone(scope, SCOPE_HOST))
		ret = err_set(
			err, -ENXIO,
			"the network namespace that container '%s' was started from is not to "
			"be found",
			store->id);
	for (size_t i = 0; ret == 0 && i < plan->ns_count; i++) {
		const struct plan_ns *ns = &plan->ns[i];

		ret = open_namespace(state, ns, pidfd, err);
		if (ret >= 0)
			ret = scope_set_ns(scope, ns->key, ret, ns->mortal, err);
		if (ret == 0)
			ret = store_share_netns(scope, ns->key, ns->inode, err);
	}
	scope->pid = state->init.pid;
	return ret;
}

/* --- Comparing and mending --- */

void net_live_close(struct net_live *l)
{
	scope_release(&l->scope);
	plan_release(&l->plan);
	state_release(&l->state);
	close_fd(l->pidfd);
	store_close(&l->store);
}

int net_live_open(struct net_live *l, const char *root, const char *id, struct err *err)
{
	int ret = store_open(&l->store, root, id, false, err);

	if (ret == 0)
		ret = container_find_running(&l->store, &l->state, &l->pidfd, err);
	if (ret == 0)
		ret = store_read_journal(&l->store, &l->plan, err);
	return ret < 0 ? ret
		       : container_live_scope(&l->store, &l->state, &l->plan, l->pidfd, &l->scope,
					      err);
}

struct live {
	struct net_live at;
	struct net_report report;
	bool full; /* out of memory */
};
#define LIVE_INIT                   \
	{                           \
		.at = NET_LIVE_INIT \
	}

static void live_close(struct live *l)
{
	net_report_release(&l->report);
	net_live_close(&l->at);
}

static bool has_all(const struct net_difference *d)
{
	return d->type && d->origin && d->planned && d->found;
}

static void note(void *arg, const struct step *step, const struct err *why)
{
	struct live *l = arg;
	struct net_report *r = &l->report;
	struct net_difference *more = reallocarray(r->items, r->count + 1, sizeof(*more));
	char planned[256];

	if (!more) {
		l->full = true;
		return;
	}
	r->items = more;
	more[r->count] = (struct net_difference){
		.type = strdup(step->type->name),
		.origin = strdup(step->origin ? step->origin : ""),
		.planned = strdup(step_describe(step, planned, sizeof(planned))),
		.found = strdup(why->text),
	};
	/* A link may have any name. */
	if (more[r->count].planned)
		str_make_utf8(more[r->count].planned);
	if (more[r->count].found)
		str_make_utf8(more[r->count].found);
	l->full |= !has_all(&more[r->count++]);
}

static int hand_over(struct live *l, int ret, struct net_report *report, struct err *err)
{
	if (ret == 0 && l->full)
		ret = err_oom(err);
	if (ret == 0)
		*report = take_struct(l->report);
	return ret;
}

/* Whatever the container unmakes as it ends differs: that it was still there behind that is what counts. */
static int still_runs(const struct live *l, int ret, struct err *err)
{
	if (state_runs(state_status(&l->at.state)))
		return ret;
	return err_set(err, -ESRCH, "container '%s' is not running", l->at.store.id);
}

/* Who was killed while he attached, detached or changed a network has left it. It is no difference in what it is, but that it is there. */
static int note_strays(struct live *l, struct err *err)
{
	const struct err why = { .code = -ESTALE,
				 .text = "whoever attached, detached or changed it was killed" };
	_cleanup_(plan_release) struct plan part = { 0 };
	char name[IFNAMSIZ];
	int ret = 0;

	while (ret == 0 && net_live_stray(&l->at, name)) {
		ret = plan_split(&l->at.plan, name, &part, err);
		for (size_t i = 0; ret == 0 && i < part.count; i++)
			note(l, &part.steps[i], &why);
		plan_release(&part);
	}
	return ret;
}

int container_net_check(const char *root, const char *id, struct net_report *report,
			struct err *err)
{
	_cleanup_(live_close) struct live l = LIVE_INIT;
	int ret = net_live_open(&l.at, root, id, err);

	if (ret == 0)
		ret = note_strays(&l, err);
	if (ret < 0)
		return ret;
	ret = plan_probe(&l.at.plan, &l.at.scope, net_step_types, note, &l, err);
	if (ret < 0)
		ret = still_runs(&l, ret, err);
	return hand_over(&l, ret == -ESTALE ? 0 : ret, report, err);
}

static int write_journal(void *arg, struct err *err)
{
	struct live *l = arg;

	return store_write_journal(&l->at.store, &l->at.plan, err);
}

/* What is in the container's namespace is removed, too, as that lives on. */
static int mend_strays(struct live *l, struct err *err)
{
	struct net_live *at = &l->at;
	char name[IFNAMSIZ];
	int ret = 0;

	if (net_live_stray(at, name))
		ret = net_live_stay(at, err);
	if (ret == 0)
		ret = net_live_recover(at, err);
	return ret < 0 ? ret : 0;
}

int container_net_repair(const char *root, const char *id, struct net_report *report,
			 struct err *err)
{
	_cleanup_(live_close) struct live l = LIVE_INIT;
	int ret = net_live_open(&l.at, root, id, err);

	if (ret == 0)
		ret = mend_strays(&l, err);
	if (ret == 0)
		ret = plan_mend(&l.at.plan, &l.at.scope, net_step_types, note, write_journal, &l,
				err);
	return hand_over(&l, ret, report, err);
}
