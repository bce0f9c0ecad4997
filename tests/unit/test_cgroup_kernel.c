// SPDX-License-Identifier: Apache-2.0
/* Cgroups in the kernel: below ctrnet-test-PID of each mounted hierarchy, and gone afterwards. */
#include "cgroup/cgroup.h"
#include "cgroup/kill.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct cgroup_host host;
static char parent[64]; /* "/ctrnet-test-PID" */

/* One container: its scope with a run directory, its place and plan, a process. */
struct box {
	char run_dir[64];
	struct cgroup_spec spec;
	struct cgroup_place place;
	struct plan plan;
	struct scope scope;
	struct err err;
};

static void box_init(struct box *b)
{
	*b = (struct box){ .run_dir = "/tmp/ctrnet-test-XXXXXX" };
	assert_non_null(mkdtemp(b->run_dir));
	assert_int_equal(scope_init(&b->scope, "box", b->run_dir, b->run_dir, &b->err), 0);
	b->spec = (struct cgroup_spec){ .present = true, .parent = parent, .name = (char *)"box" };
}

static void kill_child(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

static void box_release(struct box *b)
{
	kill_child(&b->scope.pid);
	plan_revert(&b->plan, &b->scope, NULL, NULL);
	plan_release(&b->plan);
	cgroup_place_release(&b->place);
	scope_release(&b->scope);
	file_remove_tree(AT_FDCWD, b->run_dir, NULL);
}

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	box_init(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	box_release(*state);
	free(*state);
	/* All are dead by now. Orphans come to us, whatever the machine's pid 1 does about its own. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

static int box_plan(struct box *b)
{
	int ret = cgroup_check(&b->spec, &b->err);

	if (ret == 0)
		ret = cgroup_place(&b->spec, &host, "box", &b->place, &b->err);
	return ret < 0 ? ret : cgroup_plan(&b->spec, &host, &b->place, &b->plan, &b->err);
}

static int box_apply(struct box *b, enum phase phase)
{
	return plan_apply(&b->plan, phase, &b->scope, NULL, NULL, &b->err);
}

static void box_prepare(struct box *b)
{
	assert_int_equal(box_plan(b), 0);
	if (box_apply(b, PHASE_PREPARE) < 0)
		fail_msg("%s", b->err.text);
}

static void box_revert(struct box *b)
{
	if (plan_revert(&b->plan, &b->scope, NULL, &b->err) < 0)
		fail_msg("%s", b->err.text);
}

static const char *dir_of(struct box *b, const char *controller)
{
	const struct cgroup_dir *dir = place_find(&b->place, controller);

	assert_non_null(dir);
	return dir->path;
}

static void assert_file(struct box *b, const char *controller, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir_of(b, controller), file);
	char have[256];

	assert_int_equal(file_read_line(AT_FDCWD, path, have, sizeof(have), &b->err), 0);
	assert_string_equal(have, text);
}

static void assert_gone(struct box *b)
{
	for (size_t i = 0; i < b->place.count; i++) {
		_cleanup_free_ char *up = strdup(b->place.dirs[i].path);

		*strrchr(up, '/') = '\0';
		assert_false(file_exists(AT_FDCWD, b->place.dirs[i].path));
		assert_false(file_exists(AT_FDCWD, up));
	}
}

/* A child that runs @work and then sleeps; its status is what @work returned if that was not 0. */
static pid_t spawn(int (*work)(void *arg), void *arg, int cgroup_fd)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int ready[2];
	char c = 1;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	if (cgroup_fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		c = work && work(arg) < 0;
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	assert_true(pid > 0);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(c, 0);
	return pid;
}

/* Is @pid in all directories of the place, as its own list of cgroups says? */
static void assert_inside(struct box *b, pid_t pid)
{
	for (size_t i = 0; i < b->place.count; i++) {
		pid_t pids[8];
		ssize_t n = tree_pids(b->place.dirs[i].path, pids, array_size(pids));

		assert_int_equal(n, 1);
		assert_int_equal(pids[0], pid);
	}
}

static void test_join_by_pid(void **state)
{
	struct box *b = *state;

	box_prepare(b);
	b->scope.pid = spawn(NULL, NULL, -1);
	assert_int_equal(box_apply(b, PHASE_CONNECT), 0);
	assert_inside(b, b->scope.pid);
	kill_child(&b->scope.pid);
	box_revert(b);
	assert_gone(b);
}

static int join_self(void *arg)
{
	return cgroup_join_self(arg, NULL);
}

static void test_join_through_doors(void **state)
{
	struct box *b = *state;
	_cleanup_fd_ int fd = -1;

	box_prepare(b);
	fd = cgroup_clone_fd(&b->place);
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	b->scope.pid = spawn(join_self, &b->scope, fd);
	assert_inside(b, b->scope.pid); /* before CONNECT, which has nothing to do */
	assert_int_equal(box_apply(b, PHASE_CONNECT), 0);
	assert_inside(b, b->scope.pid);
}

/* A dead process cannot join: the error says where, and what the kernel said. */
static void test_join_dead(void **state)
{
	struct box *b = *state;
	pid_t dead;

	box_prepare(b);
	dead = spawn(NULL, NULL, -1);
	kill_child(&(pid_t){ dead });
	b->scope.pid = dead;
	assert_int_equal(box_apply(b, PHASE_CONNECT), -ESRCH);
	b->scope.pid = 0;
	assert_non_null(strstr(b->err.text, "cgroups: join cgroup /"));
	assert_non_null(strstr(b->err.text, "No such process"));
}

static void test_enter(void **state)
{
	struct box *b = *state;

	box_prepare(b);
	b->scope.pid = spawn(NULL, NULL, -1);
	assert_int_equal(cgroup_enter(&b->place, &b->scope, b->scope.pid, &b->err), 0);
	assert_inside(b, b->scope.pid);
}

/* Without a pid namespace children outlive their parent: revert ends them, nested cgroups and all. */
static void test_revert_kills(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *nested = NULL;
	int status;
	pid_t pid;

	box_prepare(b);
	pid = b->scope.pid = spawn(NULL, NULL, -1);
	assert_int_equal(box_apply(b, PHASE_CONNECT), 0);
	for (size_t i = 0; i < b->place.count; i++) {
		_cleanup_free_ char *path = str_format("%s/a/b", b->place.dirs[i].path);

		assert_int_equal(file_mkdirs(AT_FDCWD, path, 0755, &b->err), 0);
	}
	box_revert(b);
	assert_gone(b);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	b->scope.pid = 0;
	box_revert(b); /* gone already */
}

/* Children that never stop coming. */
static int fork_away(void *arg)
{
	(void)arg;
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			for (;;) {
				if (fork() > 0)
					_exit(0);
				usleep(200);
			}
	return 0;
}

static void test_kill(void **state)
{
	struct box *b = *state;

	box_prepare(b);
	assert_int_equal(cgroup_kill(&b->place, &b->err), 0); /* empty */
	b->scope.pid = spawn(NULL, NULL, -1);
	assert_int_equal(cgroup_enter(&b->place, &b->scope, b->scope.pid, &b->err), 0);
	assert_int_equal(cgroup_kill(&b->place, &b->err), 0);
	waitpid(b->scope.pid, NULL, 0);
	b->scope.pid = 0;
	assert_int_equal(tree_pids(b->place.dirs[0].path, NULL, 0), 0);
	box_revert(b);
	assert_int_equal(cgroup_kill(&b->place, &b->err), 0); /* gone */
}

static int join_and_fork(void *arg)
{
	return cgroup_join_self(arg, NULL) < 0 ? -1 : fork_away(NULL);
}

/* On v1 alone, where there is no cgroup.kill: the freezer keeps a forking crowd in place. */
static void test_kill_v1(void **state)
{
	struct box *b = *state;

	assert_int_equal(box_plan(b), 0);
	assert_int_equal(box_apply(b, PHASE_PREPARE), 0);
	if (b->place.dirs[b->place.count - 1].v2) {
		struct cgroup_dir *last = &b->place.dirs[--b->place.count];

		free(last->path);
		free(last->controllers);
	}
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	b->scope.pid = spawn(join_and_fork, &b->scope, -1);
	assert_int_equal(cgroup_kill(&b->place, &b->err), 0);
	assert_int_equal(tree_pids(dir_of(b, "freezer"), NULL, 0), 0);
}

static void test_limits(void **state)
{
	struct box *b = *state;

	b->spec.memory = 64 << 20;
	b->spec.memory_reservation = 32 << 20;
	b->spec.memory_swap = 128 << 20;
	b->spec.pids_limit = 17;
	b->spec.cpu_shares = 512;
	b->spec.cpu_quota = 50000;
	b->spec.cpu_period = 200000;
	b->spec.oom_kill_disable = true;
	box_prepare(b);
	assert_file(b, "memory", "memory.limit_in_bytes", "67108864");
	assert_file(b, "memory", "memory.soft_limit_in_bytes", "33554432");
	assert_file(b, "memory", "memory.memsw.limit_in_bytes", "134217728");
	assert_file(b, "pids", "pids.max", "17");
	assert_file(b, "cpu", "cpu.shares", "512");
	assert_file(b, "cpu", "cpu.cfs_quota_us", "50000");
	assert_file(b, "cpu", "cpu.cfs_period_us", "200000");
}

static void test_cpuset(void **state)
{
	struct box *b = *state;

	b->spec.cpuset_cpus = (char *)"0";
	box_prepare(b);
	assert_file(b, "cpuset", "cpuset.cpus", "0");
	assert_file(b, "cpuset", "../cpuset.mems", "0");
}

static void assert_apply_fails(struct box *b, const char *text)
{
	assert_int_equal(box_plan(b), 0);
	assert_true(box_apply(b, PHASE_PREPARE) < 0);
	if (!strstr(b->err.text, text))
		assert_string_equal(b->err.text, text);
	box_revert(b);
	assert_gone(b);
}

static void test_cpu_shares_minimum(void **state)
{
	struct box *b = *state;

	b->spec.cpu_shares = 1;
	assert_apply_fails(b, "cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2");
}

static void test_cpu_shares_maximum(void **state)
{
	struct box *b = *state;

	b->spec.cpu_shares = 300000;
	assert_apply_fails(b,
			   "cgroups.cpu_shares: 300000: the maximum allowed cpu-shares is 262144");
}

static void test_cpu_period_range(void **state)
{
	struct box *b = *state;

	b->spec.cpu_period = 10;
	assert_apply_fails(b, "Invalid argument (the kernel takes 1000 to 1000000 microseconds)");
	assert_non_null(strstr(b->err.text, "cgroups.cpu_period: 10: write to "));
}

static void test_cpuset_range(void **state)
{
	struct box *b = *state;

	b->spec.cpuset_cpus = (char *)"0-100000";
	assert_apply_fails(b, "cgroups.cpuset_cpus: 0-100000: ");
}

/* 0: @path opens; else errno. */
static int opens(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : 0;
}

static int join_and_open(void *arg)
{
	if (cgroup_join_self(arg, NULL) < 0 || opens("/dev/null") || opens("/dev/zero") != EPERM)
		return -1;
	return 0;
}

static void test_devices(void **state)
{
	struct box *b = *state;
	struct cgroup_device null = { 'c', 1, 3, (char *)"rwm" };

	b->spec.device_rules = true;
	b->spec.allowed_devices = &null;
	b->spec.allowed_device_count = 1;
	box_prepare(b);
	assert_file(b, "devices", "devices.list", "c 1:3 rwm");
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	b->scope.pid = spawn(join_and_open, &b->scope, -1);
}

static void test_devices_denied(void **state)
{
	struct box *b = *state;
	struct cgroup_device zero = { 'c', 1, 5, (char *)"rwm" };

	b->spec.device_rules = true;
	b->spec.allow_all_devices = true;
	b->spec.denied_devices = &zero;
	b->spec.denied_device_count = 1;
	box_prepare(b);
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	b->scope.pid = spawn(join_and_open, &b->scope, -1);
}

/* Two containers of one cgroup: the first to go leaves the other's processes alone. */
static void test_two_users(void **state)
{
	struct box *b = *state;
	_cleanup_(box_release) struct box other;

	box_init(&other);
	box_prepare(b);
	box_prepare(&other);
	other.scope.pid = spawn(NULL, NULL, -1);
	assert_int_equal(box_apply(&other, PHASE_CONNECT), 0);
	box_revert(b);
	assert_int_equal(kill(other.scope.pid, 0), 0);
	assert_inside(&other, other.scope.pid);
	kill_child(&other.scope.pid);
	box_revert(&other);
	assert_gone(&other);
}

/* A user that died without a trace (its run directory is gone) does not hold the cgroup for ever. */
static void test_dead_user(void **state)
{
	struct box *b = *state;
	_cleanup_(box_release) struct box other;

	box_init(&other);
	box_prepare(b);
	box_prepare(&other);
	assert_int_equal(rmdir(b->run_dir), 0);
	box_revert(&other);
	assert_gone(&other);
}

/* Two names below one parent, which goes with the last of them. */
static void test_shared_parent(void **state)
{
	struct box *b = *state;
	_cleanup_(box_release) struct box other;

	box_init(&other);
	other.spec.name = (char *)"other";
	box_prepare(b);
	box_prepare(&other);
	box_revert(b);
	assert_true(file_exists(AT_FDCWD, other.place.dirs[0].path));
	box_revert(&other);
	assert_gone(&other);
}

/* A cgroup that somebody else made is used, and left. */
static void test_strangers_stay(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *up = NULL;
	const char *path;

	assert_int_equal(cgroup_place(&b->spec, &host, "box", &b->place, &b->err), 0);
	path = b->place.dirs[0].path;
	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0755, &b->err), 0);
	up = strdup(path);
	*strrchr(up, '/') = '\0';
	assert_int_equal(cgroup_plan(&b->spec, &host, &b->place, &b->plan, &b->err), 0);
	assert_int_equal(box_apply(b, PHASE_PREPARE), 0);
	box_revert(b);
	assert_true(file_exists(AT_FDCWD, path));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(up), 0);
}

/* A file of the kernel's is no cgroup. */
static void test_name_of_a_file(void **state)
{
	struct box *b = *state;

	b->spec.parent = (char *)"/";
	b->spec.name = (char *)"cgroup.procs";
	assert_int_equal(box_plan(b), -ENOTDIR);
	assert_non_null(
		strstr(b->err.text, "cgroup.procs is a file of the kernel's, not a cgroup"));
}

static void test_probe(void **state)
{
	struct box *b = *state;

	box_prepare(b);
	assert_int_equal(plan_probe(&b->plan, &b->scope, NULL, NULL, &b->err), 0);
	assert_int_equal(rmdir(b->place.dirs[0].path), 0);
	assert_int_equal(plan_probe(&b->plan, &b->scope, NULL, NULL, &b->err), -ESTALE);
}

/*
 * v2: handing down controllers, and the rule that a cgroup which does so has no processes. What the
 * root hands out is the machine's business, so this takes it as it is.
 */
static void test_enable_refused(void **state)
{
	struct box *b = *state;
	const struct cgroup_dir *dir;
	_cleanup_free_ char *controller = NULL, *up = NULL, *own = NULL;
	char *controllers[2] = { NULL }, *paths[2] = { NULL };
	struct cgroup_enable_args args = { paths, controllers };
	_cleanup_fd_ int fd = -1;

	box_prepare(b);
	dir = &b->place.dirs[b->place.count - 1];
	controllers[0] = controller = strndup(dir->controllers, strcspn(dir->controllers, ","));
	paths[0] = up = strndup(dir->path, (size_t)(strrchr(dir->path, '/') - dir->path));
	if (cgroup_enable_step.apply(&b->scope, &args, &b->err) < 0) {
		assert_int_equal(b->err.code, -ENOENT);
		assert_non_null(strstr(b->err.text,
				       "(the cgroup above it does not hand it the controller)"));
		return;
	}
	paths[0] = own = strdup(dir->path);
	fd = cgroup_clone_fd(&b->place);
	b->scope.pid = spawn(NULL, NULL, fd);
	assert_int_equal(cgroup_enable_step.apply(&b->scope, &args, &b->err), -EBUSY);
	assert_non_null(strstr(b->err.text, "choose another cgroups.parent"));
}

/* Which tests need what. Those that cannot run say so in TAP. */
static const struct {
	struct CMUnitTest test;
	const char *controllers; /* space-separated; "v2": the v2 tree with a controller to give */
} all_tests[] = {
#define needs(list, f)                                 \
	{                                              \
		{ #f, f, setup, teardown, NULL }, list \
	}
	needs("", test_join_by_pid),
	needs("", test_join_through_doors),
	needs("", test_join_dead),
	needs("", test_enter),
	needs("", test_revert_kills),
	needs("", test_kill),
	needs("freezer", test_kill_v1),
	needs("memory memsw pids cpu", test_limits),
	needs("cpuset", test_cpuset),
	needs("cpu", test_cpu_shares_minimum),
	needs("cpu", test_cpu_shares_maximum),
	needs("cpu", test_cpu_period_range),
	needs("cpuset", test_cpuset_range),
	needs("devices", test_devices),
	needs("devices", test_devices_denied),
	needs("", test_two_users),
	needs("", test_dead_user),
	needs("", test_shared_parent),
	needs("", test_strangers_stay),
	needs("", test_name_of_a_file),
	needs("", test_probe),
	needs("v2", test_enable_refused),
};

static bool has_controller(const char *name)
{
	for (size_t i = 0; i < host.count; i++) {
		const struct cgroup_hierarchy *h = &host.hierarchies[i];
		_cleanup_free_ char *memsw = str_format("%s/memory.memsw.limit_in_bytes", h->mount);

		if (!strcmp(name, "v2")
			    ? h->v2 && *h->controllers
			    : !h->v2 && controllers_have(h->controllers, name, strlen(name)))
			return true;
		if (!strcmp(name, "memsw") && file_exists(AT_FDCWD, memsw))
			return true;
	}
	return false;
}

static void skipped(void **state)
{
	(void)state;
}

/* The first of @list that the host lacks, or NULL. */
static char *missing(const char *list)
{
	_cleanup_free_ char *words = strdup(list);
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!has_controller(w))
			return strdup(w);
	return NULL;
}

int main(void)
{
	struct CMUnitTest tests[array_size(all_tests)];
	char *names[array_size(all_tests)] = { NULL };
	struct err err = { 0 };
	int failed;

	snprintf(parent, sizeof(parent), "/ctrnet-test-%d", (int)getpid());
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || cgroup_host_read(&host, &err) < 0)
		return 1;
	for (size_t i = 0; i < array_size(all_tests); i++) {
		_cleanup_free_ char *lack = missing(all_tests[i].controllers);

		tests[i] = all_tests[i].test;
		if (host.mode == CGROUP_NONE || geteuid() != 0 || lack) {
			names[i] = str_format("%s # SKIP no %s", tests[i].name,
					      lack ? lack : "cgroups to make");
			tests[i] = (struct CMUnitTest){ names[i], skipped, NULL, NULL, NULL };
		}
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < array_size(names); i++)
		free(names[i]);
	cgroup_host_release(&host);
	return failed;
}
