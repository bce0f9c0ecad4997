// SPDX-License-Identifier: Apache-2.0
/* What is asked of a cgroup that lives: statistics, and what it tells by itself. In the kernel. */
#include "cgroup_box.h"

#include "cgroup/notify.h"
#include "cgroup/place.h"
#include "cgroup/stats.h"
#include "cgroup/update.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int join(void *arg)
{
	struct box *b = arg;

	return cgroup_join_self(&b->scope, NULL);
}

/* The box's process is inside and does @work behind that. */
static void start(struct box *b, int (*work)(void *arg))
{
	_cleanup_fd_ int fd = cgroup_clone_fd(&b->place, &b->scope);

	assert_int_equal(cgroup_join_open(&b->place, &b->scope, &b->err), 0);
	b->scope.pid = spawn(work, b, fd);
}

static uint64_t number_in(struct box *b, const char *controller, const char *file)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir_of(b, controller), file);
	char text[64];

	assert_int_equal(file_read_line(AT_FDCWD, path, text, sizeof(text), NULL), 0);
	return strtoull(text, NULL, 10);
}

static int use_some(void *arg)
{
	char *memory =
		mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec t;

	if (join(arg) < 0 || memory == MAP_FAILED)
		return -1;
	memset(memory, 1, 8 << 20);
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec == 0 && t.tv_nsec < 50000000);
	return 0;
}

static void test_stats(void **state)
{
	struct box *b = *state;
	_cleanup_(cgroup_stats_release) struct cgroup_stats stats = { 0 };
	uint64_t before;

	b->spec.memory = 64 << 20;
	b->spec.pids_limit = 17;
	box_prepare(b);
	start(b, use_some);
	before = number_in(b, "cpuacct", "cpuacct.usage");
	assert_int_equal(cgroup_stats_read(&b->place, &stats, &b->err), 0);
	/* It may still be on its way to sleep, and the kernel gives back what it had charged ahead. */
	assert_true(stats.cpu.usage.known);
	assert_in_range(stats.cpu.usage.value, before, number_in(b, "cpuacct", "cpuacct.usage"));
	assert_true(stats.cpu.usage.value > 40000000 && stats.cpu.usage.value < 5000000000);
	assert_true(stats.cpu.per_cpu.count >= (size_t)sysconf(_SC_NPROCESSORS_ONLN));
	assert_true(llabs((long long)(stats.memory.use.usage.value -
				      number_in(b, "memory", "memory.usage_in_bytes"))) <= 1 << 20);
	assert_true(stats.memory.use.usage.value > 8 << 20);
	assert_true(stats.memory.use.max.value >= stats.memory.use.usage.value);
	assert_true(stats.memory.use.limit.value == 64 << 20);
	assert_true(stats.memory.stat.count > 10);
	assert_true(stats.memory.oom_kills.known);
	assert_int_equal(stats.memory.oom_kills.value, 0);
	assert_int_equal(stats.pids.usage.value, 1);
	assert_int_equal(stats.pids.limit.value, 17);
}

static void test_stats_gone(void **state)
{
	struct box *b = *state;
	struct cgroup_stats stats = { 0 };

	box_prepare(b);
	box_revert(b);
	assert_int_equal(cgroup_stats_read(&b->place, &stats, &b->err), -ENOENT);
	assert_non_null(strstr(b->err.text, "is gone"));
}

/* Milliseconds until @n has something to say, at most @max; then what it is. */
static long wait_for(struct cgroup_notify *n, struct cgroup_notice *notice, int max)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };
	struct timespec from, to;
	struct err err;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if (poll(&p, 1, max) != 1)
		fail_msg("nothing in %d ms", max);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(cgroup_notify_read(n, notice, &err), 0);
	return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

static bool is_quiet(const struct cgroup_notify *n)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };

	return poll(&p, 1, 50) == 0;
}

/* Once told to by a signal, take more than the cgroup may have. */
static void hog(int signal)
{
	size_t size = 64 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)signal;
	if (memory != MAP_FAILED)
		memset(memory, 1, size);
}

static int hog_later(void *arg)
{
	signal(SIGUSR1, hog);
	return join(arg);
}

static void be_small(struct box *b)
{
	b->spec.memory = 16 << 20;
	b->spec.memory_swap = 16 << 20;
	box_prepare(b);
}

static void test_oom(void **state)
{
	struct box *b = *state;
	_cleanup_(cgroup_notify_release) struct cgroup_notify n = { .fd = -1 };
	_cleanup_(cgroup_stats_release) struct cgroup_stats stats = { 0 };
	struct cgroup_notice notice;
	int status;

	be_small(b);
	start(b, hog_later);
	assert_int_equal(cgroup_notify_oom(&b->place, &n, &b->err), 0);
	assert_true(is_quiet(&n));
	kill(b->scope.pid, SIGUSR1);
	assert_true(wait_for(&n, &notice, 5000) < 1000);
	assert_true(notice.happened);
	assert_false(notice.gone);
	assert_int_equal(waitpid(b->scope.pid, &status, 0), b->scope.pid);
	b->scope.pid = 0;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(cgroup_stats_read(&b->place, &stats, &b->err), 0);
	assert_int_equal(stats.memory.oom_kills.value, 1);
	assert_int_equal(stats.memory.use.failcnt.value, number_in(b, "memory", "memory.failcnt"));
	assert_int_equal(stats.memory.memsw.failcnt.value,
			 number_in(b, "memory", "memory.memsw.failcnt"));

	box_revert(b);
	wait_for(&n, &notice, 5000);
	assert_true(notice.gone);
	assert_false(notice.happened);
	assert_true(is_quiet(&n));
}

/* Nobody looks before the container is gone: the OOM that ended it is not lost. */
static void test_oom_then_gone(void **state)
{
	struct box *b = *state;
	_cleanup_(cgroup_notify_release) struct cgroup_notify n = { .fd = -1 };
	struct cgroup_notice notice;

	be_small(b);
	start(b, hog_later);
	assert_int_equal(cgroup_notify_oom(&b->place, &n, &b->err), 0);
	kill(b->scope.pid, SIGUSR1);
	assert_int_equal(waitpid(b->scope.pid, NULL, 0), b->scope.pid);
	b->scope.pid = 0;
	box_revert(b);
	wait_for(&n, &notice, 5000);
	assert_true(notice.happened);
	assert_true(notice.gone);
}

static void test_gone(void **state)
{
	struct box *b = *state;
	_cleanup_(cgroup_notify_release) struct cgroup_notify n = { .fd = -1 };
	struct cgroup_notice notice;

	box_prepare(b);
	assert_int_equal(cgroup_notify_oom(&b->place, &n, &b->err), 0);
	box_revert(b);
	wait_for(&n, &notice, 5000);
	assert_true(notice.gone);
	assert_false(notice.happened);
	cgroup_notify_release(&n);
	cgroup_notify_release(&n);
	assert_int_equal(cgroup_notify_oom(&b->place, &n, &b->err), -ENOENT);
	assert_int_equal(n.fd, -1);
}

/* Read a file that is larger than what the cgroup may keep, again and again. */
static void thrash(int signal)
{
	char path[] = "/var/tmp/ctrnet-test-XXXXXX";
	int fd = mkstemp(path);
	char block[65536];

	(void)signal;
	unlink(path);
	memset(block, 1, sizeof(block));
	for (int i = 0; i < 512; i++)
		if (write(fd, block, sizeof(block)) < 0)
			_exit(2);
	for (;;) {
		lseek(fd, 0, SEEK_SET);
		while (read(fd, block, sizeof(block)) > 0)
			;
	}
}

static int thrash_later(void *arg)
{
	signal(SIGUSR1, thrash);
	return join(arg);
}

static void test_pressure(void **state)
{
	struct box *b = *state;
	_cleanup_(cgroup_notify_release) struct cgroup_notify n = { .fd = -1 };
	struct cgroup_notice notice;

	b->spec.memory = 8 << 20;
	box_prepare(b);
	start(b, thrash_later);
	assert_int_equal(cgroup_notify_pressure(&b->place, CGROUP_LEVEL_LOW, &n, &b->err), 0);
	assert_true(is_quiet(&n));
	kill(b->scope.pid, SIGUSR1);
	wait_for(&n, &notice, 10000);
	assert_true(notice.happened);
	assert_false(notice.gone);
	kill_child(&b->scope.pid);
	box_revert(b);
	do
		wait_for(&n, &notice, 5000);
	while (!notice.gone);
}

/* The same by the v2 directory alone; on a hybrid host the memory is limited by v1 all the same. */
static void test_pressure_v2(void **state)
{
	struct box *b = *state;
	_cleanup_(cgroup_notify_release) struct cgroup_notify n = { .fd = -1 };
	struct cgroup_notice notice;
	struct cgroup_place v2;
	int ret;

	b->spec.memory = 8 << 20;
	box_prepare(b);
	v2 = (struct cgroup_place){ &b->place.dirs[b->place.count - 1], 1, NULL };
	if (!v2.dirs->v2)
		return;
	start(b, thrash_later);
	ret = cgroup_notify_pressure(&v2, CGROUP_LEVEL_LOW, &n, &b->err);
	if (ret == -EOPNOTSUPP)
		return;
	assert_int_equal(ret, 0);
	assert_true(is_quiet(&n));
	kill(b->scope.pid, SIGUSR1);
	wait_for(&n, &notice, 10000);
	assert_true(notice.happened);
	assert_false(notice.gone);
	kill_child(&b->scope.pid);
	box_revert(b);
	do
		wait_for(&n, &notice, 5000);
	while (!notice.gone);
	assert_true(is_quiet(&n));
}

static void update(struct box *b, const struct cgroup_spec *limits)
{
	if (cgroup_update(limits, &box_host, &b->place, &b->err) < 0)
		fail_msg("%s", b->err.text);
}

static void update_fails(struct box *b, const struct cgroup_spec *limits, int code,
			 const char *start, const char *end)
{
	size_t len = strlen(end);

	assert_int_equal(cgroup_update(limits, &box_host, &b->place, &b->err), code);
	if (!str_starts(b->err.text, start) || strlen(b->err.text) < len ||
	    strcmp(b->err.text + strlen(b->err.text) - len, end) != 0)
		fail_msg("'%s' is not '%s...%s'", b->err.text, start, end);
}

/* Whatever is given, and nothing else. */
static void test_update(void **state)
{
	struct box *b = *state;

	b->spec.memory = 64 << 20;
	b->spec.pids_limit = 17;
	b->spec.cpu_quota = 50000;
	box_prepare(b);
	update(b, &(struct cgroup_spec){ .memory = 32 << 20, .cpu_shares = 100 });
	assert_file(b, "memory", "memory.limit_in_bytes", "33554432");
	assert_file(b, "cpu", "cpu.shares", "100");
	assert_file(b, "cpu", "cpu.cfs_quota_us", "50000");
	assert_file(b, "pids", "pids.max", "17");
	update(b, &(struct cgroup_spec){
			  .pids_limit = -1, .cpu_quota = -1, .cpuset_cpus = (char *)"0" });
	assert_file(b, "pids", "pids.max", "max");
	assert_file(b, "cpu", "cpu.cfs_quota_us", "-1");
	assert_file(b, "cpuset", "cpuset.cpus", "0");
	assert_file(b, "memory", "memory.limit_in_bytes", "33554432");
	update(b, &(struct cgroup_spec){ .memory = -1 });
	assert_file(b, "memory", "memory.limit_in_bytes", "9223372036854771712");
	update(b, &(struct cgroup_spec){ 0 });
}

/* The kernel has neither memory above the sum nor, at the parent's share, a quota too large for its period; in both directions. */
static void test_update_order(void **state)
{
	static const struct {
		int64_t memory, sum;
	} sizes[] = { { 64, 96 }, { 200, 300 }, { 16, 20 }, { 400, 400 }, { 8, 8 } };
	struct box *b = *state;
	_cleanup_free_ char *up = NULL;
	char text[32];

	b->spec.memory = 32 << 20;
	b->spec.memory_swap = 48 << 20;
	box_prepare(b);
	for (size_t i = 0; i < array_size(sizes); i++) {
		update(b, &(struct cgroup_spec){ .memory = sizes[i].memory << 20,
						 .memory_swap = sizes[i].sum << 20 });
		snprintf(text, sizeof(text), "%lld", (long long)sizes[i].memory << 20);
		assert_file(b, "memory", "memory.limit_in_bytes", text);
		snprintf(text, sizeof(text), "%lld", (long long)sizes[i].sum << 20);
		assert_file(b, "memory", "memory.memsw.limit_in_bytes", text);
	}
	up = str_format("%s/../cpu.cfs_quota_us", dir_of(b, "cpu"));
	assert_int_equal(file_write(AT_FDCWD, up, "50000", &b->err), 0); /* half a CPU */
	update(b, &(struct cgroup_spec){ .cpu_quota = 50000, .cpu_period = 100000 });
	update(b, &(struct cgroup_spec){ .cpu_quota = 5000, .cpu_period = 10000 });
	update(b, &(struct cgroup_spec){ .cpu_quota = 400000, .cpu_period = 800000 });
	assert_file(b, "cpu", "cpu.cfs_quota_us", "400000");
	assert_file(b, "cpu", "cpu.cfs_period_us", "800000");
	update_fails(b, &(struct cgroup_spec){ .cpu_quota = 410000 }, -EINVAL,
		     "cgroups.cpu_quota: 410000: write to ",
		     "(the kernel takes at least 1000 microseconds, and no more of its period than "
		     "the cgroup above it has)");
	assert_file(b, "cpu", "cpu.cfs_quota_us", "400000");
}

/* memory_swap is the sum: one of the two keys alone is meant with the other as it is. */
static void test_update_memory_and_swap(void **state)
{
	struct box *b = *state;

	b->spec.memory = 32 << 20;
	b->spec.memory_swap = 48 << 20;
	box_prepare(b);
	update(b, &(struct cgroup_spec){ .memory_swap = 40 << 20 });
	assert_file(b, "memory", "memory.memsw.limit_in_bytes", "41943040");
	assert_file(b, "memory", "memory.limit_in_bytes", "33554432");
	update_fails(b, &(struct cgroup_spec){ .memory = 64 << 20 }, -EINVAL,
		     "cgroups.memory: 67108864 is more than memory and swap may have together "
		     "(cgroups.memory_swap: 41943040)",
		     "");
	update_fails(b, &(struct cgroup_spec){ .memory_swap = 16 << 20 }, -EINVAL,
		     "cgroups.memory_swap: 16777216 is less than cgroups.memory (33554432)", "");
	update(b, &(struct cgroup_spec){ .memory_swap = -1 });
	update(b, &(struct cgroup_spec){ .memory = 64 << 20 });
	assert_file(b, "memory", "memory.limit_in_bytes", "67108864");
}

/* The last one is refused: those before it have their old values again, and so has it, which the kernel had made fit. */
static void test_update_all_or_nothing(void **state)
{
	struct box *b = *state;

	b->spec.memory = 32 << 20;
	b->spec.memory_swap = 48 << 20;
	b->spec.oom_kill_disable = true;
	b->spec.cpuset_cpus = (char *)"0";
	box_prepare(b);
	update_fails(b,
		     &(struct cgroup_spec){ .memory = 64 << 20,
					    .memory_swap = 64 << 20,
					    .oom_kill_disable = true,
					    .cpuset_cpus = (char *)"0",
					    .cpu_shares = 1,
					    .pids_limit = 5 },
		     -EINVAL, "cgroups.cpu_shares: 1: the minimum allowed cpu-shares is 2", "");
	assert_file(b, "memory", "memory.limit_in_bytes", "33554432");
	assert_file(b, "memory", "memory.memsw.limit_in_bytes", "50331648");
	assert_file(b, "cpu", "cpu.shares", "1024");
	assert_file(b, "cpuset", "cpuset.cpus", "0");
	assert_file(b, "pids", "pids.max", "max");
	update_fails(b, &(struct cgroup_spec){ .cpu_shares = 50, .pids_limit = 5000000 }, -EINVAL,
		     "cgroups.pids_limit: 5000000: write to ",
		     "(the kernel takes at most 4194304)");
	assert_file(b, "cpu", "cpu.shares", "1024");
}

static void test_update_refused(void **state)
{
	struct box *b = *state;
	struct cgroup_place none = { 0 };

	box_prepare(b);
	update_fails(b, &(struct cgroup_spec){ .name = (char *)"x" }, -EINVAL,
		     "cgroups.name: cannot be changed, only limits can", "");
	update_fails(b, &(struct cgroup_spec){ .memory = -2 }, -ERANGE,
		     "cgroups.memory: -2 is out of range (-1 is no limit)", "");
	update_fails(b, &(struct cgroup_spec){ .cpuset_cpus = (char *)"0-100000" }, -ERANGE,
		     "cgroups.cpuset_cpus: 0-100000: write to ",
		     "(the kernel takes a list like 0-2,4 of what the parent cgroup has)");
	assert_int_equal(cgroup_update(&(struct cgroup_spec){ .memory = 1 }, &box_host, &none,
				       &b->err),
			 -ENODEV);
	assert_string_equal(b->err.text, "cgroups: the container has none");
	box_revert(b);
	update_fails(b, &(struct cgroup_spec){ .memory = 1 << 20 }, -ENOENT, "cgroup /",
		     "/box is gone");
}

/* What is in use is not taken away; the process lives. */
static void test_update_busy(void **state)
{
	struct box *b = *state;

	b->spec.memory = 32 << 20;
	b->spec.memory_swap = 32 << 20; /* so that nothing can be swapped out */
	box_prepare(b);
	start(b, use_some);
	update_fails(
		b,
		&(struct cgroup_spec){ .pids_limit = 9, .memory = 4 << 20, .memory_swap = 4 << 20 },
		-EBUSY, "cgroups.memory: 4194304: write to ",
		"(the cgroup uses more than that, and it cannot be reclaimed)");
	assert_int_equal(waitpid(b->scope.pid, NULL, WNOHANG), 0);
	assert_file(b, "memory", "memory.limit_in_bytes", "33554432");
	assert_file(b, "pids", "pids.max", "max");
}

static const struct box_test tests[] = {
	NEEDS("memory cpuacct pids", test_stats),
	NEEDS("", test_stats_gone),
	NEEDS("memory memsw", test_oom),
	NEEDS("memory memsw", test_oom_then_gone),
	NEEDS("memory", test_gone),
	NEEDS("memory", test_pressure),
	NEEDS("memory", test_pressure_v2),
	NEEDS("memory cpu cpuset pids", test_update),
	NEEDS("memory memsw cpu", test_update_order),
	NEEDS("memory memsw", test_update_memory_and_swap),
	NEEDS("memory memsw cpu cpuset pids", test_update_all_or_nothing),
	NEEDS("memory cpuset", test_update_refused),
	NEEDS("memory memsw pids", test_update_busy),
};

int main(void)
{
	return box_run(tests, array_size(tests));
}
