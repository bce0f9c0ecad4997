// SPDX-License-Identifier: Apache-2.0
/* From the keys of shaping to steps. */
#include "net/shaping_plan.h"

#include "net/ifb.h"
#include "net/planner.h"
#include "net/qdisc.h"
#include "net/shaping.h"

#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define MTU_DEFAULT  1500
#define HEADER_BYTES 14

#define BURST_PER_SECOND 100
#define BURST_MIN        16384

/* How long packets may wait for a rate, if nothing is said: what tc-tbf(8) calls latency. */
#define WAIT_NS 50000000ull

/* Packets that may wait in a netem. */
#define LIMIT_DEFAULT 1000
#define LIMIT_MIN     32

uint32_t shaping_packet(uint32_t mtu)
{
	return (mtu ? mtu : MTU_DEFAULT) + HEADER_BYTES;
}

static uint32_t at_most_u32(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

uint32_t shaping_burst(uint64_t rate, uint32_t mtu)
{
	uint64_t burst = rate / BURST_PER_SECOND, packets = 2 * shaping_packet(mtu);

	burst = burst < BURST_MIN ? BURST_MIN : burst;
	return at_most_u32(burst < packets ? packets : burst);
}

bool shaping_bucket_fits(uint64_t rate, uint32_t bytes)
{
	return qdisc_ticks(rate, bytes) <= UINT32_MAX;
}

/* --- What a direction becomes --- */

/* Bytes that pass in @ns. */
static uint64_t bytes_in(uint64_t rate, uint64_t ns)
{
	unsigned __int128 bytes = (unsigned __int128)rate * ns / 1000000000;

	return bytes < UINT64_MAX / 2 ? (uint64_t)bytes : UINT64_MAX / 2;
}

static uint32_t burst_of(const struct shaping_way *w, uint32_t mtu)
{
	return w->burst ? w->burst : shaping_burst(w->rate, mtu);
}

/* Of a queue that counts bytes. A given limit is in packets. */
static uint32_t limit_bytes(const struct shaping_way *w, uint32_t mtu)
{
	if (w->netem.limit)
		return at_most_u32((uint64_t)w->netem.limit * shaping_packet(mtu));
	return at_most_u32(bytes_in(w->rate, WAIT_NS) + burst_of(w, mtu));
}

/* Of a netem: what waits for the rate, and what is on its way for as long as the delay. */
static uint32_t limit_packets(const struct shaping_way *w, uint32_t mtu)
{
	uint64_t packets;

	if (w->netem.limit)
		return w->netem.limit;
	if (!w->rate)
		return LIMIT_DEFAULT;
	packets = (bytes_in(w->rate, w->netem.delay + w->netem.jitter) + limit_bytes(w, mtu)) /
		  shaping_packet(mtu);
	return packets < LIMIT_MIN ? LIMIT_MIN : at_most_u32(packets);
}

/* --- What the kernel has --- */

static int resolve_way(const struct shaping_way *w, const char *direction, struct scope *scope,
		       struct err *err)
{
	const char *first = netem_first_key(&w->netem);
	char key[64];

	if (!first)
		return 0;
	snprintf(key, sizeof(key), "shaping.%s.%s", direction, first);
	return qdisc_netem_check(scope, key, err);
}

int shaping_resolve(const struct shaping *s, struct scope *scope, struct err *err)
{
	int ret = resolve_way(&s->egress, "egress", scope, err);

	return ret < 0 ? ret : resolve_way(&s->ingress, "ingress", scope, err);
}

/* --- Steps --- */

struct planning {
	const struct net_planner *planner;
	const struct shaping_place *at;
	struct qdisc_args root, leaf; /* how their args begin */
};

static int begin(struct planning *p, bool replace, struct err *err)
{
	struct qdisc_args q = { .replace = replace };

	if (str_copy(q.at.ns, sizeof(q.at.ns), p->at->ns) < 0 ||
	    str_copy(q.at.link, sizeof(q.at.link), p->at->link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s: %s", p->at->ns, p->at->link);
	snprintf(q.key, sizeof(q.key), "shaping.%s", p->at->key);
	p->root = p->leaf = q;
	p->leaf.leaf = true;
	return 0;
}

static int add(const struct planning *p, const struct step_type *type, const void *args,
	       struct err *err)
{
	return net_planner_add(p->planner, type, p->at->ns, NULL, args, err);
}

static int plan_tbf(const struct planning *p, const struct shaping_way *w, struct err *err)
{
	const struct tbf_args args = {
		.q = p->root,
		.rate = w->rate,
		.burst = burst_of(w, p->at->mtu),
		.limit = limit_bytes(w, p->at->mtu),
	};

	return add(p, &qdisc_tbf_step.type, &args, err);
}

static int plan_htb(const struct planning *p, const struct shaping_way *w, struct err *err)
{
	const struct htb_args args = {
		.q = p->root,
		.rate = w->rate,
		.ceil = w->ceil,
		.burst = burst_of(w, p->at->mtu),
		.cburst = shaping_burst(w->ceil, p->at->mtu),
	};

	return add(p, &qdisc_htb_step.type, &args, err);
}

static int plan_fifo(const struct planning *p, const struct shaping_way *w, struct err *err)
{
	const struct bfifo_args args = { .q = p->leaf, .limit = limit_bytes(w, p->at->mtu) };

	return add(p, &qdisc_bfifo_step.type, &args, err);
}

static int plan_netem(const struct planning *p, const struct shaping_way *w, struct err *err)
{
	struct netem_args args = { .q = w->rate ? p->leaf : p->root, .netem = w->netem };
	int ret;

	args.netem.limit = limit_packets(w, p->at->mtu);
	ret = add(p, &qdisc_netem_step.type, &args, err);
	if (ret < 0 || !args.netem.seed)
		return ret;
	return add(p, &qdisc_seed_step, &args, err);
}

static int plan_tree(const struct planning *p, const struct shaping_way *w, struct err *err)
{
	int ret = 0;

	if (w->rate)
		ret = w->ceil ? plan_htb(p, w, err) : plan_tbf(p, w, err);
	if (ret < 0)
		return ret;
	if (netem_first_key(&w->netem))
		return plan_netem(p, w, err);
	return w->ceil ? plan_fifo(p, w, err) : 0;
}

int shaping_plan(const struct net_planner *planner, const struct shaping_place *at,
		 const struct shaping_way *w, struct err *err)
{
	struct planning p = { .planner = planner, .at = at };
	int ret;

	if (!shaping_way_present(w))
		return 0;
	ret = begin(&p, false, err);
	return ret < 0 ? ret : plan_tree(&p, w, err);
}

/* --- What is received --- */

static int plan_ifb(const struct net_planner *p, const struct shaping_place *at, const char *name,
		    const struct mac *mac, struct err *err)
{
	struct ifb_args args = { .mac = *mac };

	memcpy(args.name, name, sizeof(args.name));
	if (str_copy(args.at.ns, sizeof(args.at.ns), at->ns) < 0 ||
	    str_copy(args.alias, sizeof(args.alias), p->mark) < 0)
		return err_set(err, -ENAMETOOLONG, "the mark '%s' is too long for a link's alias",
			       p->mark);
	return net_planner_add(p, &link_ifb_step.type, at->ns, NULL, &args, err);
}

static int plan_redirect(const struct net_planner *p, const struct shaping_place *at,
			 const char *name, struct err *err)
{
	struct redirect_args args = { 0 };

	memcpy(args.to, name, sizeof(args.to));
	if (str_copy(args.at.ns, sizeof(args.at.ns), at->ns) < 0 ||
	    str_copy(args.at.link, sizeof(args.at.link), at->link) < 0)
		return err_set(err, -ENAMETOOLONG, "%s: %s", at->ns, at->link);
	return net_planner_add(p, &link_redirect_step.type, at->ns, NULL, &args, err);
}

/* First what it goes to and how that is shaped, so that nothing gets through unshaped. */
int shaping_plan_redirected(const struct net_planner *p, const struct shaping_place *at,
			    const struct mac *mac, const struct shaping_way *w, struct err *err)
{
	char name[IFNAMSIZ];
	struct shaping_place ifb = *at;
	int ret;

	if (!shaping_way_present(w))
		return 0;
	ifb_name(at->link, name);
	ifb.link = name;
	ret = plan_ifb(p, at, name, mac, err);
	if (ret == 0)
		ret = shaping_plan(p, &ifb, w, err);
	return ret < 0 ? ret : plan_redirect(p, at, name, err);
}

/* --- Changes --- */

static bool same_kinds(const struct shaping_way *a, const struct shaping_way *b)
{
	return !a->rate == !b->rate && !a->ceil == !b->ceil &&
	       !netem_first_key(&a->netem) == !netem_first_key(&b->netem);
}

static bool has_slot(const struct netem *n)
{
	return n->slot.min || n->slot.max || n->slot.delay;
}

/* A netem keeps the table or the slots that it has if a change has none. */
static bool would_keep(const struct netem *old, const struct netem *n)
{
	return (old->distribution && !n->distribution) ||
	       (old->slot.distribution && !n->slot.distribution) || (has_slot(old) && !has_slot(n));
}

int shaping_plan_change(const struct net_planner *planner, const struct shaping_place *at,
			const struct shaping_way *old, const struct shaping_way *w, struct err *err)
{
	struct planning p = { .planner = planner, .at = at };
	bool in_place = same_kinds(old, w) && !would_keep(&old->netem, &w->netem);
	int ret = begin(&p, in_place, err);

	if (ret == 0 && !in_place && shaping_way_present(old))
		ret = add(&p, &qdisc_remove_step, &p.root, err);
	return ret < 0 || !shaping_way_present(w) ? ret : plan_tree(&p, w, err);
}
