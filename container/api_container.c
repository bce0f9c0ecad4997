// SPDX-License-Identifier: Apache-2.0
/* What is done to a container as a whole. */
#include "container/api.h"
#include "container/container.h"
#include "container/id.h"
#include "lib/cleanup.h"
#include "ns/pidns.h"
#include "ns/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

const char *ctrnet_container_id(const struct ctrnet_container *c)
{
	return c->id;
}

int api_read(const struct ctrnet_container *c, struct state *state, enum ctrnet_status *status,
	     struct ctrnet_error *error)
{
	struct err err = { 0 };
	int ret = store_peek(c->root, c->id, state, status, &err);

	return ret < 0 ? api_fail(error, api_store_code(ret), &err) : 0;
}

int ctrnet_container_status(struct ctrnet_container *c, enum ctrnet_status *status,
			    struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };

	return api_read(c, &state, status, error);
}

int ctrnet_container_config(struct ctrnet_container *c, struct ctrnet_config **config,
			    struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	struct ctrnet_config *made;
	enum ctrnet_status status;
	struct err err = { 0 };
	int ret = api_read(c, &state, &status, error);

	if (ret < 0)
		return ret;
	made = calloc(1, sizeof(*made));
	if (!made) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	made->spec = take_struct(state.spec);
	*config = made;
	return 0;
}

/* Its state, and a pidfd of its first process: -1, which is no error, if it does not run. */
static int find(const struct ctrnet_container *c, struct state *state, int *pidfd,
		struct ctrnet_error *error)
{
	struct err err = { 0 };
	enum ctrnet_status status;
	int ret = api_read(c, state, &status, error);

	if (ret == 0 && container_find_init(state, pidfd, &err) < 0)
		ret = api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	return ret;
}

static int not_running(const struct ctrnet_container *c, struct err *err)
{
	return err_set(err, -ESRCH, "container '%s' is not running", c->id);
}

int api_find_running(const struct ctrnet_container *c, struct state *state, int *pidfd,
		     struct ctrnet_error *error)
{
	struct err err = { 0 };
	int ret = find(c, state, pidfd, error);

	if (ret < 0 || *pidfd >= 0)
		return ret;
	not_running(c, &err);
	return api_fail(error, CTRNET_CONTAINER_NOT_RUNNING, &err);
}

int ctrnet_container_processes(struct ctrnet_container *c, pid_t **pids, size_t *count,
			       struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	ret = state.cgroup.count ? cgroup_pids(&state.cgroup, pids, count, &err)
				 : pidns_list(state.init.pid, pidfd, pids, count, &err);
	return ret < 0 ? api_fail(error, api_live_code(ret), &err) : 0;
}

static int send_signal(const struct state *state, int pidfd, int signal, struct err *err)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0)
		return err_sys(err, -errno, "cannot send signal %d to process %d", signal,
			       state->init.pid);
	return 0;
}

static int signal_all(const struct state *state, int pidfd, int signal, struct err *err)
{
	return state->cgroup.count ? cgroup_signal(&state->cgroup, signal, err)
				   : pidns_signal(state->init.pid, pidfd, signal, err);
}

int ctrnet_container_signal(struct ctrnet_container *c, int signal, bool all,
			    struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	int ret;

	if (signal < 0 || signal > SIGRTMAX) {
		err_set(&err, -EINVAL, "there is no signal %d", signal);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	ret = api_find_running(c, &state, &pidfd, error);
	if (ret < 0)
		return ret;
	ret = all ? signal_all(&state, pidfd, signal, &err)
		  : send_signal(&state, pidfd, signal, &err);
	if (ret < 0)
		return api_fail(error, api_live_code(ret), &err);
	/* On v1 it dies only then, without having run again. */
	if (signal == SIGKILL)
		cgroup_thaw_killed(&state.cgroup);
	return 0;
}

/* Who is in the middle of being started is not frozen there, but waited for. */
static int freeze_locked(const struct ctrnet_container *c, enum ctrnet_code *code, struct err *err)
{
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_(store_close) struct store store = { .fd = -1 };
	_cleanup_fd_ int pidfd = -1;
	int ret = store_open(&store, c->root, c->id, false, err);

	if (ret < 0) {
		*code = api_store_code(ret);
		return ret;
	}
	ret = container_find_running(&store, &state, &pidfd, err);
	*code = api_live_code(ret);
	if (ret < 0)
		return ret;
	ret = cgroup_freeze(&state.cgroup, err);
	return ret < 0 ? err_wrap(err, "container '%s' cannot be paused", c->id) : 0;
}

int ctrnet_container_pause(struct ctrnet_container *c, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	enum ctrnet_code code;
	struct err err = { 0 };

	return freeze_locked(c, &code, &err) < 0 ? api_fail(error, code, &err) : 0;
}

int ctrnet_container_resume(struct ctrnet_container *c, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	int ret = api_find_running(c, &state, &pidfd, error);

	if (ret < 0)
		return ret;
	ret = cgroup_thaw(&state.cgroup, &err);
	if (ret < 0)
		err_wrap(&err, "container '%s' cannot be resumed", c->id);
	return ret < 0 ? api_fail(error, api_live_code(ret), &err) : 0;
}

int ctrnet_container_wait(struct ctrnet_container *c, int ms, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	int ret = find(c, &state, &pidfd, error);

	if (ret < 0 || pidfd < 0)
		return ret;
	ret = process_wait_end(pidfd, state.init.pid, ms);
	if (ret == 0)
		return 0;
	if (ret == -ETIMEDOUT)
		err_set(&err, ret, "container '%s' has not ended", c->id);
	else
		err_sys(&err, ret, "cannot wait for container '%s'", c->id);
	return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
}

struct destroy {
	const char *root, *id;
	bool force;
};

static int destroy_apart(void *arg, int *fds, struct err *err)
{
	const struct destroy *d = arg;

	(void)fds;
	return container_delete(d->root, d->id, d->force, err);
}

static enum ctrnet_code destroy_code(int ret)
{
	return ret == -EBUSY ? CTRNET_CONTAINER_NOT_STOPPED : api_store_code(ret);
}

static int destroy(const struct api_options *options, struct destroy *d, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(options);
	struct err err = { 0 };
	int ret = api_apart(destroy_apart, d, 0, NULL, 0, &err);

	return ret < 0 ? api_fail(error, destroy_code(ret), &err) : 0;
}

int ctrnet_container_destroy(struct ctrnet_container *c, bool force, struct ctrnet_error *error)
{
	return destroy(&c->options, &(struct destroy){ c->root, c->id, force }, error);
}

int ctrnet_factory_destroy(struct ctrnet_factory *factory, const char *id, bool force,
			   struct ctrnet_error *error)
{
	struct err err = { 0 };

	if (id_check(id, &err) < 0)
		return api_fail(error, CTRNET_INVALID_ID_FORMAT, &err);
	return destroy(&factory->options, &(struct destroy){ factory->root, id, force }, error);
}
