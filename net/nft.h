/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctrnet's table in nftables (nft(8)): `table inet ctrnet` of the host's network namespace.
 *
 * The table and its rules are the same for all containers, and shared; what belongs to one are elements of the
 * table's sets and maps, each with the container's mark as its comment. So an attach is a few elements in one transaction,
 * and each rule costs a packet one lookup, however many containers there are.
 *
 * libnftnl builds what is in a message and reads it; net/nl.h has the conversation.
 */
#ifndef NET_NFT_H
#define NET_NFT_H

#include "net/addr.h"
#include "net/nl.h"
#include "net/step.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NFT_TABLE "ctrnet"
/* The comment of the table: without it, it is somebody else's. A table of other rules needs another one. */
#define NFT_TABLE_MARK "ctrnet:shared:nat2"
/* nft(8) takes comments of up to 127 bytes. */
#define NFT_MARK_MAX 128

/* --- Sets and maps --- */

/* Of what a key, or a value, is made. */
enum nft_part {
	NFT_END,
	NFT_PROTOCOL, /* tcp, udp, sctp */
	NFT_IPV4,
	NFT_IPV6,
	NFT_PORT,
	NFT_LINK, /* a link's name */
};
#define NFT_PARTS_MAX 4
/* Bytes of a key or a value; a part begins at a multiple of 4. */
#define NFT_VALUE_MAX 64

struct nft_set {
	const char *name;
	int family;                         /* AF_INET, AF_INET6; 0: neither */
	enum nft_part key[NFT_PARTS_MAX];   /* ended by NFT_END */
	enum nft_part value[NFT_PARTS_MAX]; /* of a map */
};

/* All of them; ended by one without a name. */
extern const struct nft_set nft_sets[];
const struct nft_set *nft_set_find(const char *name);

/* What one part is like. */
struct nft_part_type {
	const char *name; /* as nft(8) calls its type */
	uint32_t type;    /* and numbers it */
	uint32_t size;    /* in bytes, without padding */
};
const struct nft_part_type *nft_part_type(enum nft_part part);
/* Of all parts together: bytes, and the number of the type. */
uint32_t nft_parts_size(const enum nft_part *parts);
uint32_t nft_parts_type(const enum nft_part *parts);

/* --- The table --- */

/*
 * Add to @b what makes the table with all that is in it (@fresh: it must not be there), or makes it anew around the elements that it
 * has. -ENOMEM.
 */
int nft_put_table(struct nl_batch *b, bool fresh, struct err *err);

/* Are the table's rules those that we made? 0, -ENOENT: something is missing, or -ESTALE. */
int nft_check_rules(struct nl *nl, struct err *err);

/* The same as the lines of nft(8). */
void nft_show_table(FILE *out);

/* 0: it is ours; -ENOENT: there is none; -EEXIST: it is a stranger's. */
int nft_find_table(struct nl *nl, struct err *err);

/* The comment in an object's user data, or "". */
void nft_read_comment(const void *data, uint32_t len, char *out, size_t size);

/* --- Steps --- */

struct nft_table_args {
	char ns[NET_KEY_MAX];
};

/* The table, shared by all containers that need it; it goes with the last one, and only if it is ours. */
extern const struct step_type nft_table_step;

/* An element of a set, or several with ports that follow one another. What its set has no part for is unused. */
struct nft_element_args {
	char ns[NET_KEY_MAX];
	char set[32];
	int protocol; /* IPPROTO_* */
	struct ip_addr address;
	uint16_t port;
	char link[IFNAMSIZ];
	/* the value */
	struct ip_addr to;
	uint16_t to_port;
	uint32_t count; /* of ports; 0 is 1 */
	char mark[NFT_MARK_MAX];
};

/*
 * Elements of one container. An element that is there already is somebody else's: -EEXIST. Undone only where the mark is ours, and by
 * key.
 */
extern const struct step_type nft_element_step;

/* What several containers ask for, about a link that they share: shared steps. */
extern const struct step_type nft_link_step;

/* Called for each element that a set has; of its args all but ns is set. */
typedef void nft_element_fn(void *arg, const struct nft_element_args *element);
/* No table, or no such set, is none. */
int nft_each_element(struct nl *nl, const struct nft_set *set, nft_element_fn *fn, void *arg,
		     struct err *err);

/* The comment of @id's elements; long ids are cut. */
void nft_mark(const char *mark, char out[NFT_MARK_MAX]);

#endif
