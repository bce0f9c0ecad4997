// SPDX-License-Identifier: Apache-2.0
/* Claims, looked at from mount namespaces in which their paths lead elsewhere. */
#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A root with parentheses and blanks in its name, and a run directory in it. */
struct box {
	char root[64];
	char run_dir[80];
};

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	snprintf(b->root, sizeof(b->root), "/tmp/ctrnet (1:2 3) XXXXXX");
	assert_non_null(mkdtemp(b->root));
	snprintf(b->run_dir, sizeof(b->run_dir), "%s/box", b->root);
	assert_int_equal(mkdir(b->run_dir, 0700), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;

	file_remove_tree(AT_FDCWD, b->root, NULL);
	free(b);
	return 0;
}

static void test_here(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *claim = claim_new(b->run_dir);
	_cleanup_free_ char *other = str_format("%s2", b->run_dir);

	assert_true(claim_is(claim, b->run_dir));
	assert_false(claim_is(claim, other));
	assert_int_equal(claim_look(claim), CLAIM_ALIVE);
	assert_true(claim_hash(b->run_dir) != claim_hash(other));
	assert_int_equal(rmdir(b->run_dir), 0);
	assert_int_equal(claim_look(claim), CLAIM_DEAD);
	/* Nor is there a root any more: the end of all that were in it. */
	assert_int_equal(rmdir(b->root), 0);
	assert_int_equal(claim_look(claim), CLAIM_DEAD);
	assert_true(claim_is(claim, b->run_dir));
}

/* Of a path alone, or with something behind it that looks nearly like more. */
static void test_path_alone(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *odd = str_format("%s (1:2 3) ", b->run_dir);

	assert_true(claim_is(b->run_dir, b->run_dir));
	assert_int_equal(claim_look(b->run_dir), CLAIM_ALIVE);
	assert_int_equal(claim_look(odd), CLAIM_DEAD);
	assert_int_equal(claim_look(""), CLAIM_DEAD);
	assert_int_equal(claim_look("("), CLAIM_DEAD);
}

/* In a mount namespace of its own, in which nothing is seen of what is in @hide. */
static int elsewhere(const char *hide, const struct box *b, const char *claim)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		bool own;

		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    (hide && mount("tmpfs", hide, "tmpfs", 0, NULL) < 0))
			_exit(99);
		own = claim_is(claim, b->run_dir);
		_exit((own ? 10 : 0) + (int)claim_look(claim));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void test_elsewhere(void **state)
{
	struct box *b = *state;
	_cleanup_free_ char *claim = claim_new(b->run_dir);

	if (geteuid() != 0)
		skip();
	assert_int_equal(elsewhere(NULL, b, claim), 10 + CLAIM_ALIVE);
	assert_int_equal(elsewhere(b->root, b, claim), CLAIM_UNSEEN);
	assert_int_equal(elsewhere("/tmp", b, claim), CLAIM_UNSEEN);
	assert_int_equal(rmdir(b->run_dir), 0);
	/* The same root is seen, and the run directory is not in it. */
	assert_int_equal(elsewhere(NULL, b, claim), 10 + CLAIM_DEAD);
	assert_int_equal(elsewhere("/tmp", b, claim), CLAIM_UNSEEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_here, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elsewhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
