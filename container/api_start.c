// SPDX-License-Identifier: Apache-2.0
/* A process is started, by a process that is forked for it: see lib/apart.h. */
#include "container/api.h"
#include "container/container.h"
#include "container/function.h"
#include "container/merge.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "ns/capability.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the caller learns besides descriptors; in memory that both have, and nobody inside of the container. */
struct outcome {
	struct running run;
	struct births births; /* there is no run until all is done */
	enum ctrnet_code code;
};

struct start {
	const struct ctrnet_container *container;
	const struct ctrnet_process_options *options;
	struct outcome *outcome;
	pid_t *second;      /* see struct running */
	struct running run; /* what becomes the command looks at its copy */
};

/* The first number behind the descriptors that the command gets. */
static int first_free(const struct ctrnet_process_options *o)
{
	return STDERR_FILENO + 1 + (int)o->extra_fd_count;
}

static int source_of(const struct ctrnet_process_options *o, int target)
{
	if (target > STDERR_FILENO)
		return o->extra_fds[target - STDERR_FILENO - 1];
	return o->console ? -1 : o->stdio[target];
}

/* Behind all of the targets, so that none is overwritten before it is taken. */
static int lift(const struct ctrnet_process_options *o, int target, struct err *err)
{
	int low = first_free(o);
	int from = source_of(o, target);
	int null = from < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	int fd = from < 0 && null < 0 ? -1 : fcntl(from < 0 ? null : from, F_DUPFD_CLOEXEC, low);

	if (fd < 0)
		err_sys(err, -errno, "descriptor %d, which is to become %d", from, target);
	close_fd(null);
	return fd < 0 ? err->code : fd;
}

/* We are a process of our own, so what the command is to find as 0, 1, 2, ... is put there here already. */
static int place_fds(const struct ctrnet_process_options *o, struct err *err)
{
	int count = first_free(o);
	_cleanup_free_ int *lifted = calloc((size_t)count, sizeof(*lifted));
	int ret = lifted ? 0 : err_oom(err);

	for (int i = 0; ret == 0 && i < count; i++) {
		lifted[i] = lift(o, i, err);
		ret = lifted[i] < 0 ? lifted[i] : 0;
	}
	for (int i = 0; ret == 0 && i < count; i++)
		if (dup2(lifted[i], i) < 0)
			ret = err_sys(err, -errno, "descriptor %d", i);
	for (int i = 0; ret == 0 && i < count; i++)
		close_fd(lifted[i]);
	return ret;
}

static int set_capabilities(struct process *p, const char *const *names, struct err *err)
{
	uint64_t mask = 0;

	for (; names && *names; names++) {
		uint64_t bit = capability_mask(*names);

		if (!bit)
			return err_set(err, -EINVAL, "capabilities: unknown capability '%.40s'",
				       *names);
		mask |= bit;
	}
	p->capabilities = capabilities_keep(mask);
	p->own_capabilities = true;
	return 0;
}

/* Of the config's process, which nothing stores, nothing is left in @spec. */
static int describe(const struct ctrnet_process_options *o, struct spec *spec, struct process *p,
		    struct err *err)
{
	const struct process_flags flags = { .user = o->user, .cwd = o->cwd, .tty = o->console };
	_cleanup_(strv_cleanup) char **args = NULL;
	const struct function *function;
	int ret = function_words(o->function, (char *const *)o->args, &function, &args, err);

	if (ret == 0 && o->env && strv_copy(&spec->process.env, (char *const *)o->env) < 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = process_merge(spec, &flags, args, p, err);
	if (ret < 0)
		return ret;
	p->function = function;
	p->preserve_fds = (unsigned int)o->extra_fd_count;
	p->nested = o->cgroup;
	return o->capabilities ? set_capabilities(p, o->capabilities, err) : 0;
}

/* What is left of a run before, or of one that died on the way; the container itself stays. */
static int start_first(struct start *s, struct store *store, struct state *state,
		       struct process *process, struct err *err)
{
	int ret = container_clean(store, state, NULL, err);

	if (ret < 0)
		return ret;
	s->outcome->code = state->kept ? CTRNET_SYSTEM_ERROR : CTRNET_CONTAINER_NOT_EXISTS;
	if (!state->kept)
		return err_set(err, -ENOENT, "container '%s' has ended and is removed",
			       s->container->id);
	spec_set_process(&state->spec, process);
	ret = host_netns(&state->netns, err);
	return ret == 0 ? container_start(store, state, &s->run, err) : ret;
}

static int start_or_join(struct start *s, struct store *store, struct state *state, struct err *err)
{
	_cleanup_(process_release) struct process process = { 0 };
	_cleanup_fd_ int pidfd = -1;
	int ret = container_find_init(state, &pidfd, err);

	if (ret < 0)
		return ret;
	ret = describe(s->options, &state->spec, &process, err);
	if (ret < 0) {
		s->outcome->code = CTRNET_CONFIG_INVALID;
		return ret;
	}
	if (pidfd < 0 && process.nested) {
		s->outcome->code = CTRNET_CONTAINER_NOT_RUNNING;
		return err_set(err, -ESRCH, "container '%s' is not running", s->container->id);
	}
	if (pidfd < 0)
		return start_first(s, store, state, &process, err);
	if (cgroup_frozen(&state->cgroup))
		s->outcome->code = CTRNET_CONTAINER_PAUSED;
	/* Not under the lock: see exec.c. */
	store_close(store);
	ret = container_join(state, &process, pidfd, &s->run, err);
	if (ret == -ESRCH && process_wait_end(pidfd, state->init.pid, 0) == 0)
		s->outcome->code = CTRNET_CONTAINER_NOT_RUNNING;
	return ret;
}

static int start_locked(struct start *s, struct err *err)
{
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_(store_close) struct store store;
	int ret = store_open(&store, s->container->root, s->container->id, false, err);

	if (ret == 0)
		ret = store_read_state(&store, &state, err);
	if (ret < 0) {
		s->outcome->code = api_store_code(ret);
		return ret;
	}
	return start_or_join(s, &store, &state, err);
}

static int start_apart(void *arg, int *fds, struct err *err)
{
	struct start *s = arg;
	struct running *run = &s->run;
	int ret = place_fds(s->options, err);

	apart_memory_keep(s->outcome, sizeof(*s->outcome));
	run->births = &s->outcome->births;
	run->second = s->second;
	if (ret == 0)
		ret = start_locked(s, err);
	s->outcome->run = *run;
	if (ret < 0)
		return ret;
	fds[0] = run->pidfd;
	fds[1] = run->master;
	return 0;
}

/* Its parent is us, so nobody else can; what is none of ours is left alone. What did not get as far as its command is on its way out, or made to be. */
static void reap_failed(pid_t pid)
{
	siginfo_t info;

	if (pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int new_process(struct ctrnet_process **process, const struct outcome *outcome,
		       const int *fds, bool console, struct err *err)
{
	struct ctrnet_process *p = calloc(1, sizeof(*p));

	if (!p)
		return err_oom(err);
	p->pid = outcome->run.pid;
	p->pidfd = fds[0];
	p->master = console ? fds[1] : -1;
	pthread_mutex_init(&p->lock, NULL);
	*process = p;
	return 0;
}

/* Where its cgroup is, while the container is there; that one's end takes it along anyway. */
static void keep_nested(const struct ctrnet_container *c, const struct outcome *outcome,
			struct ctrnet_process *p)
{
	struct state state = { 0 };
	enum ctrnet_status status;

	if (!*outcome->run.nested || api_read(c, &state, &status, NULL) < 0)
		return;
	p->cgroup = take_struct(state.cgroup);
	memcpy(p->nested, outcome->run.nested, sizeof(p->nested) - 1);
	state_release(&state);
}

static int check_options(const struct ctrnet_process_options *o, struct err *err)
{
	_cleanup_(strv_cleanup) char **args = NULL;
	const struct function *function;
	int ret = function_words(o->function, (char *const *)o->args, &function, &args, err);

	return ret == 0 && !*args ? err_set(err, -EINVAL, "args: a command is missing") : ret;
}

static int start(struct start *s, struct ctrnet_process **process, struct err *err)
{
	size_t n = s->options->console ? 2 : 1;
	int fds[] = { -1, -1 };
	int ret = api_apart(start_apart, s, first_free(s->options), fds, n, err);

	reap_failed(s->outcome->run.between);
	if (ret == 0)
		ret = new_process(process, s->outcome, fds, s->options->console, err);
	if (ret < 0) {
		/*
		 * Also if the one that we forked was killed, and could not take anything back. One of the first two may be about
		 * to clone the other one.
		 */
		reap_failed(s->outcome->births.between);
		reap_failed(s->outcome->births.first);
		reap_failed(*s->second);
		close_fd(fds[0]);
		close_fd(fds[1]);
	}
	return ret;
}

int ctrnet_container_start(struct ctrnet_container *c, const struct ctrnet_process_options *options,
			   struct ctrnet_process **process, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	struct ctrnet_process_options o = CTRNET_PROCESS_OPTIONS_INIT;
	_cleanup_(spec_names_release) struct spec_names names = { 0 };
	struct start s = { .container = c, .options = &o };
	struct spec_names_watch watch;
	struct err err = { 0 };
	enum ctrnet_code code;
	int ret;

	if (api_take(&o, sizeof(o), options, "ctrnet_process_options", &err) < 0 ||
	    check_options(&o, &err) < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	s.outcome = apart_memory(sizeof(*s.outcome));
	s.second = apart_memory(sizeof(*s.second));
	if (!s.outcome || !s.second) {
		apart_memory_free(s.outcome, sizeof(*s.outcome));
		apart_memory_free(s.second, sizeof(*s.second));
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	s.outcome->run = (struct running)RUNNING_INIT;
	s.run = (struct running)RUNNING_INIT;
	s.run.detached = s.run.blocked = true;
	s.run.size = (struct winsize){ .ws_row = o.rows, .ws_col = o.columns };
	s.outcome->code = CTRNET_SYSTEM_ERROR;
	store_peek_names(c->root, c->id, &names);
	spec_names_watch(&watch, &names);
	ret = start(&s, process, &err);
	spec_names_unwatch(&watch);
	if (ret == 0)
		keep_nested(c, s.outcome, *process);
	code = s.outcome->code;
	apart_memory_free(s.outcome, sizeof(*s.outcome));
	apart_memory_free(s.second, sizeof(*s.second));
	/* What is wrong with the options is no key's. */
	if (ret < 0)
		return code == CTRNET_CONFIG_INVALID ? api_fail(error, code, &err)
						     : api_fail_named(error, code, &names, &err);
	return 0;
}
