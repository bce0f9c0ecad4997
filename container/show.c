// SPDX-License-Identifier: Apache-2.0
#include "container/show.h"

#include "lib/user.h"

void show_container(struct json_writer *w, const struct state *state, enum ctrnet_status status)
{
	bool runs = state_runs(status);
	char owner[64];

	json_writer_hide(w);
	json_write_begin(w, NULL, '{');
	json_write_string(w, "id", state->id);
	json_write_string(w, "status", ctrnet_status_string(status));
	json_write_int(w, "pid", runs ? state->init.pid : 0);
	if (runs)
		json_write_uint(w, "start_time", state->init.start);
	json_write_string(w, "bundle", state->bundle);
	json_write_string(w, "rootfs", state->spec.rootfs.path);
	json_write_string(w, "created", state->created);
	json_write_string(w, "owner", user_name(state->owner, owner, sizeof(owner)));
	json_write_object(w, "cgroup", &cgroup_place_schema, &state->cgroup);
	json_write_object(w, "config", &spec_schema, &state->spec);
	json_write_end(w);
}
