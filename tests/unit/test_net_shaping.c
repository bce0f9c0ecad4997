// SPDX-License-Identifier: Apache-2.0
/*
 * Shaping: what is refused, changes by name, and that the kernel has the same after our messages as after
 * the commands that are shown, run by tc(8). In a network namespace of its own.
 */
#include "net/shaping.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "net/driver.h"
#include "net/ifb.h"
#include "net/net.h"
#include "net/netns.h"
#include "net/qdisc.h"
#include "net/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int load(const char *text, struct shaping *s, struct err *err)
{
	int ret = json_decode(&shaping_schema, s, text, strlen(text), "c", err);

	return ret < 0 ? ret : shaping_check(s, 0, err);
}

static const struct {
	const char *text, *words;
} refused[] = {
	{ "{\"egress\":{\"rate\":\"0\"}}", "c:1:19: egress.rate: '0': a rate must be above 0" },
	{ "{\"egress\":{\"rate\":\"0mbit\"}}",
	  "c:1:19: egress.rate: '0mbit': a rate must be above 0" },
	{ "{\"egress\":{\"rate\":\"10mbits\"}}",
	  "c:1:19: egress.rate: '10mbits': unknown unit 'mbits' of a rate (did you mean 'mbit'?)" },
	{ "{\"egress\":{\"rate\":10}}",
	  "c:1:19: egress.rate: expected a string, found the number 10" },
	{ "{\"ingress\":{\"loss\":\"150%\"}}", "c:1:20: ingress.loss: '150%' is more than 100%" },
	{ "{\"ingress\":{\"loss\":5}}",
	  "c:1:20: ingress.loss: expected a string, found the number 5" },
	{ "{\"ingress\":{\"loss\":{\"gemodle\":{\"p\":\"1%\"}}}}", NULL },
	{ "{\"ingress\":{\"loss\":{\"gemodel\":{\"r\":\"1%\"}}}}",
	  "c:1:31: ingress.loss.gemodel: the key 'p' is missing" },
	{ "{\"ingress\":{\"loss\":{\"gemodel\":{\"p\":\"0%\"}}}}",
	  "c:1:36: ingress.loss.gemodel.p: '0%': it would never happen" },
	{ "{\"egress\":{\"dealy\":\"1ms\"}}",
	  "c:1:12: egress.dealy: unknown key; did you mean 'delay'?" },
	{ "{\"egres\":{}}", "c:1:2: egres: unknown key; did you mean 'egress'?" },
	{ "{\"egress\":{\"delay\":\"1ms\",\"jitter\":\"1ms\",\"distribution\":\"gauss\"}}", NULL },
	{ "{\"egress\":{\"delay\":\"5min\"}}", NULL },
	{ "{\"egress\":{\"delay\":\"275s\"}}", "c:1:20: egress.delay: '275s' is more than 274s" },
	{ "{\"egress\":{\"delay\":\"20\"}}",
	  "c:1:20: egress.delay: '20': a time needs its unit, as in 20ms" },
	{ "{\"egress\":{\"delay\":\"5s\",\"jitter\":\"3s\"}}",
	  "shaping.egress: jitter: the kernel knows none above 2147483647ns" },
	{ "{\"egress\":{\"jitter\":\"1ms\"}}",
	  "shaping.egress: jitter: there is no delay that could vary" },
	{ "{\"egress\":{\"delay\":\"1ms\",\"correlation\":\"25%\"}}",
	  "shaping.egress: correlation: there is no jitter that could be correlated" },
	{ "{\"egress\":{\"delay\":\"1ms\",\"distribution\":\"normal\"}}",
	  "shaping.egress: distribution: there is no jitter that could have one" },
	{ "{\"egress\":{\"loss\":{\"gemodel\":{\"p\":\"1%\"}},\"loss_correlation\":\"25%\"}}",
	  "shaping.egress: loss_correlation: there is no random loss that could be correlated" },
	{ "{\"egress\":{\"delay\":\"1ms\",\"duplicate_correlation\":\"25%\"}}",
	  "shaping.egress: duplicate_correlation: there is no duplicate that could be correlated" },
	{ "{\"egress\":{\"reorder\":\"25%\"}}",
	  "shaping.egress: reorder: there is no delay that packets could be spared" },
	{ "{\"egress\":{\"delay\":\"1ms\",\"gap\":5}}",
	  "shaping.egress: gap: there is no reorder" },
	{ "{\"egress\":{\"seed\":5}}", "shaping.egress: seed: there is no impairment" },
	{ "{\"egress\":{\"limit\":5}}",
	  "shaping.egress: limit: nothing waits without a rate or an impairment" },
	{ "{\"egress\":{\"ceil\":\"1mbit\"}}", "shaping.egress: ceil: there is no rate" },
	{ "{\"egress\":{\"burst\":\"32kb\"}}", "shaping.egress: burst: there is no rate" },
	{ "{\"ingress\":{\"rate\":\"10mbit\",\"ceil\":\"5mbit\"}}",
	  "shaping.ingress: ceil: 5mbit is below the rate, 10mbit" },
	{ "{\"ingress\":{\"rate\":\"10mbit\",\"burst\":\"1kb\"}}",
	  "shaping.ingress: burst: 1kb is less than a packet (1514 bytes): none of that size would ever leave" },
	{ "{\"ingress\":{\"rate\":\"100bit\"}}",
	  "shaping.ingress: burst: at 96bit, 16kb last longer than the kernel can count (274s)" },
	{ "{\"egress\":{\"slot\":{\"packets\":5}}}",
	  "shaping.egress: slot: there is no pause between slots (min, or delay)" },
	{ "{\"egress\":{\"slot\":{\"min\":\"5ms\",\"max\":\"1ms\"}}}",
	  "shaping.egress: slot.max: it is below min" },
	{ "{\"egress\":{\"slot\":{\"min\":\"5ms\",\"delay\":\"1ms\"}}}",
	  "shaping.egress: slot: min and max, or delay and jitter, but not both" },
	{ "{\"egress\":{\"slot\":{\"packet\":5}}}",
	  "c:1:20: egress.slot.packet: unknown key; did you mean 'packets'?" },
};

static void bad_shaping(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(refused); i++) {
		struct err err = { 0 };
		struct shaping s;

		if (load(refused[i].text, &s, &err) == 0)
			fail_msg("accepted: %s", refused[i].text);
		if (refused[i].words)
			assert_string_equal(err.text, refused[i].words);
	}
}

static void larger_packets_need_larger_bursts(void **state)
{
	struct shaping s = { .egress = { .rate = 1250000, .burst = 8192 } };
	struct err err;

	(void)state;
	assert_int_equal(shaping_check(&s, 1500, &err), 0);
	assert_int_equal(shaping_check(&s, 9000, &err), -EINVAL);
	assert_string_equal(
		err.text,
		"shaping.egress: burst: 8kb is less than a packet (9014 bytes): none of that size would ever leave");
	s.egress.burst = 0;
	assert_int_equal(shaping_check(&s, 65535, &err), 0);
}

/* --- Changes by name --- */

#define ALL                                                                                           \
	"{\"egress\":{\"rate\":\"10mbit\",\"ceil\":\"20mbit\",\"burst\":\"32kb\",\"delay\":\"20ms\"," \
	"\"jitter\":\"2ms\",\"distribution\":\"normal\",\"correlation\":\"25%\",\"loss\":\"1%\","     \
	"\"loss_correlation\":\"5%\",\"duplicate\":\"1%\",\"duplicate_correlation\":\"5%\","          \
	"\"reorder\":\"25%\",\"reorder_correlation\":\"5%\",\"gap\":5,\"corrupt\":\"0.1%\","          \
	"\"corrupt_correlation\":\"5%\",\"slot\":{\"min\":\"5ms\",\"max\":\"10ms\",\"packets\":3,"    \
	"\"bytes\":3000},\"seed\":42,\"limit\":1000},\"ingress\":{\"loss\":{\"gemodel\":{\"p\":"      \
	"\"1%\",\"r\":\"10%\",\"h\":\"30%\",\"k\":\"99%\"}}}}"

static void print(const struct shaping *s, char *buf, size_t size)
{
	FILE *f = fmemopen(buf, size, "w");

	assert_non_null(f);
	assert_int_equal(json_encode_compact(&shaping_schema, s, f, NULL), 0);
	fclose(f);
}

static void what_is_written_is_read_back(void **state)
{
	struct shaping s;
	char text[2048];
	struct err err;

	(void)state;
	assert_int_equal(load(ALL, &s, &err), 0);
	print(&s, text, sizeof(text));
	assert_string_equal(text, ALL);
}

static void names_what_it_changes(void **state)
{
	static const struct {
		const char *change, *result;
	} changes[] = {
		{ "rate=20mbit", "{\"egress\":{\"rate\":\"20mbit\"}}" },
		{ "egress.burst=32kb", "{\"egress\":{\"rate\":\"20mbit\",\"burst\":\"32kb\"}}" },
		{ "ingress.delay=5ms",
		  "{\"egress\":{\"rate\":\"20mbit\",\"burst\":\"32kb\"},\"ingress\":{\"delay\":\"5ms\"}}" },
		{ "rate=", "{\"egress\":{\"burst\":\"32kb\"},\"ingress\":{\"delay\":\"5ms\"}}" },
		{ "burst=", "{\"ingress\":{\"delay\":\"5ms\"}}" },
		{ "ingress.jitter=1ms", "{\"ingress\":{\"delay\":\"5ms\",\"jitter\":\"1ms\"}}" },
		{ "ingress.distribution=pareto",
		  "{\"ingress\":{\"delay\":\"5ms\",\"jitter\":\"1ms\",\"distribution\":\"pareto\"}}" },
		{ "ingress.distribution=", "{\"ingress\":{\"delay\":\"5ms\",\"jitter\":\"1ms\"}}" },
		{ "ingress.jitter=", "{\"ingress\":{\"delay\":\"5ms\"}}" },
		{ "ingress.delay=0ms", "{}" },
		{ "loss=1%", "{\"egress\":{\"loss\":\"1%\"}}" },
		{ "loss.gemodel.p=2%", "{\"egress\":{\"loss\":{\"gemodel\":{\"p\":\"2%\"}}}}" },
		{ "loss.gemodel.k=99%",
		  "{\"egress\":{\"loss\":{\"gemodel\":{\"p\":\"2%\",\"k\":\"99%\"}}}}" },
		{ "loss=3%", "{\"egress\":{\"loss\":\"3%\"}}" },
		{ "loss=", "{}" },
		{ "slot.min=5ms", "{\"egress\":{\"slot\":{\"min\":\"5ms\"}}}" },
		{ "slot.packets=3", "{\"egress\":{\"slot\":{\"min\":\"5ms\",\"packets\":3}}}" },
		{ "seed=18446744073709551615",
		  "{\"egress\":{\"slot\":{\"min\":\"5ms\",\"packets\":3},\"seed\":18446744073709551615}}" },
		{ "slot=", "{\"egress\":{\"seed\":18446744073709551615}}" },
		{ "ingress.rate=1mbit",
		  "{\"egress\":{\"seed\":18446744073709551615},\"ingress\":{\"rate\":\"1mbit\"}}" },
		{ "egress=", "{\"ingress\":{\"rate\":\"1mbit\"}}" },
	};
	static const struct {
		const char *change, *words;
	} bad[] = {
		{ "rate", "'rate': expected KEY=VALUE, as in rate=10mbit" },
		{ "=1", "'=1': expected KEY=VALUE, as in rate=10mbit" },
		{ "rat=1mbit", "shaping.egress.rat: unknown key; did you mean 'rate'?" },
		{ "ingress.=1", "shaping.ingress.: expected an object, found '1'" },
		{ "ingres.rate=1mbit", "shaping.egress.ingres.rate: unknown key" },
		{ "ingress=1mbit", "shaping.ingress: expected an object, found '1mbit'" },
		{ "ingress.rate=0", "shaping.ingress.rate: '0': a rate must be above 0" },
		{ "rate.x=1", "shaping.egress.rate.x: unknown key" },
		{ "slot=5", "shaping.egress.slot: expected an object, found '5'" },
		{ "slot.min=5", "shaping.egress.slot.min: '5': a time needs its unit, as in 20ms" },
		{ "loss.gemodle.p=1%",
		  "shaping.egress.loss.gemodle.p: unknown key; did you mean 'gemodel'?" },
		{ "gap=4294967296",
		  "shaping.egress.gap: '4294967296': expected a number from 0 to 4294967295" },
		{ "slot.packets=2147483648",
		  "shaping.egress.slot.packets: '2147483648': expected a number from 0 to 2147483647" },
		{ "distribution=gauss",
		  "shaping.egress.distribution: unknown value \"gauss\" (known: uniform, normal, pareto, paretonormal)" },
	};
	struct shaping s = { 0 }, before;
	char text[2048];
	struct err err;

	(void)state;
	for (size_t i = 0; i < array_size(changes); i++) {
		assert_int_equal(shaping_merge(&s, changes[i].change, &err), 0);
		print(&s, text, sizeof(text));
		assert_string_equal(text, changes[i].result);
	}
	before = s;
	for (size_t i = 0; i < array_size(bad); i++) {
		assert_true(shaping_merge(&s, bad[i].change, &err) < 0);
		assert_string_equal(err.text, bad[i].words);
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

/* Word by word merged into nothing, it is the same again. */
static void words_say_all_of_it(void **state)
{
	static const char *const ways[] = {
		"",
		"rate=10mbit",
		"rate=1gbit ceil=2gbit burst=64kb delay=20ms loss=0.5%",
		"delay=20ms jitter=2ms distribution=normal correlation=25% loss=1% loss_correlation=5% duplicate=2% duplicate_correlation=6% "
		"reorder=25% reorder_correlation=50% gap=5 corrupt=0.1% corrupt_correlation=7% slot.min=1ms slot.max=3ms slot.packets=4 "
		"slot.bytes=6000 seed=18446744073709551615 limit=777",
		"loss.gemodel.p=1% loss.gemodel.r=10% loss.gemodel.h=30% loss.gemodel.k=99%",
		"slot.delay=5ms slot.jitter=1ms slot.distribution=pareto limit=4294967295",
	};

	(void)state;
	for (size_t i = 0; i < array_size(ways); i++) {
		_cleanup_free_ char *words = strdup(ways[i]), *text = NULL;
		struct shaping s = { 0 };
		struct err err;

		for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
			assert_int_equal(shaping_merge(&s, word, &err), 0);
		text = shaping_way_text(&s.egress);
		assert_string_equal(text, ways[i]);
	}
}

/* What the kernel rounds is told as what people give, where it may have been that. */
static void a_bucket_is_told_as_it_was_given(void **state)
{
	static const struct {
		uint64_t rate;
		uint32_t bytes, told;
	} buckets[] = {
		{ 1250000, 16384, 16384 },
		{ 1250000, 32768, 32768 },
		{ 1250000, 12500, 12500 },
		{ 125, 1514, 1514 },
		{ 12500000000, 125000000, 125000000 },
		{ 125000000, 1048576, 1048576 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(buckets); i++) {
		uint32_t ticks = (uint32_t)qdisc_ticks(buckets[i].rate, buckets[i].bytes);
		uint32_t told = qdisc_bytes(ticks, buckets[i].rate);

		assert_in_range(told, buckets[i].told - 1024, buckets[i].told + 1024);
		assert_true(qdisc_ticks_are(ticks, buckets[i].rate, told));
		if (buckets[i].told % 1024 == 0)
			assert_int_equal(told, buckets[i].told);
	}
}

/* --- The kernel --- */

struct world {
	int home;
	char dir[64];
	struct scope scope;
};

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char run_dir[96];

	if (!w)
		return -1;
	snprintf(w->dir, sizeof(w->dir), "/tmp/ctrnet-test-XXXXXX");
	w->home = netns_open_own(NULL);
	if (w->home < 0 || !mkdtemp(w->dir) || unshare(CLONE_NEWNET) < 0)
		return -1;
	snprintf(run_dir, sizeof(run_dir), "%s/run", w->dir);
	mkdir(run_dir, 0700);
	*state = w;
	if (system("ip link add d0 type ifb && ip link set d0 up") != 0)
		return -1;
	return scope_init(&w->scope, "a", run_dir, w->dir, NULL);
}

static int end_world(void **state)
{
	struct world *w = *state;
	int ret;

	scope_release(&w->scope);
	ret = netns_leave(w->home, NULL);
	file_remove_tree(AT_FDCWD, w->dir, NULL);
	free(w);
	return ret;
}

static void output_of(const char *cmd, char *out, size_t size)
{
	FILE *p = popen(cmd, "r");
	size_t len;

	assert_non_null(p);
	len = fread(out, 1, size - 1, p);
	out[len] = '\0';
	assert_int_equal(pclose(p), 0);
}

/* Of packets that came before there was a class for them: the kernel's own, when the link came up. */
#define UNCOUNTED " | sed 's/direct_packets_stat[\": ]*[0-9]*//'"

/* All that tc(8) says of the link. */
static void look(char *out, size_t size)
{
	output_of("(tc -j qdisc show dev d0; tc -j class show dev d0)" UNCOUNTED, out, size);
}

static const struct shaping_place place = { SCOPE_HOST, "d0", "egress", 0 };

static void plan_of(const struct shaping_way *w, struct plan *plan)
{
	const struct net_planner p = { .plan = plan, .mark = "", .origin = "networks[0] (eth0)" };
	struct err err;

	if (shaping_plan(&p, &place, w, &err) < 0)
		fail_msg("%s", err.text);
}

static void apply(struct world *w, struct plan *plan)
{
	struct err err;

	if (plan_apply(plan, PHASE_CONNECT, &w->scope, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* As a person would: each line by a shell. */
static void type_in(const struct plan *plan)
{
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	plan_show(plan, PHASE_CONNECT, f);
	fclose(f);
	if (system(text) != 0)
		fail_msg("%s", text);
}

static void load_way(const char *text, struct shaping_way *w)
{
	char whole[2048];
	struct shaping s;
	struct err err;

	snprintf(whole, sizeof(whole), "{\"egress\":%s}", text);
	if (load(whole, &s, &err) < 0)
		fail_msg("%s", err.text);
	*w = s.egress;
}

static const char *const ways[] = {
	"{\"rate\":\"10mbit\"}",
	"{\"rate\":\"10mbit\",\"burst\":\"32kb\"}",
	"{\"rate\":\"1kbit\"}",
	"{\"rate\":\"12345678bit\",\"burst\":\"1514\",\"limit\":100}",
	"{\"rate\":\"34gbit\"}",
	"{\"rate\":\"34359738360bit\"}",
	"{\"rate\":\"34359738368bit\"}",
	"{\"rate\":\"100gbit\",\"burst\":\"1mb\"}",
	"{\"rate\":\"1tbit\",\"burst\":\"16mb\"}",
	"{\"rate\":\"10mbit\",\"ceil\":\"20mbit\"}",
	"{\"rate\":\"10mbit\",\"ceil\":\"10mbit\",\"burst\":\"100kb\",\"limit\":10}",
	/* In whole microseconds, which is as near as tc(8) gets for an htb; ours are 64 ns. */
	"{\"rate\":\"30gbit\",\"ceil\":\"400gbit\",\"burst\":\"11250000b\"}",
};

static void differs(void *arg, const struct step *step, const struct err *why)
{
	(void)step;
	memcpy(arg, why->text, sizeof(why->text));
}

static void tc_would_have_made_the_same(void **state)
{
	static char nothing[8192], ours[8192], theirs[8192], after[8192];
	struct world *w = *state;

	look(nothing, sizeof(nothing));
	for (size_t i = 0; i < array_size(ways); i++) {
		struct plan plan = { 0 };
		struct shaping_way way;
		struct err err;
		char words[sizeof(err.text)] = "";

		load_way(ways[i], &way);
		plan_of(&way, &plan);
		apply(w, &plan);
		look(ours, sizeof(ours));
		assert_string_not_equal(ours, nothing);
		if (plan_probe(&plan, &w->scope, NULL, NULL, NULL, &err) < 0)
			fail_msg("%s: %s", ways[i], err.text);
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		look(after, sizeof(after));
		assert_string_equal(after, nothing);
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		type_in(&plan);
		look(theirs, sizeof(theirs));
		assert_string_equal(ours, theirs);
		if (plan_probe(&plan, &w->scope, NULL, differs, words, &err) < 0)
			fail_msg("%s, by tc: %s", ways[i], words);
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		plan_release(&plan);
	}
}

static void tampering_is_found(void **state)
{
	static const struct {
		const char *way, *tampering, *words;
	} tamperings[] = {
		{ "{\"rate\":\"10mbit\"}", "tc qdisc del dev d0 root", "no qdisc ce: on d0" },
		{ "{\"rate\":\"10mbit\"}",
		  "tc qdisc replace dev d0 root handle ce: tbf rate 11mbit burst 16kb limit 78884b",
		  "qdisc ce: on d0: rate is 11mbit, not 10mbit" },
		{ "{\"rate\":\"10mbit\"}",
		  "tc qdisc replace dev d0 root handle ce: tbf rate 10mbit burst 17kb limit 78884b",
		  "qdisc ce: on d0: burst is not 16kb" },
		{ "{\"rate\":\"10mbit\"}",
		  "tc qdisc replace dev d0 root handle ce: tbf rate 10mbit burst 16kb limit 78885b",
		  "qdisc ce: on d0: limit is 78885b, not 78884b" },
		{ "{\"rate\":\"10mbit\"}",
		  "tc qdisc del dev d0 root; tc qdisc add dev d0 root handle ce: pfifo",
		  "qdisc ce: on d0: pfifo, not tbf" },
		{ "{\"rate\":\"10mbit\",\"ceil\":\"20mbit\"}",
		  "tc class change dev d0 parent ce: classid ce:1 htb rate 10mbit ceil 21mbit burst 16kb cburst 25000b quantum 60000",
		  "qdisc ce: on d0: ceil is 21mbit, not 20mbit" },
		{ "{\"rate\":\"10mbit\",\"ceil\":\"20mbit\"}",
		  "tc class change dev d0 parent ce: classid ce:1 htb rate 10mbit ceil 20mbit burst 16kb cburst 26000b quantum 60000",
		  "qdisc ce: on d0: cburst is not 25000b" },
		{ "{\"rate\":\"10mbit\",\"ceil\":\"20mbit\"}", "tc qdisc del dev d0 parent ce:1",
		  "no qdisc cf: on d0" },
		{ "{\"rate\":\"10mbit\",\"ceil\":\"20mbit\"}",
		  "tc qdisc change dev d0 parent ce:1 handle cf: bfifo limit 1000",
		  "qdisc cf: on d0: limit is 1000b, not 78884b" },
		{ "{\"rate\":\"10mbit\"}", "ip link set d0 name d1", "no link 'd0'" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < array_size(tamperings); i++) {
		struct plan plan = { 0 };
		struct shaping_way way;
		struct err err;
		char words[sizeof(err.text)] = "";

		load_way(tamperings[i].way, &way);
		plan_of(&way, &plan);
		apply(w, &plan);
		assert_int_equal(system(tamperings[i].tampering), 0);
		assert_int_equal(plan_probe(&plan, &w->scope, NULL, differs, words, &err), -ESTALE);
		assert_string_equal(words, tamperings[i].words);
		assert_int_equal(
			system("ip link show d0 >/dev/null 2>&1 || ip link set d1 name d0"), 0);
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		plan_release(&plan);
		assert_int_equal(system("tc qdisc del dev d0 root 2>/dev/null; ip link set d0 up"),
				 0);
	}
}

static void a_stranger_stays(void **state)
{
	static char before[8192], after[8192];
	struct world *w = *state;
	struct plan plan = { 0 };
	struct shaping_way way;
	struct err err;

	load_way(ways[0], &way);
	plan_of(&way, &plan);
	assert_int_equal(system("tc qdisc add dev d0 root handle 5: pfifo"), 0);
	look(before, sizeof(before));
	assert_int_equal(plan_apply(&plan, PHASE_CONNECT, &w->scope, NULL, NULL, &err), -EEXIST);
	assert_non_null(strstr(err.text, "networks[0] (eth0): shaping.egress.rate: "));
	assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
	look(after, sizeof(after));
	assert_string_equal(before, after);
	assert_int_equal(system("tc qdisc del dev d0 root"), 0);
	plan_release(&plan);
}

/* From each way to each other one it is as if it had been made so. */
static void changes_lead_to_the_same(void **state)
{
	static char wanted[array_size(ways) + 1][8192], got[8192];
	struct shaping_way all[array_size(ways) + 1] = { 0 };
	struct world *w = *state;
	struct err err;

	for (size_t i = 0; i < array_size(all); i++) {
		struct plan plan = { 0 };

		if (i < array_size(ways))
			load_way(ways[i], &all[i]);
		plan_of(&all[i], &plan);
		apply(w, &plan);
		look(wanted[i], sizeof(wanted[i]));
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		plan_release(&plan);
	}
	for (size_t i = 0; i < array_size(all); i++) {
		size_t next = (i * 5 + 7) % array_size(all);
		struct plan plan = { 0 };
		const struct net_planner p = { .plan = &plan, .origin = "eth0" };

		plan_of(&all[i], &plan);
		assert_int_equal(shaping_plan_change(&p, &place, &all[i], &all[next], &err), 0);
		apply(w, &plan);
		look(got, sizeof(got));
		assert_string_equal(got, wanted[next]);
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		plan_release(&plan);
	}
}

/* What waits in a tree that keeps its kinds stays there: it is changed, not made anew. */
static void kinds_that_stay_are_changed_in_place(void **state)
{
	struct plan plan = { 0 };
	const struct net_planner p = { .plan = &plan, .origin = "eth0" };
	struct shaping_way slow, fast, other;
	struct err err;

	(void)state;
	load_way("{\"rate\":\"1mbit\",\"delay\":\"5ms\"}", &slow);
	load_way(
		"{\"rate\":\"2mbit\",\"delay\":\"7ms\",\"jitter\":\"1ms\",\"distribution\":\"normal\"}",
		&fast);
	load_way("{\"rate\":\"2mbit\"}", &other);
	assert_int_equal(shaping_plan_change(&p, &place, &slow, &fast, &err), 0);
	assert_int_equal(plan.count, 2);
	assert_true(((struct tbf_args *)plan.steps[0].args)->q.replace);
	assert_true(((struct netem_args *)plan.steps[1].args)->q.replace);
	plan_release(&plan);
	/* A table is taken back by nothing less. */
	assert_int_equal(shaping_plan_change(&p, &place, &fast, &slow, &err), 0);
	assert_int_equal(plan.count, 3);
	assert_ptr_equal(plan.steps[0].type, &qdisc_remove_step);
	plan_release(&plan);
	assert_int_equal(shaping_plan_change(&p, &place, &fast, &other, &err), 0);
	assert_int_equal(plan.count, 2);
	assert_ptr_equal(plan.steps[0].type, &qdisc_remove_step);
	plan_release(&plan);
}

/* --- The journal --- */

static void show(const struct plan *plan, char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");

	assert_non_null(f);
	plan_show(plan, PHASE_CONNECT, f);
	fclose(f);
}

static void plan_received(const struct shaping_way *w, const char *link, struct plan *plan);

static void a_journal_keeps_all(void **state)
{
	const struct step_type *const *const types[] = { net_step_types, NULL };
	static char before[8192], after[8192], journal[16384], again[16384];
	struct plan plan = { 0 }, read = { 0 };
	struct shaping s;
	struct err err;
	FILE *f;

	(void)state;
	assert_int_equal(load(ALL, &s, &err), 0);
	plan_of(&s.egress, &plan);
	plan_received(&s.ingress, "d0", &plan);
	s.egress.netem.slot =
		(struct netem_slot){ .delay = 1000, .jitter = 100, .distribution = NETEM_PARETO };
	s.egress.rate = 0;
	s.egress.ceil = 0;
	plan_of(&s.egress, &plan);
	s.ingress = (struct shaping_way){ .rate = 12500000000, .burst = 1000000 };
	plan_of(&s.ingress, &plan);
	show(&plan, before, sizeof(before));
	f = fmemopen(journal, sizeof(journal), "w");
	assert_non_null(f);
	assert_int_equal(plan_encode(&plan, f, &err), 0);
	fclose(f);
	if (plan_decode(&read, types, journal, strlen(journal), "journal", &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(read.count, plan.count);
	show(&read, after, sizeof(after));
	assert_string_equal(before, after);
	f = fmemopen(again, sizeof(again), "w");
	assert_non_null(f);
	assert_int_equal(plan_encode(&read, f, &err), 0);
	fclose(f);
	assert_string_equal(journal, again);
	plan_release(&plan);
	plan_release(&read);
}

/* Of "d0": what arrives there goes to an ifb, and comes back later. */
static void plan_received(const struct shaping_way *w, const char *link, struct plan *plan)
{
	const struct net_planner p = { .plan = plan,
				       .mark = "ctrnet:a",
				       .origin = "networks[0] (eth0)" };
	const struct shaping_place at = { SCOPE_HOST, link, "ingress", 0 };
	const struct mac mac = { { 0xfe, 1, 2, 3, 4, 5 } };
	struct err err;

	if (shaping_plan_redirected(&p, &at, &mac, w, &err) < 0)
		fail_msg("%s", err.text);
}

#define INGRESS                                                                         \
	"(for d in d0 rx-d0; do"                                                        \
	" ip -d -o link show $d 2>/dev/null | sed 's/^[0-9]*: //; s/ifindex [0-9]*//';" \
	" tc qdisc show dev $d 2>/dev/null; tc -d filter show dev $d ingress 2>/dev/null; done)"

static void what_arrives_goes_over_an_ifb(void **state)
{
	static char nothing[8192], mine[8192], typed[8192], after[8192];
	struct world *w = *state;
	struct plan plan = { 0 };
	struct shaping_way way;
	struct err err;

	output_of(INGRESS UNCOUNTED, nothing, sizeof(nothing));
	load_way("{\"rate\":\"10mbit\",\"ceil\":\"20mbit\"}", &way);
	plan_received(&way, "d0", &plan);
	apply(w, &plan);
	output_of(INGRESS UNCOUNTED, mine, sizeof(mine));
	assert_non_null(strstr(mine, "(Egress Redirect to device rx-d0)"));
	assert_non_null(strstr(mine, "htb"));
	assert_int_equal(plan_probe(&plan, &w->scope, NULL, NULL, NULL, &err), 0);
	assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
	output_of(INGRESS UNCOUNTED, after, sizeof(after));
	assert_string_equal(after, nothing);
	type_in(&plan);
	output_of(INGRESS UNCOUNTED, typed, sizeof(typed));
	assert_string_equal(typed, mine);
	assert_int_equal(plan_probe(&plan, &w->scope, NULL, NULL, NULL, &err), 0);
	assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
	assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
	plan_release(&plan);
}

static void a_redirect_is_told_from_others(void **state)
{
	static const struct {
		const char *tampering, *words;
	} tamperings[] = {
		{ "tc qdisc del dev d0 ingress", "what d0 receives does not go to rx-d0" },
		{ "tc filter del dev d0 ingress", "what d0 receives does not go to rx-d0" },
		{ "ip link set rx-d0 down", "link 'rx-d0' is down" },
		{ "ip link del rx-d0", NULL },
		{ "tc filter del dev d0 ingress; tc filter add dev d0 ingress protocol all prio 1 u32 match u32 0 0"
		  " action mirred egress redirect dev other",
		  "what d0 receives does not go to rx-d0" },
	};
	static char before[8192], after[8192];
	struct world *w = *state;
	struct plan plan = { 0 };
	struct shaping_way way;
	struct err err;
	char words[sizeof(err.text)] = "";

	assert_int_equal(system("ip link add other type ifb"), 0);
	load_way("{\"rate\":\"10mbit\"}", &way);
	plan_received(&way, "d0", &plan);
	for (size_t i = 0; i < array_size(tamperings); i++) {
		apply(w, &plan);
		assert_int_equal(system(tamperings[i].tampering), 0);
		assert_int_equal(plan_probe(&plan, &w->scope, NULL, differs, words, &err), -ESTALE);
		if (tamperings[i].words)
			assert_string_equal(words, tamperings[i].words);
		assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
		/* That to another one is a stranger's, and stays. */
		assert_int_equal(system("tc qdisc show dev d0 ingress | grep -q ingress"),
				 i == 4 ? 0 : 1 << 8);
	}
	output_of("tc -d filter show dev d0 ingress", before, sizeof(before));
	assert_int_equal(plan_apply(&plan, PHASE_CONNECT, &w->scope, NULL, NULL, &err), -EEXIST);
	assert_non_null(strstr(
		err.text,
		"networks[0] (eth0): shaping.ingress: from d0 to rx-d0: there is an ingress qdisc already"));
	assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
	output_of("tc -d filter show dev d0 ingress", after, sizeof(after));
	assert_string_equal(before, after);
	plan_release(&plan);
}

/* Through a pair of links, one of them with all of it: packets arrive, and the ifb has counted them. */
static void what_goes_over_an_ifb_arrives(void **state)
{
	struct world *w = *state;
	struct plan plan = { 0 };
	struct shaping_way way;
	char out[512];
	struct err err;

	assert_int_equal(system("ip link add p0 type veth peer name p1 &&"
				" ip link set p0 up && ip link set p1 up"),
			 0);
	load_way("{\"rate\":\"100mbit\"}", &way);
	plan_received(&way, "p1", &plan);
	apply(w, &plan);
	assert_int_equal(
		system("ip neigh add 10.1.2.3 lladdr ff:ff:ff:ff:ff:ff dev p0; ip addr add 10.1.2.1/24 dev p0;"
		       " ping -q -b -c 3 -i 0.01 -W 1 -I p0 10.1.2.3 >/dev/null 2>&1; true"),
		0);
	output_of("tc -j -s qdisc show dev rx-p1 | jq -r '.[0] | .kind, (.packets >= 3)' | xargs",
		  out, sizeof(out));
	assert_string_equal(out, "tbf true\n");
	output_of("ip -j -s link show rx-p1 | jq -r '.[0].stats64.rx.packets >= 3'", out,
		  sizeof(out));
	assert_string_equal(out, "true\n");
	assert_int_equal(plan_revert(&plan, &w->scope, NULL, &err), 0);
	plan_release(&plan);
	assert_int_equal(system("ip link del p0"), 0);
}

static void an_ifb_has_a_name_that_fits(void **state)
{
	char name[IFNAMSIZ], other[IFNAMSIZ];

	(void)state;
	ifb_name("eth0", name);
	assert_string_equal(name, "rx-eth0");
	ifb_name("twelve-bytes", name);
	assert_string_equal(name, "rx-twelve-bytes");
	ifb_name("thirteen-byte", name);
	assert_int_equal(strlen(name), 15);
	ifb_name("thirteen-bytf", other);
	assert_string_not_equal(name, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_shaping),
		cmocka_unit_test(larger_packets_need_larger_bursts),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(names_what_it_changes),
		cmocka_unit_test(words_say_all_of_it),
		cmocka_unit_test(a_bucket_is_told_as_it_was_given),
		cmocka_unit_test(kinds_that_stay_are_changed_in_place),
		cmocka_unit_test_setup_teardown(tc_would_have_made_the_same, make_world, end_world),
		cmocka_unit_test_setup_teardown(tampering_is_found, make_world, end_world),
		cmocka_unit_test_setup_teardown(a_stranger_stays, make_world, end_world),
		cmocka_unit_test(a_journal_keeps_all),
		cmocka_unit_test(an_ifb_has_a_name_that_fits),
		cmocka_unit_test_setup_teardown(what_arrives_goes_over_an_ifb, make_world,
						end_world),
		cmocka_unit_test_setup_teardown(a_redirect_is_told_from_others, make_world,
						end_world),
		cmocka_unit_test_setup_teardown(what_goes_over_an_ifb_arrives, make_world,
						end_world),
		cmocka_unit_test_setup_teardown(changes_lead_to_the_same, make_world, end_world),
	};

	return cmocka_run_group_tests_name("shaping", tests, NULL, NULL);
}
