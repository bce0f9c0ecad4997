// SPDX-License-Identifier: Apache-2.0
/* The walk through a tree: all of it, however deep, and nothing else, whatever others do to it meanwhile. */
#include "rootfs/tree.h"

#include "lib/cleanup.h"
#include "rootfs/relabel.h"
#include "tests/unit/rootfs_box.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#define DEEP  5000
#define LABEL "system_u:object_r:ctrnet_test_t:s0:c1,c2"

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A chain of @levels directories "d" below @top, each with a file; an O_PATH descriptor of the last. */
static int make_chain(int top, int levels)
{
	int at = open_dir(top, ".");

	for (int i = 0; i < levels; i++) {
		int next;

		make_file(at, "file", "");
		assert_int_equal(mkdirat(at, "d", 0755), 0);
		next = open_dir(at, "d");
		close(at);
		at = next;
	}
	assert_true(at >= 0);
	return at;
}

/* Takes the last one's descriptor. @look has a look at each directory and its file. */
static void remove_chain(int at, int levels, void (*look)(int at))
{
	for (int i = 0; i < levels; i++) {
		int up = open_dir(at, "..");

		close(at);
		assert_true(up >= 0);
		if (look)
			look(up);
		assert_int_equal(unlinkat(up, "d", AT_REMOVEDIR), 0);
		assert_int_equal(unlinkat(up, "file", 0), 0);
		at = up;
	}
	close(at);
}

/* What a walk saw, and what is done when it sees @when. */
struct seen {
	int count;
	int outside; /* files named "outside" */
	const char *when;
	const struct dirs *d;
	void (*act)(const struct dirs *d);
};

static int see(void *arg, int fd, struct err *err)
{
	struct seen *s = arg;
	char link[40], path[4096];
	const char *name;
	ssize_t len;

	(void)err;
	s->count++;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	name = strrchr(path, '/');
	if (!name)
		return 0;
	s->outside += !strcmp(name + 1, "outside");
	if (s->when && !strcmp(name + 1, s->when)) {
		s->when = NULL;
		s->act(s->d);
	}
	return 0;
}

/* see() asks for each one's path, which is long in the depth. */
static int count(void *arg, int fd, struct err *err)
{
	(void)fd;
	(void)err;
	++*(int *)arg;
	return 0;
}

/* With few descriptors: the depth must not cost any. */
static void limit_files(rlim_t n)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = n ? n : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_deep(void **state)
{
	struct dirs *d = *state;
	int last = make_chain(d->root, DEEP);
	int seen = 0;
	struct err err = { 0 };
	int ret;

	limit_files(32);
	ret = tree_walk(d->root, false, count, &seen, &err);
	limit_files(0);
	remove_chain(last, DEEP, NULL);
	assert_string_equal(err.text, "");
	assert_int_equal(ret, 0);
	/* The rootfs, what set_up() made in it, and the chain. */
	assert_int_equal(seen, 1 + 7 + 2 * DEEP);
}

static void test_too_deep(void **state)
{
	struct dirs *d = *state;
	int last = make_chain(d->root, TREE_DEPTH_MAX + 1);
	int seen = 0;
	struct err err = { 0 };
	int ret = tree_walk(d->root, false, count, &seen, &err);

	remove_chain(last, TREE_DEPTH_MAX + 1, NULL);
	assert_int_equal(ret, -ELOOP);
	assert_string_equal(err.text, "deeper than 8192 directories");
}

#define VICTIMS 64

static void make_victims(const struct dirs *d)
{
	_cleanup_fd_ int data = open_dir(AT_FDCWD, d->data);
	char name[32];

	make_file(data, "outside", "");
	make_link(d->root, d->data, "link");
	for (int i = 0; i < VICTIMS; i++) {
		snprintf(name, sizeof(name), "victim%d", i);
		assert_int_equal(mkdirat(d->root, name, 0755), 0);
		/* Whatever order directories are read in, some of them come before it and some behind. */
		if (i == VICTIMS / 2)
			make_file(d->root, "now", "");
	}
}

static void swap_for_links(const struct dirs *d)
{
	char name[32];

	for (int i = 0; i < VICTIMS; i++) {
		snprintf(name, sizeof(name), "victim%d", i);
		assert_int_equal(unlinkat(d->root, name, AT_REMOVEDIR), 0);
		make_link(d->root, d->data, name);
	}
}

/* Directories that were read as such and are links when they are to be entered: the link is seen, not where it leads. */
static void test_links_swapped_in(void **state)
{
	struct dirs *d = *state;
	struct seen s = { .d = d, .when = "now", .act = swap_for_links };

	make_victims(d);
	assert_int_equal(tree_walk(d->root, false, see, &s, NULL), 0);
	assert_null(s.when);
	assert_int_equal(s.outside, 0);
	assert_int_equal(s.count, 1 + 7 + 2 + VICTIMS);
}

static void remove_them(const struct dirs *d)
{
	char name[32];

	for (int i = 0; i < VICTIMS; i++) {
		snprintf(name, sizeof(name), "victim%d", i);
		assert_int_equal(unlinkat(d->root, name, AT_REMOVEDIR), 0);
	}
}

static void test_directories_go_away(void **state)
{
	struct dirs *d = *state;
	struct seen s = { .d = d, .when = "now", .act = remove_them };

	make_victims(d);
	assert_int_equal(tree_walk(d->root, false, see, &s, NULL), 0);
	assert_null(s.when);
	assert_int_equal(s.count, 1 + 7 + 2);
}

static void move_out(const struct dirs *d)
{
	_cleanup_fd_ int data = open_dir(AT_FDCWD, d->data);

	assert_int_equal(renameat(d->root, "a", data, "a"), 0);
}

/* "..", then, is not where it came from. */
static void test_moved_out(void **state)
{
	struct dirs *d = *state;
	_cleanup_fd_ int data = open_dir(AT_FDCWD, d->data);
	struct seen s = { .d = d, .when = "b", .act = move_out };
	struct err err = { 0 };

	make_file(data, "outside", "");
	assert_int_equal(mkdirat(d->root, "a", 0755), 0);
	assert_int_equal(mkdirat(d->root, "a/b", 0755), 0);
	assert_int_equal(tree_walk(d->root, false, see, &s, &err), -ESTALE);
	assert_string_equal(err.text, "a directory was moved meanwhile");
	assert_int_equal(s.outside, 0);
}

static void do_mounts(const struct job *job)
{
	/* In this mount namespace. */
	_cleanup_fd_ int root = open_dir(AT_FDCWD, job->d->rootfs);
	struct seen s = { 0 };
	struct err err = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/bin", job->d->rootfs);
	CHECK(!mount("none", path, "tmpfs", 0, NULL));
	strcat(path, "/outside");
	CHECK(!mkdir(path, 0755));
	CHECK_OK(tree_walk(root, false, see, &s, &err));
	CHECK(s.outside == 0);
	CHECK(s.count == 7);
	s = (struct seen){ 0 };
	CHECK_OK(tree_walk(root, true, see, &s, &err));
	CHECK(s.outside == 1);
	CHECK(s.count == 9);
}

static void test_mounts(void **state)
{
	run_child(*state, NULL, do_mounts);
}

static void mount_over(const struct dirs *d)
{
	char path[128];

	for (int i = 0; i < VICTIMS; i++) {
		snprintf(path, sizeof(path), "%s/victim%d", d->rootfs, i);
		CHECK(!mount(d->data, path, NULL, MS_BIND, NULL));
	}
}

/* On directories that were read and are to be entered. */
static void do_mount_swapped_in(const struct job *job)
{
	struct seen s = { .d = job->d, .when = "now", .act = mount_over };
	_cleanup_fd_ int root = open_dir(AT_FDCWD, job->d->rootfs);
	struct err err = { 0 };

	make_victims(job->d);
	CHECK_OK(tree_walk(root, false, see, &s, &err));
	CHECK(!s.when);
	CHECK(s.outside == 0);
	CHECK(s.count == 1 + 7 + 2);
}

static void test_mount_swapped_in(void **state)
{
	run_child(*state, NULL, do_mount_swapped_in);
}

static void look_at_label(int at)
{
	static const char *const names[] = { "d", "file" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd = openat(at, names[i], O_RDONLY | O_CLOEXEC);
		char label[80] = "";

		assert_true(fd >= 0);
		assert_true(fgetxattr(fd, "security.selinux", label, sizeof(label) - 1) > 0);
		close(fd);
		assert_string_equal(label, LABEL);
	}
}

/* A kernel without SELinux keeps its labels all the same, for one that may have it. */
static void test_relabel_deep(void **state)
{
	struct dirs *d = *state;
	struct rootfs_mount mount = { .type = "bind", .source = d->data, .relabel = "Z" };
	struct rootfs_spec spec = { .mount_label = LABEL };
	_cleanup_fd_ int data = open_dir(AT_FDCWD, d->data);
	int last = make_chain(data, DEEP);
	struct plan plan = { 0 };
	struct err err = { 0 };
	int ret = relabel_plan(&spec, &mount, "mounts[0]", &plan, &err);

	limit_files(32);
	if (ret == 0)
		ret = plan_apply(&plan, PHASE_PREPARE, &d->scope, NULL, NULL, &err);
	limit_files(0);
	remove_chain(last, DEEP, ret == 0 ? look_at_label : NULL);
	plan_release(&plan);
	assert_string_equal(err.text, "");
	assert_int_equal(ret, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_deep),
		T(test_too_deep),
		T(test_links_swapped_in),
		T(test_directories_go_away),
		T(test_moved_out),
		T(test_mounts),
		T(test_mount_swapped_in),
		T(test_relabel_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
