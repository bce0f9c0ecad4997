/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of links, addresses and routes in a network namespace as the kernel tells of them (rtnetlink(7)'s multicast groups). */
#ifndef NET_WATCH_H
#define NET_WATCH_H

#include "lib/err.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct net_watch;

struct net_event {
	const char *
		what; /* "link", "address", "route"; "lost": changes came faster than they were read, so some are missing */
	bool gone;    /* it was removed */
	uint32_t index; /* of the link; 0: of none */
	char interface[IFNAMSIZ];
	char text[400]; /* all of it, in the words of ip(8) */
};

/*
 * A socket that hears of changes in the namespace @netns, an fd of it (-1: the calling thread's), which the thread enters for a
 * moment. Returns the fd.
 */
int net_watch_socket(int netns, struct err *err);
/*
 * Watch with that socket; @sock is one of net_stats_open() in the same namespace, made after it, for the names that links have
 * at the beginning. Both are taken, also on failure.
 */
int net_watch_new(int hears, int sock, struct net_watch **out, struct err *err);
/* To be polled. */
int net_watch_fd(const struct net_watch *w);
/* Hand all that has come to @event, without waiting. */
int net_watch_read(struct net_watch *w, void (*event)(void *arg, const struct net_event *event),
		   void *arg, struct err *err);
void net_watch_free(struct net_watch *w);

#endif
