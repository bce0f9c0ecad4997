// SPDX-License-Identifier: Apache-2.0
/* Networks that come to a container that runs, and go: their steps enter namespaces, so they run apart. */
#include "container/api_net.h"

#include "container/net_live.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>

/* --- From text --- */

static void networks_release(struct net_config *c)
{
	for (size_t i = 0; i < c->network_count; i++)
		json_release(&network_schema, &c->networks[i]);
	free(c->networks);
	*c = (struct net_config){ 0 };
}

static int decode_one(const struct json_value *v, void *out, struct err *err)
{
	struct net_config *to = out;
	struct network *more =
		reallocarray(to->networks, to->network_count + 1, sizeof(*to->networks));
	int ret;

	if (!more)
		return err_oom(err);
	to->networks = more;
	more[to->network_count] = (struct network){ 0 };
	ret = json_value_decode(&network_schema, &more[to->network_count], v, err);
	if (ret == 0)
		to->network_count++;
	return ret;
}

static int decode_text(struct net_config *to, const struct ctrnet_text *text, struct err *err)
{
	const char *name = text->name ? text->name : "network";
	struct json_doc *doc = NULL;
	int ret = json_parse(text->json, text->length, name, &doc, err);

	if (ret == 0)
		ret = json_value_each(json_root(doc), decode_one, to, err);
	json_free(doc);
	if (ret < 0 && !text->name)
		api_forget_place(err, name);
	return ret;
}

static int decode(struct net_config *to, const struct ctrnet_text *texts, size_t count,
		  struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = decode_text(to, &texts[i], err);
	if (ret == 0 && !to->network_count)
		ret = err_set(err, -EINVAL, "no network to attach is given");
	return ret;
}

/* --- Calls --- */

struct attached {
	char **names;
	char *plan;
};

static const struct json_field attached_fields[] = {
	JSON_STRINGS(struct attached, "names", names),
	JSON_STRING(struct attached, "plan", plan),
	JSON_END,
};
static const struct json_schema attached_schema = JSON_SCHEMA(struct attached, attached_fields);

struct call {
	const char *root, *id, *name;
	struct net_config *added;
	char *const *changes;
};

static int attach_apart(void *arg, int *fds, struct err *err)
{
	const struct call *call = arg;
	struct attached made = { 0 };
	int ret = container_net_attach(call->root, call->id, call->added, &made.names, err);

	if (ret == 0)
		ret = api_net_give(&attached_schema, &made, fds, err);
	strv_free(made.names);
	return ret;
}

static int plan_apart(void *arg, int *fds, struct err *err)
{
	const struct call *call = arg;
	struct attached made = { 0 };
	int ret = container_net_attach_plan(call->root, call->id, call->added, &made.plan, err);

	if (ret == 0)
		ret = api_net_give(&attached_schema, &made, fds, err);
	free(made.plan);
	return ret;
}

static int detach_apart(void *arg, int *fds, struct err *err)
{
	const struct call *call = arg;

	(void)fds;
	return container_net_detach(call->root, call->id, call->name, err);
}

static int set_apart(void *arg, int *fds, struct err *err)
{
	const struct call *call = arg;

	(void)fds;
	return container_net_set(call->root, call->id, call->name, call->changes, err);
}

static enum ctrnet_code code_of(int ret)
{
	switch (ret) {
	case -EINVAL:
	case -ERANGE:
	case -EEXIST:
	case -EOPNOTSUPP:
		return CTRNET_CONFIG_INVALID;
	default:
		return api_net_code(ret);
	}
}

static int run_added(struct ctrnet_container *c, apart_function *f, const struct ctrnet_text *texts,
		     size_t count, struct attached *made, struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	_cleanup_(networks_release) struct net_config added = { 0 };
	struct call call = { .root = c->root, .id = c->id, .added = &added };
	struct err err = { 0 };
	int fd = -1;
	int ret = decode(&added, texts, count, &err);

	if (ret < 0)
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	ret = api_apart_or_here(&c->options, f, &call, &fd, 1, &err);
	if (ret == 0)
		ret = api_net_take(&attached_schema, made, fd, &err);
	return ret < 0 ? api_fail(error, code_of(ret), &err) : 0;
}

int ctrnet_container_net_attach(struct ctrnet_container *c, const struct ctrnet_text *texts,
				size_t count, char ***names, struct ctrnet_error *error)
{
	struct attached made = { 0 };
	int ret = run_added(c, attach_apart, texts, count, &made, error);

	if (ret == 0)
		*names = made.names;
	return ret;
}

int ctrnet_container_net_attach_plan(struct ctrnet_container *c, const struct ctrnet_text *texts,
				     size_t count, char **plan, struct ctrnet_error *error)
{
	struct attached made = { 0 };
	int ret = run_added(c, plan_apart, texts, count, &made, error);

	if (ret == 0)
		*plan = made.plan;
	return ret;
}

static int run(struct ctrnet_container *c, apart_function *f, const struct call *of,
	       struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(&c->options);
	struct call call = *of;
	struct err err = { 0 };
	int ret;

	call.root = c->root;
	call.id = c->id;
	ret = api_apart_or_here(&c->options, f, &call, NULL, 0, &err);
	return ret < 0 ? api_fail(error, code_of(ret), &err) : 0;
}

int ctrnet_container_net_detach(struct ctrnet_container *c, const char *name,
				struct ctrnet_error *error)
{
	return run(c, detach_apart, &(struct call){ .name = name }, error);
}

int ctrnet_container_net_set(struct ctrnet_container *c, const char *name, char *const *changes,
			     struct ctrnet_error *error)
{
	return run(c, set_apart, &(struct call){ .name = name, .changes = changes }, error);
}
