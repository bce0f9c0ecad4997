// SPDX-License-Identifier: Apache-2.0
/* Rules of a cgroup spec that need no kernel. Ranges that only the kernel knows are left to it. */
#include "cgroup/cgroup.h"
#include "cgroup/keys.h"
#include "cgroup/place.h"
#include "cgroup/unified.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

static int check_limits(const struct cgroup_spec *s, struct err *err)
{
	const struct {
		const char *key;
		int64_t value;
	} limits[] = {
		{ "memory", s->memory },           { "memory_reservation", s->memory_reservation },
		{ "memory_swap", s->memory_swap }, { "kernel_memory", s->kernel_memory },
		{ "cpu_quota", s->cpu_quota },     { "cpu_rt_quota", s->cpu_rt_quota },
		{ "pids_limit", s->pids_limit },   { "memory_high", s->memory_high },
		{ "memory_low", s->memory_low },   { "memory_min", s->memory_min },
	};

	for (size_t i = 0; i < array_size(limits); i++)
		if (limits[i].value < -1)
			return err_set(err, -ERANGE,
				       "cgroups.%s: %lld is out of range (-1 is no limit)",
				       limits[i].key, (long long)limits[i].value);
	return 0;
}

/* memory_swap is the sum of memory and swap, as in v1's memory.memsw.limit_in_bytes. */
static int check_swap(const struct cgroup_spec *s, struct err *err)
{
	if (s->memory_swap <= 0)
		return 0;
	if (s->memory <= 0)
		return err_set(
			err, -EINVAL,
			"cgroups.memory_swap: limits memory and swap together, so cgroups.memory "
			"must be set as well");
	if (s->memory_swap < s->memory)
		return err_set(err, -EINVAL,
			       "cgroups.memory_swap: %lld is less than cgroups.memory (%lld)",
			       (long long)s->memory_swap, (long long)s->memory);
	return 0;
}

static int check_device(const char *list, size_t i, const struct cgroup_device *d, struct err *err)
{
	if (!memchr("abc", d->type, 3))
		return err_set(err, -EINVAL, "cgroups.%s[%zu].type: must be 'a', 'b' or 'c'", list,
			       i);
	if (d->major < -1 || d->major > UINT32_MAX || d->minor < -1 || d->minor > UINT32_MAX)
		return err_set(err, -ERANGE,
			       "cgroups.%s[%zu]: device number %lld:%lld is out of range", list, i,
			       (long long)d->major, (long long)d->minor);
	if (str_empty(d->permissions) || d->permissions[strspn(d->permissions, "rwm")])
		return err_set(err, -EINVAL,
			       "cgroups.%s[%zu].permissions: '%s': must be out of 'rwm'", list, i,
			       d->permissions ? d->permissions : "");
	return 0;
}

static int check_devices(const struct cgroup_spec *s, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < s->allowed_device_count; i++)
		ret = check_device("allowed_devices", i, &s->allowed_devices[i], err);
	for (size_t i = 0; ret == 0 && i < s->denied_device_count; i++)
		ret = check_device("denied_devices", i, &s->denied_devices[i], err);
	return ret;
}

static int check_names(const struct cgroup_spec *s, struct err *err)
{
	int ret = 0;

	if (!str_empty(s->name) && s->name[0] == '/')
		return err_set(err, -EINVAL,
			       "cgroups.name: '%s' must be relative to cgroups.parent", s->name);
	if (!str_empty(s->name))
		ret = place_check_path("cgroups.name", s->name, err);
	/* "/" alone is the root of the hierarchy, and so a fine parent. */
	if (ret == 0 && !str_empty(s->parent) && strcmp(s->parent, "/"))
		ret = place_check_path("cgroups.parent", s->parent, err);
	return ret;
}

#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

static int check_weight(const char *key, uint64_t weight, struct err *err)
{
	if (weight >= WEIGHT_MIN && weight <= WEIGHT_MAX)
		return 0;
	return err_set(err, -ERANGE, "cgroups.%s: %llu is out of range (%d to %d)", key,
		       (unsigned long long)weight, WEIGHT_MIN, WEIGHT_MAX);
}

static int check_blkio(const struct cgroup_spec *s, struct err *err)
{
	int ret = s->blkio_weight ? check_weight("blkio_weight", s->blkio_weight, err) : 0;

	for (size_t i = 0; ret == 0 && i < s->blkio_weight_device.count; i++)
		ret = check_weight("blkio_weight_device", s->blkio_weight_device.items[i].value,
				   err);
	return ret;
}

/* It becomes part of a file's name. */
static int check_page_sizes(const struct cgroup_spec *s, struct err *err)
{
	for (size_t i = 0; i < s->hugetlb_limit_count; i++) {
		const char *size = s->hugetlb_limit[i].page_size ? s->hugetlb_limit[i].page_size
								 : "";
		size_t digits = strspn(size, "0123456789");
		const char *unit = size + digits + (size[digits] && strchr("KMG", size[digits]));

		if (!digits || strcmp(unit, "B"))
			return err_set(
				err, -EINVAL,
				"cgroups.hugetlb_limit[%zu].page_size: '%s' is not a size like 2MB",
				i, size);
	}
	return 0;
}

static int check_interfaces(const struct cgroup_spec *s, struct err *err)
{
	for (size_t i = 0; i < s->net_prio_ifpriomap_count; i++) {
		const char *name =
			s->net_prio_ifpriomap[i].interface ? s->net_prio_ifpriomap[i].interface : "";

		if (!*name || strlen(name) >= IFNAMSIZ || name[strcspn(name, " \t\n\v\f\r/")])
			return err_set(
				err, -EINVAL,
				"cgroups.net_prio_ifpriomap[%zu].interface: '%s' is not a name of an interface",
				i, name);
	}
	return 0;
}

static int refuse_key(const char *key, struct err *err)
{
	return err_set(err, -EINVAL,
		       "cgroups.%s: there is no cgroup with the cgroup manager 'disabled'", key);
}

/* The name, parent and slice say where it would be, which does no harm. */
int cgroup_do_without(struct cgroup_spec *spec, struct err *err)
{
	const struct {
		const char *key;
		bool given;
	} others[] = {
		{ "allowed_devices", spec->allowed_device_count },
		{ "denied_devices", spec->denied_device_count },
		{ "unified", spec->unified_count },
		{ "freezer", spec->frozen },
	};

	for (const struct cgroup_key *k = cgroup_keys; k->name; k++)
		if (k->count(spec))
			return refuse_key(k->name, err);
	for (size_t i = 0; i < array_size(others); i++)
		if (others[i].given)
			return refuse_key(others[i].key, err);
	spec->present = false;
	return 0;
}

/* Two keys that would write one file. */
static int check_pairs(const struct cgroup_spec *s, struct err *err)
{
	const struct {
		const char *key, *other;
		bool both;
	} pairs[] = {
		{ "memory_low", "memory_reservation", s->memory_low && s->memory_reservation },
		{ "cpu_weight", "cpu_shares", s->cpu_weight && s->cpu_shares },
		{ "io_weight", "blkio_weight", s->io_weight && s->blkio_weight },
	};

	for (size_t i = 0; i < array_size(pairs); i++)
		if (pairs[i].both)
			return err_set(err, -EINVAL,
				       "cgroups.%s: is what cgroups.%s comes to on v2: only one of "
				       "them can be set",
				       pairs[i].key, pairs[i].other);
	return 0;
}

int cgroup_check(const struct cgroup_spec *spec, struct err *err)
{
	int ret;

	if (!spec->present)
		return 0;
	ret = check_names(spec, err);
	if (ret == 0)
		ret = check_limits(spec, err);
	if (ret == 0)
		ret = check_swap(spec, err);
	if (ret == 0)
		ret = check_pairs(spec, err);
	if (ret == 0)
		ret = check_blkio(spec, err);
	if (ret == 0)
		ret = check_page_sizes(spec, err);
	if (ret == 0)
		ret = check_interfaces(spec, err);
	if (ret == 0)
		ret = unified_check(spec, err);
	return ret == 0 ? check_devices(spec, err) : ret;
}
