// SPDX-License-Identifier: Apache-2.0
/* What is at an end: descriptors that have run out, processes that nobody has reaped, cgroups that are not to be. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* It has lived until now. */
static void end_process(struct ctrnet_process *p)
{
	int status;

	OK(ctrnet_process_signal(p, SIGKILL, &error));
	OK(ctrnet_process_wait(p, &status, &error));
	CHECK(status == 128 + SIGKILL);
	ctrnet_process_free(p);
}

/* Lowers the limit so that @n more descriptors can be opened; what it was. */
static struct rlimit leave_fds(int n)
{
	int next = open("/", O_PATH | O_CLOEXEC);
	struct rlimit before, now;

	CHECK(next >= 0 && close(next) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	now = before;
	now.rlim_cur = (rlim_t)(next + n);
	CHECK(setrlimit(RLIMIT_NOFILE, &now) == 0);
	return before;
}

/* That something cannot be looked at says nothing of the container. */
static void few_descriptors(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p = start_script(c, "sleep 100", -1);
	enum ctrnet_status status;

	for (int n = 0; n < 8; n++) {
		struct rlimit before = leave_fds(n);
		int waited, destroyed;
		pid_t *pids;
		size_t count;

		waited = ctrnet_container_wait(c, 20, &error);
		CHECK(waited < 0 && error.code != CTRNET_CONTAINER_NOT_RUNNING);
		if (ctrnet_container_processes(c, &pids, &count, &error) == 0)
			free(pids);
		else
			CHECK(error.code == CTRNET_SYSTEM_ERROR);
		destroyed = ctrnet_container_destroy(c, false, &error);
		CHECK(destroyed < 0);
		CHECK(error.code == CTRNET_CONTAINER_NOT_STOPPED ||
		      error.code == CTRNET_SYSTEM_ERROR);
		CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
		OK(ctrnet_container_status(c, &status, &error));
		CHECK(status == CTRNET_RUNNING);
	}
	end_process(p);
	end_container(c, f);
}

static void ended_process(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p = start_script(c, "exit 3", -1);
	char text[100];
	int status, fd = 777;

	OK(ctrnet_container_wait(c, 10000, &error));
	/* Reaped or not. */
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "cannot send signal 15 to process %d: No such process",
			 ctrnet_process_pid(p));
		while (ctrnet_process_signal(p, SIGTERM, &error) == 0)
			usleep(1000);
		FAILS(ctrnet_process_signal(p, SIGTERM, &error), CTRNET_PROCESS_NOT_EXECUTED,
		      -ESRCH, text);
		OK(ctrnet_process_wait(p, &status, &error));
		CHECK(status == 3);
	}
	CHECK(ctrnet_container_pidfd(c, &fd, &error) < 0);
	CHECK(error.code == CTRNET_CONTAINER_NOT_RUNNING && fd == 777);
	ctrnet_process_free(p);
	end_container(c, f);
}

static void no_such_signal(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p = start_script(c, "sleep 100", -1);

	for (int all = 0; all < 2; all++) {
		FAILS(ctrnet_container_signal(c, 999, all, &error), CTRNET_SYSTEM_ERROR, -EINVAL,
		      "there is no signal 999");
		FAILS(ctrnet_container_signal(c, -1, all, &error), CTRNET_SYSTEM_ERROR, -EINVAL,
		      "there is no signal -1");
		CLEAN(ctrnet_container_signal(c, 0, all, &error));
	}
	end_process(p);
	end_container(c, f);
}

static size_t matches(const char *pattern)
{
	glob_t found = { 0 };
	size_t n;

	glob(pattern, 0, NULL, &found);
	n = found.gl_pathc;
	globfree(&found);
	return n;
}

/* Is there one, as deep as this test's own may be below each hierarchy? */
static bool has_cgroup(const char *name)
{
	const char *levels = "*/*/*/*/*/*/*/*/";
	char pattern[200];

	for (; *levels; levels += 2) {
		snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/%s%s", levels, name);
		if (matches(pattern))
			return true;
	}
	return false;
}

/* A config without `cgroups` asks for none, and a manager who makes none does not change that. */
static void without_cgroups(const struct place *place)
{
	static const enum ctrnet_cgroup_manager managers[] = { CTRNET_CGROUP_MANAGER_CGROUPFS,
							       CTRNET_CGROUP_MANAGER_DISABLED };
	char text[300];

	snprintf(
		text, sizeof(text),
		"{\"rootfs\": \"%s\", \"namespaces\": [{\"type\": \"NEWNS\"}, {\"type\": \"NEWPID\"}]}",
		place->rootfs);
	for (int i = 0; i < 2; i++) {
		struct ctrnet_factory_options o = CTRNET_FACTORY_OPTIONS_INIT;
		struct ctrnet_config *config;
		struct ctrnet_container *c;
		struct ctrnet_process *p;
		struct ctrnet_factory *f;
		char *state;

		o.cgroup_manager = managers[i];
		OK(ctrnet_factory_open(&f, place->root, &o, &error));
		OK(ctrnet_config_parse(&config, text, strlen(text), "t", &error));
		OK(ctrnet_container_create(f, place->id, config, &c, &error));
		ctrnet_config_free(config);
		p = start_script(c, "sleep 100", -1);
		CHECK(!has_cgroup(place->id));
		OK(ctrnet_container_state_json(c, &state, &error));
		CHECK(!strstr(state, "\"cgroups\""));
		free(state);
		CHECK(ctrnet_container_pause(c, &error) < 0);
		CHECK(strstr(error.text, "it has no cgroup that could be frozen"));
		end_process(p);
		end_container(c, f);
	}
}

/* The kernel has reaped what ran in it. */
static void nested_unreaped(const struct place *place)
{
	const char *const args[] = { "/bin/true", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *first, *p;
	int status;

	signal(SIGCHLD, SIG_IGN);
	first = start_script(c, "sleep 100", -1);
	CHECK(has_cgroup(place->id));
	o.args = args;
	o.cgroup = true;
	for (int i = 0; i < 3; i++) {
		char nested[100];

		OK(ctrnet_container_start(c, &o, &p, &error));
		CHECK(ctrnet_process_wait(p, &status, &error) == -ECHILD);
		ctrnet_process_free(p);
		snprintf(nested, sizeof(nested), "%s/exec-*", place->id);
		CHECK(!has_cgroup(nested));
	}
	OK(ctrnet_process_signal(first, SIGKILL, &error));
	CHECK(ctrnet_process_wait(first, &status, &error) == -ECHILD);
	ctrnet_process_free(first);
	signal(SIGCHLD, SIG_DFL);
	end_container(c, f);
}

/*
 * One start or the other is cut off, since the process that was forked for it is killed: no child is left that nobody knows. Prints
 * whether both were done.
 */
static void killed_helper(const struct place *place)
{
	static const char *const first[] = { "/bin/sleep", "100", NULL };
	static const char *const second[] = { "/bin/true", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_process *p[2] = { NULL, NULL };
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	siginfo_t info;

	for (int i = 0; i < 2; i++) {
		o.args = i ? second : first;
		if (ctrnet_container_start(c, &o, &p[i], &error) < 0)
			p[i] = NULL;
		else if (i)
			OK(ctrnet_process_wait(p[i], &(int){ 0 }, &error));
		CHECK(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == (p[0] ? 0 : -1));
	}
	/* What is a process here may be another one's that took the first one's place. */
	puts(p[0] && p[1] ? "both" : "not both");
	for (int i = 1; i >= 0; i--) {
		if (p[i])
			ctrnet_process_signal(p[i], SIGKILL, NULL);
		if (p[i] && !i)
			ctrnet_process_wait(p[i], &(int){ 0 }, NULL);
		ctrnet_process_free(p[i]);
	}
	CHECK(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD);
	ctrnet_container_free(c);
	ctrnet_factory_close(f);
}

/* Ours, oldest first. */
static int children(pid_t *pids, int max)
{
	char path[64];
	FILE *f;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	CHECK(f != NULL);
	while (n < max && fscanf(f, "%d", &pids[n]) == 1)
		n++;
	fclose(f);
	return n;
}

struct hunt {
	int before; /* children that there are */
	atomic_bool over;
};

/* The process that was forked for the start dies as soon as two others are there: one that clones, and the command's. */
static void *hunt(void *arg)
{
	struct hunt *h = arg;
	pid_t pids[8];

	while (!h->over)
		if (children(pids, 8) == h->before + 3) {
			kill(pids[h->before], SIGKILL);
			break;
		}
	return NULL;
}

static void start_hunted(struct ctrnet_container *c, int before)
{
	static const char *const args[] = { "/bin/sleep", "100", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct hunt h = { .before = before };
	struct ctrnet_process *p;
	pid_t pids[8];
	pthread_t hunter;

	o.args = args;
	CHECK(pthread_create(&hunter, NULL, hunt, &h) == 0);
	CHECK(ctrnet_container_start(c, &o, &p, &error) < 0);
	h.over = true;
	CHECK(pthread_join(hunter, NULL) == 0);
	CHECK(children(pids, 8) == before);
}

/* Of a config that joins a namespace in which the command has to be cloned by another process. */
static void late_helper(const struct place *place)
{
	struct ctrnet_factory *f;
	struct ctrnet_container *c = usual_container(place, &f);
	struct ctrnet_process *p;

	start_hunted(c, 0);
	p = start_script(c, "sleep 100", -1);
	start_hunted(c, 1);
	end_process(p);
	end_container(c, f);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "few_descriptors", few_descriptors }, { "ended_process", ended_process },
		{ "no_such_signal", no_such_signal },   { "without_cgroups", without_cgroups },
		{ "nested_unreaped", nested_unreaped }, { "killed_helper", killed_helper },
		{ "late_helper", late_helper },         { NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
