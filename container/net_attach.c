// SPDX-License-Identifier: Apache-2.0
/*
 * Networks that come to a container while it runs, and go again.
 *
 * What is made is in the journal before it is made, and the network is in the stored config when all of it is made; so what a
 * journal has of a network that the config does not know was left by who was killed. Whoever changes the container's networks next
 * takes that back first; and the end of the container takes back the whole journal anyway.
 */
#include "container/build.h"
#include "container/dns.h"
#include "container/net_live.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"
#include "net/attach.h"
#include "net/change.h"
#include "net/config.h"
#include "net/ipam.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* --- What both ways have in common --- */

int net_live_write(void *arg, struct err *err)
{
	const struct net_live *l = arg;

	return store_write_journal(&l->store, &l->plan, err);
}

/* The config's sysctls are no part of the network's. */
static struct net_config net_of(const struct net_live *l)
{
	struct net_config net = l->state.spec.net; /* its lists stay the spec's */

	net.dad_given = build_sets_sysctl(&l->state.spec, NET_DAD_SYSCTL);
	return net;
}

/* The network with the addresses and gateways that were chosen, for whoever has to look at all. */
static int settle(const struct net_live *l, struct net_config *out, struct err *err)
{
	const struct net_config net = net_of(l);
	_cleanup_free_ struct endpoint *ends = calloc(net.network_count + 1, sizeof(*ends));

	if (!ends)
		return err_oom(err);
	net_attach_recall(&net, &l->plan, ends);
	return ipam_settle(&net, ends, out, err);
}

/* The files that say which addresses it has. */
static int follow_with_files(struct net_live *l, struct err *err)
{
	_cleanup_(ipam_settled_release) struct net_config net = { 0 };
	int ret = settle(l, &net, err);

	if (ret == 0)
		ret = dns_replan(&l->state.spec, &net, &l->plan, err);
	return ret < 0 ? ret : dns_rewrite(&l->scope, &l->plan, err);
}

/* Undo what was made for @name, and only for that. The journal on disk still has it. */
static int take_back(struct net_live *l, const char *name, struct err *err)
{
	_cleanup_(plan_release) struct plan part = { 0 };
	struct plan rest = { 0 };
	int ret = plan_split(&l->plan, name, &part, err);

	if (ret == 0)
		ret = net_detach_rest(&part, &rest, err);
	if (ret == 0)
		ret = plan_revert(&rest, &l->scope, NULL, err);
	free(rest.steps);
	return ret;
}

static bool is_declared(const struct net_config *c, const char *name, size_t len)
{
	char its[IFNAMSIZ];

	for (size_t i = 0; i < c->network_count; i++) {
		net_config_name(c, i, its);
		if (strlen(its) == len && !strncmp(its, name, len))
			return true;
	}
	return false;
}

bool net_live_stray(const struct net_live *l, char name[IFNAMSIZ])
{
	for (size_t i = 0; i < l->plan.count; i++) {
		const char *at = l->plan.steps[i].owner;

		for (size_t len; at && *at; at += len + strspn(at + len, " ")) {
			len = strcspn(at, " ");
			if (is_declared(&l->state.spec.net, at, len))
				continue;
			snprintf(name, IFNAMSIZ, "%.*s", (int)len, at);
			return true;
		}
	}
	return false;
}

/* What shaped a network before stood where that stands which shapes it now, and went with it. */
static void mend_changed(struct net_live *l)
{
	struct err why = { 0 };

	if (plan_mend(&l->plan, &l->scope, net_step_types, NULL, net_live_write, l, &why) < 0)
		log_warn("%s ('ctrnet net repair %s' mends it)", why.text, l->store.id);
}

int net_live_recover(struct net_live *l, struct err *err)
{
	bool changed = false;
	char name[IFNAMSIZ];
	int found = 0, ret = 0;

	net_tidy(&l->scope);
	for (; ret == 0 && net_live_stray(l, name); found++) {
		log_debug("network %s was left behind", name);
		ret = take_back(l, name, err);
		changed |= !strcmp(name, NET_CHANGE_TAKEN);
		if (ret < 0)
			err_wrap(err, "what is left of the network '%s'", name);
	}
	if (ret == 0 && found)
		ret = net_live_write(l, err);
	if (ret == 0 && changed)
		mend_changed(l);
	return ret < 0 ? ret : found;
}

int net_live_stay(struct net_live *l, struct err *err)
{
	return scope_set_ns(&l->scope, SCOPE_CONTAINER, scope_ns_fd(&l->scope, SCOPE_CONTAINER),
			    false, err);
}

static int open_own(struct net_live *l, const char *root, const char *id, struct err *err)
{
	int ret = net_live_open(l, root, id, err);

	if (ret < 0 || namespaces_find(&l->state.spec.namespaces, CLONE_NEWNET))
		return ret;
	return err_set(err, -EOPNOTSUPP,
		       "container '%s' has the host's network, and no namespace of its own", id);
}

/*
 * The container's namespace goes with it, but it does not go now: here what is in there is undone. Names are written down before
 * anything changes its place.
 */
int net_live_open_to_change(struct net_live *l, const char *root, const char *id, struct err *err)
{
	int ret = open_own(l, root, id, err);

	if (ret < 0)
		return ret;
	ret = net_live_stay(l, err);
	if (ret == 0)
		ret = net_live_recover(l, err);
	net_attach_settle_names(&l->state.spec.net);
	return ret < 0 ? ret : 0;
}

/* --- Attach --- */

/* The networks move behind those that are there. */
static int move_in(struct net_config *to, struct net_config *from, struct err *err)
{
	const size_t n = to->network_count, more = from->network_count;
	struct network *all = reallocarray(to->networks, n + more, sizeof(*all));

	if (!all)
		return err_oom(err);
	memcpy(all + n, from->networks, more * sizeof(*all));
	to->networks = all;
	to->network_count += more;
	free(from->networks);
	from->networks = NULL;
	from->network_count = 0;
	return 0;
}

/* Resolve and plan what is new, from networks[@first] on. */
static int plan_more(struct net_live *l, size_t first, struct plan *more, struct err *err)
{
	_cleanup_(ipam_settled_release) struct net_config net = { 0 };
	_cleanup_free_ struct endpoint *ends = NULL;
	bool prepared;
	int ret = settle(l, &net, err);

	if (ret < 0)
		return ret;
	net.live = true;
	net.standing = first;
	ends = calloc(net.network_count, sizeof(*ends));
	if (!ends)
		return err_oom(err);
	prepared = net_attach_is_prepared(&net, &l->plan);
	ret = net_resolve(&net, &l->scope, prepared, ends, err);
	return ret < 0 ? ret : net_plan(&net, ends, l->store.id, prepared, more, err);
}

/* Steps from @first on, which is where they are in the journal. */
static int apply_from(struct net_live *l, size_t first, struct err *err)
{
	struct plan part = { .steps = l->plan.steps + first, .count = l->plan.count - first };
	int ret = 0;

	for (enum phase phase = 0; ret == 0 && phase < PHASE_COUNT; phase++)
		ret = plan_apply(&part, phase, &l->scope, net_live_write, l, err);
	return ret;
}

/* The first error is the one to tell; what goes wrong on the way back is warned of, and stays in the journal. */
static void undo_attach(struct net_live *l, size_t first)
{
	struct net_config *net = &l->state.spec.net;
	struct err why = { 0 };
	int ret = 0;

	for (size_t i = net->network_count; ret == 0 && i-- > first;)
		ret = take_back(l, net->networks[i].name, &why);
	for (size_t i = first; i < net->network_count; i++)
		json_release(&network_schema, &net->networks[i]);
	net->network_count = first;
	if (ret == 0)
		ret = follow_with_files(l, &why);
	if (ret == 0)
		ret = net_live_write(l, &why);
	if (ret < 0)
		log_warn("what was begun for container '%s' is not wholly removed: %s", l->store.id,
			 why.text);
}

static int make(struct net_live *l, struct plan *more, struct err *err)
{
	size_t before = l->plan.count;
	int ret = plan_merge(&l->plan, more, err);

	if (ret == 0)
		ret = net_live_write(l, err);
	if (ret == 0)
		ret = apply_from(l, before, err);
	if (ret == 0)
		ret = follow_with_files(l, err);
	return ret < 0 ? ret : store_write_state(&l->store, &l->state, err);
}

static int list_names(const struct net_config *net, size_t first, char ***names, struct err *err)
{
	for (size_t i = first; i < net->network_count; i++)
		if (strv_add(names, net->networks[i].name) < 0)
			return err_oom(err);
	return 0;
}

/* What is to be done for them, who are networks[@first] and those behind it from now on. */
static int prepare(struct net_live *l, struct net_config *added, struct plan *more, struct err *err)
{
	struct net_config *net = &l->state.spec.net;
	const size_t first = net->network_count;
	int ret = move_in(net, added, err);

	if (ret < 0)
		return ret;
	net_attach_choose_names(net, first);
	ret = net_attach_check(net, first, err);
	if (ret == 0)
		ret = dns_check_attached(&l->state.spec, first, &l->plan, err);
	return ret < 0 ? ret : plan_more(l, first, more, err);
}

static int attach(struct net_live *l, struct net_config *added, char ***names, struct err *err)
{
	_cleanup_(plan_release) struct plan more = { 0 };
	struct net_config *net = &l->state.spec.net;
	const size_t first = net->network_count;
	int ret = prepare(l, added, &more, err);

	if (ret == 0)
		ret = list_names(net, first, names, err);
	if (ret < 0)
		return ret;
	ret = make(l, &more, err);
	if (ret < 0)
		undo_attach(l, first);
	return ret;
}

int container_net_attach(const char *root, const char *id, struct net_config *added, char ***names,
			 struct err *err)
{
	_cleanup_(net_live_close) struct net_live l = NET_LIVE_INIT;
	_cleanup_(strv_cleanup) char **list = NULL;
	int ret = net_live_open_to_change(&l, root, id, err);

	if (ret == 0)
		ret = attach(&l, added, &list, err);
	if (ret == 0)
		*names = take_ptr(list);
	return ret;
}

/* What is shared and stands for another of its networks is not among it. */
static int show_more(struct net_live *l, struct plan *more, char **text, struct err *err)
{
	size_t before = l->plan.count, len;
	int ret = plan_merge(&l->plan, more, err);
	struct plan part = { 0 };
	FILE *out;

	if (ret < 0)
		return ret;
	out = open_memstream(text, &len);
	if (!out)
		return err_oom(err);
	part.steps = l->plan.steps + before;
	part.count = l->plan.count - before;
	plan_show(&part, PHASE_PREPARE, out);
	plan_show(&part, PHASE_CONNECT, out);
	return fclose(out) ? err_oom(err) : 0;
}

int container_net_attach_plan(const char *root, const char *id, struct net_config *added,
			      char **plan, struct err *err)
{
	_cleanup_(net_live_close) struct net_live l = NET_LIVE_INIT;
	_cleanup_(plan_release) struct plan more = { 0 };
	_cleanup_free_ char *text = NULL;
	char stray[IFNAMSIZ];
	int ret = open_own(&l, root, id, err);

	if (ret < 0)
		return ret;
	if (net_live_stray(&l, stray))
		return err_set(
			err, -EBUSY,
			"what is left of the network '%s' has to go first: whoever attached or detached it was killed",
			stray);
	l.scope.dry = true;
	net_attach_settle_names(&l.state.spec.net);
	ret = prepare(&l, added, &more, err);
	if (ret == 0)
		ret = show_more(&l, &more, &text, err);
	if (ret == 0)
		*plan = take_ptr(text);
	return ret;
}

/* --- Detach --- */

static void remove_route(struct net_config *net, size_t i)
{
	json_release(&net_route_schema, &net->routes[i]);
	net->route_count--;
	memmove(net->routes + i, net->routes + i + 1,
		(net->route_count - i) * sizeof(*net->routes));
}

/* Routes of the container's that lead over the network go with it, in the kernel and so in the config. */
static int remove_routes(struct net_live *l, const char *name, struct err *err)
{
	struct net_config *net = &l->state.spec.net;
	int ret = 0;

	for (size_t i = net->route_count; ret == 0 && i-- > 0;) {
		if (!net_detach_takes_route(&net->routes[i], name))
			continue;
		remove_route(net, i);
		ret = net_detach_renumber(net, "routes", i, &l->plan, err);
	}
	return ret;
}

static void remove_network(struct net_config *net, size_t i)
{
	json_release(&network_schema, &net->networks[i]);
	net->network_count--;
	memmove(net->networks + i, net->networks + i + 1,
		(net->network_count - i) * sizeof(*net->networks));
}

/*
 * The config forgets it first: if we are killed then, the next one knows that it is to go; and the journal has said by then which
 * routes go with it. Numbers move up on disk only when all is done.
 */
static int detach(struct net_live *l, size_t i, const char *name, struct err *err)
{
	struct net_config *net = &l->state.spec.net;
	_cleanup_free_ char *before = NULL;
	size_t len;
	int ret = store_keep_state(&l->store, &before, &len, err);

	if (ret == 0)
		ret = net_detach_give_routes(&l->plan, name, err);
	if (ret > 0)
		ret = net_live_write(l, err);
	if (ret == 0)
		ret = remove_routes(l, name, err);
	if (ret < 0)
		return ret;
	remove_network(net, i);
	ret = store_write_state(&l->store, &l->state, err);
	if (ret < 0)
		return ret;
	ret = take_back(l, name, err);
	/* The journal has all of it still. */
	if (ret < 0 && store_put_back_state(&l->store, before, len, NULL) < 0)
		err_append(err, " (and its config cannot be put back)");
	if (ret == 0)
		ret = net_detach_renumber(net, "networks", i, &l->plan, err);
	if (ret == 0)
		ret = follow_with_files(l, err);
	return ret < 0 ? ret : net_live_write(l, err);
}

int container_net_detach(const char *root, const char *id, const char *name, struct err *err)
{
	_cleanup_(net_live_close) struct net_live l = NET_LIVE_INIT;
	size_t i;
	int ret = net_live_open_to_change(&l, root, id, err);

	if (ret == 0)
		ret = net_attach_find(&l.state.spec.net, name, &i, err);
	if (ret == 0)
		ret = net_detach_check(&l.state.spec.net, i, err);
	return ret < 0 ? ret : detach(&l, i, name, err);
}
