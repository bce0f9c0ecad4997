// SPDX-License-Identifier: Apache-2.0
/*
 * Two at one container at the same time, over and over: each call succeeds, or fails with one of the errors that are listed for
 * it here. What is left then can be destroyed, and nothing stays.
 */
#include "check.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 8

struct round {
	const struct place *place;
	struct ctrnet_container *container;
	int number;
	pthread_barrier_t barrier;
	/* What was started in it, to be waited for: by each side in its own part. */
	struct ctrnet_process *processes[PROCESSES_MAX];
};

static int start(struct round *r, int slot, struct ctrnet_error *why)
{
	const char *const args[] = { "/bin/sleep", "100", NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;

	o.args = args;
	o.stdio[0] = o.stdio[1] = o.stdio[2] = -1;
	return ctrnet_container_start(r->container, &o, &r->processes[slot], why);
}

static int start_it(struct round *r, int side, struct ctrnet_error *why)
{
	return start(r, 1 + side, why);
}

static int destroy(struct round *r, int side, struct ctrnet_error *why)
{
	(void)side;
	return ctrnet_container_destroy(r->container, false, why);
}

static int destroy_by_force(struct round *r, int side, struct ctrnet_error *why)
{
	(void)side;
	return ctrnet_container_destroy(r->container, true, why);
}

static int set(struct round *r, int side, struct ctrnet_error *why)
{
	struct ctrnet_limits l = CTRNET_LIMITS_INIT;

	(void)side;
	l.pids_limit = 100 + r->number;
	l.memory = 64 << 20;
	return ctrnet_container_set(r->container, &l, why);
}

static int kill_it(struct round *r, int side, struct ctrnet_error *why)
{
	(void)side;
	return ctrnet_container_signal(r->container, SIGKILL, true, why);
}

static int pause_it(struct round *r, int side, struct ctrnet_error *why)
{
	(void)side;
	return ctrnet_container_pause(r->container, why);
}

/* Whoever is joining meanwhile stops on its way, and goes on. */
static int pause_a_while(struct round *r, int side, struct ctrnet_error *why)
{
	int ret = ctrnet_container_pause(r->container, why);

	(void)side;
	if (ret == 0) {
		usleep(20000);
		ret = ctrnet_container_resume(r->container, why);
	}
	return ret;
}

static int resume(struct round *r, int side, struct ctrnet_error *why)
{
	(void)side;
	return ctrnet_container_resume(r->container, why);
}

/* With the container's id as ID; fnmatch(3) patterns. */
#define ERRORS_MAX  6
#define NOT_THERE   "container 'ID' does not exist"
#define REMOVED     "container 'ID' was removed"
#define NOT_RUNNING "container 'ID' is not running"
#define RUNS        "container 'ID' is running (pid *); delete --force kills it"
#define PAUSED      "container 'ID' is frozen, nothing can run in it"
#define ENDED       "container 'ID' has just ended"
#define DIED        "the process died before '*'*"

struct side {
	int (*act)(struct round *r, int side, struct ctrnet_error *why);
	const char *errors[ERRORS_MAX];
};

static const struct pair {
	const char *name;
	bool runs; /* when the two begin */
	struct side sides[2];
} pairs[] = {
	{ "start_start", false, { { start_it, { 0 } }, { start_it, { 0 } } } },
	{ "start_destroy", false, { { start_it, { NOT_THERE } }, { destroy, { RUNS } } } },
	{ "start_force",
	  false,
	  { { start_it, { NOT_THERE, ENDED } }, { destroy_by_force, { 0 } } } },
	{ "exec_force",
	  true,
	  { { start_it, { NOT_THERE, ENDED, DIED } }, { destroy_by_force, { 0 } } } },
	{ "set_kill", true, { { set, { NOT_RUNNING } }, { kill_it, { 0 } } } },
	{ "set_force", true, { { set, { NOT_RUNNING, NOT_THERE } }, { destroy_by_force, { 0 } } } },
	{ "set_set", true, { { set, { 0 } }, { set, { 0 } } } },
	{ "pause_force",
	  true,
	  { { pause_it, { NOT_RUNNING, NOT_THERE } }, { destroy_by_force, { 0 } } } },
	{ "pause_exec", true, { { pause_a_while, { 0 } }, { start_it, { PAUSED } } } },
	{ "pause_resume", true, { { pause_it, { 0 } }, { resume, { 0 } } } },
	{ "pause_kill", true, { { pause_it, { NOT_RUNNING } }, { kill_it, { 0 } } } },
	{ "force_force",
	  true,
	  { { destroy_by_force, { NOT_THERE } }, { destroy_by_force, { NOT_THERE } } } },
	{ NULL, false, { { NULL, { 0 } }, { NULL, { 0 } } } },
};

struct actor {
	struct round *round;
	const struct pair *pair;
	int side;
	int result;
	struct ctrnet_error why;
};

static bool is_listed(const struct actor *a)
{
	for (int i = 0; i < ERRORS_MAX && a->pair->sides[a->side].errors[i]; i++) {
		const char *e = a->pair->sides[a->side].errors[i], *id = strstr(e, "ID");
		char pattern[300];

		snprintf(pattern, sizeof(pattern), "%.*s%s%s", (int)(id ? id - e : 0), e,
			 id ? a->round->place->id : "", id ? id + 2 : e);
		if (fnmatch(pattern, a->why.text, 0) == 0)
			return true;
	}
	return false;
}

/* By turns one of them comes later, by more and more. */
static void *act(void *arg)
{
	struct actor *a = arg;
	int n = a->round->number;

	pthread_barrier_wait(&a->round->barrier);
	if (n % 3 == a->side)
		usleep((useconds_t)(n * 150));
	a->result = a->pair->sides[a->side].act(a->round, a->side, &a->why);
	return NULL;
}

/* All that was started has ended with the container, and each is waited for: the first one last, as it waits for the others itself. */
static void *reap(void *arg)
{
	struct ctrnet_error why;
	int status;

	if (ctrnet_process_wait(arg, &status, &why) < 0)
		fail(__FILE__, __LINE__, "%s", why.text);
	if (status != 128 + SIGKILL)
		fail(__FILE__, __LINE__, "exit status %d", status);
	ctrnet_process_free(arg);
	return NULL;
}

static void reap_all(struct round *r)
{
	pthread_t threads[PROCESSES_MAX];

	for (int i = 0; i < PROCESSES_MAX; i++)
		if (r->processes[i])
			CHECK(pthread_create(&threads[i], NULL, reap, r->processes[i]) == 0);
	for (int i = 0; i < PROCESSES_MAX; i++)
		if (r->processes[i])
			CHECK(pthread_join(threads[i], NULL) == 0);
}

static void end_round(struct round *r)
{
	struct ctrnet_error why;

	if (ctrnet_container_destroy(r->container, true, &why) < 0 &&
	    why.code != CTRNET_CONTAINER_NOT_EXISTS)
		fail(__FILE__, __LINE__, "%s", why.text);
	reap_all(r);
	ctrnet_container_free(r->container);
}

static void one_round(const struct pair *pair, const struct place *place, int number)
{
	struct round r = { .place = place, .number = number };
	struct ctrnet_factory *factory;
	struct actor actors[2];
	pthread_t threads[2];

	CHECK(pthread_barrier_init(&r.barrier, NULL, 2) == 0);
	r.container = usual_container(place, &factory);
	if (pair->runs && start(&r, 0, &error) < 0)
		fail(__FILE__, __LINE__, "%s", error.text);
	for (int i = 0; i < 2; i++) {
		actors[i] = (struct actor){ .round = &r, .pair = pair, .side = i };
		CHECK(pthread_create(&threads[i], NULL, act, &actors[i]) == 0);
	}
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (int i = 0; i < 2; i++)
		if (actors[i].result < 0 && !is_listed(&actors[i]))
			fail(__FILE__, __LINE__, "%s, side %d, round %d: code %d, %s", pair->name,
			     i, number, actors[i].why.code, actors[i].why.text);
	/* One of them wins. */
	CHECK(actors[0].result == 0 || actors[1].result == 0);
	end_round(&r);
	ctrnet_factory_close(factory);
	pthread_barrier_destroy(&r.barrier);
}

static void all_pairs(const struct place *place)
{
	const char *rounds = getenv("ROUNDS"), *only = getenv("PAIR");

	for (const struct pair *p = pairs; p->name; p++)
		for (int i = 0;
		     (!only || !strcmp(p->name, only)) && i < (rounds ? atoi(rounds) : 6); i++)
			one_round(p, place, i);
	/* Nobody is left: neither a container's process nor one that was forked for a call. */
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "pairs", all_pairs },
		{ NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
