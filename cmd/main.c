// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * A program that was started without its first three descriptors would give their numbers to files it opens, and hand
 * those to the container.
 */
static int fill_standard_fds(struct err *err)
{
	/* open(2) gives the lowest number that is free. */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return err_sys(err, -errno, "/dev/null");
	return 0;
}

static int make_absolute(const char **path, char *buf, size_t size, struct err *err)
{
	char cwd[PATH_MAX];

	if (!*path)
		*path = CMD_ROOT;
	if (!**path)
		return err_set(err, -EINVAL, "--root: empty");
	if (**path == '/')
		return 0;
	if (!getcwd(cwd, sizeof(cwd)))
		return err_sys(err, -errno, "--root");
	if ((size_t)snprintf(buf, size, "%s/%s", cwd, *path) >= size)
		return err_sys(err, -ENAMETOOLONG, "--root: %.80s", *path);
	*path = buf;
	return 0;
}

/* The variable is nsinit's. */
static const char *log_path(const struct globals *g)
{
	const char *path = g->log ? g->log : getenv("log");

	return str_empty(path) ? NULL : path;
}

static int dispatch(struct globals *g, int argc, char **argv, int *failure, struct err *err)
{
	static char root[PATH_MAX];
	const struct command *c;
	int ret;

	if (g->version)
		return cmd_version.run(g, 1, (char *[]){ (char *)"version", NULL }, err);
	if (g->help || !argc) {
		program_help(g->help ? stdout : stderr);
		return g->help ? 0 : 1;
	}
	c = command_by_name(argv[0]);
	if (!c)
		return err_set(err, -EINVAL, "unknown command '%.40s' (see 'ctrnet help')",
			       argv[0]);
	*failure = c->failure;
	ret = make_absolute(&g->root, root, sizeof(root), err);
	if (ret == 0)
		ret = log_open(log_path(g), (enum log_format)g->log_format, g->debug, err);
	return ret < 0 ? ret : c->run(g, argc, argv, err);
}

int main(int argc, char **argv)
{
	struct globals globals = { .argv = argv };
	struct err err = { 0 };
	int failure = 1;
	int ret;

	/* Seen from inside a container that is joined, /proc/PID of ours must not be readable there (proc(5)). */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	ret = fill_standard_fds(&err);
	if (ret == 0)
		ret = option_parse(global_options, &globals, argc - 1, argv + 1, &err);
	if (ret >= 0)
		ret = dispatch(&globals, argc - 1 - ret, argv + 1 + ret, &failure, &err);
	if (ret >= 0 && (fflush(stdout) != 0 || ferror(stdout)))
		ret = err_sys(&err, errno ? -errno : -EIO, "cannot write to stdout");
	if (ret >= 0)
		return ret;
	if (log_to_file())
		log_error("%s", err.text);
	fprintf(stderr, "ctrnet: %s\n", err.text);
	return failure;
}
