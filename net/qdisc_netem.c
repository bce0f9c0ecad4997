// SPDX-License-Identifier: Apache-2.0
/* Impairments (tc-netem(8)). */
#include "net/qdisc.h"
#include "net/unit.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Of Linux 6.6; not in older headers. */
#define NETEM_PRNG_SEED 14

/* Of each namespace (include/net/net_namespace.h: LOOPBACK_IFINDEX). */
#define LO_INDEX 1

/* Two tables, of the jitter and of the slots', and all else. */
#define MESSAGE_MAX (2 * NETEM_TABLE_SIZE * sizeof(int16_t) + 1024)

static void put_table(struct nl_msg *m, uint16_t type, int distribution)
{
	int16_t table[NETEM_TABLE_SIZE];

	if (netem_table(distribution, table))
		nl_put(m, type, table, sizeof(table));
}

/* As tc(8) has it: the bad state lasts one packet unless it is said how long. */
static uint32_t r_of(const struct netem_gemodel *g)
{
	return g->r ? g->r : UNIT_PERCENT_100;
}

static void put_loss(struct nl_msg *m, const struct netem_gemodel *g)
{
	const struct tc_netem_gemodel model = { .p = g->p, .r = r_of(g), .h = g->h, .k1 = g->k1 };

	nl_nest (m, TCA_NETEM_LOSS)
		nl_put(m, NETEM_LOSS_GE, &model, sizeof(model));
}

static bool has_slot(const struct netem_slot *s)
{
	return s->min || s->max || s->delay || s->jitter;
}

/* A longest pause of 0 means: as the shortest. */
static struct tc_netem_slot slot_of(const struct netem_slot *s)
{
	return (struct tc_netem_slot){
		.min_delay = (int64_t)s->min,
		.max_delay = (int64_t)(s->max ? s->max : s->min),
		.dist_delay = (int64_t)s->delay,
		.dist_jitter = (int64_t)s->jitter,
		.max_packets = (int32_t)s->packets,
		.max_bytes = (int32_t)s->bytes,
	};
}

/* What is missing in a change stays as it was, so all are sent but what is not asked for of the rarer ones. */
static void put_netem(struct nl_msg *m, const struct netem *n)
{
	const struct tc_netem_corr corr = { n->correlation, n->loss_correlation,
					    n->duplicate_correlation };
	const struct tc_netem_reorder reorder = { n->reorder, n->reorder_correlation };
	const struct tc_netem_corrupt corrupt = { n->corrupt, n->corrupt_correlation };
	const struct tc_netem_slot slot = slot_of(&n->slot);
	struct tc_netem_qopt *opt = nl_put_header(m, sizeof(*opt));

	/* For kernels that have no better. */
	opt->latency = (uint32_t)(n->delay / QDISC_TICK_NS);
	opt->jitter = (uint32_t)(n->jitter / QDISC_TICK_NS);
	opt->limit = n->limit;
	opt->loss = n->loss.random;
	opt->duplicate = n->duplicate;
	/* Without one, packets that are spared the delay are the next ones, each by its own chance. */
	opt->gap = n->reorder && !n->gap ? 1 : n->gap;
	nl_put(m, TCA_NETEM_CORR, &corr, sizeof(corr));
	nl_put(m, TCA_NETEM_LATENCY64, &n->delay, sizeof(n->delay));
	nl_put(m, TCA_NETEM_JITTER64, &n->jitter, sizeof(n->jitter));
	nl_put(m, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	nl_put(m, TCA_NETEM_CORRUPT, &corrupt, sizeof(corrupt));
	put_table(m, TCA_NETEM_DELAY_DIST, n->distribution);
	if (n->loss.gemodel.p)
		put_loss(m, &n->loss.gemodel);
	if (has_slot(&n->slot))
		nl_put(m, TCA_NETEM_SLOT, &slot, sizeof(slot));
	put_table(m, TCA_NETEM_SLOT_DIST, n->slot.distribution);
	if (n->seed)
		nl_put(m, NETEM_PRNG_SEED, &n->seed, sizeof(n->seed));
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct netem_args *a = args;
	struct nl_msg *m;

	(void)scope;
	(void)err;
	nl_batch_expect(b, MESSAGE_MAX);
	m = qdisc_put(b, RTM_NEWQDISC, tag, &a->q, link->index, "netem");
	/* Not quite a nest: a struct, and attributes behind it. */
	nl_nest (m, TCA_OPTIONS)
		put_netem(m, &a->netem);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct netem_args *a = args;
	const char *key = netem_first_key(&a->netem);

	snprintf(buf, size, "%s.%s", a->q.key, key ? key : "delay");
}

static const char *explain(const void *args, int code)
{
	(void)args;
	return code == -ENOENT ? "this kernel has no netem" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&qdisc_netem_step, scope, args, err);
}

/* One without its options is refused by each kernel that has it: by sch_netem's init(), -EINVAL. */
int qdisc_netem_check(struct scope *scope, const char *key, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct qdisc_args nowhere = { .leaf = false };
	const struct nl_request *refused;
	struct nl *nl;
	int ret = nl_for(scope, SCOPE_HOST, &nl, err);

	if (ret < 0)
		return ret;
	qdisc_put(&b, RTM_NEWQDISC, 0, &nowhere, LO_INDEX, "netem");
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	refused = nl_batch_refused(&b);
	if (!refused || refused->ack.code != -ENOENT)
		return 0;
	return err_set(err, -EOPNOTSUPP, "%s: this kernel has no netem%s%s%s", key,
		       refused->ack.text[0] ? " (kernel: " : "", refused->ack.text,
		       refused->ack.text[0] ? ")" : "");
}

/* --- Looking --- */

static void read_loss(const struct nlattr *attr, struct netem_loss *out)
{
	const struct nlattr *attrs[NETEM_LOSS_MAX + 1] = { 0 };
	struct tc_netem_gemodel g;

	nl_attrs_nested(attr, attrs, NETEM_LOSS_MAX);
	if (nl_get_bytes(attrs[NETEM_LOSS_GE], &g, sizeof(g)))
		out->gemodel = (struct netem_gemodel){ g.p, g.r, g.h, g.k1 };
}

/* What was not limited is dumped as the most there is. */
static void read_slot(const struct nlattr *attr, struct netem_slot *out)
{
	struct tc_netem_slot s;

	if (!nl_get_bytes(attr, &s, sizeof(s)))
		return;
	out->min = (uint64_t)s.min_delay;
	out->max = (uint64_t)s.max_delay;
	out->delay = (uint64_t)s.dist_delay;
	out->jitter = (uint64_t)s.dist_jitter;
	out->packets = s.max_packets == INT32_MAX ? 0 : (uint32_t)s.max_packets;
	out->bytes = s.max_bytes == INT32_MAX ? 0 : (uint32_t)s.max_bytes;
}

static void read_pairs(const struct nlattr *const *attrs, struct netem *n)
{
	struct tc_netem_corr corr = { 0 };
	struct tc_netem_reorder reorder = { 0 };
	struct tc_netem_corrupt corrupt = { 0 };

	nl_get_bytes(attrs[TCA_NETEM_CORR], &corr, sizeof(corr));
	nl_get_bytes(attrs[TCA_NETEM_REORDER], &reorder, sizeof(reorder));
	nl_get_bytes(attrs[TCA_NETEM_CORRUPT], &corrupt, sizeof(corrupt));
	n->correlation = corr.delay_corr;
	n->loss_correlation = corr.loss_corr;
	n->duplicate_correlation = corr.dup_corr;
	n->reorder = reorder.probability;
	n->reorder_correlation = reorder.correlation;
	n->corrupt = corrupt.probability;
	n->corrupt_correlation = corrupt.correlation;
}

void qdisc_netem_read(const struct nlattr *options, void *out)
{
	const struct nlattr *attrs[NETEM_PRNG_SEED + 1] = { 0 };
	struct tc_netem_qopt opt;
	struct netem *n = out;

	if (!nl_get_start(options, &opt, sizeof(opt), sizeof(opt)))
		return;
	nl_attrs_behind(options, sizeof(opt), attrs, NETEM_PRNG_SEED);
	n->limit = opt.limit;
	n->loss.random = opt.loss;
	n->duplicate = opt.duplicate;
	n->gap = opt.gap;
	nl_get_bytes(attrs[TCA_NETEM_LATENCY64], &n->delay, sizeof(n->delay));
	nl_get_bytes(attrs[TCA_NETEM_JITTER64], &n->jitter, sizeof(n->jitter));
	nl_get_bytes(attrs[NETEM_PRNG_SEED], &n->seed, sizeof(n->seed));
	read_pairs(attrs, n);
	read_loss(attrs[TCA_NETEM_LOSS], &n->loss);
	read_slot(attrs[TCA_NETEM_SLOT], &n->slot);
}

static int read_seen(struct scope *scope, const struct netem_args *a, struct netem *seen,
		     struct err *err)
{
	*seen = (struct netem){ 0 };
	return qdisc_read(scope, &a->q, RTM_GETQDISC, "netem", qdisc_netem_read, seen, err);
}

/* As the kernel says it back; a table it does not. */
static struct netem as_dumped(const struct netem *n)
{
	struct netem w = *n;

	w.distribution = w.slot.distribution = 0;
	if (w.loss.gemodel.p)
		w.loss.gemodel.r = r_of(&w.loss.gemodel);
	w.gap = w.reorder && !w.gap ? 1 : w.gap;
	w.slot.max = w.slot.max ? w.slot.max : w.slot.min;
	return w;
}

static const char *difference(const struct netem *a, const struct netem *b)
{
	const struct {
		const char *key;
		bool differs;
	} keys[] = {
		{ "delay", a->delay != b->delay },
		{ "jitter", a->jitter != b->jitter },
		{ "correlation", a->correlation != b->correlation },
		{ "loss", memcmp(&a->loss, &b->loss, sizeof(a->loss)) != 0 },
		{ "loss_correlation", a->loss_correlation != b->loss_correlation },
		{ "duplicate", a->duplicate != b->duplicate },
		{ "duplicate_correlation", a->duplicate_correlation != b->duplicate_correlation },
		{ "reorder", a->reorder != b->reorder },
		{ "reorder_correlation", a->reorder_correlation != b->reorder_correlation },
		{ "gap", a->gap != b->gap },
		{ "corrupt", a->corrupt != b->corrupt },
		{ "corrupt_correlation", a->corrupt_correlation != b->corrupt_correlation },
		{ "slot",
		  a->slot.min != b->slot.min || a->slot.max != b->slot.max ||
			  a->slot.delay != b->slot.delay || a->slot.jitter != b->slot.jitter ||
			  a->slot.packets != b->slot.packets || a->slot.bytes != b->slot.bytes },
		{ "limit", a->limit != b->limit },
		{ "seed", a->seed && a->seed != b->seed },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].differs)
			return keys[i].key;
	return NULL;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct netem_args *a = args;
	const struct netem wanted = as_dumped(&a->netem);
	const char *key;
	struct netem seen;
	char name[64];
	int ret = read_seen(scope, a, &seen, err);

	if (ret < 0)
		return ret;
	key = difference(&wanted, &seen);
	if (key)
		return err_set(err, -ESTALE, "%s: %s is not as planned",
			       qdisc_name(&a->q, name, sizeof(name)), key);
	return 0;
}

/* --- Showing --- */

static void show_time(FILE *out, const char *before, uint64_t time)
{
	char text[UNIT_TEXT_MAX];

	fprintf(out, "%s%s", before, unit_time_format(time, text, sizeof(text)));
}

static void show_percent(FILE *out, const char *before, uint32_t percent)
{
	char text[UNIT_TEXT_MAX];

	fprintf(out, "%s%s", before, unit_percent_format(percent, text, sizeof(text)));
}

/* "loss 1% 25%": a chance and what it depends on the one before. */
static void show_pair(FILE *out, const char *before, uint32_t percent, uint32_t correlation)
{
	if (!percent)
		return;
	show_percent(out, before, percent);
	if (correlation)
		show_percent(out, " ", correlation);
}

static const char *distribution_name(int distribution)
{
	const struct json_name *d = netem_distributions;

	while (d->name && d->value != distribution)
		d++;
	return d->name ? d->name : "";
}

static void show_delay(const struct netem *n, FILE *out)
{
	if (!n->delay)
		return;
	show_time(out, " delay ", n->delay);
	if (n->jitter)
		show_time(out, " ", n->jitter);
	if (n->correlation)
		show_percent(out, " ", n->correlation);
	if (n->distribution)
		fprintf(out, " distribution %s", distribution_name(n->distribution));
}

static void show_loss(const struct netem *n, FILE *out)
{
	const struct netem_gemodel *g = &n->loss.gemodel;

	show_pair(out, " loss ", n->loss.random, n->loss_correlation);
	if (!g->p)
		return;
	show_percent(out, " loss gemodel ", g->p);
	show_percent(out, " ", r_of(g));
	show_percent(out, " ", UNIT_PERCENT_100 - g->h);
	show_percent(out, " ", g->k1);
}

static void show_slot(const struct netem_slot *s, FILE *out)
{
	if (!has_slot(s))
		return;
	if (s->delay) {
		fprintf(out, " slot distribution %s", distribution_name(s->distribution));
		show_time(out, " ", s->delay);
		show_time(out, " ", s->jitter);
	} else {
		show_time(out, " slot ", s->min);
		show_time(out, " ", s->max ? s->max : s->min);
	}
	if (s->packets)
		fprintf(out, " packets %u", s->packets);
	if (s->bytes)
		fprintf(out, " bytes %u", s->bytes);
}

static void show(const void *args, FILE *out)
{
	const struct netem_args *a = args;
	const struct netem *n = &a->netem;

	qdisc_show(&a->q, out);
	fprintf(out, "netem limit %u", n->limit);
	show_delay(n, out);
	show_loss(n, out);
	show_pair(out, " duplicate ", n->duplicate, n->duplicate_correlation);
	show_pair(out, " reorder ", n->reorder, n->reorder_correlation);
	if (n->gap)
		fprintf(out, " gap %u", n->gap);
	show_pair(out, " corrupt ", n->corrupt, n->corrupt_correlation);
	show_slot(&n->slot, out);
	if (n->seed)
		fprintf(out, " seed %" PRIu64, n->seed);
	fputc('\n', out);
}

static const struct json_field fields[] = {
	QDISC_ARGS_JSON(struct netem_args),
	NETEM_JSON(struct netem_args, netem),
	JSON_UINT(struct netem_args, "limit", netem.limit),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct netem_args, fields);

const struct net_step_type qdisc_netem_step = {
	.type = {
		.name = "qdisc.netem",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.revert = qdisc_revert,
		.probe = probe,
		.mend = qdisc_mend,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};

/* --- qdisc.seed --- */

static int apply_seed(struct scope *scope, void *args, struct err *err)
{
	const struct netem_args *a = args;
	struct netem seen;
	int ret = read_seen(scope, a, &seen, err);

	if (ret < 0 || seen.seed == a->netem.seed)
		return ret;
	return err_set(err, -EOPNOTSUPP, "%s.seed: this kernel's netem takes none (Linux 6.6 does)",
		       a->q.key);
}

static void show_seed(const void *args, FILE *out)
{
	const struct netem_args *a = args;

	fprintf(out, "# look whether the kernel took the seed on %s\n", a->q.at.link);
}

const struct step_type qdisc_seed_step = {
	.name = "qdisc.seed",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = apply_seed,
	.show = show_seed,
};
