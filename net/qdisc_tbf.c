// SPDX-License-Identifier: Apache-2.0
/* A token bucket (tc-tbf(8)), and a queue of bytes (tc-bfifo(8)). */
#include "net/qdisc.h"
#include "net/unit.h"

#include <errno.h>
#include <string.h>

static const char *no_kind(int code, const char *text)
{
	return code == -ENOENT ? text : NULL;
}

/* --- qdisc.tbf --- */

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct tbf_args *a = args;
	const struct tc_tbf_qopt opt = { .rate = qdisc_rate(a->rate), .limit = a->limit };
	struct nl_msg *m = qdisc_put(b, RTM_NEWQDISC, tag, &a->q, link->index, "tbf");

	(void)scope;
	(void)err;
	nl_nest (m, TCA_OPTIONS) {
		nl_put(m, TCA_TBF_PARMS, &opt, sizeof(opt));
		/* In bytes, so that the kernel need not guess them from a time. */
		nl_put_u32(m, TCA_TBF_BURST, a->burst);
		if (a->rate >= UINT32_MAX)
			nl_put(m, TCA_TBF_RATE64, &a->rate, sizeof(a->rate));
	}
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	snprintf(buf, size, "%s.rate", ((const struct qdisc_args *)args)->key);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	return no_kind(code, "this kernel has no tbf");
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&qdisc_tbf_step, scope, args, err);
}

void qdisc_tbf_read(const struct nlattr *options, void *out)
{
	const struct nlattr *attrs[TCA_TBF_MAX + 1] = { 0 };
	struct qdisc_buckets *seen = out;
	struct tc_tbf_qopt opt;

	nl_attrs_nested(options, attrs, TCA_TBF_MAX);
	if (!nl_get_start(attrs[TCA_TBF_PARMS], &opt, sizeof(opt), sizeof(opt)))
		return;
	seen->rate = qdisc_rate_of(&opt.rate, attrs[TCA_TBF_RATE64]);
	seen->ticks = opt.buffer;
	seen->limit = opt.limit;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct tbf_args *a = args;
	char name[64], is[UNIT_TEXT_MAX], wanted[UNIT_TEXT_MAX];
	struct qdisc_buckets seen = { 0 };
	int ret = qdisc_read(scope, &a->q, RTM_GETQDISC, "tbf", qdisc_tbf_read, &seen, err);

	if (ret < 0)
		return ret;
	qdisc_name(&a->q, name, sizeof(name));
	if (seen.rate != a->rate)
		return err_set(err, -ESTALE, "%s: rate is %s, not %s", name,
			       unit_rate_format(seen.rate, is, sizeof(is)),
			       unit_rate_format(a->rate, wanted, sizeof(wanted)));
	if (!qdisc_ticks_are(seen.ticks, a->rate, a->burst))
		return err_set(err, -ESTALE, "%s: burst is not %s", name,
			       unit_size_format(a->burst, wanted, sizeof(wanted)));
	if (seen.limit != a->limit)
		return err_set(err, -ESTALE, "%s: limit is %ub, not %ub", name, seen.limit,
			       a->limit);
	return 0;
}

static void show(const void *args, FILE *out)
{
	const struct tbf_args *a = args;
	char rate[UNIT_TEXT_MAX], burst[UNIT_TEXT_MAX];

	qdisc_show(&a->q, out);
	fprintf(out, "tbf rate %s burst %s limit %ub\n",
		unit_rate_format(a->rate, rate, sizeof(rate)),
		unit_size_format(a->burst, burst, sizeof(burst)), a->limit);
}

static const struct json_field tbf_fields[] = {
	QDISC_ARGS_JSON(struct tbf_args),
	JSON_UINT(struct tbf_args, "rate", rate),
	JSON_UINT(struct tbf_args, "burst", burst),
	JSON_UINT(struct tbf_args, "limit", limit),
	JSON_END,
};
static const struct json_schema tbf_schema = JSON_SCHEMA(struct tbf_args, tbf_fields);

const struct net_step_type qdisc_tbf_step = {
	.type = {
		.name = "qdisc.tbf",
		.args = &tbf_schema,
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

/* --- qdisc.bfifo --- */

static int build_fifo(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		      const struct link *link, struct err *err)
{
	const struct bfifo_args *a = args;
	const struct tc_fifo_qopt opt = { .limit = a->limit };
	struct nl_msg *m = qdisc_put(b, RTM_NEWQDISC, tag, &a->q, link->index, "bfifo");

	(void)scope;
	(void)err;
	nl_put(m, TCA_OPTIONS, &opt, sizeof(opt));
	return 0;
}

static void describe_fifo(const void *args, char *buf, size_t size)
{
	snprintf(buf, size, "%s.limit", ((const struct qdisc_args *)args)->key);
}

static int apply_fifo(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&qdisc_bfifo_step, scope, args, err);
}

static void read_fifo(const struct nlattr *options, void *out)
{
	nl_get_start(options, out, sizeof(struct tc_fifo_qopt), sizeof(struct tc_fifo_qopt));
}

static int probe_fifo(struct scope *scope, const void *args, struct err *err)
{
	const struct bfifo_args *a = args;
	struct tc_fifo_qopt seen = { 0 };
	char name[64];
	int ret = qdisc_read(scope, &a->q, RTM_GETQDISC, "bfifo", read_fifo, &seen, err);

	if (ret < 0 || seen.limit == a->limit)
		return ret;
	return err_set(err, -ESTALE, "%s: limit is %ub, not %ub",
		       qdisc_name(&a->q, name, sizeof(name)), seen.limit, a->limit);
}

static void show_fifo(const void *args, FILE *out)
{
	const struct bfifo_args *a = args;

	qdisc_show(&a->q, out);
	fprintf(out, "bfifo limit %ub\n", a->limit);
}

static const struct json_field fifo_fields[] = {
	QDISC_ARGS_JSON(struct bfifo_args),
	JSON_UINT(struct bfifo_args, "limit", limit),
	JSON_END,
};
static const struct json_schema fifo_schema = JSON_SCHEMA(struct bfifo_args, fifo_fields);

const struct net_step_type qdisc_bfifo_step = {
	.type = {
		.name = "qdisc.bfifo",
		.args = &fifo_schema,
		.phase = PHASE_CONNECT,
		.apply = apply_fifo,
		.apply_many = net_step_apply_many,
		.revert = qdisc_revert,
		.probe = probe_fifo,
		.mend = qdisc_mend,
		.show = show_fifo,
	},
	.build = build_fifo,
	.describe = describe_fifo,
};
