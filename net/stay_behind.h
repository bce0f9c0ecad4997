/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that waits for the kernel in our stead.
 *
 * Some calls return, or some descriptors are closed, only when the kernel has waited for all readers of what was removed (RCU): 5 to 30
 * ms, while what was asked for has taken effect long before. A process that nobody waits for sits that out.
 */
#ifndef NET_STAY_BEHIND_H
#define NET_STAY_BEHIND_H

#include <linux/rtnetlink.h>

/* All that it needs, made before it starts (lib/helper.h). */
struct stay_behind {
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} request;
	int sock;   /* netlink, to which the request goes; or -1: there is none, it waits a while */
	int report; /* writing end of a pipe, for the answer: an int, 0 or a negative errno; or -1 */
	int kept;   /* is closed when it ends; or -1 */
};

/* Start it. Its descriptors are copies: the caller's stay his. Returns 0 or a negative errno. */
int stay_behind_start(const struct stay_behind *b);

#endif
