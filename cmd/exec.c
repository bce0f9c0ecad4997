// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include "container/build.h"
#include "container/command.h"
#include "container/container.h"
#include "container/id.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG "container.json"

struct options {
	bool help;
	const char *config, *id, *rootfs, *user, *cwd;
	bool tty, dry_run;
	char **env;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	{ 0, "config", "FILE", "the container's config", OPTION_STRING,
	  offsetof(struct options, config), NULL },
	{ 0, "id", "ID", "the container's id (default: made of the config's path)", OPTION_STRING,
	  offsetof(struct options, id), NULL },
	{ 0, "rootfs", "DIR", "its root directory, instead of the config's", OPTION_STRING,
	  offsetof(struct options, rootfs), NULL },
	{ 't', "tty", NULL, "give the command a terminal", OPTION_FLAG,
	  offsetof(struct options, tty), NULL },
	{ 'u', "user", "USER", "run as USER[:GROUP], names or numbers", OPTION_STRING,
	  offsetof(struct options, user), NULL },
	{ 0, "cwd", "DIR", "the command's directory (default /)", OPTION_STRING,
	  offsetof(struct options, cwd), NULL },
	{ 'e', "env", "K=V", "set a variable; may be given several times", OPTION_STRINGS,
	  offsetof(struct options, env), NULL },
	{ 0, "dry-run", NULL, "show what would be done, as commands, and do nothing", OPTION_FLAG,
	  offsetof(struct options, dry_run), NULL },
	CMD_OPTIONS_END,
};

/* What the words and flags come to. */
struct plan_of_action {
	char *config; /* NULL: an existing container by its id */
	char *id;
	char *bundle;
	struct spec spec;
	struct process process;
};

static void release(struct plan_of_action *p)
{
	free(p->config);
	free(p->id);
	free(p->bundle);
	spec_release(&p->spec);
	process_release(&p->process);
}

/* The nsinit habit: --config, else $data_path, else the directory one stands in. */
static int find_config(const struct options *o, char **config, struct err *err)
{
	const char *dir = getenv("data_path");

	*config = NULL;
	if (o->config && !*o->config)
		return err_set(err, -EINVAL, "--config: empty");
	if (o->config)
		*config = strdup(o->config);
	else if (!str_empty(dir))
		*config = str_format("%s/" DEFAULT_CONFIG, dir);
	else if (file_exists(AT_FDCWD, DEFAULT_CONFIG))
		*config = strdup(DEFAULT_CONFIG);
	else
		return 0;
	return *config ? 0 : err_oom(err);
}

/* @path made absolute and freed of ".", ".." and "//" by its words alone: no symlink is followed. */
static int clean_path(const char *path, char **out, struct err *err)
{
	char cwd[PATH_MAX], made[PATH_MAX] = "";
	_cleanup_free_ char *full = NULL;
	size_t len = 0;

	if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
		return err_sys(err, -errno, "cannot tell the current directory");
	full = *path == '/' ? strdup(path) : str_format("%s/%s", cwd, path);
	if (!full)
		return err_oom(err);
	if (strlen(full) >= sizeof(made))
		return err_sys(err, -ENAMETOOLONG, "%.80s", path);
	for (char *save = NULL, *word = strtok_r(full, "/", &save); word;
	     word = strtok_r(NULL, "/", &save)) {
		if (!strcmp(word, "."))
			continue;
		if (!strcmp(word, "..")) {
			char *slash = strrchr(made, '/');

			len = slash ? (size_t)(slash - made) : 0;
			made[len] = '\0';
			continue;
		}
		len += (size_t)snprintf(made + len, sizeof(made) - len, "/%s", word);
	}
	*out = strdup(len ? made : "/");
	return *out ? 0 : err_oom(err);
}

static int find_bundle(struct plan_of_action *p, struct err *err)
{
	_cleanup_free_ char *real = realpath(p->config, NULL);
	char *slash;

	if (!real)
		return err_sys(err, -errno, "%s", p->config);
	slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	p->bundle = take_ptr(real);
	return 0;
}

/* --rootfs, else the config's, else the directory of a container.json. */
static int choose_rootfs(const struct options *o, struct plan_of_action *p, struct err *err)
{
	char *given = p->spec.rootfs.path;

	if (!o->rootfs && !str_empty(given))
		return 0;
	if (o->rootfs && !*o->rootfs)
		return err_set(err, -EINVAL, "--rootfs: empty");
	if (!o->rootfs && strcmp(basename(p->config), DEFAULT_CONFIG))
		return err_set(err, -EINVAL, "%s: rootfs: missing (or give --rootfs)", p->config);
	p->spec.rootfs.path = NULL;
	free(given);
	return clean_path(o->rootfs ? o->rootfs : p->bundle, &p->spec.rootfs.path, err);
}

static int read_config(const struct options *o, struct plan_of_action *p, struct err *err)
{
	int ret = spec_load(&p->spec, p->config, err);

	if (ret == 0)
		ret = find_bundle(p, err);
	if (ret == 0)
		ret = choose_rootfs(o, p, err);
	if (ret == 0 && spec_prepare(&p->spec, err) < 0)
		ret = err_wrap(err, "%s", p->config);
	if (ret == 0 && o->id && !(p->id = strdup(o->id)))
		ret = err_oom(err);
	if (ret == 0 && !p->id)
		ret = id_derive(p->config, &p->id, err);
	return ret;
}

/* The environment before --env: what a login would find, as nsinit gave it. */
static int start_env(struct plan_of_action *p, const struct options *o, struct err *err)
{
	const char *term = getenv("TERM");
	_cleanup_free_ char *name =
		str_format("HOSTNAME=%s", p->spec.hostname ? p->spec.hostname : "");
	_cleanup_free_ char *term_word =
		str_format("TERM=%s", o->tty && !str_empty(term) ? term : "xterm");

	if (!name || !term_word || strv_add(&p->process.env, "PATH=" COMMAND_PATH) < 0 ||
	    strv_add(&p->process.env, term_word) < 0 ||
	    (!str_empty(p->spec.hostname) && strv_add(&p->process.env, name) < 0))
		return err_oom(err);
	return 0;
}

static int describe_process(struct plan_of_action *p, const struct options *o, char **argv,
			    struct err *err)
{
	int ret = start_env(p, o, err);

	for (char **e = o->env; ret == 0 && e && *e; e++) {
		ret = command_check_env(*e, err);
		if (ret == 0 && strv_add(&p->process.env, *e) < 0)
			ret = err_oom(err);
	}
	if (ret < 0)
		return ret;
	if (o->cwd && *o->cwd != '/')
		return err_set(err, -EINVAL, "--cwd: '%.200s' is not an absolute path", o->cwd);
	p->process.terminal = o->tty;
	if (strv_copy(&p->process.args, argv) < 0 ||
	    (o->user && !(p->process.user = strdup(o->user))) ||
	    (o->cwd && !(p->process.cwd = strdup(o->cwd))))
		return err_oom(err);
	return 0;
}

/* With a config it is `exec CMD`, else `exec ID CMD`. */
static int decide(struct plan_of_action *p, const struct options *o, int argc, char **argv,
		  struct err *err)
{
	int ret = find_config(o, &p->config, err);

	if (ret == 0 && p->config) {
		ret = argc ? read_config(o, p, err)
			   : usage_error(&cmd_exec, err, "expected a command");
	} else if (ret == 0) {
		const char *id = o->id ? o->id : argc ? *argv++ : NULL;

		if (!id)
			return usage_error(&cmd_exec, err,
					   "expected --config FILE, or the ID of a container");
		if (!*argv)
			return usage_error(&cmd_exec, err, "expected a command");
		p->id = strdup(id);
		ret = p->id ? id_check(id, err) : err_oom(err);
	}
	return ret == 0 ? describe_process(p, o, argv, err) : ret;
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
	ret = store_scope(&store, netns, &scope, err);
	if (ret == 0)
		ret = build_plan(&build, &p->spec, &scope, err);
	if (ret == 0) {
		build_show(&build, &p->spec, stdout);
		build_release(&build);
	}
	scope_release(&scope);
	store_close(&store);
	return ret;
}

static int execute(const struct globals *g, struct plan_of_action *p, struct err *err)
{
	struct exec_request request = {
		.root = g->root,
		.id = p->id,
		.bundle = p->bundle,
		.spec = p->config ? &p->spec : NULL,
		.process = &p->process,
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
	struct options o = { 0 };
	int at = command_options(&cmd_exec, &o, argc, argv, err);
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = decide(&p, &o, argc - at, argv + at, err);
	if (ret == 0 && o.dry_run && !p.config)
		ret = err_set(err, -EINVAL, "--dry-run: needs a config");
	if (ret == 0)
		ret = o.dry_run ? show(globals, &p, err) : execute(globals, &p, err);
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
		"The exit status is the command's, or 128 + the signal that ended it; 255 if ctrnet itself failed.\n",
	.options = options,
	.failure = 255,
	.run = run,
};
