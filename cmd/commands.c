// SPDX-License-Identifier: Apache-2.0
/*
 * The tables that the program, its manuals and its completions are made of, and what all commands do with theirs. main() is
 * elsewhere, so that other programs can have them.
 */
#include "cmd/cmd.h"

#include "container/ctrnet.h"
#include "lib/log.h"

#include <errno.h>
#include <string.h>

const struct command *const commands[] = {
	&cmd_exec,   &cmd_list,    &cmd_state, &cmd_ps,      &cmd_kill, &cmd_wait,   &cmd_pause,
	&cmd_resume, &cmd_unpause, &cmd_stats, &cmd_events,  &cmd_oom,  &cmd_update, &cmd_delete,
	&cmd_net,    &cmd_config,  &cmd_help,  &cmd_version, NULL,
};

static const struct option_name log_formats[] = {
	{ "text", LOG_TEXT },
	{ "json", LOG_JSON },
	{ NULL, 0 },
};

static const struct option_name cgroup_managers[] = {
	{ "cgroupfs", CTRNET_CGROUP_MANAGER_CGROUPFS },
	{ "systemd", CTRNET_CGROUP_MANAGER_SYSTEMD },
	{ "disabled", CTRNET_CGROUP_MANAGER_DISABLED },
	{ NULL, 0 },
};

const struct option_desc global_options[] = {
	CMD_HELP(struct globals),
	{ 'v', "version", NULL, "show the version", OPTION_FLAG, offsetof(struct globals, version),
	  NULL },
	{ 0, "root", "DIR", "where containers are kept (default " CMD_ROOT ")", OPTION_STRING,
	  offsetof(struct globals, root), NULL },
	{ 0, "debug", NULL, "log every step", OPTION_FLAG, offsetof(struct globals, debug), NULL },
	{ 0, "log", "FILE",
	  "append the log to FILE (default: that of the variable log, else stderr)", OPTION_STRING,
	  offsetof(struct globals, log), NULL },
	{ 0, "log-format", "text|json", "how the log is written (default text)", OPTION_ENUM,
	  offsetof(struct globals, log_format), log_formats },
	{ 0, "cgroup-manager", "cgroupfs|systemd|disabled",
	  "who makes a new container's cgroup (default cgroupfs: ctrnet itself)", OPTION_ENUM,
	  offsetof(struct globals, cgroup_manager), cgroup_managers },
	CMD_OPTIONS_END,
};

const struct command *command_by_name(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

int usage_error(const struct command *c, struct err *err, const char *what)
{
	return err_set(err, -EINVAL, "%s: %s (see 'ctrnet help %s')", c->name, what, c->name);
}

int command_options(const struct command *c, void *out, int argc, char **argv, struct err *err)
{
	int first = option_parse(c->options, out, argc - 1, argv + 1, err);

	if (first < 0)
		return err_wrap(err, "%s", c->name);
	if (*(bool *)out) {
		command_help(c, stdout);
		return -ECANCELED;
	}
	return first + 1;
}
