/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has links in a network namespace that stays: nothing but a shared record (lib/shared.h), which each container that makes
 * some there is a user of, from before the first one until behind the last. So whoever finds one with a mark can tell whether the
 * container is still there, whatever its --root is.
 */
#ifndef NET_NETNS_CLAIM_H
#define NET_NETNS_CLAIM_H

#include "net/step.h"

/* The record's key. */
#define NETNS_CLAIM "netns.claim"

struct netns_claim_args {
	char ns[NET_KEY_MAX];
};

extern const struct step_type netns_claim_step;

#endif
