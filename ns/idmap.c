// SPDX-License-Identifier: Apache-2.0
#include "ns/idmap.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const struct json_field id_map_fields[] = {
	JSON_UINT(struct id_map, "container_id", container_id, .flags = JSON_KEEP),
	JSON_UINT(struct id_map, "host_id", host_id, .flags = JSON_KEEP),
	JSON_UINT(struct id_map, "size", size, .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema id_map_schema =
	JSON_SCHEMA(struct id_map, id_map_fields, .caseless = true);

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

/* (uid_t)-1 is no id (setresuid(2)), so the last of a range has to be below it. */
static int check_range(const struct id_map *m, struct err *err)
{
	if (!m->size)
		return err_set(err, -EINVAL, "size 0 maps nothing");
	if ((uint64_t)m->container_id + m->size > UINT32_MAX ||
	    (uint64_t)m->host_id + m->size > UINT32_MAX)
		return err_set(err, -ERANGE, "the range ends above 4294967294, the last id");
	return 0;
}

static int check_against(const struct id_map *maps, size_t i, struct err *err)
{
	const struct id_map *m = &maps[i];

	for (size_t j = 0; j < i; j++) {
		if (overlap(m->container_id, m->size, maps[j].container_id, maps[j].size))
			return err_set(err, -EINVAL,
				       "its ids in the container overlap those of [%zu]", j);
		if (overlap(m->host_id, m->size, maps[j].host_id, maps[j].size))
			return err_set(err, -EINVAL, "its ids on the host overlap those of [%zu]",
				       j);
	}
	return 0;
}

int id_maps_check(const struct id_map *maps, size_t count, const char *key, struct err *err)
{
	uint32_t root;

	if (count > ID_MAP_MAX)
		return err_set(err, -E2BIG, "%s: the kernel takes at most %d ranges", key,
			       ID_MAP_MAX);
	for (size_t i = 0; i < count; i++) {
		int ret = check_range(&maps[i], err);

		if (ret == 0)
			ret = check_against(maps, i, err);
		if (ret < 0)
			return err_wrap(err, "%s[%zu]", key, i);
	}
	if (!count || id_map_to_host(maps, count, 0, &root) < 0)
		return err_set(err, -EINVAL,
			       "%s: no mapping for id 0 found, and a container is set up as its "
			       "root",
			       key);
	return 0;
}

int id_map_to_host(const struct id_map *maps, size_t count, uint32_t id, uint32_t *host)
{
	if (!count)
		*host = id;
	for (size_t i = 0; i < count; i++) {
		if (id < maps[i].container_id || id - maps[i].container_id >= maps[i].size)
			continue;
		*host = maps[i].host_id + (id - maps[i].container_id);
		return 0;
	}
	return count ? -ERANGE : 0;
}

int id_maps_for_root(uint32_t host_root, struct id_map **maps, size_t *count)
{
	const struct id_map all[] = {
		{ 0, host_root, 1 },
		{ 1, 1, host_root ? host_root - 1 : 0 },
		{ host_root + 1, host_root + 1, ID_ROOT_MAX - host_root },
	};
	struct id_map *made;

	if (host_root >= ID_ROOT_MAX)
		return -ERANGE;
	made = calloc(array_size(all), sizeof(*made));
	if (!made)
		return -ENOMEM;
	*count = 0;
	for (size_t i = 0; i < array_size(all); i++)
		if (all[i].size)
			made[(*count)++] = all[i];
	*maps = made;
	return 0;
}

/* The kernel takes a map in one write(2) of less than a page, and only once. */
static int write_map(pid_t pid, const char *file, const struct id_map *maps, size_t count,
		     struct err *err)
{
	_cleanup_free_ char *text = NULL;
	char path[40];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_oom(err);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", maps[i].container_id,
			maps[i].host_id, maps[i].size);
	if (fclose(out))
		return err_oom(err);
	if (len >= (size_t)sysconf(_SC_PAGESIZE))
		return err_set(err, -E2BIG, "%s: %zu ranges are more text than the kernel takes",
			       file, count);
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return file_write(AT_FDCWD, path, text, err);
}

int id_maps_write(pid_t pid, const struct id_map *uids, size_t uid_count, const struct id_map *gids,
		  size_t gid_count, struct err *err)
{
	int ret = write_map(pid, "uid_map", uids, uid_count, err);

	if (ret < 0)
		return err_wrap(err, "uid_mappings");
	ret = write_map(pid, "gid_map", gids, gid_count, err);
	return ret < 0 ? err_wrap(err, "gid_mappings") : 0;
}

void id_maps_show(const char *option, const struct id_map *maps, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, " --%s=%" PRIu32 ",%" PRIu32 ",%" PRIu32, option, maps[i].host_id,
			maps[i].container_id, maps[i].size);
}
