// SPDX-License-Identifier: Apache-2.0
/* Elements of the table whose container is gone. */
#include "net/nat.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/shared.h"
#include "lib/str.h"
#include "net/link.h"
#include "net/nft.h"
#include "net/nft_element.h"

#include <errno.h>
#include <string.h>

struct collecting {
	struct scope *scope;
	struct nl *nl;
	bool dry_run;
	nat_found_fn *found;
	void *arg;
	const char *kept; /* why none goes; NULL: they do */
};

struct search {
	char *const *users;
	struct plan *plan;
	struct err *err;
	int code; /* of the first that could not be added */
};

/* Long ids are cut in marks: who has the same as somebody who lives may be him. */
static bool is_of_user(const char *mark, char *const *users)
{
	char id[256], whole[sizeof(id) + sizeof(LINK_MARK)], cut[NFT_MARK_MAX];

	for (; users && *users; users++) {
		snprintf(whole, sizeof(whole), LINK_MARK "%s", claim_id(*users, id, sizeof(id)));
		nft_mark(whole, cut);
		if (!strcmp(cut, mark))
			return true;
	}
	return false;
}

static void match(void *arg, const struct nft_element_args *element)
{
	const struct step where = { .ns = (char *)SCOPE_HOST };
	struct nft_element_args args = *element;
	struct search *s = arg;

	if (s->code < 0 || !str_starts(args.mark, LINK_MARK) ||
	    str_starts(args.mark, LINK_MARK_SHARED) || is_of_user(args.mark, s->users))
		return;
	snprintf(args.ns, sizeof(args.ns), "%s", SCOPE_HOST);
	s->code = plan_add(s->plan, &nft_element_step, &where, &args, s->err);
}

static void take_back(const struct collecting *c, const struct step *s)
{
	const struct nft_element_args *a = s->args;
	struct err why = { 0 };
	char name[256], what[384];
	int ret = 0;

	nft_describe(a, name, sizeof(name));
	snprintf(what, sizeof(what), "%s of %s", name, a->mark + strlen(LINK_MARK));
	if (!c->kept && !c->dry_run)
		ret = s->type->revert(c->scope, s->args, &why);
	c->found(c->arg, what, ret < 0 ? why.text : c->kept);
}

/* With the users of now: each is one before it has an element, and until it has none. */
static int collect(void *arg, char *const *users, struct err *err)
{
	_cleanup_(plan_release) struct plan plan = { 0 };
	struct search s = { .users = users, .plan = &plan, .err = err };
	const struct collecting *c = arg;
	int ret = 0;

	for (const struct nft_set *set = nft_sets; ret == 0 && set->name; set++) {
		ret = nft_each_element(c->nl, set, match, &s, err);
		if (ret == 0)
			ret = s.code;
	}
	for (size_t i = 0; ret == 0 && i < plan.count; i++)
		take_back(c, &plan.steps[i]);
	return ret;
}

int nat_collect(struct scope *scope, bool dry_run, nat_found_fn *found, void *arg, struct err *err)
{
	struct collecting c = { .scope = scope, .dry_run = dry_run, .found = found, .arg = arg };
	int ret = nl_for_netfilter(scope, SCOPE_HOST, &c.nl, NULL);

	/* Without a table of ours, or without the right to ask, there is nothing. */
	if (ret < 0 || nft_find_table(c.nl, NULL) < 0)
		return 0;
	ret = shared_with_users(scope, NAT_TABLE_KEY, collect, &c, NULL);
	if (ret == 0)
		return 0;
	c.kept = ret == -ENOENT ? "the record of who uses the table is not there"
				: "the record of who uses the table cannot be read";
	return collect(&c, NULL, err);
}
