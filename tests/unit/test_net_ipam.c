// SPDX-License-Identifier: Apache-2.0
/* Ranges, pools in memory and on disk, and subnets as declared. No kernel, and no directory but the test's. */
#include "net/ipam.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "net/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_int_equal(ip_addr_parse(text, &a, NULL), 0);
	return a;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, &p, NULL), 0);
	return p;
}

static void expect_addr(const struct ip_addr *a, const char *expected)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_addr_format(a, text, sizeof(text)), expected);
}

/* --- Ranges --- */

static void range_texts(void **state)
{
	static const struct {
		const char *text, *first, *last, *again;
	} good[] = {
		{ "10.1.0.9", "10.1.0.9", "10.1.0.9", "10.1.0.9" },
		{ "10.1.0.9-10.1.0.9", "10.1.0.9", "10.1.0.9", "10.1.0.9" },
		{ "10.1.0.100-10.1.0.200", "10.1.0.100", "10.1.0.200", "10.1.0.100-10.1.0.200" },
		{ "10.1.0.64/26", "10.1.0.64", "10.1.0.127", "10.1.0.64/26" },
		{ "10.1.2.3/32", "10.1.2.3", "10.1.2.3", "10.1.2.3/32" },
		{ "0.0.0.0/0", "0.0.0.0", "255.255.255.255", "0.0.0.0-255.255.255.255" },
		{ "fd00::/65", "fd00::", "fd00::7fff:ffff:ffff:ffff", "fd00::/65" },
		{ "fd00::f-fd00:0:0:1::", "fd00::f", "fd00:0:0:1::", "fd00::f-fd00:0:0:1::" },
	};
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "10.1.0.9-", NULL },
		{ "-10.1.0.9", NULL },
		{ "10.1.0.1-2", NULL },
		{ "10.1.0.1-10.1.0.2-10.1.0.3", NULL },
		{ "10.1.0.0/33", NULL },
		{ "ten", NULL },
		{ "10.1.0.9-10.1.0.8",
		  "10.1.0.9-10.1.0.8: the second address is below the first one" },
		{ "10.1.0.9-fd00::1", "10.1.0.9-fd00::1: the two addresses are not of one family" },
		{ "10.1.0.9/24", "10.1.0.9/24 has host bits set; did you mean 10.1.0.0/24?" },
	};
	char text[IP_RANGE_TEXT_MAX];
	struct ip_range r;
	struct err err;

	(void)state;
	for (size_t i = 0; i < array_size(good); i++) {
		assert_int_equal(ip_range_parse(good[i].text, &r, &err), 0);
		expect_addr(&r.first, good[i].first);
		expect_addr(&r.last, good[i].last);
		assert_string_equal(ip_range_format(&r, text, sizeof(text)), good[i].again);
	}
	for (size_t i = 0; i < array_size(bad); i++) {
		snprintf(
			text, sizeof(text),
			"%s: expected an address, a prefix or a range, as in 10.1.0.100-10.1.0.200",
			bad[i].text);
		assert_int_equal(ip_range_parse(bad[i].text, &r, &err), -EINVAL);
		assert_string_equal(err.text, bad[i].words ? bad[i].words : text);
	}
}

static void counting(void **state)
{
	struct ip_addr a = addr("10.1.255.255"), last = addr("255.255.255.255"),
		       six = addr("fd00::ffff:ffff");

	(void)state;
	assert_true(ip_addr_step(&a));
	expect_addr(&a, "10.2.0.0");
	assert_true(ip_addr_step(&six));
	expect_addr(&six, "fd00::1:0:0");
	assert_false(ip_addr_step(&last));
	expect_addr(&last, "255.255.255.255");
}

/* --- Choosing --- */

static void add_range(struct ip_range_list *list, const char *text)
{
	struct ip_range r;

	assert_int_equal(ip_range_parse(text, &r, NULL), 0);
	assert_int_equal(ip_range_list_add(list, &r), 0);
}

static void hold(struct pool *p, const char *address)
{
	const struct ip_addr a = addr(address);

	assert_int_equal(pool_take(p, &a, "/proc/self", NULL), 0);
}

/* Choose, and take it. */
static void expect_choice(struct pool *p, const struct pool_rule *rule, const char *expected)
{
	struct ip_addr out;
	struct err err;

	if (pool_choose(p, rule, &out, &err) < 0)
		fail_msg("%s", err.text);
	expect_addr(&out, expected);
	assert_int_equal(pool_take(p, &out, "/proc/self", NULL), 0);
	p->last = out;
}

static void round_robin(void **state)
{
	struct pool p = { .subnet = prefix("10.1.0.0/24") };
	struct pool_rule rule = { 0 };
	struct ip_addr out;
	struct err err;

	(void)state;
	/* In no order, one range inside another. */
	add_range(&rule.ranges, "10.1.0.20-10.1.0.22");
	add_range(&rule.ranges, "10.1.0.4-10.1.0.6");
	add_range(&rule.ranges, "10.1.0.5");
	add_range(&rule.exclude, "10.1.0.21");
	add_range(&rule.exclude, "10.1.0.0/30");
	hold(&p, "10.1.0.5");
	expect_choice(&p, &rule, "10.1.0.4");
	expect_choice(&p, &rule, "10.1.0.6");
	expect_choice(&p, &rule, "10.1.0.20");
	expect_choice(&p, &rule, "10.1.0.22");
	assert_int_equal(pool_choose(&p, &rule, &out, &err), -EADDRNOTAVAIL);
	assert_string_equal(err.text, "subnet 10.1.0.0/24: no address is left (5 are reserved)");
	/* The one that was given back just now comes last. */
	out = addr("10.1.0.22");
	assert_true(pool_give_back(&p, &out, "/proc/self"));
	out = addr("10.1.0.4");
	assert_true(pool_give_back(&p, &out, "/proc/self"));
	assert_false(pool_give_back(&p, &out, "/proc/self"));
	out = addr("10.1.0.6");
	assert_false(pool_give_back(&p, &out, "/proc/1"));
	expect_choice(&p, &rule, "10.1.0.4");
	expect_choice(&p, &rule, "10.1.0.22");
	assert_int_equal(pool_choose(&p, &rule, &out, &err), -EADDRNOTAVAIL);
	pool_release(&p);
	pool_rule_release(&rule);
}

/* Up to the very end of all addresses. */
static void edges(void **state)
{
	struct pool p = { .subnet = prefix("255.255.255.254/31") };
	struct pool_rule rule = { 0 };
	struct ip_addr out;

	(void)state;
	add_range(&rule.ranges, "255.255.255.254/31");
	expect_choice(&p, &rule, "255.255.255.254");
	expect_choice(&p, &rule, "255.255.255.255");
	assert_int_equal(pool_choose(&p, &rule, &out, NULL), -EADDRNOTAVAIL);
	assert_true(pool_rule_any(&rule));
	add_range(&rule.exclude, "255.255.255.255");
	assert_true(pool_rule_any(&rule));
	add_range(&rule.exclude, "255.0.0.0/8");
	assert_false(pool_rule_any(&rule));
	pool_release(&p);
	pool_rule_release(&rule);
}

static void six(void **state)
{
	struct pool p = { .subnet = prefix("fd00::/64") };
	struct pool_rule rule = { 0 };

	(void)state;
	add_range(&rule.ranges, "fd00::/64");
	/* All but the last few of 2^64. */
	add_range(&rule.exclude, "fd00::-fd00::ffff:ffff:ffff:fffc");
	expect_choice(&p, &rule, "fd00::ffff:ffff:ffff:fffd");
	expect_choice(&p, &rule, "fd00::ffff:ffff:ffff:fffe");
	expect_choice(&p, &rule, "fd00::ffff:ffff:ffff:ffff");
	pool_release(&p);
	pool_rule_release(&rule);
}

/* A /16, full but for one in its middle: found, and in no time. */
static void large(void **state)
{
	struct pool p = { .subnet = prefix("10.2.0.0/16") };
	struct pool_rule rule = { 0 };
	struct ip_addr a = addr("10.2.0.0");
	clock_t begin;

	(void)state;
	add_range(&rule.ranges, "10.2.0.0/16");
	p.holders = calloc(65535, sizeof(*p.holders));
	for (size_t i = 0; i < 65536; i++, ip_addr_step(&a))
		if (i != 40000)
			p.holders[p.count++] =
				(struct pool_holder){ .address = a, .claim = strdup("/proc/self") };
	p.last = addr("10.2.200.0");
	begin = clock();
	expect_choice(&p, &rule, "10.2.156.64");
	assert_true(clock() - begin < CLOCKS_PER_SEC);
	assert_int_equal(p.count, 65536);
	pool_release(&p);
	pool_rule_release(&rule);
}

/* --- Holders --- */

struct box {
	char dir[64];
	struct scope scope, other;
};

static void start_scope(struct box *b, struct scope *s, const char *id)
{
	_cleanup_free_ char *run_dir = str_format("%s/%s", b->dir, id);
	_cleanup_free_ char *shared = str_format("%s/shared", b->dir);

	assert_int_equal(mkdir(run_dir, 0700), 0);
	assert_int_equal(scope_init(s, id, run_dir, shared, NULL), 0);
}

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	snprintf(b->dir, sizeof(b->dir), "/tmp/ctrnet-test-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	start_scope(b, &b->scope, "one");
	start_scope(b, &b->other, "two");
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;

	scope_release(&b->scope);
	scope_release(&b->other);
	file_remove_tree(AT_FDCWD, b->dir, NULL);
	free(b);
	return 0;
}

static void dead_holders(void **state)
{
	struct box *b = *state;
	struct pool p = { .subnet = prefix("10.1.0.0/24") };
	const struct ip_addr two = addr("10.1.0.2"), three = addr("10.1.0.3");
	struct pool_rule rule = { 0 };
	struct err err;

	add_range(&rule.ranges, "10.1.0.2-10.1.0.4");
	assert_int_equal(pool_take(&p, &two, b->scope.run_dir, NULL), 0);
	assert_int_equal(pool_take(&p, &three, b->other.run_dir, NULL), 0);
	assert_int_equal(reserve_check(&p, &two, b->scope.run_dir, &err), 0);
	assert_int_equal(reserve_check(&p, &two, b->other.run_dir, &err), -EEXIST);
	assert_string_equal(err.text, "10.1.0.2 is reserved by container 'one'");
	assert_int_equal(rmdir(b->scope.run_dir), 0);
	assert_int_equal(reserve_check(&p, &two, b->other.run_dir, &err), 0);
	/* It is not used again as long as there is another. */
	expect_choice(&p, &rule, "10.1.0.4");
	expect_choice(&p, &rule, "10.1.0.2");
	assert_int_equal(p.count, 3);
	/* Who goes takes along the dead. */
	assert_true(pool_give_back(&p, &two, "/proc/self"));
	assert_int_equal(rmdir(b->other.run_dir), 0);
	assert_int_equal(pool_drop_dead(&p), 1);
	assert_null(pool_find(&p, &three));
	pool_release(&p);
	pool_rule_release(&rule);
}

/* --- On disk --- */

static void write_pool(struct box *b, struct pool *p)
{
	struct pool_dir d;

	assert_int_equal(pool_lock(&b->scope, true, &d, NULL), 0);
	assert_int_equal(pool_write(&d, p, NULL), 0);
	pool_unlock(&d);
}

static char *pool_path(const struct box *b, const char *name)
{
	return str_format("%s/shared.pools/%s", b->dir, name);
}

static void record(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *four = pool_path(b, "10.1.0.0_24.pool");
	_cleanup_free_ char *long_one = pool_path(b, "fd00::_64.pool");
	_cleanup_free_ char *dir = pool_path(b, "");
	struct pool p = { .subnet = prefix("10.1.0.0/24"), .last = addr("10.1.0.9") };
	struct pool q = { .subnet = prefix("fd00::/64") }, again;
	const struct ip_addr two = addr("10.1.0.2"), nine = addr("10.1.0.9"), x = addr("fd00::2");

	pool_take(&p, &nine, b->scope.run_dir, NULL);
	pool_take(&p, &two, b->other.run_dir, NULL);
	pool_take(&q, &x, b->other.run_dir, NULL);
	write_pool(b, &p);
	write_pool(b, &q);
	assert_int_equal(access(four, F_OK), 0);
	assert_int_equal(access(long_one, F_OK), 0);
	assert_int_equal(pool_peek(&b->other, &p.subnet, &again, NULL), 0);
	assert_int_equal(again.count, 2);
	expect_addr(&again.last, "10.1.0.9");
	expect_addr(&again.holders[0].address, "10.1.0.2");
	assert_true(claim_is(again.holders[0].claim, b->other.run_dir));
	assert_true(claim_is(again.holders[1].claim, b->scope.run_dir));
	pool_release(&again);
	/* The files go with their last holders, and the directory with the last file. */
	pool_give_back(&p, &nine, b->scope.run_dir);
	pool_give_back(&p, &two, b->other.run_dir);
	pool_give_back(&q, &x, b->other.run_dir);
	write_pool(b, &p);
	assert_int_equal(access(four, F_OK), -1);
	assert_int_equal(access(dir, F_OK), 0);
	write_pool(b, &q);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(pool_peek(&b->other, &p.subnet, &again, NULL), 0);
	assert_int_equal(again.count, 0);
	pool_release(&p);
	pool_release(&q);
}

static void put_file(const char *path, const char *text, size_t len)
{
	assert_int_equal(file_replace(AT_FDCWD, path, text, len, 0600, NULL), 0);
}

/* Read, change by @take or give back, write. */
static void change(struct box *b, const char *address, bool take)
{
	const struct ip_prefix subnet = prefix("10.1.0.0/24");
	const struct ip_addr a = addr(address);
	struct pool_dir d;
	struct pool p;

	assert_int_equal(pool_lock(&b->scope, true, &d, NULL), 0);
	assert_int_equal(pool_read(&d, &subnet, &p, NULL), 0);
	if (take)
		assert_int_equal(pool_take(&p, &a, b->scope.run_dir, NULL), 0);
	else
		assert_true(pool_give_back(&p, &a, b->scope.run_dir));
	if (take)
		p.last = a;
	assert_int_equal(pool_write(&d, &p, NULL), 0);
	pool_release(&p);
	pool_unlock(&d);
}

static void expect_held(struct box *b, const char *last, const char *first, size_t count)
{
	const struct ip_prefix subnet = prefix("10.1.0.0/24");
	struct pool p;
	struct err err = { 0 };

	if (pool_peek(&b->other, &subnet, &p, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(p.count, count);
	expect_addr(&p.last, last);
	expect_addr(&p.holders[0].address, first);
	for (size_t i = 0; i < p.count; i++)
		assert_true(claim_is(p.holders[i].claim, b->scope.run_dir));
	pool_release(&p);
}

/* A change adds a line, whatever there is; what was cut short behind what is said to be there was never written. */
static void added(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *path = pool_path(b, "10.1.0.0_24.pool");
	_cleanup_free_ char *text = NULL, *longer = NULL;
	struct stat before, after;
	size_t len;

	change(b, "10.1.0.9", true);
	assert_int_equal(stat(path, &before), 0);
	change(b, "10.1.0.3", true);
	change(b, "10.1.0.4", true);
	change(b, "10.1.0.9", false);
	change(b, "10.1.0.3", true);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	expect_held(b, "10.1.0.3", "10.1.0.3", 2);
	assert_int_equal(file_read(AT_FDCWD, path, 65536, &text, &len, NULL), 0);
	longer = str_format("%s+10.1.0.7 /run/ctr", text);
	put_file(path, longer, strlen(longer));
	expect_held(b, "10.1.0.3", "10.1.0.3", 2);
	change(b, "10.1.0.8", true);
	expect_held(b, "10.1.0.8", "10.1.0.3", 3);
	/* Lines that say nothing any more do not stay for ever. */
	for (int i = 0; i < 200; i++)
		change(b, "10.1.0.2", i % 2 == 0);
	assert_int_equal(stat(path, &after), 0);
	assert_true(after.st_size < 10000);
	expect_held(b, "10.1.0.2", "10.1.0.3", 3);
}

/* A path may hold anything. */
static void odd_path(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *dir = str_format("%s/a\n\\ +b", b->dir);
	_cleanup_free_ char *run_dir = str_format("%s/one", dir);
	const struct ip_addr two = addr("10.1.0.2");
	struct pool p = { .subnet = prefix("10.1.0.0/24") }, again;

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(run_dir, 0700), 0);
	pool_take(&p, &two, run_dir, NULL);
	write_pool(b, &p);
	assert_int_equal(pool_peek(&b->scope, &p.subnet, &again, NULL), 0);
	assert_int_equal(again.count, 1);
	assert_true(claim_is(again.holders[0].claim, run_dir));
	pool_release(&again);
	pool_release(&p);
}

/* What can still be told of a file that is not as it was written. */
static void expect_broken(struct box *b, const char *words, size_t count)
{
	const struct ip_prefix subnet = prefix("10.1.0.0/24");
	_cleanup_free_ char *all = str_format("%s/shared.pools/10.1.0.0_24.pool%s", b->dir, words);
	struct pool p;
	struct err err;

	assert_true(pool_peek(&b->scope, &subnet, &p, &err) < 0);
	assert_memory_equal(err.text, all, strlen(all));
	assert_int_equal(p.count, count);
	pool_release(&p);
}

static void broken(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *path = pool_path(b, "10.1.0.0_24.pool");
	_cleanup_free_ char *other = pool_path(b, "10.2.0.0_24.pool");
	_cleanup_free_ char *good = NULL, *edited = NULL;
	struct pool p = { .subnet = prefix("10.1.0.0/24") };
	struct err err;
	size_t len;

	for (struct ip_addr a = addr("10.1.0.2"); p.count < 3; ip_addr_step(&a))
		pool_take(&p, &a, b->scope.run_dir, NULL);
	write_pool(b, &p);
	assert_int_equal(file_read(AT_FDCWD, path, 65536, &good, &len, NULL), 0);
	put_file(path, good, len - 10);
	expect_broken(b, ": was cut off", 2);
	put_file(path, good, 20);
	expect_broken(b, ": does not begin as ctrnet's pools do", 0);
	put_file(path, "", 0);
	expect_broken(b, ":", 0);
	put_file(path, "[]", 2);
	expect_broken(b, ":", 0);
	edited = strdup(good);
	memcpy(strstr(edited, "10.1.0.4"), "10.1.9.4", 8);
	put_file(path, edited, len);
	expect_broken(b, ": was changed by somebody else than ctrnet: its checksum is wrong", 2);
	memcpy(strstr(edited, "10.1.9.4"), "10.1.0.3", 8);
	put_file(path, edited, len);
	expect_broken(b, ": was changed by somebody else than ctrnet: its checksum is wrong", 2);
	put_file(other, good, len);
	pool_release(&p);
	{
		const struct ip_prefix subnet = prefix("10.2.0.0/24");

		assert_true(pool_peek(&b->scope, &subnet, &p, &err) < 0);
		assert_non_null(
			strstr(err.text, ": is of '10.1.0.0_24.pool', not of '10.2.0.0_24.pool'"));
		assert_int_equal(p.count, 0);
	}
	pool_release(&p);
}

static void tell(void *arg, const char *name, const char *why)
{
	size_t len = strlen(arg);

	snprintf((char *)arg + len, 1024 - len, "[%s%s%s]", name, why ? " " : "", why ? why : "");
}

/* Three pools: of a living and a dead one, of a dead one alone, and one that is broken. */
static void sweep(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *gone = pool_path(b, "10.2.0.0_24.pool");
	_cleanup_free_ char *bad = pool_path(b, "10.3.0.0_24.pool");
	struct pool p = { .subnet = prefix("10.1.0.0/24") },
		    q = { .subnet = prefix("10.2.0.0/24") };
	const struct ip_addr two = addr("10.1.0.2"), three = addr("10.1.0.3"),
			     other = addr("10.2.0.2");
	char told[1024] = "";
	struct err err;

	assert_int_equal(pool_sweep(&b->scope, false, tell, told, &err), 0);
	assert_string_equal(told, "");
	pool_take(&p, &two, b->scope.run_dir, NULL);
	pool_take(&p, &three, b->other.run_dir, NULL);
	pool_take(&q, &other, b->other.run_dir, NULL);
	write_pool(b, &p);
	write_pool(b, &q);
	put_file(bad, "{}", 2);
	assert_int_equal(rmdir(b->other.run_dir), 0);
	for (int dry_run = 1; dry_run >= 0; dry_run--) {
		*told = '\0';
		assert_int_equal(access(gone, F_OK), 0);
		assert_int_equal(pool_sweep(&b->scope, dry_run, tell, told, &err), 0);
		assert_non_null(strstr(told, "[10.1.0.3 of 10.1.0.0/24]"));
		assert_non_null(strstr(told, "[10.2.0.2 of 10.2.0.0/24]"));
		assert_non_null(strstr(told, "[10.3.0.0/24 "));
		assert_null(strstr(told, "10.1.0.2"));
	}
	assert_int_equal(access(gone, F_OK), -1);
	assert_int_equal(access(bad, F_OK), 0);
	pool_release(&p);
	assert_int_equal(pool_peek(&b->scope, &q.subnet, &p, NULL), 0);
	assert_int_equal(p.count, 0);
	q.subnet = prefix("10.1.0.0/24");
	assert_int_equal(pool_peek(&b->scope, &q.subnet, &p, NULL), 0);
	assert_int_equal(p.count, 1);
	pool_release(&p);
	pool_release(&q);
}

static int count_subnet(void *arg, const struct ip_prefix *subnet)
{
	(void)subnet;
	++*(int *)arg;
	return 0;
}

static void other_files(void **state)
{
	struct box *b = *state;
	static const char *const names[] = {
		"10.1.0.0_24.pool.new", "10.1.0.5_24.pool", "10.1.0.0_024.pool",  "10.1.0.0.pool",
		"10.1.0.0_33.pool",     "_.pool",           "fd00:0:0::_64.pool", ".pool",
	};
	struct pool_dir d;
	int count = 0;

	assert_int_equal(pool_lock(&b->scope, true, &d, NULL), 0);
	for (size_t i = 0; i < array_size(names); i++)
		assert_int_equal(file_replace(d.fd, names[i], "x", 1, 0600, NULL), 0);
	assert_int_equal(file_replace(d.fd, "fd00::_64.pool", "x", 1, 0600, NULL), 0);
	pool_unlock(&d);
	assert_int_equal(pool_each(&b->scope, count_subnet, &count), 0);
	assert_int_equal(count, 1);
}

/* --- The step --- */

static void add_step(struct plan *plan, const char *address, bool chosen)
{
	const struct reserve_args args = { prefix("10.1.0.0/24"), addr(address), chosen };
	const struct step where = { .origin = (char *)"networks[0] (eth0)" };

	assert_int_equal(plan_add(plan, &addr_reserve_step, &where, &args, NULL), 0);
}

/* Apply, probe and undo, with the lock kept from before or not. */
static void step(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *dir = pool_path(b, "");
	struct plan one = { 0 }, two = { 0 };
	struct pool_dir d;
	struct err err;

	add_step(&one, "10.1.0.2", true);
	add_step(&one, "10.1.0.3", false);
	add_step(&two, "10.1.0.9", false);
	add_step(&two, "10.1.0.3", false);
	assert_int_equal(plan_probe(&one, &b->scope, NULL, NULL, NULL, NULL), -ESTALE);
	assert_int_equal(pool_lock(&b->scope, true, &d, NULL), 0);
	assert_int_equal(pool_hold(&b->scope, &d, NULL), 0);
	assert_int_equal(plan_apply(&one, PHASE_PREPARE, &b->scope, NULL, NULL, NULL), 0);
	assert_int_equal(plan_probe(&one, &b->scope, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(plan_apply(&two, PHASE_PREPARE, &b->other, NULL, NULL, &err), -EEXIST);
	assert_string_equal(err.text,
			    "networks[0] (eth0): 10.1.0.3 is reserved by container 'one'");
	assert_int_equal(plan_probe(&two, &b->other, NULL, NULL, NULL, NULL), -ESTALE);
	assert_int_equal(plan_revert(&two, &b->other, NULL, NULL), 0);
	/* Nothing of the first one's went with it. */
	assert_int_equal(plan_probe(&one, &b->scope, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(plan_revert(&one, &b->scope, NULL, NULL), 0);
	assert_int_equal(plan_revert(&one, &b->scope, NULL, NULL), 0);
	assert_int_equal(access(dir, F_OK), -1);
	plan_release(&one);
	plan_release(&two);
}

/* A lock that is kept and never used: given back, and the directory with it. */
static void kept_lock(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *dir = pool_path(b, "");
	struct scope s = { 0 };
	struct pool_dir d;

	assert_int_equal(scope_init(&s, "one", b->scope.run_dir, b->scope.shared_dir, NULL), 0);
	assert_int_equal(pool_lock(&s, true, &d, NULL), 0);
	assert_int_equal(pool_hold(&s, &d, NULL), 0);
	assert_int_equal(access(dir, F_OK), 0);
	scope_release(&s);
	assert_int_equal(access(dir, F_OK), -1);
	/* As a killed one leaves it. */
	assert_int_equal(mkdir(dir, 0700), 0);
	pool_tidy(&b->scope);
	assert_int_equal(access(dir, F_OK), -1);
	pool_tidy(&b->scope);
}

static void insist(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *path = pool_path(b, "10.1.0.0_24.pool");
	struct plan one = { 0 }, two = { 0 }, salvaged = { 0 };
	_cleanup_free_ char *text = NULL;
	struct err err;
	size_t len;

	add_step(&one, "10.1.0.3", true);
	add_step(&two, "10.1.0.2", true);
	/* What is cut off is the last one's. */
	assert_int_equal(plan_apply(&two, PHASE_PREPARE, &b->other, NULL, NULL, NULL), 0);
	assert_int_equal(plan_apply(&one, PHASE_PREPARE, &b->scope, NULL, NULL, NULL), 0);
	assert_int_equal(reserve_salvage(&b->scope, &salvaged, NULL), 0);
	assert_int_equal(salvaged.count, 1);
	plan_release(&salvaged);
	assert_int_equal(file_read(AT_FDCWD, path, 65536, &text, &len, NULL), 0);
	put_file(path, text, len - 5);
	assert_true(plan_revert(&one, &b->scope, NULL, &err) < 0);
	assert_non_null(strstr(err.text, "10.1.0.0_24.pool: was cut off"));
	/* Without the journal: what is ours of it, and that it is to be mended. */
	assert_int_equal(reserve_salvage(&b->scope, &salvaged, NULL), 0);
	assert_int_equal(salvaged.count, 1);
	b->scope.force = true;
	assert_int_equal(plan_revert(&salvaged, &b->scope, NULL, &err), 0);
	/* What was legible stays: the other one's. */
	assert_int_equal(plan_probe(&two, &b->other, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(plan_revert(&two, &b->other, NULL, &err), 0);
	plan_release(&one);
	plan_release(&two);
	plan_release(&salvaged);
}

/* --- Declarations --- */

static const struct json_field config_fields[] = {
	JSON_ARRAY(struct net_config, "networks", networks, network_count, &network_schema),
	JSON_ARRAY(struct net_config, "routes", routes, route_count, &net_route_schema), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct net_config, config_fields);

#define VETH(keys)  "{\"networks\":[{\"type\":\"veth\"," keys "}]}"
#define SUBNET(net) VETH("\"subnet\":\"" net "\"")
#define IN(keys)    VETH("\"subnet\":[\"10.1.0.0/24\",\"fd00::/64\"]," keys)

static const struct {
	const char *config, *text;
} configs[] = {
	{ SUBNET("10.1.0.0/24"), NULL },
	{ SUBNET("10.1.0.0/31"), NULL },
	{ SUBNET("10.1.0.0"),
	  "c:1:38: networks[0].subnet: 10.1.0.0: expected ADDRESS/PREFIX, as in 172.17.0.2/16" },
	{ SUBNET("10.1.0.5/24"),
	  "c:1:38: networks[0].subnet: 10.1.0.5/24 has host bits set; did you mean 10.1.0.0/24?" },
	{ SUBNET("10.1.0.5/32"), "networks[0]: subnet: 10.1.0.5/32 is too small (at most /31)" },
	{ SUBNET("fd00::1/128"), "networks[0]: subnet: fd00::1/128 is too small (at most /127)" },
	{ SUBNET("224.0.0.0/24"),
	  "networks[0]: subnet: no interface has addresses of 224.0.0.0/24" },
	{ SUBNET("0.0.0.0/0"), "networks[0]: subnet: no interface has addresses of 0.0.0.0/0" },
	{ SUBNET("127.0.0.0/8"), "networks[0]: subnet: no interface has addresses of 127.0.0.0/8" },
	{ VETH("\"subnet\":[\"10.1.0.0/24\",\"10.1.0.0/16\"]"),
	  "networks[0]: subnet: 10.1.0.0/24 and 10.1.0.0/16 overlap" },
	{ VETH("\"subnet\":[\"10.1.0.0/24\"]},{\"type\":\"veth\",\"subnet\":\"10.0.0.0/8\""),
	  "networks[0] and networks[1]: subnets 10.1.0.0/24 and 10.0.0.0/8 overlap" },
	{ "{\"networks\":[{\"type\":\"loopback\",\"subnet\":\"10.1.0.0/24\"}]}",
	  "networks[0]: subnet: a loopback has no address to be chosen" },
	{ IN("\"address\":\"10.1.0.5/24\",\"ipv6_address\":\"fd00::5/64\",\"addresses\":[\"10.1.0.6/24\"]"),
	  NULL },
	{ IN("\"address\":\"10.2.0.5/24\""),
	  "networks[0]: address: 10.2.0.5 is in none of its subnets (10.1.0.0/24)" },
	{ IN("\"addresses\":[\"fd01::5/64\"]"),
	  "networks[0]: addresses: fd01::5 is in none of its subnets (fd00::/64)" },
	{ IN("\"address\":\"10.1.0.5/16\""),
	  "networks[0]: address: 10.1.0.5/16 has not the prefix length of its subnet 10.1.0.0/24" },
	{ IN("\"address\":\"10.1.0.0/24\""),
	  "networks[0]: address: 10.1.0.0 is the network address of subnet 10.1.0.0/24" },
	{ IN("\"address\":\"10.1.0.255/24\""),
	  "networks[0]: address: 10.1.0.255 is the broadcast address of subnet 10.1.0.0/24" },
	{ IN("\"ipv6_address\":\"fd00::/64\""),
	  "networks[0]: ipv6_address: fd00:: is the anycast address of subnet fd00::/64" },
	{ IN("\"address\":\"10.1.0.1/24\""), NULL },
	{ IN("\"address\":\"10.1.0.1/24\",\"bridge\":\"br0\""),
	  "networks[0]: address: 10.1.0.1 is the gateway's in subnet 10.1.0.0/24" },
	{ IN("\"address\":\"10.1.0.1/24\",\"bridge\":\"br0\",\"gateway\":\"10.1.0.9\""), NULL },
	{ IN("\"address\":\"10.1.0.9/24\",\"gateway\":\"10.1.0.9\""),
	  "networks[0]: address: 10.1.0.9 is the gateway's in subnet 10.1.0.0/24" },
	{ IN("\"address\":\"10.1.0.9/24\",\"host_address\":\"10.1.0.9/24\""),
	  "networks[0]: address: 10.1.0.9 is the gateway's in subnet 10.1.0.0/24" },
	{ IN("\"gateway\":\"10.2.0.1\""),
	  "networks[0]: gateway: 10.2.0.1 is in none of its subnets (10.1.0.0/24)" },
	{ IN("\"ipv6_gateway\":\"fd01::1\""),
	  "networks[0]: ipv6_gateway: fd01::1 is in none of its subnets (fd00::/64)" },
	{ IN("\"gateway\":\"10.1.0.255\""),
	  "networks[0]: gateway: 10.1.0.255 is the broadcast address of subnet 10.1.0.0/24" },
	{ VETH("\"ranges\":\"10.1.0.5\""),
	  "networks[0]: ranges: there is no subnet to choose from" },
	{ VETH("\"exclude\":\"10.1.0.5\""),
	  "networks[0]: exclude: there is no subnet to choose from" },
	{ IN("\"ranges\":[\"10.1.0.5\",\"10.1.0.250-10.1.1.5\"]"),
	  "networks[0]: ranges: 10.1.0.250-10.1.1.5 is in none of its subnets (10.1.0.0/24)" },
	{ VETH("\"subnet\":\"10.1.0.0/24\",\"ranges\":[\"fd00::5\"]"),
	  "networks[0]: ranges: fd00::5: there is no IPv6 subnet" },
	{ IN("\"exclude\":[\"10.0.0.0/8\"]"),
	  "networks[0]: subnet: 10.1.0.0/24 has no address besides its gateway's and what is excluded" },
	{ IN("\"exclude\":[\"10.0.0.0/8\"],\"address\":\"10.1.0.9/24\""), NULL },
	{ IN("\"exclude\":[\"10.2.0.0/16\"]"),
	  "networks[0]: exclude: 10.2.0.0/16 is in none of its subnets (10.1.0.0/24)" },
	{ IN("\"mtu\":1000"), "networks[0]: mtu: IPv6 needs at least 1280, and here it is 1000" },
};

static int load(const char *text, struct net_config *c, struct err *err)
{
	int ret = json_decode(&schema, c, text, strlen(text), "c", err);

	return ret == 0 ? net_check(c, err) : ret;
}

static void words(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(configs); i++) {
		struct net_config c = { 0 };
		struct err err = { 0 };
		int ret = load(configs[i].config, &c, &err);

		if (configs[i].text)
			assert_string_equal(err.text, configs[i].text);
		else if (ret < 0)
			fail_msg("%s: %s", configs[i].config, err.text);
		json_release(&schema, &c);
	}
}

/* Which is the gateway, and what is the first one to be chosen. */
static void gateways(void **state)
{
	static const struct {
		const char *keys, *gateway, *first;
	} rows[] = {
		{ "\"subnet\":\"10.1.0.0/24\"", "10.1.0.1", "10.1.0.2" },
		{ "\"subnet\":\"10.1.0.0/31\"", "10.1.0.0", "10.1.0.1" },
		{ "\"subnet\":\"fd00::/64\"", "fd00::1", "fd00::2" },
		{ "\"subnet\":\"fd00::/127\"", "fd00::", "fd00::1" },
		{ "\"subnet\":\"10.1.0.0/24\",\"gateway\":\"10.1.0.3\"", "10.1.0.3", "10.1.0.1" },
		{ "\"subnet\":\"10.1.0.0/24\",\"host_address\":[\"10.9.0.1/24\",\"10.1.0.9/24\"]",
		  "10.1.0.9", "10.1.0.1" },
		{ "\"subnet\":\"10.1.0.0/24\",\"bridge\":\"b\",\"bridge_address\":[\"10.1.0.1/24\",\"10.1.0.2/24\"]",
		  "10.1.0.1", "10.1.0.3" },
		{ "\"subnet\":\"10.1.0.0/24\",\"ranges\":\"10.1.0.1-10.1.0.9\",\"exclude\":\"10.1.0.0/29\"",
		  "10.1.0.1", "10.1.0.8" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_free_ char *text = str_format(VETH("%s"), rows[i].keys);
		struct net_config c = { 0 };
		struct pool_rule rule = { 0 };
		struct pool p = { 0 };
		struct ip_addr gateway;
		struct err err;

		if (load(text, &c, &err) < 0)
			fail_msg("%s", err.text);
		gateway = ipam_gateway(&c.networks[0], 0);
		expect_addr(&gateway, rows[i].gateway);
		assert_int_equal(ipam_rule(&c.networks[0], 0, &rule, &err), 0);
		p.subnet = c.networks[0].subnets.items[0];
		expect_choice(&p, &rule, rows[i].first);
		pool_release(&p);
		pool_rule_release(&rule);
		json_release(&schema, &c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(range_texts),
		cmocka_unit_test(counting),
		cmocka_unit_test(round_robin),
		cmocka_unit_test(edges),
		cmocka_unit_test(six),
		cmocka_unit_test(large),
		cmocka_unit_test_setup_teardown(dead_holders, setup, teardown),
		cmocka_unit_test_setup_teardown(record, setup, teardown),
		cmocka_unit_test_setup_teardown(added, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_path, setup, teardown),
		cmocka_unit_test_setup_teardown(broken, setup, teardown),
		cmocka_unit_test_setup_teardown(sweep, setup, teardown),
		cmocka_unit_test_setup_teardown(other_files, setup, teardown),
		cmocka_unit_test_setup_teardown(step, setup, teardown),
		cmocka_unit_test_setup_teardown(kept_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(insist, setup, teardown),
		cmocka_unit_test(words),
		cmocka_unit_test(gateways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
