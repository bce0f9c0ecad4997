// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_LIBCONTAINER };

struct options {
	bool help;
	const char *id;
	bool json;
	int format;
};

static const struct option_name formats[] = {
	{ "table", FORMAT_TABLE },
	{ "json", FORMAT_JSON },
	{ "libcontainer", FORMAT_LIBCONTAINER },
	{ NULL, 0 },
};

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 'j', "json", NULL, "as --format json", OPTION_FLAG, offsetof(struct options, json),
	  NULL },
	{ 'f', "format", "table|json|libcontainer",
	  "how to show them (default table); libcontainer: JSON with its field names", OPTION_ENUM,
	  offsetof(struct options, format), formats },
	CMD_OPTIONS_END,
};

enum unit { COUNT, BYTES, SECONDS, PERCENT };

/* Lines of what is not known are left out. */
#define LINE(label, group, member, unit)                                                       \
	{                                                                                      \
		label, offsetof(struct ctrnet_stats, group),                                   \
			offsetof(__typeof__(*((struct ctrnet_stats *)0)->group), member), unit \
	}
static const struct {
	const char *label;
	size_t group, offset;
	enum unit unit;
} lines[] = {
	LINE("cpu time", cpu, usage, SECONDS),
	LINE("cpu time in programs", cpu, user, SECONDS),
	LINE("cpu time in the kernel", cpu, system, SECONDS),
	LINE("cpu periods", cpu, periods, COUNT),
	LINE("cpu periods throttled", cpu, throttled_periods, COUNT),
	LINE("cpu throttled for", cpu, throttled_time, SECONDS),
	LINE("cpu pressure, 10 s", cpu, pressure.some.avg10, PERCENT),
	LINE("memory", memory, use.usage, BYTES),
	LINE("memory, highest", memory, use.max, BYTES),
	LINE("memory limit", memory, use.limit, BYTES),
	LINE("memory limit hit", memory, use.failcnt, COUNT),
	LINE("memory of files", memory, cache, BYTES),
	LINE("memory of the kernel", memory, kernel.usage, BYTES),
	LINE("swap", memory, swap.usage, BYTES),
	LINE("memory and swap limit", memory, memsw.limit, BYTES),
	LINE("oom kills", memory, oom_kills, COUNT),
	LINE("memory pressure, 10 s", memory, pressure.some.avg10, PERCENT),
	LINE("pids", pids, usage, COUNT),
	LINE("pids limit", pids, limit, COUNT),
	LINE("pids limit hit", pids, failcnt, COUNT),
	LINE("io pressure, 10 s", io, pressure.some.avg10, PERCENT),
};

static void print_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1024 && i + 1 < array_size(units); i++)
		value /= 1024;
	printf("%.*f %s", i ? 1 : 0, value, units[i]);
}

static void print_value(uint64_t value, enum unit unit)
{
	if (value == CTRNET_UNLIMITED)
		fputs("none", stdout);
	else if (unit == BYTES)
		print_bytes(value);
	else if (unit == SECONDS)
		printf("%.3f s", (double)value / 1e9);
	else if (unit == PERCENT)
		printf("%.2f %%", (double)value / 100);
	else
		printf("%llu", (unsigned long long)value);
}

static void print_io(const char *what, const struct ctrnet_io_list *list, enum unit unit)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ctrnet_io *io = &list->items[i];
		char label[64];

		snprintf(label, sizeof(label), "io %s %u:%u %s", what, io->major, io->minor,
			 io->op);
		printf("%-26s", label);
		print_value(io->value, unit);
		putchar('\n');
	}
}

static void print_traffic(const char *name, const char *way, const struct ctrnet_traffic *t)
{
	char label[64];

	snprintf(label, sizeof(label), "%s %s", name, way);
	str_make_printable(label);
	printf("%-26s", label);
	print_bytes(t->bytes);
	printf(", %llu packets, %llu errors, %llu dropped\n", (unsigned long long)t->packets,
	       (unsigned long long)t->errors, (unsigned long long)t->dropped);
}

static void print_lines(const struct ctrnet_stats *s)
{
	for (size_t i = 0; i < array_size(lines); i++) {
		const void *group = *(const void *const *)((const char *)s + lines[i].group);
		const struct ctrnet_count *count =
			(const void *)((const char *)group + lines[i].offset);

		if (!count->known)
			continue;
		printf("%-26s", lines[i].label);
		print_value(count->value, lines[i].unit);
		putchar('\n');
	}
}

static void print_table(const struct ctrnet_stats *s)
{
	print_lines(s);
	print_io("bytes", &s->io->bytes, BYTES);
	print_io("operations", &s->io->operations, COUNT);
	for (size_t i = 0; i < s->hugetlb_count; i++) {
		printf("hugetlb %-18s", s->hugetlb[i].page_size);
		print_bytes(s->hugetlb[i].use.usage.value);
		putchar('\n');
	}
	for (size_t i = 0; i < s->interface_count; i++) {
		print_traffic(s->interfaces[i].name, "received", &s->interfaces[i].rx);
		print_traffic(s->interfaces[i].name, "sent", &s->interfaces[i].tx);
	}
}

static int show(const struct ctrnet_stats *stats, enum format format, struct err *err)
{
	_cleanup_free_ char *json = NULL;
	struct ctrnet_error error;

	if (format == FORMAT_TABLE) {
		print_table(stats);
		return 0;
	}
	if (ctrnet_stats_json(stats,
			      format == FORMAT_JSON ? CTRNET_STATS : CTRNET_STATS_LIBCONTAINER,
			      true, &json, &error) < 0)
		return library_fail(&cmd_stats, &error, err);
	puts(json);
	return 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	struct options o = { 0 };
	int at = command_options(&cmd_stats, &o, argc, argv, err);
	struct ctrnet_stats *stats;
	struct ctrnet_error error;
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = target_only(&cmd_stats, globals, o.id, argc, argv, at, &container, err);
	if (ret < 0)
		return ret;
	if (ctrnet_container_stats(container, &stats, &error) < 0)
		return library_fail(&cmd_stats, &error, err);
	ret = show(stats, o.json ? FORMAT_JSON : (enum format)o.format, err);
	ctrnet_stats_free(stats);
	return ret;
}

const struct command cmd_stats = {
	.name = "stats",
	.args = "[-j|--json] [--format FORMAT] [ID]",
	.summary = "show what a container has used: CPU, memory, processes, disks, interfaces",
	.text = "The interfaces are the container's own: what it received is what came in there.\n"
		"What the kernel does not tell is left out.\n",
	.options = options,
	.failure = 1,
	.run = run,
};
