// SPDX-License-Identifier: Apache-2.0
#include "lib/file.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
	int fd; /* of dir/root */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	_cleanup_free_ char *root = NULL;

	strcpy(f->dir, "/tmp/ctrnet-test-file.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	root = str_format("%s/root", f->dir);
	assert_int_equal(mkdir(root, 0755), 0);
	f->fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_fd(f->fd);
	assert_int_equal(file_remove_tree(AT_FDCWD, f->dir, NULL), 0);
	assert_int_equal(access(f->dir, F_OK), -1);
	free(f);
	return 0;
}

static void test_read_refuses_what_is_no_file(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;

	assert_int_equal(file_read(AT_FDCWD, f->dir, 100, &text, &len, &err), -EISDIR);
	assert_int_equal(file_read(AT_FDCWD, "/dev/null", 100, &text, &len, &err), -EINVAL);
	assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
	assert_int_equal(file_read(f->fd, "fifo", 100, &text, &len, &err), -EINVAL);
	assert_int_equal(file_read(f->fd, "missing", 100, &text, &len, &err), -ENOENT);
	assert_string_equal(err.text, "missing: No such file or directory");
}

static void test_replace_and_read(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = NULL;
	size_t len;

	assert_int_equal(file_replace(f->fd, "a", "one", 3, 0600, NULL), 0);
	assert_int_equal(file_replace(f->fd, "a", "three", 5, 0600, NULL), 0);
	assert_int_equal(file_read(f->fd, "a", 100, &text, &len, NULL), 0);
	assert_int_equal(len, 5);
	assert_string_equal(text, "three");
	assert_false(file_exists(f->fd, "a.new"));
	free(take_ptr(text));
	assert_int_equal(file_read(f->fd, "a", 4, &text, &len, NULL), -EFBIG);
}

static void test_replace_has_its_mode(void **state)
{
	struct fixture *f = *state;
	mode_t before = umask(0077);
	struct stat st;

	assert_int_equal(file_replace(f->fd, "a", "one", 3, 0644, NULL), 0);
	umask(before);
	assert_int_equal(fstatat(f->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

/* Larger than any one read, and none of the files' sizes is known before. */
static void test_read_proc(void **state)
{
	_cleanup_free_ char *text = NULL, *own = NULL;
	struct err err;

	(void)state;
	assert_int_equal(file_read_proc(AT_FDCWD, "/proc/kallsyms", 64 << 20, &text, NULL), 0);
	assert_true(strlen(text) > 65536);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_int_equal(file_read_proc(AT_FDCWD, "/proc/self/cgroup", 4096, &own, NULL), 0);
	assert_non_null(strchr(own, ':'));
	assert_int_equal(file_read_proc(AT_FDCWD, "/proc/kallsyms", 65536, &text, &err), -EFBIG);
	assert_string_equal(err.text, "/proc/kallsyms: larger than 65536 bytes");
	assert_int_equal(file_read_proc(AT_FDCWD, "/proc/none", 65536, &text, &err), -ENOENT);
}

static void test_remove_tree_spares_link_targets(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(mkdirat(f->fd, "keep", 0755), 0);
	assert_int_equal(file_replace(f->fd, "keep/file", "x", 1, 0600, NULL), 0);
	assert_int_equal(mkdirat(f->fd, "go", 0755), 0);
	assert_int_equal(symlinkat("../keep", f->fd, "go/link"), 0);
	assert_int_equal(file_remove_tree(f->fd, "go", NULL), 0);
	assert_int_equal(fstatat(f->fd, "go", &st, 0), -1);
	assert_int_equal(fstatat(f->fd, "keep/file", &st, 0), 0);
	assert_int_equal(file_remove_tree(f->fd, "go", NULL), 0);
}

/* Whoever waits for the lock of a directory that is removed meanwhile gets its successor. */
static void test_lock_follows_the_name(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = str_format("%s/locked", f->dir);
	int fd = file_lock_dir(path, true, NULL);
	struct stat held, named;
	pid_t pid;
	int status;

	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0) {
		close(fd);
		fd = file_lock_dir(path, true, NULL);
		_exit(fd >= 0 && fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
				      held.st_ino == named.st_ino
			      ? 0
			      : 1);
	}
	usleep(20000);
	assert_int_equal(rmdir(path), 0);
	assert_false(file_dir_alive(fd));
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(file_lock_dir(path, false, NULL), -ENOENT);
}

static void test_clean_path(void **state)
{
	static const struct {
		const char *dir, *path, *want;
	} rows[] = {
		{ "/a/b", "c", "/a/b/c" },   { "/a/b", "./c//d/.", "/a/b/c/d" },
		{ "/a/b", "../c", "/a/c" },  { "/a/b", "../../../../c", "/c" },
		{ "/a/b", "/c/../d", "/d" }, { "/", "..", "/" },
		{ "/a", ".", "/a" },         { "/a", "..x/y..", "/a/..x/y.." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		_cleanup_free_ char *made = NULL;

		assert_int_equal(file_clean_path(rows[i].dir, rows[i].path, &made, NULL), 0);
		assert_string_equal(made, rows[i].want);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_read_proc),
		T(test_read_refuses_what_is_no_file),
		T(test_replace_and_read),
		T(test_replace_has_its_mode),
		T(test_remove_tree_spares_link_targets),
		T(test_lock_follows_the_name),
		cmocka_unit_test(test_clean_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
