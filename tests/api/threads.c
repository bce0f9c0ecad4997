// SPDX-License-Identifier: Apache-2.0
/* Several threads, with one container and with several. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 4

struct work {
	const struct place *place;
	struct ctrnet_factory *factory;
	struct ctrnet_container *container;
	int number, rounds;
	atomic_int *count;
};

/* The main thread's descriptors are looked at before and behind all; in between there is no "before". */
static void run_threads(void *(*f)(void *), struct work *common, int n)
{
	pthread_t threads[THREADS];
	struct work work[THREADS];

	for (int i = 0; i < n; i++) {
		work[i] = *common;
		work[i].number = i;
		CHECK(pthread_create(&threads[i], NULL, f, &work[i]) == 0);
	}
	for (int i = 0; i < n; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static struct ctrnet_process *start(struct ctrnet_container *c, const char *script, int out,
				    struct ctrnet_error *why)
{
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	struct ctrnet_process *p = NULL;

	o.args = args;
	o.stdio[0] = -1;
	o.stdio[1] = out;
	ctrnet_container_start(c, &o, &p, why);
	return p;
}

static int end_of(struct ctrnet_process *p)
{
	struct ctrnet_error why;
	int status = -1;

	if (ctrnet_process_wait(p, &status, &why) < 0)
		fail(__FILE__, __LINE__, "%s", why.text);
	ctrnet_process_free(p);
	return status;
}

/* All start at once: one makes the container, the others join it. */
static void *start_together(void *arg)
{
	struct work *w = arg;

	for (int i = 0; i < w->rounds; i++) {
		struct ctrnet_error why;
		char script[40];
		struct ctrnet_process *p;
		int status;

		snprintf(script, sizeof(script), "sleep 0.0%d; exit %d", w->number, w->number + 1);
		p = start(w->container, script, -1, &why);
		/* It may have ended just when we were to join. */
		if (!p) {
			if (!strstr(why.text, "has just ended"))
				fail(__FILE__, __LINE__, "%d %s", why.code, why.text);
			continue;
		}
		status = end_of(p);
		/* Who joined dies with the container's first process. */
		if (status != w->number + 1 && status != 128 + SIGKILL)
			fail(__FILE__, __LINE__, "exit status %d of thread %d", status, w->number);
		atomic_fetch_add(w->count, 1);
	}
	return NULL;
}

/* Meanwhile others look at it, and signal it. */
static void *look(void *arg)
{
	struct work *w = arg;

	for (int i = 0; i < w->rounds * 10; i++) {
		struct ctrnet_state *state;
		struct ctrnet_error why;
		pid_t *pids;
		size_t count;

		if (ctrnet_container_state(w->container, &state, &why) < 0)
			fail(__FILE__, __LINE__, "%s", why.text);
		ctrnet_state_free(state);
		if (ctrnet_container_processes(w->container, &pids, &count, &why) == 0)
			free(pids);
		else if (why.code != CTRNET_CONTAINER_NOT_RUNNING)
			fail(__FILE__, __LINE__, "%s", why.text);
		usleep(1000);
	}
	return NULL;
}

static void *start_or_look(void *arg)
{
	struct work *w = arg;

	return w->number == THREADS - 1 ? look(arg) : start_together(arg);
}

static void *create_together(void *arg)
{
	struct work *w = arg;
	struct ctrnet_config *config = usual_config(w->place, false);
	struct ctrnet_container *c;
	struct ctrnet_error why;

	if (ctrnet_container_create(w->factory, w->place->id, config, &c, &why) == 0) {
		atomic_fetch_add(w->count, 1);
		ctrnet_container_free(c);
	} else if (why.code != CTRNET_ID_IN_USE) {
		fail(__FILE__, __LINE__, "%s", why.text);
	}
	ctrnet_config_free(config);
	return NULL;
}

/* Each of them: it went, or there was nothing any more. */
static void *destroy_together(void *arg)
{
	struct work *w = arg;
	struct ctrnet_error why;

	if (ctrnet_container_destroy(w->container, true, &why) == 0)
		atomic_fetch_add(w->count, 1);
	else if (why.code != CTRNET_CONTAINER_NOT_EXISTS)
		fail(__FILE__, __LINE__, "%d %s", why.code, why.text);
	return NULL;
}

static void one_container(const struct place *place)
{
	atomic_int count = 0;
	struct work w = { .place = place, .rounds = 8, .count = &count };
	struct ctrnet_process *p;

	CLEAN(ctrnet_factory_open(&w.factory, place->root, NULL, &error));
	run_threads(create_together, &w, THREADS);
	CHECK(count == 1);
	CLEAN(ctrnet_container_load(w.factory, place->id, &w.container, &error));
	run_threads(start_or_look, &w, THREADS);
	CHECK(count > w.rounds);
	p = start(w.container, "sleep 100", -1, &error);
	CHECK(p);
	count = 0;
	run_threads(destroy_together, &w, THREADS);
	CHECK(count >= 1);
	CHECK(end_of(p) == 128 + SIGKILL);
	ctrnet_container_free(w.container);
	ctrnet_factory_close(w.factory);
}

/* Create, start, join, destroy, again and again; what the command says comes through a pipe of its own. */
static void *live(void *arg)
{
	struct work *w = arg;
	struct ctrnet_error why;
	char id[100];

	snprintf(id, sizeof(id), "%s-%d", w->place->id, w->number);
	for (int i = 0; i < w->rounds; i++) {
		struct ctrnet_config *config = usual_config(w->place, false);
		struct ctrnet_container *c;
		struct ctrnet_process *p;

		if (ctrnet_container_create(w->factory, id, config, &c, &why) < 0)
			fail(__FILE__, __LINE__, "%s", why.text);
		ctrnet_config_free(config);
		p = start(c, "sleep 100", -1, &why);
		if (!p)
			fail(__FILE__, __LINE__, "%s", why.text);
		SAME(output_of_script(c, "echo $((6 * 7)); ls /proc/self/fd"), "42\n0\n1\n2\n3\n");
		if (ctrnet_container_destroy(c, true, &why) < 0)
			fail(__FILE__, __LINE__, "%s", why.text);
		CHECK(end_of(p) == 128 + SIGKILL);
		ctrnet_container_free(c);
		atomic_fetch_add(w->count, 1);
	}
	return NULL;
}

static void many_containers(const struct place *place)
{
	atomic_int count = 0;
	struct work w = { .place = place, .rounds = 3, .count = &count };

	CLEAN(ctrnet_factory_open(&w.factory, place->root, NULL, &error));
	run_threads(live, &w, THREADS);
	CHECK(count == THREADS * w.rounds);
	ctrnet_factory_close(w.factory);
}

static atomic_bool over;

/* The allocator's locks are held at most times that somebody forks. */
static void *allocate(void *arg)
{
	unsigned int seed = (unsigned int)(size_t)&arg;

	while (!over) {
		void *some[64];

		for (int i = 0; i < 64; i++)
			some[i] = malloc((size_t)rand_r(&seed) % 5000);
		for (int i = 0; i < 64; i++)
			free(some[i]);
		/* Buffers and locks of streams, too. */
		FILE *f = fopen("/dev/null", "we");

		if (f) {
			fprintf(f, "%d", seed);
			fclose(f);
		}
	}
	return NULL;
}

static void *start_much(void *arg)
{
	struct work *w = arg;

	while (atomic_fetch_sub(w->count, 1) > 0) {
		struct ctrnet_error why;
		/* Of which some are the first process, and the others join it. */
		struct ctrnet_process *p = start(w->container, "exit 5", -1, &why);
		int status;

		if (!p && strstr(why.text, "has just ended")) {
			atomic_fetch_add(w->count, 1);
			continue;
		}
		if (!p)
			fail(__FILE__, __LINE__, "%s", why.text);
		status = end_of(p);
		if (status != 5 && status != 128 + SIGKILL)
			fail(__FILE__, __LINE__, "exit status %d", status);
	}
	return NULL;
}

static void churn(const struct place *place)
{
	const char *starts = getenv("STARTS");
	atomic_int count = starts ? atoi(starts) : 60;
	struct work w = { .place = place, .count = &count };
	pthread_t threads[2];

	w.container = usual_container(place, &w.factory);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, allocate, NULL) == 0);
	run_threads(start_much, &w, 2);
	over = true;
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	end_container(w.container, w.factory);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "one_container", one_container },
		{ "many_containers", many_containers },
		{ "churn", churn },
		{ NULL, NULL },
	};

	return run_test(tests, argc, argv);
}
