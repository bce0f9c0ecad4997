// SPDX-License-Identifier: Apache-2.0
#include "cgroup/property.h"

#include "cgroup/device_list.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct json_field property_fields[] = {
	JSON_STRING(struct cgroup_property, "name", name, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_property, "type", type, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_property, "value", value, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_property, "shown", shown),
	JSON_END,
};
const struct json_schema cgroup_property_schema =
	JSON_SCHEMA(struct cgroup_property, property_fields);

static void property_release(struct cgroup_property *p)
{
	free(p->name);
	free(p->type);
	free(p->value);
	free(p->shown);
}

void properties_release(struct cgroup_properties *p)
{
	for (size_t i = 0; i < p->count; i++)
		property_release(&p->items[i]);
	free(p->items);
	*p = (struct cgroup_properties){ 0 };
}

int properties_add(struct cgroup_properties *p, const char *name, const char *type,
		   const char *value, const char *shown, struct err *err)
{
	struct cgroup_property *more = reallocarray(p->items, p->count + 1, sizeof(*more));
	struct cgroup_property one = { strdup(name), strdup(type), strdup(value),
				       shown ? strdup(shown) : str_format("%s=%s", name, value) };

	if (more)
		p->items = more;
	if (!more || !one.name || !one.type || !one.value || !one.shown) {
		property_release(&one);
		return err_oom(err);
	}
	p->items[p->count++] = one;
	return 0;
}

#define SPACE   " \t\n"
#define DEFAULT "default "
/* In lists, as the kernel (bitmap_parselist()) and systemd have them. */
#define BETWEEN "," SPACE

int property_mask(const char *list, uint8_t **bytes, size_t *size, struct err *err)
{
	_cleanup_free_ uint8_t *mask = NULL;
	size_t have = 0;

	for (list += strspn(list, BETWEEN); *list; list += strspn(list, BETWEEN)) {
		char *end;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (*list < '0' || *list > '9')
			return err_set(err, -EINVAL, "'%.80s' is not a list like 0-2,4", list);
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (to < from || to > UINT16_MAX || (*end && !strchr(BETWEEN, *end)))
			return err_set(err, -EINVAL, "'%.80s' is not a list like 0-2,4", list);
		if (to / 8 >= have) {
			uint8_t *more = realloc(mask, to / 8 + 1);

			if (!more)
				return err_oom(err);
			memset(more + have, 0, to / 8 + 1 - have);
			mask = more;
			have = to / 8 + 1;
		}
		for (; from <= to; from++)
			mask[from / 8] |= (uint8_t)(1 << from % 8);
		list = end;
	}
	*bytes = take_ptr(mask);
	*size = have;
	return 0;
}

/* "8:0 500": of that device, which is nothing of the unit's as a whole, and systemd leaves it. */
static bool is_of_device(const char *value)
{
	static const char digits[] = "0123456789";
	const char *colon = value + strspn(value, digits), *space;

	if (colon == value || *colon != ':')
		return false;
	space = colon + 1 + strspn(colon + 1, digits);
	return space > colon + 1 && *space == ' ';
}

/* What is found in the plan: the last step that writes @file of v1 or v2. */
static const struct cgroup_write_args *write_to(const struct plan *plan, const char *file, bool v2)
{
	const struct cgroup_write_args *found = NULL;

	for (size_t i = 0; i < plan->count; i++) {
		const struct cgroup_write_args *a = plan->steps[i].args;

		if (plan->steps[i].type == &cgroup_write_step && a->v2 == v2 &&
		    !strcmp(strrchr(a->path, '/') + 1, file) && !is_of_device(a->value))
			found = a;
	}
	return found;
}

/* The unit behind a number, if there is one: "M". False: it is too much. */
static bool scale(unsigned long long *number, const char **end)
{
	static const char units[] = "KMGTPE";
	const char *unit = **end ? strchr(units, toupper((unsigned char)**end)) : NULL;

	if (!unit)
		return true;
	(*end)++;
	return !__builtin_mul_overflow(*number, 1ULL << 10 * (unit - units + 1), number);
}

/*
 * A number as the kernel reads it (kstrtoull(), memparse()): "512M", "0x200", "default 200", white space around it. "max" on v2
 * and -1 on v1 have no end.
 */
static bool parse_number(const char *value, unsigned long long *number)
{
	const char *end;

	if (str_starts(value, DEFAULT))
		value += strlen(DEFAULT);
	value += strspn(value, SPACE);
	*number = UINT64_MAX;
	if (str_starts(value, "max")) {
		end = value + strlen("max");
	} else if (str_starts(value, "-1")) {
		end = value + strlen("-1");
	} else if (*value < '0' || *value > '9') {
		return false;
	} else {
		errno = 0;
		*number = strtoull(value, (char **)&end, 0);
		if (errno || !scale(number, &end))
			return false;
	}
	return !end[strspn(end, SPACE)];
}

static int add_number(struct cgroup_properties *p, const char *name,
		      const struct cgroup_write_args *a, struct err *err)
{
	_cleanup_free_ char *value = NULL, *shown = NULL;
	unsigned long long number;

	/* What is no number the kernel will refuse, with a line of its own. */
	if (!parse_number(a->value, &number))
		return 0;
	value = str_format("%llu", number);
	shown = number == UINT64_MAX ? str_format("%s=infinity", name)
				     : str_format("%s=%llu", name, number);
	return value && shown ? properties_add(p, name, "t", value, shown, err) : err_oom(err);
}

static int add_list(struct cgroup_properties *p, const char *name,
		    const struct cgroup_write_args *a, struct err *err)
{
	_cleanup_free_ uint8_t *mask = NULL;
	size_t size;

	if (property_mask(a->value, &mask, &size, NULL) < 0)
		return err_set(err, -EINVAL,
			       "cgroups.%s: '%.80s': systemd takes only lists like 0-2,4", a->key,
			       a->value);
	return properties_add(p, name, "ay", a->value, NULL, err);
}

/* Another way to say cpu.weight, of which systemd would not know. */
static int refuse(struct cgroup_properties *p, const char *name, const struct cgroup_write_args *a,
		  struct err *err)
{
	(void)p;
	return err_set(err, -EOPNOTSUPP,
		       "cgroups.%s: '%s': systemd writes cpu.weight, and so undoes it", a->key,
		       name);
}

#define NO_QUOTA UINT64_MAX

/* Microseconds in each second. */
static int add_quota(struct cgroup_properties *p, unsigned long long quota,
		     unsigned long long period, struct err *err)
{
	bool some = quota != NO_QUOTA && period && quota <= UINT64_MAX / 1000000;
	unsigned long long second = some ? quota * 1000000 / period : NO_QUOTA;
	_cleanup_free_ char *value = str_format("%llu", second);
	_cleanup_free_ char *shown =
		some ? str_format("CPUQuota=%llu.%02llu%%", second / 10000, second / 100 % 100)
		     : strdup("CPUQuota=");
	_cleanup_free_ char *time = str_format("%llu", period);
	_cleanup_free_ char *time_shown = str_format("CPUQuotaPeriodSec=%lluus", period);
	int ret;

	if (!value || !shown || !time || !time_shown)
		return err_oom(err);
	ret = properties_add(p, "CPUQuotaPerSecUSec", "t", value, shown, err);
	return ret < 0 ? ret : properties_add(p, "CPUQuotaPeriodUSec", "t", time, time_shown, err);
}

/* The number in @file beside that of @a, if it is there and is one: -1 is none. */
static void read_beside(const struct cgroup_write_args *a, const char *file,
			unsigned long long *number)
{
	int dir = (int)(strrchr(a->path, '/') - a->path);
	_cleanup_free_ char *path = str_format("%.*s/%s", dir, a->path, file);
	char text[64];

	if (path && file_read_line(AT_FDCWD, path, text, sizeof(text), NULL) == 0)
		str_to_u64(text, INT64_MAX, number);
}

/*
 * v1 has two files, and the plan may write only one of them: for systemd, too, the other one is to stay as it is. Before the
 * start there is none, and no quota.
 */
static bool cpu_limit_v1(const struct plan *plan, unsigned long long *quota,
			 unsigned long long *period)
{
	const char *const quota_file = "cpu.cfs_quota_us", *const period_file = "cpu.cfs_period_us";
	const struct cgroup_write_args *q = write_to(plan, quota_file, false);
	const struct cgroup_write_args *p = write_to(plan, period_file, false);

	if (q)
		str_to_u64(q->value, INT64_MAX, quota);
	else if (p)
		read_beside(p, quota_file, quota);
	if (p)
		str_to_u64(p->value, INT64_MAX, period);
	else if (q)
		read_beside(q, period_file, period);
	return q || p;
}

static int add_cpu_max(const struct plan *plan, struct cgroup_properties *p, struct err *err)
{
	const struct cgroup_write_args *both = write_to(plan, "cpu.max", true);
	unsigned long long quota = NO_QUOTA, period = 100000;

	if (both) {
		const char *space = strchr(both->value, ' ');

		/* "max 100000": no number, so no quota. */
		sscanf(both->value, "%llu", &quota);
		if (space)
			sscanf(space, "%llu", &period);
	} else if (!cpu_limit_v1(plan, &quota, &period)) {
		return 0;
	}
	return add_quota(p, quota, period, err);
}

/* Names of v1 are deprecated ones, and the only ones that old versions know; whoever has v1 may have such a version. */
static const struct {
	const char *file;
	bool v2;
	const char *name;
	int (*add)(struct cgroup_properties *p, const char *name, const struct cgroup_write_args *a,
		   struct err *err);
} rows[] = {
	{ "memory.max", true, "MemoryMax", add_number },
	{ "memory.high", true, "MemoryHigh", add_number },
	{ "memory.low", true, "MemoryLow", add_number },
	{ "memory.min", true, "MemoryMin", add_number },
	{ "memory.swap.max", true, "MemorySwapMax", add_number },
	{ "memory.zswap.max", true, "MemoryZSwapMax", add_number },
	{ "cpu.weight", true, "CPUWeight", add_number },
	{ "cpu.weight.nice", true, "cpu.weight.nice", refuse },
	{ "cpu.idle", true, "cpu.idle", refuse },
	{ "io.weight", true, "IOWeight", add_number },
	{ "pids.max", true, "TasksMax", add_number },
	{ "cpuset.cpus", true, "AllowedCPUs", add_list },
	{ "cpuset.mems", true, "AllowedMemoryNodes", add_list },
	{ "memory.limit_in_bytes", false, "MemoryLimit", add_number },
	{ "cpu.shares", false, "CPUShares", add_number },
	{ "blkio.weight", false, "BlockIOWeight", add_number },
	{ "pids.max", false, "TasksMax", add_number },
};

/* --- Devices --- */

/* Allocated: "/dev/char/1:3", which systemd takes for the numbers, there or not; "char-136" and "char-*". */
static char *device_pattern(const struct device_exception *e)
{
	const char *type = e->type == 'b' ? "block" : "char";

	if (e->major < 0)
		return str_format("%s-*", type);
	if (e->minor < 0)
		return str_format("%s-%" PRId64, type, e->major);
	return str_format("/dev/%s/%" PRId64 ":%" PRId64, type, e->major, e->minor);
}

static int add_device(struct cgroup_properties *p, const struct device_exception *e,
		      struct err *err)
{
	_cleanup_free_ char *pattern = NULL, *value = NULL;

	if (e->major < 0 && e->minor >= 0)
		return err_set(err, -EOPNOTSUPP,
			       "cgroups.allowed_devices: %c *:%" PRId64
			       ": systemd, which writes the rules on cgroup v1, too, has none "
			       "for a minor number of all devices",
			       e->type, e->minor);
	pattern = device_pattern(e);
	value = pattern ? str_format("%s %s%s%s", pattern, e->access & DEVICE_READ ? "r" : "",
				     e->access & DEVICE_WRITE ? "w" : "",
				     e->access & DEVICE_MKNOD ? "m" : "")
			: NULL;
	return value ? properties_add(p, "DeviceAllow", "a(ss)", value, NULL, err) : err_oom(err);
}

static int add_device_list(struct cgroup_properties *p, const struct device_list *list,
			   struct err *err)
{
	int ret;

	if (list->allow && !list->count)
		return 0;
	if (list->allow)
		return err_set(err, -EOPNOTSUPP,
			       "cgroups.denied_devices: systemd, which writes the rules on cgroup "
			       "v1, too, has only rules that allow");
	ret = properties_add(p, "DevicePolicy", "s", "strict", NULL, err);
	for (size_t i = 0; ret == 0 && i < list->count; i++)
		ret = add_device(p, &list->items[i], err);
	return ret;
}

/*
 * Where systemd has no rules of its own it allows all devices, whenever it looks at the unit. On v2 that takes nothing from our
 * program; v1 has one list.
 */
static int add_devices(const struct plan *plan, struct cgroup_properties *p, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < plan->count; i++) {
		const struct cgroup_devices_args *a = plan->steps[i].args;
		struct device_list list = { 0 };

		if (plan->steps[i].type != &cgroup_devices_step || a->v2)
			continue;
		ret = device_list_make(&list, a->rules, err);
		if (ret == 0)
			ret = add_device_list(p, &list, err);
		device_list_release(&list);
	}
	return ret;
}

int properties_of(const struct plan *plan, struct cgroup_properties *p, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(rows); i++) {
		const struct cgroup_write_args *a = write_to(plan, rows[i].file, rows[i].v2);

		if (a)
			ret = rows[i].add(p, rows[i].name, a, err);
	}
	if (ret == 0)
		ret = add_cpu_max(plan, p, err);
	return ret == 0 ? add_devices(plan, p, err) : ret;
}
