// SPDX-License-Identifier: Apache-2.0
/* The calling program as a container's supervisor, which is what the ctrnet command is: nothing is done apart. */
#include "container/api.h"
#include "container/beside.h"
#include "container/build.h"
#include "container/container.h"
#include "container/find.h"
#include "container/function.h"
#include "container/id.h"
#include "container/labels.h"
#include "container/merge.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the id, the config and the options come to. */
struct job {
	char *id, *source, *bundle;
	bool beside; /* the config is a container.json, with the habits of one */
	struct spec spec;
	struct process process;
};

static void job_release(struct job *j)
{
	free(j->id);
	free(j->source);
	free(j->bundle);
	spec_release(&j->spec);
	process_release(&j->process);
}

/* --- The config --- */

static int use_file(const struct ctrnet_config *config, struct job *j, struct err *err)
{
	char *slash;

	j->bundle = strdup(config->real);
	if (!j->bundle)
		return err_oom(err);
	slash = strrchr(j->bundle, '/');
	j->beside = !strcmp(slash + 1, DEFAULT_CONFIG);
	slash[slash == j->bundle] = '\0';
	return beside_protect(&j->spec, config->given, config->real, j->beside, err);
}

static int derive_id(const struct ctrnet_config *config, struct job *j, struct err *err)
{
	if (config->real)
		return id_derive_real(config->real, &j->id, &j->source, err);
	if (str_empty(j->spec.rootfs.path))
		return err_set(err, -EINVAL, "rootfs: missing");
	return id_derive(j->spec.rootfs.path, &j->id, &j->source, err) < 0 ? err_wrap(err, "rootfs")
									   : 0;
}

static int take_id(const char *id, struct job *j, struct err *err)
{
	int ret = id_check(id, err);

	if (ret < 0)
		return ret;
	j->id = strdup(id);
	return j->id ? 0 : err_oom(err);
}

/* j->spec is the config's, or a copy of it. */
static int use_config(const struct ctrnet_factory *f, const struct ctrnet_config *config,
		      struct job *j, struct err *err)
{
	struct spec_names_watch watch;
	int ret;

	j->spec.cgroup.manager = (enum cgroup_manager)f->options.manager;
	j->spec.ignore_missing_lsm |= f->options.ignore_missing_lsm;
	ret = api_config_prepare(config, &j->spec, err);
	if (ret < 0 || !config->real)
		return ret;
	spec_names_watch(&watch, &config->names);
	ret = use_file(config, j, err);
	spec_names_unwatch(&watch);
	return ret;
}

/* --- The process --- */

static int describe(const struct ctrnet_exec_options *o, struct job *j, struct err *err)
{
	const struct process_flags flags = {
		.user = o->user,
		.cwd = o->cwd,
		.preserve_fds = o->preserve_fds,
		.tty = o->tty,
		.env = (char **)o->env,
	};
	_cleanup_(strv_cleanup) char **args = NULL;
	const struct function *function;
	int ret = function_words(o->function, (char *const *)o->args, &function, &args, err);

	if (ret == 0)
		ret = process_merge(&j->spec, &flags, args, &j->process, err);
	if (ret < 0)
		return ret;
	j->process.function = function;
	j->process.nested = o->cgroup;
	return j->process.args && *j->process.args
		       ? 0
		       : err_set(err, -EINVAL, "args: a command is missing");
}

/* Before anything is done. Without @config the container has to be there. */
static int plan_job(const struct ctrnet_factory *f, const char *id,
		    const struct ctrnet_config *config, const struct ctrnet_exec_options *o,
		    struct job *j, struct ctrnet_error *error)
{
	struct err err = { 0 };
	int ret = config ? use_config(f, config, j, &err) : 0;

	if (ret == 0 && !id && !config)
		ret = err_set(&err, -EINVAL, "an id, or a config that it is made of, is missing");
	if (ret == 0 && id && take_id(id, j, &err) < 0)
		return api_fail(error, CTRNET_INVALID_ID_FORMAT, &err);
	if (ret == 0 && !id)
		ret = derive_id(config, j, &err);
	if (ret == 0)
		ret = describe(o, j, &err);
	return ret < 0 ? api_fail(error, CTRNET_CONFIG_INVALID, &err) : 0;
}

static int take_options(struct ctrnet_exec_options *to, const struct ctrnet_exec_options *from,
			struct ctrnet_error *error)
{
	struct err err = { 0 };

	return api_take(to, sizeof(*to), from, "ctrnet_exec_options", &err) < 0
		       ? api_fail(error, CTRNET_CONFIG_INVALID, &err)
		       : 0;
}

/* --- The program --- */

/* What a supervisor is, and this program was not. */
struct manners {
	sigset_t signals;
	struct sigaction child;
	int reaper, dumpable;
};

static void remember(struct manners *m)
{
	sigprocmask(SIG_BLOCK, NULL, &m->signals);
	sigaction(SIGCHLD, NULL, &m->child);
	m->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	if (prctl(PR_GET_CHILD_SUBREAPER, &m->reaper, 0, 0, 0) < 0)
		m->reaper = 0;
}

static void restore(const struct manners *m)
{
	prctl(PR_SET_CHILD_SUBREAPER, m->reaper, 0, 0, 0);
	/* 2 is the kernel's to set: fs.suid_dumpable(5). */
	if (m->dumpable == 1)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	sigaction(SIGCHLD, &m->child, NULL);
	sigprocmask(SIG_SETMASK, &m->signals, NULL);
}

/* The C library only says that there was never a second thread; else the kernel knows. */
static bool has_threads(void)
{
	struct stat st;

	return !__libc_single_threaded && stat("/proc/self/task", &st) == 0 && st.st_nlink != 3;
}

static int check_program(struct err *err)
{
	if (geteuid() != 0)
		return err_set(err, -EPERM, "must be run as root");
	if (has_threads())
		return err_set(err, -EBUSY, "a program with threads cannot be a supervisor");
	return 0;
}

static int run(const struct ctrnet_factory *f, struct job *j, bool has_config, bool joins,
	       enum ctrnet_code *code, int *exit_code, struct err *err)
{
	struct exec_request request = {
		.root = f->root,
		.id = j->id,
		.bundle = j->bundle,
		.source = j->source,
		.beside = j->beside,
		.spec = has_config ? &j->spec : NULL,
		.process = &j->process,
		.joins = joins,
		.code = CTRNET_SYSTEM_ERROR,
	};
	int ret = check_program(err);

	if (ret == 0) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		ret = container_exec(&request, exit_code, err);
	}
	*code = request.code;
	return ret;
}

static int supervise(const struct ctrnet_factory *f, const struct ctrnet_config *config,
		     const struct ctrnet_exec_options *o, struct job *j, int *exit_code,
		     struct ctrnet_error *error)
{
	_cleanup_(spec_names_release) struct spec_names stored = { 0 };
	const struct spec_names *names = config ? &config->names : &stored;
	struct spec_names_watch watch;
	struct manners before;
	struct err err = { 0 };
	enum ctrnet_code code;
	int status = 0, ret;

	if (!o->last_call)
		remember(&before);
	/* Now, since the container may be gone with what fails. */
	if (!config)
		store_peek_names(f->root, j->id, &stored);
	spec_names_watch(&watch, names);
	ret = run(f, j, config, o->join_only, &code, &status, &err);
	spec_names_unwatch(&watch);
	if (!o->last_call)
		restore(&before);
	if (ret < 0)
		return api_fail_named(error, code, names, &err);
	*exit_code = status;
	return 0;
}

int ctrnet_exec(struct ctrnet_factory *factory, const char *id, struct ctrnet_config *config,
		const struct ctrnet_exec_options *options, int *exit_code,
		struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	_cleanup_(job_release) struct job job = { 0 };
	int ret = take_options(&o, options, error);

	if (ret < 0)
		return ret;
	if (config)
		job.spec = take_struct(config->spec);
	ret = plan_job(factory, id, config, &o, &job, error);
	return ret == 0 ? supervise(factory, config, &o, &job, exit_code, error) : ret;
}

/* --- The plan of it --- */

static int make_plan(struct job *j, struct scope *scope, struct build *b, struct err *err)
{
	int ret = build_plan(b, &j->spec, scope, err);

	if (ret < 0 || !j->beside)
		return ret;
	ret = beside_plan(j->bundle, &j->spec, &b->plan, err);
	if (ret < 0)
		build_release(b);
	return ret;
}

static int show_plan(struct job *j, struct scope *scope, char **plan, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct build build;
	size_t len;
	FILE *out;
	int ret = make_plan(j, scope, &build, err);

	if (ret < 0)
		return ret;
	out = open_memstream(&text, &len);
	if (out)
		build_show(&build, &j->spec, out);
	build_release(&build);
	if (!out || fclose(out) != 0)
		return err_oom(err);
	*plan = take_ptr(text);
	return 0;
}

static int show_job(const struct ctrnet_factory *f, struct job *j, char **plan, struct err *err)
{
	_cleanup_(store_close) struct store store = { .fd = -1 };
	struct scope scope = { 0 };
	uint64_t netns;
	int ret = host_netns(&netns, err);

	if (ret == 0)
		ret = store_name(&store, f->root, j->id, err);
	if (ret < 0)
		return ret;
	spec_set_process(&j->spec, &j->process);
	ret = labels_settle(&j->spec, err);
	if (ret == 0)
		ret = store_scope(&store, netns, &scope, err);
	scope.dry = true;
	if (ret == 0)
		ret = show_plan(j, &scope, plan, err);
	scope_release(&scope);
	return ret;
}

int ctrnet_exec_plan(struct ctrnet_factory *factory, const char *id,
		     const struct ctrnet_config *config, const struct ctrnet_exec_options *options,
		     char **plan, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&factory->options);
	struct ctrnet_exec_options o = CTRNET_EXEC_OPTIONS_INIT;
	_cleanup_(job_release) struct job job = { 0 };
	struct spec_names_watch watch;
	struct err err = { 0 };
	int ret = take_options(&o, options, error);

	if (ret < 0)
		return ret;
	if (!config) {
		err_set(&err, -EINVAL, "a config, of which there is a plan, is missing");
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	}
	if (spec_copy(&job.spec, &config->spec, &err) < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	ret = plan_job(factory, id, config, &o, &job, error);
	if (ret < 0)
		return ret;
	spec_names_watch(&watch, &config->names);
	ret = show_job(factory, &job, plan, &err);
	spec_names_unwatch(&watch);
	return ret < 0 ? api_fail_named(error, CTRNET_SYSTEM_ERROR, &config->names, &err) : 0;
}
