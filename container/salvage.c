// SPDX-License-Identifier: Apache-2.0
#include "container/salvage.h"

#include "container/beside.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/shared.h"
#include "net/net.h"
#include "net/salvage.h"

/* What cannot be looked for is told, and the rest is not given up for that. */
static void keep_first(int *first, int ret, const struct err *why, struct err *err)
{
	if (ret < 0 && *first < 0)
		log_warn("also: %s", why->text);
	if (ret < 0 && *first == 0)
		*first = err_set(err, ret, "%s", why->text);
}

/* The last one is undone first. */
int container_salvage(const struct store *store, const struct state *state, struct plan *plan,
		      struct err *err)
{
	struct scope scope = { 0 };
	struct err why = { 0 };
	int first = store_scope(store, state->netns, &scope, err);

	if (first == 0) {
		if (state->beside)
			keep_first(&first, beside_plan(state->bundle, &state->spec, plan, &why),
				   &why, err);
		keep_first(&first, shared_salvage(&scope, store_step_types, plan, &why), &why, err);
		keep_first(&first,
			   shared_salvage_joined(state->netns, &scope, SCOPE_CONTAINER,
						 store_step_types, plan, &why),
			   &why, err);
		keep_first(&first, net_salvage(&scope, plan, &why), &why, err);
		keep_first(&first,
			   cgroup_salvage(store->id, store->dir, &state->cgroup, plan, &why), &why,
			   err);
	}
	scope_release(&scope);
	return first;
}
