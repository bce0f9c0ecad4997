// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/show.h"
#include "lib/cleanup.h"
#include "lib/str.h"
#include "ns/namespace.h"

#include <stdlib.h>
#include <string.h>

/* What ctrnet_state points to. */
struct picture {
	struct ctrnet_state state; /* first: it is what the caller has */
	struct state from;
	struct ctrnet_path *cgroups, *namespaces;
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int picture_cgroups(struct picture *p, struct err *err)
{
	const struct cgroup_place *place = &p->from.cgroup;

	p->cgroups = calloc(place->count + 1, sizeof(*p->cgroups));
	if (!p->cgroups)
		return err_oom(err);
	for (size_t i = 0; i < place->count; i++)
		p->cgroups[i] = (struct ctrnet_path){
			place->dirs[i].v2 ? "unified" : place->dirs[i].controllers,
			place->dirs[i].path,
		};
	p->state.cgroups = p->cgroups;
	p->state.cgroup_count = place->count;
	return 0;
}

static int picture_namespaces(struct picture *p, struct err *err)
{
	size_t count = 0;

	while (namespace_type_at(count))
		count++;
	p->namespaces = calloc(count, sizeof(*p->namespaces));
	if (!p->namespaces)
		return err_oom(err);
	p->state.namespaces = p->namespaces;
	for (size_t i = 0; i < count; i++) {
		int type = namespace_type_at(i);

		p->namespaces[i].name = namespace_config_name(type);
		p->namespaces[i].path =
			str_format("/proc/%d/ns/%s", p->state.pid, namespace_proc_name(type));
		if (!p->namespaces[i].path)
			return err_oom(err);
		p->state.namespace_count++;
	}
	return 0;
}

static int fill(struct picture *p, enum ctrnet_status status, struct err *err)
{
	const struct state *from = &p->from;

	p->state.id = from->id;
	p->state.status = status;
	p->state.created = or_empty(from->created);
	p->state.bundle = or_empty(from->bundle);
	p->state.rootfs = or_empty(from->spec.rootfs.path);
	p->state.owner = from->owner;
	if (!state_runs(status))
		return 0;
	p->state.pid = from->init.pid;
	p->state.start_time = from->init.start;
	if (picture_cgroups(p, err) < 0)
		return err->code;
	return picture_namespaces(p, err);
}

void ctrnet_state_free(struct ctrnet_state *state)
{
	struct picture *p = (struct picture *)state;

	if (!p)
		return;
	for (size_t i = 0; i < state->namespace_count; i++)
		free((char *)p->namespaces[i].path);
	free(p->namespaces);
	free(p->cgroups);
	state_release(&p->from);
	free(p);
}

int ctrnet_container_state(struct ctrnet_container *c, struct ctrnet_state **state,
			   struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	struct picture *p = calloc(1, sizeof(*p));
	enum ctrnet_status status;
	struct err err = { 0 };
	int ret;

	if (!p) {
		err_oom(&err);
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	}
	ret = api_read(c, &p->from, &status, error);
	if (ret == 0 && fill(p, status, &err) < 0)
		ret = api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	if (ret < 0)
		ctrnet_state_free(&p->state);
	else
		*state = &p->state;
	return ret;
}

static int write_state(const struct state *state, enum ctrnet_status status, FILE *out,
		       struct err *err)
{
	struct json_writer *w = json_writer_new(out, true);

	show_container(w, state, status);
	return json_writer_end(w, err);
}

int ctrnet_container_state_json(struct ctrnet_container *c, char **json, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_free_ char *text = NULL;
	enum ctrnet_status status;
	struct err err = { 0 };
	size_t len;
	FILE *out;
	int ret = api_read(c, &state, &status, error);

	if (ret < 0)
		return ret;
	out = open_memstream(&text, &len);
	ret = out ? write_state(&state, status, out, &err) : err_oom(&err);
	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(&err);
	if (ret < 0)
		return api_fail(error, CTRNET_SYSTEM_ERROR, &err);
	*json = take_ptr(text);
	return 0;
}
