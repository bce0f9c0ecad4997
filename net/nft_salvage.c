// SPDX-License-Identifier: Apache-2.0
/* For who has lost the plan: what has the container's mark in the table. */
#include "net/nat.h"

#include "net/nft.h"

#include <errno.h>
#include <string.h>

struct search {
	char mark[NFT_MARK_MAX];
	struct plan *plan;
	struct err *err;
	int code; /* of the first that could not be added */
};

static void match(void *arg, const struct nft_element_args *element)
{
	const struct step where = { .ns = (char *)SCOPE_HOST };
	struct nft_element_args args = *element;
	struct search *s = arg;

	if (s->code < 0 || strcmp(args.mark, s->mark))
		return;
	snprintf(args.ns, sizeof(args.ns), "%s", SCOPE_HOST);
	s->code = plan_add(s->plan, &nft_element_step, &where, &args, s->err);
}

int nat_salvage(struct scope *scope, struct plan *plan, struct err *err)
{
	struct search s = { .plan = plan, .err = err };
	struct nl *nl;
	int ret = nl_for_netfilter(scope, SCOPE_HOST, &nl, NULL);

	/* Without a table of ours, or without the right to ask, nothing was made. */
	if (ret < 0 || nft_find_table(nl, NULL) < 0)
		return 0;
	nft_mark(scope->mark, s.mark);
	for (const struct nft_set *set = nft_sets; ret == 0 && set->name; set++) {
		ret = nft_each_element(nl, set, match, &s, err);
		if (ret == 0)
			ret = s.code;
	}
	return ret;
}
