// SPDX-License-Identifier: Apache-2.0
/*
 * The step cgroup.rt (v1): real-time time for the parents that ctrnet made. A new cgroup has none, and
 * what its children have together may not be more than its own (tg_rt_schedulable() in
 * kernel/sched/rt.c), so a quota in a nested cgroup needs one in each level above it.
 *
 * A parent gets what its children need by now, no more: siblings are looked at each time. There is no
 * revert. What a container that ended had needed stays with the parent, and goes with it.
 */
#include "cgroup/mark.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define PERIOD_DEFAULT 1000000 /* of a new cgroup */

static const struct json_field rt_fields[] = {
	JSON_STRING(struct cgroup_rt_args, "path", path, .flags = JSON_REQUIRED),
	JSON_STRINGS(struct cgroup_rt_args, "parents", parents),
	JSON_INT(struct cgroup_rt_args, "quota", quota),
	JSON_UINT(struct cgroup_rt_args, "period", period),
	JSON_END,
};
static const struct json_schema rt_schema = JSON_SCHEMA(struct cgroup_rt_args, rt_fields);

/* -1 (no limit) and what cannot be read count as nothing. */
static double read_number(const char *dir, const char *file)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, file);
	unsigned long long number = 0;
	char text[32];

	if (path && file_read_line(AT_FDCWD, path, text, sizeof(text), NULL) == 0)
		str_to_u64(text, ULLONG_MAX, &number);
	return (double)number;
}

/* Which part of a CPU's time @dir has. */
static double share_of(const char *dir)
{
	double period = read_number(dir, "cpu.rt_period_us");

	return period > 0 ? read_number(dir, "cpu.rt_runtime_us") / period : 0;
}

/* What the cgroups directly below @dir have together, but for the one at @but. */
static double share_below(const char *dir, const char *but)
{
	_cleanup_dir_ DIR *d = opendir(dir);
	struct dirent *e;
	double sum = 0;

	while (d && (e = readdir(d))) {
		_cleanup_free_ char *path = NULL;

		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		path = str_format("%s/%s", dir, e->d_name);
		if (path && strcmp(path, but))
			sum += share_of(path);
	}
	return sum;
}

static int give(const char *dir, double share, struct err *err)
{
	_cleanup_free_ char *file = str_format("%s/cpu.rt_runtime_us", dir);
	char value[32];
	int ret;

	if (!file)
		return err_oom(err);
	snprintf(value, sizeof(value), "%.0f", share * read_number(dir, "cpu.rt_period_us") + 1);
	ret = file_write(AT_FDCWD, file, value, NULL);
	/* The kernel has no such limit, as the step that writes it will say. */
	if (ret == -ENOENT)
		return 0;
	if (ret < 0) {
		err_sys(err, ret, "%s: write to %s", value, file);
		err_append(err, " (%s)", "the cgroup above it has not so much to give");
	}
	return ret;
}

/*
 * The cgroup @below is to have @share of a CPU: see to its parents, of which *@last is the innermost. Each
 * is raised before those below it.
 */
static int raise_parents(char **parents, char **last, const char *below, double share,
			 struct err *err)
{
	double needed;
	int ret = 0;

	if (last < parents || !mark_any(*last))
		return 0;
	needed = share_below(*last, below) + share;
	if (needed <= share_of(*last))
		return 0;
	ret = raise_parents(parents, last - 1, *last, needed, err);
	return ret < 0 ? ret : give(*last, needed, err);
}

/* Under the lock: containers that start at once have the same parents. */
static int rt_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_rt_args *a = args;
	size_t n = strv_count(a->parents);
	double period = a->period ? (double)a->period : PERIOD_DEFAULT;
	_cleanup_lock_ int lock = -1;

	(void)scope;
	if (!n)
		return 0;
	lock = mark_lock(a->parents[0], true, err);
	if (lock < 0)
		return lock;
	return raise_parents(a->parents, a->parents + n - 1, a->path, (double)a->quota / period,
			     err);
}

static void rt_show(const void *args, FILE *out)
{
	const struct cgroup_rt_args *a = args;

	for (char **p = a->parents; p && *p; p++) {
		_cleanup_free_ char *file = str_format("%s/cpu.rt_runtime_us", *p);

		if (!file)
			return;
		fprintf(out, "echo %lld > ", (long long)a->quota);
		str_print_shell(out, file);
		fputs("   # or what all below it need\n", out);
	}
}

const struct step_type cgroup_rt_step = {
	.name = "cgroup.rt",
	.args = &rt_schema,
	.phase = PHASE_PREPARE,
	.apply = rt_apply,
	.show = rt_show,
};
