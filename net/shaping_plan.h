/* SPDX-License-Identifier: Apache-2.0 */
/* What shaping's planner and its rules have in common: the values that follow from others. */
#ifndef NET_SHAPING_PLAN_H
#define NET_SHAPING_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* The bytes of the largest packet, link header included; @mtu 0: not known, taken for Ethernet's. */
uint32_t shaping_packet(uint32_t mtu);

/*
 * The burst of a rate if none is given: what it sends in 10 ms, the tick of the slowest kernels, and no less than
 * 16 kB, nor than two packets.
 */
uint32_t shaping_burst(uint64_t rate, uint32_t mtu);

/* Can the kernel count the time that @bytes take at @rate? */
bool shaping_bucket_fits(uint64_t rate, uint32_t bytes);

#endif
