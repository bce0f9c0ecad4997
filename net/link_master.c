// SPDX-License-Identifier: Apache-2.0
#include "net/link_master.h"

#include <errno.h>
#include <linux/if_link.h>

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *master, struct err *err)
{
	const struct link_master_args *a = args;

	(void)scope;
	(void)err;
	nl_put_u32(link_put_name(b, RTM_SETLINK, 0, tag, a->name, false), IFLA_MASTER,
		   master->index);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct link_master_args *a = args;

	snprintf(buf, size, "master %s of %s", a->at.link, a->name);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	if (code == -EXFULL)
		return "the bridge is full";
	return code == -ELOOP ? "a bridge cannot be a port of a bridge" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_master_step, scope, args, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct link_master_args *a = args;
	struct link link, master;
	int ret = link_find_in(scope, a->at.ns, a->name, NULL, &link, err);

	if (ret == 0)
		ret = link_find_in(scope, a->at.ns, a->at.link, NULL, &master, err);
	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->name);
	if (!master.index || link.master != master.index)
		return err_set(err, -ESTALE, "link '%s' does not have the master '%s'", a->name,
			       a->at.link);
	return 0;
}

static void show(const void *args, FILE *out)
{
	const struct link_master_args *a = args;

	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s master %s\n", a->name, a->at.link);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct link_master_args, "master"),
	JSON_CHARS(struct link_master_args, "name", name, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct link_master_args, fields);

const struct net_step_type link_master_step = {
	.type = {
		.name = "link.master",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.probe = probe,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};
