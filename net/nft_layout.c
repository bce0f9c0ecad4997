// SPDX-License-Identifier: Apache-2.0
/*
 * What is in the table: sets, chains and rules, each as nft(8) writes it and as the kernel takes it. The two are
 * compared by tests/e2e/nat.bats.
 *
 * Rules of a kind, for each family:
 *
 *	ports		From the host's ports to the container's (destination NAT), of what comes in and of what the host itself
 *			sends. An address of the host's before any.
 *	postrouting	What was sent to a port of the host from the very link that it now goes out to: from the container itself,
 *			or from a neighbour, who would get its answers from an address that it never asked. Then the host's own
 *			requests from 127.0.0.1, which nobody can answer. Then nothing more where container and
 *			destination are on one link; and then what leaves.
 *	loopback	A link that may send to 127.0.0.1 (route_localnet), for the answers to those requests, must not do so by
 *			itself.
 *	forward		Links that are shut off.
 */
#include "net/nft_layout.h"

#include "net/link.h"
#include "net/nft.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* --- Sets --- */

const struct nft_set nft_sets[] = {
	/* Which container is on which link, one element per address. */
	{ "links4", AF_INET, { NFT_IPV4, NFT_LINK }, { NFT_END } },
	{ "links6", AF_INET6, { NFT_IPV6, NFT_LINK }, { NFT_END } },
	{ "masquerade4", AF_INET, { NFT_IPV4 }, { NFT_END } },
	{ "masquerade6", AF_INET6, { NFT_IPV6 }, { NFT_END } },
	{ "snat4", AF_INET, { NFT_IPV4 }, { NFT_IPV4 } },
	{ "snat6", AF_INET6, { NFT_IPV6 }, { NFT_IPV6 } },
	{ "ports4", AF_INET, { NFT_PROTOCOL, NFT_IPV4, NFT_PORT }, { NFT_IPV4, NFT_PORT } },
	{ "ports6", AF_INET6, { NFT_PROTOCOL, NFT_IPV6, NFT_PORT }, { NFT_IPV6, NFT_PORT } },
	{ "any_ports4", AF_INET, { NFT_PROTOCOL, NFT_PORT }, { NFT_IPV4, NFT_PORT } },
	{ "any_ports6", AF_INET6, { NFT_PROTOCOL, NFT_PORT }, { NFT_IPV6, NFT_PORT } },
	/* Links of the host; of networks, only those that are not ours. */
	{ "networks", 0, { NFT_LINK }, { NFT_END } },
	{ "same", 0, { NFT_LINK, NFT_LINK }, { NFT_END } },
	{ "loopback", 0, { NFT_LINK }, { NFT_END } },
	{ "isolated", 0, { NFT_LINK }, { NFT_END } },
	{ "internal", 0, { NFT_LINK }, { NFT_END } },
	{ .name = NULL },
};

const struct nft_set *nft_set_find(const char *name)
{
	for (const struct nft_set *s = nft_sets; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

/* Numbers of types are nft's own (its include/datatype.h); the kernel only keeps them. */
const struct nft_part_type *nft_part_type(enum nft_part part)
{
	static const struct nft_part_type types[] = {
		[NFT_PROTOCOL] = { "inet_proto", 12, 1 }, [NFT_IPV4] = { "ipv4_addr", 7, 4 },
		[NFT_IPV6] = { "ipv6_addr", 8, 16 },      [NFT_PORT] = { "inet_service", 13, 2 },
		[NFT_LINK] = { "ifname", 41, IFNAMSIZ },
	};

	return &types[part];
}

uint32_t nft_parts_size(const enum nft_part *parts)
{
	uint32_t size = 0;

	if (parts[0] != NFT_END && parts[1] == NFT_END)
		return nft_part_type(parts[0])->size;
	for (; *parts != NFT_END; parts++)
		size += NLA_ALIGN(nft_part_type(*parts)->size);
	return size;
}

uint32_t nft_parts_type(const enum nft_part *parts)
{
	uint32_t type = 0;

	for (; *parts != NFT_END; parts++)
		type = type << 6 | nft_part_type(*parts)->type;
	return type;
}

/* --- Rules --- */

/* Registers: 1 to 4 have 16 bytes, and 8 to 23 are their quarters. */
#define R1     NFT_REG_1
#define R2     NFT_REG_2
#define Q(n)   (NFT_REG32_00 + (n))
#define ZERO_3 "\0\0\0"

#define META(key, reg)                                 \
	{                                              \
		OP_META, { NFT_META_##key, reg }, NULL \
	}
#define LOAD(base, offset, len, reg)                                                \
	{                                                                           \
		OP_PAYLOAD, { NFT_PAYLOAD_##base##_HEADER, offset, len, reg }, NULL \
	}
#define IS(reg, len, text)                                 \
	{                                                  \
		OP_COMPARE, { NFT_CMP_EQ, reg, len }, text \
	}
#define NOT(reg, len, text)                                 \
	{                                                   \
		OP_COMPARE, { NFT_CMP_NEQ, reg, len }, text \
	}
/* Numbers, in the host's byte order. */
#define IS_U32(reg, n)                                      \
	{                                                   \
		OP_COMPARE, { NFT_CMP_EQ, reg, 4, n }, NULL \
	}
#define NOT_U32(reg, n)                                      \
	{                                                    \
		OP_COMPARE, { NFT_CMP_NEQ, reg, 4, n }, NULL \
	}
#define IN(set, reg)                       \
	{                                  \
		OP_LOOKUP, { reg, 0 }, set \
	}
#define MAP(set, reg, to)                   \
	{                                   \
		OP_LOOKUP, { reg, to }, set \
	}
#define RETURN                                             \
	{                                                  \
		OP_VERDICT, { (uint32_t)NFT_RETURN }, NULL \
	}
#define JUMP(chain)                                       \
	{                                                 \
		OP_VERDICT, { (uint32_t)NFT_JUMP }, chain \
	}
#define DROP                                  \
	{                                     \
		OP_VERDICT, { NF_DROP }, NULL \
	}
#define MASQUERADE                         \
	{                                  \
		OP_MASQUERADE, { 0 }, NULL \
	}

#define IPV4           META(NFPROTO, R1), IS(R1, 1, "\2")
#define IPV6           META(NFPROTO, R1), IS(R1, 1, "\12")
#define SADDR4(reg)    LOAD(NETWORK, 12, 4, reg)
#define DADDR4(reg)    LOAD(NETWORK, 16, 4, reg)
#define SADDR6(reg)    LOAD(NETWORK, 8, 16, reg)
#define DADDR6(reg)    LOAD(NETWORK, 24, 16, reg)
#define DPORT(reg)     LOAD(TRANSPORT, 2, 2, reg)
#define TO_LOOPBACK4   LOAD(NETWORK, 16, 1, R1), IS(R1, 1, "\177")
#define FROM_LOOPBACK4 LOAD(NETWORK, 12, 1, R1), IS(R1, 1, "\177")
#define TO_LOCAL \
	{ OP_FIB, { NFTA_FIB_F_DADDR, NFT_FIB_RESULT_ADDRTYPE, R1 }, NULL }, IS_U32(R1, RTN_LOCAL)
#define WAS_PORT                                                                        \
	{ OP_CT, { NFT_CT_STATUS, R1 }, NULL }, { OP_MASK, { R1, IPS_DST_NAT }, NULL }, \
		NOT_U32(R1, 0)
#define DNAT(family, p)                                       \
	{                                                     \
		OP_NAT, { NFT_NAT_DNAT, family, R1, p }, NULL \
	}
#define SNAT(family)                                          \
	{                                                     \
		OP_NAT, { NFT_NAT_SNAT, family, R1, 0 }, NULL \
	}

const struct nft_rule nft_rules[] = {
	{ "ports",
	  "dnat ip to meta l4proto . ip daddr . th dport map @ports4",
	  "ports of an address",
	  { IPV4, META(L4PROTO, R1), DADDR4(Q(1)), DPORT(Q(2)), MAP("ports4", R1, R1),
	    DNAT(NFPROTO_IPV4, Q(1)) } },
	{ "ports",
	  "dnat ip6 to meta l4proto . ip6 daddr . th dport map @ports6",
	  "ports of an address, IPv6",
	  { IPV6, META(L4PROTO, R1), DADDR6(Q(1)), DPORT(Q(5)), MAP("ports6", R1, R1),
	    DNAT(NFPROTO_IPV6, R2) } },
	{ "ports",
	  "meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @any_ports4",
	  "ports of any address",
	  { IPV4, TO_LOCAL, META(L4PROTO, R1), DPORT(Q(1)), MAP("any_ports4", R1, R1),
	    DNAT(NFPROTO_IPV4, Q(1)) } },
	{ "ports",
	  "meta nfproto ipv6 fib daddr type local dnat ip6 to meta l4proto . th dport map @any_ports6",
	  "ports of any address, IPv6",
	  { IPV6, TO_LOCAL, META(L4PROTO, R1), DPORT(Q(1)), MAP("any_ports6", R1, R1),
	    DNAT(NFPROTO_IPV6, R2) } },

	/* A neighbour of the host may send anything; 127.0.0.1 is for the host alone. */
	{ "prerouting",
	  "iifname != \"lo\" ip daddr 127.0.0.0/8 return",
	  "not from outside",
	  { META(IIFNAME, R1), NOT(R1, IFNAMSIZ, "lo"), IPV4, TO_LOOPBACK4, RETURN } },
	{ "prerouting", "jump ports", "ports", { JUMP("ports") } },
	/* Refused at once, it is tried at 127.0.0.1; translated, it would get no answer. */
	{ "output",
	  "ip6 daddr ::1 return",
	  "no way back",
	  { IPV6, DADDR6(R1), IS(R1, 16, ZERO_3 ZERO_3 ZERO_3 ZERO_3 ZERO_3 "\1"), RETURN } },
	{ "output", "jump ports", "ports", { JUMP("ports") } },

	{ "postrouting",
	  "ct status dnat ip saddr . oifname @links4 masquerade",
	  "back to its link",
	  { WAS_PORT, IPV4, SADDR4(R1), META(OIFNAME, Q(1)), IN("links4", R1), MASQUERADE } },
	{ "postrouting",
	  "ct status dnat ip6 saddr . oifname @links6 masquerade",
	  "back to its link, IPv6",
	  { WAS_PORT, IPV6, SADDR6(R1), META(OIFNAME, R2), IN("links6", R1), MASQUERADE } },
	{ "postrouting",
	  "ct status dnat ip daddr . iifname @links4 masquerade",
	  "to a neighbour",
	  { WAS_PORT, IPV4, DADDR4(R1), META(IIFNAME, Q(1)), IN("links4", R1), MASQUERADE } },
	{ "postrouting",
	  "ct status dnat ip6 daddr . iifname @links6 masquerade",
	  "to a neighbour, IPv6",
	  { WAS_PORT, IPV6, DADDR6(R1), META(IIFNAME, R2), IN("links6", R1), MASQUERADE } },
	{ "postrouting",
	  "oifname @loopback ip saddr 127.0.0.0/8 masquerade",
	  "from 127.0.0.1",
	  { META(OIFNAME, R1), IN("loopback", R1), IPV4, FROM_LOOPBACK4, MASQUERADE } },
	{ "postrouting",
	  "ip saddr . oifname @links4 return",
	  "stays on its link",
	  { IPV4, SADDR4(R1), META(OIFNAME, Q(1)), IN("links4", R1), RETURN } },
	{ "postrouting",
	  "ip6 saddr . oifname @links6 return",
	  "stays on its link, IPv6",
	  { IPV6, SADDR6(R1), META(OIFNAME, R2), IN("links6", R1), RETURN } },
	{ "postrouting",
	  "snat ip to ip saddr map @snat4",
	  "snat",
	  { IPV4, SADDR4(R1), MAP("snat4", R1, R1), SNAT(NFPROTO_IPV4) } },
	{ "postrouting",
	  "snat ip6 to ip6 saddr map @snat6",
	  "snat, IPv6",
	  { IPV6, SADDR6(R1), MAP("snat6", R1, R1), SNAT(NFPROTO_IPV6) } },
	{ "postrouting",
	  "ip saddr @masquerade4 masquerade",
	  "masquerade",
	  { IPV4, SADDR4(R1), IN("masquerade4", R1), MASQUERADE } },
	{ "postrouting",
	  "ip6 saddr @masquerade6 masquerade",
	  "masquerade, IPv6",
	  { IPV6, SADDR6(R1), IN("masquerade6", R1), MASQUERADE } },

	{ "loopback",
	  "iifname @loopback ip daddr 127.0.0.0/8 drop",
	  "to 127.0.0.1",
	  { META(IIFNAME, R1), IN("loopback", R1), IPV4, TO_LOOPBACK4, DROP } },
	{ "loopback",
	  "iifname @loopback ip saddr 127.0.0.0/8 drop",
	  "from 127.0.0.1",
	  { META(IIFNAME, R1), IN("loopback", R1), IPV4, FROM_LOOPBACK4, DROP } },

	/* A bridge's own frames come by, too, with br_netfilter. */
	{ "forward",
	  "iifname . oifname @same return",
	  "on one link",
	  { META(IIFNAME, R1), META(OIFNAME, R2), IN("same", R1), RETURN } },
	{ "forward",
	  "iifname @internal drop",
	  "internal",
	  { META(IIFNAME, R1), IN("internal", R1), DROP } },
	{ "forward",
	  "oifname @internal drop",
	  "to internal",
	  { META(OIFNAME, R1), IN("internal", R1), DROP } },
	/* Networks of ours are known by the group of their links, but for bridges that we only use. */
	{ "forward",
	  "iifname @isolated oifgroup 206 drop",
	  "isolated, from ours",
	  { META(IIFNAME, R1), IN("isolated", R1), META(OIFGROUP, R1), IS_U32(R1, LINK_GROUP),
	    DROP } },
	{ "forward",
	  "iifgroup 206 oifname @isolated drop",
	  "isolated, to ours",
	  { META(IIFGROUP, R1), IS_U32(R1, LINK_GROUP), META(OIFNAME, R1), IN("isolated", R1),
	    DROP } },
	{ "forward",
	  "iifname @isolated oifname @networks drop",
	  "isolated",
	  { META(IIFNAME, R1), IN("isolated", R1), META(OIFNAME, R1), IN("networks", R1), DROP } },
	{ "forward",
	  "iifname @networks oifname @isolated drop",
	  "to isolated",
	  { META(IIFNAME, R1), IN("networks", R1), META(OIFNAME, R1), IN("isolated", R1), DROP } },
	{ .chain = NULL },
};

/* --- Chains --- */

const struct nft_chain nft_chains[] = {
	{ "ports", NULL, NULL, 0, 0 },
	{ "prerouting", "nat", "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST },
	{ "output", "nat", "output", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST },
	{ "postrouting", "nat", "postrouting", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC },
	/* Before a destination is translated: an answer to the host's 127.0.0.1 has another one then. */
	{ "loopback", "filter", "prerouting", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW },
	{ "forward", "filter", "forward", NF_INET_FORWARD, NF_IP_PRI_FILTER },
	{ .name = NULL },
};

/* --- As text --- */

static void show_parts(const enum nft_part *parts, FILE *out)
{
	for (const char *sep = ""; *parts != NFT_END; parts++, sep = " . ")
		fprintf(out, "%s%s", sep, nft_part_type(*parts)->name);
}

static void show_set(const struct nft_set *s, FILE *out)
{
	const bool map = s->value[0] != NFT_END;

	fprintf(out, "nft add %s inet " NFT_TABLE " %s '{ type ", map ? "map" : "set", s->name);
	show_parts(s->key, out);
	if (map)
		fputs(" : ", out);
	show_parts(s->value, out);
	fputs("; }'\n", out);
}

static void show_chain(const struct nft_chain *c, FILE *out)
{
	fprintf(out, "nft add chain inet " NFT_TABLE " %s", c->name);
	if (c->type)
		fprintf(out, " '{ type %s hook %s priority %d; policy accept; }'", c->type, c->hook,
			c->priority);
	fputc('\n', out);
}

void nft_show_table(FILE *out)
{
	fputs("nft add table inet " NFT_TABLE " '{ comment \"" NFT_TABLE_MARK "\"; }'\n", out);
	for (const struct nft_set *s = nft_sets; s->name; s++)
		show_set(s, out);
	for (const struct nft_chain *c = nft_chains; c->name; c++)
		show_chain(c, out);
	for (const struct nft_rule *r = nft_rules; r->chain; r++)
		fprintf(out, "nft add rule inet " NFT_TABLE " %s '%s comment \"%s\"'\n", r->chain,
			r->text, r->comment);
}
