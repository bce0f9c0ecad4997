// SPDX-License-Identifier: Apache-2.0
/* User and time namespaces: their maps and offsets as text, as rules, and in the kernel. */
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/str.h"
#include "ns/idmap.h"
#include "ns/namespace.h"
#include "ns/process.h"
#include "ns/rlimit.h"
#include "ns/timens.h"
#include "tests/unit/round_trip.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct holder {
	struct id_map *maps;
	size_t count;
	struct time_offsets offsets;
};

static const struct json_field holder_fields[] = {
	JSON_ARRAY(struct holder, "uid_mappings", maps, count, &id_map_schema),
	JSON_OBJECT(struct holder, "time_offsets", offsets, &time_offsets_schema),
	JSON_END,
};
static const struct json_schema holder_schema = JSON_SCHEMA(struct holder, holder_fields);

static int decode(const char *text, struct holder *h, struct err *err)
{
	return json_decode(&holder_schema, h, text, strlen(text), "t", err);
}

static void test_texts_survive_encoding(void **state)
{
	static const char *const texts[] = {
		"{\"uid_mappings\":[{\"container_id\":0,\"host_id\":1000,\"size\":1},"
		"{\"container_id\":1,\"host_id\":0,\"size\":4294967294}]}",
		"{\"time_offsets\":{\"monotonic\":{\"secs\":-5,\"nanosecs\":999999999},"
		"\"boottime\":{\"secs\":9223372036854775807}}}",
		"{\"time_offsets\":{\"boottime\":{\"secs\":-9223372036854775808}}}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		expect_survives(&holder_schema, texts[i]);
}

static void test_texts_that_are_no_numbers(void **state)
{
	static const char *const texts[] = {
		"{\"uid_mappings\":[{\"host_id\":-1}]}",
		"{\"uid_mappings\":[{\"host_id\":4294967296}]}",
		"{\"uid_mappings\":[{\"size\":\"1\"}]}",
		"{\"uid_mappings\":{}}",
		"{\"time_offsets\":{\"monotonic\":{\"nanosecs\":1000000000}}}",
		"{\"time_offsets\":{\"monotonic\":{\"nanosecs\":-1}}}",
		"{\"time_offsets\":{\"monotonic\":{\"secs\":9223372036854775808}}}",
		"{\"time_offsets\":{\"monotonic\":5}}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct holder h;

		assert_int_equal(decode(texts[i], &h, NULL), -EINVAL);
		assert_null(h.maps);
	}
}

#define MAPS(...) { __VA_ARGS__ }, sizeof((struct id_map[]){ __VA_ARGS__ }) / sizeof(struct id_map)

/* clang-format off */
static const struct {
	struct id_map maps[4];
	size_t count;
	int ret;
	const char *text;
} checks[] = {
	{ MAPS({ 0, 1000, 1 }), 0, NULL },
	{ MAPS({ 0, 0, UINT32_MAX }), 0, NULL },
	{ MAPS({ 0, 1000, 1 }, { 1, 1, 999 }, { 1001, 1001, 2147482647 }), 0, NULL },
	{ MAPS({ 5, 5, 5 }, { 0, 0, 5 }), 0, NULL },
	{ MAPS({ 0, 1000, 0 }), -EINVAL, "m[0]: size 0 maps nothing" },
	{ MAPS({ 0, 1, UINT32_MAX }), -ERANGE, "m[0]: the range ends above 4294967294, the last id" },
	{ MAPS({ 0, 0, 1 }, { 1, UINT32_MAX, 1 }), -ERANGE,
	  "m[1]: the range ends above 4294967294, the last id" },
	{ MAPS({ 0, 0, 1 }, { UINT32_MAX, 1, 1 }), -ERANGE,
	  "m[1]: the range ends above 4294967294, the last id" },
	{ MAPS({ 0, 0, 10 }, { 20, 20, 1 }, { 9, 30, 5 }), -EINVAL,
	  "m[2]: its ids in the container overlap those of [0]" },
	{ MAPS({ 0, 0, 10 }, { 20, 5, 1 }), -EINVAL,
	  "m[1]: its ids on the host overlap those of [0]" },
	{ MAPS({ 1, 1, 10 }), -EINVAL,
	  "m: no mapping for id 0 found, and a container is set up as its root" },
};
/* clang-format on */

static void test_maps_that_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(checks); i++) {
		struct err err = { 0 };

		assert_int_equal(id_maps_check(checks[i].maps, checks[i].count, "m", &err),
				 checks[i].ret);
		if (checks[i].text)
			assert_string_equal(err.text, checks[i].text);
	}
}

static void test_too_many_maps(void **state)
{
	struct id_map maps[ID_MAP_MAX + 1];
	struct err err = { 0 };

	(void)state;
	for (uint32_t i = 0; i < array_size(maps); i++)
		maps[i] = (struct id_map){ i, i, 1 };
	assert_int_equal(id_maps_check(maps, ID_MAP_MAX, "m", &err), 0);
	assert_int_equal(id_maps_check(maps, ID_MAP_MAX + 1, "m", &err), -E2BIG);
	assert_string_equal(err.text, "m: the kernel takes at most 340 ranges");
}

static void test_ids_of_the_host(void **state)
{
	const struct id_map maps[] = { { 0, 1000, 1 }, { 10, 4294967290, 5 } };
	uint32_t host = 77;

	(void)state;
	assert_int_equal(id_map_to_host(maps, 2, 0, &host), 0);
	assert_int_equal(host, 1000);
	assert_int_equal(id_map_to_host(maps, 2, 14, &host), 0);
	assert_true(host == 4294967294);
	host = 77;
	assert_int_equal(id_map_to_host(maps, 2, 1, &host), -ERANGE);
	assert_int_equal(id_map_to_host(maps, 2, 15, &host), -ERANGE);
	assert_int_equal(id_map_to_host(maps, 2, UINT32_MAX, &host), -ERANGE);
	assert_int_equal(host, 77);
	assert_int_equal(id_map_to_host(NULL, 0, 1234, &host), 0);
	assert_int_equal(host, 1234);
}

static void test_maps_for_a_root(void **state)
{
	static const struct {
		uint32_t root;
		const char *shown;
	} rows[] = {
		{ 0, " --m=0,0,1 --m=1,1,2147483647" },
		{ 1, " --m=1,0,1 --m=2,2,2147483646" },
		{ 1000, " --m=1000,0,1 --m=1,1,999 --m=1001,1001,2147482647" },
		{ ID_ROOT_MAX - 1,
		  " --m=2147483646,0,1 --m=1,1,2147483645 --m=2147483647,2147483647,1" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_free_ struct id_map *maps = NULL;
		_cleanup_free_ char *text = NULL;
		size_t count, len;
		FILE *out = open_memstream(&text, &len);

		assert_int_equal(id_maps_for_root(rows[i].root, &maps, &count), 0);
		assert_int_equal(id_maps_check(maps, count, "m", NULL), 0);
		id_maps_show("m", maps, count, out);
		fclose(out);
		assert_string_equal(text, rows[i].shown);
	}
	assert_int_equal(id_maps_for_root(ID_ROOT_MAX, NULL, NULL), -ERANGE);
}

/* --- in the kernel --- */

static bool is_root(void)
{
	if (geteuid() == 0)
		return true;
	print_message("skipped: needs root\n");
	return false;
}

/* A process in new namespaces that waits for a byte on *@go and then does @body, whose result is its status. */
static pid_t spawn(int flags, int (*body)(void), int *go, int *pidfd)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = process_clone(flags, -1, pidfd, NULL);
	if (pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? body() : 100);
	}
	close(ends[0]);
	*go = ends[1];
	return pid;
}

static int status_after(int go, int pidfd)
{
	int code = -1;

	assert_int_equal(write(go, "", 1), 1);
	close(go);
	assert_int_equal(process_reap(pidfd, &code), 0);
	close(pidfd);
	return code;
}

static int count_ids(void)
{
	if (getuid() != 0 || getgid() != 7)
		return 1;
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(5, 5, 5) < 0)
		return 2;
	return setuid(6) == 0 ? 3 : 0;
}

static void test_maps_in_force(void **state)
{
	const struct id_map uids[] = { { 0, 0, 1 }, { 5, 100005, 1 } };
	const struct id_map gids[] = { { 7, 0, 1 }, { 0, 100000, 1 } };
	struct err err = { 0 };
	int go, pidfd;
	pid_t pid;

	(void)state;
	if (!is_root())
		return;
	pid = spawn(CLONE_NEWUSER, count_ids, &go, &pidfd);
	assert_true(pid > 0);
	assert_int_equal(id_maps_write(pid, uids, 2, gids, 2, NULL), 0);
	/* Once and for all (user_namespaces(7)). */
	assert_int_equal(id_maps_write(pid, uids, 2, gids, 2, &err), -EPERM);
	assert_int_equal(status_after(go, pidfd), 0);
}

static int nothing(void)
{
	return 0;
}

static int expect_core_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 54321 ||
	       limit.rlim_cur != 12345;
}

static void test_limits_are_raised_from_outside(void **state)
{
	const struct rlimit_spec core[] = { { .type = RLIMIT_CORE, .hard = 54321, .soft = 1 },
					    { .type = RLIMIT_NOFILE, .hard = 1, .soft = 1 } };
	const struct rlimit low = { .rlim_cur = 12345, .rlim_max = 20000 };
	struct err err = { 0 };
	int go, pidfd;
	pid_t pid;

	(void)state;
	if (!is_root())
		return;
	pid = spawn(CLONE_NEWUSER, expect_core_limit, &go, &pidfd);
	assert_int_equal(prlimit(pid, RLIMIT_CORE, &low, NULL), 0);
	/* Not even root may, in a machine where he has not all of his rights. */
	if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1) {
		assert_int_equal(rlimits_raise(pid, core, 2, NULL), 0);
		assert_int_equal(status_after(go, pidfd), 0);
	} else {
		assert_int_equal(rlimits_raise(pid, core, 2, &err), -EPERM);
		assert_string_equal(err.text, "rlimits[0] (CORE): cannot set 1/54321: Operation "
					      "not permitted");
		assert_int_equal(status_after(go, pidfd), 1);
	}
}

static void test_more_text_than_the_kernel_takes(void **state)
{
	struct id_map maps[ID_MAP_MAX];
	struct err err = { 0 };
	int go, pidfd;
	pid_t pid;

	(void)state;
	if (!is_root())
		return;
	for (uint32_t i = 0; i < ID_MAP_MAX; i++)
		maps[i] = (struct id_map){ i ? 1000000000 + i : 0, 1000000000 + i, 1 };
	pid = spawn(CLONE_NEWUSER, nothing, &go, &pidfd);
	assert_true(pid > 0);
	assert_int_equal(id_maps_write(pid, maps, ID_MAP_MAX, maps, ID_MAP_MAX, &err), -E2BIG);
	assert_string_equal(err.text, "uid_mappings: uid_map: 340 ranges are more text than the "
				      "kernel takes");
	assert_int_equal(status_after(go, pidfd), 0);
}

static int64_t clock_seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec;
}

static int shift_time(void)
{
	const struct time_offsets o = { .monotonic = { 100000, 0 }, .boottime = { 200000, 5 } };
	int64_t mono = clock_seconds(CLOCK_MONOTONIC), boot = clock_seconds(CLOCK_BOOTTIME);

	if (timens_enter_new(&o, NULL) < 0)
		return 1;
	mono = clock_seconds(CLOCK_MONOTONIC) - mono;
	boot = clock_seconds(CLOCK_BOOTTIME) - boot;
	return mono >= 100000 && mono < 100010 && boot >= 200000 && boot < 200010 ? 0 : 2;
}

static int shift_too_far(void)
{
	const struct time_offsets o = { .boottime = { -4000000000, 0 } };
	struct err err = { 0 };

	return timens_enter_new(&o, &err) == -ERANGE &&
			       !strncmp(err.text, "time_offsets.boottime: ", 23)
		       ? 0
		       : 1;
}

static void test_time_in_force(void **state)
{
	static int (*const bodies[])(void) = { shift_time, shift_too_far };
	static const int flags[] = { 0, CLONE_NEWUSER };

	(void)state;
	if (!is_root() || access("/proc/self/ns/time", F_OK) < 0)
		return;
	for (size_t i = 0; i < array_size(bodies); i++)
		for (size_t j = 0; j < array_size(flags); j++) {
			int64_t mono = clock_seconds(CLOCK_MONOTONIC);
			int go, pidfd;

			assert_true(spawn(flags[j], bodies[i], &go, &pidfd) > 0);
			assert_int_equal(status_after(go, pidfd), 0);
			assert_true(clock_seconds(CLOCK_MONOTONIC) - mono < 10);
		}
}

/* Does /proc/@a/ns/NAME name the same as that of @b? */
static bool same_ns(pid_t a, pid_t b, const char *name)
{
	_cleanup_free_ char *x = str_format("/proc/%d/ns/%s", a, name);
	_cleanup_free_ char *y = str_format("/proc/%d/ns/%s", b, name);
	struct stat s, t;

	assert_int_equal(stat(x, &s), 0);
	assert_int_equal(stat(y, &t), 0);
	return s.st_ino == t.st_ino && s.st_dev == t.st_dev;
}

/*
 * A user and a network namespace of somebody's, and a process that joins both, has new ones that belong to that user
 * namespace, and is our child.
 */
static void test_a_clone_into_a_user_namespace(void **state)
{
	const struct id_map map = { 0, 100000, 10 };
	struct namespace items[2] = { { .type = CLONE_NEWNET }, { .type = CLONE_NEWUSER } };
	struct namespace_fds fds;
	int go, pidfd, other, code, to[2];
	pid_t pid, made;

	(void)state;
	if (!is_root())
		return;
	pid = spawn(CLONE_NEWUSER | CLONE_NEWNET, nothing, &go, &pidfd);
	assert_int_equal(id_maps_write(pid, &map, 1, &map, 1, NULL), 0);
	items[0].path = str_format("/proc/%d/ns/net", pid);
	items[1].path = str_format("/proc/%d/ns/user", pid);
	assert_int_equal(namespaces_open(&(struct namespaces){ items, 2 }, &fds, NULL), 0);
	assert_int_equal(pipe(to), 0);
	made = process_clone_joined(&fds, CLONE_NEWUTS, -1, &other, NULL, NULL, NULL, NULL);
	if (made == 0) {
		char byte;

		close(to[1]);
		if (read(to[0], &byte, 1) < 0 || setresuid(0, 0, 0) < 0 ||
		    sethostname("other", 5) < 0)
			_exit(1);
		_exit(0);
	}
	assert_true(made > 0);
	assert_true(same_ns(made, pid, "user"));
	assert_true(same_ns(made, pid, "net"));
	assert_false(same_ns(made, pid, "uts"));
	assert_false(same_ns(made, getpid(), "uts"));
	assert_false(same_ns(getpid(), pid, "user"));
	close(to[1]);
	assert_int_equal(process_reap(other, &code), 0);
	assert_int_equal(code, 0);
	close(other);
	close(to[0]);
	/* Nobody else was left for us to wait for. */
	assert_int_equal(status_after(go, pidfd), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	namespace_fds_close(&fds);
	free(items[0].path);
	free(items[1].path);
}

static void test_a_clone_that_cannot_join(void **state)
{
	struct namespace n = { .type = CLONE_NEWUSER, .path = (char *)"/proc/self/ns/user" };
	struct err err = { 0 };
	struct namespace_fds fds;
	int pidfd;

	(void)state;
	if (!is_root())
		return;
	assert_int_equal(namespaces_open(&(struct namespaces){ &n, 1 }, &fds, NULL), 0);
	/* Our own (setns(2)). */
	assert_int_equal(process_clone_joined(&fds, 0, -1, &pidfd, NULL, NULL, NULL, &err),
			 -EINVAL);
	assert_string_equal(err.text, "cannot join the user namespace: Invalid argument");
	assert_int_equal(pidfd, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	namespace_fds_close(&fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_survive_encoding),
		cmocka_unit_test(test_texts_that_are_no_numbers),
		cmocka_unit_test(test_maps_that_are_checked),
		cmocka_unit_test(test_too_many_maps),
		cmocka_unit_test(test_ids_of_the_host),
		cmocka_unit_test(test_maps_for_a_root),
		cmocka_unit_test(test_maps_in_force),
		cmocka_unit_test(test_limits_are_raised_from_outside),
		cmocka_unit_test(test_more_text_than_the_kernel_takes),
		cmocka_unit_test(test_time_in_force),
		cmocka_unit_test(test_a_clone_into_a_user_namespace),
		cmocka_unit_test(test_a_clone_that_cannot_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
