/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captured packets in the format pcapng (draft-ietf-opsawg-pcapng), which Wireshark, tcpdump and their like read. Blocks are
 * put one behind the other in memory, in the byte order of this machine; the file is whole at the end of each.
 */
#ifndef NET_PCAPNG_H
#define NET_PCAPNG_H

#include "net/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of www.tcpdump.org/linktypes.html. */
enum pcapng_linktype {
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_RAW = 101,        /* IPv4 or IPv6, told by its first four bits */
	LINKTYPE_LINUX_SLL2 = 276, /* a header of packet(7)'s makes up for the link's */
};

/* Zeroed before first use. */
struct pcapng {
	unsigned char *data;
	size_t used, size;
	size_t block; /* where the one that is being built begins */
	bool full;    /* sticky: out of memory; what is put is dropped */
};

struct pcapng_interface {
	int linktype;
	uint32_t snaplen;               /* 0: no limit */
	const char *name, *description; /* UTF-8 */
	struct mac mac;                 /* zero: none */
};

/* Bits of epb_flags. */
enum {
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2,
	PCAPNG_UNICAST = 1 << 2,
	PCAPNG_MULTICAST = 2 << 2,
	PCAPNG_BROADCAST = 3 << 2,
	PCAPNG_PROMISCUOUS = 4 << 2, /* to somebody else */
};

/* Times are nanoseconds since 1970, in UTC. */
struct pcapng_packet {
	uint32_t interface; /* by their order, from 0 */
	uint64_t time;
	const void *data;
	uint32_t captured; /* bytes of data */
	uint32_t length;   /* that the packet had */
	uint32_t flags;
};

struct pcapng_statistics {
	uint32_t interface;
	uint64_t start, end;
	uint64_t received;  /* by the socket, those that it had to drop included */
	uint64_t dropped;   /* since nobody came to take them */
	uint64_t delivered; /* that are in the file */
};

/* Section Header Block: the first one. */
void pcapng_put_section(struct pcapng *p, const char *os, const char *application);
/* Interface Description Block: before packets of that interface. */
void pcapng_put_interface(struct pcapng *p, const struct pcapng_interface *i);
/* Enhanced Packet Block. */
void pcapng_put_packet(struct pcapng *p, const struct pcapng_packet *packet);
/* Interface Statistics Block. */
void pcapng_put_statistics(struct pcapng *p, const struct pcapng_statistics *s);
/* A copy of @len bytes that are whole blocks. */
void pcapng_put_blocks(struct pcapng *p, const void *blocks, size_t len);
void pcapng_release(struct pcapng *p);

#endif
