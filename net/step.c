// SPDX-License-Identifier: Apache-2.0
#include "net/step.h"

#include "lib/cleanup.h"
#include "net/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct net_step_type *net_step_type_of(const struct step_type *type)
{
	return (const void *)((const char *)type - offsetof(struct net_step_type, type));
}

static const struct net_args *args_of(const struct step *s)
{
	return s->args;
}

/*
 * How many steps from @at on can go in one batch: a step that makes a link ends it for those that
 * work on links, since these have to be looked up before the batch is sent.
 */
static size_t batch_size(const struct step *at, size_t n)
{
	bool made = false;
	size_t i;

	for (i = 0; i < n; i++) {
		bool makes = net_step_type_of(at[i].type)->makes_link;

		if (made && !makes)
			break;
		made |= makes;
	}
	return i;
}

static void keep_link(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct link *links = arg;

	link_parse(msg, &links[tag]);
}

/* The step before @i that works on the same link, or @i. */
static size_t first_with_link(const struct step *at, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(args_of(&at[j])->link, args_of(&at[i])->link))
			return j;
	return i;
}

static int no_link(const struct step *s, const struct nl_ack *ack, struct err *err)
{
	const char *name = args_of(s)->link;

	if (ack->code == -ENODEV)
		err_set(err, ack->code, "no link '%s'", name);
	else
		nl_ack_err(ack, err, "link '%s'", name);
	return step_wrap(s, err);
}

/* Fill links[i] with the link that at[i] works on: one trip for all. */
static int look_up(struct nl *nl, const struct step *at, size_t n, struct link *links,
		   struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nl_request *refused;
	int ret;

	for (size_t i = 0; i < n; i++)
		if (args_of(&at[i])->link[0] && first_with_link(at, i) == i)
			link_put_get(&b, args_of(&at[i])->link, i);
	ret = nl_batch_send(nl, &b, keep_link, links, err);
	if (ret < 0)
		return ret;
	refused = nl_batch_refused(&b);
	if (refused)
		return no_link(&at[refused->tag], &refused->ack, err);
	for (size_t i = 0; i < n; i++)
		links[i] = links[first_with_link(at, i)];
	return 0;
}

static int build(struct scope *scope, struct nl_batch *b, const struct step *at, size_t n,
		 const struct link *links, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct link *link = args_of(&at[i])->link[0] ? &links[i] : NULL;
		int ret = net_step_type_of(at[i].type)->build(scope, b, i, at[i].args, link, err);

		if (ret < 0)
			return step_wrap(&at[i], err);
	}
	return 0;
}

static int refuse(const struct step *s, const struct nl_ack *ack, struct err *err)
{
	const struct net_step_type *type = net_step_type_of(s->type);
	const char *why = type->explain ? type->explain(s->args, ack->code) : NULL;
	char subject[256];

	type->describe(s->args, subject, sizeof(subject));
	if (!why)
		nl_ack_err(ack, err, "%s", subject);
	else if (ack->text[0])
		err_set(err, ack->code, "%s: %s (kernel: %s)", subject, why, ack->text);
	else
		err_set(err, ack->code, "%s: %s", subject, why);
	return step_wrap(s, err);
}

/* A step is done when all its messages are. */
static void mark_done(const struct nl_batch *b, struct step *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i].done = true;
	for (size_t i = 0; i < b->count; i++)
		if (!b->requests[i].answered || b->requests[i].ack.code < 0)
			at[b->requests[i].tag].done = false;
}

/* Send @b; what is refused is the error of its step. */
static int send_for(struct nl *nl, struct nl_batch *b, struct step *at, size_t n, struct err *err)
{
	const struct nl_request *refused;
	int ret = nl_batch_send(nl, b, NULL, NULL, err);

	if (ret < 0)
		return ret;
	mark_done(b, at, n);
	refused = nl_batch_refused(b);
	return refused ? refuse(&at[refused->tag], &refused->ack, err) : 0;
}

static int finish(struct nl *nl, struct step *at, size_t n, const struct link *links,
		  struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct net_step_type *type = net_step_type_of(at[i].type);

		if (type->finish)
			type->finish(&b, i, at[i].args, &links[i]);
	}
	return b.count ? send_for(nl, &b, at, n, err) : 0;
}

static int apply_batch(struct nl *nl, struct scope *scope, struct step *at, size_t n,
		       struct link *links, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	ret = look_up(nl, at, n, links, err);
	if (ret == 0)
		ret = build(scope, &b, at, n, links, err);
	if (ret == 0)
		ret = send_for(nl, &b, at, n, err);
	return ret < 0 ? ret : finish(nl, at, n, links, err);
}

int net_step_apply_many(struct scope *scope, struct step *at, size_t n, struct err *err)
{
	_cleanup_free_ struct link *links = calloc(n, sizeof(*links));
	struct nl *nl;
	int ret;

	if (!links)
		return err_oom(err);
	ret = nl_for(scope, args_of(at)->ns, &nl, err);
	for (size_t len; ret == 0 && n > 0; at += len, n -= len) {
		len = batch_size(at, n);
		memset(links, 0, len * sizeof(*links));
		ret = apply_batch(nl, scope, at, len, links, err);
	}
	return ret;
}

int net_step_apply(const struct net_step_type *type, struct scope *scope, void *args,
		   struct err *err)
{
	/* Without an origin: whoever applies steps one by one adds it. */
	struct step step = { .type = &type->type, .args = args };

	return net_step_apply_many(scope, &step, 1, err);
}

void net_show_tool(FILE *out, const char *tool, const char *ns)
{
	if (strcmp(ns, SCOPE_HOST))
		fprintf(out, "%s -n %s ", tool, ns);
	else
		fprintf(out, "%s ", tool);
}

void net_show_ip(FILE *out, const char *ns)
{
	net_show_tool(out, "ip", ns);
}
