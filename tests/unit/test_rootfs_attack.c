// SPDX-License-Identifier: Apache-2.0
/* What a rootfs may hold, and others do to it, to lead a mount elsewhere. */
#include "rootfs/rootfs.h"

#include "tests/unit/rootfs_box.h"
#include "lib/cleanup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

/* --- attacks: what a rootfs may hold --- */

static void test_symlink_attacks(void **state)
{
	struct dirs *d = *state;
	char up[200];

	snprintf(up, sizeof(up), "../../../../../../../../../..%s", d->data);
	make_link(d->root, d->data, "absolute");
	make_link(d->root, up, "up");
	make_link(d->root, "/", "slash");
	make_link(d->root, "proc", "tricky");
	make_link(d->root, "loop", "loop");
	mkfifoat(d->root, "fifo", 0644);
	fails(d, SPEC(MOUNTS(M(.type = "tmpfs", .destination = "/slash"))), -EINVAL,
	      "mounts[0] (/slash): leads to the rootfs itself: mounting into / is prohibited");
	fails(d,
	      SPEC(MOUNTS(PROC, M(.type = "bind", .source = "/dev/null",
				  .destination = "/tricky/version"))),
	      -EINVAL,
	      "mounts[0] (/tricky/version): cannot be mounted because it is located inside '/proc'");
	fails(d, SPEC(MOUNTS(PROC, M(.type = "tmpfs", .destination = "/tricky"))), -EINVAL,
	      "mounts[0] (/tricky): cannot be mounted because it is located inside '/proc'");
	fails(d, SPEC(MOUNTS(M(.type = "tmpfs", .destination = "/fifo"))), -ENOTDIR,
	      "mounts[0] (/fifo): the destination is no directory, and a directory is to be mounted");
}

static void test_proc_symlink(void **state)
{
	struct dirs *d = *state;

	unlinkat(d->root, "proc", AT_REMOVEDIR);
	unlinkat(d->root, "sys", AT_REMOVEDIR);
	make_link(d->root, "/etc", "proc");
	make_link(d->root, "../../../../../../../etc", "sys");
	fails(d, SPEC(MOUNTS(PROC)), -ELOOP,
	      "the automatic mount on /proc: '/proc' leads through a symlink in the rootfs to '/etc', and proc is only mounted on a directory proper");
	fails(d, SPEC(MOUNTS(M(.type = "sysfs", .destination = "/sys"))), -ELOOP,
	      "mounts[0] (/sys): '/sys' leads through a symlink in the rootfs to '/etc', and sysfs is only mounted on a directory proper");
}

static void test_fake_proc(void **state)
{
	struct dirs *d = *state;
	char *mask[] = { "/proc/kcore", NULL };

	make_file(d->root, "proc/kcore", "image's own");
	fails(d, SPEC(.masked_paths = mask), -EINVAL,
	      "mask_paths[0] (/proc/kcore): '/proc/kcore' does not lie on a proc file system");
	fails(d, SPEC(.readonly_paths = mask), -EINVAL,
	      "readonly_paths[0] (/proc/kcore): '/proc/kcore' does not lie on a proc file system");
}

/* Symlinks that would leave are followed inside, also dangling ones; the host's directory gets nothing. */
static void do_scoped(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	char path[200];
	struct err err = { 0 };

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	snprintf(path, sizeof(path), "%s%s", job->d->rootfs, job->d->data);
	CHECK(has(mount_at(path), "tmpfs"));
	CHECK(!*mount_at(job->d->data));
	snprintf(path, sizeof(path), "%s/run/resolv", job->d->rootfs);
	CHECK(*mount_at(path));
	CHECK_OK(rootfs_make_devices(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK(is_char_device("/run/resolv", 1, 3, 0666) && can_write("/etc/resolv.conf"));
	CHECK(is_char_device("/odd/null", 1, 3, 0666));
	CHECK(reads_link("/odd/fd", "/proc/self/fd"));
	rootfs_run_release(&run);
}

static void test_symlinks_stay_inside(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mounts[] = {
		PROC,
		{ .type = "tmpfs", .destination = "/absolute" },
		{ .type = "bind", .source = "/dev/null", .destination = "/etc/resolv.conf" },
		{ .type = "tmpfs", .destination = "/dev" },
	};
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.mounts = mounts,
		.mount_count = array_size(mounts),
		.devices = devices,
		.device_count = 1,
	};

	unlinkat(d->root, "dev", AT_REMOVEDIR);
	make_link(d->root, "/odd", "dev");
	make_link(d->root, d->data, "absolute");
	make_link(d->root, "../run/resolv", "etc/resolv.conf");
	run_container(d, &spec, do_scoped);
}

/* --- each kind of mount --- */

static const struct kind {
	const char *type, *source;
	bool refused; /* through any symlink */
} kinds[] = {
	{ "tmpfs", NULL, false },      { "ramfs", NULL, false },       { "proc", NULL, true },
	{ "sysfs", NULL, true },       { "devpts", NULL, false },      { "mqueue", NULL, false },
	{ "bind", "/usr/bin", false }, { "bind", "/dev/null", false }, { "cgroup", NULL, false },
	{ "cgroup2", NULL, false },
};

static bool is_file(const struct kind *k)
{
	return k->source && !strcmp(k->source, "/dev/null");
}

/* As many cgroups as the kind wants; directories do as well as those of v1. */
static void give_cgroups(struct rootfs_run *run, const struct dirs *d)
{
	static struct rootfs_cgroup cgroups[2];

	cgroups[0] = (struct rootfs_cgroup){ "cpu,cpuacct", d->run };
	cgroups[1] = (struct rootfs_cgroup){ "unified", "/sys/fs/cgroup/unified" };
	run->cgroups = cgroups;
	run->cgroup_count = access("/sys/fs/cgroup/unified", F_OK) ? 1 : 2;
}

static bool may_be_missing(const struct job *job)
{
	return access("/sys/fs/cgroup/unified", F_OK) &&
	       !strcmp(job->spec->mounts[0].type, "cgroup2");
}

/* Where the link would lead on the host nothing is mounted, and in the rootfs it is. */
static void do_through_link(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	const struct dirs *d = job->d;
	struct err err = { 0 };
	char inside[256];
	int ret;

	give_cgroups(&run, d);
	ret = rootfs_mount_all(job->spec, &run, &err);
	snprintf(inside, sizeof(inside), "%s%s/new", d->rootfs, d->data);
	if (ret && !may_be_missing(job))
		child_fail("%s on %s: %s", job->spec->mounts[0].type,
			   job->spec->mounts[0].destination, err.text);
	CHECK(ret || *mount_at(inside));
	snprintf(inside, sizeof(inside), "%s/new", d->data);
	CHECK(!*mount_at(inside) && !*mount_at(d->data));
	CHECK(access(inside, F_OK));
	rootfs_run_release(&run);
}

/* The links lead to the container's own d->data, which is missing and made for it. */
static void test_each_kind_through_links(void **state)
{
	static const char *const links[] = { "absolute/new", "up/new", "dangling",
					     "dir/../chain/new" };
	struct dirs *d = *state;
	char text[256];

	make_link(d->root, d->data, "absolute");
	snprintf(text, sizeof(text), "../../../../../../../../../..%s", d->data);
	make_link(d->root, text, "up");
	snprintf(text, sizeof(text), "%s/new", d->data);
	make_link(d->root, text, "dangling");
	make_link(d->root, "up", "chain");
	make_link(d->root, "bin", "dir");
	for (size_t i = 0; i < array_size(kinds) * array_size(links); i++) {
		const struct kind *k = &kinds[i / array_size(links)];
		struct rootfs_mount m = {
			.type = (char *)k->type,
			.source = (char *)k->source,
			.destination = (char *)links[i % array_size(links)],
		};
		struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };

		if (!k->refused) {
			run_container(d, &spec, do_through_link);
			continue;
		}
		snprintf(
			text, sizeof(text),
			"mounts[0] (%s): '/%s' leads through a symlink in the rootfs to '%s/new', and %s is only mounted on a directory proper",
			m.destination, strstr(m.destination, "..") ? "chain/new" : m.destination,
			d->data, m.type);
		fails(d, spec, -ELOOP, text);
	}
}

/* Through the whole of a start, as far as it gets; the host's directory must be as it was, wherever that is. */
static void do_attempt(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	int ret, master = -1, slave = -1;
	struct err err = { 0 };
	struct statfs fs;

	give_cgroups(&run, job->d);
	ret = rootfs_mount_all(job->spec, &run, &err);
	CHECK(!*mount_at(job->d->data));
	if (!ret)
		ret = rootfs_make_devices(job->spec, &run, &err);
	if (!ret)
		ret = rootfs_make_console(job->spec, &run, 0, &master, &slave, &err);
	CHECK(!*mount_at(job->d->data));
	if (!ret)
		ret = rootfs_enter(job->spec, &run, &err);
	if (!ret)
		ret = rootfs_restrict(job->spec, &run, &err);
	if (!ret)
		CHECK(access(job->d->rootfs, F_OK));
	/* What is trusted by path is what it says. */
	if (!ret && !strcmp(job->spec->mounts[0].type, "proc"))
		CHECK(!statfs("/proc/sys", &fs) && fs.f_type == PROC_SUPER_MAGIC &&
		      has(mount_at("/proc/sys"), "ro"));
	CHECK(!ret == !err.text[0]);
	rootfs_run_release(&run);
}

/* As run_container(), but a refusal before the child is fine, too. */
static void attempt(struct dirs *d, const struct rootfs_spec *spec)
{
	_cleanup_free_ char *before = list_tree(d->top), *after = NULL;
	struct plan plan = { 0 };
	struct err err = { 0 };

	if (!rootfs_check(spec, &err) && !rootfs_resolve(spec, &err) &&
	    !rootfs_plan(spec, &d->scope, &plan, &err)) {
		if (!plan_apply(&plan, PHASE_PREPARE, &d->scope, NULL, NULL, &err))
			run_child(d, spec, do_attempt);
		if (plan_revert(&plan, &d->scope, NULL, &err))
			fail_msg("%s", err.text);
	}
	plan_release(&plan);
	after = list_tree(d->top);
	assert_string_equal(after, before);
}

static void test_hostile_directories(void **state)
{
	static const char *const names[] = { "dev", "proc", "sys", "sys/fs", "dev/pts" };
	static const char *const targets[] = { "DATA", "../../../../../../../../../..DATA",
					       "/",    "/proc",
					       "/etc", "/proc/self/root",
					       ".",    "/proc/self/fd/3",
					       "loop", "/etc/passwd" };
	static char *readonly_paths[] = { "/proc/sys", NULL };
	static char *masked_paths[] = { "/proc/kcore", "/sys/firmware", NULL };
	struct dirs *d = *state;
	struct rootfs_mount mounts[] = {
		system_mounts[0],
		system_mounts[1],
		system_mounts[2],
		system_mounts[3],
		system_mounts[4],
		system_mounts[5],
		{ .type = "cgroup", .destination = "/sys/fs/cgroup", .flags = MS_RDONLY },
		{ .type = "bind", .source = "/dev/null", .destination = "/dev/bound" },
	};
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.mounts = mounts,
		.mount_count = array_size(mounts),
		.devices = devices,
		.device_count = 1,
		.masked_paths = masked_paths,
		.readonly_paths = readonly_paths,
	};

	make_link(d->root, "loop", "loop");
	for (size_t i = 0; i < array_size(names) * array_size(targets); i++) {
		const char *name = names[i / array_size(targets)];
		const char *target = targets[i % array_size(targets)];
		const char *data = strstr(target, "DATA");
		char text[256];

		snprintf(text, sizeof(text), "%.*s%s", data ? (int)(data - target) : 255, target,
			 data ? d->data : "");
		unlinkat(d->root, name, AT_REMOVEDIR);
		make_link(d->root, text, name);
		attempt(d, &spec);
		/* And without the mount that would cover it. */
		spec.mounts = mounts + 2;
		spec.mount_count -= 2;
		attempt(d, &spec);
		spec.mounts = mounts;
		spec.mount_count += 2;
		assert_int_equal(unlinkat(d->root, name, 0), 0);
		assert_int_equal(mkdirat(d->root, name, 0755), 0);
	}
}

/* --- races --- */

/* A directory and a symlink to the host's trade places all the time: mounting fails or stays inside. */
static void do_race(const struct job *job)
{
	const struct dirs *d = job->d;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			syscall(SYS_renameat2, d->root, "victim", d->root, "trap", RENAME_EXCHANGE);
	for (int i = 0; i < 40; i++) {
		struct rootfs_run run = ROOTFS_RUN_INIT;
		struct err err = { 0 };
		char path[128];

		give_cgroups(&run, d);
		if (!rootfs_mount_all(job->spec, &run, &err))
			rootfs_make_devices(job->spec, &run, &err);
		snprintf(path, sizeof(path), "%s/sub", d->data);
		CHECK(!*mount_at(d->data) && !*mount_at(path));
		snprintf(path, sizeof(path), "%s/file", d->data);
		CHECK(!*mount_at(path));
		rootfs_run_release(&run);
		umount2(d->rootfs, MNT_DETACH);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void race(struct dirs *d, struct rootfs_spec spec)
{
	_cleanup_free_ char *before = list_tree(d->data), *after = NULL;

	spec.path = d->rootfs;
	run_child(d, &spec, do_race);
	after = list_tree(d->data);
	assert_string_equal(after, before);
}

/* The trap has what the victim has, so that a mount could be made there. */
static void test_race(void **state)
{
	struct dirs *d = *state;
	_cleanup_fd_ int data = open(d->data, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(mkdirat(d->root, "victim", 0755), 0);
	assert_int_equal(mkdirat(d->root, "victim/sub", 0755), 0);
	make_file(d->root, "victim/file", "");
	assert_int_equal(mkdirat(data, "sub", 0755), 0);
	make_file(data, "file", "");
	make_link(d->root, d->data, "trap");
	for (size_t i = 0; i < array_size(kinds); i++) {
		char *type = (char *)kinds[i].type, *source = (char *)kinds[i].source;
		bool file = is_file(&kinds[i]);

		if (!file)
			race(d, SPEC(MOUNTS(M(.type = type, .source = source,
					      .destination = "/victim"))));
		race(d, SPEC(MOUNTS(M(.type = type, .source = source,
				      .destination = file ? "/victim/file" : "/victim/sub"))));
	}
}

/* Nodes and links are made in what was looked at, or nowhere. */
static void test_device_race(void **state)
{
	struct dirs *d = *state;
	_cleanup_fd_ int data = open(d->data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct rootfs_device made[] = {
		{ .type = 'c', .path = "/victim/file", .major = 1, .minor = 3, .file_mode = 0666 },
		{ .type = 'p', .path = "/victim/new", .file_mode = 0666 },
	};

	assert_int_equal(mkdirat(d->root, "victim", 0755), 0);
	make_file(d->root, "victim/file", "");
	make_file(data, "file", "");
	make_link(d->root, d->data, "trap");
	race(d, SPEC(.devices = made, .device_count = 1));
	race(d, SPEC(MOUNTS(M(.type = "tmpfs", .destination = "/victim")), .devices = made + 1,
		     .device_count = 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_symlink_attacks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_proc_symlink, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fake_proc, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_symlinks_stay_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_kind_through_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_race, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device_race, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
