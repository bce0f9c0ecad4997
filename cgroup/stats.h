/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cgroup has used, as the kernel counts it, on v1, hybrid and v2 hosts: a table (cgroup/stats.c) maps each
 * file and line to the field it is for.
 *
 * A number that the kernel does not tell (no such controller, an older kernel, a file that this version does not have) is not
 * known, which is something else than zero. Nested cgroups are counted in. Numbers only grow as long as the cgroup
 * lives, except for usage, limits, the stat table and pressure.
 *
 * Units: nanoseconds of CPU time, bytes, counts. Pressure (Documentation/accounting/psi.rst) is the part of the
 * time in which some, or all, of the processes that could run had to wait for the resource.
 */
#ifndef CGROUP_STATS_H
#define CGROUP_STATS_H

#include "cgroup/cgroup.h"
#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_UNLIMITED UINT64_MAX /* the value of a limit; -1 in JSON */

struct cgroup_count {
	bool known;
	uint64_t value; /* 0 when it is not known */
};

/* The use of something that can be limited. */
struct cgroup_use {
	struct cgroup_count usage;
	struct cgroup_count max; /* the highest that usage has been */
	struct cgroup_count limit;
	struct cgroup_count failcnt; /* how often the limit was hit */
};

struct cgroup_stall {
	struct cgroup_count avg10, avg60, avg300; /* of so many seconds; hundredths of a percent */
	struct cgroup_count total;                /* microseconds */
};

/* Only of v2's directory, which hybrid hosts have as well, and if the kernel does PSI. */
struct cgroup_pressure {
	struct cgroup_stall some, full;
};

struct cgroup_numbers {
	uint64_t *items;
	size_t count;
};

struct cgroup_cpu_stats {
	struct cgroup_count usage, user, system; /* ns */
	struct cgroup_numbers per_cpu;           /* ns on each CPU; v1 only */
	struct cgroup_count periods;             /* of the quota that have passed */
	struct cgroup_count throttled_periods;   /* of these, where it was used up */
	struct cgroup_count throttled_time;      /* ns */
	struct cgroup_pressure pressure;
};

struct cgroup_stat {
	char *name;
	uint64_t value;
};

struct cgroup_stat_table {
	struct cgroup_stat *items;
	size_t count;
};

struct cgroup_memory_stats {
	struct cgroup_use use;     /* bytes */
	struct cgroup_use swap;    /* the swap alone */
	struct cgroup_use memsw;   /* both together, as cgroups.memory_swap limits them */
	struct cgroup_use kernel;  /* the kernel's own memory, part of use */
	struct cgroup_count cache; /* pages of files, part of use */
	struct cgroup_count oom_kills;
	struct cgroup_stat_table
		stat; /* all lines of memory.stat, whose names differ between v1 and v2 */
	struct cgroup_pressure pressure;
};

struct cgroup_io {
	uint32_t major, minor;
	char op[16]; /* "Read", "Write", "Discard"; v1 has "Sync", "Async" and "Total" too; "": there are no kinds */
	uint64_t value;
};

struct cgroup_io_list {
	bool known; /* an empty list is one, too */
	struct cgroup_io *items;
	size_t count;
};

/* v2 has bytes and operations; the others are those of some I/O schedulers of v1. */
struct cgroup_io_stats {
	struct cgroup_io_list bytes, operations, queued;
	struct cgroup_io_list service_time, wait_time; /* ns */
	struct cgroup_io_list merged;
	struct cgroup_io_list time; /* ms */
	struct cgroup_io_list sectors;
	struct cgroup_pressure pressure;
};

struct cgroup_hugetlb_stats {
	char *page_size; /* "2MB" */
	struct cgroup_use use;
};

struct cgroup_stats {
	struct cgroup_cpu_stats cpu;
	struct cgroup_memory_stats memory;
	struct cgroup_use pids; /* failcnt: forks that the limit refused */
	struct cgroup_io_stats io;
	struct cgroup_hugetlb_stats *hugetlb;
	size_t hugetlb_count;
};

/*
 * Read all of it. -ENOENT: the cgroup is gone; -EINVAL: a file does not have the form it should have (the error says
 * which). A place without directories has no statistics: nothing is known.
 */
int cgroup_stats_read(const struct cgroup_place *place, struct cgroup_stats *stats,
		      struct err *err);
void cgroup_stats_release(struct cgroup_stats *stats);
/* Only the counts of the memory, without its stat table and pressure: nothing that would have to be released. */
int cgroup_stats_read_memory(const struct cgroup_place *place, struct cgroup_memory_stats *memory,
			     struct err *err);

/* struct cgroup_stats as JSON: what is not known is left out, units are part of the names where they are not bytes. */
extern const struct json_schema cgroup_stats_schema;
/* The same struct under the names of libcontainer's stats (2015). For writing. */
extern const struct json_schema cgroup_stats_libcontainer_schema;

#endif
