// SPDX-License-Identifier: Apache-2.0
#include "cmd/target.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/json.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX (1u << 20)

struct options {
	bool help;
	const char *id;
	const char *resources;
	const char *memory, *memory_reservation, *memory_swap, *memory_swappiness, *kernel_memory;
	const char *cpu_shares, *cpu_quota, *cpu_period, *cpu_rt_quota, *cpu_rt_period;
	const char *cpuset_cpus, *cpuset_mems, *pids_limit, *blkio_weight;
	const char *oom_kill_disable, *net_cls_classid;
	const char *memory_high, *memory_low, *memory_min, *cpu_weight, *cpu_burst, *io_weight;
};

#define LIMIT(name, member, arg, help)                                                    \
	{                                                                                 \
		0, name, arg, help, OPTION_STRING, offsetof(struct options, member), NULL \
	}

static const struct option_desc options[] = {
	CMD_HELP(struct options),
	CMD_ID(struct options),
	{ 'r', "resources", "FILE",
	  "limits as in a config's `cgroups` object (- : standard input); options come on top",
	  OPTION_STRING, offsetof(struct options, resources), NULL },
	LIMIT("memory", memory, "BYTES", "may end in k, m or g; -1: no limit"),
	LIMIT("memory-reservation", memory_reservation, "BYTES",
	      "what it should keep under pressure"),
	LIMIT("memory-swap", memory_swap, "BYTES", "memory and swap together"),
	LIMIT("memory-swappiness", memory_swappiness, "N", "0 to 100"),
	LIMIT("oom-kill-disable", oom_kill_disable, "BOOL",
	      "v1: true: who needs more memory waits; false: is killed"),
	LIMIT("kernel-memory", kernel_memory, "BYTES", "of old kernels"),
	LIMIT("memory-high", memory_high, "BYTES", "v2: above it the cgroup is slowed down"),
	LIMIT("memory-low", memory_low, "BYTES", "v2: what is only reclaimed if all else was"),
	LIMIT("memory-min", memory_min, "BYTES", "v2: what is never reclaimed"),
	LIMIT("cpu-shares", cpu_shares, "N", "2 to 262144"),
	LIMIT("cpu-weight", cpu_weight, "N", "v2: 1 to 10000"),
	LIMIT("cpu-burst", cpu_burst, "MICROSECONDS", "of what earlier periods left"),
	LIMIT("cpu-quota", cpu_quota, "MICROSECONDS", "of each period; -1: no limit"),
	LIMIT("cpu-period", cpu_period, "MICROSECONDS", "1000 to 1000000"),
	LIMIT("cpu-rt-quota", cpu_rt_quota, "MICROSECONDS", "for real-time processes"),
	LIMIT("cpu-rt-period", cpu_rt_period, "MICROSECONDS", "of that"),
	LIMIT("cpuset-cpus", cpuset_cpus, "LIST", "0-2,4"),
	LIMIT("cpuset-mems", cpuset_mems, "LIST", "memory nodes"),
	LIMIT("pids-limit", pids_limit, "N", "processes and threads; -1: no limit"),
	LIMIT("blkio-weight", blkio_weight, "N", "10 to 1000"),
	LIMIT("io-weight", io_weight, "N", "v2: 1 to 10000"),
	LIMIT("net-cls-classid", net_cls_classid, "ID",
	      "v1: class of its packets, also hexadecimal; 0: none"),
	CMD_OPTIONS_END,
};

enum kind { NUMBER, SIZE, TEXT, BOOL };

static const struct {
	const char *option, *key;
	size_t offset;
	enum kind kind;
} limits[] = {
#define KEY(name, member, kind)                                       \
	{                                                             \
		name, #member, offsetof(struct options, member), kind \
	}
	KEY("memory", memory, SIZE),
	KEY("memory-reservation", memory_reservation, SIZE),
	KEY("memory-swap", memory_swap, SIZE),
	KEY("memory-swappiness", memory_swappiness, NUMBER),
	KEY("oom-kill-disable", oom_kill_disable, BOOL),
	KEY("kernel-memory", kernel_memory, SIZE),
	KEY("memory-high", memory_high, SIZE),
	KEY("memory-low", memory_low, SIZE),
	KEY("memory-min", memory_min, SIZE),
	KEY("cpu-shares", cpu_shares, NUMBER),
	KEY("cpu-weight", cpu_weight, NUMBER),
	KEY("cpu-burst", cpu_burst, NUMBER),
	KEY("cpu-quota", cpu_quota, NUMBER),
	KEY("cpu-period", cpu_period, NUMBER),
	KEY("cpu-rt-quota", cpu_rt_quota, NUMBER),
	KEY("cpu-rt-period", cpu_rt_period, NUMBER),
	KEY("cpuset-cpus", cpuset_cpus, TEXT),
	KEY("cpuset-mems", cpuset_mems, TEXT),
	KEY("pids-limit", pids_limit, NUMBER),
	KEY("blkio-weight", blkio_weight, NUMBER),
	KEY("io-weight", io_weight, NUMBER),
	KEY("net-cls-classid", net_cls_classid, TEXT),
};

/* "-1", "4096"; of a size also "64m". */
static int parse(const char *text, enum kind kind, long long *out)
{
	static const char suffixes[] = "kmg";
	bool minus = text[0] == '-';
	size_t digits = strspn(text + minus, "0123456789");
	_cleanup_free_ char *number = strndup(text + minus, digits);
	const char *end = text + minus + digits;
	unsigned long long value;
	unsigned int shift = 0;

	if (kind == SIZE && *end && strchr(suffixes, *end | 0x20))
		shift = 10 * (unsigned int)(strchr(suffixes, *end++ | 0x20) - suffixes + 1);
	if (!number || *end || str_to_u64(number, LLONG_MAX >> shift, &value) < 0)
		return -EINVAL;
	*out = (long long)(value << shift);
	*out = minus ? -*out : *out;
	return 0;
}

/* The options as an object like those in configs, so that one table knows keys and ranges. */
static int write_options(const struct options *o, struct json_writer *w, struct err *err)
{
	json_write_begin(w, NULL, '{');
	for (size_t i = 0; i < array_size(limits); i++) {
		const char *text = *(const char *const *)((const char *)o + limits[i].offset);
		long long number;

		if (!text)
			continue;
		if (limits[i].kind == TEXT)
			json_write_string(w, limits[i].key, text);
		else if (limits[i].kind == BOOL &&
			 (!strcmp(text, "true") || !strcmp(text, "false")))
			json_write_bool(w, limits[i].key, *text == 't');
		else if (limits[i].kind == BOOL)
			return err_set(err, -EINVAL, "--%s: '%s' is neither true nor false",
				       limits[i].option, text);
		else if (parse(text, limits[i].kind, &number) == 0)
			json_write_int(w, limits[i].key, number);
		else
			return err_set(err, -EINVAL, "--%s: '%s' is not a number", limits[i].option,
				       text);
	}
	json_write_end(w);
	return 0;
}

static int of_options(const struct options *o, struct ctrnet_text *text, char **json,
		      struct err *err)
{
	size_t len = 0;
	FILE *out = open_memstream(json, &len);
	struct json_writer *w;
	int ret, end;

	if (!out)
		return err_oom(err);
	w = json_writer_new(out, false);
	ret = write_options(o, w, err);
	end = json_writer_end(w, ret < 0 ? NULL : err);
	fclose(out);
	*text = (struct ctrnet_text){ "options", *json, len };
	return ret < 0 ? ret : end;
}

static int of_file(const char *path, struct ctrnet_text *text, char **json, struct err *err)
{
	bool input = !strcmp(path, "-");
	size_t len = 0;
	int ret = input ? file_read_input(TEXT_MAX, json, &len, err)
			: file_read(AT_FDCWD, path, TEXT_MAX, json, &len, err);

	if (ret == 0)
		*text = (struct ctrnet_text){ input ? "standard input" : path, *json, len };
	return ret;
}

static int update(const struct options *o, struct ctrnet_container *container, struct err *err)
{
	_cleanup_free_ char *file = NULL, *given = NULL;
	struct ctrnet_text texts[2];
	struct ctrnet_error error;
	size_t n = 0;
	int ret = o->resources ? of_file(o->resources, &texts[n++], &file, err) : 0;

	if (ret == 0)
		ret = of_options(o, &texts[n++], &given, err);
	if (ret < 0)
		return err_wrap(err, "update");
	if (ctrnet_container_set_json(container, texts, n, &error) < 0)
		return library_fail(&cmd_update, &error, err);
	return 0;
}

static int run(const struct globals *globals, int argc, char **argv, struct err *err)
{
	_cleanup_(target_close) struct ctrnet_container *container = NULL;
	struct options o = { 0 };
	int at = command_options(&cmd_update, &o, argc, argv, err);
	int ret;

	if (at < 0)
		return at == -ECANCELED ? 0 : at;
	ret = target_only(&cmd_update, globals, o.id, argc, argv, at, &container, err);
	return ret < 0 ? ret : update(&o, container, err);
}

const struct command cmd_update = {
	.name = "update",
	.args = "[--resources FILE] [--memory BYTES] [LIMIT...] [ID]",
	.summary = "change limits of a container that runs: all that are given, or none",
	.options = options,
	.failure = 1,
	.run = run,
};
