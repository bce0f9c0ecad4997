// SPDX-License-Identifier: Apache-2.0
#include "cgroup/keys.h"

#include "cgroup/cpu_list.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

static char *or_oom(char *text, struct err *err)
{
	if (!text)
		err_oom(err);
	return text;
}

/* A key that is set when it is not zero or NULL, and is written as it is on v1. */
#define KEY_NUMBER(member, fmt, cast) KEY_WHEN(member, fmt, cast, s->member != 0)
/* One that can be set to zero as well. */
#define KEY_OR_ZERO(member, fmt, cast) KEY_WHEN(member, fmt, cast, s->member != 0 || s->zero.member)

#define KEY_WHEN(member, fmt, cast, given)                                                   \
	static size_t member##_count(const struct cgroup_spec *s)                            \
	{                                                                                    \
		return given;                                                                \
	}                                                                                    \
	static char *member##_encode(const struct cgroup_spec *s, size_t i, struct err *err) \
	{                                                                                    \
		(void)i;                                                                     \
		return or_oom(str_format(fmt, (cast)s->member), err);                        \
	}

#define KEY_STRING(member)                                                                   \
	static size_t member##_count(const struct cgroup_spec *s)                            \
	{                                                                                    \
		return !str_empty(s->member);                                                \
	}                                                                                    \
	static char *member##_encode(const struct cgroup_spec *s, size_t i, struct err *err) \
	{                                                                                    \
		(void)i;                                                                     \
		return or_oom(strdup(s->member), err);                                       \
	}

/* A line for each block device; @rate is the name of the value in v2's io.max. */
#define KEY_BLOCKS(member, rate)                                                                \
	static size_t member##_count(const struct cgroup_spec *s)                               \
	{                                                                                       \
		return s->member.count;                                                         \
	}                                                                                       \
	static char *member##_encode(const struct cgroup_spec *s, size_t i, struct err *err)    \
	{                                                                                       \
		return encode_block(&s->member.items[i], "", err);                              \
	}                                                                                       \
	static char *member##_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err) \
	{                                                                                       \
		return encode_block(&s->member.items[i], rate, err);                            \
	}

/* "8:0 500", or with a @rate "8:0 rbps=500"; no limit at all is "max" there and 0 on v1. */
static char *encode_block(const struct cgroup_block *b, const char *rate, struct err *err)
{
	char value[24];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)b->value);
	return or_oom(str_format("%u:%u %s%s", b->major, b->minor, rate,
				 *rate && !b->value ? "max" : value),
		      err);
}

KEY_NUMBER(memory, "%lld", long long)
KEY_NUMBER(memory_reservation, "%lld", long long)
KEY_NUMBER(memory_swap, "%lld", long long)
KEY_NUMBER(kernel_memory, "%lld", long long)
KEY_NUMBER(cpu_shares, "%llu", unsigned long long)
KEY_NUMBER(cpu_weight, "%u", unsigned int)
KEY_NUMBER(cpu_burst, "%llu", unsigned long long)
KEY_NUMBER(io_weight, "%u", unsigned int)
KEY_NUMBER(cpu_quota, "%lld", long long)
KEY_NUMBER(cpu_period, "%llu", unsigned long long)
KEY_NUMBER(cpu_rt_quota, "%lld", long long)
KEY_NUMBER(cpu_rt_period, "%llu", unsigned long long)
KEY_NUMBER(blkio_weight, "%u", unsigned int)
KEY_OR_ZERO(oom_kill_disable, "%d", int)
KEY_OR_ZERO(net_cls_classid, "%u", unsigned int)
KEY_STRING(cpuset_cpus)
KEY_STRING(cpuset_mems)
KEY_BLOCKS(blkio_throttle_read_bps_device, "rbps=")
KEY_BLOCKS(blkio_throttle_write_bps_device, "wbps=")
KEY_BLOCKS(blkio_throttle_read_iops_device, "riops=")
KEY_BLOCKS(blkio_throttle_write_iops_device, "wiops=")

static size_t pids_limit_count(const struct cgroup_spec *s)
{
	return s->pids_limit != 0;
}

/* A number, or "max" for -1: v2, and pids.max on both. */
static char *encode_max(int64_t value, struct err *err)
{
	return or_oom(value < 0 ? strdup("max") : str_format("%lld", (long long)value), err);
}

static char *pids_limit_encode(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return encode_max(s->pids_limit, err);
}

static char *memory_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return encode_max(s->memory, err);
}

static char *memory_reservation_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return encode_max(s->memory_reservation, err);
}

/* The key is the sum, as on v1; v2 limits the swap alone. cgroup_check() saw to it that memory is set. */
static char *memory_swap_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return encode_max(s->memory_swap < 0 ? -1 : s->memory_swap - s->memory, err);
}

/* A limit of v2 alone. */
#define KEY_MAX(member)                                                                      \
	static size_t member##_count(const struct cgroup_spec *s)                            \
	{                                                                                    \
		return s->member != 0;                                                       \
	}                                                                                    \
	static char *member##_encode(const struct cgroup_spec *s, size_t i, struct err *err) \
	{                                                                                    \
		(void)i;                                                                     \
		return encode_max(s->member, err);                                           \
	}

KEY_MAX(memory_high)
KEY_MAX(memory_low)
KEY_MAX(memory_min)

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

static char *cpu_shares_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	if (s->cpu_shares < 2 || s->cpu_shares > 262144) {
		err_set(err, -EINVAL, "%llu: the %s allowed cpu-shares is %d",
			(unsigned long long)s->cpu_shares,
			s->cpu_shares < 2 ? "minimum" : "maximum", s->cpu_shares < 2 ? 2 : 262144);
		return NULL;
	}
	return or_oom(str_format("%u", cgroup_weight_of_shares(s->cpu_shares)), err);
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

/* Where the parent does not have all of it, the kernel takes the list and gives something else. */
static int cpuset_verify_v2(const char *path, const char *value, struct err *err)
{
	_cleanup_free_ char *effective = str_format("%s.effective", path);
	char got[4096];
	int ret;

	if (!effective)
		return err_oom(err);
	ret = file_read_line(AT_FDCWD, effective, got, sizeof(got), err);
	if (ret < 0 || cpu_list_equal(value, got))
		return ret;
	return err_set(err, -EINVAL, "the parent cgroup does not have all of it; it comes to '%s'",
		       got);
}

/* "quota period"; the period alone keeps the quota at "max". The kernel's default period is 100 ms. */
static char *cpu_max_encode(const struct cgroup_spec *s, size_t i, struct err *err)
{
	unsigned long long period = s->cpu_period ? s->cpu_period : 100000;

	(void)i;
	return or_oom(s->cpu_quota > 0 ? str_format("%lld %llu", (long long)s->cpu_quota, period)
				       : str_format("max %llu", period),
		      err);
}

/* blkio.weight and blkio.bfq.weight go from 10 (1) to 1000, io.weight from 1 to 10000. */
static unsigned int weight_v2(uint64_t weight)
{
	return 1 + ((unsigned int)weight - 10) * 9999 / 990;
}

static char *blkio_weight_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return or_oom(str_format("%u", weight_v2(s->blkio_weight)), err);
}

/* The reverse of weight_v2(), for schedulers that have the old range still. */
static char *io_weight_encode_bfq(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return or_oom(str_format("%u", 10 + (s->io_weight - 1) * 990 / 9999), err);
}

static size_t blkio_weight_device_count(const struct cgroup_spec *s)
{
	return s->blkio_weight_device.count;
}

static char *blkio_weight_device_encode(const struct cgroup_spec *s, size_t i, struct err *err)
{
	return encode_block(&s->blkio_weight_device.items[i], "", err);
}

static char *blkio_weight_device_encode_v2(const struct cgroup_spec *s, size_t i, struct err *err)
{
	struct cgroup_block b = s->blkio_weight_device.items[i];

	b.value = weight_v2(b.value);
	return encode_block(&b, "", err);
}

static size_t memory_swappiness_count(const struct cgroup_spec *s)
{
	return s->has_swappiness;
}

static char *memory_swappiness_encode(const struct cgroup_spec *s, size_t i, struct err *err)
{
	(void)i;
	return or_oom(str_format("%u", s->memory_swappiness), err);
}

static bool has_page_size(const struct cgroup_host *host, const char *size)
{
	for (char **s = host->page_sizes; s && *s; s++)
		if (!strcmp(*s, size))
			return true;
	return false;
}

static int hugetlb_limit_check(const struct cgroup_spec *spec, const struct cgroup_host *host,
			       struct err *err)
{
	for (size_t i = 0; i < spec->hugetlb_limit_count; i++) {
		const char *size = spec->hugetlb_limit[i].page_size;

		if (has_page_size(host, size))
			continue;
		err_set(err, -EINVAL,
			"cgroups.hugetlb_limit[%zu].page_size: the kernel has no pages of %s", i,
			size);
		for (char **s = host->page_sizes; s && *s; s++)
			err_append(err, "%s%s%s", s == host->page_sizes ? " (it has " : ", ", *s,
				   s[1] ? "" : ")");
		return -EINVAL;
	}
	return 0;
}

static size_t hugetlb_limit_count(const struct cgroup_spec *s)
{
	return s->hugetlb_limit_count;
}

static const char *hugetlb_limit_part(const struct cgroup_spec *s, size_t i)
{
	return s->hugetlb_limit[i].page_size;
}

static char *hugetlb_limit_encode(const struct cgroup_spec *s, size_t i, struct err *err)
{
	return or_oom(str_format("%llu", (unsigned long long)s->hugetlb_limit[i].limit), err);
}

static size_t net_prio_ifpriomap_count(const struct cgroup_spec *s)
{
	return s->net_prio_ifpriomap_count;
}

static char *net_prio_ifpriomap_encode(const struct cgroup_spec *s, size_t i, struct err *err)
{
	const struct cgroup_ifprio *p = &s->net_prio_ifpriomap[i];

	return or_oom(str_format("%s %u", p->interface, p->priority), err);
}

#define RANGE_LIST   "a list like 0-2,4 of what the parent cgroup has"
#define RANGE_PERIOD "1000 to 1000000 microseconds"
#define RANGE_QUOTA \
	"at least 1000 microseconds, and no more of its period than the cgroup above it has"
#define RANGE_BURST "at most cgroups.cpu_quota"
#define RANGE_PIDS  "at most 4194304"
#define NEEDS_BFQ   "the device needs an I/O scheduler with weights, like bfq"

#define FILE_OF(c, f, e, ...)                                                \
	{                                                                    \
		.controller = (c), .file = (f), .encode = (e), ##__VA_ARGS__ \
	}
#define THROTTLE(k, file)                                               \
	KEY(k, .v1 = FILE_OF("blkio", file, k##_encode, .absent = "0"), \
	    .v2 = FILE_OF("io", "io.max", k##_encode_v2,                \
			  .absent = "rbps=max wbps=max riops=max wiops=max"))
#define KEY(k, ...)                                           \
	{                                                     \
		.name = #k, .count = k##_count, ##__VA_ARGS__ \
	}

/*
 * The order: kernel memory before anything is charged; memory before memory and swap, since a new
 * cgroup has no limits and the sum may not be the smaller; periods before quotas.
 */
const struct cgroup_key cgroup_keys[] = {
	KEY(cpuset_cpus,
	    .v1 = FILE_OF("cpuset", "cpuset.cpus", cpuset_cpus_encode, .range = RANGE_LIST),
	    .v2 = FILE_OF("cpuset", "cpuset.cpus", cpuset_cpus_encode, .range = RANGE_LIST,
			  .verify = cpuset_verify_v2)),
	KEY(cpuset_mems,
	    .v1 = FILE_OF("cpuset", "cpuset.mems", cpuset_mems_encode, .range = RANGE_LIST),
	    .v2 = FILE_OF("cpuset", "cpuset.mems", cpuset_mems_encode, .range = RANGE_LIST,
			  .verify = cpuset_verify_v2)),
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
	KEY(memory_high, .own = true, .v2 = FILE_OF("memory", "memory.high", memory_high_encode)),
	KEY(memory_low, .own = true, .v2 = FILE_OF("memory", "memory.low", memory_low_encode)),
	KEY(memory_min, .own = true, .v2 = FILE_OF("memory", "memory.min", memory_min_encode)),
	KEY(oom_kill_disable,
	    .v1 = FILE_OF("memory", "memory.oom_control", oom_kill_disable_encode,
			  .line = "oom_kill_disable"),
	    .no_v2 = "its OOM killer cannot be disabled"),
	KEY(memory_swappiness,
	    .v1 = FILE_OF("memory", "memory.swappiness", memory_swappiness_encode),
	    .no_v2 = "the system's vm.swappiness is everybody's there"),
	KEY(cpu_shares,
	    .v1 = FILE_OF("cpu", "cpu.shares", cpu_shares_encode, .verify = cpu_shares_verify),
	    .v2 = FILE_OF("cpu", "cpu.weight", cpu_shares_encode_v2)),
	KEY(cpu_weight, .own = true, .v2 = FILE_OF("cpu", "cpu.weight", cpu_weight_encode)),
	KEY(cpu_period,
	    .v1 = FILE_OF("cpu", "cpu.cfs_period_us", cpu_period_encode, .range = RANGE_PERIOD),
	    .v2 = FILE_OF("cpu", "cpu.max", cpu_max_encode, .joint = true, .range = RANGE_PERIOD)),
	KEY(cpu_quota,
	    .v1 = FILE_OF("cpu", "cpu.cfs_quota_us", cpu_quota_encode, .range = RANGE_QUOTA),
	    .v2 = FILE_OF("cpu", "cpu.max", cpu_max_encode, .joint = true, .range = RANGE_QUOTA)),
	KEY(cpu_burst, .own = true,
	    .v1 = FILE_OF("cpu", "cpu.cfs_burst_us", cpu_burst_encode, .range = RANGE_BURST),
	    .v2 = FILE_OF("cpu", "cpu.max.burst", cpu_burst_encode, .range = RANGE_BURST)),
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
	KEY(io_weight, .own = true,
	    .v2 = FILE_OF("io", "io.weight", io_weight_encode, .other_file = "io.bfq.weight",
			  .other_encode = io_weight_encode_bfq)),
	KEY(blkio_weight_device,
	    .v1 = FILE_OF("blkio", "blkio.weight_device", blkio_weight_device_encode,
			  .range = "a weight of 10 to 1000",
			  .other_file = "blkio.bfq.weight_device",
			  .other_encode = blkio_weight_device_encode, .unsupported = NEEDS_BFQ,
			  .absent = "default"),
	    .v2 = FILE_OF("io", "io.weight", blkio_weight_device_encode_v2, .absent = "default",
			  .other_file = "io.bfq.weight", .other_encode = blkio_weight_device_encode,
			  .unsupported = NEEDS_BFQ)),
	THROTTLE(blkio_throttle_read_bps_device, "blkio.throttle.read_bps_device"),
	THROTTLE(blkio_throttle_write_bps_device, "blkio.throttle.write_bps_device"),
	THROTTLE(blkio_throttle_read_iops_device, "blkio.throttle.read_iops_device"),
	THROTTLE(blkio_throttle_write_iops_device, "blkio.throttle.write_iops_device"),
	KEY(hugetlb_limit,
	    .v1 = FILE_OF("hugetlb", "hugetlb.*.limit_in_bytes", hugetlb_limit_encode,
			  .part = hugetlb_limit_part),
	    .v2 = FILE_OF("hugetlb", "hugetlb.*.max", hugetlb_limit_encode,
			  .part = hugetlb_limit_part),
	    .check = hugetlb_limit_check),
	KEY(net_cls_classid, .v1 = FILE_OF("net_cls", "net_cls.classid", net_cls_classid_encode),
	    .no_v2 = "firewall rules match its cgroups by path"),
	KEY(net_prio_ifpriomap,
	    .v1 = FILE_OF("net_prio", "net_prio.ifpriomap", net_prio_ifpriomap_encode,
			  .absent = "0"),
	    .no_v2 = "firewall rules match its cgroups by path"),
	{ .name = NULL }
};

const struct cgroup_key *cgroup_key_find(const char *name)
{
	for (const struct cgroup_key *k = cgroup_keys; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}
