// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/create.h"

#include "container/beside.h"
#include "container/build.h"
#include "container/container.h"
#include "container/find.h"
#include "container/function.h"
#include "container/id.h"
#include "container/labels.h"
#include "container/merge.h"
#include "container/names.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "ns/self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	bool help;
	const char *config, *id, *rootfs, *func;
	bool dry_run, list, ignore_missing_lsm;
	struct process_flags process;
	struct create_flags create;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	{ 0, "config", "FILE", "the container's config", OPTION_STRING,
	  offsetof(struct options, config), NULL },
	{ 0, "id", "ID", "the container's id (default: made of the config's path)", OPTION_STRING,
	  offsetof(struct options, id), NULL },
	{ 0, "rootfs", "DIR",
	  "its root directory, instead of the config's; without one, the current directory",
	  OPTION_STRING, offsetof(struct options, rootfs), NULL },
	{ 't', "tty", NULL, "give the command a terminal", OPTION_FLAG,
	  offsetof(struct options, process.tty), NULL },
	{ 'u', "user", "USER", "run as USER[:GROUP], names or numbers", OPTION_STRING,
	  offsetof(struct options, process.user), NULL },
	{ 0, "cwd", "DIR", "the command's directory (default /)", OPTION_STRING,
	  offsetof(struct options, process.cwd), NULL },
	{ 'e', "env", "K=V", "set a variable; may be given several times", OPTION_STRINGS,
	  offsetof(struct options, process.env), NULL },
	{ 0, "preserve-fds", "N", "hand it N more descriptors of the caller's, from 3 on",
	  OPTION_STRING, offsetof(struct options, process.preserve_fds), NULL },
	{ 0, "ignore-missing-lsm", NULL,
	  "go on without AppArmor or SELinux where the kernel has none", OPTION_FLAG,
	  offsetof(struct options, ignore_missing_lsm), NULL },
	{ 0, "dry-run", NULL, "show what would be done, as commands, and do nothing", OPTION_FLAG,
	  offsetof(struct options, dry_run), NULL },
	{ 0, "func", "NAME", "execute a function of ctrnet's own in the container (see --list)",
	  OPTION_STRING, offsetof(struct options, func), NULL },
	{ 0, "list", NULL, "list these functions", OPTION_FLAG, offsetof(struct options, list),
	  NULL },
	{ 0, "", NULL, "Of a container without a config:", OPTION_TABLE,
	  offsetof(struct options, create), create_options },
	CMD_OPTIONS_END,
};

/* What the words and flags come to. */
struct plan_of_action {
	char *config;  /* NULL: there is none */
	bool has_spec; /* else it is an existing container by its id */
	bool joins; /* only: --cgroup with a config, or with the id of a container, is for a process that joins */
	char *id;
	char *source;        /* see id_derive(); NULL with an id that was given */
	char *real, *bundle; /* of the config: its real path, and its directory */
	bool beside;         /* it is a container.json, with the habits of one */
	enum cgroup_manager manager;
	struct spec_names names; /* what it calls its keys */
	struct spec spec;
	struct process process;
};

static void release(struct plan_of_action *p)
{
	free(p->config);
	free(p->id);
	free(p->source);
	free(p->real);
	free(p->bundle);
	spec_names_release(&p->names);
	spec_release(&p->spec);
	process_release(&p->process);
}

static int find_bundle(struct plan_of_action *p, struct err *err)
{
	char *slash;

	p->real = realpath(p->config, NULL);
	if (!p->real)
		return err_sys(err, -errno, "%s", p->config);
	p->bundle = strdup(p->real);
	if (!p->bundle)
		return err_oom(err);
	slash = strrchr(p->bundle, '/');
	p->beside = !strcmp(slash + 1, DEFAULT_CONFIG);
	slash[slash == p->bundle] = '\0';
	return 0;
}

static int choose_id(const struct options *o, const char *path, struct plan_of_action *p,
		     struct err *err)
{
	if (!o->id)
		return id_derive(path, &p->id, &p->source, err);
	p->id = strdup(o->id);
	return p->id ? 0 : err_oom(err);
}

static int read_config(const struct options *o, struct plan_of_action *p, struct err *err)
{
	int ret = spec_load_named(&p->spec, p->config, &p->names, err);

	p->spec.cgroup.manager = p->manager;
	p->names.but = o->rootfs ? "rootfs" : NULL;
	if (ret == 0)
		ret = find_bundle(p, err);
	if (ret == 0)
		ret = config_rootfs(o->rootfs, p->config, &p->spec, err);
	if (ret == 0 && spec_prepare(&p->spec, err) < 0)
		ret = err_wrap(err, "%s", p->config);
	if (ret == 0)
		ret = beside_protect(&p->spec, p->config, p->real, p->beside, err);
	return ret == 0 ? choose_id(o, p->config, p, err) : ret;
}

/* One that is about the making of a container. --cgroup can be about a process that joins, too. */
static const struct option_desc *making_flag(const struct options *o)
{
	struct create_flags others = o->create;

	others.cgroup = false;
	return option_given(create_options, &others);
}

/* --cgroup alone makes a container, except where the id of one that is there says which one is joined. */
static bool names_container(const struct globals *g, const char *id)
{
	_cleanup_free_ char *path = id && id_check(id, NULL) == 0 ? str_format("%s/%s", g->root, id)
								  : NULL;

	return path && file_exists(AT_FDCWD, path);
}

/* The config says what the container is; the flags would have to change it in places that only look alike. */
static int check_no_flags(const struct options *o, const char *config, struct err *err)
{
	const struct option_desc *given = making_flag(o);

	if (!given)
		return 0;
	return err_set(err, -EINVAL, "--%s is for a container without a config, and here %s is one",
		       given->name, config);
}

static int read_flags(const struct options *o, struct plan_of_action *p, struct err *err)
{
	int ret = create_spec(&o->create, o->rootfs, &p->spec, err);

	p->spec.cgroup.manager = p->manager;
	if (ret == 0)
		ret = spec_prepare(&p->spec, err);
	if (ret == 0 && choose_id(o, p->spec.rootfs.path, p, err) < 0)
		ret = err_wrap(err, "--rootfs");
	return ret;
}

/* A function's name stands before its arguments, as a program's does. */
static int name_function(const struct function *f, char *const *args, char ***argv, struct err *err)
{
	int ret = f->check(args, err);

	if (ret == 0 && strv_add(argv, f->name) < 0)
		ret = err_oom(err);
	for (; ret == 0 && *args; args++)
		if (strv_add(argv, *args) < 0)
			ret = err_oom(err);
	return ret;
}

static int describe_process(const struct options *o, struct plan_of_action *p, char **argv,
			    struct err *err)
{
	_cleanup_(strv_cleanup) char **named = NULL;
	const struct function *function = functions;
	int ret = o->func ? function_find(o->func, &function, err) : 0;

	if (ret < 0)
		return err_wrap(err, "--func");
	if (function->run)
		ret = name_function(function, argv, &named, err);
	if (ret == 0)
		ret = process_merge(&p->spec, &o->process, named ? named : argv, &p->process, err);
	if (ret < 0)
		return ret;
	p->process.function = function->run ? function : NULL;
	p->process.nested = o->create.cgroup;
	if (!p->process.args || !*p->process.args)
		return usage_error(&cmd_exec, err, "expected a command");
	return 0;
}

/* With a config, or with flags in its place, it is `exec CMD`, else `exec ID CMD`. */
static int decide(const struct globals *g, struct plan_of_action *p, const struct options *o,
		  int argc, char **argv, struct err *err)
{
	int ret = o->config && !*o->config ? err_set(err, -EINVAL, "--config: empty")
					   : config_find(o->config, &p->config, err);

	if (ret < 0)
		return ret;
	p->has_spec = p->config || o->rootfs || making_flag(o) ||
		      (o->create.cgroup && !names_container(g, o->id || !argc ? o->id : *argv));
	p->joins = o->create.cgroup && (p->config || !p->has_spec);
	if (p->config) {
		ret = check_no_flags(o, p->config, err);
		if (ret == 0)
			ret = read_config(o, p, err);
	} else if (p->has_spec) {
		ret = read_flags(o, p, err);
	} else {
		const char *id = o->id ? o->id : argc ? *argv++ : NULL;

		if (!id)
			return usage_error(&cmd_exec, err,
					   "expected --config FILE, or the ID of a container");
		p->id = strdup(id);
		ret = p->id ? id_check(id, err) : err_oom(err);
	}
	p->spec.ignore_missing_lsm = p->spec.ignore_missing_lsm || o->ignore_missing_lsm;
	return ret == 0 ? describe_process(o, p, argv, err) : ret;
}

static int show(const struct globals *g, struct plan_of_action *p, struct err *err)
{
	struct scope scope = { 0 };
	struct build build;
	struct store store;
	uint64_t netns;
	int ret = host_netns(&netns, err);

	if (ret == 0)
		ret = store_name(&store, g->root, p->id, err);
	if (ret < 0)
		return ret;
	spec_set_process(&p->spec, &p->process);
	ret = labels_settle(&p->spec, err);
	if (ret == 0)
		ret = store_scope(&store, netns, &scope, err);
	if (ret == 0)
		ret = build_plan(&build, &p->spec, &scope, err);
	if (ret == 0) {
		if (p->beside)
			ret = beside_plan(p->bundle, &p->spec, &build.plan, err);
		if (ret == 0)
			build_show(&build, &p->spec, stdout);
		build_release(&build);
	}
	scope_release(&scope);
	store_close(&store);
	return ret;
}

static void list_functions(void)
{
	printf("%-10s%s\n", "NAME", "USAGE");
	for (const struct function *f = functions; f->name; f++)
		printf("%-10s%s%s%s\n", f->name, f->args, *f->args ? ": " : "", f->summary);
}

static int execute(const struct globals *g, struct plan_of_action *p, struct err *err)
{
	struct exec_request request = {
		.root = g->root,
		.id = p->id,
		.bundle = p->bundle,
		.source = p->source,
		.beside = p->beside,
		.spec = p->has_spec ? &p->spec : NULL,
		.process = &p->process,
		.joins = p->joins,
	};
	int code = 0;
	int ret;

	if (geteuid() != 0)
		return err_set(err, -EPERM, "must be run as root (--dry-run need not)");
	ret = container_exec(&request, &code, err);
	return ret < 0 ? ret : code;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(release) struct plan_of_action p = { 0 };
	struct spec_names_watch watch;
	struct options o = { 0 };
	int at = command_options(&cmd_exec, &o, argc, argv, err);
	int ret;

	p.manager = (enum cgroup_manager)globals->cgroup_manager;
	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (o.list) {
		list_functions();
		option_release(options, &o);
		return 0;
	}
	spec_names_watch(&watch, &p.names);
	/* Without the rights for it, nothing will be executed in a container either. */
	ret = o.dry_run || geteuid() != 0 ? 0 : self_protect(globals->argv, err);
	if (ret == 0)
		ret = decide(globals, &p, &o, argc - at, argv + at, err);
	if (ret == 0 && o.dry_run && !p.has_spec)
		ret = err_set(err, -EINVAL, "--dry-run: needs a config, or flags in its place");
	if (ret == 0 && o.dry_run && p.joins)
		ret = err_set(
			err, -EINVAL,
			"--dry-run: shows how a container is made, and with a config --cgroup "
			"is for a process that joins one");
	if (ret == 0)
		ret = o.dry_run ? show(globals, &p, err) : execute(globals, &p, err);
	spec_names_unwatch(&watch);
	option_release(options, &o);
	if (ret < 0)
		spec_names_apply(&p.names, err);
	if (ret < 0 && strncmp(err->text, "exec: ", 6))
		err_wrap(err, "exec");
	return ret;
}

const struct command cmd_exec = {
	.name = "exec",
	.args = "[OPTION...] [--] CMD [ARG...]\n       ctrnet exec [OPTION...] ID CMD [ARG...]",
	.summary = "run a command in a container, which is made if it does not run yet",
	.text = "With --config, with the variable data_path, or where a container.json is, the words are a command; else\n"
		"the first one is the ID of a container. If that container runs, the command joins it; else the command\n"
		"becomes its first process, and the container ends, and leaves nothing, when it does.\n\n"
		"A command that joins with --cgroup has a cgroup of its own below the container's, which goes when it has ended.\n\n"
		"Where no config is, flags describe the container instead: any of those below, or --rootfs, makes it, from what\n"
		"nsinit started without a config: namespaces of its own, loopback, the usual mounts and devices, 14 capabilities,\n"
		"1024 open files, hostname nsinit, cgroup nsinit/ID. 'ctrnet config' with the same flags writes it as a config.\n\n"
		"A config of 2014, or of the OCI's, says itself what is run, with which environment, as which user, in which\n"
		"directory, and whether on a terminal. What the command line says comes first; --env adds to the environment.\n"
		"Where neither has an environment, the command gets PATH, TERM, HOSTNAME and HOME.\n\n"
		"The exit status is the command's, or 128 + the signal that ended it; 255 if ctrnet itself failed.\n",
	.options = options,
	.failure = 255,
	.run = run,
};
