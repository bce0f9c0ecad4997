/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of addresses, as a config has them: one, or an array of them. */
#ifndef NET_ADDR_LIST_H
#define NET_ADDR_LIST_H

#include "net/addr.h"

struct ip_addr_list {
	struct ip_addr *items;
	size_t count;
};

extern const struct json_custom ip_addr_list_custom;

#endif
