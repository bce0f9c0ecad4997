// SPDX-License-Identifier: Apache-2.0
#include "ns/timens.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stddef.h>

#define NANOSECS_MAX 999999999

static const struct json_field offset_fields[] = {
	JSON_INT(struct time_offset, "secs", secs),
	JSON_UINT(struct time_offset, "nanosecs", nanosecs, .max = NANOSECS_MAX),
	JSON_END,
};
static const struct json_schema offset_schema =
	JSON_SCHEMA(struct time_offset, offset_fields, .caseless = true);

static const struct json_field time_offsets_fields[] = {
	JSON_OBJECT(struct time_offsets, "monotonic", monotonic, &offset_schema),
	JSON_OBJECT(struct time_offsets, "boottime", boottime, &offset_schema),
	JSON_END,
};
const struct json_schema time_offsets_schema =
	JSON_SCHEMA(struct time_offsets, time_offsets_fields, .caseless = true);

/* As timens_offsets and unshare(1) call them. */
static const struct clock {
	const char *name;
	size_t offset;
} clocks[] = {
	{ "monotonic", offsetof(struct time_offsets, monotonic) },
	{ "boottime", offsetof(struct time_offsets, boottime) },
};

static const struct time_offset *offset_of(const struct time_offsets *o, const struct clock *c)
{
	return (const struct time_offset *)((const char *)o + c->offset);
}

static bool any(const struct time_offset *t)
{
	return t->secs || t->nanosecs;
}

bool time_offsets_any(const struct time_offsets *o)
{
	return any(&o->monotonic) || any(&o->boottime);
}

/* In one write(2) each; the kernel adds up the two numbers. */
static int write_offset(const struct clock *c, const struct time_offset *t, struct err *err)
{
	char line[80];
	int ret;

	snprintf(line, sizeof(line), "%s %" PRId64 " %" PRIu32 "\n", c->name, t->secs, t->nanosecs);
	ret = file_write(AT_FDCWD, "/proc/self/timens_offsets", line, err);
	if (ret == 0)
		return 0;
	err_wrap(err, "time_offsets.%s", c->name);
	if (ret == -ERANGE)
		err_append(err, " (the clock would stand below zero, or too far ahead)");
	return ret;
}

static int write_offsets(const struct time_offsets *o, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < array_size(clocks) && ret == 0; i++)
		if (any(offset_of(o, &clocks[i])))
			ret = write_offset(&clocks[i], offset_of(o, &clocks[i]), err);
	return ret;
}

int timens_enter_new(const struct time_offsets *o, struct err *err)
{
	_cleanup_fd_ int ns = -1;
	int ret;

	if (unshare(CLONE_NEWTIME) < 0)
		return err_sys(err, -errno, "cannot make a time namespace");
	ret = write_offsets(o, err);
	if (ret < 0)
		return ret;
	ns = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return err_sys(err, -errno, "/proc/self/ns/time_for_children");
	return setns(ns, CLONE_NEWTIME) < 0 ? err_sys(err, -errno, "cannot enter a time namespace")
					    : 0;
}

void time_offsets_show(const struct time_offsets *o, FILE *out)
{
	for (size_t i = 0; i < array_size(clocks); i++)
		if (any(offset_of(o, &clocks[i])))
			fprintf(out, " --%s=%" PRId64, clocks[i].name,
				offset_of(o, &clocks[i])->secs);
}
