// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

/* Not in the headers of kernels before 5.18. */
#define ADDRESS_PROTO 11

/* IPv4 has its own end of a point-to-point link in IFA_LOCAL, and the far one in IFA_ADDRESS. */
int address_parse(const struct nlmsghdr *msg, struct address *out)
{
	const struct ifaddrmsg *head = nl_header(msg, sizeof(*head));
	const struct nlattr *attrs[ADDRESS_PROTO + 1] = { 0 };
	struct address a = { 0 };
	struct ip_addr *addr = &a.prefix.addr;
	size_t size;

	if (msg->nlmsg_type != RTM_NEWADDR || !head)
		return -EBADMSG;
	size = ip_family_size(head->ifa_family);
	if (!size || head->ifa_prefixlen > ip_family_bits(head->ifa_family))
		return -EBADMSG;
	nl_attrs(msg, sizeof(*head), attrs, ADDRESS_PROTO);
	if (!nl_get_bytes(attrs[IFA_LOCAL], addr->bytes, size) &&
	    !nl_get_bytes(attrs[IFA_ADDRESS], addr->bytes, size))
		return -EBADMSG;
	addr->family = head->ifa_family;
	a.prefix.length = head->ifa_prefixlen;
	a.index = head->ifa_index;
	a.flags = head->ifa_flags;
	nl_get_u32(attrs[IFA_FLAGS], &a.flags);
	nl_get_u8(attrs[ADDRESS_PROTO], &a.proto);
	*out = a;
	return 0;
}

static struct nl_msg *put_address(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
				  const struct ip_prefix *p, uint32_t index)
{
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct ifaddrmsg *head = nl_put_header(m, sizeof(*head));
	size_t size = ip_family_size(p->addr.family);

	head->ifa_family = (uint8_t)p->addr.family;
	head->ifa_prefixlen = (uint8_t)p->length;
	head->ifa_index = index;
	nl_put(m, IFA_LOCAL, p->addr.bytes, size);
	nl_put(m, IFA_ADDRESS, p->addr.bytes, size);
	return m;
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct address_args *a = args;
	struct nl_msg *m = put_address(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, tag, &a->prefix,
				       link->index);

	(void)scope;
	(void)err;
	nl_put_u8(m, ADDRESS_PROTO, NL_PROTO_CTRNET);
	if (a->prefix.addr.family == AF_INET6)
		nl_put_u32(m, IFA_FLAGS, IFA_F_NODAD);
	return 0;
}

static void describe(const void *args, char *buf, size_t size)
{
	const struct address_args *a = args;
	char text[IP_TEXT_MAX];

	snprintf(buf, size, "address %s on %s", ip_prefix_format(&a->prefix, text, sizeof(text)),
		 a->at.link);
}

struct search {
	const struct ip_prefix *wanted;
	uint32_t index;
	bool found;
	struct address address;
	unsigned int others; /* with the same address and another prefix */
	unsigned int length; /* of one of these */
};

/* Kernels without strict checking send the addresses of all links. */
static void match(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct search *s = arg;
	struct address a;

	(void)tag;
	if (address_parse(msg, &a) < 0 || a.index != s->index ||
	    !ip_addr_equal(&a.prefix.addr, &s->wanted->addr))
		return;
	if (a.prefix.length != s->wanted->length) {
		s->others++;
		s->length = a.prefix.length;
		return;
	}
	s->found = true;
	s->address = a;
}

static int search_link(struct nl *nl, struct search *s, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct ifaddrmsg *head = nl_put_header(nl_batch_add(&b, RTM_GETADDR, 0, 0), sizeof(*head));

	int ret;

	head->ifa_family = (uint8_t)s->wanted->addr.family;
	head->ifa_index = s->index;
	ret = nl_dump(nl, &b, match, s, err);
	/* The link went since it was looked up, and its addresses with it. */
	return ret == -ENODEV ? 0 : ret;
}

/* s->index 0: the link is gone. */
static int search(struct scope *scope, const struct address_args *a, struct search *s,
		  struct err *err)
{
	struct link link = { 0 };
	struct nl *nl;
	int ret;

	*s = (struct search){ .wanted = &a->prefix };
	ret = link_find_in(scope, a->at.ns, a->at.link, &nl, &link, err);
	s->index = link.index;
	return ret < 0 || !s->index ? ret : search_link(nl, s, err);
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	const struct address_args *a = args;
	char subject[128];
	struct search s;
	int ret = search(scope, a, &s, err);

	if (ret < 0)
		return ret;
	if (!s.index)
		return err_set(err, -ENOENT, "no link '%s'", a->at.link);
	if (s.found)
		return 0;
	describe(args, subject, sizeof(subject));
	if (!s.others)
		return err_set(err, -ENOENT, "no %s", subject);
	return err_set(err, -ESTALE, "%s has prefix length %u, planned %u", subject, s.length,
		       a->prefix.length);
}

/* The address with another prefix is in the way, or would be there twice. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct address_args *a = args;
	struct ip_prefix other = a->prefix;
	struct search s;
	struct nl *nl;
	int ret = search(scope, a, &s, err);

	if (ret < 0 || !s.others)
		return ret < 0 ? ret : 1;
	other.length = s.length;
	put_address(&b, RTM_DELADDR, 0, 0, &other, s.index);
	ret = nl_for(scope, a->at.ns, &nl, err);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret == 0)
		ret = nl_batch_error(&b, err, "remove the other prefix");
	return ret < 0 && ret != -EADDRNOTAVAIL ? ret : 1;
}

static int revert(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct address_args *a = args;
	char subject[128];
	struct search s;
	struct nl *nl;
	int ret = search(scope, a, &s, err);

	if (ret < 0 || !s.found || s.address.proto != NL_PROTO_CTRNET)
		return ret;
	put_address(&b, RTM_DELADDR, 0, 0, &a->prefix, s.index);
	ret = nl_for(scope, a->at.ns, &nl, err);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	ret = nl_batch_error(&b, err, "remove %s", subject);
	return ret == -EADDRNOTAVAIL || ret == -ENODEV ? 0 : ret;
}

static void show(const void *args, FILE *out)
{
	const struct address_args *a = args;
	char text[IP_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	fprintf(out, "addr add %s dev %s%s\n", ip_prefix_format(&a->prefix, text, sizeof(text)),
		a->at.link, a->prefix.addr.family == AF_INET6 ? " nodad" : "");
}

static const struct json_field fields[] = { NET_ARGS_JSON(struct address_args, "link"),
					    JSON_TEXT(struct address_args, "address", prefix,
						      &ip_prefix_text, .flags = JSON_REQUIRED),
					    JSON_END };
const struct json_schema address_args_schema = JSON_SCHEMA(struct address_args, fields);

static int apply(struct scope *scope, void *args, struct err *err)
{
	return net_step_apply(&addr_add_step, scope, args, err);
}

const struct net_step_type addr_add_step = {
	.type = {
		.name = "addr.add",
		.args = &address_args_schema,
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
};

static int apply_bridge(struct scope *scope, void *args, struct err *err)
{
	int ret = net_step_apply(&addr_bridge_step, scope, args, err);

	return ret == -EEXIST ? 0 : ret;
}

/* Without apply_many: shared steps are done one by one, under their lock. */
const struct net_step_type addr_bridge_step = {
	.type = {
		.name = "addr.bridge",
		.args = &address_args_schema,
		.phase = PHASE_PREPARE,
		.apply = apply_bridge,
		.revert = revert,
		.probe = probe,
		.mend = mend,
		.describe = describe,
		.show = show,
	},
	.build = build,
	.describe = describe,
};
