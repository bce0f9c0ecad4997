// SPDX-License-Identifier: Apache-2.0
/* Changes of a network while its container runs: what is named, and nothing else. */
#include "container/net_live.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "net/attach.h"
#include "net/change.h"
#include "net/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct set {
	struct net_live *live;
	struct net_change change;
	struct plan was; /* what shaped it before */
	size_t first;    /* in the journal: of what shapes it now */
	/* As they are on disk. */
	struct plan journal;
	struct state state;
};

static void set_release(struct set *s)
{
	plan_release(&s->was);
	plan_release(&s->journal);
	state_release(&s->state);
}

/* Those that a link's going up or down takes along are looked at again: IPv6 addresses. */
static int mend_own(struct set *s, struct err *err)
{
	const struct plan *p = &s->live->plan;
	struct plan own = { .steps = calloc(p->count + 1, sizeof(*own.steps)) };
	int ret;

	if (!own.steps)
		return err_oom(err);
	for (size_t i = 0; i < p->count; i++)
		if (step_has_owner(&p->steps[i], s->change.end.name))
			own.steps[own.count++] = p->steps[i];
	ret = plan_mend(&own, &s->live->scope, net_step_types, NULL, NULL, NULL, err);
	free(own.steps);
	return ret;
}

static int plan_new(struct set *s, struct err *err)
{
	struct plan *p = &s->live->plan;
	int ret = net_change_take_shaping(&s->change, p, &s->was, err);

	if (ret == 0)
		ret = net_change_steps(&s->change, p, err);
	s->first = p->count;
	return ret < 0 ? ret : net_change_plan_shaping(&s->change, p, err);
}

/* A link that is to go goes while the journal has it. */
static int drop(struct set *s, struct err *err)
{
	return net_change_drops_ifb(&s->change) ? plan_revert(&s->was, &s->live->scope, NULL, err)
						: 0;
}

static int change_kernel(struct set *s, struct err *err)
{
	_cleanup_(plan_release) struct plan way = { 0 };
	struct scope *scope = &s->live->scope;
	int ret = net_change_link(&s->change, err);

	if (ret == 0 && s->change.was->down != s->change.now->down)
		ret = mend_own(s, err);
	/* Egress may have stood in the same steps as the ifb that went. */
	if (ret == 0 && net_change_drops_ifb(&s->change)) {
		struct plan now = { .steps = s->live->plan.steps + s->first,
				    .count = s->live->plan.count - s->first };

		return plan_apply(&now, PHASE_CONNECT, scope, NULL, NULL, err);
	}
	if (ret == 0)
		ret = net_change_plan_way(&s->change, &way, err);
	return ret < 0 ? ret : plan_apply(&way, PHASE_CONNECT, scope, NULL, NULL, err);
}

/* Whatever stands there of both is removed, and what was is made anew. */
static void put_back(struct set *s)
{
	struct net_live *l = s->live;
	struct plan now = { .steps = l->plan.steps + s->first, .count = l->plan.count - s->first };
	struct net_change back = s->change;
	struct err why = { 0 };
	int ret = plan_revert(&now, &l->scope, NULL, &why);

	back.was = s->change.now;
	back.now = s->change.was;

	if (ret == 0)
		ret = plan_revert(&s->was, &l->scope, NULL, &why);
	if (ret == 0)
		ret = plan_apply(&s->was, PHASE_CONNECT, &l->scope, NULL, NULL, &why);
	net_change_link_back(&s->change);
	if (ret == 0)
		ret = net_change_records(&back, &s->journal, &why);
	if (ret == 0)
		ret = store_write_journal(&l->store, &s->journal, &why);
	if (ret == 0)
		ret = store_write_state(&l->store, &s->state, &why);
	if (ret < 0)
		log_warn(
			"network '%s' is not wholly as it was ('ctrnet net repair %s' mends it): %s",
			s->change.end.name, l->store.id, why.text);
}

/* With what shaped it before, which nobody would look for any more if we were killed now. */
static int write_both(const struct set *s, struct err *err)
{
	const struct plan *now = &s->live->plan;
	struct plan both = *now;
	int ret;

	both.steps = calloc(now->count + s->was.count + 1, sizeof(*both.steps));
	if (!both.steps)
		return err_oom(err);
	for (size_t i = 0; i < now->count; i++)
		both.steps[i] = now->steps[i];
	for (size_t i = 0; i < s->was.count; i++)
		both.steps[both.count++] = s->was.steps[i];
	ret = store_write_journal(&s->live->store, &both, err);
	free(both.steps);
	return ret;
}

/* Written first: if we are killed then, whoever comes next brings what was wanted. */
static int write_new(const struct set *s, struct err *err)
{
	int ret = write_both(s, err);

	if (ret == 0)
		ret = net_change_records(&s->change, &s->live->plan, err);
	return ret < 0 ? ret : store_write_state(&s->live->store, &s->live->state, err);
}

static int set(struct set *s, struct err *err)
{
	struct net_live *l = s->live;
	int ret = store_read_journal(&l->store, &s->journal, err);

	if (ret == 0)
		ret = store_read_state(&l->store, &s->state, err);
	if (ret == 0)
		ret = plan_new(s, err);
	if (ret < 0)
		return ret;
	ret = write_new(s, err);
	if (ret == 0)
		ret = drop(s, err);
	if (ret == 0)
		ret = change_kernel(s, err);
	if (ret == 0 && s->was.count)
		ret = net_live_write(l, err);
	if (ret < 0)
		put_back(s);
	return ret;
}

static int merge(struct net_config *net, struct network *n, char *const *changes, struct err *err)
{
	int ret = 0;

	for (; ret == 0 && *changes; changes++)
		ret = net_change_merge(n, *changes, err);
	return ret < 0 ? ret : net_check(net, err);
}

int container_net_set(const char *root, const char *id, const char *name, char *const *changes,
		      struct err *err)
{
	_cleanup_(net_live_close) struct net_live l = NET_LIVE_INIT;
	_cleanup_(set_release) struct set s = { .live = &l };
	struct net_config *net = &l.state.spec.net;
	char origin[NET_ORIGIN_MAX];
	struct network was;
	size_t i = 0;
	int ret = net_live_open_to_change(&l, root, id, err);

	if (ret == 0)
		ret = net_attach_find(net, name, &i, err);
	if (ret < 0)
		return ret;
	/* Only members without memory of their own change. */
	was = net->networks[i];
	net_config_origin(net, i, origin);
	s.change = (struct net_change){ .scope = &l.scope,
					.was = &was,
					.now = &net->networks[i],
					.origin = origin,
					.mark = l.scope.mark };
	ret = merge(net, &net->networks[i], changes, err);
	if (ret < 0)
		return ret;
	net_change_find(&s.change, name, &l.plan);
	return set(&s, err);
}
