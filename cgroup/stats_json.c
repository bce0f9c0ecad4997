// SPDX-License-Identifier: Apache-2.0
/* Statistics as JSON: in our form, and under libcontainer's names. */
#include "cgroup/stats.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- struct cgroup_count --- */

static int decode_count(const struct json_value *v, void *out, struct err *err)
{
	struct cgroup_count *count = out;
	unsigned long long value;
	long long number;
	int ret;

	if (json_value_int(v, -1, -1, &number, NULL) == 0) {
		*count = (struct cgroup_count){ true, CGROUP_UNLIMITED };
		return 0;
	}
	ret = json_value_uint(v, UINT64_MAX, &value, err);
	if (ret == 0)
		*count = (struct cgroup_count){ true, value };
	return ret;
}

static void encode_count(const void *in, const char *key, struct json_writer *w)
{
	const struct cgroup_count *count = in;

	if (count->value == CGROUP_UNLIMITED)
		json_write_int(w, key, -1);
	else
		json_write_uint(w, key, count->value);
}

static bool count_present(const void *in)
{
	return ((const struct cgroup_count *)in)->known;
}

static const struct json_custom count_json = {
	.decode = decode_count,
	.encode = encode_count,
	.present = count_present,
	.what = "number",
};

/* Hundredths of a percent, as a percentage. */
static int decode_percent(const struct json_value *v, void *out, struct err *err)
{
	unsigned long long value;
	int ret = json_value_fixed(v, 2, UINT64_MAX, &value, err);

	if (ret == 0)
		*(struct cgroup_count *)out = (struct cgroup_count){ true, value };
	return ret;
}

static void encode_percent(const void *in, const char *key, struct json_writer *w)
{
	json_write_fixed(w, key, ((const struct cgroup_count *)in)->value, 2);
}

static const struct json_custom percent_json = {
	.decode = decode_percent,
	.encode = encode_percent,
	.present = count_present,
	.what = "number",
};

/* --- Lists --- */

static int decode_numbers(const struct json_value *v, void *out, struct err *err)
{
	struct cgroup_numbers *all = out;

	if (json_value_kind(v) != JSON_IS_ARRAY)
		return json_value_err(v, err, -EINVAL, "must be a list of numbers");
	all->items = calloc(json_value_count(v) + 1, sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	for (v = json_value_at(v, 0); v; v = json_value_next(v)) {
		unsigned long long value;
		int ret = json_value_uint(v, UINT64_MAX, &value, err);

		if (ret < 0)
			return ret;
		all->items[all->count++] = value;
	}
	return 0;
}

static void encode_numbers(const void *in, const char *key, struct json_writer *w)
{
	const struct cgroup_numbers *all = in;

	json_write_begin(w, key, '[');
	for (size_t i = 0; i < all->count; i++)
		json_write_uint(w, NULL, all->items[i]);
	json_write_end(w);
}

static void release_numbers(void *in)
{
	free(((struct cgroup_numbers *)in)->items);
}

static bool numbers_present(const void *in)
{
	return ((const struct cgroup_numbers *)in)->count;
}

static const struct json_custom numbers_json = {
	.decode = decode_numbers,
	.encode = encode_numbers,
	.release = release_numbers,
	.present = numbers_present,
	.what = "list of numbers",
};

static int decode_table(const struct json_value *v, void *out, struct err *err)
{
	struct cgroup_stat_table *all = out;

	if (json_value_kind(v) != JSON_IS_OBJECT)
		return json_value_err(v, err, -EINVAL, "must be an object of numbers");
	all->items = calloc(json_value_count(v) + 1, sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	for (v = json_value_at(v, 0); v; v = json_value_next(v)) {
		struct cgroup_stat *item = &all->items[all->count++];
		unsigned long long value;
		int ret = json_value_key(v, &item->name, err);

		if (ret == 0)
			ret = json_value_uint(v, UINT64_MAX, &value, err);
		if (ret < 0)
			return ret;
		item->value = value;
	}
	return 0;
}

static void encode_table(const void *in, const char *key, struct json_writer *w)
{
	const struct cgroup_stat_table *all = in;

	json_write_begin(w, key, '{');
	for (size_t i = 0; i < all->count; i++)
		json_write_uint(w, all->items[i].name, all->items[i].value);
	json_write_end(w);
}

static void release_table(void *in)
{
	struct cgroup_stat_table *all = in;

	for (size_t i = 0; i < all->count; i++)
		free(all->items[i].name);
	free(all->items);
}

static bool table_present(const void *in)
{
	return ((const struct cgroup_stat_table *)in)->count;
}

static const struct json_custom table_json = {
	.decode = decode_table,
	.encode = encode_table,
	.release = release_table,
	.present = table_present,
	.what = "object of numbers",
};

static const struct json_field io_fields[] = {
	JSON_UINT(struct cgroup_io, "major", major, .flags = JSON_KEEP),
	JSON_UINT(struct cgroup_io, "minor", minor, .flags = JSON_KEEP),
	JSON_CHARS(struct cgroup_io, "op", op),
	JSON_UINT(struct cgroup_io, "value", value, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema io_schema = JSON_SCHEMA(struct cgroup_io, io_fields);

static int decode_io(const struct json_value *v, void *out, struct err *err)
{
	struct cgroup_io_list *all = out;

	if (json_value_kind(v) != JSON_IS_ARRAY)
		return json_value_err(v, err, -EINVAL, "must be a list of objects");
	all->known = true;
	all->items = calloc(json_value_count(v) + 1, sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	for (v = json_value_at(v, 0); v; v = json_value_next(v)) {
		int ret = json_value_decode(&io_schema, &all->items[all->count++], v, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static void encode_io(const void *in, const char *key, struct json_writer *w)
{
	const struct cgroup_io_list *all = in;

	json_write_begin(w, key, '[');
	for (size_t i = 0; i < all->count; i++)
		json_write_object(w, NULL, &io_schema, &all->items[i]);
	json_write_end(w);
}

static void release_io(void *in)
{
	free(((struct cgroup_io_list *)in)->items);
}

static bool io_present(const void *in)
{
	return ((const struct cgroup_io_list *)in)->known;
}

static const struct json_custom io_json = {
	.decode = decode_io,
	.encode = encode_io,
	.release = release_io,
	.present = io_present,
	.what = "list of objects",
	.schema = &io_schema,
};

/* --- Our form --- */

#define COUNT(T, k, m, ...)   JSON_CUSTOM(T, k, m, &count_json, ##__VA_ARGS__)
#define PERCENT(T, k, m, ...) JSON_CUSTOM(T, k, m, &percent_json, ##__VA_ARGS__)
#define USE(T, at)                                                          \
	COUNT(T, "usage", at usage, .help = "now"),                         \
		COUNT(T, "max", at max, .help = "the highest it has been"), \
		COUNT(T, "limit", at limit, .help = "-1: there is none"),   \
		COUNT(T, "failcnt", at failcnt, .help = "how often the limit was hit")

static const struct json_field stall_fields[] = {
	PERCENT(struct cgroup_stall, "avg10", avg10, .help = "percent of the last 10 s"),
	PERCENT(struct cgroup_stall, "avg60", avg60, .help = "percent of the last minute"),
	PERCENT(struct cgroup_stall, "avg300", avg300, .help = "percent of the last 5 minutes"),
	COUNT(struct cgroup_stall, "total_us", total, .help = "microseconds"),
	JSON_END,
};
static const struct json_schema stall_schema = JSON_SCHEMA(struct cgroup_stall, stall_fields);

static const struct json_field pressure_fields[] = {
	JSON_OBJECT(struct cgroup_pressure, "some", some, &stall_schema,
		    .help = "at least one process had to wait"),
	JSON_OBJECT(struct cgroup_pressure, "full", full, &stall_schema,
		    .help = "all processes had to wait"),
	JSON_END,
};
static const struct json_schema pressure_schema =
	JSON_SCHEMA(struct cgroup_pressure, pressure_fields);

static const struct json_field cpu_fields[] = {
	COUNT(struct cgroup_cpu_stats, "usage_ns", usage, .help = "CPU time, nanoseconds"),
	COUNT(struct cgroup_cpu_stats, "user_ns", user, .help = "of this in programs"),
	COUNT(struct cgroup_cpu_stats, "system_ns", system, .help = "of this in the kernel"),
	JSON_CUSTOM(struct cgroup_cpu_stats, "per_cpu_ns", per_cpu, &numbers_json,
		    .help = "on each CPU"),
	COUNT(struct cgroup_cpu_stats, "periods", periods, .help = "of cpu_quota that have passed"),
	COUNT(struct cgroup_cpu_stats, "throttled_periods", throttled_periods,
	      .help = "periods in which the quota was used up"),
	COUNT(struct cgroup_cpu_stats, "throttled_ns", throttled_time,
	      .help = "for how long it had to wait then"),
	JSON_OBJECT(struct cgroup_cpu_stats, "pressure", pressure, &pressure_schema),
	JSON_END,
};
static const struct json_schema cpu_schema = JSON_SCHEMA(struct cgroup_cpu_stats, cpu_fields);

static const struct json_field use_fields[] = { USE(struct cgroup_use, ), JSON_END };
static const struct json_schema use_schema = JSON_SCHEMA(struct cgroup_use, use_fields);

static const struct json_field memory_fields[] = {
	USE(struct cgroup_memory_stats, use.),
	COUNT(struct cgroup_memory_stats, "cache", cache, .help = "of usage: pages of files"),
	JSON_OBJECT(struct cgroup_memory_stats, "swap", swap, &use_schema,
		    .help = "the swap alone"),
	JSON_OBJECT(struct cgroup_memory_stats, "with_swap", memsw, &use_schema,
		    .help = "memory and swap together, as memory_swap limits them"),
	JSON_OBJECT(struct cgroup_memory_stats, "kernel", kernel, &use_schema,
		    .help = "of usage: the kernel's own memory"),
	COUNT(struct cgroup_memory_stats, "oom_kills", oom_kills,
	      .help = "processes that the OOM killer took"),
	JSON_OBJECT(struct cgroup_memory_stats, "pressure", pressure, &pressure_schema),
	JSON_CUSTOM(struct cgroup_memory_stats, "stat", stat, &table_json,
		    .help = "all that the kernel tells"),
	JSON_END,
};
static const struct json_schema memory_schema =
	JSON_SCHEMA(struct cgroup_memory_stats, memory_fields);

#define IO(k, m, h) JSON_CUSTOM(struct cgroup_io_stats, k, m, &io_json, .help = (h))

static const struct json_field io_stats_fields[] = {
	IO("bytes", bytes, "transferred"),
	IO("operations", operations, "I/O operations"),
	IO("queued", queued, "operations that wait"),
	IO("service_time_ns", service_time, "from dispatch to completion"),
	IO("wait_time_ns", wait_time, "in the queues"),
	IO("merged", merged, "operations merged into others"),
	IO("time_ms", time, "in which the device was ours"),
	IO("sectors", sectors, "transferred"),
	JSON_OBJECT(struct cgroup_io_stats, "pressure", pressure, &pressure_schema),
	JSON_END,
};
static const struct json_schema io_stats_schema =
	JSON_SCHEMA(struct cgroup_io_stats, io_stats_fields);

static const struct json_field hugetlb_fields[] = {
	JSON_STRING(struct cgroup_hugetlb_stats, "page_size", page_size, .flags = JSON_REQUIRED),
	USE(struct cgroup_hugetlb_stats, use.),
	JSON_END,
};
static const struct json_schema hugetlb_schema =
	JSON_SCHEMA(struct cgroup_hugetlb_stats, hugetlb_fields);

static const struct json_field stats_fields[] = {
	JSON_OBJECT(struct cgroup_stats, "cpu", cpu, &cpu_schema),
	JSON_OBJECT(struct cgroup_stats, "memory", memory, &memory_schema, .help = "bytes"),
	JSON_OBJECT(struct cgroup_stats, "pids", pids, &use_schema,
		    .help = "processes and threads"),
	JSON_OBJECT(struct cgroup_stats, "io", io, &io_stats_schema, .help = "block devices"),
	JSON_ARRAY(struct cgroup_stats, "hugetlb", hugetlb, hugetlb_count, &hugetlb_schema,
		   .help = "huge pages, bytes"),
	JSON_END,
};
const struct json_schema cgroup_stats_schema = JSON_SCHEMA(struct cgroup_stats, stats_fields);

/* --- libcontainer's --- */

/* Objects there that are none here have keys of the same C object. */
#define GROUP(T, k, s) JSON_SAME(T, k, s)

static const struct json_field old_cpu_usage_fields[] = {
	COUNT(struct cgroup_cpu_stats, "total_usage", usage),
	JSON_CUSTOM(struct cgroup_cpu_stats, "percpu_usage", per_cpu, &numbers_json),
	COUNT(struct cgroup_cpu_stats, "usage_in_kernelmode", system, .flags = JSON_KEEP),
	COUNT(struct cgroup_cpu_stats, "usage_in_usermode", user, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema old_cpu_usage_schema =
	JSON_SCHEMA(struct cgroup_cpu_stats, old_cpu_usage_fields);

static const struct json_field old_throttling_fields[] = {
	COUNT(struct cgroup_cpu_stats, "periods", periods),
	COUNT(struct cgroup_cpu_stats, "throttled_periods", throttled_periods),
	COUNT(struct cgroup_cpu_stats, "throttled_time", throttled_time),
	JSON_END,
};
static const struct json_schema old_throttling_schema =
	JSON_SCHEMA(struct cgroup_cpu_stats, old_throttling_fields);

static const struct json_field old_cpu_fields[] = {
	GROUP(struct cgroup_cpu_stats, "cpu_usage", &old_cpu_usage_schema),
	GROUP(struct cgroup_cpu_stats, "throttling_data", &old_throttling_schema),
	JSON_END,
};
static const struct json_schema old_cpu_schema =
	JSON_SCHEMA(struct cgroup_cpu_stats, old_cpu_fields);

static const struct json_field old_use_fields[] = {
	COUNT(struct cgroup_use, "usage", usage),
	COUNT(struct cgroup_use, "max_usage", max),
	COUNT(struct cgroup_use, "failcnt", failcnt, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema old_use_schema = JSON_SCHEMA(struct cgroup_use, old_use_fields);

static const struct json_field old_memory_fields[] = {
	COUNT(struct cgroup_memory_stats, "cache", cache),
	JSON_OBJECT(struct cgroup_memory_stats, "usage", use, &old_use_schema),
	JSON_OBJECT(struct cgroup_memory_stats, "swap_usage", memsw, &old_use_schema),
	JSON_OBJECT(struct cgroup_memory_stats, "kernel_usage", kernel, &old_use_schema),
	JSON_CUSTOM(struct cgroup_memory_stats, "stats", stat, &table_json),
	JSON_END,
};
static const struct json_schema old_memory_schema =
	JSON_SCHEMA(struct cgroup_memory_stats, old_memory_fields);

static bool io_any(const void *in)
{
	return ((const struct cgroup_io_list *)in)->count;
}

/* An empty list is left out there. */
static const struct json_custom old_io_json = {
	.decode = decode_io,
	.encode = encode_io,
	.release = release_io,
	.present = io_any,
};

#define OLD_IO(k, m) JSON_CUSTOM(struct cgroup_io_stats, k, m, &old_io_json)

static const struct json_field old_io_fields[] = {
	OLD_IO("io_service_bytes_recursive", bytes),
	OLD_IO("io_serviced_recursive", operations),
	OLD_IO("io_queue_recursive", queued),
	OLD_IO("io_service_time_recursive", service_time),
	OLD_IO("io_wait_time_recursive", wait_time),
	OLD_IO("io_merged_recursive", merged),
	OLD_IO("io_time_recursive", time),
	OLD_IO("sectors_recursive", sectors),
	JSON_END,
};
static const struct json_schema old_io_schema = JSON_SCHEMA(struct cgroup_io_stats, old_io_fields);

/* An object with a key for each page size; @in is the list's pointer, the first member of the two. */
static const struct cgroup_stats *stats_of(const void *hugetlb)
{
	return (const void *)((const char *)hugetlb - offsetof(struct cgroup_stats, hugetlb));
}

static void encode_hugetlb(const void *in, const char *key, struct json_writer *w)
{
	const struct cgroup_stats *stats = stats_of(in);

	json_write_begin(w, key, '{');
	for (size_t i = 0; i < stats->hugetlb_count; i++)
		json_write_object(w, stats->hugetlb[i].page_size, &old_use_schema,
				  &stats->hugetlb[i].use);
	json_write_end(w);
}

static int decode_nothing(const struct json_value *v, void *out, struct err *err)
{
	(void)out;
	return json_value_err(v, err, -EOPNOTSUPP, "is not read");
}

static const struct json_custom old_hugetlb_json = {
	.decode = decode_nothing,
	.encode = encode_hugetlb,
};

static const struct json_field old_stats_fields[] = {
	JSON_OBJECT(struct cgroup_stats, "cpu_stats", cpu, &old_cpu_schema),
	JSON_OBJECT(struct cgroup_stats, "memory_stats", memory, &old_memory_schema),
	JSON_OBJECT(struct cgroup_stats, "blkio_stats", io, &old_io_schema),
	JSON_CUSTOM(struct cgroup_stats, "hugetlb_stats", hugetlb, &old_hugetlb_json),
	JSON_END,
};
const struct json_schema cgroup_stats_libcontainer_schema =
	JSON_SCHEMA(struct cgroup_stats, old_stats_fields);
