// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/create.h"
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	bool help;
	const char *config, *id, *rootfs;
	bool dry_run, list, ignore_missing_lsm, tty;
	const char *user, *cwd, *preserve_fds, *func;
	char **env;
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
	  offsetof(struct options, tty), NULL },
	{ 'u', "user", "USER", "run as USER[:GROUP], names or numbers", OPTION_STRING,
	  offsetof(struct options, user), NULL },
	{ 0, "cwd", "DIR", "the command's directory (default /)", OPTION_STRING,
	  offsetof(struct options, cwd), NULL },
	{ 'e', "env", "K=V", "set a variable; may be given several times", OPTION_STRINGS,
	  offsetof(struct options, env), NULL },
	{ 0, "preserve-fds", "N", "hand it N more descriptors of the caller's, from 3 on",
	  OPTION_STRING, offsetof(struct options, preserve_fds), NULL },
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
	char *path; /* of the config; NULL: there is none */
	struct ctrnet_config
		*config; /* of that, or of flags; NULL: it is an existing container by its id */
	const char *id;  /* NULL: made of the config's origin */
	struct ctrnet_factory *factory;
	struct ctrnet_exec_options options;
};

static void release(struct plan_of_action *p)
{
	free(p->path);
	ctrnet_config_free(p->config);
	ctrnet_factory_close(p->factory);
}

/* --- What is executed in what --- */

static int read_config(const struct options *o, struct plan_of_action *p, struct err *err)
{
	struct ctrnet_error error;

	if (ctrnet_config_load_logged(&p->config, p->path, library_log, NULL, &error) < 0)
		return library_error(&error, err);
	if (o->rootfs && !*o->rootfs)
		return err_set(err, -EINVAL, "--rootfs: empty");
	if (o->rootfs && ctrnet_config_set_rootfs(p->config, o->rootfs, &error) < 0)
		return library_error(&error, err);
	return library_check_rootfs(p->config, err);
}

/* One that is about the making of a container. --cgroup can be about a process that joins, too. */
static const struct option_desc *making_flag(const struct options *o)
{
	struct create_flags others = o->create;

	others.cgroup = false;
	return option_given(create_options, &others);
}

/* --cgroup alone makes a container, except where the id of one that is there says which one is joined. */
static bool names_container(const struct plan_of_action *p, const char *id)
{
	bool names = false;
	char **ids;

	/* Who may not look makes none either, and may see the plan of one. */
	if (!id || ctrnet_container_list(p->factory, &ids, NULL) < 0)
		return false;
	for (char **found = ids; *found && !names; found++)
		names = !strcmp(*found, id);
	ctrnet_strings_free(ids);
	return names;
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

static int find_config(const struct options *o, struct plan_of_action *p, struct err *err)
{
	struct ctrnet_error error;

	if (o->config && !*o->config)
		return err_set(err, -EINVAL, "--config: empty");
	return ctrnet_config_find(o->config, &p->path, &error) < 0 ? library_error(&error, err) : 0;
}

/* Do flags make a container, in the place of a config? */
static bool flags_make(const struct options *o, const struct plan_of_action *p, const char *word)
{
	return o->rootfs || making_flag(o) ||
	       (o->create.cgroup && !names_container(p, o->id ? o->id : word));
}

/* *@words is how many words are none of the command's. */
static int choose_container(struct plan_of_action *p, const struct options *o, char **argv,
			    int *words, struct err *err)
{
	int ret = find_config(o, p, err);

	*words = 0;
	p->id = o->id;
	if (ret < 0)
		return ret;
	if (p->path) {
		ret = check_no_flags(o, p->path, err);
		return ret == 0 ? read_config(o, p, err) : ret;
	}
	if (flags_make(o, p, *argv))
		return create_config(&o->create, o->rootfs, NULL, &p->config, err);
	if (!p->id && !*argv)
		return usage_error(&cmd_exec, err,
				   "expected --config FILE, or the ID of a container");
	*words = !p->id;
	p->id = p->id ? p->id : *argv;
	return 0;
}

/* The caller's, which came through our execve(2): ours are all closed by one. */
static int read_preserve_fds(const char *text, unsigned int *n, struct err *err)
{
	unsigned long long value = 0;

	if (text && str_to_u64(text, CTRNET_PRESERVE_FDS_MAX, &value) < 0)
		return err_set(err, -EINVAL, "--preserve-fds: '%.40s' is not a number from 0 to %d",
			       text, CTRNET_PRESERVE_FDS_MAX);
	*n = (unsigned int)value;
	return 0;
}

static int describe_process(const struct options *o, struct plan_of_action *p, char **argv,
			    struct err *err)
{
	struct ctrnet_exec_options *to = &p->options;

	to->args = (const char *const *)argv;
	to->env = (const char *const *)o->env;
	to->user = o->user;
	to->cwd = o->cwd;
	to->tty = o->tty;
	to->function = o->func;
	to->cgroup = o->create.cgroup;
	to->join_only = o->create.cgroup && (p->path || !p->config);
	to->last_call = true;
	return read_preserve_fds(o->preserve_fds, &to->preserve_fds, err);
}

static int decide(const struct globals *g, struct plan_of_action *p, const struct options *o,
		  char **argv, struct err *err)
{
	struct ctrnet_factory_options all = library_options(g);
	struct ctrnet_error error;
	int words, ret;

	all.ignore_missing_lsm = o->ignore_missing_lsm;
	if (ctrnet_factory_open(&p->factory, g->root, &all, &error) < 0)
		return library_error(&error, err);
	ret = choose_container(p, o, argv, &words, err);
	return ret == 0 ? describe_process(o, p, argv + words, err) : ret;
}

/* --- What is said, by its flags --- */

static const struct {
	const char *member, *flag;
} members[] = {
	{ "function: ", "--func: " },
	{ "cwd: ", "--cwd: " },
	{ "preserve_fds: ", "--preserve-fds: " },
};

/* A member of struct ctrnet_exec_options is a flag here, but for the words. */
static void name_flag(struct err *err)
{
	if (str_starts(err->text, "args: "))
		usage_error(&cmd_exec, err, "expected a command");
	for (size_t i = 0; i < array_size(members); i++)
		if (str_starts(err->text, members[i].member)) {
			err_set(err, err->code, "%s%s", members[i].flag,
				err->text + strlen(members[i].member));
			return;
		}
}

static int explain(const struct plan_of_action *p, const struct ctrnet_error *error,
		   struct err *err)
{
	library_error(error, err);
	if (error->code == CTRNET_CONFIG_INVALID) {
		name_flag(err);
		if (p->config && !p->path)
			create_name_flag(err);
	}
	if (error->code == CTRNET_ID_IN_USE)
		return err_append(err, " (--id gives another one an id of its own)");
	if (error->code == CTRNET_CONTAINER_NOT_RUNNING && p->options.join_only)
		return err_wrap(err, "--cgroup");
	if (error->number == -EPERM && geteuid() != 0)
		return err_append(err, " (--dry-run need not)");
	return err->code;
}

/* --- */

static int show(struct plan_of_action *p, struct err *err)
{
	_cleanup_free_ char *plan = NULL;
	struct ctrnet_error error;

	if (!p->config)
		return err_set(err, -EINVAL, "--dry-run: needs a config, or flags in its place");
	if (p->options.join_only)
		return err_set(
			err, -EINVAL,
			"--dry-run: shows how a container is made, and with a config --cgroup "
			"is for a process that joins one");
	if (ctrnet_exec_plan(p->factory, p->id, p->config, &p->options, &plan, &error) < 0)
		return explain(p, &error, err);
	fputs(plan, stdout);
	return 0;
}

static int execute(struct plan_of_action *p, struct err *err)
{
	struct ctrnet_error error;
	int code;

	if (ctrnet_exec(p->factory, p->id, p->config, &p->options, &code, &error) < 0)
		return explain(p, &error, err);
	return code;
}

static int list_functions(void)
{
	const struct ctrnet_function *f;

	printf("%-10s%s\n", "NAME", "USAGE");
	for (size_t i = 0; (f = ctrnet_function_at(i)); i++)
		printf("%-10s%s%s%s\n", f->name, f->args, *f->args ? ": " : "", f->summary);
	return 0;
}

/* First of all; without the rights for it, nothing will be executed in a container either. */
static int protect(const struct globals *g, const struct options *o, struct err *err)
{
	struct ctrnet_error error;

	if (o->dry_run || geteuid() != 0 || ctrnet_protect_program(g->argv, &error) == 0)
		return 0;
	return library_error(&error, err);
}

static int run_options(const struct globals *g, const struct options *o, char **argv,
		       struct err *err)
{
	_cleanup_(release) struct plan_of_action p = { .options = CTRNET_EXEC_OPTIONS_INIT };
	int ret = protect(g, o, err);

	if (ret == 0)
		ret = decide(g, &p, o, argv, err);
	if (ret < 0)
		return ret;
	return o->dry_run ? show(&p, err) : execute(&p, err);
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_exec, &o, argc, argv, err);
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = o.list ? list_functions() : run_options(globals, &o, argv + at, err);
	option_release(options, &o);
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
