// SPDX-License-Identifier: Apache-2.0
#include "cgroup/keys.h"

#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* A key that is set when it is not zero or NULL, and is written as it is on v1. */
#define KEY_NUMBER(member, fmt, cast)                                              \
	static bool member##_is_set(const struct cgroup_spec *s)                   \
	{                                                                          \
		return s->member != 0;                                             \
	}                                                                          \
	static char *member##_encode(const struct cgroup_spec *s, struct err *err) \
	{                                                                          \
		char *text = str_format(fmt, (cast)s->member);                     \
                                                                                   \
		if (!text)                                                         \
			err_oom(err);                                              \
		return text;                                                       \
	}

#define KEY_STRING(member)                                                         \
	static bool member##_is_set(const struct cgroup_spec *s)                   \
	{                                                                          \
		return !str_empty(s->member);                                      \
	}                                                                          \
	static char *member##_encode(const struct cgroup_spec *s, struct err *err) \
	{                                                                          \
		char *text = strdup(s->member);                                    \
                                                                                   \
		if (!text)                                                         \
			err_oom(err);                                              \
		return text;                                                       \
	}

KEY_NUMBER(memory, "%lld", long long)
KEY_NUMBER(memory_reservation, "%lld", long long)
KEY_NUMBER(memory_swap, "%lld", long long)
KEY_NUMBER(kernel_memory, "%lld", long long)
KEY_NUMBER(cpu_shares, "%llu", unsigned long long)
KEY_NUMBER(cpu_quota, "%lld", long long)
KEY_NUMBER(cpu_period, "%llu", unsigned long long)
KEY_NUMBER(cpu_rt_quota, "%lld", long long)
KEY_NUMBER(cpu_rt_period, "%llu", unsigned long long)
KEY_NUMBER(blkio_weight, "%u", unsigned int)
KEY_NUMBER(oom_kill_disable, "%d", int)
KEY_STRING(cpuset_cpus)
KEY_STRING(cpuset_mems)

static bool pids_limit_is_set(const struct cgroup_spec *s)
{
	return s->pids_limit != 0;
}

/* A number, or "max" for -1: v2, and pids.max on both. */
static char *encode_max(int64_t value, struct err *err)
{
	char *text = value < 0 ? strdup("max") : str_format("%lld", (long long)value);

	if (!text)
		err_oom(err);
	return text;
}

static char *pids_limit_encode(const struct cgroup_spec *s, struct err *err)
{
	return encode_max(s->pids_limit, err);
}

static char *memory_encode_v2(const struct cgroup_spec *s, struct err *err)
{
	return encode_max(s->memory, err);
}

static char *memory_reservation_encode_v2(const struct cgroup_spec *s, struct err *err)
{
	return encode_max(s->memory_reservation, err);
}

/* The key is the sum, as on v1; v2 limits the swap alone. cgroup_check() saw to it that memory is set. */
static char *memory_swap_encode_v2(const struct cgroup_spec *s, struct err *err)
{
	return encode_max(s->memory_swap < 0 ? -1 : s->memory_swap - s->memory, err);
}

/* Base 2, of @x >= 1: the bits behind the point come out by squaring. (No libm for one formula.) */
static double log2_of(double x)
{
	double result = 0;

	for (; x >= 2; x /= 2)
		result++;
	for (double bit = 0.5; bit > 1e-15; bit /= 2) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			result += bit;
		}
	}
	return result;
}

/* 10^x for 0 <= x <= 5: whole powers, and the series of e^(x ln 10) for the rest. */
static double power10_of(double x)
{
	const double ln10 = 2.302585092994045684;
	double whole = 1, sum = 1, term = 1;

	for (; x >= 1; x--)
		whole *= 10;
	for (int i = 1; i < 40; i++) {
		term *= x * ln10 / i;
		sum += term;
	}
	return whole * sum;
}

unsigned int cgroup_weight_of_shares(uint64_t shares)
{
	double l = log2_of((double)shares);
	double weight = power10_of((l * l + 125 * l) / 612 - 7.0 / 34);

	/* Rounded up, except for what the arithmetic put behind a whole number. */
	return (unsigned int)(weight + 1 - 1e-6);
}

/* The kernel clamps cpu.shares to its own limits and says nothing. */
static int cpu_shares_verify(const char *path, const char *value, struct err *err)
{
	unsigned long long asked, got;
	char text[32];
	int ret = file_read_line(AT_FDCWD, path, text, sizeof(text), err);

	if (ret < 0)
		return ret;
	if (str_to_u64(value, ULLONG_MAX, &asked) < 0 || str_to_u64(text, ULLONG_MAX, &got) < 0)
		return err_set(err, -EINVAL, "cannot compare '%s' with the kernel's '%s'", value,
			       text);
	if (asked == got)
		return 0;
	return err_set(err, -EINVAL, "the %s allowed cpu-shares is %llu",
		       asked < got ? "minimum" : "maximum", got);
}

static char *cpu_shares_encode_v2(const struct cgroup_spec *s, struct err *err)
{
	char *text;

	if (s->cpu_shares < 2 || s->cpu_shares > 262144) {
		err_set(err, -EINVAL, "%llu: the %s allowed cpu-shares is %d",
			(unsigned long long)s->cpu_shares,
			s->cpu_shares < 2 ? "minimum" : "maximum", s->cpu_shares < 2 ? 2 : 262144);
		return NULL;
	}
	text = str_format("%u", cgroup_weight_of_shares(s->cpu_shares));
	if (!text)
		err_oom(err);
	return text;
}

/* Since kernel 5.16 the file takes anything and limits nothing. */
static int kernel_memory_verify(const char *path, const char *value, struct err *err)
{
	char text[32];
	unsigned long long got;
	int ret = file_read_line(AT_FDCWD, path, text, sizeof(text), err);

	if (ret < 0)
		return ret;
	if (value[0] != '-' && str_to_u64(text, ULLONG_MAX, &got) == 0 && got >= LLONG_MAX / 2)
		log_warn(
			"cgroups.kernel_memory: this kernel no longer has the limit, so nothing is limited");
	return 0;
}

/* "quota period"; the period alone keeps the quota at "max". The kernel's default period is 100 ms. */
static char *cpu_max_encode(const struct cgroup_spec *s, struct err *err)
{
	unsigned long long period = s->cpu_period ? s->cpu_period : 100000;
	char *text = s->cpu_quota > 0 ? str_format("%lld %llu", (long long)s->cpu_quota, period)
				      : str_format("max %llu", period);

	if (!text)
		err_oom(err);
	return text;
}

/* blkio.weight and blkio.bfq.weight go from 10 (1) to 1000, io.weight from 1 to 10000. */
static char *blkio_weight_encode_v2(const struct cgroup_spec *s, struct err *err)
{
	char *text = str_format("%u", 1 + (s->blkio_weight - 10u) * 9999 / 990);

	if (!text)
		err_oom(err);
	return text;
}

#define RANGE_LIST   "a list like 0-2,4 of what the parent cgroup has"
#define RANGE_PERIOD "1000 to 1000000 microseconds"
#define RANGE_QUOTA  "at least 1000 microseconds"
#define RANGE_PIDS   "at most 4194304"

#define FILE_OF(c, f, e, ...)                                                \
	{                                                                    \
		.controller = (c), .file = (f), .encode = (e), ##__VA_ARGS__ \
	}
#define KEY(k, ...)                                             \
	{                                                       \
		.name = #k, .is_set = k##_is_set, ##__VA_ARGS__ \
	}

/*
 * The order: kernel memory before anything is charged; memory before memory and swap, since a new
 * cgroup has no limits and the sum may not be the smaller; periods before quotas.
 */
const struct cgroup_key cgroup_keys[] = {
	KEY(cpuset_cpus,
	    .v1 = FILE_OF("cpuset", "cpuset.cpus", cpuset_cpus_encode, .range = RANGE_LIST),
	    .v2 = FILE_OF("cpuset", "cpuset.cpus", cpuset_cpus_encode, .range = RANGE_LIST)),
	KEY(cpuset_mems,
	    .v1 = FILE_OF("cpuset", "cpuset.mems", cpuset_mems_encode, .range = RANGE_LIST),
	    .v2 = FILE_OF("cpuset", "cpuset.mems", cpuset_mems_encode, .range = RANGE_LIST)),
	KEY(kernel_memory,
	    .v1 = FILE_OF("memory", "memory.kmem.limit_in_bytes", kernel_memory_encode,
			  .verify = kernel_memory_verify),
	    .no_v2 = "kernel memory is part of cgroups.memory there"),
	KEY(memory, .v1 = FILE_OF("memory", "memory.limit_in_bytes", memory_encode),
	    .v2 = FILE_OF("memory", "memory.max", memory_encode_v2)),
	KEY(memory_reservation,
	    .v1 = FILE_OF("memory", "memory.soft_limit_in_bytes", memory_reservation_encode),
	    .v2 = FILE_OF("memory", "memory.low", memory_reservation_encode_v2)),
	KEY(memory_swap,
	    .v1 = FILE_OF("memory", "memory.memsw.limit_in_bytes", memory_swap_encode,
			  .range = "at least cgroups.memory"),
	    .v2 = FILE_OF("memory", "memory.swap.max", memory_swap_encode_v2)),
	KEY(oom_kill_disable,
	    .v1 = FILE_OF("memory", "memory.oom_control", oom_kill_disable_encode),
	    .no_v2 = "its OOM killer cannot be disabled"),
	KEY(cpu_shares,
	    .v1 = FILE_OF("cpu", "cpu.shares", cpu_shares_encode, .verify = cpu_shares_verify),
	    .v2 = FILE_OF("cpu", "cpu.weight", cpu_shares_encode_v2)),
	KEY(cpu_period,
	    .v1 = FILE_OF("cpu", "cpu.cfs_period_us", cpu_period_encode, .range = RANGE_PERIOD),
	    .v2 = FILE_OF("cpu", "cpu.max", cpu_max_encode, .range = RANGE_PERIOD)),
	KEY(cpu_quota,
	    .v1 = FILE_OF("cpu", "cpu.cfs_quota_us", cpu_quota_encode, .range = RANGE_QUOTA),
	    .v2 = FILE_OF("cpu", "cpu.max", cpu_max_encode, .range = RANGE_QUOTA)),
	KEY(cpu_rt_period,
	    .v1 = FILE_OF("cpu", "cpu.rt_period_us", cpu_rt_period_encode,
			  .range = "at least cgroups.cpu_rt_quota"),
	    .no_v2 = "it has no real-time bandwidth control"),
	KEY(cpu_rt_quota,
	    .v1 = FILE_OF("cpu", "cpu.rt_runtime_us", cpu_rt_quota_encode,
			  .range = "what the parent cgroup has to give, 0 unless that was changed"),
	    .no_v2 = "it has no real-time bandwidth control"),
	KEY(pids_limit, .v1 = FILE_OF("pids", "pids.max", pids_limit_encode, .range = RANGE_PIDS),
	    .v2 = FILE_OF("pids", "pids.max", pids_limit_encode, .range = RANGE_PIDS)),
	KEY(blkio_weight,
	    .v1 = FILE_OF("blkio", "blkio.weight", blkio_weight_encode, .range = "10 to 1000",
			  .other_file = "blkio.bfq.weight", .other_encode = blkio_weight_encode),
	    .v2 = FILE_OF("io", "io.weight", blkio_weight_encode_v2, .other_file = "io.bfq.weight",
			  .other_encode = blkio_weight_encode)),
	{ .name = NULL }
};

const struct cgroup_key *cgroup_key_find(const char *name)
{
	for (const struct cgroup_key *k = cgroup_keys; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}
