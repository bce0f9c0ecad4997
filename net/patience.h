/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the kernel again and again, for what it says no word about when it has come. */
#ifndef NET_PATIENCE_H
#define NET_PATIENCE_H

#include <stdbool.h>

/* How long a namespace that was just left, and what it has, may take to go, on a busy machine. */
#define NET_PASSING_USEC 3000000

/* Zeroed, but for the limit. */
struct net_patience {
	unsigned int limit; /* microseconds in all; 0: five seconds */
	unsigned int waited, next;
};

/* Pause: 50 us at first, up to 2 ms. False when it is used up. */
bool net_patience_wait(struct net_patience *p);

#endif
