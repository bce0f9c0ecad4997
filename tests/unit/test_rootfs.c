// SPDX-License-Identifier: Apache-2.0
/* The rootfs' rules, defaults, plan and show: everything that mounts nothing. */
#include "rootfs/rootfs.h"

#include "rootfs/flags.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MOUNT(...)                             \
	{                                      \
		.source = "src", ##__VA_ARGS__ \
	}

/* --- rootfs_check --- */

static void refused_mount(struct rootfs_mount m, const char *words)
{
	struct rootfs_spec spec = { .path = "/srv/root", .mounts = &m, .mount_count = 1 };
	struct err err = { 0 };

	assert_true(rootfs_check(&spec, &err) < 0);
	assert_string_equal(err.text, words);
}

static void accepted_mount(struct rootfs_mount m)
{
	struct rootfs_spec spec = { .path = "/srv/root", .mounts = &m, .mount_count = 1 };
	struct err err = { 0 };

	if (rootfs_check(&spec, &err))
		fail_msg("%s", err.text);
}

static void test_check_destination(void **state)
{
	(void)state;
	refused_mount((struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "/"),
		      "mounts[0]: '/': mounting into / is prohibited");
	refused_mount((struct rootfs_mount)MOUNT(.type = "bind", .destination = "/srv/root"),
		      "mounts[0]: '/srv/root': mounting into / is prohibited");
	refused_mount((struct rootfs_mount)MOUNT(.type = "bind", .destination = "/a/.."),
		      "mounts[0]: '/a/..': mounting into / is prohibited");
	refused_mount(
		(struct rootfs_mount)MOUNT(.type = "bind", .destination = "/proc/sys"),
		"mounts[0]: '/proc/sys' cannot be mounted because it is located inside '/proc'");
	refused_mount(
		(struct rootfs_mount)MOUNT(.type = "proc", .destination = "//proc/./x"),
		"mounts[0]: '//proc/./x' cannot be mounted because it is located inside '/proc'");
	refused_mount(
		(struct rootfs_mount)MOUNT(.type = "bind", .destination = "/srv/root/proc"),
		"mounts[0]: '/srv/root/proc' cannot be mounted because it is located inside '/proc'");
	refused_mount(
		(struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "/sys/../proc"),
		"mounts[0]: '/sys/../proc' cannot be mounted because it is located inside '/proc'");
	refused_mount((struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "/../etc"),
		      "mounts[0]: '/../etc' leaves the rootfs");
	refused_mount((struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "a/../../etc"),
		      "mounts[0]: 'a/../../etc' leaves the rootfs");
	refused_mount((struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = ""),
		      "mounts[0]: destination is empty");
	refused_mount((struct rootfs_mount)MOUNT(.type = "tmpfs"),
		      "mounts[0]: destination is empty");
	accepted_mount((struct rootfs_mount)MOUNT(.type = "sysfs", .destination = "/sys/fs"));
	accepted_mount((struct rootfs_mount)MOUNT(.type = "bind", .destination = "/processes"));
	accepted_mount(
		(struct rootfs_mount)MOUNT(.type = "bind", .destination = "relative/../dir"));
	accepted_mount((struct rootfs_mount)MOUNT(.type = "proc", .destination = "/proc/"));
	accepted_mount(
		(struct rootfs_mount){ .type = "bind", .source = "/proc", .destination = "/proc" });
}

/*
 * CheckMountDestOnProc, -InSys, -FalsePositive and -Root of libcontainer: destinations as it had them, with the rootfs'
 * path in front, and without.
 */
static void test_check_mount_dest(void **state)
{
	static const struct {
		const char *destination, *refused;
	} rows[] = {
		{ "/rootfs/proc/",
		  "mounts[0]: '/rootfs/proc/' cannot be mounted because it is located inside '/proc'" },
		{ "/proc/",
		  "mounts[0]: '/proc/' cannot be mounted because it is located inside '/proc'" },
		{ "/rootfs//sys/fs/cgroup", NULL },
		{ "//sys/fs/cgroup", NULL },
		{ "/rootfs/sysfiles/fs/cgroup", NULL },
		{ "/rootfs/procfiles", NULL },
		{ "/procfiles", NULL },
		{ "/rootfs", "mounts[0]: '/rootfs': mounting into / is prohibited" },
		{ "/rootfs/", "mounts[0]: '/rootfs/': mounting into / is prohibited" },
		{ "/rootfsother/x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct rootfs_mount m = { .type = "bind",
					  .source = "/src",
					  .destination = (char *)rows[i].destination };
		struct rootfs_spec spec = { .path = "/rootfs", .mounts = &m, .mount_count = 1 };
		struct err err = { 0 };

		assert_int_equal(rootfs_check(&spec, &err), rows[i].refused ? -EINVAL : 0);
		assert_string_equal(err.text, rows[i].refused ? rows[i].refused : "");
	}
}

static void test_check_what(void **state)
{
	(void)state;
	refused_mount((struct rootfs_mount){ .type = "bind", .destination = "/x" },
		      "mounts[0] (/x): a bind mount needs a source");
	refused_mount((struct rootfs_mount)MOUNT(.destination = "/x"),
		      "mounts[0] (/x): the type of the file system is missing");
	refused_mount(
		(struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "/x",
					   .flags = 1ul << 30),
		"mounts[0] (/x): flags 1073741824: 0x40000000 is unknown or has no meaning here");
	refused_mount((struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "/x",
						 .flags = MS_MOVE),
		      "mounts[0] (/x): flags 8192: 0x2000 is unknown or has no meaning here");
	refused_mount(
		(struct rootfs_mount)MOUNT(.type = "tmpfs", .destination = "/x",
					   .flags = MS_PRIVATE | MS_SHARED),
		"mounts[0] (/x): flags 1310720: only one of private, slave, shared, unbindable is possible");
	accepted_mount((struct rootfs_mount){ .destination = "/x", .flags = MS_PRIVATE | MS_REC });
	accepted_mount(
		(struct rootfs_mount){ .destination = "/proc", .flags = MS_REMOUNT | MS_RDONLY });
}

static void refused_device(struct rootfs_device d, const char *words)
{
	struct rootfs_spec spec = { .path = "/srv/root", .devices = &d, .device_count = 1 };
	struct err err = { 0 };

	assert_true(rootfs_check(&spec, &err) < 0);
	assert_string_equal(err.text, words);
}

static void test_check_device(void **state)
{
	struct rootfs_device fifo = {
		.type = 'p', .path = "/run/fifo", .major = -1, .file_mode = 0600
	};
	struct rootfs_spec spec = { .path = "/srv/root", .devices = &fifo, .device_count = 1 };

	(void)state;
	refused_device((struct rootfs_device){ .type = 'c', .path = "" },
		       "devices[0] (): the path is empty");
	refused_device((struct rootfs_device){ .type = 'c' }, "devices[0] (): the path is empty");
	refused_device((struct rootfs_device){ .type = 'x', .path = "/dev/x" },
		       "devices[0] (/dev/x): type 120 is none of c, b, u, p");
	refused_device((struct rootfs_device){ .path = "/dev/x" },
		       "devices[0] (/dev/x): type 0 is none of c, b, u, p");
	refused_device((struct rootfs_device){ .type = 'c', .path = "/dev/x", .major = -1 },
		       "devices[0] (/dev/x): major number -1 is out of range (0 to 4095)");
	refused_device((struct rootfs_device){ .type = 'b', .path = "/dev/x", .minor = 1 << 20 },
		       "devices[0] (/dev/x): minor number 1048576 is out of range (0 to 1048575)");
	refused_device((struct rootfs_device){ .type = 'u', .path = "/dev/x", .file_mode = 010666 },
		       "devices[0] (/dev/x): file mode 010666 has more than permission bits");
	refused_device((struct rootfs_device){ .type = 'c', .path = "/dev/../../x" },
		       "devices[0] (/dev/../../x): '/dev/../../x' leaves the rootfs");
	refused_device((struct rootfs_device){ .type = 'c', .path = "/proc/kmsg" },
		       "devices[0] (/proc/kmsg): '/proc/kmsg' lies inside '/proc'");
	assert_int_equal(rootfs_check(&spec, NULL), 0);
}

static void test_check_restrictions(void **state)
{
	char *bad[] = { "/proc/kcore", "/../x", NULL }, *root[] = { "/", NULL };
	struct rootfs_spec spec = { .path = "/srv/root", .masked_paths = bad };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(rootfs_check(&spec, &err), -EINVAL);
	assert_string_equal(err.text, "mask_paths[1]: '/../x' leaves the rootfs");
	spec = (struct rootfs_spec){ .path = "/srv/root", .masked_paths = root };
	assert_int_equal(rootfs_check(&spec, &err), -EINVAL);
	assert_string_equal(err.text, "mask_paths[0]: '/': the root cannot be masked");
	spec = (struct rootfs_spec){ .path = "/srv/root", .readonly_paths = root };
	assert_int_equal(rootfs_check(&spec, &err), 0);
}

/* --- rootfs_add_defaults --- */

static struct rootfs_mount copy_mount(const char *type, const char *destination)
{
	return (struct rootfs_mount){ .type = strdup(type), .destination = strdup(destination) };
}

static void free_mounts(struct rootfs_spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++) {
		free(spec->mounts[i].type);
		free(spec->mounts[i].destination);
		free(spec->mounts[i].source);
		free(spec->mounts[i].data);
	}
	free(spec->mounts);
}

static void assert_destinations(const struct rootfs_spec *spec, const char *words)
{
	char all[256] = "";

	for (size_t i = 0; i < spec->mount_count; i++) {
		strcat(all, spec->mounts[i].destination);
		strcat(all, " ");
	}
	assert_string_equal(all, words);
}

static void test_defaults(void **state)
{
	struct rootfs_device null = { .type = 'c', .path = "/dev/null", .major = 1, .minor = 3 };
	struct rootfs_spec spec = { .path = "/srv/root", .devices = &null, .device_count = 1 };
	struct err err;

	(void)state;
	spec.mounts = calloc(2, sizeof(*spec.mounts));
	spec.mounts[0] = copy_mount("tmpfs", "/dev/shm");
	spec.mounts[1] = copy_mount("sysfs", "/proc/sys");
	spec.mount_count = 2;
	assert_int_equal(rootfs_add_defaults(&spec, &err), 0);
	assert_destinations(&spec, "/proc /dev /dev/pts /dev/shm /proc/sys ");
	assert_int_equal(rootfs_add_defaults(&spec, &err), 0);
	assert_int_equal(spec.mount_count, 5);
	assert_int_equal(spec.mounts[0].flags, MS_NOSUID | MS_NODEV | MS_NOEXEC);
	assert_int_equal(spec.mounts[1].flags, MS_NOSUID | MS_STRICTATIME);
	assert_string_equal(spec.mounts[1].data, "mode=755,size=65536k");
	assert_int_equal(spec.mounts[2].flags, MS_NOSUID | MS_NOEXEC);
	assert_string_equal(spec.mounts[2].data, "newinstance,ptmxmode=0666,mode=620,gid=5");
	/* Errors count as the config does. */
	assert_int_equal(rootfs_check(&spec, &err), -EINVAL);
	assert_string_equal(
		err.text,
		"mounts[1]: '/proc/sys' cannot be mounted because it is located inside '/proc'");
	free_mounts(&spec);
}

static void test_defaults_not_wanted(void **state)
{
	struct rootfs_device null = { .type = 'c', .path = "/dev/null" };
	struct rootfs_spec spec = { .path = "/srv/root" };

	(void)state;
	/* Without devices nothing is written into /dev. */
	assert_int_equal(rootfs_add_defaults(&spec, NULL), 0);
	assert_destinations(&spec, "/proc ");
	free_mounts(&spec);

	spec = (struct rootfs_spec){ .path = "/srv/root", .devices = &null, .device_count = 1 };
	spec.mounts = calloc(2, sizeof(*spec.mounts));
	spec.mounts[0] = copy_mount("bind", "/srv/root/dev/");
	spec.mounts[1] = copy_mount("proc", "proc");
	spec.mount_count = 2;
	assert_int_equal(rootfs_add_defaults(&spec, NULL), 0);
	assert_destinations(&spec, "/srv/root/dev/ proc ");
	free_mounts(&spec);
}

/* --- flags --- */

static void test_flags(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(mount_flags_attrs(MS_NOATIME | MS_STRICTATIME), MOUNT_ATTR_STRICTATIME);
	assert_int_equal(mount_flags_attrs(MS_RDONLY | MS_NOEXEC | MS_RELATIME),
			 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC);
	assert_int_equal(mount_flags_clear(MS_RDONLY), 0);
	assert_int_equal(mount_flags_clear(MS_RELATIME), MOUNT_ATTR__ATIME);
	assert_true(mount_flags_clear_all(0) & MOUNT_ATTR_RDONLY);
	assert_int_equal(mount_flags_clear_all(0) & MOUNT_ATTR__ATIME, 0);
	assert_int_equal(mount_flags_unknown(MS_BIND | MS_REC | MS_RDONLY | MS_SHARED), 0);
	mount_flags_print(MS_RDONLY | MS_NOSUID | MS_BIND | MS_REC, "size=1m", out);
	fclose(out);
	assert_string_equal(text, "ro,nosuid,size=1m");
}

/* --- what needs a directory --- */

struct dirs {
	char top[64], rootfs[80], run[80], run2[80], shared[80];
	struct scope scope, scope2;
};

static void make_file(const char *dir, const char *name, const char *text)
{
	_cleanup_fd_ int at = open(dir, O_PATH);
	_cleanup_fd_ int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void make_link(int root, const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, root, name), 0);
}

static int set_up(void **state)
{
	struct dirs *d = calloc(1, sizeof(*d));

	strcpy(d->top, "/tmp/ctrnet-rootfs-XXXXXX");
	if (!mkdtemp(d->top))
		return -1;
	snprintf(d->rootfs, sizeof(d->rootfs), "%s/root", d->top);
	snprintf(d->run, sizeof(d->run), "%s/run", d->top);
	snprintf(d->run2, sizeof(d->run2), "%s/run2", d->top);
	snprintf(d->shared, sizeof(d->shared), "%s/shared", d->top);
	if (mkdir(d->rootfs, 0755) || mkdir(d->run, 0700) || mkdir(d->run2, 0700))
		return -1;
	*state = d;
	return scope_init(&d->scope, "one", d->run, d->shared, NULL) ||
	       scope_init(&d->scope2, "two", d->run2, d->shared, NULL);
}

static int tear_down(void **state)
{
	struct dirs *d = *state;

	scope_release(&d->scope);
	scope_release(&d->scope2);
	file_remove_tree(AT_FDCWD, d->top, NULL);
	free(d);
	return 0;
}

static bool exists(const struct dirs *d, const char *path)
{
	char full[256];
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", d->rootfs, path);
	return !lstat(full, &st);
}

static void test_resolve(void **state)
{
	struct dirs *d = *state;
	char link[128], slashes[128], words[256];
	struct rootfs_spec spec = { .path = d->rootfs };
	struct err err = { 0 };

	assert_int_equal(rootfs_resolve(&spec, &err), 0);
	snprintf(slashes, sizeof(slashes), "%s//root/", d->top);
	spec.path = slashes;
	assert_int_equal(rootfs_resolve(&spec, &err), 0);

	snprintf(link, sizeof(link), "%s/link", d->top);
	assert_int_equal(symlink("root", link), 0);
	spec.path = link;
	assert_int_equal(rootfs_resolve(&spec, &err), -EINVAL);
	snprintf(words, sizeof(words), "rootfs: '%s' is not an absolute path or is a symlink",
		 link);
	assert_string_equal(err.text, words);

	spec.path = "root";
	assert_int_equal(rootfs_resolve(&spec, &err), -EINVAL);
	assert_string_equal(err.text, "rootfs: 'root' is not an absolute path or is a symlink");

	spec.path = "/nonexistent/root";
	assert_int_equal(rootfs_resolve(&spec, &err), -ENOENT);
	assert_string_equal(err.text, "rootfs '/nonexistent/root': No such file or directory");

	spec.path = "/dev/null";
	assert_int_equal(rootfs_resolve(&spec, &err), -ENOTDIR);
	spec.path = NULL;
	assert_int_equal(rootfs_resolve(&spec, &err), -EINVAL);
}

/* What path_resolve() makes of @inside: "real missing", or the error's text. */
static void assert_resolves(const struct dirs *d, const char *inside, const char *expected)
{
	_cleanup_fd_ int root = open(d->rootfs, O_PATH | O_DIRECTORY);
	_cleanup_free_ char *real = NULL;
	char text[ERR_TEXT_MAX + 16];
	struct err err = { 0 };
	size_t missing = 0;

	if (path_resolve(root, inside, &real, &missing, &err))
		snprintf(text, sizeof(text), "%s", err.text);
	else
		snprintf(text, sizeof(text), "%s %zu", real, missing);
	assert_string_equal(text, expected);
}

static void test_path_resolve(void **state)
{
	struct dirs *d = *state;
	_cleanup_fd_ int root = open(d->rootfs, O_PATH | O_DIRECTORY);

	mkdirat(root, "a", 0755);
	mkdirat(root, "a/b", 0755);
	make_file(d->rootfs, "file", "");
	make_link(root, "/a/b", "absolute");
	make_link(root, "../../../../../a", "a/b/up");
	make_link(root, "nowhere/x", "a/dangling");
	make_link(root, "self", "self");
	make_link(root, "/", "slash");
	make_link(root, "//a/./b/", "odd");
	assert_resolves(d, "/", "/ 0");
	assert_resolves(d, "/a/b", "/a/b 0");
	assert_resolves(d, "/a/x/y", "/a/x/y 2");
	assert_resolves(d, "/absolute/c", "/a/b/c 1");
	assert_resolves(d, "/a/b/up/b/up", "/a 0");
	assert_resolves(d, "/a/dangling/z", "/a/nowhere/x/z 3");
	assert_resolves(d, "/slash/slash/etc", "/etc 1");
	assert_resolves(d, "/odd/c", "/a/b/c 1");
	assert_resolves(d, "/self", "'/self' in the rootfs: Too many levels of symbolic links");
	assert_resolves(d, "/file/x", "'/file/x' in the rootfs: Not a directory");
	/* A symlink is never followed by opening. */
	assert_int_equal(path_open(root, "/absolute", 0), -ELOOP);
	assert_int_equal(path_open(root, "/absolute/x", 0), -ELOOP);
}

static char *show_plan(const struct plan *p)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	plan_show(p, PHASE_PREPARE, out);
	fclose(out);
	return text;
}

/* The plan's commands; "@" stands for the rootfs. */
static void assert_plan(const struct dirs *d, const struct plan *p, const char *expected)
{
	_cleanup_free_ char *text = show_plan(p);
	_cleanup_free_ char *wanted = NULL;
	size_t len;
	FILE *out = open_memstream(&wanted, &len);

	for (const char *c = expected; *c; c++) {
		if (*c == '@')
			fputs(d->rootfs, out);
		else
			fputc(*c, out);
	}
	fclose(out);
	assert_string_equal(text, wanted);
}

static void test_plan(void **state)
{
	struct dirs *d = *state;
	_cleanup_fd_ int root = open(d->rootfs, O_PATH | O_DIRECTORY);
	char inner[128];
	struct rootfs_mount mounts[] = {
		{ .type = "proc", .destination = "/proc" },
		{ .type = "tmpfs", .destination = "/dev" },
		{ .type = "tmpfs", .destination = "/dev/shm" },   /* on ours */
		{ .type = "tmpfs", .destination = "/var/run/x" }, /* through a symlink */
		{ .type = "bind", .source = "/dev/null", .destination = "/etc/hosts" },
		{ .type = "bind", .source = inner, .destination = "/data" },
		{ .type = "tmpfs", .destination = "/data/cache" }, /* in the bind's source */
		{ .type = "tmpfs", .destination = "/run/x/y" },    /* on ours */
		{ .destination = "/gone", .flags = MS_PRIVATE },
	};
	struct rootfs_device devices[] = {
		{ .type = 'c', .path = "/dev/null", .major = 1, .minor = 3 },
		{ .type = 'c', .path = "/opt/null", .major = 1, .minor = 3 },
	};
	struct rootfs_spec spec = {
		.path = d->rootfs,
		.mounts = mounts,
		.mount_count = array_size(mounts),
		.devices = devices,
		.device_count = array_size(devices),
	};
	struct plan plan = { 0 };
	struct err err = { 0 };

	mkdirat(root, "dev", 0755);
	mkdirat(root, "run", 0755);
	mkdirat(root, "var", 0755);
	mkdirat(root, "src", 0755);
	snprintf(inner, sizeof(inner), "%s/src", d->rootfs);
	make_link(root, "../run", "var/run");
	if (rootfs_plan(&spec, &d->scope, &plan, &err))
		fail_msg("%s", err.text);
	assert_plan(d, &plan,
		    "mkdir @/proc\nmkdir @/run/x\nmkdir @/etc\ntouch @/etc/hosts\nmkdir @/data\n"
		    "mkdir @/src/cache\nmkdir @/opt\ntouch @/opt/null\n");
	assert_string_equal(plan.steps[0].origin, "mounts[0] (/proc)");
	assert_string_equal(plan.steps[7].origin, "devices[1] (/opt/null)");
	plan_release(&plan);
}

static void test_plan_source_missing(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount m = { .type = "bind", .source = "/nonexistent/x", .destination = "/y" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };
	struct plan plan = { 0 };
	struct err err = { 0 };

	assert_int_equal(rootfs_plan(&spec, &d->scope, &plan, &err), -ENOENT);
	assert_string_equal(err.text,
			    "mounts[0] (/y): source '/nonexistent/x': No such file or directory");
	assert_int_equal(plan.count, 0);
}

static void apply(struct plan *plan, const struct rootfs_spec *spec, struct scope *scope)
{
	struct err err = { 0 };

	*plan = (struct plan){ 0 };
	if (rootfs_plan(spec, scope, plan, &err) ||
	    plan_apply(plan, PHASE_PREPARE, scope, NULL, NULL, &err))
		fail_msg("%s", err.text);
}

static void revert(struct plan *plan, struct scope *scope)
{
	struct err err = { 0 };

	if (plan_revert(plan, scope, NULL, &err))
		fail_msg("%s", err.text);
	plan_release(plan);
}

static void test_plan_two_containers(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount first = { .type = "tmpfs", .destination = "/a/b" };
	struct rootfs_mount second = { .type = "tmpfs", .destination = "/a/c" };
	struct rootfs_spec one = { .path = d->rootfs, .mounts = &first, .mount_count = 1 };
	struct rootfs_spec two = { .path = d->rootfs, .mounts = &second, .mount_count = 1 };
	struct plan plan_one, plan_two;
	mode_t mask = umask(077);
	char path[128];
	struct stat st;

	apply(&plan_one, &one, &d->scope);
	umask(mask);
	snprintf(path, sizeof(path), "%s/a/b", d->rootfs);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	apply(&plan_two, &two, &d->scope2);
	assert_int_equal(plan_probe(&plan_one, &d->scope, NULL, NULL, NULL, NULL), 0);
	revert(&plan_one, &d->scope);
	assert_false(exists(d, "/a/b"));
	assert_true(exists(d, "/a/c"));
	assert_int_equal(plan_probe(&plan_two, &d->scope2, NULL, NULL, NULL, NULL), 0);
	revert(&plan_two, &d->scope2);
	assert_false(exists(d, "/a"));
}

/* Both use one mountpoint: it goes with the last, whoever made it. */
static void test_plan_same_mountpoint(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount m = { .type = "bind", .source = "/dev/null", .destination = "/a/b" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };
	struct plan one, two;

	apply(&one, &spec, &d->scope);
	apply(&two, &spec, &d->scope2);
	assert_int_equal(two.count, 2);
	revert(&one, &d->scope);
	assert_true(exists(d, "/a/b"));
	revert(&two, &d->scope2);
	assert_false(exists(d, "/a"));
}

/* What the user put there meanwhile stays, and what stood there before was never ours. */
static void test_plan_revert_keeps(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mounts[] = {
		{ .type = "tmpfs", .destination = "/full" },
		{ .type = "bind", .source = "/dev/null", .destination = "/file" },
		{ .type = "tmpfs", .destination = "/before" },
	};
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = mounts, .mount_count = 3 };
	_cleanup_fd_ int root = open(d->rootfs, O_PATH | O_DIRECTORY);
	struct plan plan;

	mkdirat(root, "before", 0700);
	apply(&plan, &spec, &d->scope);
	make_file(d->rootfs, "full/precious", "x");
	make_file(d->rootfs, "file", "x");
	revert(&plan, &d->scope);
	assert_true(exists(d, "/full/precious"));
	assert_true(exists(d, "/file"));
	assert_true(exists(d, "/before"));
}

/* A plan that was never applied, or only its journal survived: reverting is harmless, and complete. */
static void test_plan_journal(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount m = { .type = "tmpfs", .destination = "/x/y/z" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };
	const struct step_type *const *const tables[] = { rootfs_step_types, NULL };
	_cleanup_free_ char *text = NULL;
	struct plan plan = { 0 }, loaded = { 0 };
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(rootfs_plan(&spec, &d->scope, &plan, &err), 0);
	assert_int_equal(plan_encode(&plan, out, &err), 0);
	fclose(out);
	if (plan_decode(&loaded, tables, text, len, "journal", &err))
		fail_msg("%s", err.text);
	assert_int_equal(plan_revert(&loaded, &d->scope, NULL, &err), 0);
	assert_int_equal(plan_apply(&plan, PHASE_PREPARE, &d->scope, NULL, NULL, &err), 0);
	assert_true(exists(d, "/x/y/z"));
	assert_int_equal(plan_revert(&loaded, &d->scope, NULL, &err), 0);
	assert_false(exists(d, "/x"));
	plan_release(&loaded);
	plan_release(&plan);
}

/* Somebody puts a symlink in the way between planning and applying. */
static void test_plan_swapped(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount m = { .type = "tmpfs", .destination = "/a/b/c" };
	struct rootfs_spec spec = { .path = d->rootfs, .mounts = &m, .mount_count = 1 };
	_cleanup_fd_ int root = open(d->rootfs, O_PATH | O_DIRECTORY);
	char outside[128], words[512];
	struct plan plan = { 0 };
	struct err err = { 0 };

	snprintf(outside, sizeof(outside), "%s/outside", d->top);
	mkdir(outside, 0755);
	mkdirat(root, "a", 0755);
	assert_int_equal(rootfs_plan(&spec, &d->scope, &plan, &err), 0);
	unlinkat(root, "a", AT_REMOVEDIR);
	make_link(root, outside, "a");
	assert_int_equal(plan_apply(&plan, PHASE_PREPARE, &d->scope, NULL, NULL, &err), -ELOOP);
	snprintf(words, sizeof(words),
		 "mounts[0] (/a/b/c): cannot make the mountpoint '/a/b' in '%s': "
		 "Too many levels of symbolic links",
		 d->rootfs);
	assert_string_equal(err.text, words);
	assert_int_equal(rmdir(outside), 0);
	revert(&plan, &d->scope);
}

static void test_show_in_a_user_namespace(void **state)
{
	struct rootfs_device devices[] = {
		{ .type = 'c', .path = "/dev/null", .major = 1, .minor = 3, .file_mode = 0666 },
		{ .type = 'p', .path = "/dev/pipe", .file_mode = 0600 },
	};
	struct rootfs_spec spec = { .path = "/r",
				    .devices = devices,
				    .device_count = array_size(devices) };
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	rootfs_show(&spec, true, out);
	fclose(out);
	assert_non_null(strstr(text, "touch /r/dev/null\n"
				     "mount --bind /dev/null /r/dev/null\n"
				     "mount -o remount,bind,ro /r/dev/null\n"
				     "mknod -m 600 /r/dev/pipe p\n"));
}

static void test_show(void **state)
{
	char *masked[] = { "/proc/kcore", NULL }, *readonly[] = { "/proc/sys", NULL };
	struct rootfs_mount mounts[] = {
		{ .type = "proc", .source = "proc", .destination = "/proc", .flags = MS_NOSUID },
		{ .type = "tmpfs", .source = "tmpfs", .destination = "/dev", .data = "mode=755" },
		{ .type = "bind",
		  .source = "/my data",
		  .destination = "/data",
		  .flags = MS_BIND | MS_REC | MS_RDONLY },
		{ .destination = "/data", .flags = MS_PRIVATE | MS_REC },
		{ .type = "cgroup", .destination = "/sys/fs/cgroup", .flags = MS_RDONLY },
	};
	struct rootfs_device devices[] = {
		{ .type = 'u',
		  .path = "/dev/null",
		  .major = 1,
		  .minor = 3,
		  .file_mode = 0666,
		  .gid = 5 },
		{ .type = 'p', .path = "/dev/pipe", .file_mode = 0600 },
	};
	struct rootfs_spec spec = {
		.path = "/r",
		.readonly = true,
		.mounts = mounts,
		.mount_count = array_size(mounts),
		.devices = devices,
		.device_count = array_size(devices),
		.masked_paths = masked,
		.readonly_paths = readonly,
	};
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	rootfs_show(&spec, false, out);
	fclose(out);
	assert_string_equal(
		text,
		"mount --make-rslave /\n"
		"mount --rbind /r /r\n"
		"mount -t proc -o nosuid proc /r/proc\n"
		"mount -t tmpfs -o mode=755 tmpfs /r/dev\n"
		"mount --rbind '/my data' /r/data\n"
		"mount -o remount,bind,ro /r/data   # and the mounts below it\n"
		"mount --make-rprivate /r/data\n"
		"mount -t tmpfs -o nosuid,nodev,noexec,mode=755 tmpfs /r/sys/fs/cgroup\n"
		"mount --bind \"$CGROUP\" /r/sys/fs/cgroup/CONTROLLERS   # for each cgroup of the container\n"
		"mount -o remount,bind,ro /r/sys/fs/cgroup\n"
		"mknod -m 666 /r/dev/null c 1 3\n"
		"chown 0:5 /r/dev/null\n"
		"mknod -m 600 /r/dev/pipe p\n"
		"ln -s /proc/self/fd /r/dev/fd\n"
		"ln -s /proc/self/fd/0 /r/dev/stdin\n"
		"ln -s /proc/self/fd/1 /r/dev/stdout\n"
		"ln -s /proc/self/fd/2 /r/dev/stderr\n"
		"ln -s /proc/kcore /r/dev/kcore   # if it exists\n"
		"ln -s /proc/kcore /r/dev/core   # if it exists\n"
		"cd /r\n"
		"pivot_root . .\n"
		"umount -l .\n"
		"cd /\n"
		"mount --rbind /proc/sys /proc/sys\n"
		"mount -o remount,bind,ro /proc/sys\n"
		"mount --bind /dev/null /proc/kcore   # a directory: an empty read-only tmpfs\n"
		"mount -o remount,bind,ro /\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_destination),
		cmocka_unit_test(test_check_mount_dest),
		cmocka_unit_test(test_check_what),
		cmocka_unit_test(test_check_device),
		cmocka_unit_test(test_check_restrictions),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_defaults_not_wanted),
		cmocka_unit_test(test_flags),
		cmocka_unit_test_setup_teardown(test_resolve, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_path_resolve, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_source_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_two_containers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_same_mountpoint, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_revert_keeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plan_swapped, set_up, tear_down),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_show_in_a_user_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
