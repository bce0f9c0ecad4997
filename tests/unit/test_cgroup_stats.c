// SPDX-License-Identifier: Apache-2.0
/* Statistics out of files like the kernel's, in a directory that is none of its. */
#include "cgroup/stats.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A place with one directory for each v1 controller, or one for v2, below a directory of our own. */
struct tree {
	char top[32];
	struct cgroup_dir dirs[8];
	struct cgroup_place place;
	struct cgroup_stats stats;
	struct err err;
};

static void add_dir(struct tree *t, const char *controllers, bool v2)
{
	struct cgroup_dir *d = &t->dirs[t->place.count++];

	d->controllers = strdup(controllers);
	d->path = str_format("%s/%s%s", t->top, controllers, v2 ? "unified" : "");
	d->v2 = v2;
	assert_int_equal(mkdir(d->path, 0700), 0);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	strcpy(t->top, "/tmp/ctrnet-test-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	t->place.dirs = t->dirs;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tree *t = *state;

	cgroup_stats_release(&t->stats);
	for (size_t i = 0; i < t->place.count; i++) {
		free(t->dirs[i].controllers);
		free(t->dirs[i].path);
	}
	file_remove_tree(AT_FDCWD, t->top, NULL);
	free(t);
	return 0;
}

static int setup_v1(void **state)
{
	static const char *const names[] = { "cpu,cpuacct", "memory", "pids", "blkio", "hugetlb" };

	setup(state);
	for (size_t i = 0; i < array_size(names); i++)
		add_dir(*state, names[i], false);
	return 0;
}

static int setup_v2(void **state)
{
	setup(state);
	add_dir(*state, "", true);
	return 0;
}

/* Of the @i-th directory. */
static void put(struct tree *t, size_t i, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", t->dirs[i].path, file);

	assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text), 0600, NULL), 0);
}

enum { CPU, MEMORY, PIDS, BLKIO, HUGETLB };

static void read_all(struct tree *t)
{
	cgroup_stats_release(&t->stats);
	if (cgroup_stats_read(&t->place, &t->stats, &t->err) < 0)
		fail_msg("%s", t->err.text);
}

static void read_bad(struct tree *t, int code, const char *fmt, const char *path)
{
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, "%s%s", path, fmt) > 0);
	assert_int_equal(cgroup_stats_read(&t->place, &t->stats, &t->err), code);
	assert_string_equal(t->err.text, text);
}

static void assert_count(const struct cgroup_count *count, uint64_t value)
{
	assert_true(count->known);
	assert_true(count->value == value);
}

static void test_v1_cpu(void **state)
{
	struct tree *t = *state;

	put(t, CPU, "cpuacct.usage", "23456789012345\n");
	put(t, CPU, "cpuacct.usage_percpu", "11 0 22 \n");
	put(t, CPU, "cpuacct.stat", "user 250\nsystem 3\n");
	put(t, CPU, "cpu.stat", "nr_periods 7\nnr_throttled 2\nthrottled_time 99\n");
	read_all(t);
	assert_count(&t->stats.cpu.usage, 23456789012345);
	assert_count(&t->stats.cpu.user, 2500000000); /* USER_HZ is 100 */
	assert_count(&t->stats.cpu.system, 30000000);
	assert_int_equal(t->stats.cpu.per_cpu.count, 3);
	assert_int_equal(t->stats.cpu.per_cpu.items[0], 11);
	assert_int_equal(t->stats.cpu.per_cpu.items[1], 0);
	assert_int_equal(t->stats.cpu.per_cpu.items[2], 22);
	assert_count(&t->stats.cpu.periods, 7);
	assert_count(&t->stats.cpu.throttled_periods, 2);
	assert_count(&t->stats.cpu.throttled_time, 99);
	assert_false(t->stats.cpu.pressure.some.avg10.known);
}

static void test_v1_memory(void **state)
{
	struct tree *t = *state;

	put(t, MEMORY, "memory.usage_in_bytes", "4096\n");
	put(t, MEMORY, "memory.max_usage_in_bytes", "8192\n");
	put(t, MEMORY, "memory.limit_in_bytes", "9223372036854771712\n");
	put(t, MEMORY, "memory.failcnt", "0\n");
	put(t, MEMORY, "memory.memsw.usage_in_bytes", "5000\n");
	put(t, MEMORY, "memory.memsw.limit_in_bytes", "52428800\n");
	put(t, MEMORY, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
	put(t, MEMORY, "memory.stat",
	    "cache 10\nrss -4096\ntotal_cache 20\ntotal_swap 30\ntotal_rss 40\n");
	read_all(t);
	assert_count(&t->stats.memory.use.usage, 4096);
	assert_count(&t->stats.memory.use.max, 8192);
	assert_count(&t->stats.memory.use.limit, CGROUP_UNLIMITED);
	assert_count(&t->stats.memory.use.failcnt, 0);
	assert_count(&t->stats.memory.memsw.usage, 5000); /* not the sum: the kernel tells */
	assert_count(&t->stats.memory.memsw.limit, 52428800);
	assert_false(t->stats.memory.memsw.max.known);
	assert_false(t->stats.memory.kernel.usage.known);
	assert_count(&t->stats.memory.cache, 20);
	assert_count(&t->stats.memory.swap.usage, 30);
	assert_count(&t->stats.memory.oom_kills, 3);
	assert_int_equal(t->stats.memory.stat.count, 5);
	assert_string_equal(t->stats.memory.stat.items[1].name, "rss");
	assert_int_equal(t->stats.memory.stat.items[1].value, 0);
}

/* Older kernels have no oom_kill line, and without nested cgroups there is no total_cache. */
static void test_v1_missing_lines(void **state)
{
	struct tree *t = *state;

	put(t, MEMORY, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
	put(t, MEMORY, "memory.stat", "cache 10\n");
	read_all(t);
	assert_false(t->stats.memory.oom_kills.known);
	assert_false(t->stats.memory.use.usage.known);
	assert_false(t->stats.memory.memsw.usage.known);
	assert_count(&t->stats.memory.cache, 10);
	assert_false(t->stats.cpu.usage.known);
	assert_false(t->stats.io.bytes.known);
}

static void assert_io(const struct cgroup_io *io, unsigned int major, unsigned int minor,
		      const char *op, uint64_t value)
{
	assert_int_equal(io->major, major);
	assert_int_equal(io->minor, minor);
	assert_string_equal(io->op, op);
	assert_true(io->value == value);
}

static void test_v1_blkio(void **state)
{
	struct tree *t = *state;

	put(t, BLKIO, "blkio.bfq.io_service_bytes_recursive", "Total 0\n");
	put(t, BLKIO, "blkio.throttle.io_service_bytes",
	    "8:0 Read 100\n8:0 Write 200\n8:0 Total 300\n259:1048575 Read 1\nTotal 301\n");
	put(t, BLKIO, "blkio.bfq.time_recursive", "8:0 77\n");
	put(t, BLKIO, "blkio.io_merged_recursive", "");
	read_all(t);
	assert_true(t->stats.io.bytes.known);
	assert_int_equal(t->stats.io.bytes.count, 4);
	assert_io(&t->stats.io.bytes.items[0], 8, 0, "Read", 100);
	assert_io(&t->stats.io.bytes.items[2], 8, 0, "Total", 300);
	assert_io(&t->stats.io.bytes.items[3], 259, 1048575, "Read", 1);
	assert_int_equal(t->stats.io.time.count, 1);
	assert_io(&t->stats.io.time.items[0], 8, 0, "", 77);
	assert_true(t->stats.io.merged.known);
	assert_int_equal(t->stats.io.merged.count, 0);
	assert_false(t->stats.io.sectors.known);
}

/* Devices without a queue of their own, as the kernel shows them, beside others. */
static void test_v1_unknown_device(void **state)
{
	struct tree *t = *state;

	put(t, BLKIO, "blkio.throttle.io_service_bytes",
	    "(unknown) Read 100\n(unknown) Total 100\n8:0 Write 200\nTotal 300\n");
	read_all(t);
	assert_int_equal(t->stats.io.bytes.count, 1);
	assert_io(&t->stats.io.bytes.items[0], 8, 0, "Write", 200);
}

static void test_v2_odd_devices(void **state)
{
	struct tree *t = *state;

	put(t, 0, "io.stat",
	    "(unknown) rbytes=1 wbytes=2\n7:7 7:6 (unknown) 7:4 rbytes=28672 wbytes=7\n"
	    "7:3 (unknown) rbytes=3\n8:0 rbytes=4\n");
	read_all(t);
	assert_int_equal(t->stats.io.bytes.count, 3);
	assert_io(&t->stats.io.bytes.items[0], 7, 4, "Read", 28672);
	assert_io(&t->stats.io.bytes.items[1], 7, 4, "Write", 7);
	assert_io(&t->stats.io.bytes.items[2], 8, 0, "Read", 4);
}

/* A scheduler that has counted is preferred to what counts without one. */
static void test_v1_blkio_scheduler(void **state)
{
	struct tree *t = *state;

	put(t, BLKIO, "blkio.throttle.io_serviced_recursive", "8:0 Read 9\n");
	put(t, BLKIO, "blkio.io_serviced_recursive", "8:0 Read 5\n");
	read_all(t);
	assert_int_equal(t->stats.io.operations.count, 1);
	assert_io(&t->stats.io.operations.items[0], 8, 0, "Read", 5);
}

static void test_v1_pids_hugetlb(void **state)
{
	struct tree *t = *state;

	put(t, PIDS, "pids.current", "3\n");
	put(t, PIDS, "pids.max", "max\n");
	put(t, PIDS, "pids.events", "max 12\n");
	put(t, HUGETLB, "hugetlb.2MB.usage_in_bytes", "2097152\n");
	put(t, HUGETLB, "hugetlb.2MB.max_usage_in_bytes", "4194304\n");
	put(t, HUGETLB, "hugetlb.2MB.limit_in_bytes", "9223372036852678656\n");
	put(t, HUGETLB, "hugetlb.2MB.failcnt", "1\n");
	put(t, HUGETLB, "hugetlb.2MB.rsvd.usage_in_bytes", "7\n");
	read_all(t);
	assert_count(&t->stats.pids.usage, 3);
	assert_count(&t->stats.pids.limit, CGROUP_UNLIMITED);
	assert_count(&t->stats.pids.failcnt, 12);
	assert_false(t->stats.pids.max.known);
	assert_int_equal(t->stats.hugetlb_count, 1);
	assert_string_equal(t->stats.hugetlb[0].page_size, "2MB");
	assert_count(&t->stats.hugetlb[0].use.usage, 2097152);
	assert_count(&t->stats.hugetlb[0].use.max, 4194304);
	assert_count(&t->stats.hugetlb[0].use.limit, CGROUP_UNLIMITED);
	assert_count(&t->stats.hugetlb[0].use.failcnt, 1);
}

static void test_v2(void **state)
{
	struct tree *t = *state;

	put(t, 0, "cpu.stat",
	    "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 4\nnr_throttled 1\n"
	    "throttled_usec 20\nnr_bursts 0\n");
	put(t, 0, "cpu.pressure",
	    "some avg10=12.34 avg60=0.05 avg300=100.00 total=987654\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	put(t, 0, "memory.current", "1000\n");
	put(t, 0, "memory.peak", "2000\n");
	put(t, 0, "memory.max", "4096\n");
	put(t, 0, "memory.swap.current", "24\n");
	put(t, 0, "memory.swap.max", "max\n");
	put(t, 0, "memory.events", "low 0\nhigh 0\nmax 8\noom 2\noom_kill 1\n");
	put(t, 0, "memory.stat", "anon 1\nfile 600\nkernel 70\n");
	put(t, 0, "pids.current", "0\n");
	put(t, 0, "pids.max", "64\n");
	put(t, 0, "io.stat",
	    "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=9\n8:16 \n");
	put(t, 0, "hugetlb.1GB.current", "0\n");
	put(t, 0, "hugetlb.1GB.max", "max\n");
	put(t, 0, "hugetlb.1GB.events", "max 2\n");
	read_all(t);
	assert_count(&t->stats.cpu.usage, 1500000);
	assert_count(&t->stats.cpu.user, 1000000);
	assert_count(&t->stats.cpu.system, 500000);
	assert_count(&t->stats.cpu.throttled_time, 20000);
	assert_int_equal(t->stats.cpu.per_cpu.count, 0);
	assert_count(&t->stats.cpu.pressure.some.avg10, 1234);
	assert_count(&t->stats.cpu.pressure.some.avg60, 5);
	assert_count(&t->stats.cpu.pressure.some.avg300, 10000);
	assert_count(&t->stats.cpu.pressure.some.total, 987654);
	assert_count(&t->stats.cpu.pressure.full.total, 0);
	assert_count(&t->stats.memory.use.usage, 1000);
	assert_count(&t->stats.memory.use.max, 2000);
	assert_count(&t->stats.memory.use.limit, 4096);
	assert_count(&t->stats.memory.use.failcnt, 8);
	assert_count(&t->stats.memory.oom_kills, 1);
	assert_count(&t->stats.memory.memsw.usage, 1024);
	assert_count(&t->stats.memory.memsw.limit, CGROUP_UNLIMITED);
	assert_count(&t->stats.memory.kernel.usage, 70);
	assert_count(&t->stats.memory.cache, 600);
	assert_count(&t->stats.pids.usage, 0);
	assert_count(&t->stats.pids.limit, 64);
	assert_int_equal(t->stats.io.bytes.count, 3);
	assert_io(&t->stats.io.bytes.items[1], 8, 0, "Write", 2);
	assert_io(&t->stats.io.operations.items[2], 8, 0, "Discard", 6);
	assert_int_equal(t->stats.hugetlb_count, 1);
	assert_count(&t->stats.hugetlb[0].use.limit, CGROUP_UNLIMITED);
	assert_count(&t->stats.hugetlb[0].use.failcnt, 2);
}

/* Controllers on v1 and a bare v2 directory, which has the pressure, and CPU time that v1 tells already. */
static void test_hybrid(void **state)
{
	struct tree *t = *state;

	add_dir(t, "", true);
	put(t, CPU, "cpuacct.usage", "5\n");
	put(t, t->place.count - 1, "cpu.stat", "usage_usec 9\nuser_usec 8\n");
	put(t, t->place.count - 1, "memory.pressure",
	    "some avg10=1.00 avg60=0.00 avg300=0.00 total=1\n");
	read_all(t);
	assert_count(&t->stats.cpu.usage, 5);
	assert_count(&t->stats.cpu.user, 8000);
	assert_count(&t->stats.memory.pressure.some.avg10, 100);
	assert_false(t->stats.memory.pressure.full.avg10.known);
}

static void test_malformed_v1(void **state)
{
	static const struct {
		size_t dir;
		const char *file, *text, *what;
	} bad[] = {
		{ CPU, "cpuacct.usage", "many\n", "many" },
		{ CPU, "cpuacct.usage", "", "" },
		{ CPU, "cpuacct.usage", "1 2\n", "1 2" },
		{ CPU, "cpuacct.usage_percpu", "1 x 3\n", "1 x 3" },
		{ CPU, "cpuacct.stat", "user\n", "user" },
		{ CPU, "cpu.stat", "nr_periods 1.5\n", "nr_periods 1.5" },
		{ MEMORY, "memory.usage_in_bytes", "18446744073709551616\n",
		  "18446744073709551616" },
		{ MEMORY, "memory.usage_in_bytes", "max\n", "max" },
		{ MEMORY, "memory.limit_in_bytes", "-\n", "-" },
		{ MEMORY, "memory.stat", "cache\n", "cache" },
		{ MEMORY, "memory.stat", "rss 1\n\ncache 5\n", "" },
		{ BLKIO, "blkio.io_merged_recursive", "8:0\n", "8:0" },
		{ BLKIO, "blkio.io_merged_recursive", "8 Read 5\n", "8 Read 5" },
		{ BLKIO, "blkio.io_merged_recursive", "8:0 Read 5 6\n", "8:0 Read 5 6" },
		{ BLKIO, "blkio.io_merged_recursive", "8:0 Read x\n", "8:0 Read x" },
		{ BLKIO, "blkio.io_merged_recursive", "8:4294967296 Read 1\n",
		  "8:4294967296 Read 1" },
		{ PIDS, "pids.max", "maximum\n", "maximum" },
		{ HUGETLB, "hugetlb.2MB.usage_in_bytes", "x\n", "x" },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < array_size(bad); i++) {
		_cleanup_free_ char *path =
			str_format("%s/%s", t->dirs[bad[i].dir].path, bad[i].file);
		_cleanup_free_ char *text = str_format(": cannot read '%s'", bad[i].what);

		put(t, bad[i].dir, bad[i].file, bad[i].text);
		read_bad(t, -EINVAL, text, path);
		assert_int_equal(remove(path), 0);
	}
	read_all(t);
}

static void test_malformed_v2(void **state)
{
	static const struct {
		const char *file, *text, *what;
	} bad[] = {
		{ "cpu.stat", "usage_usec\n", "usage_usec" },
		{ "memory.max", "-\n", "-" },
		{ "cpu.pressure", "some avg10=1.2 avg60=0.00\n", "some avg10=1.2 avg60=0.00" },
		{ "cpu.pressure", "some avg10=1.2345\n", "some avg10=1.2345" },
		{ "io.pressure", "full total=-1\n", "full total=-1" },
		{ "io.stat", "8:0 rbytes=\n", "rbytes=" },
		{ "io.stat", "sda rbytes=1\n", "sda rbytes=1" },
		{ "io.stat", "8:0 rbytes=1\n\n", "" },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < array_size(bad); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", t->dirs[0].path, bad[i].file);
		_cleanup_free_ char *text = str_format(": cannot read '%s'", bad[i].what);

		put(t, 0, bad[i].file, bad[i].text);
		read_bad(t, -EINVAL, text, path);
		assert_int_equal(remove(path), 0);
	}
	read_all(t);
}

static void test_gone(void **state)
{
	struct tree *t = *state;
	_cleanup_free_ char *text = str_format("cgroup %s is gone", t->dirs[0].path);

	assert_int_equal(file_remove_tree(AT_FDCWD, t->dirs[0].path, NULL), 0);
	read_bad(t, -ENOENT, "", text);
}

/* No cgroup at all: nothing is known, and that is no error. */
static void test_no_place(void **state)
{
	struct tree *t = *state;

	read_all(t);
	assert_false(t->stats.cpu.usage.known);
}

static char *encode(const struct json_schema *schema, const struct cgroup_stats *stats)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(json_encode_compact(schema, stats, out, NULL), 0);
	fclose(out);
	return text;
}

/* What is known is there, zeros too; what is not known is not. And it can be read again. */
static void test_json(void **state)
{
	struct tree *t = *state;
	_cleanup_(cgroup_stats_release) struct cgroup_stats again = { 0 };
	_cleanup_free_ char *text = NULL, *twice = NULL;

	put(t, 0, "cpu.stat", "usage_usec 1\n");
	put(t, 0, "cpu.pressure", "some avg10=12.34 avg60=0.05 avg300=0.00 total=0\n");
	put(t, 0, "memory.current", "0\n");
	put(t, 0, "memory.max", "max\n");
	put(t, 0, "memory.swap.current", "9\n");
	put(t, 0, "memory.stat", "file 600\n");
	put(t, 0, "io.stat", "8:0 rbytes=1\n");
	put(t, 0, "hugetlb.2MB.current", "0\n");
	read_all(t);
	text = encode(&cgroup_stats_schema, &t->stats);
	assert_non_null(strstr(text,
			       "{\"cpu\":{\"usage_ns\":1000,\"pressure\":{\"some\":{\"avg10\":"
			       "12.34,\"avg60\":0.05,\"avg300\":0.00,\"total_us\":0}}},"));
	assert_non_null(strstr(text, "\"memory\":{\"usage\":0,\"limit\":-1,\"cache\":600,"));
	assert_non_null(strstr(text, "\"swap\":{\"usage\":9},\"with_swap\":{\"usage\":9}"));
	assert_non_null(strstr(text, "\"io\":{\"bytes\":[{\"major\":8,\"minor\":0,\"op\":\"Read\","
				     "\"value\":1}],\"operations\":[]}"));
	assert_non_null(strstr(text, "\"hugetlb\":[{\"page_size\":\"2MB\",\"usage\":0}]"));
	assert_null(strstr(text, "pids"));
	assert_int_equal(
		json_decode(&cgroup_stats_schema, &again, text, strlen(text), "stats", &t->err), 0);
	twice = encode(&cgroup_stats_schema, &again);
	assert_string_equal(text, twice);
}

static void test_json_libcontainer(void **state)
{
	struct tree *t = *state;
	_cleanup_free_ char *text = NULL;

	put(t, CPU, "cpuacct.usage", "100\n");
	put(t, CPU, "cpuacct.usage_percpu", "60 40\n");
	put(t, CPU, "cpuacct.stat", "user 1\nsystem 0\n");
	put(t, CPU, "cpu.stat", "nr_periods 7\nnr_throttled 2\nthrottled_time 99\n");
	put(t, MEMORY, "memory.usage_in_bytes", "4096\n");
	put(t, MEMORY, "memory.max_usage_in_bytes", "8192\n");
	put(t, MEMORY, "memory.failcnt", "0\n");
	put(t, MEMORY, "memory.memsw.usage_in_bytes", "5000\n");
	put(t, MEMORY, "memory.stat", "cache 10\n");
	put(t, BLKIO, "blkio.throttle.io_serviced", "8:0 Read 1\n");
	put(t, HUGETLB, "hugetlb.2MB.usage_in_bytes", "2097152\n");
	read_all(t);
	text = encode(&cgroup_stats_libcontainer_schema, &t->stats);
	assert_string_equal(
		text,
		"{\"cpu_stats\":{\"cpu_usage\":{\"total_usage\":100,\"percpu_usage\":[60,40],"
		"\"usage_in_kernelmode\":0,\"usage_in_usermode\":10000000},"
		"\"throttling_data\":{\"periods\":7,\"throttled_periods\":2,\"throttled_time\":99}},"
		"\"memory_stats\":{\"cache\":10,\"usage\":{\"usage\":4096,\"max_usage\":8192,\"failcnt\":0},"
		"\"swap_usage\":{\"usage\":5000,\"failcnt\":0},\"stats\":{\"cache\":10}},"
		"\"blkio_stats\":{\"io_serviced_recursive\":"
		"[{\"major\":8,\"minor\":0,\"op\":\"Read\",\"value\":1}]},"
		"\"hugetlb_stats\":{\"2MB\":{\"usage\":2097152,\"failcnt\":0}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_v1_cpu, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v1_memory, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v1_missing_lines, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v1_blkio, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v1_unknown_device, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v2_odd_devices, setup_v2, teardown),
		cmocka_unit_test_setup_teardown(test_v1_blkio_scheduler, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v1_pids_hugetlb, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_v2, setup_v2, teardown),
		cmocka_unit_test_setup_teardown(test_hybrid, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_malformed_v1, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_malformed_v2, setup_v2, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup_v2, teardown),
		cmocka_unit_test_setup_teardown(test_no_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_json, setup_v2, teardown),
		cmocka_unit_test_setup_teardown(test_json_libcontainer, setup_v1, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
