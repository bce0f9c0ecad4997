// SPDX-License-Identifier: Apache-2.0
#include "net/ifb.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "net/link_mend.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <string.h>

#define PREFIX "rx-"

void ifb_name(const char *link, char out[IFNAMSIZ])
{
	int len = (int)strlen(link);

	if (len <= (int)(IFNAMSIZ - sizeof(PREFIX)))
		snprintf(out, IFNAMSIZ, PREFIX "%.*s", len, link);
	else
		snprintf(out, IFNAMSIZ, PREFIX "%.4s%08" PRIx32, link,
			 (uint32_t)hash64(link, strlen(link)));
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct ifb_args *a = args;
	struct nl_msg *m =
		link_put_name(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, tag, a->name, true);

	(void)scope;
	(void)link;
	(void)err;
	nl_put(m, IFLA_ADDRESS, a->mac.bytes, sizeof(a->mac.bytes));
	nl_put_u32(m, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(m, IFLA_NUM_RX_QUEUES, 1);
	nl_nest (m, IFLA_LINKINFO)
		nl_put_str(m, IFLA_INFO_KIND, "ifb");
	return 0;
}

/* The kernel ignores an alias at creation. */
static void finish(struct nl_batch *b, size_t tag, const void *args, const struct link *link)
{
	const struct ifb_args *a = args;

	(void)link;
	nl_put_str(link_put_name(b, RTM_SETLINK, 0, tag, a->name, false), IFLA_IFALIAS, a->alias);
}

static void describe(const void *args, char *buf, size_t size)
{
	snprintf(buf, size, "shaping.ingress: link %s", ((const struct ifb_args *)args)->name);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	if (code == -EOPNOTSUPP)
		return "this kernel has no ifb";
	return code == -EEXIST ? "the name is taken" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&link_ifb_step, scope, args, err);
}

static bool is_ours(const struct link *link, const struct ifb_args *a)
{
	if (link->alias[0])
		return !strcmp(link->alias, a->alias);
	return !strcmp(link->kind, "ifb") && mac_equal(&link->mac, &a->mac);
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	const struct ifb_args *a = args;
	struct link link;
	int ret = link_find_in(scope, a->at.ns, a->name, NULL, &link, err);

	if (ret < 0 || !link.index || !is_ours(&link, a))
		return ret;
	return link_delete(scope, a->at.ns, &link, err);
}

/* drivers/net/ifb.c: TX_Q_LIMIT; net/ethernet/eth.c. */
#define TXQUEUELEN_DEFAULT 32
#define MTU_DEFAULT        1500

static struct link_plan plan_of(const struct ifb_args *a)
{
	return (struct link_plan){
		.name = a->name,
		.kind = "ifb",
		.alias = a->alias,
		.mac = a->mac,
		.mtu = MTU_DEFAULT,
		.txqueuelen = TXQUEUELEN_DEFAULT,
	};
}

static int find(struct scope *scope, const struct ifb_args *a, struct nl **nl, struct link *out,
		struct err *err)
{
	const struct link_plan plan = plan_of(a);
	int ret = nl_for(scope, a->at.ns, nl, err);

	return ret < 0 ? ret : link_plan_find(*nl, &plan, out, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct ifb_args *a = args;
	const struct link_plan plan = plan_of(a);
	struct link link;
	struct nl *nl;
	int ret = find(scope, a, &nl, &link, err);

	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->name);
	ret = link_plan_compare(&plan, &link, err);
	if (ret == 0 && strcmp(link.alias, a->alias))
		ret = err_set(err, -ESTALE, "it does not carry the mark '%s'", a->alias);
	if (ret < 0)
		return err_wrap(err, "link '%s'", a->name);
	if (!(link.flags & IFF_UP))
		return err_set(err, -ESTALE, "link '%s' is down", a->name);
	return 0;
}

static int bring_up(struct nl *nl, const struct link *link, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	int ret;

	link_put_change(&b, link->index, true);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	return ret < 0 ? ret : nl_batch_error(&b, err, "bring up link '%s'", link->name);
}

static int mend(struct scope *scope, void *args, struct err *err)
{
	const struct ifb_args *a = args;
	const struct link_plan plan = plan_of(a);
	struct link link;
	struct nl *nl;
	int ret = find(scope, a, &nl, &link, err);

	if (ret < 0 || !link.index)
		return ret < 0 ? ret : 1;
	if (strcmp(link.kind, plan.kind))
		return err_set(err, -EEXIST, "the name '%s' was taken by a stranger's link",
			       a->name);
	ret = link_plan_mend(nl, &plan, &link, true, err);
	return ret < 0 ? ret : bring_up(nl, &link, err);
}

static void show(const void *args, FILE *out)
{
	const struct ifb_args *a = args;
	char mac[MAC_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "link add %s address %s numtxqueues 1 numrxqueues 1 up type ifb\n", a->name,
		mac_format(&a->mac, mac, sizeof(mac)));
	net_show_ip(out, a->at.ns);
	fprintf(out, "link set dev %s alias %s\n", a->name, a->alias);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct ifb_args, "link"),
	JSON_CHARS(struct ifb_args, "name", name, .flags = JSON_REQUIRED),
	JSON_TEXT(struct ifb_args, "mac", mac, &mac_text),
	JSON_CHARS(struct ifb_args, "alias", alias),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct ifb_args, fields);

const struct net_step_type link_ifb_step = {
	.type = {
		.name = "link.ifb",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.revert = revert,
		.probe = probe,
		.mend = mend,
		.show = show,
	},
	.makes_link = true,
	.build = build,
	.describe = describe,
	.explain = explain,
	.finish = finish,
};
