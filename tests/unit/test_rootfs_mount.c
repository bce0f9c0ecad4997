// SPDX-License-Identifier: Apache-2.0
/* Mounts of each kind in the kernel. */
#include "rootfs/rootfs.h"

#include "tests/unit/rootfs_box.h"
#include "lib/cleanup.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- errors of mounts --- */

static void test_kernel_words(void **state)
{
	struct dirs *d = *state;

	fails(d,
	      SPEC(MOUNTS(PROC,
			  M(.type = "tmpfs", .destination = "/tmp", .data = "mode=700,size=x"))),
	      -EINVAL,
	      "mounts[0] (/tmp): option 'size=x': Invalid argument (kernel: tmpfs: Bad value for 'size')");
	fails(d, SPEC(MOUNTS(PROC, M(.type = "tmpfs", .destination = "/tmp", .data = "nonsense"))),
	      -EINVAL,
	      "mounts[0] (/tmp): option 'nonsense': Invalid argument (kernel: tmpfs: Unknown parameter 'nonsense')");
	fails(d, SPEC(MOUNTS(M(.type = "nonsensefs", .destination = "/tmp"))), -ENODEV,
	      "mounts[0] (/tmp): file system type 'nonsensefs': No such device");
	fails(d, SPEC(MOUNTS(M(.type = "tmpfs", .destination = "/etc/passwd"))), -ENOTDIR,
	      "mounts[0] (/etc/passwd): the destination is no directory, and a directory is to be mounted");
	fails(d, SPEC(MOUNTS(M(.type = "bind", .source = "/dev/null", .destination = "/etc"))),
	      -EISDIR,
	      "mounts[0] (/etc): the destination is a directory, and a file is to be mounted");
	fails(d,
	      SPEC(MOUNTS(M(.type = "bind", .source = "/etc",
			    .destination = "/proc/../proc/../tmp/x"),
			  M(.destination = "/etc", .flags = MS_REMOUNT | MS_RDONLY))),
	      -EINVAL, "mounts[1] (/etc): nothing is mounted there that could be changed");
}

static void test_labels(void **state)
{
	struct dirs *d = *state;

	if (!access("/sys/fs/selinux", F_OK))
		return;
	/* One option, comma included. */
	fails(d,
	      SPEC(MOUNTS(M(.type = "tmpfs", .destination = "/tmp",
			    .data = "mode=700,context=\"a:s0,c1\",size=1m"))),
	      -EINVAL,
	      "mounts[0] (/tmp): option 'context=a:s0,c1': Invalid argument (kernel: tmpfs: Unknown parameter 'context')");
	fails(d,
	      SPEC(.mount_label = "l:s0", MOUNTS(PROC, M(.type = "tmpfs", .destination = "/tmp"))),
	      -EINVAL,
	      "mounts[0] (/tmp): mount_label (without SELinux there are no labels): option 'context=l:s0': Invalid argument (kernel: tmpfs: Unknown parameter 'context')");
}

static void do_proc_bind(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	rootfs_run_release(&run);
	CHECK(!umount2(job->d->rootfs, MNT_DETACH));
	/* The host's /proc is something else now. */
	CHECK(!mount("/proc/self", "/proc", NULL, MS_BIND, NULL));
	CHECK(rootfs_mount_all(job->spec, &run, &err) == -EINVAL);
	CHECK_TEXT(err.text,
		   "mounts[0] (/proc): only a proc file system can be mounted on '/proc'");
	rootfs_run_release(&run);
}

static void test_proc_bind(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount m = { .type = "bind", .source = "/proc", .destination = "/proc" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };

	run_container(d, &spec, do_proc_bind);
}

/* --- bind mounts --- */

static void do_bind(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	CHECK(!mount("tmpfs", job->d->data, "tmpfs", MS_NOSUID, NULL));
	CHECK(!chdir(job->d->data) && !mkdir("sub", 0755) && !mkdir("cache", 0755));
	CHECK(!mount("tmpfs", "sub", "tmpfs", 0, NULL));
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK(has(mount_at("/rec"), "ro") && has(mount_at("/rec"), "nosuid") &&
	      has(mount_at("/rec"), "noexec"));
	CHECK(has(mount_at("/rec/sub"), "ro"));
	CHECK(!can_write("/rec/sub/x") && errno == EROFS);
	CHECK(has(mount_at("/flat"), "rw") && !*mount_at("/flat/sub"));
	CHECK(can_write("/flat/x"));
	CHECK(has(mount_at("/flat/cache"), "tmpfs"));
	CHECK(has(mount_at("/etc/file"), "rw"));
	CHECK(has(mount_at("/tmp"), "ro") && has(mount_at("/tmp"), "noexec"));
	CHECK(has(mount_at("/tmp"), "size=8192k"));
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	CHECK(has(mount_at("/late"), "ro") && !has(mount_at("/late/sub"), "ro"));
	CHECK(!can_write("/late/x") && can_write("/late/sub/x"));
	rootfs_run_release(&run);
}

static void test_bind(void **state)
{
	struct dirs *d = *state;
	char link[128], file[128], cache[128];
	struct rootfs_mount mounts[] = {
		PROC,
		{ .type = "bind",
		  .source = d->data,
		  .destination = "/rec",
		  .flags = MS_BIND | MS_REC | MS_RDONLY | MS_NOEXEC },
		{ .type = "none",
		  .source = link,
		  .destination = "/flat",
		  .flags = MS_BIND | MS_PRIVATE },
		{ .type = "tmpfs", .destination = "/flat/cache" },
		{ .type = "bind", .source = file, .destination = "/etc/file" },
		{ .type = "tmpfs", .destination = "/tmp" },
		{ .destination = "/tmp",
		  .flags = MS_REMOUNT | MS_RDONLY | MS_NOEXEC,
		  .data = "size=8m" },
		{ .destination = "/tmp", .flags = MS_SHARED | MS_REC },
		{ .type = "tmpfs", .destination = "/late", .flags = MS_RDONLY },
		{ .type = "tmpfs", .destination = "/late/sub" },
	};
	struct rootfs_spec spec = { .path = d->rootfs,
				    .mounts = mounts,
				    .mount_count = array_size(mounts) };

	snprintf(link, sizeof(link), "%s/link", d->top);
	snprintf(file, sizeof(file), "%s/root/etc/passwd", d->top);
	snprintf(cache, sizeof(cache), "%s/cache", d->data);
	assert_int_equal(symlink(d->data, link), 0);
	run_container(d, &spec, do_bind);
}

/* --- flags --- */

/* As the kernel shows them; a "!" is for what must not be there. */
static const struct {
	unsigned long flags;
	const char *words[4];
	bool of_file_system; /* not of the mount: nothing that a bind mount could have */
} flag_words[] = {
	{ 0, { "rw", "relatime", "!nosuid", "!noexec" }, false },
	{ MS_RDONLY, { "ro", "relatime" }, false },
	{ MS_NOSUID, { "nosuid", "rw" }, false },
	{ MS_NODEV, { "nodev", "!nosuid" }, false },
	{ MS_NOEXEC, { "noexec", "!nodev" }, false },
	{ MS_NOSYMFOLLOW, { "nosymfollow" }, false },
	{ MS_NOATIME, { "noatime", "!relatime" }, false },
	{ MS_NODIRATIME, { "nodiratime", "relatime" }, false },
	{ MS_RELATIME, { "relatime", "!noatime" }, false },
	{ MS_STRICTATIME, { "!relatime", "!noatime" }, false },
	{ MS_STRICTATIME | MS_NOATIME | MS_NODIRATIME,
	  { "!relatime", "!noatime", "nodiratime" },
	  false },
	{ MS_RELATIME | MS_NODIRATIME | MS_NOATIME,
	  { "noatime", "nodiratime", "!relatime" },
	  false },
	{ MS_SYNCHRONOUS, { "sync", "!dirsync" }, true },
	{ MS_DIRSYNC, { "dirsync", "!sync" }, true },
	{ MS_MANDLOCK, { "mand" }, true },
	{ MS_LAZYTIME, { "lazytime" }, true },
	{ MS_SILENT, { "rw", "relatime" }, false },
	{ MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_SYNCHRONOUS,
	  { "ro", "nosuid", "noatime", "sync" },
	  true },
};
static const char *const flag_kinds[] = { "tmpfs",  "ramfs",  "proc", "sysfs",
					  "devpts", "mqueue", "bind" };

/* sysfs and mqueue are one file system for all their mounts in a namespace: the first decides. */
static bool is_instance(const char *kind)
{
	return !strcmp(kind, "tmpfs") || !strcmp(kind, "ramfs") || !strcmp(kind, "proc") ||
	       !strcmp(kind, "devpts");
}

static void check_words(size_t kind, size_t i, const char *got)
{
	for (size_t k = 0; k < 4 && flag_words[i].words[k]; k++) {
		const char *word = flag_words[i].words[k];
		bool wanted = *word != '!';

		if (has(got, word + !wanted) != wanted)
			child_fail("%s with flags %lx: %s in \"%s\"", flag_kinds[kind],
				   flag_words[i].flags, word, got);
	}
}

static void do_flags(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	CHECK(!mount("tmpfs", job->d->data, "tmpfs", 0, NULL));
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	for (size_t kind = 0; kind < array_size(flag_kinds); kind++)
		for (size_t i = 0; i < array_size(flag_words); i++) {
			char path[32];

			if (flag_words[i].of_file_system && !is_instance(flag_kinds[kind]))
				continue;
			snprintf(path, sizeof(path), "/%s-%zu", flag_kinds[kind], i);
			check_words(kind, i, mount_at(path));
		}
	/* The host's own is as it was. */
	CHECK(!has(mount_at("/bind-12"), "sync") && !has(mount_at("/bind-17"), "sync"));
	CHECK(has(mount_at("/bind-17"), "noexec") && has(mount_at("/bind-17"), "nodev"));
	rootfs_run_release(&run);
}

static void test_flags(void **state)
{
	const size_t n = array_size(flag_words);
	struct dirs *d = *state;
	struct rootfs_mount mounts[array_size(flag_kinds) * array_size(flag_words) + 1] = { PROC };
	char paths[array_size(mounts)][32];
	struct rootfs_spec spec = { .path = d->rootfs,
				    .mounts = mounts,
				    .mount_count = array_size(mounts) };

	for (size_t i = 1; i < array_size(mounts); i++) {
		const char *kind = flag_kinds[(i - 1) / n];

		snprintf(paths[i], sizeof(paths[i]), "/%s-%zu", kind, (i - 1) % n);
		mounts[i] = (struct rootfs_mount){
			.source = strcmp(kind, "bind") ? (char *)kind : d->data,
			.type = (char *)kind,
			.destination = paths[i],
			.flags = flag_words[(i - 1) % n].flags,
		};
	}
	run_container(d, &spec, do_flags);
}

/* What the source's mount forbids stays forbidden, and how it keeps access times, whatever the entry asks for. */
static void do_inherited(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	CHECK(!mount("tmpfs", job->d->data, "tmpfs",
		     MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME, NULL));
	CHECK(!chdir(job->d->data) && !mkdir("sub", 0755));
	CHECK(!mount("tmpfs", "sub", "tmpfs", MS_RDONLY | MS_NOSUID, NULL));
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	for (size_t i = 1; i < job->spec->mount_count; i++) {
		const struct rootfs_mount *m = &job->spec->mounts[i];
		const char *got = mount_at(m->destination);

		CHECK(has(got, m->flags & MS_RDONLY ? "ro" : "rw") && has(got, "nosuid") &&
		      has(got, "nodev") && has(got, "noexec") && has(got, "nodiratime"));
		CHECK(has(got, m->flags & MS_RELATIME ? "relatime" : "noatime"));
	}
	CHECK(has(mount_at("/rec/sub"), "ro") && has(mount_at("/rec/sub"), "nosuid") &&
	      has(mount_at("/rec/sub"), "relatime"));
	CHECK(has(mount_at("/recro/sub"), "ro") && !*mount_at("/ro/sub"));
	CHECK(!can_write("/ro/x") && errno == EROFS && can_write("/rw/x"));
	rootfs_run_release(&run);
}

static void test_inherited(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mounts[] = {
		PROC,
		{ .type = "bind", .destination = "/rw" },
		{ .type = "bind", .destination = "/ro", .flags = MS_BIND | MS_RDONLY },
		{ .type = "bind", .destination = "/rel", .flags = MS_RELATIME },
		{ .type = "bind", .destination = "/rec", .flags = MS_REC },
		{ .type = "bind", .destination = "/recro", .flags = MS_REC | MS_RDONLY },
		{ .type = "bind",
		  .destination = "/file",
		  .flags = MS_BIND | MS_REC | MS_RDONLY | MS_PRIVATE },
	};
	struct rootfs_spec spec = { .path = d->rootfs,
				    .mounts = mounts,
				    .mount_count = array_size(mounts) };

	for (size_t i = 1; i < array_size(mounts); i++)
		mounts[i].source = d->data;
	run_container(d, &spec, do_inherited);
}

/* --- type cgroup --- */

static void do_cgroup(const struct job *job)
{
	char cpu[128], memory[128];
	struct rootfs_cgroup cgroups[] = { { "cpu,cpuacct", cpu }, { "name=systemd", memory } };
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	snprintf(cpu, sizeof(cpu), "%s/cpu", job->d->data);
	snprintf(memory, sizeof(memory), "%s/memory", job->d->data);
	run.cgroups = cgroups;
	run.cgroup_count = 2;
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK(has(mount_at("/sys/fs/cgroup"), "ro") && has(mount_at("/sys/fs/cgroup"), "mode=755"));
	CHECK(has(mount_at("/sys/fs/cgroup"), "nosuid") &&
	      has(mount_at("/sys/fs/cgroup"), "tmpfs"));
	CHECK(has(mount_at("/sys/fs/cgroup/cpu,cpuacct"), "ro"));
	CHECK(has(mount_at("/sys/fs/cgroup/systemd"), "noexec"));
	CHECK(reads_link("/sys/fs/cgroup/cpu", "cpu,cpuacct"));
	CHECK(reads_link("/sys/fs/cgroup/cpuacct", "cpu,cpuacct"));
	CHECK(!access("/sys/fs/cgroup/cpuacct/tasks", F_OK));
	CHECK_TEXT(propagation_at("/sys/fs/cgroup"), "shared");
	rootfs_run_release(&run);
}

static void test_no_cgroup(void **state)
{
	static const char *const types[] = { "cgroup", "cgroup2" };

	for (size_t i = 0; i < array_size(types); i++)
		fails(*state,
		      SPEC(MOUNTS(PROC, M(.type = (char *)types[i], .destination = "/sys"))),
		      -ENODEV,
		      "mounts[0] (/sys): the container has no cgroup that could be shown there");
}

static void test_cgroup(void **state)
{
	struct dirs *d = *state;
	_cleanup_fd_ int data = open(d->data, O_PATH | O_DIRECTORY);
	struct rootfs_mount mounts[] = {
		PROC,
		{ .type = "sysfs", .destination = "/sys" },
		{ .type = "cgroup",
		  .destination = "/sys/fs/cgroup",
		  .flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SHARED },
	};
	struct rootfs_spec spec = { .path = d->rootfs,
				    .mounts = mounts,
				    .mount_count = array_size(mounts) };

	/* Plain directories do as well as cgroups, and need no cgroup of this machine. */
	mkdirat(data, "cpu", 0755);
	mkdirat(data, "memory", 0755);
	make_file(data, "cpu/tasks", "");
	run_container(d, &spec, do_cgroup);
}

/* --- propagation --- */

/* What each word makes of a mount whose source is shared, as systemd has it, and of a new one. */
static const struct {
	const char *type, *path;
	unsigned long flags;
	const char *expected, *below; /* of the mount, and of the one below its source */
} propagations[] = {
	{ "bind", "/a", MS_REC, "master", "master" },
	{ "bind", "/b", MS_REC | MS_PRIVATE, "", "" },
	{ "bind", "/c", MS_REC | MS_SLAVE, "master", "master" },
	{ "bind", "/d", MS_REC | MS_SHARED, "shared master", "shared master" },
	{ "bind", "/e", MS_REC | MS_UNBINDABLE, "unbindable", "unbindable" },
	{ "bind", "/f", MS_PRIVATE, "", NULL },
	{ "bind", "/g", MS_SHARED, "shared master", NULL },
	{ "tmpfs", "/h", 0, "", NULL },
	{ "tmpfs", "/i", MS_SHARED, "shared", NULL },
	{ "tmpfs", "/j", MS_UNBINDABLE, "unbindable", NULL },
	{ "proc", "/proc", MS_PRIVATE, "", NULL },
	{ "sysfs", "/sys", MS_SHARED, "shared", NULL },
	{ "mqueue", "/k", MS_SHARED, "shared", NULL },
	{ "devpts", "/l", MS_SHARED, "shared", NULL },
};

/* With privatefs there is nothing left to be the slave of. */
static void check_propagations(bool private)
{
	for (size_t i = 0; i < array_size(propagations); i++) {
		const char *expected[] = { propagations[i].expected, propagations[i].below };
		char path[32];

		for (size_t k = 0; k < 2 && expected[k]; k++) {
			snprintf(path, sizeof(path), "%s%s", propagations[i].path, k ? "/sub" : "");
			if (!private)
				CHECK_TEXT(propagation_at(path), expected[k]);
			else if (!strcmp(expected[k], "master"))
				CHECK_TEXT(propagation_at(path), "");
			else if (!strcmp(expected[k], "shared master"))
				CHECK_TEXT(propagation_at(path), "shared");
		}
	}
	CHECK_TEXT(propagation_at("/"), private ? "" : "master");
}

static void do_propagation_words(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	CHECK(!mount("tmpfs", job->d->data, "tmpfs", 0, NULL));
	CHECK(!chdir(job->d->data) && !mkdir("sub", 0755));
	CHECK(!mount("tmpfs", "sub", "tmpfs", 0, NULL));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	CHECK(!unshare(CLONE_NEWNS));
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	check_propagations(job->spec->private_propagation);
	rootfs_run_release(&run);
}

static void test_propagation_words(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mounts[array_size(propagations)];
	struct rootfs_spec spec = { .path = d->rootfs,
				    .mounts = mounts,
				    .mount_count = array_size(mounts) };

	for (size_t i = 0; i < array_size(mounts); i++)
		mounts[i] = (struct rootfs_mount){
			.source = d->data,
			.type = (char *)propagations[i].type,
			.destination = (char *)propagations[i].path,
			.flags = propagations[i].flags,
		};
	for (int way = 0; way < 4; way++) {
		spec.private_propagation = way & 1;
		spec.no_pivot_root = way & 2;
		run_container(d, &spec, do_propagation_words);
	}
}

static void do_propagation(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };
	char path[128];
	int seen[2], quit[2];
	char c;
	pid_t pid;

	/* A host whose mounts are shared, as systemd makes them. */
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount(job->d->data, job->d->data, NULL, MS_BIND, NULL));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
	CHECK(!pipe(seen) && !pipe(quit));
	pid = fork();
	if (!pid) {
		CHECK(!unshare(CLONE_NEWNS));
		CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
		CHECK(write(seen[1], "x", 1) == 1 && read(quit[0], &c, 1) == 1);
		CHECK_OK(rootfs_enter(job->spec, &run, &err));
		CHECK(!!*mount_at("/mnt/late") == !job->spec->private_propagation);
		_exit(0);
	}
	CHECK(read(seen[0], &c, 1) == 1);
	/* Nothing came here from there. */
	snprintf(path, sizeof(path), "%s/proc", job->d->rootfs);
	CHECK(!*mount_at(path) && !*mount_at(job->d->rootfs));
	snprintf(path, sizeof(path), "%s/late", job->d->data);
	CHECK(!mount("tmpfs", path, "tmpfs", 0, NULL));
	CHECK(write(quit[1], "x", 1) == 1);
	CHECK(waitpid(pid, &seen[0], 0) == pid && seen[0] == 0);
	CHECK(*mount_at(path));
	CHECK(!access("/usr", F_OK) && *mount_at("/proc"));
}

static void test_propagation(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mounts[] = {
		PROC,
		{ .type = "bind", .source = d->data, .destination = "/mnt", .flags = MS_REC },
	};
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = mounts, .mount_count = 2 };
	char late[128];

	snprintf(late, sizeof(late), "%s/late", d->data);
	assert_int_equal(mkdir(late, 0755), 0);
	run_container(d, &spec, do_propagation);
	spec.private_propagation = true;
	run_container(d, &spec, do_propagation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kernel_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_labels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_proc_bind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flags, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_inherited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_cgroup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cgroup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_propagation_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_propagation, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
