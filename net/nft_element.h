/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps (net/nft_step.c) need of elements (net/nft_element.c). */
#ifndef NET_NFT_ELEMENT_H
#define NET_NFT_ELEMENT_H

#include "net/nft.h"

uint32_t nft_count(const struct nft_element_args *a);

/*
 * One message about @n elements from the @from-th on, with all of them if @type is NFT_MSG_NEWSETELEM, else with their keys. -ENOMEM;
 * @n is at most NFT_PER_MESSAGE.
 */
int nft_put_element(struct nl_batch *b, uint8_t type, uint16_t flags, size_t tag,
		    const struct nft_element_args *a, uint32_t from, uint32_t n);
/* As many messages as it takes to add all. */
int nft_put_elements(struct nl_batch *b, uint16_t flags, size_t tag,
		     const struct nft_element_args *a, struct err *err);

/*
 * Elements in one message: libnftnl does not look at the room there is, and one takes at most 64 bytes of key, 32 of value and
 * 130 of comment, with a header each.
 */
#define NFT_PER_MESSAGE 6

/* The elements of one step as the kernel has them. */
struct nft_state {
	const struct nft_element_args *args;
	uint32_t there; /* with any comment */
	uint32_t ours;  /* of them, with our mark */
	uint32_t as_planned;
	bool *is_ours;            /* of each, NULL: nobody asks */
	char owner[NFT_MARK_MAX]; /* of one that is not ours */
};

/* Fill in all but args and is_ours: each is asked for by its key; those that are not there are no error. */
int nft_look(struct nl *nl, struct nft_state *s, struct err *err);

/* For .show. */
void nft_show_element(const void *args, FILE *out);
/* As errors have it: "any_ports4 { tcp . 18080 and 2 more }". */
void nft_describe(const struct nft_element_args *a, char *buf, size_t size);

#endif
