// SPDX-License-Identifier: Apache-2.0
#include "cmd/cmd.h"
#include "cmd/show.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

struct options {
	bool help;
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_OPTIONS_END,
};

const char *show_owner(uid_t uid, char *buf, size_t size)
{
	const struct passwd *p = getpwuid(uid);

	if (p)
		snprintf(buf, size, "%s", p->pw_name);
	else
		snprintf(buf, size, "%u", uid);
	return buf;
}

void show_container(struct json_writer *w, const struct state *state, enum status status, bool full)
{
	bool runs = status == STATUS_RUNNING;
	char owner[64];

	json_write_begin(w, NULL, '{');
	json_write_string(w, "id", state->id);
	json_write_string(w, "status", status_name(status));
	json_write_int(w, "pid", runs ? state->init.pid : 0);
	if (full && runs)
		json_write_uint(w, "start_time", state->init.start);
	json_write_string(w, "bundle", state->bundle);
	json_write_string(w, "rootfs", state->spec.rootfs.path);
	json_write_string(w, "created", state->created);
	json_write_string(w, "owner", show_owner(state->owner, owner, sizeof(owner)));
	if (full) {
		json_write_object(w, "cgroup", &cgroup_place_schema, &state->cgroup);
		json_write_object(w, "config", &spec_schema, &state->spec);
	}
	json_write_end(w);
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	struct options o = { 0 };
	int at = command_options(&cmd_state, &o, argc, argv, err);
	_cleanup_(state_release) struct state state = { 0 };
	struct json_writer *w;
	enum status status;
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	if (at + 1 != argc)
		return usage_error(&cmd_state, err, "expected one ID");
	ret = store_peek(globals->root, argv[at], &state, &status, err);
	if (ret < 0)
		return err_wrap(err, "state");
	w = json_writer_new(stdout, true);
	if (!w)
		return err_oom(err);
	show_container(w, &state, status, true);
	ret = json_writer_end(w, err);
	putchar('\n');
	return ret;
}

const struct command cmd_state = {
	.name = "state",
	.args = "ID",
	.summary = "show a container's state as JSON, its config included",
	.options = options,
	.failure = 1,
	.run = run,
};
