// SPDX-License-Identifier: Apache-2.0
#include "container/api_net.h"

#include "container/net_live.h"
#include "lib/cleanup.h"

#include <stdlib.h>

/* What ctrnet_net_garbage_list points to. */
struct picture {
	struct ctrnet_net_garbage_list list; /* first: it is what the caller has */
	struct net_garbage_list from;
	struct ctrnet_net_garbage *items;
};

struct call {
	const char *root;
	bool dry_run;
};

static int run_apart(void *arg, int *fds, struct err *err)
{
	_cleanup_(net_garbage_release) struct net_garbage_list list = { 0 };
	const struct call *call = arg;
	int ret = container_net_gc(call->root, call->dry_run, &list, err);

	return ret < 0 ? ret : api_net_give(&net_garbage_schema, &list, fds, err);
}

static int fill(struct picture *p, struct err *err)
{
	p->items = calloc(p->from.count + 1, sizeof(*p->items));
	if (!p->items)
		return err_oom(err);
	for (size_t i = 0; i < p->from.count; i++) {
		const struct net_garbage *f = &p->from.items[i];

		p->items[i] = (struct ctrnet_net_garbage){ f->kind ? f->kind : "",
							   f->name ? f->name : "",
							   f->why ? f->why : "", f->kept };
	}
	p->list = (struct ctrnet_net_garbage_list){ p->items, p->from.count };
	return 0;
}

void ctrnet_net_garbage_free(struct ctrnet_net_garbage_list *list)
{
	struct picture *p = (struct picture *)list;

	if (!p)
		return;
	free(p->items);
	net_garbage_release(&p->from);
	free(p);
}

int ctrnet_factory_net_gc(struct ctrnet_factory *factory, bool dry_run,
			  struct ctrnet_net_garbage_list **list, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	struct call call = { factory->root, dry_run };
	struct picture *p = calloc(1, sizeof(*p));
	struct err err = { 0 };
	int fd = -1;
	int ret = p ? api_apart(run_apart, &call, 0, &fd, 1, &err) : err_oom(&err);

	if (ret == 0)
		ret = api_net_take(&net_garbage_schema, &p->from, fd, &err);
	if (ret == 0)
		ret = fill(p, &err);
	if (ret < 0) {
		ctrnet_net_garbage_free(p ? &p->list : NULL);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	*list = &p->list;
	return 0;
}

int ctrnet_net_garbage_json(const struct ctrnet_net_garbage_list *list, char **json,
			    struct ctrnet_error *error)
{
	return api_net_json(&net_garbage_schema, &((const struct picture *)list)->from, json,
			    error);
}
