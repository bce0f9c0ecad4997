// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

/* Not in the headers of kernels before 5.18. */
#define ADDRESS_PROTO 11

static void parse_more(const struct ifaddrmsg *head, const struct nlattr **attrs, struct address *a)
{
	const size_t size = ip_family_size(head->ifa_family);
	struct ip_addr peer = { .family = head->ifa_family };
	struct ifa_cacheinfo life = { .ifa_valid = UINT32_MAX, .ifa_prefered = UINT32_MAX };

	a->scope = head->ifa_scope;
	nl_get_str(attrs[IFA_LABEL], a->label, sizeof(a->label));
	if (nl_get_bytes(attrs[IFA_ADDRESS], peer.bytes, size) &&
	    !ip_addr_equal(&peer, &a->prefix.addr))
		a->peer = peer;
	nl_get_bytes(attrs[IFA_CACHEINFO], &life, sizeof(life));
	a->valid = life.ifa_valid;
	a->preferred = life.ifa_prefered;
}

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
	parse_more(head, attrs, &a);
	*out = a;
	return 0;
}

static uint8_t scope_of(const struct address_args *a)
{
	static const uint8_t scopes[] = {
		[ROUTE_SCOPE_SITE] = RT_SCOPE_SITE,
		[ROUTE_SCOPE_LINK] = RT_SCOPE_LINK,
		[ROUTE_SCOPE_HOST] = RT_SCOPE_HOST,
	};

	return scopes[a->scope];
}

static uint32_t life_of(uint32_t seconds)
{
	return seconds ? seconds : UINT32_MAX;
}

static struct nl_msg *put_address(struct nl_batch *b, uint16_t type, uint16_t flags, size_t tag,
				  const struct address_args *a, uint32_t index)
{
	const struct ip_prefix *p = &a->prefix;
	struct nl_msg *m = nl_batch_add(b, type, flags, tag);
	struct ifaddrmsg *head = nl_put_header(m, sizeof(*head));
	size_t size = ip_family_size(p->addr.family);

	head->ifa_family = (uint8_t)p->addr.family;
	head->ifa_prefixlen = (uint8_t)p->length;
	head->ifa_scope = scope_of(a);
	head->ifa_index = index;
	nl_put(m, IFA_LOCAL, p->addr.bytes, size);
	nl_put(m, IFA_ADDRESS, a->peer.family ? a->peer.bytes : p->addr.bytes, size);
	return m;
}

static int build(struct scope *scope, struct nl_batch *b, size_t tag, void *args,
		 const struct link *link, struct err *err)
{
	const struct address_args *a = args;
	struct nl_msg *m =
		put_address(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, tag, a, link->index);
	const struct ifa_cacheinfo life = { .ifa_valid = life_of(a->valid),
					    .ifa_prefered = life_of(a->preferred) };

	(void)scope;
	(void)err;
	nl_put_u8(m, ADDRESS_PROTO, NL_PROTO_CTRNET);
	if (a->prefix.addr.family == AF_INET6 && !a->dad)
		nl_put_u32(m, IFA_FLAGS, IFA_F_NODAD);
	if (a->label[0])
		nl_put_str(m, IFA_LABEL, a->label);
	if (a->valid || a->preferred)
		nl_put(m, IFA_CACHEINFO, &life, sizeof(life));
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

int address_find(struct scope *scope, const struct address_args *a, struct address *out,
		 struct err *err)
{
	struct search s;
	int ret = search(scope, a, &s, err);

	*out = s.address;
	return ret;
}

static const char *addr_word(const struct ip_addr *a, char *buf, size_t size)
{
	return a->family ? ip_addr_format(a, buf, size) : "none";
}

/* What is left of a lifetime is for the kernel to know; whether it ends is not. */
static int compare_life(const char *key, uint32_t is, uint32_t planned, const char *subject,
			struct err *err)
{
	if ((is == UINT32_MAX) == !planned)
		return 0;
	if (planned)
		return err_set(err, -ESTALE, "%s: %s is for ever, planned %u", subject, key,
			       planned);
	return err_set(err, -ESTALE, "%s: %s is %u, planned for ever", subject, key, is);
}

static int compare(const struct address_args *a, const struct address *is, const char *subject,
		   struct err *err)
{
	const char *label = a->label[0] ? a->label : a->at.link;
	const bool four = a->prefix.addr.family == AF_INET;
	char one[IP_TEXT_MAX], two[IP_TEXT_MAX];
	int ret;

	if (!ip_addr_equal(&is->peer, &a->peer))
		return err_set(err, -ESTALE, "%s: peer is %s, planned %s", subject,
			       addr_word(&is->peer, one, sizeof(one)),
			       addr_word(&a->peer, two, sizeof(two)));
	if (four && is->scope != scope_of(a))
		return err_set(err, -ESTALE, "%s: scope is %u, planned %u", subject, is->scope,
			       scope_of(a));
	if (four && strcmp(is->label, label))
		return err_set(err, -ESTALE, "%s: label is %s, planned %s", subject, is->label,
			       label);
	ret = compare_life("valid_lft", is->valid, a->valid, subject, err);
	return ret < 0 ? ret
		       : compare_life("preferred_lft", is->preferred, a->preferred, subject, err);
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
	describe(args, subject, sizeof(subject));
	if (s.found)
		return compare(a, &s.address, subject, err);
	if (!s.others)
		return err_set(err, -ENOENT, "no %s", subject);
	return err_set(err, -ESTALE, "%s has prefix length %u, planned %u", subject, s.length,
		       a->prefix.length);
}

/* The address with another prefix, or with other words about it, is in the way, or would be there twice. */
static int mend(struct scope *scope, void *args, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct address_args *a = args;
	struct address_args other = *a;
	struct search s;
	struct nl *nl;
	int ret = search(scope, a, &s, err);

	if (ret < 0 || (!s.others && !s.found))
		return ret < 0 ? ret : 1;
	other.peer = s.found ? s.address.peer : (struct ip_addr){ 0 };
	if (!s.found)
		other.prefix.length = s.length;
	put_address(&b, RTM_DELADDR, 0, 0, &other, s.index);
	ret = nl_for(scope, a->at.ns, &nl, err);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret == 0)
		ret = nl_batch_error(&b, err, "remove the other one");
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
	put_address(&b, RTM_DELADDR, 0, 0, a, s.index);
	ret = nl_for(scope, a->at.ns, &nl, err);
	if (ret == 0)
		ret = nl_batch_send(nl, &b, NULL, NULL, err);
	if (ret < 0)
		return ret;
	describe(args, subject, sizeof(subject));
	ret = nl_batch_error(&b, err, "remove %s", subject);
	return ret == -EADDRNOTAVAIL || ret == -ENODEV ? 0 : ret;
}

static void show_more(const struct address_args *a, FILE *out)
{
	if (a->scope)
		fprintf(out, " scope %s", route_name(route_scope_names, a->scope));
	if (a->label[0])
		fprintf(out, " label %s", a->label);
	if (a->valid)
		fprintf(out, " valid_lft %u", a->valid);
	if (a->preferred)
		fprintf(out, " preferred_lft %u", a->preferred);
	if (a->prefix.addr.family == AF_INET6 && !a->dad)
		fprintf(out, " nodad");
}

static void show(const void *args, FILE *out)
{
	const struct address_args *a = args;
	char text[IP_TEXT_MAX];

	net_show_ip(out, a->at.ns);
	if (a->peer.family) {
		fprintf(out, "addr add %s", ip_addr_format(&a->prefix.addr, text, sizeof(text)));
		fprintf(out, " peer %s/%u", ip_addr_format(&a->peer, text, sizeof(text)),
			a->prefix.length);
	} else {
		fprintf(out, "addr add %s", ip_prefix_format(&a->prefix, text, sizeof(text)));
	}
	fprintf(out, " dev %s", a->at.link);
	show_more(a, out);
	fputc('\n', out);
}

static const struct json_field fields[] = {
	NET_ARGS_JSON(struct address_args, "link"),
	JSON_TEXT(struct address_args, "address", prefix, &ip_prefix_text, .flags = JSON_REQUIRED),
	JSON_TEXT(struct address_args, "peer", peer, &ip_addr_text),
	JSON_ENUM(struct address_args, "scope", scope, route_scope_names),
	JSON_UINT(struct address_args, "valid_lft", valid),
	JSON_UINT(struct address_args, "preferred_lft", preferred),
	JSON_CHARS(struct address_args, "label", label),
	JSON_BOOL(struct address_args, "dad", dad),
	JSON_END
};
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
