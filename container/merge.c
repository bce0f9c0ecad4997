// SPDX-License-Identifier: Apache-2.0
#include "container/merge.h"

#include "container/command.h"
#include "container/ctrnet.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add_pair(char ***env, const char *name, const char *value, struct err *err)
{
	_cleanup_free_ char *word = str_format("%s=%s", name, value);

	return !word || strv_add(env, word) < 0 ? err_oom(err) : 0;
}

/* What a login would find, as nsinit gave it. */
static int add_login(char ***env, const char *hostname, bool tty, struct err *err)
{
	const char *term = getenv("TERM");
	int ret = add_pair(env, "PATH", COMMAND_PATH, err);

	if (ret == 0)
		ret = add_pair(env, "TERM", tty && !str_empty(term) ? term : "xterm", err);
	if (ret == 0 && !str_empty(hostname))
		ret = add_pair(env, "HOSTNAME", hostname, err);
	return ret;
}

static int check_env(char *const *env, const char *key, struct err *err)
{
	for (; env && *env; env++)
		if (command_check_env(*env, err) < 0)
			return key ? err_wrap(err, "%s", key) : err->code;
	return 0;
}

/* A config that has an environment has all of it. */
static int merge_env(struct process *p, const struct spec *spec, const struct process_flags *flags,
		     struct err *err)
{
	int ret = check_env(p->env, "environment", err);

	if (ret == 0 && !p->env)
		ret = add_login(&p->env, spec->hostname, p->terminal, err);
	if (ret == 0)
		ret = check_env(flags->env, NULL, err);
	for (char **e = flags->env; ret == 0 && e && *e; e++)
		if (strv_add(&p->env, *e) < 0)
			ret = err_oom(err);
	return ret;
}

static int replace(char **member, const char *value, struct err *err)
{
	if (!value)
		return 0;
	free(*member);
	*member = strdup(value);
	return *member ? 0 : err_oom(err);
}

/* The formats of 2014 changed to a relative one from the container's root. */
static int merge_cwd(struct process *p, const char *given, struct err *err)
{
	char *absolute;

	if (given && *given != '/')
		return err_set(err, -EINVAL, "cwd: '%.200s' is not an absolute path", given);
	if (given || str_empty(p->cwd) || *p->cwd == '/')
		return replace(&p->cwd, given, err);
	absolute = str_format("/%s", p->cwd);
	free(p->cwd);
	p->cwd = absolute;
	return absolute ? 0 : err_oom(err);
}

static int merge_args(struct process *p, char *const *argv, struct err *err)
{
	if (!*argv)
		return 0;
	strv_free(p->args);
	p->args = NULL;
	return strv_copy(&p->args, argv) < 0 ? err_oom(err) : 0;
}

/* The caller's, which came through our execve(2): ours are all closed by one. */
static int check_open(int fd, struct err *err)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || flags & FD_CLOEXEC)
		return err_set(err, -EBADF, "preserve_fds: descriptor %d is not open", fd);
	return 0;
}

static int merge_fds(struct process *p, unsigned int n, struct err *err)
{
	int ret = 0;

	if (n > CTRNET_PRESERVE_FDS_MAX)
		return err_set(err, -EINVAL, "preserve_fds: %u is more than %d", n,
			       CTRNET_PRESERVE_FDS_MAX);
	p->preserve_fds = n;
	for (int i = 0; i < (int)n && ret == 0; i++)
		ret = check_open(STDERR_FILENO + 1 + i, err);
	return ret;
}

int process_merge(struct spec *spec, const struct process_flags *flags, char *const *argv,
		  struct process *out, struct err *err)
{
	struct process p = take_struct(spec->process);
	int ret;

	p.terminal |= flags->tty;
	ret = merge_env(&p, spec, flags, err);
	if (ret == 0)
		ret = merge_cwd(&p, flags->cwd, err);
	if (ret == 0)
		ret = replace(&p.user, flags->user, err);
	if (ret == 0)
		ret = merge_args(&p, argv, err);
	if (ret == 0)
		ret = merge_fds(&p, flags->preserve_fds, err);
	if (ret < 0)
		process_release(&p);
	else
		*out = p;
	return ret;
}
