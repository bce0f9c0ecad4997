// SPDX-License-Identifier: Apache-2.0
/* Users, capabilities, limits, namespaces lists and processes. */
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/str.h"
#include "ns/capability.h"
#include "ns/namespace.h"
#include "ns/pidns.h"
#include "ns/process.h"
#include "ns/rlimit.h"
#include "ns/user.h"
#include "tests/unit/round_trip.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* --- users: in a root directory of their own --- */

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "garbage\n"
			     ":::\n"
			     "alice:x:1000:1001:Alice:/home/alice:/bin/sh\n"
			     "111:x:222:333:a name of digits:/digits:/bin/sh\n"
			     "nohome:x:1002:1002:::\n";
static const char group[] = "root:x:0:\n"
			    "audio:x:29:alice,bob\n"
			    "plugdev:x:46:alice\n"
			    "444:x:555:111\n"
			    "users:x:100:bob\n";

struct looked_up {
	int ret;
	uid_t uid;
	gid_t gid;
	size_t count;
	gid_t groups[8];
	char home[64], text[256];
};

/* In a child that lives in a root with just the two files; the result comes back through a pipe. */
static void look_up_in(const char *dir, const char *spec, char *const *additional,
		       struct looked_up *out)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct looked_up r = { 0 };
		struct user u = { 0 };
		struct err err = { 0 };

		if (chroot(dir) < 0 || chdir("/") < 0)
			_exit(1);
		r.ret = user_lookup(spec, additional, &u, &err);
		r.uid = u.uid;
		r.gid = u.gid;
		r.count = u.group_count;
		if (r.count)
			memcpy(r.groups, u.groups, (r.count < 8 ? r.count : 8) * sizeof(gid_t));
		str_copy(r.home, sizeof(r.home), u.home ? u.home : "");
		str_copy(r.text, sizeof(r.text), err.text);
		_exit(write(ends[1], &r, sizeof(r)) != sizeof(r));
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], out, sizeof(*out)), sizeof(*out));
	close(ends[0]);
	waitpid(pid, NULL, 0);
}

static char root_dir[64];

static int make_root(void **state)
{
	_cleanup_free_ char *etc = NULL;
	_cleanup_fd_ int fd = -1;

	(void)state;
	strcpy(root_dir, "/tmp/ctrnet-test-ns.XXXXXX");
	assert_non_null(mkdtemp(root_dir));
	etc = str_format("%s/etc", root_dir);
	assert_int_equal(mkdir(etc, 0755), 0);
	fd = open(etc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_replace(fd, "passwd", passwd, strlen(passwd), 0644, NULL), 0);
	assert_int_equal(file_replace(fd, "group", group, strlen(group), 0644, NULL), 0);
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	return file_remove_tree(AT_FDCWD, root_dir, NULL);
}

/* The container may have made anything of its files. */
static void test_user_files_that_are_hostile(void **state)
{
	static const char unchanged[] = "same:x:4294967295:alice\n";
	_cleanup_free_ char *passwd_path = str_format("%s/etc/passwd", root_dir);
	_cleanup_free_ char *etc = str_format("%s/etc", root_dir);
	_cleanup_fd_ int fd = open(etc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct looked_up u;

	(void)state;
	/* setresgid(2) takes -1 for "leave it as it is". */
	assert_int_equal(file_replace(fd, "group", unchanged, strlen(unchanged), 0644, NULL), 0);
	look_up_in(root_dir, "0:same", NULL, &u);
	assert_int_equal(u.ret, -ERANGE);
	look_up_in(root_dir, "alice", NULL, &u);
	assert_int_equal(u.ret, 0);
	assert_int_equal(u.count, 0);

	/* 64 GiB of nothing in one line. */
	assert_int_equal(truncate(passwd_path, 64LL << 30), 0);
	look_up_in(root_dir, "alice", NULL, &u);
	assert_int_equal(u.ret, -ENOENT);
	look_up_in(root_dir, "1000", NULL, &u);
	assert_int_equal(u.ret, 0);

	assert_int_equal(unlink(passwd_path), 0);
	assert_int_equal(mkfifo(passwd_path, 0644), 0);
	look_up_in(root_dir, "alice", NULL, &u);
	assert_int_equal(u.ret, -ENOENT);
}

static void test_users_that_are_found(void **state)
{
	static const struct {
		const char *spec;
		uid_t uid;
		gid_t gid;
		size_t groups;
		const char *home;
	} rows[] = {
		{ "", 0, 0, 0, "/root" },
		{ "root", 0, 0, 0, "/root" },
		{ "alice", 1000, 1001, 2, "/home/alice" },
		{ "1000", 1000, 1001, 2, "/home/alice" },
		{ "alice:audio", 1000, 29, 0, "/home/alice" },
		{ "alice:7", 1000, 7, 0, "/home/alice" },
		{ "1000:audio", 1000, 29, 0, "/home/alice" },
		{ "4242", 4242, 0, 0, "/" },
		{ "4242:4343", 4242, 4343, 0, "/" },
		{ ":audio", 0, 29, 0, "/root" },
		{ "nohome", 1002, 1002, 0, "/" },
		/* Digits are an id even where a user is called so. */
		{ "111", 111, 0, 0, "/" },
		{ "2147483647", 2147483647, 0, 0, "/" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct looked_up r;

		look_up_in(root_dir, rows[i].spec, NULL, &r);
		assert_int_equal(r.ret, 0);
		assert_int_equal(r.uid, rows[i].uid);
		assert_int_equal(r.gid, rows[i].gid);
		assert_int_equal(r.count, rows[i].groups);
		assert_string_equal(r.home, rows[i].home);
	}
}

static void test_users_that_are_refused(void **state)
{
	static const struct {
		const char *spec, *words;
	} rows[] = {
		{ "bob", "unable to find user 'bob'" },
		{ "alice:nobody", "unable to find group 'nobody'" },
		{ "bob:audio", "unable to find user 'bob'" },
		{ "-1", "must be in range 0-2147483647" },
		{ "0:-1", "must be in range 0-2147483647" },
		{ "2147483648", "must be in range 0-2147483647" },
		{ "0:4294967295", "must be in range 0-2147483647" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct looked_up r;

		look_up_in(root_dir, rows[i].spec, NULL, &r);
		assert_true(r.ret < 0);
		assert_non_null(strstr(r.text, rows[i].words));
	}
}

static void test_additional_groups(void **state)
{
	struct looked_up r;

	(void)state;
	look_up_in(root_dir, "alice", (char *[]){ "users", "29", "4711", NULL }, &r);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.count, 4); /* audio, plugdev, users, 4711: 29 is audio again */
	look_up_in(root_dir, "", (char *[]){ "nobody", NULL }, &r);
	assert_true(r.ret < 0);
}

/* The files are the container's: a fifo, a directory, a link to nowhere must not hold or confuse us. */
static void test_hostile_files(void **state)
{
	_cleanup_free_ char *file = str_format("%s/etc/passwd", root_dir);
	struct looked_up r;

	(void)state;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	look_up_in(root_dir, "0", NULL, &r);
	assert_int_equal(r.ret, 0);
	look_up_in(root_dir, "alice", NULL, &r);
	assert_true(r.ret < 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/dev/zero", file), 0);
	look_up_in(root_dir, "12", NULL, &r);
	assert_int_equal(r.uid, 12);
}

/* --- capabilities, limits --- */

struct holder {
	struct capabilities caps;
	struct rlimit_spec *limits;
	size_t limit_count;
	struct namespaces ns;
};

static const struct json_field holder_fields[] = {
	JSON_CUSTOM(struct holder, "capabilities", caps, &capabilities_json),
	JSON_ARRAY(struct holder, "rlimits", limits, limit_count, &rlimit_schema),
	JSON_ARRAY(struct holder, "namespaces", ns.items, ns.count, &namespace_schema),
	JSON_END,
};
static const struct json_schema holder_schema = JSON_SCHEMA(struct holder, holder_fields);

static int decode(const char *text, struct holder *h, struct err *err)
{
	return json_decode(&holder_schema, h, text, strlen(text), "t", err);
}

static void test_capability_lists(void **state)
{
	struct err err = { 0 };
	struct holder h;

	(void)state;
	assert_int_equal(decode("{\"capabilities\":[\"CHOWN\",\"cap_kill\"]}", &h, &err), 0);
	assert_int_equal(h.caps.bounding, 1 << 0 | 1 << 5);
	assert_int_equal(h.caps.effective, h.caps.bounding);
	assert_int_equal(h.caps.inheritable, 0);
	assert_int_equal(h.caps.ambient, 0);
	assert_int_equal(decode("{\"capabilities\":{\"ambient\":[\"CHOWN\"]}}", &h, &err), 0);
	assert_int_equal(h.caps.ambient, 1);
	assert_int_equal(h.caps.bounding, 0);
	assert_int_equal(decode("{\"capabilities\":[\"CHOWNED\"]}", &h, &err), -EINVAL);
	assert_string_equal(err.text, "t:1:18: capabilities[0]: unknown capability 'CHOWNED'");
	assert_int_equal(decode("{\"capabilities\":[\"21\"]}", &h, &err), -EINVAL);
	assert_int_equal(decode("{\"capabilities\":\"CHOWN\"}", &h, &err), -EINVAL);
}

static void test_capability_sets_survive_encoding(void **state)
{
	static const char *const texts[] = {
		"{\"capabilities\":[\"CHOWN\",\"KILL\"]}",
		"{\"capabilities\":{\"bounding\":[\"CHOWN\",\"KILL\"],\"effective\":[\"KILL\"],"
		"\"permitted\":[\"KILL\"],\"inheritable\":[],\"ambient\":[]}}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		expect_survives(&holder_schema, texts[i]);
}

/* What a process that has been through both halves may do, as /proc tells it. */
static void test_capabilities_in_force(void **state)
{
	const struct capabilities caps = { .bounding = 0x21,
					   .effective = 0x20,
					   .permitted = 0x21,
					   .inheritable = 0x20,
					   .ambient = 0x20 };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		char text[4096] = "";
		int fd;

		if (capabilities_begin(&caps, NULL) < 0 || setresuid(1000, 1000, 1000) < 0 ||
		    capabilities_finish(&caps, 0, NULL) < 0)
			_exit(1);
		fd = open("/proc/self/status", O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) <= 0)
			_exit(2);
		_exit(!(strstr(text, "CapBnd:\t0000000000000021") &&
			strstr(text, "CapEff:\t0000000000000020") &&
			strstr(text, "CapPrm:\t0000000000000021") &&
			strstr(text, "CapInh:\t0000000000000020") &&
			strstr(text, "CapAmb:\t0000000000000020")) *
		      3);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void test_rlimits(void **state)
{
	struct err err = { 0 };
	struct holder h;

	(void)state;
	assert_int_equal(
		decode("{\"rlimits\":[{\"type\":7,\"hard\":1025,\"soft\":1025},"
		       "{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}]}",
		       &h, &err),
		0);
	assert_int_equal(h.limits[0].type, RLIMIT_NOFILE);
	assert_int_equal(h.limits[1].type, RLIMIT_CORE);
	assert_true(h.limits[1].hard == RLIM_INFINITY);
	assert_int_equal(rlimits_check(h.limits, h.limit_count, &err), 0);
	h.limits[1] = h.limits[0];
	assert_int_equal(rlimits_check(h.limits, h.limit_count, &err), -EINVAL);
	assert_string_equal(err.text, "rlimits[1]: a second NOFILE");
	h.limits[0].soft = 2000;
	assert_int_equal(rlimits_check(h.limits, 1, &err), -EINVAL);
	json_release(&holder_schema, &h);
	assert_int_equal(decode("{\"rlimits\":[{\"type\":16,\"hard\":1,\"soft\":1}]}", &h, &err),
			 -EINVAL);
	assert_int_equal(decode("{\"rlimits\":[{\"type\":\"X\",\"hard\":1,\"soft\":1}]}", &h, &err),
			 -EINVAL);
	assert_int_equal(decode("{\"rlimits\":[{\"type\":1,\"hard\":1}]}", &h, &err), -EINVAL);
}

/* --- namespaces, processes --- */

static void test_namespace_lists(void **state)
{
	struct err err = { 0 };
	struct holder h;

	(void)state;
	assert_int_equal(decode("{\"namespaces\":[{\"type\":\"NEWNET\",\"path\":\"\"},"
				"{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]}",
				&h, &err),
			 0);
	assert_int_equal(namespaces_flags(&h.ns, false), CLONE_NEWNET | CLONE_NEWPID);
	assert_int_equal(namespaces_flags(&h.ns, true), CLONE_NEWNET);
	assert_true(namespaces_new(&h.ns, CLONE_NEWNET));
	assert_false(namespaces_new(&h.ns, CLONE_NEWPID));
	assert_null(namespaces_find(&h.ns, CLONE_NEWUTS));
	assert_int_equal(namespaces_check(&h.ns, &err), 0);
	h.ns.items[1].type = CLONE_NEWNET;
	assert_int_equal(namespaces_check(&h.ns, &err), -EINVAL);
	json_release(&holder_schema, &h);
	assert_int_equal(decode("{\"namespaces\":[{\"type\":\"NEWNAT\"}]}", &h, &err), -EINVAL);
	assert_non_null(strstr(err.text, "did you mean 'NEWNET'"));
}

static void test_joined_namespaces_are_looked_at(void **state)
{
	static const struct {
		int type;
		const char *path;
		int ret;
	} rows[] = {
		{ CLONE_NEWIPC, "/proc/self/ns/ipc", 0 },
		{ CLONE_NEWIPC, "/proc/self/ns/ipcc", -ENOENT },
		{ CLONE_NEWIPC, "/proc/self/ns/net", -EINVAL },
		{ CLONE_NEWIPC, "/dev/null", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct namespace n = { .type = rows[i].type, .path = (char *)rows[i].path };
		struct namespace_fds fds;

		assert_int_equal(namespaces_open(&(struct namespaces){ &n, 1 }, &fds, NULL),
				 rows[i].ret);
		if (rows[i].ret == 0)
			assert_true(namespace_fds_get(&fds, CLONE_NEWIPC) >= 0);
		namespace_fds_close(&fds);
	}
}

static void test_a_pid_alone_is_not_trusted(void **state)
{
	uint64_t start = 0;
	int fd, code, pidfd;
	pid_t pid;

	(void)state;
	pid = process_clone(0, -1, &pidfd, NULL);
	if (pid == 0)
		_exit(pause());
	assert_true(pid > 0);
	assert_int_equal(process_start_time(pid, &start), 0);
	fd = process_open(pid, start);
	assert_true(fd >= 0);
	close(fd);
	assert_false(process_gone(pid, start));
	assert_true(process_gone(pid, start + 1));
	assert_int_equal(process_open(pid, start + 1), -ESRCH);
	assert_int_equal(process_open(-1, start), -ESRCH);
	assert_int_equal(process_wait_gone(pidfd, 0), -ETIMEDOUT);
	assert_int_equal(process_of_child(pidfd, getpid()), pid);
	assert_int_equal(process_of_child(pidfd, getppid()), -ECHILD);
	assert_int_equal(process_kill(pidfd, 5000), 0);
	assert_int_equal(process_of_child(pidfd, getpid()), pid);
	/* A zombie: the pid is there, the process is not. */
	assert_int_equal(kill(pid, 0), 0);
	assert_true(process_gone(pid, start));
	assert_int_equal(process_start_time(pid, &start), -ESRCH);
	assert_int_equal(process_open(pid, start), -ESRCH);
	assert_int_equal(process_reap(pidfd, &code), 0);
	assert_int_equal(code, 128 + SIGKILL);
	assert_int_equal(process_open(pid, start), -ESRCH);
	assert_int_equal(process_of_child(pidfd, getpid()), -ESRCH);
	close(pidfd);
}

/* Of a process that has ended somebody else may have the pid, and his namespace is no business of ours. */
static void test_pid_namespace_of_a_stranger(void **state)
{
	struct err err = { 0 };
	int pidfd, code;
	pid_t pid, *pids;
	size_t count;

	(void)state;
	pid = process_clone(0, -1, &pidfd, NULL);
	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(process_reap(pidfd, &code), 0);
	assert_int_equal(pidns_list(getpid(), pidfd, &pids, &count, &err), -ESRCH);
	/* Nobody takes harm of this one. */
	assert_int_equal(pidns_signal(getpid(), pidfd, 0, &err), -ESRCH);
	close(pidfd);
}

/* What cannot be read is no proof that a process is gone. */
static void test_no_descriptors(void **state)
{
	struct rlimit before, none;
	uint64_t start, now;
	int ret;
	bool gone;

	(void)state;
	assert_int_equal(process_start_time(getpid(), &start), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret = process_start_time(getpid(), &now);
	gone = process_gone(getpid(), start);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(ret, -EMFILE);
	assert_false(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_users_that_are_found, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_users_that_are_refused, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(test_additional_groups, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_hostile_files, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_user_files_that_are_hostile, make_root,
						remove_root),
		cmocka_unit_test(test_capability_lists),
		cmocka_unit_test(test_capability_sets_survive_encoding),
		cmocka_unit_test(test_capabilities_in_force),
		cmocka_unit_test(test_rlimits),
		cmocka_unit_test(test_namespace_lists),
		cmocka_unit_test(test_joined_namespaces_are_looked_at),
		cmocka_unit_test(test_a_pid_alone_is_not_trusted),
		cmocka_unit_test(test_pid_namespace_of_a_stranger),
		cmocka_unit_test(test_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
