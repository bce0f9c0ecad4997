// SPDX-License-Identifier: Apache-2.0
/* Whole containers in the kernel: their root, devices, consoles, and what they do not see. */
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
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a whole container --- */

static char *masked[] = { "/proc/kcore",       "/proc/kcore", "/proc/driver",
			  "/proc/nonexistent", "/nowhere/x",  "/etc/passwd",
			  "/sys/firmware",     "/sys/kernel", NULL };
static char *readonly[] = { "/proc/sys", "/proc/sysrq-trigger", "/proc/none",
			    "/proc/irq", "/proc/bus",           NULL };

static void look_at_mounts(void)
{
	struct stat st;

	CHECK(has(mount_at("/proc"), "nosuid") && has(mount_at("/proc"), "proc"));
	CHECK(has(mount_at("/dev"), "size=65536k") && has(mount_at("/dev"), "nosuid"));
	CHECK(!has(mount_at("/dev"), "relatime"));
	CHECK(has(mount_at("/dev/pts"), "ptmxmode=666") && has(mount_at("/dev/pts"), "noexec"));
	CHECK(has(mount_at("/dev/shm"), "nodev") && has(mount_at("/dev/shm"), "tmpfs"));
	CHECK(has(mount_at("/dev/mqueue"), "mqueue"));
	CHECK(has(mount_at("/sys"), "ro") && has(mount_at("/sys"), "sysfs"));
	CHECK(has(mount_at("/tmp"), "noatime"));
	CHECK(has(mount_at("/deep/er"), "nodiratime") && has(mount_at("/deep/er"), "relatime"));
	CHECK(!stat("/tmp", &st) && (st.st_mode & 07777) == 01777);
	CHECK(!stat("/deep/er", &st) && (st.st_mode & 07777) == 0755);
	CHECK(!stat("/dev/shm", &st) && (st.st_mode & 07777) == 01777);
	CHECK(!stat("/dev/mqueue/..", &st) && (st.st_mode & 07777) == 0755);
}

static void look_at_devices(void)
{
	struct stat st;

	CHECK(is_char_device("/dev/null", 1, 3, 0666));
	CHECK(is_char_device("/dev/fuse", 10, 229, 0));
	CHECK(is_char_device("/dev/sub/dir/tty", 5, 0, 04620));
	CHECK(!stat("/dev/sub/dir/tty", &st) && st.st_uid == 7 && st.st_gid == 8);
	CHECK(!stat("/dev/sub", &st) && (st.st_mode & 07777) == 0755);
	CHECK(!stat("/dev/fifo", &st) && S_ISFIFO(st.st_mode) && (st.st_mode & 07777) == 0600);
	CHECK(is_char_device("/opt/null", 1, 3, 0644));
	CHECK(!stat("/opt/null", &st) && st.st_gid == 9);
	CHECK(can_write("/opt/null"));
	CHECK(reads_link("/dev/fd", "/proc/self/fd"));
	CHECK(reads_link("/dev/stdin", "/proc/self/fd/0"));
	CHECK(reads_link("/dev/stderr", "/proc/self/fd/2"));
	CHECK(reads_link("/dev/ptmx", "pts/ptmx"));
	CHECK(reads_link("/dev/core", "/proc/kcore") == !access("/proc/kcore", F_OK));
	CHECK(reads_link("/dev/kcore", "/proc/kcore") == !access("/proc/kcore", F_OK));
}

static void look_at_restrictions(void)
{
	struct stat st;

	CHECK(has(mount_at("/proc/sys"), "ro") && has(mount_at("/proc/sys"), "nosuid"));
	CHECK(!can_write("/proc/sys/kernel/hostname"));
	CHECK(is_char_device("/proc/kcore", 1, 3, 0666) || access("/proc/kcore", F_OK));
	CHECK(is_char_device("/etc/passwd", 1, 3, 0666));
	CHECK(has(mount_at("/sys/kernel"), "tmpfs") && has(mount_at("/sys/kernel"), "ro"));
	CHECK(!stat("/sys/kernel", &st) && st.st_nlink == 2);
	CHECK(has(mount_at("/proc/driver"), "tmpfs") || access("/proc/driver", F_OK));
	CHECK(has(mount_at("/"), "ro"));
	CHECK(!can_write("/file") && errno == EROFS);
	CHECK(can_write("/dev/shm/file") && can_write("/tmp/file"));
}

static void do_whole(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	int master = -1, slave = -1;
	struct termios tio;
	struct stat st, console;
	struct err err = { 0 };
	char buf[8];

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_make_devices(job->spec, &run, &err));
	CHECK_OK(rootfs_make_console(job->spec, &run, 12, &master, &slave, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	look_at_devices();
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	look_at_mounts();
	look_at_restrictions();
	/* Nothing of the host is left: what was mounted here, and the root. */
	CHECK(access(job->d->top, F_OK) && access("/usr", F_OK));
	CHECK(count_mounts() <= 24);
	CHECK(!fstat(slave, &st) && st.st_uid == 12 && st.st_gid == 5 &&
	      (st.st_mode & 07777) == 0620);
	CHECK(!stat("/dev/console", &console) && console.st_rdev == st.st_rdev &&
	      console.st_dev == st.st_dev);
	CHECK(!access("/dev/pts/0", F_OK));
	CHECK(!tcgetattr(slave, &tio));
	CHECK(write(slave, "hi", 2) == 2 && read(master, buf, sizeof(buf)) == 2);
	rootfs_run_release(&run);
	CHECK(run.root_fd == -1 && run.null_fd == -1 && !run.own);
}

static void test_whole(void **state)
{
	struct dirs *d = *state;
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.readonly = true,
		.mounts = system_mounts,
		.mount_count = array_size(system_mounts),
		.devices = devices,
		.device_count = array_size(devices),
		.masked_paths = masked,
		.readonly_paths = readonly,
	};

	run_container(d, &spec, do_whole);
	spec.private_propagation = true;
	run_container(d, &spec, do_whole);
}

/* A host that has something mounted over its root: all of it must be gone as well. */
static void do_overmounted(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK(!mount("tmpfs", "/", "tmpfs", 0, NULL));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK(count_mounts() == 2);
	rootfs_run_release(&run);
}

/* The host's own root as the rootfs. */
static void do_host_root(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	size_t mounts = count_mounts();
	struct err err = { 0 };
	struct stat st;

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	CHECK(count_mounts() == mounts + 1 && has(mount_at("/"), "ro"));
	CHECK(!stat("/proc/1", &st) && stat("/proc/5", &st));
	rootfs_run_release(&run);
}

static void test_odd_roots(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount proc = { .type = "proc", .destination = "/proc" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &proc, .mount_count = 1 };

	run_container(d, &spec, do_overmounted);
	spec.path = "/";
	spec.readonly = true;
	run_container(d, &spec, do_host_root);
}

/* A chroot instead of a pivot; only the host's root is left underneath. */
static void do_move(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };
	int old;

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_make_devices(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	look_at_devices();
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	look_at_mounts();
	look_at_restrictions();
	CHECK(access(job->d->top, F_OK));
	CHECK((old = open("/", O_PATH | O_DIRECTORY)) >= 0);
	CHECK(faccessat(old, "../sys/fs/cgroup/unified", F_OK, 0));
	rootfs_run_release(&run);
}

static void test_no_pivot_root(void **state)
{
	struct dirs *d = *state;
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.readonly = true,
		.no_pivot_root = true,
		.mounts = system_mounts,
		.mount_count = array_size(system_mounts),
		.devices = devices,
		.device_count = array_size(devices),
		.masked_paths = masked,
		.readonly_paths = readonly,
	};

	run_container(d, &spec, do_move);
}

/* --- devices --- */

static void test_device_refused(void **state)
{
	struct dirs *d = *state;
	struct rootfs_device in_the_way = {
		.type = 'c', .path = "/etc/passwd", .major = 1, .minor = 3
	};
	struct rootfs_device on_sysfs = { .type = 'c', .path = "/sys/null", .major = 1, .minor = 3 };

	fails(d, SPEC(.devices = &in_the_way, .device_count = 1), -EEXIST,
	      "devices[0] (/etc/passwd): something else is there already");
	fails(d,
	      SPEC(MOUNTS(M(.type = "sysfs", .destination = "/sys")), .devices = &on_sysfs,
		   .device_count = 1),
	      -EROFS,
	      "devices[0] (/sys/null): '/sys/null' is missing, and nodes are only made where the container has a tmpfs of its own");
}

static void do_exact(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };
	struct stat st;

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_make_devices(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	for (size_t i = 0; i < job->spec->device_count; i++) {
		const struct rootfs_device *device = &job->spec->devices[i];

		CHECK(!lstat(device->path, &st));
		if ((st.st_mode & 07777) != device->file_mode || st.st_uid != device->uid ||
		    st.st_gid != device->gid)
			child_fail("%s: mode %o of %u:%u", device->path, st.st_mode, st.st_uid,
				   st.st_gid);
		CHECK((st.st_mode & S_IFMT) == (device->type == 'b' ? S_IFBLK : S_IFCHR));
		CHECK(st.st_rdev ==
		      makedev((unsigned int)device->major, (unsigned int)device->minor));
	}
	CHECK(can_write("/opt/null"));
	rootfs_run_release(&run);
}

/* The mode and the owner are those of the config, also where the rootfs has the device already, with others. */
static void test_device_exact(void **state)
{
	static const mode_t modes[] = { 0, 0600, 0666, 0777, 02640, 04755, 01222, 07777 };
	struct dirs *d = *state;
	struct rootfs_device made[3 * array_size(modes) + 1];
	char paths[array_size(made)][32];
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.mounts = system_mounts,
		.mount_count = 2,
		.devices = made,
		.device_count = array_size(made),
	};

	for (size_t i = 0; i < array_size(made); i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/d%zu", i % 3 == 2 ? "/opt" : "/dev/a/b",
			 i);
		made[i] = (struct rootfs_device){
			.type = i % 3 == 1 ? 'b' : 'c',
			.path = paths[i],
			.major = i % 3 == 1 ? 7 : 1,
			.minor = 3,
			.file_mode = modes[i / 3 % array_size(modes)],
			.uid = (uid_t)i,
			.gid = 65534,
		};
	}
	made[0] = (struct rootfs_device){
		.type = 'c', .path = "/opt/null", .major = 1, .minor = 3, .file_mode = 0666
	};
	assert_int_equal(mkdirat(d->root, "opt", 0755), 0);
	assert_int_equal(mknodat(d->root, "opt/null", S_IFCHR | 0600, makedev(1, 3)), 0);
	assert_int_equal(fchownat(d->root, "opt/null", 7, 7, 0), 0);
	run_container(d, &spec, do_exact);
}

/* --- read-only --- */

static void do_readonly(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };

	/* A host that keeps it read-only itself, where the container may not be asked to. */
	CHECK(!mount(job->d->rootfs, job->d->rootfs, NULL, MS_BIND, NULL));
	if (!job->spec->readonly)
		CHECK(!mount(NULL, job->d->rootfs, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_make_devices(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK_OK(rootfs_restrict(job->spec, &run, &err));
	CHECK(has(mount_at("/"), "ro"));
	CHECK(!can_write("/x") && errno == EROFS && mkdir("/x", 0700) && errno == EROFS);
	CHECK(!can_write("/etc/passwd") && errno == EROFS);
	CHECK(can_write("/dev/x") && can_write("/dev/null") && can_write("/tmp/x"));
	CHECK(!mkdir("/dev/shm/x", 0700) && is_char_device("/dev/null", 1, 3, 0666));
	CHECK(has(mount_at("/dev"), "rw") && has(mount_at("/tmp"), "rw"));
	rootfs_run_release(&run);
}

static void test_readonly(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mounts[] = {
		system_mounts[0], system_mounts[1], system_mounts[2],
		system_mounts[3], system_mounts[5], { .type = "tmpfs", .destination = "/tmp" },
	};
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.mounts = mounts,
		.mount_count = array_size(mounts),
		.devices = devices,
		.device_count = 1,
	};

	for (int way = 0; way < 8; way++) {
		spec.readonly = way & 1;
		spec.no_pivot_root = way & 2;
		spec.private_propagation = way & 4;
		run_container(d, &spec, do_readonly);
	}
}

/* --- consoles --- */

static void do_host_console(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };
	int master = -1, slave = -1, spare, m = -1, s = -1;
	struct stat st;

	/* The parent keeps the host's mount namespace alive, as the host does when a container is joined. */
	CHECK((spare = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0);
	CHECK(!unshare(CLONE_NEWNS));
	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_make_console(job->spec, &run, 0, &master, &slave, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK(isatty(slave) && !fstat(slave, &st) && S_ISCHR(st.st_mode) &&
	      major(st.st_rdev) == 136);
	CHECK(access("/dev/console", F_OK));
	/* /dev/pts of this rootfs is a plain directory with a device of somebody's choice. */
	CHECK(!mkdir("/dev/pts", 0755) && !mknod("/dev/pts/ptmx", S_IFCHR | 0666, makedev(5, 2)));
	CHECK(rootfs_join_console(-1, 0, &m, &s, &err) == -ENODEV);
	CHECK_TEXT(err.text, "console: /dev/pts is no devpts");
	CHECK(m == -1 && s == -1);
	CHECK_OK(rootfs_join_console(spare, 0, &m, &s, &err));
	CHECK(isatty(s));
	CHECK(!unlink("/dev/pts/ptmx") && !rmdir("/dev/pts"));
	rootfs_run_release(&run);
}

static void test_host_console(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount proc = PROC;
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &proc, .mount_count = 1 };

	run_container(d, &spec, do_host_console);
}

static void do_join_console(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };
	int m = -1, s = -1;

	CHECK_OK(rootfs_mount_all(job->spec, &run, &err));
	CHECK_OK(rootfs_enter(job->spec, &run, &err));
	CHECK_OK(rootfs_join_console(-1, 3, &m, &s, &err));
	CHECK(isatty(s) && !access("/dev/pts/0", F_OK));
	/* Something mounted over the multiplexer is not taken for it. */
	CHECK(!mount("/dev/null", "/dev/pts/ptmx", NULL, MS_BIND, NULL) || errno == ENOENT);
	CHECK(!mount("/proc/version", "/dev/pts/ptmx", NULL, MS_BIND, NULL));
	CHECK(rootfs_join_console(-1, 3, &m, &s, &err) == -EXDEV);
	rootfs_run_release(&run);
}

static void test_join_console(void **state)
{
	struct dirs *d = *state;
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = system_mounts, .mount_count = 3 };

	run_container(d, &spec, do_join_console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_pivot_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_odd_roots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device_exact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_readonly, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_console, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_join_console, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
