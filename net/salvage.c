// SPDX-License-Identifier: Apache-2.0
#include "net/salvage.h"

#include "lib/cleanup.h"
#include "net/link.h"
#include "net/nat.h"
#include "net/net.h"
#include "net/pasta.h"
#include "net/reserve.h"
#include "net/veth.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

struct search {
	const char *mark;
	struct link *links;
	size_t count;
	bool failed; /* no memory for one of them */
};

static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	struct link link;
	struct link *more;

	(void)tag;
	if (link_parse(msg, &link) < 0 || strcmp(link.alias, s->mark))
		return;
	more = reallocarray(s->links, s->count + 1, sizeof(*more));
	if (!more) {
		s->failed = true;
		return;
	}
	s->links = more;
	s->links[s->count++] = link;
}

static int search(struct scope *scope, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ifinfomsg *head = nl_put_header(nl_batch_add(&b, RTM_GETLINK, 0, 0), sizeof(*head));
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	head->ifi_family = AF_UNSPEC;
	if (ret == 0)
		ret = nl_dump(nl, &b, match, s, err);
	return ret == 0 && s->failed ? err_oom(err) : ret;
}

/* A build without veth has none of these. The other end, wherever it is, goes with it. */
static int add(struct plan *plan, const struct link *link, struct err *err)
{
	static const struct step_type *const *const types[] = { net_step_types, NULL };
	const struct step_type *type = step_type_find(types, "link.veth");
	const struct step where = { .ns = (char *)SCOPE_HOST };
	struct veth_args args = { .at.ns = SCOPE_HOST };

	memcpy(args.name, link->name, sizeof(args.name));
	memcpy(args.alias, link->alias, sizeof(args.alias));
	return type ? plan_add(plan, type, &where, &args, err) : 0;
}

int net_salvage(struct scope *scope, struct plan *plan, struct err *err)
{
	struct search s = { .mark = scope->mark };
	int ret = 0;

	/* Of a namespace that is gone nothing is left. */
	if (!scope_ns_gone(scope, SCOPE_HOST)) {
		ret = search(scope, &s, err);
		if (ret == 0)
			ret = nat_salvage(scope, plan, err);
	}
	for (size_t i = 0; ret == 0 && i < s.count; i++)
		ret = add(plan, &s.links[i], err);
	free(s.links);
	if (ret == 0)
		ret = pasta_salvage(scope, plan, err);
	return ret < 0 ? ret : reserve_salvage(scope, plan, err);
}
