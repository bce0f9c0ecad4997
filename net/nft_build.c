// SPDX-License-Identifier: Apache-2.0
/* The table as messages, from the tables of net/nft_layout.c; and is what the kernel has still that? */
#include "net/nft.h"
#include "net/nft_layout.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* --- To the kernel --- */

static struct nl_msg *start(struct nl_batch *b, uint8_t type, uint16_t flags)
{
	return nl_batch_add_netfilter(b, NFNL_SUBSYS_NFTABLES, type, NFPROTO_INET, flags, 0);
}

/* An attribute whose value is @text: user data with nothing in it but a comment. All objects number theirs alike. */
static int set_comment(const char *text, void *object,
		       void (*set)(void *object, const void *data, uint32_t len))
{
	uint8_t data[2 + NFT_MARK_MAX] = { 0 };
	size_t len = strlen(text) + 1;

	if (len > NFT_MARK_MAX)
		return -ENAMETOOLONG;
	data[0] = NFTNL_UDATA_RULE_COMMENT;
	data[1] = (uint8_t)len;
	memcpy(data + 2, text, len);
	set(object, data, (uint32_t)(2 + len));
	return 0;
}

static void set_table_data(void *table, const void *data, uint32_t len)
{
	nftnl_table_set_data(table, NFTNL_TABLE_USERDATA, data, len);
}

static void set_rule_data(void *rule, const void *data, uint32_t len)
{
	nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, data, len);
}

static int put_table(struct nl_batch *b, bool fresh)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nl_msg *m;

	if (!t)
		return -ENOMEM;
	nftnl_table_set_str(t, NFTNL_TABLE_NAME, NFT_TABLE);
	nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, 0);
	set_comment(NFT_TABLE_MARK, t, set_table_data);
	m = start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | (fresh ? NLM_F_EXCL : 0));
	if (m->head)
		nftnl_table_nlmsg_build_payload(m->head, t);
	nftnl_table_free(t);
	return 0;
}

/* Which byte order nft(8) reads the key in: that of the host for a name alone (its enum byteorder: 1), else the network's (2). */
static void set_byteorder(struct nftnl_set *s, const struct nft_set *set)
{
	uint8_t data[6] = { NFTNL_UDATA_SET_KEYBYTEORDER, sizeof(uint32_t) };
	const uint32_t order = set->key[0] == NFT_LINK && set->key[1] == NFT_END ? 1 : 2;

	memcpy(data + 2, &order, sizeof(order));
	nftnl_set_set_data(s, NFTNL_SET_USERDATA, data, sizeof(data));
}

static int put_set(struct nl_batch *b, const struct nft_set *set)
{
	struct nftnl_set *s = nftnl_set_alloc();
	struct nl_msg *m;

	if (!s)
		return -ENOMEM;
	nftnl_set_set_str(s, NFTNL_SET_TABLE, NFT_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, set->name);
	nftnl_set_set_u32(s, NFTNL_SET_ID, (uint32_t)(set - nft_sets) + 1);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, nft_parts_type(set->key));
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, nft_parts_size(set->key));
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, set->value[0] == NFT_END ? 0 : NFT_SET_MAP);
	if (set->value[0] != NFT_END) {
		nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, nft_parts_type(set->value));
		nftnl_set_set_u32(s, NFTNL_SET_DATA_LEN, nft_parts_size(set->value));
	}
	set_byteorder(s, set);
	m = start(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	if (m->head)
		nftnl_set_nlmsg_build_payload(m->head, s);
	nftnl_set_free(s);
	return 0;
}

static int put_chain(struct nl_batch *b, const struct nft_chain *chain)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	struct nl_msg *m;

	if (!c)
		return -ENOMEM;
	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, NFT_TABLE);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, chain->name);
	if (chain->type) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, chain->type);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, chain->hook_number);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, chain->priority);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	m = start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	if (m->head)
		nftnl_chain_nlmsg_build_payload(m->head, c);
	nftnl_chain_free(c);
	return 0;
}

/* All rules of a chain. */
static int put_flush(struct nl_batch *b, const struct nft_chain *chain)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	struct nl_msg *m;

	if (!r)
		return -ENOMEM;
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, NFT_TABLE);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain->name);
	m = start(b, NFT_MSG_DELRULE, 0);
	if (m->head)
		nftnl_rule_nlmsg_build_payload(m->head, r);
	nftnl_rule_free(r);
	return 0;
}

/* A kind of expression: its name, and the attributes that take the values of an op in order; 0 ends them. */
static const struct {
	const char *name;
	uint16_t values[4];
} kinds[OP_COUNT] = {
	[OP_META] = { "meta", { NFTNL_EXPR_META_KEY, NFTNL_EXPR_META_DREG } },
	[OP_PAYLOAD] = { "payload",
			 { NFTNL_EXPR_PAYLOAD_BASE, NFTNL_EXPR_PAYLOAD_OFFSET,
			   NFTNL_EXPR_PAYLOAD_LEN, NFTNL_EXPR_PAYLOAD_DREG } },
	[OP_COMPARE] = { "cmp", { NFTNL_EXPR_CMP_OP, NFTNL_EXPR_CMP_SREG } },
	[OP_MASK] = { "bitwise", { NFTNL_EXPR_BITWISE_SREG } },
	[OP_LOOKUP] = { "lookup", { NFTNL_EXPR_LOOKUP_SREG } },
	[OP_NAT] = { "nat",
		     { NFTNL_EXPR_NAT_TYPE, NFTNL_EXPR_NAT_FAMILY, NFTNL_EXPR_NAT_REG_ADDR_MIN } },
	[OP_MASQUERADE] = { "masq", { 0 } },
	[OP_VERDICT] = { "immediate", { NFTNL_EXPR_IMM_VERDICT } },
	[OP_FIB] = { "fib", { NFTNL_EXPR_FIB_FLAGS, NFTNL_EXPR_FIB_RESULT, NFTNL_EXPR_FIB_DREG } },
	[OP_CT] = { "ct", { NFTNL_EXPR_CT_KEY, NFTNL_EXPR_CT_DREG } },
};

/* Bytes, with zeroes behind a name, which is shorter than the register that it is compared with; or a number. */
static void set_compared(struct nftnl_expr *e, const struct op *op)
{
	const uint32_t len = op->values[2];
	char name[IFNAMSIZ] = "";

	if (!op->text) {
		nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_DATA, op->values[3]);
		return;
	}
	if (len == IFNAMSIZ && op->text[0])
		snprintf(name, sizeof(name), "%s", op->text);
	else
		memcpy(name, op->text, len);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, name, len);
}

/* What is more than numbers in order. */
static void set_rest(struct nftnl_expr *e, const struct op *op)
{
	const uint32_t zero = 0;

	switch (op->kind) {
	case OP_COMPARE:
		set_compared(e, op);
		break;
	case OP_MASK:
		nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, op->values[0]);
		nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(zero));
		nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &op->values[1], sizeof(zero));
		nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof(zero));
		break;
	case OP_LOOKUP:
		nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, op->text);
		if (op->values[1])
			nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, op->values[1]);
		break;
	case OP_NAT:
		if (op->values[3])
			nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_PROTO_MIN, op->values[3]);
		break;
	case OP_VERDICT:
		nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
		if (op->text)
			nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, op->text);
		break;
	case OP_END:
	case OP_META:
	case OP_PAYLOAD:
	case OP_MASQUERADE:
	case OP_FIB:
	case OP_CT:
	case OP_COUNT:
		break;
	}
}

static int add_op(struct nftnl_rule *r, const struct op *op)
{
	struct nftnl_expr *e = nftnl_expr_alloc(kinds[op->kind].name);

	if (!e)
		return -ENOMEM;
	for (size_t i = 0; i < array_size(op->values) && kinds[op->kind].values[i]; i++)
		nftnl_expr_set_u32(e, kinds[op->kind].values[i], op->values[i]);
	set_rest(e, op);
	nftnl_rule_add_expr(r, e);
	return 0;
}

static int fill_rule(struct nftnl_rule *r, const struct nft_rule *rule)
{
	int ret = 0;

	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, NFT_TABLE);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, rule->chain);
	for (size_t i = 0; ret == 0 && i < NFT_OPS_MAX && rule->ops[i].kind != OP_END; i++)
		ret = add_op(r, &rule->ops[i]);
	return ret < 0 ? ret : set_comment(rule->comment, r, set_rule_data);
}

static int put_rule(struct nl_batch *b, const struct nft_rule *rule)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	int ret = r ? fill_rule(r, rule) : -ENOMEM;

	if (ret == 0) {
		struct nl_msg *m = start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

		if (m->head)
			nftnl_rule_nlmsg_build_payload(m->head, r);
	}
	if (r)
		nftnl_rule_free(r);
	return ret;
}

int nft_put_table(struct nl_batch *b, bool fresh, struct err *err)
{
	int ret = put_table(b, fresh);

	for (const struct nft_set *s = nft_sets; ret == 0 && s->name; s++)
		ret = put_set(b, s);
	for (const struct nft_chain *c = nft_chains; ret == 0 && c->name; c++)
		ret = put_chain(b, c);
	for (const struct nft_chain *c = nft_chains; ret == 0 && !fresh && c->name; c++)
		ret = put_flush(b, c);
	for (const struct nft_rule *r = nft_rules; ret == 0 && r->chain; r++)
		ret = put_rule(b, r);
	return ret < 0 ? err_oom(err) : 0;
}

/* --- Comparing --- */

struct comparison {
	bool found[NFT_RULES_MAX];
	int last;   /* in order, as rules of a chain and chains are */
	bool other; /* a rule that is not ours, or one twice, or not in its place */
};

/* Its number among ours; -1: it is none. */
static int find_rule(const struct nftnl_rule *r)
{
	const char *chain = nftnl_rule_get_str(r, NFTNL_RULE_CHAIN);
	char comment[NFT_MARK_MAX];
	uint32_t len = 0;
	const void *data = nftnl_rule_get_data(r, NFTNL_RULE_USERDATA, &len);

	nft_read_comment(data, data ? len : 0, comment, sizeof(comment));
	for (int i = 0; chain && nft_rules[i].chain; i++)
		if (!strcmp(nft_rules[i].chain, chain) && !strcmp(nft_rules[i].comment, comment))
			return i;
	return -1;
}

static bool has_bytes(const struct nftnl_expr *e, uint16_t attr, const void *bytes, uint32_t len)
{
	uint32_t size = 0;
	const void *data = nftnl_expr_get(e, attr, &size);

	return data && size == len && !memcmp(data, bytes, len);
}

/* What is more than numbers in order. */
static bool has_rest(const struct nftnl_expr *e, const struct op *op)
{
	char name[IFNAMSIZ] = "";
	const char *text;

	switch (op->kind) {
	case OP_COMPARE:
		if (!op->text)
			return has_bytes(e, NFTNL_EXPR_CMP_DATA, &op->values[3], 4);
		if (op->values[2] != IFNAMSIZ || !op->text[0])
			return has_bytes(e, NFTNL_EXPR_CMP_DATA, op->text, op->values[2]);
		snprintf(name, sizeof(name), "%s", op->text);
		return has_bytes(e, NFTNL_EXPR_CMP_DATA, name, sizeof(name));
	case OP_MASK:
		return has_bytes(e, NFTNL_EXPR_BITWISE_MASK, &op->values[1], 4);
	case OP_LOOKUP:
		text = nftnl_expr_get_str(e, NFTNL_EXPR_LOOKUP_SET);
		return text && !strcmp(text, op->text);
	case OP_VERDICT:
		text = op->text ? nftnl_expr_get_str(e, NFTNL_EXPR_IMM_CHAIN) : "";
		return text && !strcmp(text, op->text ? op->text : "");
	case OP_END:
	case OP_META:
	case OP_PAYLOAD:
	case OP_NAT:
	case OP_MASQUERADE:
	case OP_FIB:
	case OP_CT:
	case OP_COUNT:
		break;
	}
	return true;
}

static bool is_op(const struct nftnl_expr *e, const struct op *op)
{
	const char *name = nftnl_expr_get_str(e, NFTNL_EXPR_NAME);

	if (op->kind == OP_END || !name || strcmp(name, kinds[op->kind].name))
		return false;
	for (size_t i = 0; i < array_size(op->values) && kinds[op->kind].values[i]; i++)
		if (nftnl_expr_get_u32(e, kinds[op->kind].values[i]) != op->values[i])
			return false;
	return has_rest(e, op);
}

struct reading {
	const struct nft_rule *rule;
	size_t at;
	bool other;
};

static int read_op(struct nftnl_expr *e, void *arg)
{
	struct reading *r = arg;

	if (r->at >= NFT_OPS_MAX || !is_op(e, &r->rule->ops[r->at++]))
		r->other = true;
	return 0;
}

/* Not only by its comment: somebody may have replaced what it says. */
static bool says(struct nftnl_rule *r, const struct nft_rule *rule)
{
	struct reading read = { .rule = rule };

	nftnl_expr_foreach(r, read_op, &read);
	return !read.other && (read.at == NFT_OPS_MAX || rule->ops[read.at].kind == OP_END);
}

static void compare_rule(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct comparison *c = arg;
	struct nftnl_rule *r = nftnl_rule_alloc();
	int i = r && nftnl_rule_nlmsg_parse(msg, r) == 0 ? find_rule(r) : -1;

	(void)tag;
	if (i < 0 || i >= NFT_RULES_MAX || i < c->last || c->found[i] || !says(r, &nft_rules[i]))
		c->other = true;
	else
		c->found[c->last = i] = true;
	if (r)
		nftnl_rule_free(r);
}

static const struct nft_chain *find_chain(const char *name)
{
	for (const struct nft_chain *c = nft_chains; name && c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static void compare_chain(void *arg, size_t tag, const struct nlmsghdr *msg)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	const struct nft_chain *ours;
	const char *table;

	(void)tag;
	if (c && nftnl_chain_nlmsg_parse(msg, c) == 0) {
		table = nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE);
		ours = find_chain(nftnl_chain_get_str(c, NFTNL_CHAIN_NAME));
		if (ours && ours->type && table && !strcmp(table, NFT_TABLE) &&
		    nftnl_chain_get_u32(c, NFTNL_CHAIN_FAMILY) == NFPROTO_INET &&
		    nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) != NF_ACCEPT)
			*(const struct nft_chain **)arg = ours;
	}
	if (c)
		nftnl_chain_free(c);
}

/* Others drop what goes through the host. */
static int check_policies(struct nl *nl, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	const struct nft_chain *other = NULL;
	int ret;

	start(&b, NFT_MSG_GETCHAIN, 0);
	ret = nl_dump(nl, &b, compare_chain, &other, err);
	if (ret < 0 || !other)
		return ret;
	return err_set(err, -ESTALE, "chain %s of table inet " NFT_TABLE " has another policy",
		       other->name);
}

int nft_check_rules(struct nl *nl, struct err *err)
{
	_cleanup_(nl_batch_release) struct nl_batch b = { 0 };
	struct comparison c = { 0 };
	int ret;

	nl_put_str(start(&b, NFT_MSG_GETRULE, 0), NFTA_RULE_TABLE, NFT_TABLE);
	ret = nl_dump(nl, &b, compare_rule, &c, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; nft_rules[i].chain; i++)
		if (!c.found[i])
			return err_set(err, -ENOENT,
				       "chain %s of table inet " NFT_TABLE " lacks the rule '%s'",
				       nft_rules[i].chain, nft_rules[i].text);
	if (c.other)
		return err_set(err, -ESTALE,
			       "table inet " NFT_TABLE " has rules that are not ctrnet's");
	return check_policies(nl, err);
}
