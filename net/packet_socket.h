/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets that see all packets of an interface (packet(7)), in any network namespace. Nothing of the interface is changed: it is
 * not made promiscuous, so what is seen is what it would have received anyway.
 */
#ifndef NET_PACKET_SOCKET_H
#define NET_PACKET_SOCKET_H

#include "lib/err.h"
#include "net/pcapng.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum packet_direction { PACKET_INOUT, PACKET_IN, PACKET_OUT };

struct packet_socket_options {
	int direction;    /* enum packet_direction */
	uint32_t snaplen; /* bytes of a packet that are wanted */
};

/* What the socket knows of its interface. */
struct packet_link {
	uint32_t index; /* 0: it is not there any more */
	char name[IFNAMSIZ];
	struct mac mac;
	uint16_t hardware; /* ARPHRD_* */
	int linktype;
};

/*
 * A socket for each of @names in the namespace @netns, an fd of it, which the thread enters: for a process that runs apart. NULL:
 * for all interfaces. -ENODEV: there is none of that name. What is returned is an fd that all of them are in, for packet_sockets_take().
 */
int packet_sockets_open(int netns, char *const *names, const struct packet_socket_options *o,
			struct err *err);
/* The sockets that are in @carrier, which is taken, also on failure. *@fds is allocated. */
int packet_sockets_take(int carrier, int **fds, size_t *count, struct err *err);
int packet_socket_describe(int fd, struct packet_link *link, struct err *err);
/* Has its interface gone (or been moved elsewhere)? One that is down has not. */
bool packet_socket_orphaned(int fd);
/* Packets that it has got since it was asked the last time, those that it had to drop included; and the latter. */
void packet_socket_counts(int fd, uint64_t *received, uint64_t *dropped);

/* --- Receiving --- */

struct packet_reader;

/* Room for packets of @snaplen bytes, from any number of sockets. */
int packet_reader_new(uint32_t snaplen, struct packet_reader **out, struct err *err);
void packet_reader_free(struct packet_reader *r);

/* A packet but for its interface; its data is the reader's until the next call. */
typedef void packet_fn(void *arg, struct pcapng_packet *packet);
/*
 * Hand what has come to @fn, PACKET_READER_MAX packets at most, without waiting. Returns how many these were, or a negative errno.
 */
int packet_reader_read(struct packet_reader *r, int fd, int linktype, packet_fn *fn, void *arg);
#define PACKET_READER_MAX 32

#endif
