/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that the table is made of: chains, and rules as their expressions. */
#ifndef NET_NFT_LAYOUT_H
#define NET_NFT_LAYOUT_H

#include <stdint.h>

/* One expression of a rule; what the values mean is up to its kind. */
struct op {
	enum kind {
		OP_END,
		OP_META,    /* key, register */
		OP_PAYLOAD, /* base, offset, length, register */
		OP_COMPARE, /* operator, register, length, number; bytes, or NULL for the number */
		OP_MASK,    /* register, number */
		OP_LOOKUP,  /* register, register of the value or 0; name of the set */
		OP_NAT,     /* type, family, register of the address, of the port or 0 */
		OP_MASQUERADE,
		OP_VERDICT, /* which; name of the chain */
		OP_FIB,     /* flags, result, register */
		OP_CT,      /* key, register */
		OP_COUNT
	} kind;
	uint32_t values[4];
	const char *text;
};

#define NFT_OPS_MAX   12
#define NFT_RULES_MAX 64

struct nft_rule {
	const char *chain;
	const char *text; /* as nft(8) has it, without the comment */
	const char *comment;
	struct op ops[NFT_OPS_MAX];
};

struct nft_chain {
	const char *name;
	const char *type; /* NULL: others jump to it */
	const char *hook;
	uint32_t hook_number;
	int32_t priority;
};

/* Both end with one without a name. */
extern const struct nft_rule nft_rules[];
extern const struct nft_chain nft_chains[];

#endif
