// SPDX-License-Identifier: Apache-2.0
/*
 * v2's memory.events in a directory of our own, which is watched as the kernel's is: for the rules of what counts as an OOM, on hosts
 * whose memory controller is v1's as well.
 */
#include "cgroup/notify.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct tree {
	char top[32], path[64];
	struct cgroup_dir dir;
	struct cgroup_place place;
	struct cgroup_notify n;
	struct err err;
};

static void put(struct tree *t, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", t->path, file);
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	strcpy(t->top, "/tmp/ctrnet-test-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	snprintf(t->path, sizeof(t->path), "%s/box", t->top);
	assert_int_equal(mkdir(t->path, 0700), 0);
	t->dir = (struct cgroup_dir){ (char *)"memory", t->path, true };
	t->place = (struct cgroup_place){ &t->dir, 1, NULL };
	t->n.fd = -1;
	put(t, "cgroup.procs", "");
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tree *t = *state;

	cgroup_notify_release(&t->n);
	file_remove_tree(AT_FDCWD, t->top, NULL);
	free(t);
	return 0;
}

static bool readable(const struct tree *t)
{
	struct pollfd p = { .fd = t->n.fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static struct cgroup_notice take(struct tree *t)
{
	struct cgroup_notice notice;

	assert_true(readable(t));
	assert_int_equal(cgroup_notify_read(&t->n, &notice, &t->err), 0);
	assert_false(readable(t));
	return notice;
}

static void test_counters_decide(void **state)
{
	struct tree *t = *state;

	put(t, "memory.events", "low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\noom_group_kill 0\n");
	assert_int_equal(cgroup_notify_oom(&t->place, &t->n, &t->err), 0);
	assert_false(readable(t)); /* what was before is not news */
	put(t, "memory.events", "low 0\nhigh 0\nmax 6\noom 2\noom_kill 1\noom_group_kill 0\n");
	assert_false(take(t).happened); /* the limit was hit, and memory reclaimed */
	put(t, "memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 1\noom_group_kill 0\n");
	assert_true(take(t).happened);
	put(t, "memory.events", "low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n");
	assert_true(take(t).happened);
	put(t, "memory.events", "low 9\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n");
	assert_false(take(t).happened);
}

static void test_neighbours_go(void **state)
{
	struct tree *t = *state;
	_cleanup_free_ char *other = str_format("%s/other", t->top);
	struct cgroup_notice notice;

	put(t, "memory.events", "oom 0\noom_kill 0\n");
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(cgroup_notify_oom(&t->place, &t->n, &t->err), 0);
	assert_int_equal(rmdir(other), 0);
	notice = take(t);
	assert_false(notice.happened);
	assert_false(notice.gone);
	assert_int_equal(file_remove_tree(AT_FDCWD, t->path, NULL), 0);
	notice = take(t);
	assert_true(notice.gone);
	assert_false(notice.happened);
}

/* Another cgroup of the same name is not ours. */
static void test_gone_and_made_again(void **state)
{
	struct tree *t = *state;

	put(t, "memory.events", "oom 0\noom_kill 0\n");
	assert_int_equal(cgroup_notify_oom(&t->place, &t->n, &t->err), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, t->path, NULL), 0);
	assert_int_equal(mkdir(t->path, 0700), 0);
	put(t, "cgroup.procs", "");
	assert_true(take(t).gone);
}

/* The OOM that ended the container is told although its counters are gone. */
static void test_oom_and_gone(void **state)
{
	struct tree *t = *state;
	struct cgroup_notice notice;

	put(t, "memory.events", "oom 0\noom_kill 0\n");
	assert_int_equal(cgroup_notify_oom(&t->place, &t->n, &t->err), 0);
	put(t, "memory.events", "oom 1\noom_kill 1\n");
	assert_int_equal(file_remove_tree(AT_FDCWD, t->path, NULL), 0);
	notice = take(t);
	assert_true(notice.gone);
	assert_true(notice.happened);
}

static void assert_refused(struct tree *t, int ret, int code, const char *before, const char *after)
{
	_cleanup_free_ char *text =
		str_format("%s%s%s", before, after ? t->path : "", after ? after : "");

	assert_int_equal(ret, code);
	assert_string_equal(t->err.text, text);
	assert_int_equal(t->n.fd, -1);
}

static void test_refused(void **state)
{
	struct tree *t = *state;
	struct cgroup_place nowhere = { 0 };

	assert_refused(t, cgroup_notify_oom(&nowhere, &t->n, &t->err), -ENODEV,
		       "the container has no cgroup with a memory controller", NULL);
	assert_refused(t, cgroup_notify_oom(&t->place, &t->n, &t->err), -ENODEV, "cgroup ",
		       " has no memory controller");
	assert_refused(t, cgroup_notify_pressure(&t->place, CGROUP_LEVEL_LOW, &t->n, &t->err),
		       -EOPNOTSUPP, "cgroup ", ": this kernel does not tell memory pressure (PSI)");
	put(t, "memory.events", "oom many\n");
	assert_refused(t, cgroup_notify_oom(&t->place, &t->n, &t->err), -EBADMSG, "",
		       "/memory.events: Bad message");
	file_remove_tree(AT_FDCWD, t->path, NULL);
	assert_refused(t, cgroup_notify_oom(&t->place, &t->n, &t->err), -ENOENT, "cgroup ",
		       " is gone");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_counters_decide), T(test_neighbours_go), T(test_gone_and_made_again),
		T(test_oom_and_gone),    T(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
