// SPDX-License-Identifier: Apache-2.0
/* The exec rule: join what runs, else start anew; and the end of what was started. */
#include "container/container.h"
#include "container/labels.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "ns/process.h"

#include <errno.h>
#include <string.h>

struct exec {
	struct exec_request *request;
	struct store store;
	struct state state; /* what is stored, then what is started */
	struct running run;
	bool missed; /* the container ended before the command had joined it */
};

/* The state of a new container: the spec moves in, and the process into the spec. */
static int begin_state(struct exec *x, struct err *err)
{
	struct exec_request *r = x->request;
	struct state fresh = { .id = strdup(r->id) };

	if (r->bundle)
		fresh.bundle = strdup(r->bundle);
	else
		fresh.bundle = take_ptr(x->state.bundle);
	if (!r->spec)
		fresh.source = take_ptr(x->state.source);
	else if (r->source)
		fresh.source = strdup(r->source);
	fresh.beside = r->spec ? r->beside : x->state.beside;
	fresh.spec = r->spec ? take_struct(*r->spec) : take_struct(x->state.spec);
	spec_set_process(&fresh.spec, r->process);
	state_release(&x->state);
	x->state = fresh;
	if (!fresh.id || (r->bundle && !fresh.bundle) || (r->source && !fresh.source))
		return err_oom(err);
	return 0;
}

/*
 * The container that we started is over. If somebody deleted it meanwhile there is nothing to do. Networks may have come and gone
 * since it was started, so the journal comes first; one that cannot be read is no reason to leave what we made.
 */
static int finish(struct exec *x, struct err *err)
{
	_cleanup_(plan_release) struct plan journal = { 0 };
	int ret = store_relock(&x->store, err);
	bool known;

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	known = store_read_journal(&x->store, &journal, NULL) == 0 && journal.count;
	return container_clean(&x->store, &x->state, known ? &journal : &x->run.plan, err);
}

static int run_new(struct exec *x, int *exit_code, struct err *err)
{
	struct err why = { 0 };
	int ret = begin_state(x, err);

	if (ret == 0)
		ret = labels_settle(&x->state.spec, err);
	if (ret == 0)
		ret = host_netns(&x->state.netns, err);
	if (ret < 0) {
		store_remove(&x->store, NULL);
		return ret;
	}
	ret = container_start(&x->store, &x->state, &x->run, err);
	if (ret < 0)
		return ret;
	ret = store_unlock(&x->store, err);
	if (ret == 0)
		ret = container_wait(&x->run, exit_code, err);
	if (finish(x, &why) < 0)
		log_warn("container '%s' is not wholly removed (try 'ctrnet delete %s'): %s",
			 x->request->id, x->request->id, why.text);
	return ret;
}

/*
 * Not under the lock: a container that is frozen, or whose file system hangs, must still be one that can be deleted.
 * The pidfd sees to it that what is joined is the container of the state.
 */
static int run_joined(struct exec *x, int pidfd, int *exit_code, struct err *err)
{
	int ret;

	store_close(&x->store);
	ret = container_join(&x->state, x->request->process, pidfd, &x->run, err);
	/* An error of that number may be the joining process' own, or somebody's inside who got at it. */
	x->missed = ret == -ESRCH && process_wait_end(pidfd, x->state.init.pid, 0) == 0;
	if (ret < 0)
		return ret;
	ret = container_wait(&x->run, exit_code, err);
	cgroup_unnest(&x->state.cgroup, x->run.nested);
	return ret;
}

static int fail(const struct exec *x, enum ctrnet_code code, int ret)
{
	x->request->code = code;
	return ret;
}

static int check_starts(const struct exec *x, struct err *err)
{
	if (!x->request->joins)
		return 0;
	err_set(err, -ESRCH, "container '%s' does not run, so that nothing can join it",
		x->request->id);
	return fail(x, CTRNET_CONTAINER_NOT_RUNNING, -ESRCH);
}

/* What an earlier container of this id left behind. */
static int clear_remains(struct exec *x, struct err *err)
{
	int ret = container_clean(&x->store, &x->state, NULL, err);

	if (ret == 0) {
		store_close(&x->store);
		ret = store_open(&x->store, x->request->root, x->request->id, true, err);
	}
	return ret < 0 ? err_wrap(err, "what is left of an earlier container '%s'", x->request->id)
		       : 0;
}

/* Two paths may have the same hash. An id that was given says itself which container is meant. */
static int check_source(const struct exec *x, struct err *err)
{
	const char *asked = x->request->source, *runs = x->state.source;

	if (!asked || !runs || !strcmp(asked, runs))
		return 0;
	err_set(err, -EEXIST, "container '%s' runs, and was made from '%s', not from '%s'",
		x->request->id, runs, asked);
	return fail(x, CTRNET_ID_IN_USE, -EEXIST);
}

static int choose(struct exec *x, int *exit_code, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	int ret;

	if (x->request->spec && store_fresh(&x->store)) {
		ret = check_starts(x, err);
		if (ret < 0)
			store_remove(&x->store, NULL);
		return ret < 0 ? ret : run_new(x, exit_code, err);
	}
	ret = store_read_state(&x->store, &x->state, err);
	if (ret == -ENOENT && !x->request->spec) {
		err_set(err, -ENOENT,
			"container '%s' does not exist: it died while it was made "
			"('ctrnet delete %s' removes what is left)",
			x->request->id, x->request->id);
		return fail(x, CTRNET_CONTAINER_NOT_EXISTS, -ENOENT);
	}
	if (ret == -ENOENT)
		ret = host_netns(&x->state.netns, err);
	if (ret == 0)
		ret = container_find_init(&x->state, &pidfd, err);
	if (ret < 0)
		return ret;
	if (pidfd >= 0) {
		ret = check_source(x, err);
		return ret < 0 ? ret : run_joined(x, pidfd, exit_code, err);
	}
	ret = check_starts(x, err);
	if (ret == 0)
		ret = clear_remains(x, err);
	return ret < 0 ? ret : run_new(x, exit_code, err);
}

static int open_and_choose(struct exec *x, int *exit_code, struct err *err)
{
	struct exec_request *r = x->request;
	int ret = store_open(&x->store, r->root, r->id, r->spec != NULL, err);

	x->missed = false;
	r->code = ret == -ENOENT && !r->spec ? CTRNET_CONTAINER_NOT_EXISTS : CTRNET_SYSTEM_ERROR;
	if (ret == 0)
		ret = choose(x, exit_code, err);
	plan_release(&x->run.plan);
	store_close(&x->store);
	state_release(&x->state);
	return ret;
}

int container_exec(struct exec_request *request, int *exit_code, struct err *err)
{
	struct exec x = { .request = request, .store.fd = -1, .run = RUNNING_INIT };
	int ret;

	/* One that ends while it is joined: then it is as if we had come a moment later. */
	do
		ret = open_and_choose(&x, exit_code, err);
	while (x.missed);
	return ret;
}
