// SPDX-License-Identifier: Apache-2.0
/* Which steps make a container's cgroup, in the order that the kernel needs. */
#include "cgroup/cgroup.h"
#include "cgroup/devices.h"
#include "cgroup/fill.h"
#include "cgroup/freeze.h"
#include "cgroup/keys.h"
#include "cgroup/mark.h"
#include "cgroup/place.h"
#include "cgroup/scope.h"
#include "cgroup/steps.h"
#include "cgroup/unified.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

const struct step_type *const cgroup_step_types[] = {
	&cgroup_scope_step,
	&cgroup_dir_step,
	&cgroup_enable_step,
	&cgroup_cpuset_step,
	&cgroup_rt_step,
	&cgroup_write_step,
	&cgroup_devices_step,
	&cgroup_join_step,
	&cgroup_freeze_step,
	&cgroup_fill_step,
	NULL,
};

/* Append @args; what it points to is the plan's, or released. */
static int add_step(struct plan *plan, const struct step_type *type, const char *origin,
		    const void *args, struct err *err)
{
	const struct step where = { .origin = (char *)origin };

	return plan_add(plan, type, &where, args, err);
}

/*
 * Missing, or made by ctrnet: then the step makes it, and takes it away. One without a mark is looked at again under the
 * lock, since its maker may not have got to the mark yet. (A dry run by somebody who may not lock can do without.)
 */
static int is_ours(const char *path, const char *lock_dir, bool *ours, struct err *err)
{
	_cleanup_lock_ int lock = -1;
	struct stat st;

	*ours = true;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "cgroups: %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "cgroups: %s is a file of the kernel's, not a cgroup",
			       path);
	*ours = mark_any(path);
	if (!*ours && (lock = mark_lock(lock_dir, false, NULL)) >= 0)
		*ours = mark_any(path) || !file_exists(AT_FDCWD, path);
	return 0;
}

/* What each_parent() visits a directory for. */
struct listing {
	const char *lock;
	char ***list;
	bool all; /* all of them have to be ours */
};

/* Call @visit with each directory from below the mount to the parent of @dir, outermost first. */
static int each_parent(const struct cgroup_hierarchy *h, const struct cgroup_dir *dir,
		       int (*visit)(const char *path, void *arg, struct err *err), void *arg,
		       struct err *err)
{
	const char *at = dir->path + strlen(h->mount) + 1;

	for (const char *slash = strchr(at, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *path = strndup(dir->path, (size_t)(slash - dir->path));
		int ret = path ? visit(path, arg, err) : err_oom(err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int add_if_ours(const char *path, void *arg, struct err *err)
{
	struct listing *l = arg;
	bool ours;
	int ret = is_ours(path, l->lock, &ours, err);

	if (ret == 0 && !ours && l->all) {
		dir_not_alone(path, err);
		return err_wrap(err, "cgroups");
	}
	if (ret < 0 || !ours)
		return ret;
	return strv_add(l->list, path) < 0 ? err_oom(err) : 0;
}

static int list_dirs(const struct cgroup_host *host, const struct cgroup_place *place,
		     struct cgroup_dir_args *args, struct err *err)
{
	struct listing parents = { .list = &args->parents };
	struct listing paths = { .list = &args->paths, .all = args->alone };
	int ret = 0;

	for (size_t i = 0; i < place->count && ret == 0; i++) {
		const struct cgroup_hierarchy *h = place_hierarchy(host, &place->dirs[i]);

		/* A scope's own are there by then; what systemd does not know is ours to make. */
		if (place->unit &&
		    (place->dirs[i].v2 || str_starts(place->dirs[i].controllers, "name=")))
			continue;
		if (!h)
			return err_set(err, -ENODEV, "cgroups: %s is in no mounted hierarchy",
				       place->dirs[i].path);
		if (!args->lock && !(args->lock = strdup(h->mount)))
			return err_oom(err);
		parents.lock = paths.lock = args->lock;
		ret = each_parent(h, &place->dirs[i], add_if_ours, &parents, err);
		if (ret == 0)
			ret = add_if_ours(place->dirs[i].path, &paths, err);
	}
	return ret;
}

/* A scope is the container's alone: its unit's name is. */
static int plan_dirs(const struct cgroup_spec *spec, const struct cgroup_host *host,
		     const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	struct cgroup_dir_args args = { .alone = spec->alone && !place->unit };
	int ret = list_dirs(host, place, &args, err);

	if (ret == 0 && args.paths)
		return add_step(plan, &cgroup_dir_step, "cgroups", &args, err);
	json_release(cgroup_dir_step.args, &args);
	return ret;
}

/* Those that are ours are filled with the container's own (cgroup.cpuset). */
static int add_if_to_fill(const char *path, void *arg, struct err *err)
{
	struct listing *l = arg;
	bool ours = true;
	int ret = fill_needed(path) ? is_ours(path, l->lock, &ours, err) : 0;

	if (ret < 0 || ours)
		return ret;
	return strv_add(l->list, path) < 0 ? err_oom(err) : 0;
}

/* v1, with what is to be there before all else, since it is taken back behind all else. */
static int plan_fill(const struct cgroup_host *host, const struct cgroup_place *place,
		     struct plan *plan, struct err *err)
{
	const struct cgroup_dir *dir = place_find(place, "cpuset");
	const struct cgroup_hierarchy *h = dir && !dir->v2 ? place_hierarchy(host, dir) : NULL;
	struct cgroup_fill_args args = { 0 };
	struct listing l = { .list = &args.paths };
	int ret;

	if (!h)
		return 0;
	l.lock = args.lock = strdup(h->mount);
	ret = l.lock ? each_parent(h, dir, add_if_to_fill, &l, err) : err_oom(err);
	if (ret == 0)
		ret = add_if_to_fill(dir->path, &l, err);
	if (ret == 0 && args.paths)
		return add_step(plan, &cgroup_fill_step, "cgroups", &args, err);
	json_release(cgroup_fill_step.args, &args);
	return ret;
}

static int add_path(const char *path, void *arg, struct err *err)
{
	return strv_add(arg, path) < 0 ? err_oom(err) : 0;
}

static bool list_has(char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

/* Has @key to be written to a file of v2? */
static bool needs_v2(const struct cgroup_key *key, const struct cgroup_spec *spec,
		     const struct cgroup_place *place)
{
	const struct cgroup_dir *v1;

	if (!key->count(spec) || !key->v2.controller)
		return false;
	v1 = place_find(place, key->v1.controller ? key->v1.controller : key->v2.controller);
	return !v1 || v1->v2;
}

/* The keys that need @controller: "cgroups.memory, cgroups.memory_swap". */
static char *asked_by(const char *controller, const struct cgroup_spec *spec,
		      const struct cgroup_place *place)
{
	_cleanup_free_ char *keys = NULL;

	for (const struct cgroup_key *k = cgroup_keys; k->name; k++) {
		char *longer;

		if (!needs_v2(k, spec, place) || strcmp(k->v2.controller, controller) != 0)
			continue;
		longer = str_format("%s%scgroups.%s", keys ? keys : "", keys ? ", " : "", k->name);
		if (!longer)
			return NULL;
		free(keys);
		keys = longer;
	}
	return take_ptr(keys);
}

/* The v2 controllers that the spec's keys need, and which keys those are. */
static int needed_controllers(const struct cgroup_spec *spec, const struct cgroup_place *place,
			      struct cgroup_enable_args *args)
{
	for (const struct cgroup_key *k = cgroup_keys; k->name; k++) {
		_cleanup_free_ char *keys = NULL;

		if (!needs_v2(k, spec, place) || list_has(args->controllers, k->v2.controller))
			continue;
		keys = asked_by(k->v2.controller, spec, place);
		if (!keys || strv_add(&args->controllers, k->v2.controller) < 0 ||
		    strv_add(&args->keys, keys) < 0)
			return -ENOMEM;
	}
	return 0;
}

struct below {
	const char *top;
	char ***list;
};

static int add_if_below(const char *path, void *arg, struct err *err)
{
	const struct below *b = arg;
	size_t len = strlen(b->top);

	if (strncmp(path, b->top, len) != 0 || (path[len] && path[len] != '/'))
		return 0;
	return add_path(path, b->list, err);
}

/*
 * Where handing down begins: what is above pid 1's own cgroup belongs to whoever put it there. A parent that is absolute
 * was asked for from the root on.
 */
static char *enable_top(const struct cgroup_spec *spec, const struct cgroup_hierarchy *h)
{
	bool whole = (spec->parent && spec->parent[0] == '/') || !strcmp(h->base, "/");

	return str_format("%s%s", h->mount, whole ? "" : h->base);
}

/* Only what the limits need: each controller costs those who share the tree something. */
static int plan_enable(const struct cgroup_spec *spec, const struct cgroup_host *host,
		       const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	const struct cgroup_dir *dir = &place->dirs[place->count - 1];
	const struct cgroup_hierarchy *h = place_hierarchy(host, dir);
	struct cgroup_enable_args args = { 0 };
	_cleanup_free_ char *top = NULL;
	struct below below = { .list = &args.paths };
	int ret = 0;

	if (!dir->v2 || !h)
		return 0;
	below.top = top = enable_top(spec, h);
	if (!top || needed_controllers(spec, place, &args) < 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = unified_controllers(spec, &args, err);
	if (ret == 0 && args.controllers)
		ret = add_if_below(h->mount, &below, err);
	if (ret == 0 && args.controllers)
		ret = each_parent(h, dir, add_if_below, &below, err);
	/* Without an origin: its errors name the keys themselves. */
	if (ret == 0 && args.controllers)
		return add_step(plan, &cgroup_enable_step, NULL, &args, err);
	json_release(cgroup_enable_step.args, &args);
	return ret;
}

/* What statistics and notifications come from. */
static const char *const offered[] = { "memory", "pids", "cpu", "io" };

static int offer(const struct cgroup_hierarchy *h, const struct cgroup_enable_args *needed,
		 struct cgroup_enable_args *args)
{
	for (size_t i = 0; i < array_size(offered); i++)
		if (controllers_have(h->controllers, offered[i], strlen(offered[i])) &&
		    !list_has(needed->controllers, offered[i]) &&
		    strv_add(&args->controllers, offered[i]) < 0)
			return -ENOMEM;
	return 0;
}

struct ours_below {
	struct below below;
	struct listing ours;
};

static int add_if_ours_below(const char *path, void *arg, struct err *err)
{
	struct ours_below *o = arg;
	size_t len = strlen(o->below.top);

	if (strncmp(path, o->below.top, len) != 0 || path[len] != '/')
		return 0;
	return add_if_ours(path, &o->ours, err);
}

/*
 * Without a limit there would be no statistics either. So the cgroup gets the usual controllers where that takes no change of
 * what is somebody else's: only pid 1's own cgroup, and what we made below it, hand them down. The root of a real
 * machine (the only cgroup without a type) is left as it is.
 */
static int offer_paths(const struct cgroup_hierarchy *h, const struct cgroup_dir *dir,
		       struct cgroup_enable_args *args, struct err *err)
{
	_cleanup_free_ char *top =
		str_format("%s%s", h->mount, strcmp(h->base, "/") ? h->base : "");
	_cleanup_free_ char *type = top ? str_format("%s/cgroup.type", top) : NULL;
	struct ours_below o = { { .top = top }, { .lock = h->mount, .list = &args->paths } };
	size_t len;

	if (!top || !type)
		return err_oom(err);
	len = strlen(top);
	if (strncmp(dir->path, top, len) != 0 || dir->path[len] != '/')
		return 0;
	if (file_exists(AT_FDCWD, type) && strv_add(&args->paths, top) < 0)
		return err_oom(err);
	return each_parent(h, dir, add_if_ours_below, &o, err);
}

static int plan_offer(const struct cgroup_spec *spec, const struct cgroup_host *host,
		      const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	const struct cgroup_dir *dir = &place->dirs[place->count - 1];
	const struct cgroup_hierarchy *h = place_hierarchy(host, dir);
	struct cgroup_enable_args args = { .optional = true }, needed = { 0 };
	int ret = 0;

	/* systemd gives a scope that is delegated all that it has. */
	if (!dir->v2 || !h || place->unit)
		return 0;
	if (needed_controllers(spec, place, &needed) < 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = unified_controllers(spec, &needed, err);
	if (ret == 0 && offer(h, &needed, &args) < 0)
		ret = err_oom(err);
	if (ret == 0 && args.controllers)
		ret = offer_paths(h, dir, &args, err);
	json_release(cgroup_enable_step.args, &needed);
	if (ret == 0 && args.paths)
		return add_step(plan, &cgroup_enable_step, "cgroups", &args, err);
	json_release(cgroup_enable_step.args, &args);
	return ret;
}

static int plan_cpuset(const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	const struct cgroup_dir *dir = place_find(place, "cpuset");
	struct cgroup_cpuset_args args;

	if (!dir || dir->v2)
		return 0;
	args.path = strdup(dir->path);
	return args.path ? add_step(plan, &cgroup_cpuset_step, "cgroups", &args, err)
			 : err_oom(err);
}

static int plan_rt(const struct cgroup_spec *spec, const struct cgroup_host *host,
		   const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	const struct cgroup_dir *dir = place_find(place, "cpu");
	const struct cgroup_hierarchy *h = dir ? place_hierarchy(host, dir) : NULL;
	struct cgroup_rt_args args = { .quota = spec->cpu_rt_quota, .period = spec->cpu_rt_period };
	struct listing parents = { .list = &args.parents };
	int ret;

	if (spec->cpu_rt_quota <= 0 || !h || dir->v2)
		return 0;
	parents.lock = h->mount;
	ret = each_parent(h, dir, add_if_ours, &parents, err);
	args.path = strdup(dir->path);
	if (ret == 0 && !args.path)
		ret = err_oom(err);
	if (ret == 0 && args.parents)
		return add_step(plan, &cgroup_rt_step, "cgroups.cpu_rt_quota", &args, err);
	json_release(cgroup_rt_step.args, &args);
	return ret;
}

/* Where does @key go on this host? */
static int find_file(const struct cgroup_key *key, const struct cgroup_place *place,
		     const struct cgroup_file **file, const struct cgroup_dir **dir,
		     struct err *err)
{
	bool v2 = place->dirs[place->count - 1].v2;

	*file = &key->v1;
	*dir = key->v1.controller ? place_find(place, key->v1.controller) : NULL;
	if (*dir && !(*dir)->v2)
		return 0;
	*file = &key->v2;
	*dir = key->v2.controller ? place_find(place, key->v2.controller) : NULL;
	if (*dir && (*dir)->v2)
		return 0;
	if (*dir)
		return err_set(
			err, -EOPNOTSUPP,
			"cgroups.%s: the host has the '%s' controller on cgroup v1, which has "
			"no such limit",
			key->name, key->v2.controller);
	if (v2 && !key->v2.controller && place->count == 1)
		return err_set(err, -EOPNOTSUPP, "cgroups.%s: cgroup v2 has no such limit: %s",
			       key->name, key->no_v2);
	return err_set(err, -ENODEV, "cgroups.%s: the host has no '%s' cgroup controller",
		       key->name,
		       (v2 && place->count == 1) || !key->v1.controller ? key->v2.controller
									: key->v1.controller);
}

/* v2's cpu.max takes quota and period together: the last key that is set writes the file. */
static bool written_later(const struct cgroup_spec *spec, const struct cgroup_key *key,
			  const struct cgroup_file *file)
{
	for (const struct cgroup_key *k = key + 1; file->joint && k->name; k++)
		if (file == &key->v2 && k->v2.file && !strcmp(k->v2.file, file->file) &&
		    k->count(spec))
			return true;
	return false;
}

static char *file_path(const struct cgroup_dir *dir, const struct cgroup_file *file,
		       const char *name, const struct cgroup_spec *spec, size_t i)
{
	const char *star = strchr(name, '*');

	if (!star || !file->part)
		return str_format("%s/%s", dir->path, name);
	return str_format("%s/%.*s%s%s", dir->path, (int)(star - name), name, file->part(spec, i),
			  star + 1);
}

static int fill_write(struct cgroup_write_args *a, const struct cgroup_spec *spec, size_t i,
		      const struct cgroup_key *key, const struct cgroup_file *file,
		      const struct cgroup_dir *dir, struct err *err)
{
	a->key = strdup(key->name);
	a->path = file_path(dir, file, file->file, spec, i);
	a->v2 = file == &key->v2;
	if (!a->key || !a->path)
		return err_oom(err);
	a->value = file->encode(spec, i, err);
	if (!a->value)
		return err_wrap(err, "cgroups.%s", key->name);
	if (!file->other_file)
		return 0;
	a->else_path = file_path(dir, file, file->other_file, spec, i);
	if (!a->else_path)
		return err_oom(err);
	a->else_value = file->other_encode(spec, i, err);
	return a->else_value ? 0 : -ENOMEM;
}

static int plan_line(const struct cgroup_spec *spec, size_t i, const struct cgroup_key *key,
		     const struct cgroup_file *file, const struct cgroup_dir *dir,
		     struct plan *plan, struct err *err)
{
	struct cgroup_write_args args = { 0 };
	char origin[64];
	int ret = fill_write(&args, spec, i, key, file, dir, err);

	if (ret < 0) {
		json_release(cgroup_write_step.args, &args);
		return ret;
	}
	snprintf(origin, sizeof(origin), "cgroups.%s", key->name);
	return add_step(plan, &cgroup_write_step, origin, &args, err);
}

static int plan_write(const struct cgroup_spec *spec, const struct cgroup_host *host,
		      const struct cgroup_key *key, const struct cgroup_place *place,
		      struct plan *plan, struct err *err)
{
	const struct cgroup_file *file;
	const struct cgroup_dir *dir;
	int ret = find_file(key, place, &file, &dir, err);

	if (ret < 0 || written_later(spec, key, file))
		return ret;
	if (key->check)
		ret = key->check(spec, host, err);
	for (size_t i = 0; ret == 0 && i < key->count(spec); i++)
		ret = plan_line(spec, i, key, file, dir, plan, err);
	return ret;
}

static int plan_writes(const struct cgroup_spec *spec, const struct cgroup_host *host,
		       const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	int ret = 0;

	for (const struct cgroup_key *k = cgroup_keys; k->name && ret == 0; k++)
		if (k->count(spec))
			ret = plan_write(spec, host, k, place, plan, err);
	return ret;
}

static int plan_join(const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	struct cgroup_join_args args = { 0 };

	for (size_t i = 0; i < place->count; i++) {
		const struct cgroup_dir *d = &place->dirs[i];

		if (strv_add(d->v2 ? &args.v2 : &args.v1, d->path) < 0) {
			json_release(cgroup_join_step.args, &args);
			return err_oom(err);
		}
	}
	return add_step(plan, &cgroup_join_step, "cgroups", &args, err);
}

int limits_plan(const struct cgroup_spec *spec, const struct cgroup_host *host,
		const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	int ret = plan_enable(spec, host, place, plan, err);

	if (ret == 0)
		ret = plan_cpuset(place, plan, err);
	if (ret == 0)
		ret = plan_rt(spec, host, place, plan, err);
	return ret == 0 ? plan_writes(spec, host, place, plan, err) : ret;
}

int cgroup_plan(const struct cgroup_spec *spec, const struct cgroup_host *host,
		const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	_cleanup_(plan_release) struct plan limits = { 0 };
	int ret;

	if (!spec->present || !place->count)
		return 0;
	ret = limits_plan(spec, host, place, &limits, err);
	if (ret == 0)
		ret = unified_plan(spec, place, &limits, err);
	if (ret == 0)
		ret = devices_plan(spec, place, &limits, err);
	if (ret == 0)
		ret = plan_fill(host, place, plan, err);
	if (ret == 0 && place->unit)
		ret = scope_plan(spec, place, &limits, plan, err);
	if (ret == 0)
		ret = plan_dirs(spec, host, place, plan, err);
	if (ret == 0)
		ret = plan_offer(spec, host, place, plan, err);
	if (ret == 0)
		ret = plan_append(plan, &limits, NULL, err);
	if (ret == 0)
		ret = plan_join(place, plan, err);
	return ret == 0 ? freeze_plan(spec, place, plan, err) : ret;
}
