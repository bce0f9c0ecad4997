// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>

struct options {
	bool help;
	const char *id;
	bool force;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 'f', "force", NULL, "kill it first if it runs; an ID that does not exist is fine",
	  OPTION_FLAG, offsetof(struct options, force), NULL },
	CMD_OPTIONS_END,
};

/* All are tried; the first failure is the command's. */
static int delete_all(struct ctrnet_factory *factory, char *const *ids, bool force, struct err *err)
{
	int first = 0;

	for (; *ids; ids++) {
		struct ctrnet_error error;
		int ret = ctrnet_factory_destroy(factory, *ids, force, &error);

		if (ret == 0 || (error.code == CTRNET_CONTAINER_NOT_EXISTS && force))
			continue;
		if (first < 0)
			log_warn("delete: %s", error.text);
		else
			first = library_fail(&cmd_delete, &error, err);
	}
	return first;
}

/* By --id, or by the directory. */
static int delete_one(struct ctrnet_factory *factory, const struct options *o, struct err *err)
{
	_cleanup_free_ char *id = NULL;
	int ret = target_id(&cmd_delete, o->id, &id, err);

	return ret < 0 ? ret : delete_all(factory, (char *[]){ id, NULL }, o->force, err);
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(library_close) struct ctrnet_factory *factory = NULL;
	struct options o = { 0 };
	int at = command_options(&cmd_delete, &o, argc, argv, err);
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (o.id && at < argc)
		return usage_error(&cmd_delete, err, "expected one ID");
	ret = library_open(globals, &factory, err);
	if (ret < 0)
		return ret;
	return at < argc ? delete_all(factory, argv + at, o.force, err)
			 : delete_one(factory, &o, err);
}

const struct command cmd_delete = {
	.name = "delete",
	.args = "[-f|--force] [ID...]",
	.summary = "remove what is left of a container, all that was made for it included",
	.text = "A container removes itself when its first process ends. delete is for one whose ctrnet was killed,\n"
		"or, with --force, for one that still runs.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
