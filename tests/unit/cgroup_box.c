// SPDX-License-Identifier: Apache-2.0
#include "cgroup_box.h"

#include "cgroup/place.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cgroup_host box_host;
static char parent[64]; /* "/ctrnet-test-PID-TIME" */

/* A pid alone would be that of a test that was killed and left its directories, in which cgroup.kill has been written. */
void box_name(char *name, size_t size)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(name, size, "/ctrnet-test-%d-%lld%09ld", (int)getpid(), (long long)now.tv_sec,
		 now.tv_nsec);
}

void box_init(struct box *b)
{
	*b = (struct box){ .run_dir = "/tmp/ctrnet-test-XXXXXX" };
	assert_non_null(mkdtemp(b->run_dir));
	assert_int_equal(scope_init(&b->scope, "box", b->run_dir, b->run_dir, &b->err), 0);
	b->spec = (struct cgroup_spec){ .present = true, .parent = parent, .name = (char *)"box" };
}

void kill_child(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

void box_release(struct box *b)
{
	kill_child(&b->scope.pid);
	plan_revert(&b->plan, &b->scope, NULL, NULL);
	plan_release(&b->plan);
	cgroup_place_release(&b->place);
	scope_release(&b->scope);
	file_remove_tree(AT_FDCWD, b->run_dir, NULL);
}

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	box_init(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	box_release(*state);
	free(*state);
	/* All are dead by now. Orphans come to us, whatever the machine's pid 1 does about its own. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

int box_plan(struct box *b)
{
	int ret = cgroup_check(&b->spec, &b->err);

	if (ret == 0)
		ret = cgroup_place(&b->spec, &box_host, "box", &b->place, &b->err);
	return ret < 0 ? ret : cgroup_plan(&b->spec, &box_host, &b->place, &b->plan, &b->err);
}

int box_apply(struct box *b, enum phase phase)
{
	return plan_apply(&b->plan, phase, &b->scope, NULL, NULL, &b->err);
}

void box_prepare(struct box *b)
{
	assert_int_equal(box_plan(b), 0);
	if (box_apply(b, PHASE_PREPARE) < 0)
		fail_msg("%s", b->err.text);
}

void box_revert(struct box *b)
{
	if (plan_revert(&b->plan, &b->scope, NULL, &b->err) < 0)
		fail_msg("%s", b->err.text);
}

const char *dir_of(struct box *b, const char *controller)
{
	const struct cgroup_dir *dir = place_find(&b->place, controller);

	assert_non_null(dir);
	return dir->path;
}

void assert_file(struct box *b, const char *controller, const char *file, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir_of(b, controller), file);
	char have[256];

	assert_int_equal(file_read_line(AT_FDCWD, path, have, sizeof(have), &b->err), 0);
	assert_string_equal(have, text);
}

void assert_gone(struct box *b)
{
	for (size_t i = 0; i < b->place.count; i++) {
		_cleanup_free_ char *up = strdup(b->place.dirs[i].path);

		*strrchr(up, '/') = '\0';
		assert_false(file_exists(AT_FDCWD, b->place.dirs[i].path));
		assert_false(file_exists(AT_FDCWD, up));
	}
}

/* A child that runs @work and then sleeps; its status is what @work returned if that was not 0. */
pid_t spawn(int (*work)(void *arg), void *arg, int cgroup_fd)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int ready[2];
	char c = 1;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	if (cgroup_fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		c = work && work(arg) < 0;
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	assert_true(pid > 0);
	/* Or there would be no end of it where the child is killed first. */
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	assert_int_equal(c, 0);
	return pid;
}

int join_self(void *arg)
{
	return cgroup_join_self(arg, NULL);
}

void box_drop_v2(struct box *b)
{
	struct cgroup_dir *last = &b->place.dirs[b->place.count - 1];

	if (!last->v2)
		return;
	free(last->path);
	free(last->controllers);
	b->place.count--;
}

static bool has_controller(const char *name)
{
	for (size_t i = 0; i < box_host.count; i++) {
		const struct cgroup_hierarchy *h = &box_host.hierarchies[i];
		_cleanup_free_ char *memsw = str_format("%s/memory.memsw.limit_in_bytes", h->mount);

		if (!strcmp(name, "v2")
			    ? h->v2 && *h->controllers
			    : !h->v2 && controllers_have(h->controllers, name, strlen(name)))
			return true;
		if (!strcmp(name, "memsw") && file_exists(AT_FDCWD, memsw))
			return true;
	}
	return false;
}

static void skipped(void **state)
{
	(void)state;
}

/* The first of @list that the host lacks, or NULL. */
static char *missing(const char *list)
{
	_cleanup_free_ char *words = strdup(list);
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!has_controller(w))
			return strdup(w);
	return NULL;
}

int box_run(const struct box_test *tests, size_t count)
{
	struct CMUnitTest *units = calloc(count, sizeof(*units));
	_cleanup_(strv_cleanup) char **names = NULL;
	struct err err = { 0 };
	int failed;

	box_name(parent, sizeof(parent));
	if (!units || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || cgroup_host_read(&box_host, &err) < 0)
		return 1;
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *lack = missing(tests[i].controllers), *name = NULL;

		units[i] =
			(struct CMUnitTest){ tests[i].name, tests[i].test, setup, teardown, NULL };
		if (box_host.mode != CGROUP_NONE && geteuid() == 0 && !lack)
			continue;
		name = str_format("%s # SKIP no %s", tests[i].name,
				  lack ? lack : "cgroups to make");
		strv_add(&names, name);
		units[i] = (struct CMUnitTest){ names[strv_count(names) - 1], skipped, NULL, NULL,
						NULL };
	}
	failed = _cmocka_run_group_tests("cgroups", units, count, NULL, NULL);
	free(units);
	cgroup_host_release(&box_host);
	return failed;
}
