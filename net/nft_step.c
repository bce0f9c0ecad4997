// SPDX-License-Identifier: Apache-2.0
/* The steps that add elements to the table's sets and maps. */
#include "net/nft_element.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/link.h"
#include "net/nat.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* Somebody may flush the table meanwhile. */
#define REVERT_TRIES 3

/* --- nft.element --- */

/* Who has it is worth another question. */
static int taken(struct nl *nl, const struct step *step, struct err *err)
{
	const struct nft_element_args *a = step->args;
	struct nft_state s = { .args = a };
	char what[256];

	nft_describe(a, what, sizeof(what));
	if (nft_look(nl, &s, NULL) == 0 && str_starts(s.owner, LINK_MARK))
		err_set(err, -EEXIST, "%s is taken by container '%s'", what,
			s.owner + strlen(LINK_MARK));
	else
		err_set(err, -EEXIST, "%s is taken", what);
	return step_wrap(step, err);
}

static int refuse(struct nl *nl, const struct nl_request *r, const struct step *step,
		  struct err *err)
{
	char what[256];

	if (r->ack.code == -EEXIST)
		return taken(nl, step, err);
	nft_describe(step->args, what, sizeof(what));
	nl_ack_err(&r->ack, err, "%s", what);
	return step_wrap(step, err);
}

static int commit(struct nl *nl, struct nl_batch *b, const struct step *at, struct err *err)
{
	const struct nl_request *refused;
	int ret = nl_batch_commit(nl, b, NFNL_SUBSYS_NFTABLES, err);

	if (ret < 0)
		return step_wrap(at, err);
	refused = nl_batch_refused(b);
	return refused ? refuse(nl, refused, &at[refused->tag], err) : 0;
}

static int add(struct scope *scope, struct step *at, size_t n, uint16_t flags, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nft_element_args *first = at->args;
	struct nl *nl;
	int ret = nl_for_netfilter(scope, first->ns, &nl, err);

	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = nft_put_elements(&b, NLM_F_CREATE | flags, i, at[i].args, err);
	return ret < 0 ? step_wrap(at, err) : commit(nl, &b, at, err);
}

static int apply_many(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	return add(scope, at, n, NLM_F_EXCL, err);
}

static int put_deletes(struct nl_batch *b, const struct nft_state *s)
{
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < nft_count(s->args); i++)
		if (s->is_ours[i])
			ret = nft_put_element(b, NFT_MSG_DELSETELEM, 0, 0, s->args, i, 1);
	return ret;
}

/* -ENOENT: some went in between, and so none was deleted by us. */
static int delete_ours(struct nl *nl, const struct nft_state *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	char what[256];
	int ret = put_deletes(&b, s);

	if (ret < 0)
		return err_oom(err);
	nft_describe(s->args, what, sizeof(what));
	ret = nl_batch_commit(nl, &b, NFNL_SUBSYS_NFTABLES, err);
	return ret < 0 ? err_wrap(err, "%s", what) : nl_batch_error(&b, err, "delete %s", what);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct nft_element_args *a = args;
	_cleanup_free_ bool *is_ours = NULL;
	struct nl *nl;
	int ret = nl_for_netfilter(scope, a->ns, &nl, err);

	/* Never made in a kernel without netfilter. */
	if (ret < 0)
		return ret == -EPROTONOSUPPORT ? 0 : ret;
	if (!nft_set_find(a->set))
		return 0;
	is_ours = calloc(nft_count(a), sizeof(*is_ours));
	if (!is_ours)
		return err_oom(err);
	ret = -ENOENT;
	for (int i = 0; i < REVERT_TRIES && ret == -ENOENT; i++) {
		struct nft_state s = { .args = a, .is_ours = is_ours };

		memset(is_ours, 0, nft_count(a) * sizeof(*is_ours));
		ret = nft_look(nl, &s, err);
		if (ret == 0 && s.ours)
			ret = delete_ours(nl, &s, err);
	}
	return ret;
}

/* What is there of ours, but not whole, is made anew. */
static int apply(struct scope *scope, void *args, struct err *err)
{
	/* Without an origin: whoever applies steps one by one adds it. */
	struct step step = { .type = &nft_element_step, .args = args };
	int ret = add(scope, &step, 1, NLM_F_EXCL, err);

	if (ret != -EEXIST || revert(scope, args, NULL) < 0)
		return ret;
	return add(scope, &step, 1, NLM_F_EXCL, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct nft_element_args *a = args;
	struct nft_state s = { .args = a };
	struct nl *nl;
	char what[256];
	int ret = nl_for_netfilter(scope, a->ns, &nl, err);

	if (ret == 0)
		ret = nft_look(nl, &s, err);
	if (ret < 0 || s.as_planned == nft_count(a))
		return ret;
	nft_describe(a, what, sizeof(what));
	if (s.there < nft_count(a))
		return err_set(err, -ENOENT, "%s is missing in table inet " NFT_TABLE, what);
	return err_set(err, -ESTALE, "%s is another one in table inet " NFT_TABLE, what);
}

static const struct json_field fields[] = {
	JSON_CHARS(struct nft_element_args, "ns", ns, .flags = JSON_REQUIRED),
	JSON_CHARS(struct nft_element_args, "set", set, .flags = JSON_REQUIRED),
	JSON_INT(struct nft_element_args, "protocol", protocol),
	JSON_TEXT(struct nft_element_args, "address", address, &ip_addr_text),
	JSON_UINT(struct nft_element_args, "port", port),
	JSON_CHARS(struct nft_element_args, "link", link),
	JSON_TEXT(struct nft_element_args, "to", to, &ip_addr_text),
	JSON_UINT(struct nft_element_args, "to_port", to_port),
	JSON_UINT(struct nft_element_args, "count", count, .max = NAT_PORTS_MAX),
	JSON_CHARS(struct nft_element_args, "mark", mark),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct nft_element_args, fields);

const struct step_type nft_element_step = {
	.name = "nft.element",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply,
	.apply_many = apply_many,
	.revert = revert,
	.probe = probe,
	.show = nft_show_element,
};

/* --- nft.link --- */

/* There already is fine: another container's, or that of one that was killed. */
static int apply_link(struct scope *scope, void *args, struct err *err)
{
	struct step step = { .type = &nft_link_step, .args = args };

	return add(scope, &step, 1, 0, err);
}

const struct step_type nft_link_step = {
	.name = "nft.link",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply_link,
	.revert = revert,
	.probe = probe,
	.show = nft_show_element,
};
