// SPDX-License-Identifier: Apache-2.0
/*
 * What we send for impairments against what tc(8) sends for the command that we show: strace(1) reads its message, which a kernel
 * without netem gets, too. And the distributions against the tables that iproute2 has.
 */
#include "net/netem.h"

#include "lib/cleanup.h"
#include "lib/str.h"
#include "net/qdisc.h"
#include "net/shaping.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OPTIONS_MAX 32768

struct options {
	unsigned char bytes[OPTIONS_MAX];
	size_t len;
};

static const char *const impairments[] = {
	"{\"delay\":\"20ms\"}",
	"{\"delay\":\"1500us\",\"jitter\":\"100us\"}",
	"{\"delay\":\"16us\"}",
	"{\"delay\":\"274s\"}",
	"{\"delay\":\"20ms\",\"jitter\":\"2ms\",\"correlation\":\"25%\"}",
	"{\"delay\":\"20ms\",\"jitter\":\"2ms\",\"distribution\":\"normal\"}",
	"{\"delay\":\"20ms\",\"jitter\":\"2ms\",\"distribution\":\"pareto\"}",
	"{\"delay\":\"20ms\",\"jitter\":\"2ms\",\"distribution\":\"paretonormal\"}",
	"{\"loss\":\"1%\"}",
	"{\"loss\":\"0.001%\",\"loss_correlation\":\"33.3%\"}",
	"{\"loss\":\"100%\"}",
	"{\"loss\":{\"gemodel\":{\"p\":\"1%\"}}}",
	"{\"loss\":{\"gemodel\":{\"p\":\"1%\",\"r\":\"10%\"}}}",
	"{\"loss\":{\"gemodel\":{\"p\":\"1%\",\"r\":\"10%\",\"h\":\"70%\"}}}",
	"{\"loss\":{\"gemodel\":{\"p\":\"1%\",\"r\":\"10%\",\"h\":\"70%\",\"k\":\"99%\"}}}",
	"{\"duplicate\":\"1%\"}",
	/* By itself, tc forgets to send the second one. */
	"{\"loss\":\"2%\",\"loss_correlation\":\"5%\",\"duplicate\":\"1%\",\"duplicate_correlation\":\"50%\"}",
	"{\"delay\":\"10ms\",\"reorder\":\"25%\"}",
	"{\"delay\":\"10ms\",\"reorder\":\"25%\",\"reorder_correlation\":\"50%\",\"gap\":5}",
	"{\"corrupt\":\"0.1%\"}",
	"{\"corrupt\":\"0.1%\",\"corrupt_correlation\":\"5%\"}",
	"{\"slot\":{\"min\":\"800us\"}}",
	"{\"slot\":{\"min\":\"800us\",\"max\":\"1ms\",\"packets\":32,\"bytes\":3000}}",
	"{\"slot\":{\"delay\":\"5ms\",\"jitter\":\"1ms\",\"distribution\":\"normal\"}}",
	"{\"delay\":\"20ms\",\"jitter\":\"2ms\",\"distribution\":\"normal\",\"slot\":{\"delay\":\"5ms\","
	"\"jitter\":\"1ms\",\"distribution\":\"pareto\"},\"loss\":\"5%\",\"limit\":20000}",
	"{\"loss\":\"12.3456789%\",\"limit\":1}",
};

static void load(const char *text, struct netem_args *a)
{
	char whole[1024];
	struct shaping s;
	struct err err;

	snprintf(whole, sizeof(whole), "{\"egress\":%s}", text);
	if (json_decode(&shaping_schema, &s, whole, strlen(whole), "c", &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(shaping_check(&s, 0, &err), 0);
	*a = (struct netem_args){ .q.at = { .ns = SCOPE_HOST, .link = "lo" },
				  .netem = s.egress.netem };
	if (!a->netem.limit)
		a->netem.limit = 1000;
}

static void ours(struct netem_args *a, struct options *out)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nlattr *attrs[TCA_MAX + 1] = { 0 };
	const struct link link = { .index = 1 };

	assert_int_equal(qdisc_netem_step.build(NULL, &b, 0, a, &link, NULL), 0);
	assert_false(b.msg.overflow);
	nl_attrs(b.msg.head, sizeof(struct tcmsg), attrs, TCA_MAX);
	assert_non_null(attrs[TCA_OPTIONS]);
	out->len = attrs[TCA_OPTIONS]->nla_len - sizeof(struct nlattr);
	memcpy(out->bytes, attrs[TCA_OPTIONS] + 1, out->len);
}

/* "\xb4\xc4..." up to the quote. */
static void read_hex(const char *text, struct options *out)
{
	unsigned int byte;

	for (out->len = 0; sscanf(text, "\\x%2x", &byte) == 1; text += 4)
		out->bytes[out->len++] = (unsigned char)byte;
}

static void theirs(const struct netem_args *a, struct options *out)
{
	static char line[8 * OPTIONS_MAX];
	char command[1024] = "", trace[2048];
	FILE *f = fmemopen(command, sizeof(command), "w");
	const char *at;

	assert_non_null(f);
	qdisc_netem_step.type.show(a, f);
	fclose(f);
	command[strcspn(command, "\n")] = '\0';
	snprintf(trace, sizeof(trace),
		 "unshare --net strace -e trace=sendmsg -s %d -xx %s 2>&1 | "
		 "grep -a -m1 'nla_type=TCA_OPTIONS'",
		 OPTIONS_MAX, command);
	f = popen(trace, "r");
	assert_non_null(f);
	line[0] = '\0';
	at = fgets(line, sizeof(line), f);
	pclose(f);
	at = at ? strstr(at, "nla_type=TCA_OPTIONS}, \"") : NULL;
	if (!at)
		fail_msg("tc says nothing to the kernel for: %s", command);
	else
		read_hex(at + strlen("nla_type=TCA_OPTIONS}, \""), out);
}

static const struct nlattr *attr_of(const struct options *o, uint16_t type)
{
	size_t at = sizeof(struct tc_netem_qopt);

	while (at + sizeof(struct nlattr) <= o->len) {
		const struct nlattr *attr = (const void *)(o->bytes + at);

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

/* Entries of a table are means, theirs the lower ends. */
static void assert_same_table(const struct nlattr *a, const struct nlattr *b)
{
	const int16_t *x = (const void *)(a + 1), *y = (const void *)(b + 1);

	assert_int_equal(a->nla_len, b->nla_len);
	assert_int_equal(a->nla_len, sizeof(*a) + NETEM_TABLE_SIZE * sizeof(*x));
	for (int i = 0; i < NETEM_TABLE_SIZE; i++) {
		assert_true(x[i] >= y[i]);
		assert_true(x[i] <= (i + 1 < NETEM_TABLE_SIZE ? y[i + 1] : INT16_MAX));
	}
}

static bool all_zero(const struct nlattr *a)
{
	const unsigned char *bytes = (const void *)(a + 1);

	for (size_t i = 0; i + sizeof(*a) < a->nla_len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Times in full are tc's only where the older field cannot hold them, and it leaves out what is nothing. */
static void assert_same_attr(const struct options *a, const struct options *b, uint16_t type)
{
	const struct nlattr *x = attr_of(a, type), *y = attr_of(b, type);
	bool table = type == TCA_NETEM_DELAY_DIST || type == TCA_NETEM_SLOT_DIST;

	if (!y && x && (type == TCA_NETEM_LATENCY64 || type == TCA_NETEM_JITTER64))
		return;
	if (!x || !y) {
		assert_true(!y && (!x || all_zero(x)));
	} else if (table) {
		assert_same_table(x, y);
	} else {
		assert_int_equal(x->nla_len, y->nla_len);
		assert_memory_equal(x + 1, y + 1, x->nla_len - sizeof(*x));
	}
}

static void tc_sends_the_same(void **state)
{
	static struct options a, b;

	(void)state;
	for (size_t i = 0; i < array_size(impairments); i++) {
		struct netem_args args;

		load(impairments[i], &args);
		ours(&args, &a);
		theirs(&args, &b);
		print_message("# %s\n", impairments[i]);
		assert_true(b.len >= sizeof(struct tc_netem_qopt));
		assert_memory_equal(a.bytes, b.bytes, sizeof(struct tc_netem_qopt));
		for (uint16_t type = 1; type <= TCA_NETEM_MAX; type++)
			assert_same_attr(&a, &b, type);
	}
}

static void times_are_in_full(void **state)
{
	static struct options o;
	struct netem_args args;
	uint64_t ns;

	(void)state;
	load("{\"delay\":\"20000001ns\",\"jitter\":\"3ns\"}", &args);
	ours(&args, &o);
	assert_true(nl_get_bytes(attr_of(&o, TCA_NETEM_LATENCY64), &ns, sizeof(ns)));
	assert_int_equal(ns, 20000001);
	assert_true(nl_get_bytes(attr_of(&o, TCA_NETEM_JITTER64), &ns, sizeof(ns)));
	assert_int_equal(ns, 3);
}

/* Mean and deviation, in 1/8192. */
static void moments(int distribution, double *mean, double *square)
{
	int16_t table[NETEM_TABLE_SIZE];

	assert_true(netem_table(distribution, table));
	*mean = *square = 0;
	for (int i = 0; i < NETEM_TABLE_SIZE; i++) {
		*mean += table[i] / (double)NETEM_TABLE_SIZE / 8192;
		*square += (double)table[i] * table[i] / NETEM_TABLE_SIZE / 8192 / 8192;
	}
}

static void a_normal_one_is_normal(void **state)
{
	int16_t table[NETEM_TABLE_SIZE];
	double mean, square;

	(void)state;
	moments(NETEM_NORMAL, &mean, &square);
	assert_true(mean > -0.0001 && mean < 0.0001);
	assert_true(square > 0.995 && square < 1.001);
	assert_true(netem_table(NETEM_NORMAL, table));
	/* Known quantiles: 0.8413 is one deviation, 0.97725 two, 0.99865 three. */
	assert_in_range(table[(int)(0.841345 * NETEM_TABLE_SIZE)], 8192 - 10, 8192 + 10);
	assert_in_range(table[(int)(0.977250 * NETEM_TABLE_SIZE)], 16384 - 40, 16384 + 40);
	assert_in_range(table[(int)(0.998650 * NETEM_TABLE_SIZE)], 24576 - 400, 24576 + 400);
	for (int i = 0; i < NETEM_TABLE_SIZE; i++)
		assert_int_equal(table[i], -table[NETEM_TABLE_SIZE - 1 - i]);
	assert_false(netem_table(NETEM_UNIFORM, table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tc_sends_the_same),
		cmocka_unit_test(times_are_in_full),
		cmocka_unit_test(a_normal_one_is_normal),
	};

	return cmocka_run_group_tests_name("netem", tests, NULL, NULL);
}
