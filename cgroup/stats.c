// SPDX-License-Identifier: Apache-2.0
#include "cgroup/stats.h"

#include "cgroup/place.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define STATS_FILE_MAX (4u << 20)

/* What is read, file by file: rows of a table that have a file in common follow one another. */
struct reader {
	const struct cgroup_dir *dir;
	int fd; /* of it */
	const char *file;
	char *text;       /* NULL: there is no such file */
	bool memory_only; /* what is not in struct cgroup_memory_stats is left out, and all lists */
	struct err *err;
};

static void reader_release(struct reader *r)
{
	close_fd(r->fd);
	free(r->text);
}

/*
 * ENOENT: the kernel does not have it, or not in this cgroup. EOPNOTSUPP: it has it switched off, as pressure. ENODEV is what a
 * cgroup says that was removed while we had it open.
 */
static int reader_open(struct reader *r, const char *file)
{
	int ret;

	if (r->file && !strcmp(r->file, file))
		return 0;
	free(r->text);
	r->text = NULL;
	r->file = file;
	ret = file_read_proc(r->fd, file, STATS_FILE_MAX, &r->text, NULL);
	if (ret == 0 || ret == -ENOENT || ret == -EOPNOTSUPP)
		return 0;
	if (ret == -ENODEV)
		return err_set(r->err, -ENOENT, "cgroup %s is gone", r->dir->path);
	return err_sys(r->err, ret, "%s/%s", r->dir->path, file);
}

static int bad(const struct reader *r, const char *text)
{
	return err_set(r->err, -EINVAL, "%s/%s: cannot read '%.*s'", r->dir->path, r->file,
		       (int)strcspn(text, "\n"), text);
}

/* The word at *@at (of @len) and go behind it and the blanks that follow; false at the end of the line. */
static bool next_word(const char **at, const char **word, size_t *len)
{
	*word = *at;
	*len = strcspn(*at, " \n");
	*at += *len;
	*at += strspn(*at, " ");
	return *len > 0;
}

static const char *next_line(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

static bool is_word(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && !strncmp(word, name, len);
}

/* A number of @len characters. */
static bool parse_number(const char *word, size_t len, unsigned long long *out)
{
	char text[24];

	if (len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	return str_to_u64(text, ULLONG_MAX, out) == 0;
}

/* --- Counts --- */

#define PER_TICK 0 /* the scale of a count of ticks of the clock */

struct row {
	const char *controller; /* of v1; NULL: the row is one of v2 */
	const char *file;
	const char *line; /* it is the number behind this word; NULL: the file is one number */
	size_t offset;    /* of the struct cgroup_count */
	uint64_t scale;   /* from the kernel's unit to ours */
	bool limit;       /* it may say that there is none */
};

/* The first row of a field whose file and line are there counts. */
#define FIELD(member) offsetof(struct cgroup_stats, member)
/* clang-format off */
static const struct row rows[] = {
	{ "cpuacct", "cpuacct.usage", NULL, FIELD(cpu.usage), 1, false },
	{ "cpuacct", "cpuacct.stat", "user", FIELD(cpu.user), PER_TICK, false },
	{ "cpuacct", "cpuacct.stat", "system", FIELD(cpu.system), PER_TICK, false },
	{ "cpu", "cpu.stat", "nr_periods", FIELD(cpu.periods), 1, false },
	{ "cpu", "cpu.stat", "nr_throttled", FIELD(cpu.throttled_periods), 1, false },
	{ "cpu", "cpu.stat", "throttled_time", FIELD(cpu.throttled_time), 1, false },
	{ NULL, "cpu.stat", "usage_usec", FIELD(cpu.usage), 1000, false },
	{ NULL, "cpu.stat", "user_usec", FIELD(cpu.user), 1000, false },
	{ NULL, "cpu.stat", "system_usec", FIELD(cpu.system), 1000, false },
	{ NULL, "cpu.stat", "nr_periods", FIELD(cpu.periods), 1, false },
	{ NULL, "cpu.stat", "nr_throttled", FIELD(cpu.throttled_periods), 1, false },
	{ NULL, "cpu.stat", "throttled_usec", FIELD(cpu.throttled_time), 1000, false },

	{ "memory", "memory.usage_in_bytes", NULL, FIELD(memory.use.usage), 1, false },
	{ "memory", "memory.max_usage_in_bytes", NULL, FIELD(memory.use.max), 1, false },
	{ "memory", "memory.limit_in_bytes", NULL, FIELD(memory.use.limit), 1, true },
	{ "memory", "memory.failcnt", NULL, FIELD(memory.use.failcnt), 1, false },
	{ "memory", "memory.memsw.usage_in_bytes", NULL, FIELD(memory.memsw.usage), 1, false },
	{ "memory", "memory.memsw.max_usage_in_bytes", NULL, FIELD(memory.memsw.max), 1, false },
	{ "memory", "memory.memsw.limit_in_bytes", NULL, FIELD(memory.memsw.limit), 1, true },
	{ "memory", "memory.memsw.failcnt", NULL, FIELD(memory.memsw.failcnt), 1, false },
	{ "memory", "memory.kmem.usage_in_bytes", NULL, FIELD(memory.kernel.usage), 1, false },
	{ "memory", "memory.kmem.max_usage_in_bytes", NULL, FIELD(memory.kernel.max), 1, false },
	{ "memory", "memory.kmem.limit_in_bytes", NULL, FIELD(memory.kernel.limit), 1, true },
	{ "memory", "memory.kmem.failcnt", NULL, FIELD(memory.kernel.failcnt), 1, false },
	{ "memory", "memory.oom_control", "oom_kill", FIELD(memory.oom_kills), 1, false },
	/* The lines without total_ leave nested cgroups out. */
	{ "memory", "memory.stat", "total_cache", FIELD(memory.cache), 1, false },
	{ "memory", "memory.stat", "cache", FIELD(memory.cache), 1, false },
	{ "memory", "memory.stat", "total_swap", FIELD(memory.swap.usage), 1, false },
	{ "memory", "memory.stat", "swap", FIELD(memory.swap.usage), 1, false },
	{ NULL, "memory.current", NULL, FIELD(memory.use.usage), 1, false },
	{ NULL, "memory.peak", NULL, FIELD(memory.use.max), 1, false },
	{ NULL, "memory.max", NULL, FIELD(memory.use.limit), 1, true },
	{ NULL, "memory.events", "max", FIELD(memory.use.failcnt), 1, false },
	{ NULL, "memory.events", "oom_kill", FIELD(memory.oom_kills), 1, false },
	{ NULL, "memory.swap.current", NULL, FIELD(memory.swap.usage), 1, false },
	{ NULL, "memory.swap.peak", NULL, FIELD(memory.swap.max), 1, false },
	{ NULL, "memory.swap.max", NULL, FIELD(memory.swap.limit), 1, true },
	{ NULL, "memory.swap.events", "max", FIELD(memory.swap.failcnt), 1, false },
	{ NULL, "memory.stat", "kernel", FIELD(memory.kernel.usage), 1, false },
	{ NULL, "memory.stat", "file", FIELD(memory.cache), 1, false },

	{ "pids", "pids.current", NULL, FIELD(pids.usage), 1, false },
	{ "pids", "pids.peak", NULL, FIELD(pids.max), 1, false },
	{ "pids", "pids.max", NULL, FIELD(pids.limit), 1, true },
	{ "pids", "pids.events", "max", FIELD(pids.failcnt), 1, false },
	{ NULL, "pids.current", NULL, FIELD(pids.usage), 1, false },
	{ NULL, "pids.peak", NULL, FIELD(pids.max), 1, false },
	{ NULL, "pids.max", NULL, FIELD(pids.limit), 1, true },
	{ NULL, "pids.events", "max", FIELD(pids.failcnt), 1, false },
};

/* Of one page size: the offset is one in struct cgroup_use, and "*" in a file's name stands for the size. */
static const struct row hugetlb_rows[] = {
	{ "hugetlb", "hugetlb.*.usage_in_bytes", NULL, offsetof(struct cgroup_use, usage), 1, false },
	{ "hugetlb", "hugetlb.*.max_usage_in_bytes", NULL, offsetof(struct cgroup_use, max), 1, false },
	{ "hugetlb", "hugetlb.*.limit_in_bytes", NULL, offsetof(struct cgroup_use, limit), 1, true },
	{ "hugetlb", "hugetlb.*.failcnt", NULL, offsetof(struct cgroup_use, failcnt), 1, false },
	{ NULL, "hugetlb.*.current", NULL, offsetof(struct cgroup_use, usage), 1, false },
	{ NULL, "hugetlb.*.max", NULL, offsetof(struct cgroup_use, limit), 1, true },
	{ NULL, "hugetlb.*.events", "max", offsetof(struct cgroup_use, failcnt), 1, false },
};
/* clang-format on */

/* The line that starts with the word @name, the first one without a name; NULL if there is none. */
static const char *find_line(const char *text, const char *name)
{
	const char *word;
	size_t len;

	if (!name)
		return text;
	for (; *text; text = next_line(text)) {
		const char *at = text;

		if (next_word(&at, &word, &len) && is_word(word, len, name))
			return text;
	}
	return NULL;
}

static uint64_t in_our_unit(unsigned long long value, uint64_t scale)
{
	uint64_t result;

	if (scale == PER_TICK)
		scale = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return __builtin_mul_overflow(value, scale, &result) ? UINT64_MAX : result;
}

/*
 * The number at the end of @line, behind a name if it is @named. v2 has "max" for no limit, and v1 the largest number of whole pages, huge ones
 * too, that a long can have. What is below zero by an error of the kernel's (it sums up lazily what each CPU has) is nothing.
 */
static int read_number(const struct reader *r, const char *line, bool named, bool limit,
		       unsigned long long *value)
{
	const char *at = line, *word;
	size_t len, minus;

	if ((named && !next_word(&at, &word, &len)) || !next_word(&at, &word, &len) ||
	    (*at && *at != '\n'))
		return bad(r, line);
	if (limit && is_word(word, len, "max")) {
		*value = CGROUP_UNLIMITED;
		return 0;
	}
	minus = word[0] == '-';
	if (!parse_number(word + minus, len - minus, value))
		return bad(r, line);
	if (minus)
		*value = 0;
	if (limit && *value > INT64_MAX / 2)
		*value = CGROUP_UNLIMITED;
	return 0;
}

static int read_count(const struct reader *r, const struct row *row, struct cgroup_count *count)
{
	const char *line = find_line(r->text, row->line);
	unsigned long long value;
	int ret;

	if (!line)
		return 0;
	ret = read_number(r, line, row->line, row->limit, &value);
	if (ret == 0)
		*count = (struct cgroup_count){ true, row->limit ? value
								 : in_our_unit(value, row->scale) };
	return ret;
}

/* Does a row's file belong in the directory? */
static bool row_is_in(const char *controller, const struct cgroup_dir *dir)
{
	if (!controller || dir->v2)
		return !controller && dir->v2;
	return dir->controllers &&
	       controllers_have(dir->controllers, controller, strlen(controller));
}

static bool row_is_wanted(const struct reader *r, const struct row *row)
{
	return row_is_in(row->controller, r->dir) &&
	       (!r->memory_only ||
		(row->offset >= FIELD(memory) &&
		 row->offset < FIELD(memory) + sizeof(struct cgroup_memory_stats)));
}

static int read_counts(struct reader *r, struct cgroup_stats *stats)
{
	for (size_t i = 0; i < array_size(rows); i++) {
		struct cgroup_count *count = (void *)((char *)stats + rows[i].offset);
		int ret;

		if (count->known || !row_is_wanted(r, &rows[i]))
			continue;
		ret = reader_open(r, rows[i].file);
		if (ret == 0 && r->text)
			ret = read_count(r, &rows[i], count);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* --- Lists --- */

/* Room for one more behind @count items of @size, zeroed; NULL when out of memory. */
static void *grow(void **items, size_t count, size_t size)
{
	char *more = reallocarray(*items, count + 1, size);

	if (!more)
		return NULL;
	*items = more;
	return memset(more + count * size, 0, size);
}

static int read_per_cpu(struct reader *r, struct cgroup_stats *stats)
{
	struct cgroup_numbers *all = &stats->cpu.per_cpu;
	const char *at = r->text, *word;
	size_t len;

	while (next_word(&at, &word, &len)) {
		unsigned long long value;
		uint64_t *item;

		if (!parse_number(word, len, &value))
			return bad(r, r->text);
		item = grow((void **)&all->items, all->count, sizeof(*item));
		if (!item)
			return err_oom(r->err);
		*item = value;
		all->count++;
	}
	return 0;
}

static int read_memory_stat(struct reader *r, struct cgroup_stats *stats)
{
	struct cgroup_stat_table *all = &stats->memory.stat;

	for (const char *line = r->text; *line; line = next_line(line)) {
		unsigned long long value;
		struct cgroup_stat *item;
		int ret = read_number(r, line, true, false, &value);

		if (ret < 0)
			return ret;
		item = grow((void **)&all->items, all->count, sizeof(*item));
		if (!item || !(item->name = strndup(line, strcspn(line, " "))))
			return err_oom(r->err);
		item->value = value;
		all->count++;
	}
	return 0;
}

/* A number like "12.34" in hundredths. */
static bool parse_percent(const char *word, size_t len, unsigned long long *out)
{
	const char *point = memchr(word, '.', len);
	unsigned long long whole, part;

	if (!point || word + len - point != 3 ||
	    !parse_number(word, (size_t)(point - word), &whole) ||
	    !parse_number(point + 1, 2, &part) || whole > UINT32_MAX)
		return false;
	*out = whole * 100 + part;
	return true;
}

static const struct {
	const char *name; /* with its '=' */
	size_t offset;
	bool percent;
} stall_words[] = {
	{ "avg10=", offsetof(struct cgroup_stall, avg10), true },
	{ "avg60=", offsetof(struct cgroup_stall, avg60), true },
	{ "avg300=", offsetof(struct cgroup_stall, avg300), true },
	{ "total=", offsetof(struct cgroup_stall, total), false },
};

static bool parse_stall(const char *word, size_t len, struct cgroup_stall *stall)
{
	for (size_t i = 0; i < array_size(stall_words); i++) {
		struct cgroup_count *count = (void *)((char *)stall + stall_words[i].offset);
		size_t n = strlen(stall_words[i].name);
		unsigned long long value;

		if (len < n || strncmp(word, stall_words[i].name, n) != 0)
			continue;
		if (!(stall_words[i].percent ? parse_percent : parse_number)(word + n, len - n,
									     &value))
			return false;
		*count = (struct cgroup_count){ true, value };
	}
	return true; /* a word of a later kernel is none of ours */
}

static int read_pressure(struct reader *r, struct cgroup_pressure *pressure)
{
	const char *word;
	size_t len;

	for (const char *line = r->text; *line; line = next_line(line)) {
		const char *at = line;
		struct cgroup_stall *stall;

		if (!next_word(&at, &word, &len))
			return bad(r, line);
		stall = is_word(word, len, "some")   ? &pressure->some
			: is_word(word, len, "full") ? &pressure->full
						     : NULL;
		while (stall && next_word(&at, &word, &len))
			if (!parse_stall(word, len, stall))
				return bad(r, line);
	}
	return 0;
}

static int read_cpu_pressure(struct reader *r, struct cgroup_stats *stats)
{
	return read_pressure(r, &stats->cpu.pressure);
}

static int read_memory_pressure(struct reader *r, struct cgroup_stats *stats)
{
	return read_pressure(r, &stats->memory.pressure);
}

static int read_io_pressure(struct reader *r, struct cgroup_stats *stats)
{
	return read_pressure(r, &stats->io.pressure);
}

/* --- Block devices --- */

static int io_add(const struct reader *r, struct cgroup_io_list *all, const struct cgroup_io *io,
		  const char *op, size_t op_len)
{
	struct cgroup_io *item;

	if (op_len >= sizeof(item->op))
		op_len = sizeof(item->op) - 1;
	item = grow((void **)&all->items, all->count, sizeof(*item));
	if (!item)
		return err_oom(r->err);
	*item = *io;
	memcpy(item->op, op, op_len);
	all->count++;
	return 0;
}

/* "8:0" */
static bool parse_device(const char *word, size_t len, struct cgroup_io *io)
{
	const char *colon = memchr(word, ':', len);
	unsigned long long major, minor;

	if (!colon || !parse_number(word, (size_t)(colon - word), &major) ||
	    !parse_number(colon + 1, len - 1 - (size_t)(colon - word), &minor) ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	*io = (struct cgroup_io){ .major = (uint32_t)major, .minor = (uint32_t)minor };
	return true;
}

/* The kernel's name for a device that has no queue of its own (ZFS, NVMe multipath): which one it is nobody can tell. */
#define NO_DEVICE "(unknown)"

/* "8:0 Read 4096", "8:0 4096"; at the end "Total 4096", of all devices, which is no line of one. */
static int read_io_v1(struct reader *r, struct cgroup_io_list *all)
{
	for (const char *line = r->text; *line; line = next_line(line)) {
		const char *at = line, *word, *op = "";
		struct cgroup_io io;
		unsigned long long value;
		size_t len, op_len = 0;
		int ret;

		if (!next_word(&at, &word, &len))
			return bad(r, line);
		if (is_word(word, len, "Total") || is_word(word, len, NO_DEVICE))
			continue;
		if (!parse_device(word, len, &io) || !next_word(&at, &word, &len))
			return bad(r, line);
		if (*at && *at != '\n') {
			op = word;
			op_len = len;
			next_word(&at, &word, &len);
		}
		if (!parse_number(word, len, &value) || (*at && *at != '\n'))
			return bad(r, line);
		io.value = value;
		ret = io_add(r, all, &io, op, op_len);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* In the order of preference: CFQ (until kernel 5.0), BFQ, and what counts without a scheduler. */
static const struct {
	size_t list;
	const char *file;
} io_files[] = {
	{ FIELD(io.bytes), "blkio.io_service_bytes_recursive" },
	{ FIELD(io.bytes), "blkio.bfq.io_service_bytes_recursive" },
	{ FIELD(io.bytes), "blkio.throttle.io_service_bytes_recursive" },
	{ FIELD(io.bytes), "blkio.throttle.io_service_bytes" },
	{ FIELD(io.operations), "blkio.io_serviced_recursive" },
	{ FIELD(io.operations), "blkio.bfq.io_serviced_recursive" },
	{ FIELD(io.operations), "blkio.throttle.io_serviced_recursive" },
	{ FIELD(io.operations), "blkio.throttle.io_serviced" },
	{ FIELD(io.queued), "blkio.io_queued_recursive" },
	{ FIELD(io.queued), "blkio.bfq.io_queued_recursive" },
	{ FIELD(io.service_time), "blkio.io_service_time_recursive" },
	{ FIELD(io.service_time), "blkio.bfq.io_service_time_recursive" },
	{ FIELD(io.wait_time), "blkio.io_wait_time_recursive" },
	{ FIELD(io.wait_time), "blkio.bfq.io_wait_time_recursive" },
	{ FIELD(io.merged), "blkio.io_merged_recursive" },
	{ FIELD(io.merged), "blkio.bfq.io_merged_recursive" },
	{ FIELD(io.time), "blkio.time_recursive" },
	{ FIELD(io.time), "blkio.bfq.time_recursive" },
	{ FIELD(io.sectors), "blkio.sectors_recursive" },
	{ FIELD(io.sectors), "blkio.bfq.sectors_recursive" },
};

/* The files of a scheduler that no device uses are there, and list no device. */
static int read_blkio(struct reader *r, struct cgroup_stats *stats)
{
	for (size_t i = 0; i < array_size(io_files); i++) {
		struct cgroup_io_list *all = (void *)((char *)stats + io_files[i].list);
		int ret;

		if (all->count)
			continue;
		ret = reader_open(r, io_files[i].file);
		if (ret == 0 && r->text) {
			all->known = true;
			ret = read_io_v1(r, all);
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}

static const struct {
	const char *name; /* with its '=' */
	size_t list;
	const char *op;
} io_words[] = {
	{ "rbytes=", FIELD(io.bytes), "Read" },     { "wbytes=", FIELD(io.bytes), "Write" },
	{ "dbytes=", FIELD(io.bytes), "Discard" },  { "rios=", FIELD(io.operations), "Read" },
	{ "wios=", FIELD(io.operations), "Write" }, { "dios=", FIELD(io.operations), "Discard" },
};

/* One "NAME=VALUE" of io.stat; other names are of I/O controllers that count on their own. */
static int read_io_word(struct reader *r, struct cgroup_stats *stats, struct cgroup_io *io,
			const char *word, size_t len)
{
	for (size_t i = 0; i < array_size(io_words); i++) {
		struct cgroup_io_list *all = (void *)((char *)stats + io_words[i].list);
		size_t n = strlen(io_words[i].name);
		unsigned long long value;

		if (len < n || strncmp(word, io_words[i].name, n) != 0)
			continue;
		if (!parse_number(word + n, len - n, &value))
			return bad(r, word);
		io->value = value;
		return io_add(r, all, io, io_words[i].op, strlen(io_words[i].op));
	}
	return 0;
}

/*
 * "8:0 rbytes=4096 wbytes=0 ...". Some kernels do not end the line of a device that has done nothing ("8:16 8:0 rbytes=4096"): what is
 * counted is that of the last one.
 */
static int read_io_line(struct reader *r, struct cgroup_stats *stats, const char *line)
{
	const char *at = line, *word;
	bool named = false, known = false;
	struct cgroup_io io;
	size_t len;

	while (next_word(&at, &word, &len)) {
		bool nobody = is_word(word, len, NO_DEVICE);
		int ret = 0;

		if (nobody || parse_device(word, len, &io)) {
			named = true;
			known = !nobody;
			continue;
		}
		if (known)
			ret = read_io_word(r, stats, &io, word, len);
		if (ret < 0 || !named)
			return ret < 0 ? ret : bad(r, line);
	}
	return named ? 0 : bad(r, line);
}

static int read_io_stat(struct reader *r, struct cgroup_stats *stats)
{
	int ret = 0;

	stats->io.bytes.known = stats->io.operations.known = true;
	for (const char *line = r->text; *line && ret == 0; line = next_line(line))
		ret = read_io_line(r, stats, line);
	return ret;
}

/* --- Huge pages --- */

/* Is @name "hugetlb.SIZE@suffix"? Then *@size is an allocated copy. What is reserved (SIZE.rsvd) is not used. */
static bool is_page_size(const char *name, const char *suffix, char **size)
{
	static const char prefix[] = "hugetlb.";
	size_t skip = sizeof(prefix) - 1, len = strlen(name), tail = strlen(suffix);

	if (!str_starts(name, prefix) || len <= skip + tail ||
	    strcmp(name + len - tail, suffix) != 0 || memchr(name + skip, '.', len - skip - tail))
		return false;
	*size = strndup(name + skip, len - skip - tail);
	return true;
}

static int read_page_size(struct reader *r, struct cgroup_hugetlb_stats *h)
{
	for (size_t i = 0; i < array_size(hugetlb_rows); i++) {
		const struct row *row = &hugetlb_rows[i];
		struct cgroup_count *count = (void *)((char *)&h->use + row->offset);
		const char *star = strchr(row->file, '*');
		_cleanup_free_ char *file = NULL;
		int ret;

		if (!row_is_in(row->controller, r->dir))
			continue;
		file = str_format("%.*s%s%s", (int)(star - row->file), row->file, h->page_size,
				  star + 1);
		if (!file)
			return err_oom(r->err);
		ret = reader_open(r, file);
		if (ret == 0 && r->text)
			ret = read_count(r, row, count);
		r->file = NULL; /* its name goes */
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_hugetlb(struct reader *r, struct cgroup_stats *stats)
{
	const char *suffix = r->dir->v2 ? ".current" : ".usage_in_bytes";
	int fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 0);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir)
		close_fd(fd);
	while (dir && (e = readdir(dir))) {
		struct cgroup_hugetlb_stats *item;
		char *size;
		int ret;

		if (!is_page_size(e->d_name, suffix, &size))
			continue;
		item = size ? grow((void **)&stats->hugetlb, stats->hugetlb_count, sizeof(*item))
			    : NULL;
		if (!item) {
			free(size);
			return err_oom(r->err);
		}
		item->page_size = size;
		stats->hugetlb_count++;
		ret = read_page_size(r, item);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* --- All --- */

static const struct {
	const char *controller,
		*file; /* as in struct row; without a file it finds them by itself */
	int (*read)(struct reader *r, struct cgroup_stats *stats);
} tables[] = {
	{ "cpuacct", "cpuacct.usage_percpu", read_per_cpu },
	{ "memory", "memory.stat", read_memory_stat },
	{ NULL, "memory.stat", read_memory_stat },
	{ NULL, "cpu.pressure", read_cpu_pressure },
	{ NULL, "memory.pressure", read_memory_pressure },
	{ NULL, "io.pressure", read_io_pressure },
	{ "blkio", NULL, read_blkio },
	{ NULL, "io.stat", read_io_stat },
	{ "hugetlb", NULL, read_hugetlb },
	{ NULL, NULL, read_hugetlb },
};

static int read_tables(struct reader *r, struct cgroup_stats *stats)
{
	for (size_t i = 0; i < array_size(tables); i++) {
		int ret = 0;

		if (!row_is_in(tables[i].controller, r->dir))
			continue;
		if (tables[i].file)
			ret = reader_open(r, tables[i].file);
		if (ret == 0 && (r->text || !tables[i].file))
			ret = tables[i].read(r, stats);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* -ENOENT: the directory is not there. */
static int read_dir(const struct cgroup_dir *dir, bool memory_only, struct cgroup_stats *stats,
		    struct err *err)
{
	_cleanup_(reader_release) struct reader r = { .dir = dir,
						      .memory_only = memory_only,
						      .err = err };
	int ret;

	r.fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.fd < 0)
		return errno == ENOENT ? err_set(err, -ENOENT, "cgroup %s is gone", dir->path)
				       : err_sys(err, -errno, "cgroup %s", dir->path);
	ret = read_counts(&r, stats);
	return ret < 0 || memory_only ? ret : read_tables(&r, stats);
}

static void add_up(struct cgroup_count *sum, const struct cgroup_count *a,
		   const struct cgroup_count *b)
{
	if (sum->known || !a->known || !b->known)
		return;
	sum->known = true;
	if (a->value == CGROUP_UNLIMITED || b->value == CGROUP_UNLIMITED ||
	    __builtin_add_overflow(a->value, b->value, &sum->value))
		sum->value = CGROUP_UNLIMITED;
}

static int read_place(const struct cgroup_place *place, bool memory_only,
		      struct cgroup_stats *stats, struct err *err)
{
	_cleanup_(cgroup_stats_release) struct cgroup_stats found = { 0 };
	struct cgroup_memory_stats *m = &found.memory;
	size_t there = 0;
	int ret = 0;

	for (size_t i = 0; i < place->count; i++) {
		ret = read_dir(&place->dirs[i], memory_only, &found, err);
		if (ret < 0 && ret != -ENOENT)
			return ret;
		there += ret == 0;
	}
	if (place->count && !there)
		return ret;
	/* v2 counts swap for itself. */
	add_up(&m->memsw.usage, &m->use.usage, &m->swap.usage);
	add_up(&m->memsw.limit, &m->use.limit, &m->swap.limit);
	*stats = take_struct(found);
	return 0;
}

int cgroup_stats_read(const struct cgroup_place *place, struct cgroup_stats *stats, struct err *err)
{
	return read_place(place, false, stats, err);
}

int cgroup_stats_read_memory(const struct cgroup_place *place, struct cgroup_memory_stats *memory,
			     struct err *err)
{
	struct cgroup_stats stats = { 0 };
	int ret = read_place(place, true, &stats, err);

	if (ret == 0)
		*memory = take_struct(stats.memory);
	return ret;
}

void cgroup_stats_release(struct cgroup_stats *stats)
{
	json_release(&cgroup_stats_schema, stats);
}
