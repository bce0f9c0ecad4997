// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rootfs_box.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- in the child: failures are lines on a pipe --- */

static int report = -1;

void __attribute__((noreturn, format(printf, 1, 2))) child_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vdprintf(report, fmt, ap);
	va_end(ap);
	_exit(1);
}

void check_text(int line, const char *text, const char *expected)
{
	if (strcmp(text, expected))
		child_fail("line %d: \"%s\" instead of \"%s\"", line, text, expected);
}

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

void run_child(const struct dirs *d, const struct rootfs_spec *spec,
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

char *list_tree(const char *top)
{
	char *text = NULL;
	size_t len;

	listing = open_memstream(&text, &len);
	nftw(top, list_one, 16, FTW_PHYS);
	fclose(listing);
	return text;
}

void make_file(int root, const char *name, const char *text)
{
	_cleanup_fd_ int fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

void make_link(int root, const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, root, name), 0);
}

int set_up(void **state)
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

int tear_down(void **state)
{
	struct dirs *d = *state;

	scope_release(&d->scope);
	close(d->root);
	free(d->before);
	file_remove_tree(AT_FDCWD, d->top, NULL);
	free(d);
	return 0;
}

void run_container(struct dirs *d, const struct rootfs_spec *spec, void (*run)(const struct job *))
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

void rootfs_run_release(struct rootfs_run *run)
{
	if (!run)
		return;
	run->root_fd = close_fd(run->root_fd);
	run->null_fd = close_fd(run->null_fd);
	for (size_t i = 0; i < run->own_count; i++)
		close_fd(run->own[i].readonly_fd);
	free(run->own);
	run->own = NULL;
	run->own_count = 0;
}

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

void fails(struct dirs *d, struct rootfs_spec spec, int code, const char *words)
{
	spec.path = d->rootfs;
	expected_code = code;
	expected_error = words;
	run_container(d, &spec, do_fail);
}

/* --- looking at mounts --- */

const char *mount_at(const char *path)
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

const char *propagation_at(const char *path)
{
	static char found[64];
	_cleanup_free_ char *line = NULL;
	FILE *in = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;

	snprintf(found, sizeof(found), "nothing is mounted there");
	CHECK(in);
	while (getline(&line, &size, in) > 0) {
		char *save = NULL, *field = strtok_r(line, " ", &save);

		for (int i = 0; field && i < 4; i++)
			field = strtok_r(NULL, " ", &save);
		if (!field || strcmp(field, path))
			continue;
		strtok_r(NULL, " ", &save); /* its flags */
		found[0] = '\0';
		while ((field = strtok_r(NULL, " ", &save)) && strcmp(field, "-")) {
			strcat(found, found[0] ? " " : "");
			strncat(found, field, strcspn(field, ":"));
		}
	}
	fclose(in);
	return found;
}

bool has(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || strchr(" ,", at[-1])) && (!at[len] || strchr(" ,", at[len])))
			return true;
	return false;
}

size_t count_mounts(void)
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

bool is_char_device(const char *path, unsigned int major, unsigned int minor, mode_t mode)
{
	struct stat st;

	return !lstat(path, &st) && S_ISCHR(st.st_mode) && st.st_rdev == makedev(major, minor) &&
	       (st.st_mode & 07777) == mode;
}

bool reads_link(const char *path, const char *target)
{
	char buf[256];
	ssize_t len = readlink(path, buf, sizeof(buf) - 1);

	if (len < 0)
		return false;
	buf[len] = '\0';
	return !strcmp(buf, target);
}

bool can_write(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0;
}

/* --- what containers usually have --- */

struct rootfs_device devices[] = {
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

struct rootfs_mount system_mounts[] = {
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
