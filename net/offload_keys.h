/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key `offloads` of a network: { "tso": false, "tx-checksumming": true }. Names are the kernel's features, as `ethtool -k`
 * prints them, and those by which ethtool(8) means several at once.
 */
#ifndef NET_OFFLOAD_KEYS_H
#define NET_OFFLOAD_KEYS_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>

/* ETH_GSTRING_LEN of linux/ethtool.h: the longest name of a feature, NUL included. */
#define OFFLOAD_NAME_MAX 32

struct offload {
	char name[OFFLOAD_NAME_MAX];
	bool on;
};

struct offload_list {
	struct offload *items;
	size_t count;
};

/* Append a copy; -ENOMEM leaves the list as it was. */
int offload_list_add(struct offload_list *list, const struct offload *offload);
void offload_list_release(struct offload_list *list);
extern const struct json_custom offload_list_custom; /* struct offload_list: an object of booleans */

/* What one of ethtool's names means. */
struct offload_group {
	const char *word;    /* "tso" */
	const char *name;    /* "tcp-segmentation-offload" */
	const char *pattern; /* of the kernel's names, for fnmatch(3): "tx-tcp*-segmentation" */
};

/* The group that ethtool(8) calls @name, in either way; NULL: it is a feature's own name. */
const struct offload_group *offload_group_find(const char *name);

/* Append to @names (of @size) all names of groups; the number. For who looks for the nearest. */
size_t offload_group_names(const char **names, size_t size);

/* No group in two words. */
int offload_check(const struct offload_list *list, struct err *err);

#endif
