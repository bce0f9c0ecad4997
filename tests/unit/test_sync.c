// SPDX-License-Identifier: Apache-2.0
#include "lib/sync.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static const char *const stages[] = { "first", "second" };

static void pair(struct sync *a, struct sync *b)
{
	assert_int_equal(sync_pair(a, b, stages, NULL), 0);
}

static void test_stage_carries_descriptors(void **state)
{
	_cleanup_fd_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct sync a, b;
	struct stat x, y;
	int got[2] = { -1, -1 };

	(void)state;
	pair(&a, &b);
	assert_int_equal(sync_post(&a, 0, (int[]){ null, null }, 2, NULL), 0);
	assert_int_equal(sync_wait(&b, 0, got, 2, NULL), 0);
	assert_int_equal(fstat(null, &x), 0);
	assert_int_equal(fstat(got[1], &y), 0);
	assert_int_equal(x.st_rdev, y.st_rdev);
	assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	close_fd(got[0]);
	close_fd(got[1]);
	sync_close(&a);
	sync_close(&b);
}

static void test_peer_error_is_our_error(void **state)
{
	struct err sent = { 0 }, err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	err_set(&sent, -ENODEV, "no bridge 'br0'");
	sync_fail(&a, &sent);
	assert_int_equal(sync_wait(&b, 1, NULL, 0, &err), -ENODEV);
	assert_string_equal(err.text, "no bridge 'br0'");
	sync_close(&a);
	sync_close(&b);
}

/* The longest text arrives whole. */
static void test_long_error(void **state)
{
	struct err sent = { .code = -EIO }, err = { 0 };
	struct sync a, b;

	(void)state;
	memset(sent.text, 'x', sizeof(sent.text) - 1);
	pair(&a, &b);
	sync_fail(&a, &sent);
	assert_int_equal(sync_wait(&b, 0, NULL, 0, &err), -EIO);
	assert_int_equal(strlen(err.text), sizeof(sent.text) - 1);
	sync_close(&a);
	sync_close(&b);
}

static void test_end_of_file_has_a_name(void **state)
{
	struct err err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	sync_close(&b);
	assert_int_equal(sync_wait(&a, 1, NULL, 0, &err), -EPIPE);
	assert_string_equal(err.text, "the container's process died before 'second'");
	sync_close(&a);
}

/* A post that meets a peer which failed and left tells the peer's error, not EPIPE. */
static void test_post_to_a_failed_peer(void **state)
{
	struct err sent = { 0 }, err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	err_set(&sent, -EACCES, "cannot mount");
	sync_fail(&b, &sent);
	sync_close(&b);
	assert_int_equal(sync_post(&a, 0, NULL, 0, &err), -EACCES);
	assert_string_equal(err.text, "cannot mount");
	sync_close(&a);
}

/* The same with a message of ours that it had not read, which resets the connection. */
static void test_error_before_a_reset(void **state)
{
	struct err sent = { 0 }, err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	assert_int_equal(sync_post(&a, 0, NULL, 0, NULL), 0);
	err_set(&sent, -EACCES, "cannot mount");
	sync_fail(&b, &sent);
	sync_close(&b);
	assert_int_equal(sync_wait(&a, 1, NULL, 0, &err), -EACCES);
	assert_string_equal(err.text, "cannot mount");
	sync_close(&a);
}

static void test_post_to_a_dead_peer(void **state)
{
	struct err err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	sync_close(&b);
	assert_int_equal(sync_post(&a, 0, NULL, 0, &err), -EPIPE);
	sync_close(&a);
}

static void test_out_of_step(void **state)
{
	struct err err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	assert_int_equal(sync_post(&a, 1, NULL, 0, NULL), 0);
	assert_int_equal(sync_wait(&b, 0, NULL, 0, &err), -EPROTO);
	assert_non_null(strstr(err.text, "'first'"));
	/* The right stage with the wrong number of descriptors is out of step as well. */
	assert_int_equal(sync_post(&a, 0, NULL, 0, NULL), 0);
	assert_int_equal(sync_wait(&b, 0, (int[]){ -1 }, 1, &err), -EPROTO);
	sync_close(&a);
	sync_close(&b);
}

static void test_wait_closed(void **state)
{
	struct err sent = { 0 }, err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	sync_close(&b);
	assert_int_equal(sync_wait_closed(&a, &err), 0);
	sync_close(&a);
	pair(&a, &b);
	err_set(&sent, -ENOEXEC, "cannot execute");
	sync_fail(&b, &sent);
	sync_close(&b);
	assert_int_equal(sync_wait_closed(&a, &err), -ENOEXEC);
	sync_close(&a);
}

/* A killed peer that left messages of ours unread resets the connection; that is its death, not an error of reading. */
static void test_reset_is_death(void **state)
{
	struct err err = { 0 };
	struct sync a, b;
	pid_t pid;

	(void)state;
	pair(&a, &b);
	assert_int_equal(sync_post(&a, 0, NULL, 0, NULL), 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	sync_close(&b);
	assert_int_equal(sync_wait(&a, 0, NULL, 0, &err), -EPIPE);
	sync_close(&a);
}

static void test_read(void **state)
{
	struct err err = { 0 };
	struct sync a, b;

	(void)state;
	pair(&a, &b);
	assert_int_equal(sync_post(&a, 1, NULL, 0, NULL), 0);
	assert_int_equal(sync_post(&a, 1, NULL, 0, NULL), 0);
	assert_int_equal(sync_read(&b, 1, &err), 0);
	assert_int_equal(sync_read(&b, 0, &err), -EPROTO);
	assert_non_null(strstr(err.text, "'first'"));
	sync_close(&a);
	assert_int_equal(sync_read(&b, 0, &err), -EPIPE);
	assert_non_null(strstr(err.text, "died before 'first'"));
	sync_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stage_carries_descriptors),
		cmocka_unit_test(test_peer_error_is_our_error),
		cmocka_unit_test(test_long_error),
		cmocka_unit_test(test_end_of_file_has_a_name),
		cmocka_unit_test(test_post_to_a_failed_peer),
		cmocka_unit_test(test_post_to_a_dead_peer),
		cmocka_unit_test(test_error_before_a_reset),
		cmocka_unit_test(test_out_of_step),
		cmocka_unit_test(test_wait_closed),
		cmocka_unit_test(test_reset_is_death),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
