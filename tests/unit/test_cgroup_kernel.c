// SPDX-License-Identifier: Apache-2.0
/* Cgroups in the kernel: below a directory of the test's own in each mounted hierarchy, and gone afterwards. */
#include "cgroup_box.h"

#include "cgroup/cgroup.h"
#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

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

static void test_join_through_doors(void **state)
{
	struct box *b = *state;
	_cleanup_fd_ int fd = -1;

	box_prepare(b);
	fd = cgroup_clone_fd(&b->place, &b->scope);
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

/* What somebody makes between the plan and its doing stays, and the journal hears of it. */
static int count_call(void *arg, struct err *err)
{
	(void)err;
	++*(int *)arg;
	return 0;
}

static void test_made_meanwhile(void **state)
{
	struct box *b = *state;
	int written = 0;
	const char *dir;

	assert_int_equal(box_plan(b), 0);
	dir = dir_of(b, "pids");
	assert_int_equal(file_mkdirs(AT_FDCWD, dir, 0755, &b->err), 0);
	assert_int_equal(
		plan_apply(&b->plan, PHASE_PREPARE, &b->scope, count_call, &written, &b->err), 0);
	assert_int_equal(written, 1);
	box_revert(b);
	assert_true(file_exists(AT_FDCWD, dir));
	assert_int_equal(rmdir(dir), 0);
	*strrchr((char *)dir, '/') = '\0';
	assert_int_equal(rmdir(dir), 0);
	plan_release(&b->plan);
	cgroup_place_release(&b->place);
	written = 0;
	assert_int_equal(box_plan(b), 0);
	assert_int_equal(
		plan_apply(&b->plan, PHASE_PREPARE, &b->scope, count_call, &written, &b->err), 0);
	assert_int_equal(written, 0);
}

/* On v1 what is nested has no limits of throttling but its own. */
static void test_nest_throttled(void **state)
{
	struct box *b = *state;
	struct cgroup_block disk = { .value = 1000000 };
	_cleanup_(cgroup_place_release) struct cgroup_place nested = { 0 };
	_cleanup_free_ char *file = NULL;
	char name[CGROUP_NEST_MAX], have[64], want[64];

	/* Any device that the machine has. */
	if (file_read_line(AT_FDCWD, "/sys/block/loop0/dev", have, sizeof(have), NULL) < 0 ||
	    sscanf(have, "%u:%u", &disk.major, &disk.minor) != 2)
		skip();
	b->spec.blkio_throttle_read_bps_device = (struct cgroup_blocks){ &disk, 1 };
	box_prepare(b);
	if (cgroup_nest(&b->place, name, &nested, &b->err) < 0)
		fail_msg("%s", b->err.text);
	file = str_format("%s/%s/blkio.throttle.read_bps_device", dir_of(b, "blkio"), name);
	snprintf(want, sizeof(want), "%u:%u 1000000", disk.major, disk.minor);
	assert_int_equal(file_read_line(AT_FDCWD, file, have, sizeof(have), NULL), 0);
	assert_string_equal(have, want);
	cgroup_unnest(&b->place, name);
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
	box_drop_v2(b);
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	b->scope.pid = spawn(join_and_fork, &b->scope, -1);
	assert_int_equal(cgroup_kill(&b->place, &b->err), 0);
	assert_int_equal(tree_pids(dir_of(b, "freezer"), NULL, 0), 0);
}

/* One that a container could make for itself, and freeze; @pid is in it. */
static void freeze_nested(struct box *b, pid_t pid)
{
	_cleanup_free_ char *path = str_format("%s/n/m", dir_of(b, "freezer"));
	_cleanup_free_ char *procs = str_format("%s/cgroup.procs", path);
	_cleanup_free_ char *state = str_format("%s/freezer.state", path);
	_cleanup_free_ char *text = str_format("%d", (int)pid);
	char have[32];

	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0755, &b->err), 0);
	assert_int_equal(file_write(AT_FDCWD, procs, text, &b->err), 0);
	do {
		assert_int_equal(file_write(AT_FDCWD, state, "FROZEN", &b->err), 0);
		assert_int_equal(file_read_line(AT_FDCWD, state, have, sizeof(have), &b->err), 0);
	} while (strcmp(have, "FROZEN") != 0);
}

/* What is frozen in a nested cgroup dies, too. */
static void test_kill_nested_frozen(void **state)
{
	struct box *b = *state;
	_cleanup_fd_ int fd = -1;

	box_prepare(b);
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	fd = cgroup_clone_fd(&b->place, &b->scope);
	b->scope.pid = spawn(join_self, &b->scope, fd);
	freeze_nested(b, b->scope.pid);
	if (cgroup_kill(&b->place, &b->err) < 0)
		fail_msg("%s", b->err.text);
	assert_int_equal(tree_pids(dir_of(b, "freezer"), NULL, 0), 0);
}

static void test_revert_nested_frozen(void **state)
{
	struct box *b = *state;
	_cleanup_fd_ int fd = -1;

	box_prepare(b);
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	fd = cgroup_clone_fd(&b->place, &b->scope);
	b->scope.pid = spawn(join_self, &b->scope, fd);
	freeze_nested(b, b->scope.pid);
	box_revert(b);
	assert_gone(b);
}

/* Frozen from above it stays so, and that is no success. */
static void test_thaw(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *up = NULL, *file = NULL;

	box_prepare(b);
	assert_int_equal(cgroup_freeze(&b->place, &b->err), 0);
	assert_int_equal(cgroup_thaw(&b->place, &b->err), 0);
	assert_int_equal(cgroup_freezer(&b->place), CGROUP_THAWED);
	up = strdup(dir_of(b, "freezer"));
	*strrchr(up, '/') = '\0';
	file = str_format("%s/freezer.state", up);
	assert_int_equal(file_write(AT_FDCWD, file, "FROZEN", &b->err), 0);
	assert_int_equal(cgroup_thaw(&b->place, &b->err), -EBUSY);
	assert_non_null(strstr(b->err.text, "/box is frozen by one that it is in"));
	assert_int_equal(file_write(AT_FDCWD, file, "THAWED", &b->err), 0);
	assert_int_equal(cgroup_thaw(&b->place, &b->err), 0);
	box_revert(b);
	assert_int_equal(cgroup_thaw(&b->place, &b->err), -ENOENT);
}

struct freezing {
	struct cgroup_place *place;
	atomic_bool stop;
	int failed;
};

static void *keep_frozen(void *arg)
{
	struct freezing *f = arg;
	struct err err = { 0 };

	while (!f->stop)
		f->failed += cgroup_freeze(f->place, &err) < 0;
	return NULL;
}

/* It was thawed, and is frozen again by itself: nothing above holds it. */
static void test_thaw_beside_freeze(void **state)
{
	struct box *b = *state;
	struct freezing other = { .place = &b->place };
	pthread_t thread;
	int failed = 0;

	box_prepare(b);
	assert_int_equal(pthread_create(&thread, NULL, keep_frozen, &other), 0);
	for (int i = 0; i < 1000; i++)
		failed += cgroup_thaw(&b->place, &b->err) < 0;
	other.stop = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(failed, 0);
	assert_int_equal(other.failed, 0);
	assert_int_equal(cgroup_thaw(&b->place, &b->err), 0);
	box_revert(b);
}

/* As fast as it can, and as many as it is let. */
static int bomb(void *arg)
{
	if (cgroup_join_self(arg, NULL) < 0)
		return -1;
	if (fork() == 0)
		for (;;)
			fork();
	return 0;
}

static void explode(struct box *b, bool v2)
{
	_cleanup_fd_ int fd = -1;

	b->spec.pids_limit = 300;
	box_prepare(b);
	if (!v2)
		box_drop_v2(b);
	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	fd = cgroup_clone_fd(&b->place, &b->scope);
	b->scope.pid = spawn(bomb, &b->scope, fd);
	while (tree_pids(dir_of(b, "pids"), NULL, 0) < 300)
		usleep(1000);
	if (cgroup_kill(&b->place, &b->err) < 0)
		fail_msg("%s", b->err.text);
	assert_int_equal(tree_pids(dir_of(b, "pids"), NULL, 0), 0);
}

static void test_fork_bomb(void **state)
{
	explode(*state, true);
}

static void test_fork_bomb_v1(void **state)
{
	explode(*state, false);
}

/* Nested ones too, and a signal of one's own choice. */
static void test_pids_and_signal(void **state)
{
	struct box *b = *state;
	_cleanup_free_ pid_t *pids = NULL, *none = NULL;
	_cleanup_(cgroup_place_release) struct cgroup_place nested = { 0 };
	size_t count;
	pid_t child[2];
	int status;

	box_prepare(b);
	assert_int_equal(cgroup_pids(&b->place, &none, &count, &b->err), 0);
	assert_int_equal(count, 0);
	nested.dirs = calloc(b->place.count, sizeof(*nested.dirs));
	for (size_t i = 0; i < b->place.count; i++) {
		struct cgroup_dir *d = &nested.dirs[nested.count++];

		*d = b->place.dirs[i];
		d->controllers = strdup(d->controllers);
		d->path = str_format("%s/nested", d->path);
		if (strstr(d->controllers, "cpuset")) {
			free(d->controllers);
			free(d->path);
			nested.count--;
			continue;
		}
		assert_int_equal(mkdir(d->path, 0755), 0);
	}
	for (int i = 0; i < 2; i++) {
		child[i] = spawn(NULL, NULL, -1);
		assert_int_equal(
			cgroup_enter(i ? &nested : &b->place, &b->scope, child[i], &b->err), 0);
	}
	assert_int_equal(cgroup_pids(&b->place, &pids, &count, &b->err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(pids[0], child[0] < child[1] ? child[0] : child[1]);
	assert_int_equal(pids[1], child[0] < child[1] ? child[1] : child[0]);
	assert_int_equal(cgroup_signal(&b->place, SIGUSR1, &b->err), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGUSR1);
	}
	box_revert(b);
	assert_gone(b);
	assert_int_equal(cgroup_pids(&b->place, &none, &count, &b->err), 0);
	assert_int_equal(count, 0);
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

/* What another thread of the caller's has forked meanwhile has the lock's descriptor, too, and does not hold the lock by that. */
static void test_lock_is_given_back(void **state)
{
	struct box *b = *state;
	pid_t pid;

	{
		_cleanup_lock_ int lock = mark_lock(box_host.hierarchies[0].mount, true, &b->err);

		assert_true(lock >= 0);
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
	}
	alarm(20);
	box_prepare(b);
	box_revert(b);
	alarm(0);
	kill_child(&pid);
}

/* Makes @b's parent directories and marks them only a while later, as another container's step does. */
static void __attribute__((noreturn)) make_slowly(struct box *b)
{
	_cleanup_fd_ int lock =
		mark_lock(place_hierarchy(&box_host, &b->place.dirs[0])->mount, true, NULL);

	for (size_t i = 0; i < b->place.count; i++) {
		*strrchr(b->place.dirs[i].path, '/') = '\0';
		mkdir(b->place.dirs[i].path, 0755);
	}
	usleep(100000);
	for (size_t i = 0; i < b->place.count; i++)
		mark_add(b->place.dirs[i].path, "/tmp");
	lock = close_fd(lock);
	pause();
	_exit(1);
}

/* A parent that another container has made and not yet marked is no stranger's: planning waits to see. */
static void test_parent_being_made(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *up = NULL;

	assert_int_equal(cgroup_place(&b->spec, &box_host, "box", &b->place, &b->err), 0);
	up = strdup(b->place.dirs[b->place.count - 1].path);
	*strrchr(up, '/') = '\0';
	b->scope.pid = fork();
	assert_true(b->scope.pid >= 0);
	if (b->scope.pid == 0)
		make_slowly(b);
	while (!file_exists(AT_FDCWD, up))
		usleep(1000);
	assert_int_equal(cgroup_plan(&b->spec, &box_host, &b->place, &b->plan, &b->err), 0);
	assert_int_equal(box_apply(b, PHASE_PREPARE), 0);
	assert_true(mark_own(up, b->run_dir));
	kill_child(&b->scope.pid);
	for (size_t i = 0; i < b->place.count; i++) {
		_cleanup_free_ char *dir = strdup(b->place.dirs[i].path);

		*strrchr(dir, '/') = '\0';
		mark_remove(dir, "/tmp");
	}
	box_revert(b);
	assert_gone(b);
}

/* A cgroup that somebody else made is used, and left. */
static void test_strangers_stay(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *up = NULL;
	const char *path;

	assert_int_equal(cgroup_place(&b->spec, &box_host, "box", &b->place, &b->err), 0);
	path = b->place.dirs[0].path;
	assert_int_equal(file_mkdirs(AT_FDCWD, path, 0755, &b->err), 0);
	up = strdup(path);
	*strrchr(up, '/') = '\0';
	assert_int_equal(cgroup_plan(&b->spec, &box_host, &b->place, &b->plan, &b->err), 0);
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
	assert_int_equal(plan_probe(&b->plan, &b->scope, NULL, NULL, NULL, &b->err), 0);
	assert_int_equal(rmdir(b->place.dirs[0].path), 0);
	assert_int_equal(plan_probe(&b->plan, &b->scope, NULL, NULL, NULL, &b->err), -ESTALE);
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
	char *keys[] = { (char *)"cgroups.one, cgroups.other", NULL };
	struct cgroup_enable_args args = { paths, controllers, keys, false };
	_cleanup_fd_ int fd = -1;

	box_prepare(b);
	dir = &b->place.dirs[b->place.count - 1];
	controllers[0] = controller = strndup(dir->controllers, strcspn(dir->controllers, ","));
	paths[0] = up = strndup(dir->path, (size_t)(strrchr(dir->path, '/') - dir->path));
	if (cgroup_enable_step.apply(&b->scope, &args, &b->err) < 0) {
		assert_int_equal(b->err.code, -ENOENT);
		assert_true(str_starts(b->err.text, "cgroups.one, cgroups.other: enable the "));
		assert_non_null(strstr(b->err.text,
				       "(the cgroup above it does not hand it the controller)"));
		return;
	}
	paths[0] = own = strdup(dir->path);
	fd = cgroup_clone_fd(&b->place, &b->scope);
	b->scope.pid = spawn(NULL, NULL, fd);
	assert_int_equal(cgroup_enable_step.apply(&b->scope, &args, &b->err), -EBUSY);
	assert_true(str_starts(b->err.text, "cgroups.one, cgroups.other: enable the "));
	assert_non_null(strstr(b->err.text, "choose another cgroups.parent"));
}

/* Which tests need what. */
static const struct box_test all_tests[] = {
	NEEDS("", test_join_by_pid),
	NEEDS("", test_join_through_doors),
	NEEDS("", test_join_dead),
	NEEDS("", test_enter),
	NEEDS("", test_revert_kills),
	NEEDS("", test_kill),
	NEEDS("pids", test_made_meanwhile),
	NEEDS("blkio", test_nest_throttled),
	NEEDS("freezer", test_kill_v1),
	NEEDS("freezer", test_kill_nested_frozen),
	NEEDS("freezer", test_revert_nested_frozen),
	NEEDS("freezer", test_thaw),
	NEEDS("freezer", test_thaw_beside_freeze),
	NEEDS("pids", test_fork_bomb),
	NEEDS("pids freezer", test_fork_bomb_v1),
	NEEDS("", test_pids_and_signal),
	NEEDS("memory memsw pids cpu", test_limits),
	NEEDS("cpuset", test_cpuset),
	NEEDS("cpu", test_cpu_shares_minimum),
	NEEDS("cpu", test_cpu_shares_maximum),
	NEEDS("cpu", test_cpu_period_range),
	NEEDS("cpuset", test_cpuset_range),
	NEEDS("devices", test_devices),
	NEEDS("devices", test_devices_denied),
	NEEDS("", test_two_users),
	NEEDS("", test_dead_user),
	NEEDS("", test_shared_parent),
	NEEDS("", test_parent_being_made),
	NEEDS("", test_lock_is_given_back),
	NEEDS("", test_strangers_stay),
	NEEDS("", test_name_of_a_file),
	NEEDS("", test_probe),
	NEEDS("v2", test_enable_refused),
};

int main(void)
{
	return box_run(all_tests, array_size(all_tests));
}
