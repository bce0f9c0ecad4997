/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of a user namespace (user_namespaces(7)): which range inside is which range of its parent's. The maps are
 * written from outside, once, before the process in it does anything that needs an id.
 */
#ifndef NS_IDMAP_H
#define NS_IDMAP_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ID_MAP_MAX  340        /* lines that the kernel takes, UID_GID_MAP_MAX_EXTENTS */
#define ID_ROOT_MAX 2147483647 /* the last id that id_maps_for_root() maps, as with nsinit */

struct id_map {
	uint32_t container_id, host_id, size;
};

/* {"container_id": 0, "host_id": 100000, "size": 65536} */
extern const struct json_schema id_map_schema;

/*
 * No range is empty, ends above 2^32-1 or overlaps another on either side, and id 0 is mapped: a container is set up
 * as its root. @key names the list in errors ("uid_mappings").
 */
int id_maps_check(const struct id_map *maps, size_t count, const char *key, struct err *err);

/* What @id inside is outside; -ERANGE if it is not mapped. Without maps it is the same. */
int id_map_to_host(const struct id_map *maps, size_t count, uint32_t id, uint32_t *host);

/*
 * The maps of nsinit's --userns-root-uid: 0 is @host_root outside, and all others up to ID_ROOT_MAX are themselves,
 * but @host_root, which is nobody inside. For users and groups alike. *@maps is allocated; -ERANGE: too large; -ENOMEM.
 */
int id_maps_for_root(uint32_t host_root, struct id_map **maps, size_t *count);

/*
 * Write /proc/PID/uid_map and gid_map of @pid, in a user namespace that it has just been cloned into. setgroups(2)
 * stays allowed inside, as the writer is privileged (user_namespaces(7)).
 */
int id_maps_write(pid_t pid, const struct id_map *uids, size_t uid_count, const struct id_map *gids,
		  size_t gid_count, struct err *err);

/* As options of unshare(1): " --map-users=OUTER,INNER,COUNT" for each range. */
void id_maps_show(const char *option, const struct id_map *maps, size_t count, FILE *out);

#endif
