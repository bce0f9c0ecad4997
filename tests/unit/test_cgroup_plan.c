// SPDX-License-Identifier: Apache-2.0
/* Checks, encodings and golden step lists, over directories in /tmp that stand for cgroup trees. */
#include "cgroup/cgroup.h"

#include "cgroup/devices.h"
#include "cgroup/keys.h"
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
		show(w), "mkdir -p /cpuset/nsinit/box\n"
			 "mkdir -p /memory/nsinit/box\n"
			 "mkdir -p /cpu,cpuacct/nsinit/box\n"
			 "mkdir -p /devices/nsinit/box\n"
			 "mkdir -p /blkio/nsinit/box\n"
			 "mkdir -p /pids/nsinit/box\n"
			 "cat /cpuset/nsinit/box/../cpuset.cpus > /cpuset/nsinit/box/cpuset.cpus\n"
			 "cat /cpuset/nsinit/box/../cpuset.mems > /cpuset/nsinit/box/cpuset.mems\n"
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
	char text[16];

	make(w, "blkio/box/blkio.bfq.weight", "x");
	mount_trees(w, trees);
	assert_int_equal(plan_spec(w, &spec), 0);
	assert_int_equal(plan_apply(&w->plan, PHASE_PREPARE, &w->scope, NULL, NULL, &w->err), 0);
	assert_int_equal(file_read_line(AT_FDCWD, path, text, sizeof(text), &w->err), 0);
	assert_string_equal(text, "300");
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

static void assert_refused(struct world *w, const struct cgroup_spec *spec, int code,
			   const char *text)
{
	int ret = plan_spec(w, spec);

	assert_string_equal(w->err.text, text);
	assert_int_equal(ret, code);
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

/* Those that nobody chose: libcontainer's list, with or without the rows that only some configs have. */
static void test_usual_devices(void **state)
{
	struct cgroup_device list[] = {
		{ 'b', -1, -1, (char *)"m" }, { 'c', -1, -1, (char *)"m" },
		{ 'c', 1, 3, (char *)"rwm" }, { 'c', 1, 5, (char *)"rwm" },
		{ 'c', 1, 7, (char *)"rwm" }, { 'c', 5, 0, (char *)"rwm" },
		{ 'c', 1, 9, (char *)"rwm" }, { 'c', 1, 8, (char *)"rwm" },
		{ 'c', 5, 2, (char *)"rwm" }, { 'b', 8, 0, (char *)"r" },
	};
	struct cgroup_spec spec = { .present = true,
				    .device_rules = true,
				    .allowed_devices = list };

	(void)state;
	assert_false(devices_are_usual(&spec));
	spec.allowed_device_count = 7;
	assert_false(devices_are_usual(&spec));
	spec.allowed_device_count = 8;
	assert_true(devices_are_usual(&spec));
	spec.allowed_device_count = 9;
	assert_true(devices_are_usual(&spec));
	spec.allow_all_devices = true;
	assert_false(devices_are_usual(&spec));
	spec.allow_all_devices = false;
	spec.allowed_device_count = 10;
	assert_false(devices_are_usual(&spec));
	spec.allowed_device_count = 9;
	list[2].permissions = (char *)"r";
	assert_false(devices_are_usual(&spec));
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
		test_in_world(test_golden_hybrid),
		test_in_world(test_cpu_max),
		cmocka_unit_test(test_weight),
		test_in_world(test_existing),
		test_in_world(test_journal),
		test_in_world(test_write_other_file),
		test_in_world(test_cpuset_copied_down),
		test_in_world(test_missing_controllers),
		cmocka_unit_test(test_usual_devices),
		test_in_world(test_v2_lacks),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
