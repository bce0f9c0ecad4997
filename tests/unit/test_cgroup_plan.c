// SPDX-License-Identifier: Apache-2.0
/* Checks, encodings and golden step lists, over directories in /tmp that stand for cgroup trees. */
#include "cgroup/cgroup.h"

#include "cgroup/keys.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A temporary directory with trees in it, and all that is planned there. */
struct world {
	char top[64];
	struct cgroup_host host;
	struct cgroup_place place;
	struct plan plan;
	struct scope scope;
	struct err err;
	char *shown;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char run_dir[128];

	strcpy(w->top, "/tmp/ctrnet-test-XXXXXX");
	if (!mkdtemp(w->top))
		return -1;
	snprintf(run_dir, sizeof(run_dir), "%s/run", w->top);
	mkdir(run_dir, 0700);
	*state = w;
	return scope_init(&w->scope, "box", run_dir, run_dir, &w->err);
}

static void world_clear(struct world *w)
{
	plan_release(&w->plan);
	cgroup_place_release(&w->place);
	cgroup_host_release(&w->host);
	free(take_ptr(w->shown));
	w->err = (struct err){ 0 };
}

static int teardown(void **state)
{
	struct world *w = *state;
	int ret = file_remove_tree(AT_FDCWD, w->top, &w->err);

	world_clear(w);
	scope_release(&w->scope);
	free(w);
	return ret;
}

static void make(struct world *w, const char *path, const char *text)
{
	_cleanup_free_ char *full = str_format("%s/%s", w->top, path);
	_cleanup_free_ char *dir = strdup(full);

	*strrchr(dir, '/') = '\0';
	assert_int_equal(file_mkdirs(AT_FDCWD, dir, 0755, &w->err), 0);
	if (text)
		assert_int_equal(file_replace(AT_FDCWD, full, text, strlen(text), 0644, &w->err),
				 0);
	else
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

/* Mount lines for each tree: "memory", "cpu,cpuacct", "" for v2 (at "unified"). */
static void mount_trees(struct world *w, const char *const *trees)
{
	_cleanup_free_ char *mounts = NULL, *cgroups = NULL;
	size_t n;
	FILE *m = open_memstream(&mounts, &n), *c = open_memstream(&cgroups, &n);

	for (; *trees; trees++) {
		const char *dir = **trees ? *trees : "unified";

		make(w, dir, NULL);
		fprintf(m, "1 2 0:3 / %s/%s rw - %s x rw%s%s\n", w->top, dir,
			**trees ? "cgroup" : "cgroup2", **trees ? "," : "", *trees);
		fprintf(c, "1:%s:/\n", *trees);
	}
	fclose(m);
	fclose(c);
	assert_int_equal(cgroup_host_parse(mounts, cgroups, &w->host, &w->err), 0);
}

static const char *const v1_trees[] = { "cpuset", "memory", "cpu,cpuacct", "devices",
					"blkio",  "pids",   NULL };

static int plan_spec(struct world *w, const struct cgroup_spec *spec)
{
	int ret = cgroup_check(spec, &w->err);

	if (ret == 0)
		ret = cgroup_place(spec, &w->host, "box", &w->place, &w->err);
	return ret < 0 ? ret : cgroup_plan(spec, &w->host, &w->place, &w->plan, &w->err);
}

/* The whole plan as shown, with the temporary directory's name taken out. */
static const char *show(struct world *w)
{
	_cleanup_free_ char *text = NULL;
	size_t len = strlen(w->top), n;
	FILE *f = open_memstream(&text, &n);
	char *at, *end;

	plan_show(&w->plan, PHASE_PREPARE, f);
	plan_show(&w->plan, PHASE_CONNECT, f);
	plan_show(&w->plan, PHASE_STARTED, f);
	fclose(f);
	while ((at = strstr(text, w->top))) {
		end = at + len;
		memmove(at, end, strlen(end) + 1);
	}
	free(w->shown);
	w->shown = take_ptr(text);
	return w->shown;
}

/* On v2 the controllers come from a file of the tree, which the parser does not read. */
static void set_v2_controllers(struct world *w, const char *controllers)
{
	struct cgroup_hierarchy *h = &w->host.hierarchies[w->host.count - 1];

	free(h->controllers);
	h->controllers = strdup(controllers);
}

static void assert_refused(struct world *w, const struct cgroup_spec *spec, int code,
			   const char *text)
{
	int ret = plan_spec(w, spec);

	assert_string_equal(w->err.text, text);
	assert_int_equal(ret, code);
}

static void test_golden_v1(void **state)
{
	struct world *w = *state;
	struct cgroup_device allowed[] = {
		{ .type = 'c', .major = -1, .minor = -1, .permissions = (char *)"m" },
		{ .type = 'c', .major = 1, .minor = 3, .permissions = (char *)"rwm" },
	};
	const struct cgroup_spec spec = {
		.present = true,
		.parent = (char *)"nsinit",
		.device_rules = true,
		.allowed_devices = allowed,
		.allowed_device_count = 2,
		.memory = 67108864,
		.memory_swap = 134217728,
		.memory_reservation = 33554432,
		.kernel_memory = 16777216,
		.cpu_shares = 512,
		.cpu_quota = 50000,
		.cpu_period = 100000,
		.cpu_rt_quota = 1000,
		.cpu_rt_period = 1000000,
		.cpuset_cpus = (char *)"0-1",
		.cpuset_mems = (char *)"0",
		.pids_limit = -1,
		.blkio_weight = 500,
		.oom_kill_disable = true,
	};

	mount_trees(w, v1_trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(
		show(w),
		"mkdir -p /cpuset/nsinit/box\n"
		"mkdir -p /memory/nsinit/box\n"
		"mkdir -p /cpu,cpuacct/nsinit/box\n"
		"mkdir -p /devices/nsinit/box\n"
		"mkdir -p /blkio/nsinit/box\n"
		"mkdir -p /pids/nsinit/box\n"
		"cat /cpuset/nsinit/box/../cpuset.cpus > /cpuset/nsinit/box/cpuset.cpus\n"
		"cat /cpuset/nsinit/box/../cpuset.mems > /cpuset/nsinit/box/cpuset.mems\n"
		"echo 1000 > /cpu,cpuacct/nsinit/cpu.rt_runtime_us   # or what all below it need\n"
		"echo 0-1 > /cpuset/nsinit/box/cpuset.cpus\n"
		"echo 0 > /cpuset/nsinit/box/cpuset.mems\n"
		"echo 16777216 > /memory/nsinit/box/memory.kmem.limit_in_bytes\n"
		"echo 67108864 > /memory/nsinit/box/memory.limit_in_bytes\n"
		"echo 33554432 > /memory/nsinit/box/memory.soft_limit_in_bytes\n"
		"echo 134217728 > /memory/nsinit/box/memory.memsw.limit_in_bytes\n"
		"echo 1 > /memory/nsinit/box/memory.oom_control\n"
		"echo 512 > /cpu,cpuacct/nsinit/box/cpu.shares\n"
		"echo 100000 > /cpu,cpuacct/nsinit/box/cpu.cfs_period_us\n"
		"echo 50000 > /cpu,cpuacct/nsinit/box/cpu.cfs_quota_us\n"
		"echo 1000000 > /cpu,cpuacct/nsinit/box/cpu.rt_period_us\n"
		"echo 1000 > /cpu,cpuacct/nsinit/box/cpu.rt_runtime_us\n"
		"echo max > /pids/nsinit/box/pids.max\n"
		"echo 500 > /blkio/nsinit/box/blkio.weight\n"
		"echo a > /devices/nsinit/box/devices.deny\n"
		"echo 'c *:* m' > /devices/nsinit/box/devices.allow\n"
		"echo 'c 1:3 rwm' > /devices/nsinit/box/devices.allow\n"
		"echo $PID > /cpuset/nsinit/box/cgroup.procs\n"
		"echo $PID > /memory/nsinit/box/cgroup.procs\n"
		"echo $PID > /cpu,cpuacct/nsinit/box/cgroup.procs\n"
		"echo $PID > /devices/nsinit/box/cgroup.procs\n"
		"echo $PID > /blkio/nsinit/box/cgroup.procs\n"
		"echo $PID > /pids/nsinit/box/cgroup.procs\n");
}

static void test_golden_v2(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	const struct cgroup_spec spec = {
		.present = true,
		.parent = (char *)"/lab",
		.name = (char *)"n1",
		.memory = 67108864,
		.memory_swap = 100000000,
		.memory_reservation = -1,
		.cpu_shares = 1024,
		.cpu_quota = 50000,
		.cpu_period = 200000,
		.pids_limit = 20,
		.blkio_weight = 500,
	};

	mount_trees(w, trees);
	set_v2_controllers(w, "cpuset,cpu,io,memory,pids");
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w),
			    "mkdir -p /unified/lab/n1\n"
			    "echo '+memory +cpu +pids +io' > /unified/cgroup.subtree_control\n"
			    "echo '+memory +cpu +pids +io' > /unified/lab/cgroup.subtree_control\n"
			    "echo 67108864 > /unified/lab/n1/memory.max\n"
			    "echo max > /unified/lab/n1/memory.low\n"
			    "echo 32891136 > /unified/lab/n1/memory.swap.max\n"
			    "echo 100 > /unified/lab/n1/cpu.weight\n"
			    "echo '50000 200000' > /unified/lab/n1/cpu.max\n"
			    "echo 20 > /unified/lab/n1/pids.max\n"
			    "echo 4950 > /unified/lab/n1/io.weight\n"
			    "echo $PID > /unified/lab/n1/cgroup.procs\n");
}

static void set_v2_base(struct world *w, const char *base)
{
	struct cgroup_hierarchy *h = &w->host.hierarchies[w->host.count - 1];

	free(h->base);
	h->base = strdup(base);
}

/* What is above pid 1's own cgroup is somebody else's to hand down; unless the config says where to begin. */
static void test_enable_below_base(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	struct cgroup_spec spec = {
		.present = true, .parent = (char *)"lab", .name = (char *)"n1", .pids_limit = 20
	};

	mount_trees(w, trees);
	set_v2_controllers(w, "pids");
	set_v2_base(w, "/docker/x");
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w), "mkdir -p /unified/docker/x/lab/n1\n"
				     "echo '+pids' > /unified/docker/x/cgroup.subtree_control\n"
				     "echo '+pids' > /unified/docker/x/lab/cgroup.subtree_control\n"
				     "echo 20 > /unified/docker/x/lab/n1/pids.max\n"
				     "echo $PID > /unified/docker/x/lab/n1/cgroup.procs\n");
}

/* Keys that mid-2015 does not have. */
static void test_own_keys(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	const struct cgroup_spec spec = { .present = true,
					  .name = (char *)"n1",
					  .memory_high = 5000000,
					  .memory_low = -1,
					  .memory_min = 4096,
					  .cpu_weight = 55,
					  .cpu_quota = 50000,
					  .cpu_burst = 20000,
					  .io_weight = 10000 };

	mount_trees(w, trees);
	set_v2_controllers(w, "cpu,io,memory");
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w), "mkdir -p /unified/n1\n"
				     "echo '+memory +cpu +io' > /unified/cgroup.subtree_control\n"
				     "echo 5000000 > /unified/n1/memory.high\n"
				     "echo max > /unified/n1/memory.low\n"
				     "echo 4096 > /unified/n1/memory.min\n"
				     "echo 55 > /unified/n1/cpu.weight\n"
				     "echo '50000 100000' > /unified/n1/cpu.max\n"
				     "echo 20000 > /unified/n1/cpu.max.burst\n"
				     "echo 10000 > /unified/n1/io.weight\n"
				     "echo $PID > /unified/n1/cgroup.procs\n");
}

static void test_own_keys_refused(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "memory", "cpu,cpuacct", "", NULL };
	static const struct {
		struct cgroup_spec spec;
		int code;
		const char *text;
	} cases[] = {
		{ { .memory_high = 1 },
		  -EOPNOTSUPP,
		  "cgroups.memory_high: the host has the 'memory' controller on cgroup v1, which has "
		  "no such limit" },
		{ { .cpu_weight = 1 },
		  -EOPNOTSUPP,
		  "cgroups.cpu_weight: the host has the 'cpu' controller on cgroup v1, which has no "
		  "such limit" },
		{ { .io_weight = 1 },
		  -ENODEV,
		  "cgroups.io_weight: the host has no 'io' cgroup controller" },
		{ { .memory_low = -2 },
		  -ERANGE,
		  "cgroups.memory_low: -2 is out of range (-1 is no limit)" },
		{ { .memory_low = 1, .memory_reservation = 1 },
		  -EINVAL,
		  "cgroups.memory_low: is what cgroups.memory_reservation comes to on v2: only one of "
		  "them can be set" },
		{ { .cpu_weight = 1, .cpu_shares = 2 },
		  -EINVAL,
		  "cgroups.cpu_weight: is what cgroups.cpu_shares comes to on v2: only one of them can "
		  "be set" },
		{ { .io_weight = 1, .blkio_weight = 20 },
		  -EINVAL,
		  "cgroups.io_weight: is what cgroups.blkio_weight comes to on v2: only one of them "
		  "can be set" },
	};

	mount_trees(w, trees);
	for (size_t i = 0; i < array_size(cases); i++) {
		struct cgroup_spec spec = cases[i].spec;

		spec.present = true;
		assert_int_equal(plan_spec(w, &spec), cases[i].code);
		assert_string_equal(w->err.text, cases[i].text);
		plan_release(&w->plan);
		cgroup_place_release(&w->place);
	}
}

/* Without a limit, what statistics come from is asked for where it is ours to ask; the rest is left alone. */
static void test_offer(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	struct cgroup_spec spec = {
		.present = true, .parent = (char *)"lab", .name = (char *)"n1", .memory = 1 << 20
	};

	mount_trees(w, trees);
	set_v2_controllers(w, "cpuset,cpu,memory");
	set_v2_base(w, "/docker/x");
	make(w, "unified/docker", NULL);
	make(w, "unified/docker/x", NULL);
	make(w, "unified/docker/x/cgroup.type", "domain");
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w),
			    "mkdir -p /unified/docker/x/lab/n1\n"
			    "echo +cpu > /unified/docker/x/cgroup.subtree_control || true\n"
			    "echo +cpu > /unified/docker/x/lab/cgroup.subtree_control || true\n"
			    "echo '+memory' > /unified/docker/x/cgroup.subtree_control\n"
			    "echo '+memory' > /unified/docker/x/lab/cgroup.subtree_control\n"
			    "echo 1048576 > /unified/docker/x/lab/n1/memory.max\n"
			    "echo $PID > /unified/docker/x/lab/n1/cgroup.procs\n");
}

/* Neither the root of a machine, which is the one that has no type, nor a parent that stands there unmarked. */
static void test_offer_not_asked(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	struct cgroup_spec spec = { .present = true,
				    .parent = (char *)"theirs/ours",
				    .name = (char *)"n1" };

	mount_trees(w, trees);
	set_v2_controllers(w, "memory");
	make(w, "unified/theirs", NULL);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w),
			    "mkdir -p /unified/theirs/ours/n1\n"
			    "echo +memory > /unified/theirs/ours/cgroup.subtree_control || true\n"
			    "echo $PID > /unified/theirs/ours/n1/cgroup.procs\n");
	plan_release(&w->plan);
	cgroup_place_release(&w->place);
	/* Beside pid 1's own cgroup, not below it. */
	set_v2_base(w, "/theirs");
	spec.parent = (char *)"/elsewhere";
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w), "mkdir -p /unified/elsewhere/n1\n"
				     "echo $PID > /unified/elsewhere/n1/cgroup.procs\n");
}

/* Refused or not there: nothing of it is an error. */
static void test_offer_in_vain(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *gone = str_format("%s/gone", w->top);
	_cleanup_free_ char *there = str_format("%s/there", w->top);
	char *paths[] = { gone, there, NULL };
	char *controllers[] = { (char *)"memory", (char *)"pids", NULL };
	struct cgroup_enable_args args = { paths, controllers, NULL, true };

	make(w, "there/cgroup.subtree_control/in_the_way", "");
	assert_int_equal(cgroup_enable_step.apply(&w->scope, &args, &w->err), 0);
	args.optional = false;
	assert_true(cgroup_enable_step.apply(&w->scope, &args, &w->err) < 0);
}

static void test_unified(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	struct json_pair files[] = { { (char *)"memory.high", (char *)"1000000" },
				     { (char *)"io.max", (char *)"8:0 rbps=5\n8:16 wiops=max\n" } };
	const struct cgroup_spec spec = { .present = true,
					  .name = (char *)"n1",
					  .memory = 67108864,
					  .unified = files,
					  .unified_count = 2 };

	mount_trees(w, trees);
	set_v2_controllers(w, "io,memory");
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w), "mkdir -p /unified/n1\n"
				     "echo '+memory +io' > /unified/cgroup.subtree_control\n"
				     "echo 67108864 > /unified/n1/memory.max\n"
				     "echo 1000000 > /unified/n1/memory.high\n"
				     "echo '8:0 rbps=5' > /unified/n1/io.max\n"
				     "echo '8:16 wiops=max' > /unified/n1/io.max\n"
				     "echo $PID > /unified/n1/cgroup.procs\n");
}

/* What is refused of it, by itself and by what the host has. */
static void test_unified_refused(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "memory", "", NULL };
	static const struct {
		const char *file, *value, *words;
	} cases[] = {
		{ "memory", "1", "'memory' is no file of a controller, like memory.high" },
		{ "memory.", "1", "'memory.' is no file of a controller, like memory.high" },
		{ ".high", "1", "'.high' is no file of a controller, like memory.high" },
		{ "", "1", "'' is no file of a controller, like memory.high" },
		{ "x/memory.high", "1",
		  "'x/memory.high' is no file of a controller, like memory.high" },
		{ "cgroup.procs", "1", "'cgroup.procs' is none of a controller's" },
		{ "memory.high", " \n", "'memory.high': the value is empty" },
		{ "memory.max", "1", "'memory.max' is what cgroups.memory writes" },
		{ "memory.high", "1",
		  "'memory.high': the host has the 'memory' controller on cgroup v1, and this is a "
		  "file of v2" },
		{ "pids.max", "1", "'pids.max': the host has no 'pids' cgroup controller" },
	};

	mount_trees(w, trees);
	set_v2_controllers(w, "hugetlb");
	for (size_t i = 0; i < array_size(cases); i++) {
		struct json_pair file = { (char *)cases[i].file, (char *)cases[i].value };
		const struct cgroup_spec spec = {
			.present = true, .memory = 67108864, .unified = &file, .unified_count = 1
		};
		_cleanup_free_ char *words = str_format("cgroups.unified: %s", cases[i].words);

		assert_true(plan_spec(w, &spec) < 0);
		assert_string_equal(w->err.text, words);
		plan_release(&w->plan);
		cgroup_place_release(&w->place);
	}
}

/* Files of a tree that give what cgroupfs would not: one that is there, and one that takes nothing. */
static void test_enable_names_keys(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "", NULL };
	const struct cgroup_spec spec = { .present = true,
					  .parent = (char *)"/lab",
					  .memory = 67108864,
					  .memory_reservation = 33554432,
					  .pids_limit = 20 };
	_cleanup_free_ char *full = str_format("%s/unified/lab/cgroup.subtree_control", w->top);
	_cleanup_free_ char *words = NULL;

	mount_trees(w, trees);
	set_v2_controllers(w, "cpu,memory,pids");
	make(w, "unified/cgroup.subtree_control", "cpu pids");
	make(w, "unified/lab", NULL);
	assert_int_equal(symlink("/dev/full", full), 0);
	assert_int_equal(plan_spec(w, &spec), 0);
	words = str_format("cgroups.memory, cgroups.memory_reservation: enable the memory "
			   "controller in cgroup %s/unified/lab: No space left on device",
			   w->top);
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err),
			 -ENOSPC);
	assert_string_equal(w->err.text, words);
}

/* Keys of several lines, and those of files that several keys share. */
static void test_golden_lines(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "blkio", "hugetlb", "net_cls,net_prio", "freezer", NULL };
	const char *const v2[] = { "", NULL };
	struct cgroup_block blocks[] = { { 8, 0, 500 }, { 8, 16, 0 } };
	struct cgroup_hugetlb pages[] = { { (char *)"2MB", 4194304 }, { (char *)"1GB", 0 } };
	struct cgroup_ifprio prios[] = { { (char *)"eth0", 5 }, { (char *)"lo", 0 } };
	char *sizes[] = { pages[0].page_size, pages[1].page_size, NULL };
	struct cgroup_spec spec = {
		.present = true,
		.blkio_weight_device = { blocks, 1 },
		.blkio_throttle_read_bps_device = { blocks, 2 },
		.blkio_throttle_write_iops_device = { blocks, 1 },
		.hugetlb_limit = pages,
		.hugetlb_limit_count = 2,
		.net_cls_classid = 0x100001,
		.net_prio_ifpriomap = prios,
		.net_prio_ifpriomap_count = 2,
		.frozen = true,
	};

	mount_trees(w, trees);
	assert_int_equal(strv_copy(&w->host.page_sizes, sizes), 0);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w),
			    "mkdir -p /blkio/box\n"
			    "mkdir -p /hugetlb/box\n"
			    "mkdir -p /net_cls,net_prio/box\n"
			    "mkdir -p /freezer/box\n"
			    "echo '8:0 500' > /blkio/box/blkio.weight_device\n"
			    "echo '8:0 500' > /blkio/box/blkio.throttle.read_bps_device\n"
			    "echo '8:16 0' > /blkio/box/blkio.throttle.read_bps_device\n"
			    "echo '8:0 500' > /blkio/box/blkio.throttle.write_iops_device\n"
			    "echo 4194304 > /hugetlb/box/hugetlb.2MB.limit_in_bytes\n"
			    "echo 0 > /hugetlb/box/hugetlb.1GB.limit_in_bytes\n"
			    "echo 1048577 > /net_cls,net_prio/box/net_cls.classid\n"
			    "echo 'eth0 5' > /net_cls,net_prio/box/net_prio.ifpriomap\n"
			    "echo 'lo 0' > /net_cls,net_prio/box/net_prio.ifpriomap\n"
			    "echo $PID > /blkio/box/cgroup.procs\n"
			    "echo $PID > /hugetlb/box/cgroup.procs\n"
			    "echo $PID > /net_cls,net_prio/box/cgroup.procs\n"
			    "echo $PID > /freezer/box/cgroup.procs\n"
			    "echo FROZEN > /freezer/box/freezer.state\n");
	world_clear(w);
	spec.net_cls_classid = 0;
	spec.net_prio_ifpriomap_count = 0;
	mount_trees(w, v2);
	set_v2_controllers(w, "io,hugetlb");
	assert_int_equal(strv_copy(&w->host.page_sizes, sizes), 0);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w), "mkdir -p /unified/box\n"
				     "echo '+io +hugetlb' > /unified/cgroup.subtree_control\n"
				     "echo '8:0 4950' > /unified/box/io.weight\n"
				     "echo '8:0 rbps=500' > /unified/box/io.max\n"
				     "echo '8:16 rbps=max' > /unified/box/io.max\n"
				     "echo '8:0 wiops=500' > /unified/box/io.max\n"
				     "echo 4194304 > /unified/box/hugetlb.2MB.max\n"
				     "echo 0 > /unified/box/hugetlb.1GB.max\n"
				     "echo $PID > /unified/box/cgroup.procs\n"
				     "echo 1 > /unified/box/cgroup.freeze\n");
	world_clear(w);
	pages[1].page_size = (char *)"64KB";
	mount_trees(w, v2);
	set_v2_controllers(w, "io,hugetlb");
	assert_int_equal(strv_copy(&w->host.page_sizes, sizes), 0);
	assert_refused(
		w, &spec, -EINVAL,
		"cgroups.hugetlb_limit[1].page_size: the kernel has no pages of 64KB (it has "
		"2MB, 1GB)");
}

/* A limit goes to v1 where v1 has the controller, to v2 where only v2 has it. */
static void test_golden_hybrid(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "memory", "", NULL };
	const struct cgroup_spec spec = { .present = true, .memory = 4096, .pids_limit = 7 };

	mount_trees(w, trees);
	set_v2_controllers(w, "pids");
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_string_equal(show(w), "mkdir -p /memory/box\n"
				     "mkdir -p /unified/box\n"
				     "echo '+pids' > /unified/cgroup.subtree_control\n"
				     "echo 4096 > /memory/box/memory.limit_in_bytes\n"
				     "echo 7 > /unified/box/pids.max\n"
				     "echo $PID > /memory/box/cgroup.procs\n"
				     "echo $PID > /unified/box/cgroup.procs\n");
}

static void test_cpu_max(void **state)
{
	const struct {
		int64_t quota;
		uint64_t period;
		const char *value;
	} cases[] = {
		{ -1, 0, "'max 100000'" },
		{ 0, 50000, "'max 50000'" },
		{ 2000, 0, "'2000 100000'" },
	};
	struct world *w = *state;
	const char *const trees[] = { "", NULL };

	for (size_t i = 0; i < array_size(cases); i++) {
		const struct cgroup_spec spec = { .present = true,
						  .cpu_quota = cases[i].quota,
						  .cpu_period = cases[i].period };
		_cleanup_free_ char *line = NULL;

		mount_trees(w, trees);
		set_v2_controllers(w, "cpu");
		assert_int_equal(plan_spec(w, &spec), 0);
		line = str_format("echo %s > /unified/box/cpu.max\n", cases[i].value);
		assert_non_null(strstr(show(w), line));
		world_clear(w);
	}
}

static void test_weight(void **state)
{
	const struct {
		uint64_t shares;
		unsigned int weight;
	} cases[] = {
		/* The anchors of the formula, and values worked out elsewhere. */
		{ 2, 1 },      { 3, 2 },      { 128, 21 },       { 512, 59 },
		{ 1024, 100 }, { 2048, 174 }, { 262144, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++)
		assert_int_equal(cgroup_weight_of_shares(cases[i].shares), cases[i].weight);
	for (uint64_t shares = 3; shares <= 262144; shares += 997)
		assert_true(cgroup_weight_of_shares(shares) >= cgroup_weight_of_shares(shares - 1));
}

/* What stood already is not made and so not removed; made again is only what is missing. */
static void test_existing(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "memory", "pids", NULL };
	const struct cgroup_spec spec = { .present = true, .parent = (char *)"p" };

	make(w, "memory/p/box", NULL);
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_int_equal(w->plan.count, 2);
	assert_string_equal(show(w), "mkdir -p /pids/p/box\n"
				     "echo $PID > /memory/p/box/cgroup.procs\n"
				     "echo $PID > /pids/p/box/cgroup.procs\n");
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err), 0);
	assert_int_equal(plan_revert(&w->plan, &w->scope, NULL, &w->err), 0);
	make(w, "memory/p/box/still-there", NULL);
	assert_int_equal(plan_revert(&w->plan, &w->scope, NULL, &w->err), 0);
}

static int exists(struct world *w, const char *path)
{
	_cleanup_free_ char *full = str_format("%s/%s", w->top, path);

	return file_exists(AT_FDCWD, full);
}

/* Through the journal, as after a crash, at each point: whatever was made goes. */
static void test_journal(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "memory", "", NULL };
	const struct cgroup_spec spec = { .present = true, .parent = (char *)"p/q" };
	_cleanup_free_ char *text = NULL;
	const struct step_type *const *const types[] = { cgroup_step_types, NULL };
	struct plan again = { 0 };
	size_t len;
	FILE *f = open_memstream(&text, &len);

	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_int_equal(plan_encode(&w->plan, f, &w->err), 0);
	fclose(f);
	assert_int_equal(plan_decode(&again, types, text, len, "journal", &w->err), 0);
	assert_int_equal(again.count, w->plan.count);
	assert_int_equal(plan_revert(&again, &w->scope, NULL, &w->err),
			 0);       /* nothing was done yet */
	make(w, "memory/p", NULL); /* died before marking it */
	assert_int_equal(plan_revert(&again, &w->scope, NULL, &w->err), 0);
	assert_false(exists(w, "memory/p"));
	assert_int_equal(plan_apply(&again, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err), 0);
	assert_true(exists(w, "memory/p/q/box") && exists(w, "unified/p/q/box"));
	assert_int_equal(plan_revert(&again, &w->scope, NULL, &w->err), 0);
	assert_false(exists(w, "memory/p") || exists(w, "unified/p"));
	plan_release(&again);
}

/* The weight file that the kernel has is taken; both missing is an error with key and value. */
static void test_write_other_file(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "blkio", NULL };
	const struct cgroup_spec spec = { .present = true, .blkio_weight = 300 };
	_cleanup_free_ char *path = str_format("%s/blkio/box/blkio.bfq.weight", w->top);
	_cleanup_free_ char *first = str_format("%s/blkio/box/blkio.weight", w->top);
	char text[16];

	make(w, "blkio/box/blkio.bfq.weight", "x");
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err), 0);
	assert_int_equal(file_read_line(AT_FDCWD, path, text, sizeof(text), &w->err), 0);
	assert_string_equal(text, "300");
	/* Both: which one counts is up to the device. */
	make(w, "blkio/box/blkio.weight", "x");
	make(w, "blkio/box/blkio.bfq.weight", "x");
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err), 0);
	assert_int_equal(file_read_line(AT_FDCWD, first, text, sizeof(text), &w->err), 0);
	assert_string_equal(text, "300");
	assert_int_equal(file_read_line(AT_FDCWD, path, text, sizeof(text), &w->err), 0);
	assert_string_equal(text, "300");
	unlink(first);
	unlink(path);
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err),
			 -ENOENT);
	assert_non_null(
		strstr(w->err.text, "cgroups.blkio_weight: 300: this kernel or cgroup has no /"));
}

/* Each level that is empty gets what the next one above it has. */
static void test_cpuset_copied_down(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "cpuset", NULL };
	const struct cgroup_spec spec = { .present = true, .parent = (char *)"p" };
	_cleanup_free_ char *path = str_format("%s/cpuset/p/box/cpuset.cpus", w->top);
	char text[16];

	make(w, "cpuset/cpuset.cpus", "0-3\n");
	make(w, "cpuset/cpuset.mems", "0\n");
	make(w, "cpuset/p/cpuset.cpus", "\n");
	make(w, "cpuset/p/cpuset.mems", "0\n");
	make(w, "cpuset/p/box/cpuset.cpus", "\n");
	make(w, "cpuset/p/box/cpuset.mems", "\n");
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err), 0);
	assert_int_equal(file_read_line(AT_FDCWD, path, text, sizeof(text), &w->err), 0);
	assert_string_equal(text, "0-3");
}

static void test_missing_controllers(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "cpu", NULL };
	const struct cgroup_spec memory = { .present = true, .memory = 1 };
	const struct cgroup_spec devices = { .present = true, .device_rules = true };
	const struct cgroup_spec anything = { .present = true,
					      .device_rules = true,
					      .allow_all_devices = true };

	mount_trees(w, trees);
	assert_refused(w, &memory, -ENODEV,
		       "cgroups.memory: the host has no 'memory' cgroup controller");
	world_clear(w);
	mount_trees(w, trees);
	assert_refused(w, &devices, -ENODEV,
		       "cgroups.allowed_devices: the host has no 'devices' cgroup controller");
	world_clear(w);
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &anything), 0);
}

/* Where v1's controller is not mounted they become a program; all being allowed needs none. */
static void test_devices_v2(void **state)
{
	struct world *w = *state;
	const char *const trees[] = { "memory", "", NULL };
	struct cgroup_device list[] = { { 'c', 1, 3, (char *)"rwm" },
					{ 'a', 0, 0, (char *)"rwm" } };
	struct cgroup_spec spec = { .present = true,
				    .device_rules = true,
				    .allowed_devices = list,
				    .allowed_device_count = 1 };

	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_non_null(strstr(
		show(w),
		"# an eBPF program for the devices of /unified/box: deny a, allow c 1:3 rwm\n"));
	world_clear(w);
	spec.allow_all_devices = true;
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_null(strstr(show(w), "eBPF"));
	world_clear(w);
	spec.denied_devices = list;
	spec.denied_device_count = 2;
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_non_null(strstr(show(w), ": allow a, deny c 1:3 rwm, deny a\n"));
}

static void test_v2_lacks(void **state)
{
	const struct {
		struct cgroup_spec spec;
		int code;
		const char *text;
	} cases[] = {
		{ { .present = true, .cpu_rt_quota = 5 },
		  -EOPNOTSUPP,
		  "cgroups.cpu_rt_quota: cgroup v2 has no such limit: it has no real-time bandwidth control" },
		{ { .present = true, .kernel_memory = 5 },
		  -EOPNOTSUPP,
		  "cgroups.kernel_memory: cgroup v2 has no such limit: kernel memory is part of "
		  "cgroups.memory there" },
		{ { .present = true, .has_swappiness = true },
		  -EOPNOTSUPP,
		  "cgroups.memory_swappiness: cgroup v2 has no such limit: the system's vm.swappiness is "
		  "everybody's there" },
		{ { .present = true, .oom_kill_disable = true },
		  -EOPNOTSUPP,
		  "cgroups.oom_kill_disable: cgroup v2 has no such limit: its OOM killer cannot be disabled" },
		{ { .present = true, .net_cls_classid = 1 },
		  -EOPNOTSUPP,
		  "cgroups.net_cls_classid: cgroup v2 has no such limit: firewall rules match its "
		  "cgroups by path" },
		{ { .present = true,
		    .net_prio_ifpriomap = &(struct cgroup_ifprio){ (char *)"lo", 1 },
		    .net_prio_ifpriomap_count = 1 },
		  -EOPNOTSUPP,
		  "cgroups.net_prio_ifpriomap: cgroup v2 has no such limit: firewall rules match its "
		  "cgroups by path" },
		{ { .present = true,
		    .blkio_throttle_read_bps_device = { &(struct cgroup_block){ 8, 0, 5 }, 1 } },
		  -ENODEV,
		  "cgroups.blkio_throttle_read_bps_device: the host has no 'io' cgroup controller" },
		{ { .present = true, .pids_limit = 5 },
		  -ENODEV,
		  "cgroups.pids_limit: the host has no 'pids' cgroup controller" },
		{ { .present = true, .blkio_weight = 50 },
		  -ENODEV,
		  "cgroups.blkio_weight: the host has no 'io' cgroup controller" },
		{ { .present = true, .cpu_shares = 1 },
		  -EINVAL,
		  "cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2" },
		{ { .present = true, .cpu_shares = 262145 },
		  -EINVAL,
		  "cgroups.cpu_shares: 262145: the maximum allowed cpu-shares is 262144" },
	};
	struct world *w = *state;
	const char *const trees[] = { "", NULL };

	for (size_t i = 0; i < array_size(cases); i++) {
		mount_trees(w, trees);
		set_v2_controllers(w, "cpu");
		assert_refused(w, &cases[i].spec, cases[i].code, cases[i].text);
		world_clear(w);
	}
}

static void test_check(void **state)
{
	struct cgroup_device bad[] = {
		{ .type = 'x', .permissions = (char *)"r" },
		{ .type = 'c', .permissions = (char *)"rx" },
		{ .type = 'c', .major = -2, .permissions = (char *)"r" },
	};
	const struct {
		struct cgroup_spec spec;
		const char *text;
	} cases[] = {
		{ { .parent = (char *)"../x" }, "cgroups.parent: '../x' must not contain '..'" },
		{ { .parent = (char *)"/x/.." }, "cgroups.parent: '/x/..' must not contain '..'" },
		{ { .parent = (char *)"x/./y" }, "cgroups.parent: 'x/./y' must not contain '.'" },
		{ { .name = (char *)".." }, "cgroups.name: '..' must not contain '..'" },
		{ { .name = (char *)"/x" },
		  "cgroups.name: '/x' must be relative to cgroups.parent" },
		{ { .name = (char *)"a\nb" }, "cgroups.name: a newline in the name of a cgroup" },
		{ { .memory = -2 }, "cgroups.memory: -2 is out of range (-1 is no limit)" },
		{ { .pids_limit = -5 }, "cgroups.pids_limit: -5 is out of range (-1 is no limit)" },
		{ { .memory = 5000, .memory_swap = 4000 },
		  "cgroups.memory_swap: 4000 is less than cgroups.memory (5000)" },
		{ { .memory_swap = 4000 },
		  "cgroups.memory_swap: limits memory and swap together, so cgroups.memory must be set as "
		  "well" },
		{ { .blkio_weight_device = { &(struct cgroup_block){ 8, 0, 1001 }, 1 } },
		  "cgroups.blkio_weight_device: 1001 is out of range (10 to 1000)" },
		{ { .hugetlb_limit = &(struct cgroup_hugetlb){ 0 }, .hugetlb_limit_count = 1 },
		  "cgroups.hugetlb_limit[0].page_size: '' is not a size like 2MB" },
		{ { .net_prio_ifpriomap = &(struct cgroup_ifprio){ (char *)"a/b", 1 },
		    .net_prio_ifpriomap_count = 1 },
		  "cgroups.net_prio_ifpriomap[0].interface: 'a/b' is not a name of an interface" },
		{ { .blkio_weight = 9 }, "cgroups.blkio_weight: 9 is out of range (10 to 1000)" },
		{ { .allowed_devices = &bad[0], .allowed_device_count = 1 },
		  "cgroups.allowed_devices[0].type: must be 'a', 'b' or 'c'" },
		{ { .denied_devices = &bad[1], .denied_device_count = 1 },
		  "cgroups.denied_devices[0].permissions: 'rx': must be out of 'rwm'" },
		{ { .denied_devices = &bad[2], .denied_device_count = 1 },
		  "cgroups.denied_devices[0]: device number -2:0 is out of range" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct cgroup_spec spec = cases[i].spec;
		struct err err = { 0 };

		assert_int_equal(cgroup_check(&spec, &err), 0); /* absent: nothing is looked at */
		spec.present = true;
		assert_true(cgroup_check(&spec, &err) < 0);
		assert_string_equal(err.text, cases[i].text);
	}
}

static void test_check_fine(void **state)
{
	const struct cgroup_spec specs[] = {
		{ .present = true, .parent = (char *)"/" },
		{ .present = true, .parent = (char *)"a..b/c", .name = (char *)"x/y" },
		{ .present = true,
		  .memory = -1,
		  .memory_swap = -1,
		  .cpu_quota = -1,
		  .pids_limit = -1 },
		{ .present = true, .memory = 5, .memory_swap = 5, .blkio_weight = 1000 },
	};
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < array_size(specs); i++)
		assert_int_equal(cgroup_check(&specs[i], &err), 0);
}

#define test_in_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_world(test_golden_v1),
		test_in_world(test_golden_v2),
		test_in_world(test_enable_below_base),
		test_in_world(test_enable_names_keys),
		test_in_world(test_own_keys),
		test_in_world(test_own_keys_refused),
		test_in_world(test_offer),
		test_in_world(test_offer_not_asked),
		test_in_world(test_offer_in_vain),
		test_in_world(test_unified),
		test_in_world(test_unified_refused),
		test_in_world(test_golden_lines),
		test_in_world(test_golden_hybrid),
		test_in_world(test_cpu_max),
		cmocka_unit_test(test_weight),
		test_in_world(test_existing),
		test_in_world(test_journal),
		test_in_world(test_write_other_file),
		test_in_world(test_cpuset_copied_down),
		test_in_world(test_missing_controllers),
		test_in_world(test_devices_v2),
		test_in_world(test_v2_lacks),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
