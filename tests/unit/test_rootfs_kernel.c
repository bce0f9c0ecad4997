// SPDX-License-Identifier: Apache-2.0
/*
 * The rootfs in the kernel: each test forks a child with namespaces of its own, lets it do what a
 * container's child does, and looks at the outcome there. Whatever happens, the host's directory must
 * be as it was.
 */
#include "rootfs/rootfs.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

struct dirs {
	char top[64], rootfs[80], data[80], run[80], shared[80];
	int root; /* O_PATH of rootfs */
	struct scope scope;
	char *before; /* a listing of top */
};

/* --- in the child: failures are lines on a pipe --- */

static int report = -1;

static void __attribute__((noreturn, format(printf, 1, 2))) child_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(report, fmt, ap);
	va_end(ap);
	_exit(1);
}

#define CHECK(what)                                                                   \
	do {                                                                          \
		if (!(what))                                                          \
			child_fail("line %d: %s (errno %d)", __LINE__, #what, errno); \
	} while (0)

#define CHECK_OK(call)                                                            \
	do {                                                                      \
		if (call)                                                         \
			child_fail("line %d: %s: %s", __LINE__, #call, err.text); \
	} while (0)

static void check_text(int line, const char *text, const char *expected)
{
	if (strcmp(text, expected))
		child_fail("line %d: \"%s\" instead of \"%s\"", line, text, expected);
}

#define CHECK_TEXT(text, expected) check_text(__LINE__, text, expected)

struct job {
	const struct dirs *d;
	const struct rootfs_spec *spec;
	void (*run)(const struct job *job);
};

/* Fork twice: the inner child is the first process of its pid namespace. */
static int child_main(void *arg)
{
	struct job *job = arg;
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS))
		child_fail("unshare: %s", strerror(errno));
	/* With systemd everything is shared: what a test mounts would be mounted on the host as well. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		child_fail("mount: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		umask(077);
		job->run(job);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		child_fail("waitpid: %s", strerror(errno));
	if (!WIFEXITED(status))
		child_fail("ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void run_child(const struct dirs *d, const struct rootfs_spec *spec,
		      void (*run)(const struct job *))
{
	struct job job = { .d = d, .spec = spec, .run = run };
	char text[2048];
	size_t len = 0;
	ssize_t got;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		report = ends[1];
		_exit(child_main(&job));
	}
	close(ends[1]);
	while (len < sizeof(text) - 1 &&
	       (got = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (len || status)
		fail_msg("child: %s (status %d)", text, status);
}

/* --- the host's directory --- */

static FILE *listing;

static int list_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)type;
	(void)ftw;
	fprintf(listing, "%s %o %ld\n", path, st->st_mode,
		S_ISDIR(st->st_mode) ? 0 : (long)st->st_size);
	return 0;
}

static char *list_tree(const char *top)
{
	char *text = NULL;
	size_t len;

	listing = open_memstream(&text, &len);
	nftw(top, list_one, 16, FTW_PHYS);
	fclose(listing);
	return text;
}

static void make_file(int root, const char *name, const char *text)
{
	_cleanup_fd_ int fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void make_link(int root, const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, root, name), 0);
}

static int set_up(void **state)
{
	static const char *const made[] = { "proc", "dev", "sys", "tmp", "etc", "bin" };
	struct dirs *d = calloc(1, sizeof(*d));

	umask(022);
	strcpy(d->top, "/tmp/ctrnet-rootfs-XXXXXX");
	if (!mkdtemp(d->top))
		return -1;
	snprintf(d->rootfs, sizeof(d->rootfs), "%s/root", d->top);
	snprintf(d->data, sizeof(d->data), "%s/data", d->top);
	snprintf(d->run, sizeof(d->run), "%s/run", d->top);
	snprintf(d->shared, sizeof(d->shared), "%s/run/shared", d->top);
	if (mkdir(d->rootfs, 0755) || mkdir(d->data, 0755) || mkdir(d->run, 0700))
		return -1;
	d->root = open(d->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < array_size(made); i++)
		if (mkdirat(d->root, made[i], 0755))
			return -1;
	if (fchmodat(d->root, "tmp", 01777, 0))
		return -1;
	make_file(d->root, "etc/passwd", "root:x:0:0::/:/bin/sh\n");
	*state = d;
	return scope_init(&d->scope, "one", d->run, d->shared, NULL);
}

static int tear_down(void **state)
{
	struct dirs *d = *state;

	scope_release(&d->scope);
	close(d->root);
	free(d->before);
	file_remove_tree(AT_FDCWD, d->top, NULL);
	free(d);
	return 0;
}

/*
 * Plan and apply, run the child, revert; the tree must be as before.
 */
static void run_container(struct dirs *d, const struct rootfs_spec *spec,
			  void (*run)(const struct job *))
{
	_cleanup_free_ char *after = NULL;
	struct plan plan = { 0 };
	struct err err = { 0 };

	free(d->before);
	d->before = list_tree(d->top);
	if (rootfs_check(spec, &err) || rootfs_resolve(spec, &err) ||
	    rootfs_plan(spec, &d->scope, &plan, &err) ||
	    plan_apply(&plan, PHASE_PREPARE, &d->scope, NULL, NULL, &err))
		fail_msg("%s", err.text);
	run_child(d, spec, run);
	if (plan_revert(&plan, &d->scope, NULL, &err))
		fail_msg("%s", err.text);
	plan_release(&plan);
	after = list_tree(d->top);
	assert_string_equal(after, d->before);
}

/* --- looking at mounts --- */

/* "ro,nosuid ext4 opts" of what is mounted last at @path; "" if nothing is. */
static const char *mount_at(const char *path)
{
	static char found[1024];
	_cleanup_free_ char *line = NULL;
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char at[256], flags[256], type[64], options[512];
	size_t size = 0;

	found[0] = '\0';
	CHECK(in);
	while (getline(&line, &size, in) > 0) {
		const char *rest = strstr(line, " - ");

		if (sscanf(line, "%*s %*s %*s %*s %255s %255s", at, flags) != 2 || !rest ||
		    sscanf(rest, " - %63s %*s %511s", type, options) != 2)
			continue;
		if (!strcmp(at, path))
			snprintf(found, sizeof(found), "%s %s %s", flags, type, options);
	}
	fclose(in);
	return found;
}

static bool has(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || strchr(" ,", at[-1])) && (!at[len] || strchr(" ,", at[len])))
			return true;
	return false;
}

static size_t count_mounts(void)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	size_t lines = 0;
	int c;

	CHECK(in);
	while ((c = fgetc(in)) != EOF)
		lines += c == '\n';
	fclose(in);
	return lines;
}

static bool is_char_device(const char *path, unsigned int major, unsigned int minor, mode_t mode)
{
	struct stat st;

	return !lstat(path, &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(major, minor) &&
	       (st.st_mode & 07777) == mode;
}

static bool reads_link(const char *path, const char *target)
{
	char buf[256];
	ssize_t len = readlink(path, buf, sizeof(buf) - 1);

	if (len < 0)
		return false;
	buf[len] = '\0';
	return !strcmp(buf, target);
}

static bool can_write(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0;
}

/* --- a whole container --- */

static struct rootfs_device devices[] = {
	{ .type = 'c', .path = "/dev/null", .major = 1, .minor = 3, .file_mode = 0666 },
	{ .type = 'c', .path = "/dev/fuse", .major = 10, .minor = 229, .file_mode = 0 },
	{ .type = 'u',
	  .path = "/dev/sub/dir/tty",
	  .major = 5,
	  .file_mode = 04620,
	  .uid = 7,
	  .gid = 8 },
	{ .type = 'p', .path = "/dev/fifo", .file_mode = 0600 },
	{ .type = 'c', .path = "/opt/null", .major = 1, .minor = 3, .file_mode = 0644, .gid = 9 },
	{ .type = 'c', .path = "/dev/null", .major = 1, .minor = 3, .file_mode = 0666 },
};

static char *masked[] = { "/proc/kcore",       "/proc/kcore", "/proc/driver",
			  "/proc/nonexistent", "/nowhere/x",  "/etc/passwd",
			  "/sys/firmware",     "/sys/kernel", NULL };
static char *readonly[] = { "/proc/sys", "/proc/sysrq-trigger", "/proc/none",
			    "/proc/irq", "/proc/bus",           NULL };

static struct rootfs_mount system_mounts[] = {
	{ .type = "proc",
	  .source = "proc",
	  .destination = "/proc",
	  .flags = MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ .type = "tmpfs",
	  .source = "tmpfs",
	  .destination = "/dev",
	  .flags = MS_NOSUID | MS_STRICTATIME,
	  .data = "mode=755,size=65536k" },
	{ .type = "devpts",
	  .source = "devpts",
	  .destination = "/dev/pts",
	  .flags = MS_NOSUID | MS_NOEXEC,
	  .data = "newinstance,ptmxmode=0666,mode=620,gid=5" },
	{ .type = "tmpfs",
	  .source = "shm",
	  .destination = "/dev/shm",
	  .flags = MS_NOSUID | MS_NODEV | MS_NOEXEC,
	  .data = "mode=1777,size=65536k" },
	{ .type = "mqueue",
	  .source = "mqueue",
	  .destination = "dev/mqueue",
	  .flags = MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ .type = "sysfs",
	  .source = "sysfs",
	  .destination = "/sys",
	  .flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY },
	{ .type = "tmpfs", .destination = "/tmp", .flags = MS_NOATIME | MS_DIRSYNC },
	{ .type = "tmpfs", .destination = "/deep/er", .flags = MS_NODIRATIME },
};

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

/* --- errors of mounts --- */

static const char *expected_error;
static int expected_code;

static void do_fail(const struct job *job)
{
	struct rootfs_run run = ROOTFS_RUN_INIT;
	struct err err = { 0 };
	int ret = rootfs_mount_all(job->spec, &run, &err);

	if (!ret)
		ret = rootfs_make_devices(job->spec, &run, &err);
	if (!ret)
		ret = rootfs_enter(job->spec, &run, &err);
	if (!ret)
		ret = rootfs_restrict(job->spec, &run, &err);
	CHECK(ret < 0);
	CHECK_TEXT(err.text, expected_error);
	CHECK(ret == expected_code && err.code == ret);
	rootfs_run_release(&run);
}

static void fails(struct dirs *d, struct rootfs_spec spec, int code, const char *words)
{
	spec.path = d->rootfs;
	expected_code = code;
	expected_error = words;
	run_container(d, &spec, do_fail);
}

#define MOUNTS(...)                                       \
	.mounts = (struct rootfs_mount[]){ __VA_ARGS__ }, \
	.mount_count =                                    \
		sizeof((struct rootfs_mount[]){ __VA_ARGS__ }) / sizeof(struct rootfs_mount)
#define SPEC(...) ((struct rootfs_spec){ __VA_ARGS__ })
#define M(...)              \
	{                   \
		__VA_ARGS__ \
	}
#define PROC                                                              \
	{                                                                 \
		.type = "proc", .destination = "/proc", .automatic = true \
	}

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

/* A directory and a symlink to the host's trade places all the time: mounting fails or stays inside. */
static void do_race(const struct job *job)
{
	const struct dirs *d = job->d;
	int mounted = 0, refused = 0;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			syscall(SYS_renameat2, d->root, "victim", d->root, "trap", RENAME_EXCHANGE);
	for (int i = 0; i < 100; i++) {
		struct rootfs_run run = ROOTFS_RUN_INIT;
		struct err err = { 0 };

		if (rootfs_mount_all(job->spec, &run, &err))
			refused++;
		else
			mounted++;
		CHECK(!*mount_at(d->data));
		rootfs_run_release(&run);
		umount2(d->rootfs, MNT_DETACH);
	}
	CHECK(mounted + refused == 100);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	syscall(SYS_renameat2, d->root, "victim", d->root, "trap", 0);
}

static void test_race(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount m = { .type = "tmpfs", .destination = "/victim" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };

	mkdirat(d->root, "victim", 0755);
	make_link(d->root, d->data, "trap");
	run_child(d, &spec, do_race);
	assert_int_equal(rmdir(d->data), 0);
	assert_int_equal(mkdir(d->data, 0755), 0);
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
	rootfs_run_release(&run);
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
		  .flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC },
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

/* --- propagation --- */

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
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_pivot_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kernel_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_labels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_proc_bind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_odd_roots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_symlink_attacks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_proc_symlink, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fake_proc, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_symlinks_stay_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_race, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cgroup, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_console, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_join_console, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_propagation, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
