/* SPDX-License-Identifier: Apache-2.0 */
/* What net/nl*.c share of a conversation. */
#ifndef NET_NL_INTERNAL_H
#define NET_NL_INTERNAL_H

#include "net/nl.h"

/* The kernel fills a dump's datagrams up to 32 kB; a link with many virtual functions may need more. */
#define NL_BUFFER_SIZE 65536

struct nl {
	int fd;
	uint32_t seq; /* of the last message */
	bool freed;   /* netfilter: a transaction removed things, which closing would wait for */
	char buf[NL_BUFFER_SIZE] __attribute__((aligned(8)));
};

/* Finish the last message; what went wrong while the batch was built is told here. */
int nl_batch_ready(struct nl_batch *b, struct err *err);

struct nlmsghdr *nl_request_head(const struct nl_batch *b, size_t i);

/* One datagram from the kernel into nl->buf. -ENOBUFS: some before it were lost. */
int nl_receive(struct nl *nl, size_t *len, struct err *err);

#endif
