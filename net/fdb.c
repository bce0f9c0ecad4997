// SPDX-License-Identifier: Apache-2.0
#include "net/fdb.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct fdb_args *a = args;
	const struct mac all = { 0 };
	struct nl_msg *m = nl_batch_add(b, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_APPEND, tag);
	struct ndmsg *head = nl_put_header(m, sizeof(*head));

	(void)scope;
	(void)err;
	head->ndm_family = AF_BRIDGE;
	head->ndm_ifindex = (int)link->index;
	head->ndm_state = NUD_NOARP | NUD_PERMANENT;
	head->ndm_flags = NTF_SELF;
	nl_put(m, NDA_LLADDR, all.bytes, sizeof(all.bytes));
	nl_put(m, NDA_DST, a->dst.bytes, ip_family_size(a->dst.family));
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct fdb_args *a = args;
	char text[IP_TEXT_MAX];

	snprintf(buf, size, "remote %s of %s", ip_addr_format(&a->dst, text, sizeof(text)),
		 a->at.link);
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&fdb_add_step, scope, args, err);
}

struct search {
	uint32_t index;
	struct ip_addr dst;
	bool found;
};

static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct ndmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[NDA_MAX + 1] = { 0 };
	struct search *s = arg;
	struct ip_addr dst = { .family = s->dst.family };
	struct mac mac;

	(void)tag;
	if (!head || (uint32_t)head->ndm_ifindex != s->index)
		return;
	nl_attrs(msg, sizeof(*head), attrs, NDA_MAX);
	if (!nl_get_bytes(attrs[NDA_LLADDR], mac.bytes, sizeof(mac.bytes)) || !mac_is_zero(&mac) ||
	    !nl_get_bytes(attrs[NDA_DST], dst.bytes, ip_family_size(dst.family)))
		return;
	s->found |= ip_addr_equal(&dst, &s->dst);
}

/* The kernel looks for the entries of one link if the question is about links (net/core/rtnetlink.c: rtnl_fdb_dump()). */
static int search(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ndmsg *head = nl_put_header(nl_batch_add(&b, RTM_GETNEIGH, 0, 0), sizeof(*head));
	int ret;

	head->ndm_family = AF_BRIDGE;
	head->ndm_ifindex = (int)s->index;
	ret = nl_dump(nl, &b, match, s, err);
	return ret == -ENODEV ? 0 : ret;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct fdb_args *a = args;
	struct search s = { .dst = a->dst };
	char subject[128];
	struct link link;
	struct nl *nl;
	int ret = link_find_in(scope, a->at.ns, a->at.link, &nl, &link, err);

	if (ret < 0)
		return ret;
	if (!link.index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	s.index = link.index;
	ret = search(nl, &s, err);
	if (ret < 0 || s.found)
		return ret;
	describe(args, subject, sizeof(subject));
	return err_set(err, -ENOENT, "no %s", subject);
}

static void show(const void *args, FILE *out)
{
	const struct fdb_args *a = args;
	char text[IP_TEXT_MAX];

	fprintf(out, "bridge -n %s fdb append 00:00:00:00:00:00 dev %s dst %s self permanent\n",
		a->at.ns, a->at.link, ip_addr_format(&a->dst, text, sizeof(text)));
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct fdb_args, "link"),
	JSON_TEXT(struct fdb_args, "dst", dst, &ip_addr_text, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct fdb_args, fields);

const struct net_step_type fdb_add_step = {
	.type = {
		.name = "fdb.add",
		.args = &schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.probe = probe,
		.show = show,
	},
	.build = build,
	.describe = describe,
};
