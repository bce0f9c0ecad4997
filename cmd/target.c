// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void library_log(void *arg, enum ctrnet_log_level level, const char *line)
{
	(void)arg;
	switch (level) {
	case CTRNET_LOG_DEBUG:
		log_debug("%s", line);
		break;
	case CTRNET_LOG_WARNING:
		log_warn("%s", line);
		break;
	case CTRNET_LOG_ERROR:
		log_error("%s", line);
		break;
	}
}

struct ctrnet_factory_options library_options(const struct globals *globals)
{
	struct ctrnet_factory_options options = CTRNET_FACTORY_OPTIONS_INIT;

	options.log = library_log;
	options.cgroup_manager = (enum ctrnet_cgroup_manager)globals->cgroup_manager;
	options.one_thread = true;
	return options;
}

int library_open(const struct globals *globals, struct ctrnet_factory **factory, struct err *err)
{
	struct ctrnet_factory_options options = library_options(globals);
	struct ctrnet_error error;

	if (ctrnet_factory_open(factory, globals->root, &options, &error) < 0)
		return library_error(&error, err);
	return 0;
}

void library_close(struct ctrnet_factory **factory)
{
	ctrnet_factory_close(*factory);
}

int library_error(const struct ctrnet_error *error, struct err *err)
{
	return err_set(err, error->number, "%s", error->text);
}

int library_fail(const struct command *c, const struct ctrnet_error *error, struct err *err)
{
	return err_set(err, error->number, "%s: %s", c->name, error->text);
}

int library_check_rootfs(const struct ctrnet_config *config, struct err *err)
{
	struct ctrnet_error error;

	if (ctrnet_config_rootfs(config) || ctrnet_config_check(config, &error) == 0)
		return 0;
	library_error(&error, err);
	return err_append(err, " (or give --rootfs)");
}

static int of_directory(const struct command *c, char **id, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct ctrnet_error error;

	if (ctrnet_config_find(NULL, &path, &error) < 0)
		return library_fail(c, &error, err);
	if (!path)
		return usage_error(c, err, "expected an ID, or a directory with a container.json");
	return ctrnet_config_id(path, id, &error) < 0 ? library_fail(c, &error, err) : 0;
}

int target_id(const struct command *c, const char *given, char **id, struct err *err)
{
	if (!given)
		return of_directory(c, id, err);
	*id = strdup(given);
	return *id ? 0 : err_oom(err);
}

int target_open(const struct command *c, const struct globals *globals, const char *id_option,
		int argc, char **argv, int *at, struct ctrnet_container **container,
		struct err *err)
{
	const char *given = id_option ? id_option : *at < argc ? argv[(*at)++] : NULL;
	_cleanup_(library_close) struct ctrnet_factory *factory = NULL;
	_cleanup_free_ char *id = NULL;
	struct ctrnet_error error;
	int ret = target_id(c, given, &id, err);

	if (ret == 0)
		ret = library_open(globals, &factory, err);
	if (ret == 0 && ctrnet_container_load(factory, id, container, &error) < 0)
		ret = library_fail(c, &error, err);
	return ret;
}

int target_only(const struct command *c, const struct globals *globals, const char *id_option,
		int argc, char **argv, int at, struct ctrnet_container **container, struct err *err)
{
	if (at + !id_option < argc)
		return usage_error(c, err, "expected one ID");
	return target_open(c, globals, id_option, argc, argv, &at, container, err);
}

void target_close(struct ctrnet_container **container)
{
	ctrnet_container_free(*container);
}

const struct option_desc target_options[] = {
	CMD_HELP(struct target_options),
	CMD_ID(struct target_options),
	CMD_OPTIONS_END,
};

int target_run(const struct command *c, const struct globals *globals, int argc, char **argv,
	       int (*call)(struct ctrnet_container *container, struct ctrnet_error *error),
	       struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	struct target_options o = { 0 };
	int at = command_options(c, &o, argc, argv, err);
	struct ctrnet_error error;
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = target_only(c, globals, o.id, argc, argv, at, &container, err);
	if (ret < 0)
		return ret;
	return call(container, &error) < 0 ? library_fail(c, &error, err) : 0;
}
