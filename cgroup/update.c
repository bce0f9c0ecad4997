// SPDX-License-Identifier: Apache-2.0
#include "cgroup/update.h"

#include "cgroup/keys.h"
#include "cgroup/place.h"
#include "cgroup/property.h"
#include "cgroup/stats.h"
#include "cgroup/steps.h"
#include "cgroup/systemd.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/plan.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define FILE_MAX (1u << 20)

/* One write, and what puts it back. */
struct change {
	struct step *step;    /* cgroup.write, of the plan */
	char *old, *else_old; /* NULL: the file is not there */
	bool tried, taken;    /* the kernel has been asked; it agreed */
	bool done;            /* of what is being done: the change, or its undoing */
};

struct changes {
	struct change *items;
	size_t count;
};

static void changes_release(struct changes *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].old);
		free(all->items[i].else_old);
	}
	free(all->items);
}

/* --- What is not given, but belongs to what is --- */

int cgroup_check_limits(const struct cgroup_spec *s, struct err *err)
{
	const struct {
		const char *key;
		bool given;
	} fixed[] = {
		{ "name", s->name },
		{ "parent", s->parent },
		{ "allow_all_devices", s->allow_all_devices },
		{ "allowed_devices", s->allowed_device_count },
		{ "denied_devices", s->denied_device_count },
		{ "freezer", s->frozen },
		{ "slice", s->slice },
		{ "unified", s->unified_count },
	};

	for (size_t i = 0; i < array_size(fixed); i++)
		if (fixed[i].given)
			return err_set(err, -EINVAL,
				       "cgroups.%s: cannot be changed, only limits can",
				       fixed[i].key);
	return 0;
}

void cgroup_mark_zeros(struct cgroup_spec *s, const struct json_value *from)
{
	const struct {
		const char *key;
		bool is_zero, *mark;
	} keys[] = {
		{ "oom_kill_disable", !s->oom_kill_disable, &s->zero.oom_kill_disable },
		{ "net_cls_classid", !s->net_cls_classid, &s->zero.net_cls_classid },
	};

	for (size_t i = 0; i < array_size(keys); i++) {
		const struct json_value *v = json_value_get_caseless(from, keys[i].key);

		*keys[i].mark = keys[i].is_zero && v && json_value_kind(v) != JSON_IS_NULL;
	}
}

/* What the host cannot set is zero there. */
static void drop_needless_zeros(struct cgroup_spec *s, const struct cgroup_place *place)
{
	const struct cgroup_dir *memory = place_find(place, "memory");
	const struct cgroup_dir *net_cls = place_find(place, "net_cls");

	s->zero.oom_kill_disable = s->zero.oom_kill_disable && memory && !memory->v2;
	s->zero.net_cls_classid = s->zero.net_cls_classid && net_cls && !net_cls->v2;
}

static bool is_limited(const struct cgroup_count *limit)
{
	return limit->known && limit->value <= INT64_MAX;
}

/* memory_swap is the sum of both, so a new value for one of the two keys is meant together with what the other one is. */
static int complete_memory(struct cgroup_spec *s, const struct cgroup_memory_stats *now,
			   struct err *err)
{
	const struct cgroup_count *memory = &now->use.limit;
	const struct cgroup_count *sum = &now->memsw.limit;

	if (s->memory_swap && !s->memory && is_limited(memory))
		s->memory = (int64_t)memory->value;
	if (!s->memory || s->memory_swap || !is_limited(sum))
		return 0;
	if (s->memory < 0 || (uint64_t)s->memory > sum->value)
		return err_set(
			err, -EINVAL,
			"cgroups.memory: %lld is more than memory and swap may have together "
			"(cgroups.memory_swap: %llu)",
			(long long)s->memory, (unsigned long long)sum->value);
	s->memory_swap = (int64_t)sum->value;
	return 0;
}

/* v2 has quota and period in one line, "max 100000". */
static int complete_cpu(struct cgroup_spec *s, const struct cgroup_place *place, struct err *err)
{
	const struct cgroup_dir *dir = place_find(place, "cpu");
	unsigned long long quota, period;
	_cleanup_free_ char *path = NULL;
	char text[64], *space;
	int ret;

	if (!s->cpu_quota == !s->cpu_period || !dir || !dir->v2)
		return 0;
	path = str_format("%s/cpu.max", dir->path);
	if (!path)
		return err_oom(err);
	ret = file_read_line(AT_FDCWD, path, text, sizeof(text), NULL);
	if (ret == -ENOENT)
		return 0; /* the controller is not enabled yet, so nothing was set */
	if (ret < 0)
		return err_sys(err, ret, "%s", path);
	space = strchr(text, ' ');
	if (!space || str_to_u64(space + 1, UINT64_MAX, &period) < 0)
		return err_set(err, -EINVAL, "%s: cannot read '%s'", path, text);
	*space = '\0';
	if (!s->cpu_period)
		s->cpu_period = period;
	else if (str_to_u64(text, INT64_MAX, &quota) == 0)
		s->cpu_quota = (int64_t)quota;
	return 0;
}

/*
 * v1 reclaims what is above a new limit, or refuses it. v2 takes it, and kills processes until they keep to it. So there the memory is
 * reclaimed beforehand (memory.reclaim, kernel 5.19; before that, what are pages of files counts as good as reclaimed).
 */
static int make_room(int64_t limit, const struct cgroup_place *place,
		     const struct cgroup_memory_stats *now, struct err *err)
{
	const struct cgroup_dir *dir = place_find(place, "memory");
	struct cgroup_memory_stats then;
	_cleanup_free_ char *file = NULL, *bytes = NULL;
	uint64_t usage = now->use.usage.value;
	int ret;

	if (limit <= 0 || !dir || !dir->v2 || usage <= (uint64_t)limit)
		return 0;
	file = str_format("%s/memory.reclaim", dir->path);
	bytes = str_format("%llu", (unsigned long long)usage - (unsigned long long)limit);
	if (!file || !bytes)
		return err_oom(err);
	ret = file_write(AT_FDCWD, file, bytes, NULL);
	if (ret == -ENOENT) {
		usage -= now->cache.value < usage ? now->cache.value : usage;
	} else {
		/* -EAGAIN: it was not as much as that. */
		ret = cgroup_stats_read_memory(place, &then, err);
		if (ret < 0)
			return ret;
		usage = then.use.usage.value;
	}
	if (usage <= (uint64_t)limit)
		return 0;
	return err_set(
		err, -EBUSY,
		"cgroups.memory: %lld: the cgroup uses %llu bytes, and they cannot be reclaimed",
		(long long)limit, (unsigned long long)usage);
}

/* --- Writing --- */

static const struct cgroup_file *file_of(const struct cgroup_write_args *a)
{
	const struct cgroup_key *k = cgroup_key_find(a->key);

	return a->v2 ? &k->v2 : &k->v1;
}

/* Allocated: from @at to the end of the line. An empty one is written as a line, since a write of nothing is none. */
static char *line_from(const char *at)
{
	size_t len = strcspn(at, "\n");

	return len ? strndup(at, len) : strdup("\n");
}

/* The line in @text that begins with the word @name (of @len), or NULL. */
static const char *line_of(const char *text, const char *name, size_t len)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n > len && !strncmp(text, name, len) && (text[len] == ' ' || text[len] == '\t'))
			return text;
		text += n + (text[n] == '\n');
	}
	return NULL;
}

/* What is to be written so that the file says again what @text says. Allocated. */
static char *undo_of(const struct cgroup_file *f, const char *text, const char *value)
{
	size_t len = f->line ? strlen(f->line) : strcspn(value, " ");
	const char *line = f->line || f->absent ? line_of(text, f->line ? f->line : value, len)
						: text;

	if (!line)
		return f->line ? NULL : str_format("%.*s %s", (int)len, value, f->absent);
	return line_from(f->line ? line + len + 1 : line);
}

/* A file that is not there has nothing to be put back; that it is missing is told when it is written. */
static int remember(const struct cgroup_file *f, const char *path, const char *value, char **old,
		    struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = path ? file_read_proc(AT_FDCWD, path, FILE_MAX, &text, NULL) : -ENOENT;

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return err_sys(err, ret, "%s", path);
	*old = undo_of(f, text, value);
	return *old ? 0 : err_oom(err);
}

static int remember_all(struct plan *plan, struct changes *all, struct err *err)
{
	int ret = 0;

	all->items = calloc(plan->count + 1, sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	for (size_t i = 0; ret == 0 && i < plan->count; i++) {
		const struct cgroup_write_args *a = plan->steps[i].args;
		struct change *c = &all->items[all->count];

		if (plan->steps[i].type != &cgroup_write_step)
			continue;
		c->step = &plan->steps[i];
		all->count++;
		ret = remember(file_of(a), a->path, a->value, &c->old, err);
		if (ret == 0)
			ret = remember(file_of(a), a->else_path, a->else_value, &c->else_old, err);
	}
	return ret;
}

static int change_apply(struct change *c, struct err *err)
{
	struct scope none = { 0 };
	int ret;

	c->tried = true;
	ret = c->step->type->apply(&none, c->step->args, err);
	return ret < 0 ? step_wrap(c->step, err) : 0;
}

/* Like remember(), the last one to write has the last word: two keys may have a file in common. */
static int change_undo(struct change *c, struct err *err)
{
	const struct cgroup_write_args *a = c->step->args;
	int ret = c->old ? file_write(AT_FDCWD, a->path, c->old, err) : 0;

	if (c->else_old)
		file_write(AT_FDCWD, a->else_path, c->else_old, NULL);
	/* A block device that is not there has no limit. */
	return ret == -ENODEV ? 0 : ret;
}

/*
 * Two limits that depend on one another (a sum and a part, a quota and its period) can be changed from one valid pair to another by
 * writing one first, but which one that is depends on the values. So what is refused as invalid is tried again as long as another one
 * was taken since. Any other refusal is the end, unless @keep_going.
 */
static int in_some_order(struct changes *all, int (*call)(struct change *c, struct err *err),
			 bool keep_going, struct err *err)
{
	bool progress = true;
	int first = 0;

	while (progress) {
		progress = false;
		first = 0;
		for (size_t i = 0; i < all->count; i++) {
			struct change *c = &all->items[i];
			int ret;

			if (c->done)
				continue;
			ret = call(c, first ? NULL : err);
			if (ret < 0 && ret != -EINVAL && !keep_going)
				return ret;
			first = first ? first : ret;
			c->done = ret == 0;
			progress |= c->done;
		}
		if (!first)
			return 0;
	}
	return first;
}

static void turn_round(struct changes *all)
{
	for (size_t i = 0; i < all->count / 2; i++) {
		struct change c = all->items[i];

		all->items[i] = all->items[all->count - 1 - i];
		all->items[all->count - 1 - i] = c;
	}
}

/*
 * All that was tried: the kernel may have taken a value that we did not like. What it refused, it mostly refuses again in the form of
 * the old value (a device without the scheduler that has weights): that is in nobody's way, and nothing to complain of.
 */
static void put_back(struct changes *all, struct err *err)
{
	struct err why;

	for (size_t i = 0; i < all->count; i++) {
		all->items[i].taken = all->items[i].done;
		all->items[i].done = !all->items[i].tried;
	}
	turn_round(all);
	in_some_order(all, change_undo, true, NULL);
	for (size_t i = 0; i < all->count; i++) {
		struct change *c = &all->items[i];

		if (c->taken && !c->done && change_undo(c, &why) < 0)
			err_append(err, "; and the old value of %s could not be put back: %s",
				   c->step->origin, why.text);
	}
}

/* Last, and when the files have it: what systemd writes itself is the same then, and does not come too early. */
static int tell_systemd(const struct plan *plan, const char *unit, struct err *err)
{
	_cleanup_(properties_release) struct cgroup_properties properties = { 0 };
	struct systemd *sd = NULL;
	int ret = properties_of(plan, &properties, err);

	if (ret < 0 || !properties.count)
		return ret;
	ret = systemd_open(&sd, err);
	if (ret == 0)
		ret = systemd_set_properties(sd, unit, &properties, err);
	systemd_close(sd);
	return ret < 0 ? err_wrap(err, "cgroups: %s", unit) : 0;
}

static int apply(struct plan *plan, const char *unit, struct err *err)
{
	_cleanup_(changes_release) struct changes all = { 0 };
	struct scope none = { 0 };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < plan->count; i++) {
		struct step *s = &plan->steps[i];

		if (s->type == &cgroup_write_step)
			continue;
		ret = s->type->apply(&none, s->args, err);
		if (ret < 0)
			step_wrap(s, err);
	}
	if (ret == 0)
		ret = remember_all(plan, &all, err);
	if (ret < 0)
		return ret;
	ret = in_some_order(&all, change_apply, false, err);
	if (ret == 0 && unit)
		ret = tell_systemd(plan, unit, err);
	if (ret < 0)
		put_back(&all, err);
	return ret;
}

int cgroup_complete_limits(struct cgroup_spec *limits, const struct cgroup_place *place,
			   struct err *err)
{
	struct cgroup_memory_stats now;
	int ret = cgroup_stats_read_memory(place, &now, err);

	if (ret == 0)
		ret = complete_memory(limits, &now, err);
	return ret == 0 ? complete_cpu(limits, place, err) : ret;
}

int cgroup_update(const struct cgroup_spec *limits, const struct cgroup_host *host,
		  const struct cgroup_place *place, struct err *err)
{
	struct cgroup_memory_stats now;
	_cleanup_(plan_release) struct plan plan = { 0 };
	struct cgroup_spec s = *limits; /* its strings and lists stay the caller's */
	int ret;

	if (!place->count)
		return err_set(err, -ENODEV, "cgroups: the container has none");
	s.present = true;
	drop_needless_zeros(&s, place);
	ret = cgroup_check_limits(&s, err);
	if (ret == 0)
		ret = cgroup_stats_read_memory(place, &now, err);
	if (ret == 0)
		ret = complete_memory(&s, &now, err);
	if (ret == 0)
		ret = complete_cpu(&s, place, err);
	if (ret == 0)
		ret = cgroup_check(&s, err);
	if (ret == 0)
		ret = limits_plan(&s, host, place, &plan, err);
	if (ret == 0)
		ret = make_room(s.memory, place, &now, err);
	return ret == 0 ? apply(&plan, place->unit, err) : ret;
}
