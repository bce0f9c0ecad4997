/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of several interfaces in one pcapng, in the order of their times. The kernel stamps a packet before it queues it, and each
 * interface has a queue of its own; so what was read is kept back for a moment, until nothing older can come any more.
 */
#ifndef NET_CAPTURE_H
#define NET_CAPTURE_H

#include "net/packet_socket.h"

struct net_capture;

struct net_capture_options {
	struct packet_socket_options packets;
	uint64_t count;          /* end after so many packets; 0: never */
	const char *container;   /* whose they are, for the descriptions of interfaces */
	const char *application; /* that makes the file */
};

struct net_capture_interface {
	struct packet_link link;
	uint64_t captured, dropped;
	bool gone;
};

/* Takes @len bytes, which are whole blocks; 0, or a negative errno that the call then returns without words in @err. */
typedef int net_capture_fn(void *arg, const void *data, size_t len);

/*
 * Capture from what packet_sockets_open() has returned; @hears is a socket of net_watch_socket() in the same namespace. Both are
 * taken, also on failure.
 */
int net_capture_new(int carrier, int hears, const struct net_capture_options *o,
		    struct net_capture **out, struct err *err);
/* To be polled. */
int net_capture_fd(const struct net_capture *c);
/* Hand on what is old enough, without waiting; the first time with what begins the file. *@ended: all was got that was to be got. */
int net_capture_read(struct net_capture *c, net_capture_fn *give, void *arg, bool *ended,
		     struct err *err);
/* Hand on the rest, and what ends the file. */
int net_capture_end(struct net_capture *c, net_capture_fn *give, void *arg, struct err *err);
/* The capture's, in the order of its interfaces. */
const struct net_capture_interface *net_capture_interfaces(const struct net_capture *c,
							   size_t *count);
void net_capture_free(struct net_capture *c);

#endif
