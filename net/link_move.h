/* SPDX-License-Identifier: Apache-2.0 */
/* The step that takes a link of the host's into the container, and brings it home as it was. */
#ifndef NET_LINK_MOVE_H
#define NET_LINK_MOVE_H

#include "net/link_was.h"

/*
 * A link that is away, or on its way, carries this and its name on the host. It is the host's all the same, so the mark
 * is none of those by which links are removed.
 */
#define LINK_MOVE_MARK LINK_MARK_SHARED "device:"

struct link_move_args {
	char name[IFNAMSIZ];      /* on the host */
	char inside[IFNAMSIZ];    /* in the container */
	struct mac mac;           /* inside; zero: its own */
	uint32_t mtu, txqueuelen; /* inside; 0: as they were */
	char *pin;      /* what the container's namespace is mounted on: in the run directory */
	uint32_t index; /* inside; learned */
	struct link_was was; /* all of it learned by looking, before the first change */
};

/*
 * A shared step, since the host's links are there for all containers, and exclusive. Its record has what the link was like before
 * anything is changed. The container's namespace is pinned for as long as the link is in it: the kernel would destroy a virtual
 * link with it, and take hardware to the machine's first namespace. Where the link cannot come home (its name is
 * taken), reverting fails with -EBUSY and the pin stays.
 */
extern const struct step_type link_move_step;

/* The key under which it is shared. */
#define LINK_MOVE_KEY "link.move:"

#endif
