// SPDX-License-Identifier: Apache-2.0
#include "net/neigh.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

/* Not in the headers of kernels before 5.0. */
#define NEIGH_PROTOCOL 12

/* 0 is the first. */
static const struct json_name state_names[] = {
	{ "permanent", NUD_PERMANENT },
	{ "noarp", NUD_NOARP },
	{ NULL, 0 },
};

static int state_of(const struct net_neighbor *n)
{
	return n->state ? n->state : NUD_PERMANENT;
}

static const char *state_word(int state)
{
	for (const struct json_name *s = state_names; s->name; s++)
		if (s->value == state)
			return s->name;
	return "another";
}

int net_neighbor_check(const struct net_neighbor *n, struct err *err)
{
	char text[IP_TEXT_MAX];

	if (ip_addr_is_multicast(&n->address) || ip_addr_is_unspecified(&n->address))
		return err_set(err, -EINVAL, "address: %s is no neighbour's",
			       ip_addr_format(&n->address, text, sizeof(text)));
	if (!n->proxy && mac_is_zero(&n->mac))
		return err_set(err, -EINVAL, "mac_address is missing");
	if (n->proxy && !mac_is_zero(&n->mac))
		return err_set(err, -EINVAL,
			       "mac_address: with proxy, the interface answers with its own");
	if (n->proxy && n->state)
		return err_set(err, -EINVAL, "state: with proxy, there is none");
	return 0;
}

static struct nl_msg *put_neigh(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
				const struct net_neighbor *n, uint32_t index)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct ndmsg *head = nl_put_header(m, sizeof(*head));

	head->ndm_family = (uint8_t)n->address.family;
	head->ndm_ifindex = (int)index;
	head->ndm_flags = n->proxy ? NTF_PROXY : 0;
	/* Strict checking wants no state in a question. */
	if (type == RTM_NEWNEIGH)
		head->ndm_state = (uint16_t)state_of(n);
	nl_put(m, NDA_DST, n->address.bytes, ip_family_size(n->address.family));
	return m;
}

static void put_new(struct nl_batch *b, uint16_t flags, size_t tag, const struct net_neighbor *n,
		    uint32_t index)
{
	struct nl_msg *m = put_neigh(b, RTM_NEWNEIGH, flags, tag, n, index);

	if (!n->proxy)
		nl_put(m, NDA_LLADDR, n->mac.bytes, sizeof(n->mac.bytes));
	nl_put_u8(m, NEIGH_PROTOCOL, NL_PROTO_CTRNET);
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct net_neighbor *n = &((const struct neigh_args *)args)->entry;

	(void)scope;
	(void)err;
	put_new(b, NLM_F_CREATE | NLM_F_EXCL, tag, n, link->index);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct neigh_args *a = args;
	char text[IP_TEXT_MAX];

	snprintf(buf, size, "%s %s on %s", a->entry.proxy ? "proxy for" : "neighbour",
		 ip_addr_format(&a->entry.address, text, sizeof(text)), a->at.link);
}

static const char *explain(const void *args, int code)
{
	(void)args;
	return code == -EEXIST ? "there is an entry for that address already" : NULL;
}

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&neigh_add_step, scope, args, err);
}

/* --- What the kernel has --- */

struct found {
	bool is;
	struct mac mac;
	int state;
	uint8_t protocol;
};

static void keep(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	const struct ndmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[NEIGH_PROTOCOL + 1] = { 0 };
	struct found *f = arg;

	(void)tag;
	if (msg->nlmsg_type != RTM_NEWNEIGH || !head)
		return;
	nl_attrs(msg, sizeof(*head), attrs, NEIGH_PROTOCOL);
	f->is = true;
	f->state = head->ndm_state;
	nl_get_bytes(attrs[NDA_LLADDR], f->mac.bytes, sizeof(f->mac.bytes));
	nl_get_u8(attrs[NEIGH_PROTOCOL], &f->protocol);
}

/* *@index 0: the link is gone. */
static int find(struct scope *scope, const struct neigh_args *a, struct nl **nl, uint32_t *index,
		struct found *out, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct link link;
	int ret = link_find_in(scope, a->at.ns, a->at.link, nl, &link, err);

	*out = (struct found){ 0 };
	*index = ret < 0 ? 0 : link.index;
	if (!*index)
		return ret;
	put_neigh(&b, RTM_GETNEIGH, 0, 0, &a->entry, *index);
	ret = nl_batch_send(*nl, &b, keep, out, err);
	if (ret < 0)
		return ret;
	ret = nl_batch_error(&b, err, "neighbours of %s", a->at.link);
	return ret == -ENOENT || ret == -ENODEV ? 0 : ret;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct neigh_args *a = args;
	struct found found;
	char subject[128];
	uint32_t index;
	struct nl *nl;
	int ret = find(scope, a, &nl, &index, &found, err);

	if (ret < 0 || !found.is || found.protocol != NL_PROTO_CTRNET)
		return ret;
	put_neigh(&b, RTM_DELNEIGH, 0, 0, &a->entry, index);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	ret = nl_batch_error(&b, err, "remove %s", subject);
	return ret == -ENOENT || ret == -ENODEV ? 0 : ret;
}

/* An entry that the kernel has learned, or that has failed, is not there for good. */
static int compare(const struct net_neighbor *n, const struct found *f, const char *subject,
		   struct err *err)
{
	char is[MAC_TEXT_MAX], planned[MAC_TEXT_MAX];

	if (n->proxy)
		return 0;
	if (!mac_equal(&f->mac, &n->mac))
		return err_set(err, -ESTALE, "%s: mac_address is %s, planned %s", subject,
			       mac_format(&f->mac, is, sizeof(is)),
			       mac_format(&n->mac, planned, sizeof(planned)));
	if (f->state != state_of(n))
		return err_set(err, -ESTALE, "%s: state is %s, planned %s", subject,
			       state_word(f->state), state_word(state_of(n)));
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct neigh_args *a = args;
	struct found found;
	char subject[128];
	uint32_t index;
	struct nl *nl;
	int ret = find(scope, a, &nl, &index, &found, err);

	if (ret < 0)
		return ret;
	if (!index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	describe(args, subject, sizeof(subject));
	return found.is ? compare(&a->entry, &found, subject, err)
			: err_set(err, -ENOENT, "no %s", subject);
}

/* Into the place of what was put there, or was learned. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct neigh_args *a = args;
	struct found found;
	char subject[128];
	uint32_t index;
	struct nl *nl;
	int ret = find(scope, a, &nl, &index, &found, err);

	if (ret < 0 || !found.is)
		return ret < 0 ? ret : 1;
	put_new(&b, NLM_F_CREATE | NLM_F_REPLACE, 0, &a->entry, index);
	ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	return nl_batch_error(&b, err, "mend %s", subject);
}

static void show(const void *args, FILE *out)
{
	const struct neigh_args *a = args;
	char text[IP_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "neigh add %s%s dev %s", a->entry.proxy ? "proxy " : "",
		ip_addr_format(&a->entry.address, text, sizeof(text)), a->at.link);
	if (!a->entry.proxy)
		fprintf(out, " lladdr %s nud %s", mac_format(&a->entry.mac, text, sizeof(text)),
			state_word(state_of(&a->entry)));
	fputc('\n', out);
}

#define NEIGHBOR_JSON(T, at)                                                        \
	JSON_TEXT(T, "address", at address, &ip_addr_text, .flags = JSON_REQUIRED), \
		JSON_TEXT(T, "mac_address", at mac, &mac_text),                     \
		JSON_ENUM(T, "state", at state, state_names), JSON_BOOL(T, "proxy", at proxy)

static const struct json_field fields[] = { NEIGHBOR_JSON(struct net_neighbor, ), JSON_END };
const struct json_schema net_neighbor_schema =
	JSON_SCHEMA(struct net_neighbor, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static const struct json_field args_fields[] = { NET_ARGS_JSON(struct neigh_args, "link"),
						 NEIGHBOR_JSON(struct neigh_args, entry.),
						 JSON_END };
static const struct json_schema args_schema = JSON_SCHEMA(struct neigh_args, args_fields);

const struct net_step_type neigh_add_step = {
	.type = {
		.name = "neigh.add",
		.args = &args_schema,
		.phase = PHASE_CONNECT,
		.apply = apply,
		.apply_many = net_step_apply_many,
		.revert = revert,
		.probe = probe,
		.mend = mend,
		.describe = describe,
		.show = show,
	},
	.build = build,
	.describe = describe,
	.explain = explain,
};
