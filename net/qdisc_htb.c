// SPDX-License-Identifier: Apache-2.0
/* Two token buckets in one (tc-htb(8)): a class by itself, which has nobody to lend to. */
#include "net/qdisc.h"
#include "net/unit.h"

#include <errno.h>
#include <string.h>

/* As sch_htb.c wants it; not in linux/pkt_sched.h before 5.x. */
#define HTB_VERSION 3
#define HTB_R2Q     10
/* Of turns between classes, of which there is one. Given, so that the kernel does not warn of what it would choose. */
#define HTB_QUANTUM 60000

static void put_class(struct nl_batch *b, size_t tag, const struct htb_args *a, uint32_t index)
{
	const struct tc_htb_opt opt = {
		.rate = qdisc_rate(a->rate),
		.ceil = qdisc_rate(a->ceil),
		.buffer = (uint32_t)qdisc_ticks(a->rate, a->burst),
		.cbuffer = (uint32_t)qdisc_ticks(a->ceil, a->cburst),
		.quantum = HTB_QUANTUM,
	};
	uint16_t flags = a->q.replace ? NLM_F_CREATE | NLM_F_REPLACE : NLM_F_CREATE | NLM_F_EXCL;
	struct nl_msg *m = nl_batch_add(b, RTM_NEWTCLASS, flags, tag);
	struct tcmsg *head = nl_put_header(m, sizeof(*head));

	head->tcm_ifindex = (int)index;
	head->tcm_parent = QDISC_ROOT;
	head->tcm_handle = QDISC_CLASS;
	nl_put_str(m, TCA_KIND, "htb");
	nl_nest (m, TCA_OPTIONS) {
		nl_put(m, TCA_HTB_PARMS, &opt, sizeof(opt));
		if (a->rate >= UINT32_MAX)
			nl_put(m, TCA_HTB_RATE64, &a->rate, sizeof(a->rate));
		if (a->ceil >= UINT32_MAX)
			nl_put(m, TCA_HTB_CEIL64, &a->ceil, sizeof(a->ceil));
	}
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct tc_htb_glob glob = { .version = HTB_VERSION,
					  .rate2quantum = HTB_R2Q,
					  .defcls = TC_H_MIN(QDISC_CLASS) };
	const struct htb_args *a = args;
	struct nl_msg *m;

	(void)scope;
	(void)err;
	/* The discipline itself cannot be changed, and need not be: all is in the class. */
	if (!a->q.replace) {
		m = qdisc_put(b, RTM_NEWQDISC, tag, &a->q, link->index, "htb");
		nl_nest (m, TCA_OPTIONS)
			nl_put(m, TCA_HTB_INIT, &glob, sizeof(glob));
	}
	put_class(b, tag, a, link->index);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	snprintf(buf, size, "%s.ceil", ((const struct qdisc_args *)args)->key);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	return code == -ENOENT ? "this kernel has no htb" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&qdisc_htb_step, scope, args, err);
}

void qdisc_htb_read_class(const struct nlattr *options, void *out)
{
	const struct nlattr *attrs[TCA_HTB_MAX + 1] = { 0 };
	struct qdisc_buckets *seen = out;
	struct tc_htb_opt opt;

	nl_attrs_nested(options, attrs, TCA_HTB_MAX);
	if (!nl_get_start(attrs[TCA_HTB_PARMS], &opt, sizeof(opt), sizeof(opt)))
		return;
	seen->rate = qdisc_rate_of(&opt.rate, attrs[TCA_HTB_RATE64]);
	seen->ceil = qdisc_rate_of(&opt.ceil, attrs[TCA_HTB_CEIL64]);
	seen->ticks = opt.buffer;
	seen->cticks = opt.cbuffer;
}

void qdisc_htb_read(const struct nlattr *options, void *out)
{
	const struct nlattr *attrs[TCA_HTB_MAX + 1] = { 0 };

	nl_attrs_nested(options, attrs, TCA_HTB_MAX);
	nl_get_start(attrs[TCA_HTB_INIT], out, sizeof(struct tc_htb_glob),
		     sizeof(struct tc_htb_glob));
}

static int differs(const struct htb_args *a, const struct qdisc_buckets *seen, struct err *err)
{
	char name[64], is[UNIT_TEXT_MAX], wanted[UNIT_TEXT_MAX];

	qdisc_name(&a->q, name, sizeof(name));
	if (seen->rate != a->rate)
		return err_set(err, -ESTALE, "%s: rate is %s, not %s", name,
			       unit_rate_format(seen->rate, is, sizeof(is)),
			       unit_rate_format(a->rate, wanted, sizeof(wanted)));
	if (seen->ceil != a->ceil)
		return err_set(err, -ESTALE, "%s: ceil is %s, not %s", name,
			       unit_rate_format(seen->ceil, is, sizeof(is)),
			       unit_rate_format(a->ceil, wanted, sizeof(wanted)));
	if (!qdisc_ticks_are(seen->ticks, a->rate, a->burst))
		return err_set(err, -ESTALE, "%s: burst is not %s", name,
			       unit_size_format(a->burst, wanted, sizeof(wanted)));
	if (!qdisc_ticks_are(seen->cticks, a->ceil, a->cburst))
		return err_set(err, -ESTALE, "%s: cburst is not %s", name,
			       unit_size_format(a->cburst, wanted, sizeof(wanted)));
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct htb_args *a = args;
	struct tc_htb_glob glob = { 0 };
	struct qdisc_buckets seen = { 0 };
	char name[64];
	int ret = qdisc_read(scope, &a->q, RTM_GETQDISC, "htb", qdisc_htb_read, &glob, err);

	if (ret == 0)
		ret = qdisc_read(scope, &a->q, RTM_GETTCLASS, "htb", qdisc_htb_read_class, &seen,
				 err);
	if (ret < 0)
		return ret;
	if (glob.defcls != TC_H_MIN(QDISC_CLASS))
		return err_set(err, -ESTALE, "%s: packets do not go to its class",
			       qdisc_name(&a->q, name, sizeof(name)));
	return differs(a, &seen, err);
}

static void show(const void *args, FILE *out)
{
	const struct htb_args *a = args;
	char rate[UNIT_TEXT_MAX], ceil[UNIT_TEXT_MAX], burst[UNIT_TEXT_MAX], cburst[UNIT_TEXT_MAX];

	if (!a->q.replace) {
		qdisc_show(&a->q, out);
		fprintf(out, "htb default 1 r2q %d\n", HTB_R2Q);
	}
	qdisc_show_tc(out, a->q.at.ns);
	fprintf(out, "class %s dev %s parent %x: classid %x:1 ", a->q.replace ? "replace" : "add",
		a->q.at.link, QDISC_ROOT >> 16, QDISC_ROOT >> 16);
	fprintf(out, "htb rate %s ceil %s burst %s cburst %s quantum %d\n",
		unit_rate_format(a->rate, rate, sizeof(rate)),
		unit_rate_format(a->ceil, ceil, sizeof(ceil)),
		unit_size_format(a->burst, burst, sizeof(burst)),
		unit_size_format(a->cburst, cburst, sizeof(cburst)), HTB_QUANTUM);
}

static const struct json_field fields[] = {
	QDISC_ARGS_JSON(struct htb_args),
	JSON_UINT(struct htb_args, "rate", rate),
	JSON_UINT(struct htb_args, "ceil", ceil),
	JSON_UINT(struct htb_args, "burst", burst),
	JSON_UINT(struct htb_args, "cburst", cburst),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct htb_args, fields);

const struct net_step_type qdisc_htb_step = {
	.type = {
		.name = "qdisc.htb",
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
