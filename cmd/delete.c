// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"

#include "container/container.h"
#include "lib/log.h"

#include <errno.h>

struct options {
	bool help;
	bool force;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	{ 'f', "force", NULL, "kill it first if it runs; an ID that does not exist is fine",
	  OPTION_FLAG, offsetof(struct options, force), NULL },
	CMD_OPTIONS_END,
};

/* All are tried; the first failure is the command's. */
static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_delete, &o, argc, argv, err);
	int first = 0;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at == argc)
		return usage_error(&cmd_delete, err, "expected an ID");
	for (; at < argc; at++) {
		struct err why = { 0 };
		int ret = container_delete(globals->root, argv[at], o.force, &why);

		if (ret == 0 || (ret == -ENOENT && o.force))
			continue;
		err_wrap(&why, "delete");
		if (first < 0)
			log_warn("%s", why.text);
		else
			first = err_set(err, ret, "%s", why.text);
	}
	return first;
}

const struct command cmd_delete = {
	.name = "delete",
	.args = "[-f|--force] ID...",
	.summary = "remove what is left of a container, all that was made for it included",
	.text = "A container removes itself when its first process ends. delete is for one whose ctrnet was killed,\n"
		"or, with --force, for one that still runs.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
