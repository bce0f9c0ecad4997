/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VLANs of a bridge's port (bridge(8), "vlan"). In JSON an entry is an id (10 or "10"), a range ("20-30"), or an object with
 * what else is said of it: { "vid": 10, "pvid": true, "untagged": true }.
 */
#ifndef NET_PORT_VLAN_H
#define NET_PORT_VLAN_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* IEEE 802.1Q: 0 and 4095 are no VLANs. */
#define PORT_VLAN_MIN 1
#define PORT_VLAN_MAX 4094

/* From @first to @last, which are often one. */
struct vlan_ids {
	uint16_t first, last;
};

struct port_vlan {
	struct vlan_ids ids;
	bool pvid;     /* what comes in without a tag is of this one */
	bool untagged; /* it leaves without its tag */
};

struct port_vlan_list {
	struct port_vlan *items;
	size_t count;
};

/* Append a copy; -ENOMEM leaves the list as it was. */
int port_vlan_list_add(struct port_vlan_list *list, const struct port_vlan *vlan);
void port_vlan_list_release(struct port_vlan_list *list);

/*
 * None of them twice, and one pvid at most. @access: what the key `vlan` says, or 0. -EINVAL: "vlans: 20-30 and 25 overlap".
 */
int port_vlan_check(const struct port_vlan_list *list, uint16_t access, struct err *err);

/* "10" or "20-30", into @buf (PORT_VLAN_TEXT_MAX). Returns @buf. */
#define PORT_VLAN_TEXT_MAX 16
const char *vlan_ids_format(const struct vlan_ids *ids, char *buf, size_t size);

/* struct port_vlan_list: one entry or an array of them. */
extern const struct json_custom port_vlan_list_custom;

/* --- A port's VLANs one by one, to compare what is with what was planned --- */

#define PORT_VLAN_HAS      0x1
#define PORT_VLAN_PVID     0x2
#define PORT_VLAN_UNTAGGED 0x4

struct port_vlan_table {
	uint8_t flags[PORT_VLAN_MAX + 1]; /* by id; 0: the port is not in it */
};

/* What is out of range is left out. */
void port_vlan_table_add(struct port_vlan_table *table, const struct port_vlan *vlan);

/* "none", "tagged", "pvid untagged": what the table has of one. */
const char *port_vlan_word(uint8_t flags);

#endif
