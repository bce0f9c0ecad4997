// SPDX-License-Identifier: Apache-2.0
#include "container/api.h"
#include "container/live.h"

#include "cgroup/config.h"
#include "cgroup/update.h"
#include "lib/cleanup.h"

#include <errno.h>

static int merge(struct cgroup_spec *limits, const struct ctrnet_text *text, struct err *err)
{
	struct cgroup_spec more = { 0 };
	struct json_doc *doc = NULL;
	int ret = json_parse(text->json, text->length, text->name, &doc, err);

	if (ret == 0)
		ret = json_value_decode(&cgroup_schema, &more, json_root(doc), err);
	if (ret == 0)
		cgroup_mark_zeros(&more, json_root(doc));
	json_free(doc);
	if (ret == 0)
		ret = cgroup_check_limits(&more, err);
	if (ret == 0)
		ret = cgroup_merge_limits(limits, &more, err);
	json_release(&cgroup_schema, &more);
	return ret;
}

/* As if they stood in a config, so that one table knows names and ranges. */
static int merge_typed(struct cgroup_spec *limits, const struct ctrnet_limits *given,
		       struct err *err)
{
	struct ctrnet_limits taken = CTRNET_LIMITS_INIT;
	_cleanup_free_ char *json = NULL;
	struct ctrnet_text text = { .name = "limits" };
	FILE *out = open_memstream(&json, &text.length);
	int ret = out ? api_take(&taken, sizeof(taken), given, "ctrnet_limits", err) : err_oom(err);

	if (ret == 0)
		ret = json_encode_compact(&api_limits_schema, &taken, out, err);
	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret < 0)
		return ret;
	text.json = json;
	ret = merge(limits, &text, err);
	if (ret < 0)
		api_forget_place(err, text.name);
	return ret;
}

static enum ctrnet_code code_of(int ret)
{
	switch (ret) {
	case -EINVAL:
	case -ERANGE:
		return CTRNET_CONFIG_INVALID;
	case -ESRCH:
		return CTRNET_CONTAINER_NOT_RUNNING;
	default:
		return api_store_code(ret);
	}
}

int ctrnet_container_set_json(struct ctrnet_container *c, const struct ctrnet_text *texts,
			      size_t count, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	struct cgroup_spec limits = { 0 };
	struct err err = { 0 };
	int ret = 0;

	for (size_t i = 0; i < count && ret == 0; i++)
		ret = merge(&limits, &texts[i], &err);
	if (ret == 0)
		ret = container_update(c->root, c->id, &limits, &err);
	json_release(&cgroup_schema, &limits);
	return ret < 0 ? api_fail(error, code_of(ret), &err) : 0;
}

int ctrnet_container_set(struct ctrnet_container *c, const struct ctrnet_limits *given,
			 struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	struct cgroup_spec limits = { 0 };
	struct err err = { 0 };
	int ret = merge_typed(&limits, given, &err);

	if (ret == 0)
		ret = container_update(c->root, c->id, &limits, &err);
	json_release(&cgroup_schema, &limits);
	return ret < 0 ? api_fail(error, code_of(ret), &err) : 0;
}
