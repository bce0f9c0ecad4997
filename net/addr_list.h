/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of IP and MAC addresses, as a config has them: one, or an array of them. */
#ifndef NET_ADDR_LIST_H
#define NET_ADDR_LIST_H

#include "net/addr.h"

struct ip_addr_list {
	struct ip_addr *items;
	size_t count;
};

extern const struct json_custom ip_addr_list_custom;

#define MAC_LIST_MAX 32

/* Without pointers: it can be copied as it is. */
struct mac_list {
	uint32_t count;
	struct mac items[MAC_LIST_MAX];
};

/* None may be there twice. */
extern const struct json_custom mac_list_custom;

#endif
