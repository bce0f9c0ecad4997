// SPDX-License-Identifier: Apache-2.0
/* The netlink reader: arbitrary bytes as a datagram from the kernel, each message through every parser. */
#include "net/address.h"
#include "net/link.h"
#include "net/nl.h"
#include "net/route.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(void *arg, const struct nlmsghdr *msg)
{
	struct address address;
	struct route route;
	struct link link;
	struct nl_ack ack;
	struct err err;

	(void)arg;
	if (link_parse(msg, &link) == 0 && (!link.index || strlen(link.name) >= sizeof(link.name)))
		abort();
	if (address_parse(msg, &address) == 0 &&
	    address.prefix.length > ip_family_bits(address.prefix.addr.family))
		abort();
	if (route_parse(msg, &route) == 0 &&
	    route.destination.length > ip_family_bits(route.destination.addr.family))
		abort();
	if (nl_parse_ack(msg, &ack) == 0) {
		if (ack.code > 0 || strlen(ack.text) >= sizeof(ack.text))
			abort();
		nl_ack_err(&ack, &err, "fuzz");
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As the receive buffer is: aligned, and readable up to the padding of a last message. */
	char *copy = calloc(1, NLMSG_ALIGN(size) + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	nl_each(copy, size, parse, NULL);
	free(copy);
	return 0;
}
