// SPDX-License-Identifier: Apache-2.0
/* New limits on v2, in a directory that is none of the kernel's; its files keep what is written from their start. */
#include "cgroup/update.h"

#include "cgroup/config.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct tree {
	char top[32], path[64];
	struct cgroup_hierarchy hierarchy;
	struct cgroup_host host;
	struct cgroup_dir dir;
	struct cgroup_place place;
	struct err err;
};

static void put(struct tree *t, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", t->path, file);

	assert_int_equal(file_replace(AT_FDCWD, path, text, strlen(text), 0600, NULL), 0);
}

static void assert_file(struct tree *t, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", t->path, file);
	char have[256];

	assert_int_equal(file_read_line(AT_FDCWD, path, have, sizeof(have), NULL), 0);
	assert_string_equal(have, text);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	strcpy(t->top, "/tmp/ctrnet-test-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	snprintf(t->path, sizeof(t->path), "%s/box", t->top);
	assert_int_equal(mkdir(t->path, 0700), 0);
	put(t, "../cgroup.subtree_control", "cpu io memory pids hugetlb\n");
	t->hierarchy = (struct cgroup_hierarchy){
		.controllers = (char *)"cpu,io,memory,pids,hugetlb",
		.mount = t->top,
		.base = (char *)"/",
		.v2 = true,
	};
	t->host = (struct cgroup_host){ CGROUP_V2, &t->hierarchy, 1, NULL };
	t->dir = (struct cgroup_dir){ t->hierarchy.controllers, t->path, true };
	t->place = (struct cgroup_place){ &t->dir, 1, NULL };
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tree *t = *state;

	file_remove_tree(AT_FDCWD, t->top, NULL);
	free(t);
	return 0;
}

static int update(struct tree *t, const struct cgroup_spec *limits)
{
	return cgroup_update(limits, &t->host, &t->place, &t->err);
}

/* Quota and period share a line: the one that is not given stays. */
static void test_cpu_max(void **state)
{
	struct tree *t = *state;

	put(t, "cpu.max", "50000 250000\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .cpu_quota = 60000 }), 0);
	assert_file(t, "cpu.max", "60000 250000");
	assert_int_equal(update(t, &(struct cgroup_spec){ .cpu_period = 300000 }), 0);
	assert_file(t, "cpu.max", "60000 300000");
	put(t, "cpu.max", "max 100000\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .cpu_period = 300000 }), 0);
	assert_file(t, "cpu.max", "max 300000");
	put(t, "cpu.max", "rubbish\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .cpu_period = 300000 }), -EINVAL);
	assert_non_null(strstr(t->err.text, "/box/cpu.max: cannot read 'rubbish'"));
}

/* What it has no use for may be as odd as it likes. */
static void test_reads_no_more(void **state)
{
	struct tree *t = *state;

	put(t, "cpu.weight", "100\n");
	put(t, "io.stat", "rubbish\n");
	put(t, "cpu.stat", "usage_usec rubbish\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .cpu_shares = 1024 }), 0);
}

/* memory_swap is the sum there, too. */
static void test_memory_and_swap(void **state)
{
	struct tree *t = *state;

	put(t, "memory.current", "1000\n");
	put(t, "memory.max", "40960000\n");
	put(t, "memory.swap.max", "10240000\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 20480000 }), 0);
	assert_file(t, "memory.max", "20480000");
	assert_file(t, "memory.swap.max", "30720000");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory_swap = 40960000 }), 0);
	assert_file(t, "memory.max", "20480000");
	assert_file(t, "memory.swap.max", "20480000");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 51200000 }), -EINVAL);
	assert_string_equal(
		t->err.text,
		"cgroups.memory: 51200000 is more than memory and swap may have together "
		"(cgroups.memory_swap: 40960000)");
}

/* The kernel would kill for it. */
static void test_memory_in_use(void **state)
{
	struct tree *t = *state;

	put(t, "memory.current", "30000000\n");
	put(t, "memory.max", "max\n");
	put(t, "memory.stat", "file 5000000\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 20000000 }), -EBUSY);
	assert_string_equal(t->err.text,
			    "cgroups.memory: 20000000: the cgroup uses 25000000 bytes, "
			    "and they cannot be reclaimed");
	assert_file(t, "memory.max", "max");
	put(t, "memory.reclaim", "");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 20000000 }), -EBUSY);
	assert_file(t, "memory.reclaim", "10000000");
	assert_file(t, "memory.max", "max");
	put(t, "memory.current", "19000000\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 20000000 }), 0);
	assert_file(t, "memory.max", "20000000");
}

/* There is no pids.max: what was written before it is what it was. */
static void test_put_back(void **state)
{
	struct tree *t = *state;

	put(t, "memory.current", "0\n");
	put(t, "memory.max", "11111111\n");
	put(t, "cpu.weight", "900\n");
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 22222222,
							  .cpu_shares = 1024,
							  .pids_limit = 5 }),
			 -ENOENT);
	assert_non_null(
		strstr(t->err.text, "cgroups.pids_limit: 5: this kernel or cgroup has no "));
	assert_file(t, "memory.max", "11111111");
	assert_file(t, "cpu.weight", "900");
}

/* What takes no value at all (one of the kernel's that are only read) does not take its old one either: the others get theirs. */
static void test_put_back_others(void **state)
{
	struct tree *t = *state;
	_cleanup_free_ char *path = str_format("%s/cpu.weight", t->path);

	put(t, "memory.current", "0\n");
	put(t, "memory.max", "11111111\n");
	assert_int_equal(symlink("/proc/sys/kernel/osrelease", path), 0);
	assert_int_equal(update(t, &(struct cgroup_spec){ .memory = 22222222, .cpu_shares = 1024 }),
			 -EACCES);
	assert_file(t, "memory.max", "11111111");
	assert_null(strstr(t->err.text, "put back"));
}

/* Of a table it is the device's own line, and one that says nothing where there was none. */
static void test_put_back_line(void **state)
{
	struct tree *t = *state;
	char *sizes[] = { (char *)"2MB", NULL };
	struct cgroup_hugetlb huge = { (char *)"2MB", 0 };
	struct cgroup_block disk = { 8, 0, 500 }, other = { 8, 16, 500 };

	t->host.page_sizes = sizes;
	put(t, "io.max", "8:1 wbps=7\n8:0 rbps=100 wbps=max\n");
	assert_int_equal(
		update(t, &(struct cgroup_spec){ .blkio_throttle_read_bps_device = { &disk, 1 },
						 .hugetlb_limit = &huge,
						 .hugetlb_limit_count = 1 }),
		-ENOENT);
	assert_non_null(strstr(t->err.text, "cgroups.hugetlb_limit: 0: "));
	assert_file(t, "io.max",
		    "8:0 rbps=100 wbps=max00 wbps=max"); /* the end of what was there */
	put(t, "io.max", "8:1 wbps=7\n");
	assert_int_equal(
		update(t, &(struct cgroup_spec){ .blkio_throttle_read_bps_device = { &other, 1 },
						 .hugetlb_limit = &huge,
						 .hugetlb_limit_count = 1 }),
		-ENOENT);
	assert_file(t, "io.max", "8:16 rbps=max wbps=max riops=max wiops=max");
}

static char *const texts[][2] = {
	{ (char *)"memory.max", (char *)"5000000" },
	{ (char *)"memory.oom.group", (char *)"1" },
	{ (char *)"hugetlb.2MB.max", (char *)"0" },
	{ (char *)"hugetlb.1GB.max", (char *)"0" },
	{ (char *)"io.weight", (char *)"default 5" },
	{ (char *)"io.max", (char *)"8:0 rbps=1 wbps=2" },
};

static void set_unified(struct cgroup_spec *s)
{
	s->unified_count = array_size(texts);
	s->unified = calloc(s->unified_count, sizeof(*s->unified));
	assert_non_null(s->unified);
	for (size_t i = 0; i < s->unified_count; i++)
		s->unified[i] = (struct json_pair){ strdup(texts[i][0]), strdup(texts[i][1]) };
}

/* A file that unified has and a new limit writes is the limit's, or the stored config would say two things, and be refused. */
static void test_unified_gives_way(void **state)
{
	struct tree *t = *state;
	struct cgroup_hugetlb huge = { (char *)"2MB", 4096 };
	struct cgroup_block disk = { 8, 0, 5 };
	struct cgroup_spec s = { 0 };

	set_unified(&s);
	assert_int_equal(cgroup_merge_limits(&s,
					     &(struct cgroup_spec){ .memory = 6000000,
								    .hugetlb_limit = &huge,
								    .hugetlb_limit_count = 1,
								    .blkio_weight = 100 },
					     &t->err),
			 0);
	assert_int_equal(s.unified_count, 3);
	assert_string_equal(s.unified[0].key, "memory.oom.group");
	assert_string_equal(s.unified[1].key, "hugetlb.1GB.max");
	assert_string_equal(s.unified[2].key, "io.max");
	assert_int_equal(s.memory, 6000000);
	assert_int_equal(cgroup_check(&s, &t->err), 0);
	assert_int_equal(
		cgroup_merge_limits(
			&s,
			&(struct cgroup_spec){ .memory = 1,
					       .blkio_throttle_read_bps_device = { &disk, 1 } },
			&t->err),
		-EINVAL);
	assert_string_equal(t->err.text,
			    "cgroups.blkio_throttle_read_bps_device: cannot be changed, as "
			    "cgroups.unified has 'io.max' for all devices");
	assert_int_equal(s.memory, 6000000);
	assert_int_equal(s.unified_count, 3);
	json_release(&cgroup_schema, &s);
}

/* What a limit is written together with is its part of the stored config, too. */
static void test_complete(void **state)
{
	struct tree *t = *state;
	struct cgroup_spec s = { .cpu_quota = 7000, .memory = 1000000 };

	put(t, "cpu.max", "5000 20000\n");
	put(t, "memory.max", "2000000\n");
	put(t, "memory.swap.max", "1000000\n");
	put(t, "memory.current", "0\n");
	assert_int_equal(cgroup_complete_limits(&s, &t->place, &t->err), 0);
	assert_int_equal(s.cpu_period, 20000);
	assert_int_equal(s.memory_swap, 3000000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_cpu_max),       T(test_memory_and_swap),   T(test_memory_in_use),
		T(test_reads_no_more), T(test_put_back),          T(test_put_back_others),
		T(test_put_back_line), T(test_unified_gives_way), T(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
