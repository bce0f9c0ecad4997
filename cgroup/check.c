// SPDX-License-Identifier: Apache-2.0
/* Rules of a cgroup spec that need no kernel. Ranges that only the kernel knows are left to it. */
#include "cgroup/cgroup.h"
#include "cgroup/place.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
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
		{ "pids_limit", s->pids_limit },
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
	if (ret == 0 && spec->blkio_weight &&
	    (spec->blkio_weight < 10 || spec->blkio_weight > 1000))
		ret = err_set(err, -ERANGE, "cgroups.blkio_weight: %u is out of range (10 to 1000)",
			      spec->blkio_weight);
	return ret == 0 ? check_devices(spec, err) : ret;
}
