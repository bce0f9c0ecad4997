/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MTU of a bridge that nobody gave one: the least of its ports', as the kernel keeps it until somebody sets it by hand
 * (net/bridge/br_if.c: br_mtu_auto_adjust()).
 */
#ifndef NET_BRIDGE_MTU_H
#define NET_BRIDGE_MTU_H

#include "net/link.h"

/* Of one without ports. */
#define BRIDGE_MTU_DEFAULT 1500

struct bridge_mtu {
	uint32_t is;   /* 0: the bridge is gone */
	uint32_t made; /* what its ports make it */
};

/* Of the bridge with that index. One dump tells both, as ports come and go. */
int bridge_mtu_read(struct nl *nl, uint32_t bridge, struct bridge_mtu *out, struct err *err);

/* Is it as its ports make it? -ESTALE: no, and what it is. */
int bridge_mtu_compare(const struct bridge_mtu *m, struct err *err);

#endif
