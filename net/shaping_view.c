// SPDX-License-Identifier: Apache-2.0
#include "net/shaping_view.h"

#include "lib/cleanup.h"
#include "net/qdisc.h"

#include <linux/gen_stats.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* A tree as it is found: a root, and the one that stands in the place of its queue. */
struct tree {
	struct shaping_seen *seen;
	bool htb;
	uint32_t below; /* the root's class that all goes to; 0: it has none, or is not of ours */
};

struct looking {
	struct tree *trees;
	size_t count;
};

static struct tree *find(const struct looking *l, int index)
{
	for (size_t i = 0; index && i < l->count; i++)
		if (l->trees[i].seen->index == (uint32_t)index)
			return &l->trees[i];
	return NULL;
}

/* What a queue loses, the root above it loses as well, but not what an impairment does: so the larger number is that of both. */
static void read_counters(const struct nlattr *stats, struct shaping_seen *seen)
{
	const struct nlattr *attrs[TCA_STATS_MAX + 1] = { 0 };
	struct gnet_stats_queue queue;

	nl_attrs_nested(stats, attrs, TCA_STATS_MAX);
	if (!nl_get_start(attrs[TCA_STATS_QUEUE], &queue, sizeof(queue), sizeof(queue)))
		return;
	seen->dropped = queue.drops > seen->dropped ? queue.drops : seen->dropped;
	seen->backlog = queue.backlog > seen->backlog ? queue.backlog : seen->backlog;
}

static void read_buckets(const struct qdisc_buckets *b, struct shaping_way *way)
{
	way->rate = b->rate;
	way->ceil = b->ceil;
	way->burst = b->rate ? qdisc_bytes(b->ticks, b->rate) : 0;
}

static void read_tbf(struct tree *t, uint32_t handle, const struct nlattr *options)
{
	struct qdisc_buckets b = { 0 };

	qdisc_tbf_read(options, &b);
	read_buckets(&b, &t->seen->way);
	/* Its only class (sch_tbf.c). */
	t->below = handle | 1;
}

/* The rates are its class's. */
static void read_htb(struct tree *t, uint32_t handle, const struct nlattr *options)
{
	struct tc_htb_glob glob = { 0 };

	qdisc_htb_read(options, &glob);
	t->htb = true;
	t->below = glob.defcls ? TC_H_MAKE(handle, glob.defcls) : 0;
}

static void read_netem(struct tree *t, uint32_t handle, const struct nlattr *options)
{
	(void)handle;
	t->seen->way.netem = (struct netem){ 0 };
	qdisc_netem_read(options, &t->seen->way.netem);
}

static const struct {
	const char *kind;
	void (*read)(struct tree *t, uint32_t handle, const struct nlattr *options);
	bool below; /* may it stand below another one? */
} kinds[] = {
	{ "tbf", read_tbf, false },
	{ "htb", read_htb, false },
	{ "netem", read_netem, true },
};

static void read_kind(struct tree *t, const struct tcmsg *head, const struct nlattr *const *attrs)
{
	const bool root = head->tcm_parent == TC_H_ROOT;
	char kind[16];

	if (!nl_get_str(attrs[TCA_KIND], kind, sizeof(kind)))
		return;
	for (size_t i = 0; i < array_size(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) || (!root && !kinds[i].below))
			continue;
		kinds[i].read(t, head->tcm_handle, attrs[TCA_OPTIONS]);
		read_counters(attrs[TCA_STATS2], t->seen);
	}
}

/* A dump has a root in front of what is below it. */
static void add_qdisc(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct tcmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[TCA_MAX + 1] = { 0 };
	struct tree *t;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWQDISC || !head)
		return;
	t = find(arg, head->tcm_ifindex);
	if (!t || (head->tcm_parent != TC_H_ROOT && (!t->below || head->tcm_parent != t->below)))
		return;
	nl_attrs(msg, sizeof(*head), attrs, TCA_MAX);
	read_kind(t, head, attrs);
}

static void add_class(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct tcmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[TCA_MAX + 1] = { 0 };
	struct qdisc_buckets b = { 0 };
	struct tree *t = arg;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWTCLASS || !head ||
	    (uint32_t)head->tcm_ifindex != t->seen->index || head->tcm_handle != t->below)
		return;
	nl_attrs(msg, sizeof(*head), attrs, TCA_MAX);
	qdisc_htb_read_class(attrs[TCA_OPTIONS], &b);
	read_buckets(&b, &t->seen->way);
}

static int dump(struct nl *nl, uint16_t type, uint32_t index, nl_reply_fn *add, void *arg,
		struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct tcmsg *head = nl_put_header(nl_batch_add(&b, type, 0, 0), sizeof(*head));

	head->tcm_ifindex = (int)index;
	return nl_dump(nl, &b, add, arg, err);
}

int shaping_see(struct nl *nl, struct shaping_seen *seen, size_t count, struct err *err)
{
	_cleanup_free_ struct tree *trees = calloc(count + 1, sizeof(*trees));
	struct looking l = { trees, count };
	int ret;

	if (!trees)
		return err_oom(err);
	for (size_t i = 0; i < count; i++)
		trees[i].seen = &seen[i];
	/* Of all links: there is no dump of one link's. */
	ret = dump(nl, RTM_GETQDISC, 0, add_qdisc, &l, err);
	for (size_t i = 0; ret == 0 && i < count; i++)
		if (trees[i].htb)
			ret = dump(nl, RTM_GETTCLASS, seen[i].index, add_class, &trees[i], err);
	return ret;
}
