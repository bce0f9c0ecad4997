// SPDX-License-Identifier: Apache-2.0
/* Which steps make a container's cgroup, in the order that the kernel needs. */
#include "cgroup/cgroup.h"
#include "cgroup/devices.h"
#include "cgroup/keys.h"
#include "cgroup/mark.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const struct step_type *const cgroup_step_types[] = { &cgroup_dir_step,
						      &cgroup_enable_step,
						      &cgroup_cpuset_step,
						      &cgroup_write_step,
						      &cgroup_devices_step,
						      &cgroup_join_step,
						      NULL };

/* Append @args; what it points to is the plan's, or released. */
static int add_step(struct plan *plan, const struct step_type *type, const char *origin,
		    const void *args, struct err *err)
{
	const struct step where = { .origin = (char *)origin };

	return plan_add(plan, type, &where, args, err);
}

/* Missing, or made by ctrnet: then the step makes it, and takes it away. */
static int is_ours(const char *path, bool *ours, struct err *err)
{
	struct stat st;

	*ours = true;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, -errno, "cgroups: %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "cgroups: %s is a file of the kernel's, not a cgroup",
			       path);
	*ours = mark_any(path);
	return 0;
}

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
	char ***list = arg;
	bool ours;
	int ret = is_ours(path, &ours, err);

	if (ret < 0 || !ours)
		return ret;
	return strv_add(list, path) < 0 ? err_oom(err) : 0;
}

static int plan_dirs(const struct cgroup_host *host, const struct cgroup_place *place,
		     struct plan *plan, struct err *err)
{
	struct cgroup_dir_args args = { 0 };
	int ret = 0;

	for (size_t i = 0; i < place->count && ret == 0; i++) {
		const struct cgroup_hierarchy *h = place_hierarchy(host, &place->dirs[i]);

		if (!h)
			ret = err_set(err, -ENODEV, "cgroups: %s is in no mounted hierarchy",
				      place->dirs[i].path);
		else
			ret = each_parent(h, &place->dirs[i], add_if_ours, &args.parents, err);
		if (ret == 0)
			ret = add_if_ours(place->dirs[i].path, &args.paths, err);
	}
	if (ret == 0 && args.paths)
		return add_step(plan, &cgroup_dir_step, "cgroups", &args, err);
	json_release(cgroup_dir_step.args, &args);
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

/* The v2 controllers that the spec's keys need. */
static int needed_controllers(const struct cgroup_spec *spec, const struct cgroup_place *place,
			      char ***list)
{
	for (const struct cgroup_key *k = cgroup_keys; k->name; k++) {
		const struct cgroup_dir *dir;
		int ret;

		if (!k->is_set(spec) || !k->v2.controller || list_has(*list, k->v2.controller))
			continue;
		if (k->v1.controller && (dir = place_find(place, k->v1.controller)) && !dir->v2)
			continue;
		ret = strv_add(list, k->v2.controller);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Only what the limits need: each controller costs those who share the tree something. */
static int plan_enable(const struct cgroup_spec *spec, const struct cgroup_host *host,
		       const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	const struct cgroup_dir *dir = &place->dirs[place->count - 1];
	const struct cgroup_hierarchy *h = place_hierarchy(host, dir);
	struct cgroup_enable_args args = { 0 };
	int ret = 0;

	if (!dir->v2 || !h)
		return 0;
	if (needed_controllers(spec, place, &args.controllers) < 0)
		ret = err_oom(err);
	if (ret == 0 && args.controllers)
		ret = add_path(h->mount, &args.paths, err);
	if (ret == 0 && args.controllers)
		ret = each_parent(h, dir, add_path, &args.paths, err);
	if (ret == 0 && args.controllers)
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
	if (*dir)
		return 0;
	if (v2 && !key->v2.controller && place->count == 1)
		return err_set(err, -EOPNOTSUPP, "cgroups.%s: cgroup v2 has no such limit: %s",
			       key->name, key->no_v2);
	return err_set(err, -ENODEV, "cgroups.%s: the host has no '%s' cgroup controller",
		       key->name,
		       v2 && place->count == 1 ? key->v2.controller : key->v1.controller);
}

/* v2's cpu.max takes quota and period together: the last key that is set writes the file. */
static bool written_later(const struct cgroup_spec *spec, const struct cgroup_key *key,
			  const struct cgroup_file *file)
{
	for (const struct cgroup_key *k = key + 1; k->name; k++)
		if (file == &key->v2 && k->v2.file && !strcmp(k->v2.file, file->file) &&
		    k->is_set(spec))
			return true;
	return false;
}

static int fill_write(struct cgroup_write_args *a, const struct cgroup_spec *spec,
		      const struct cgroup_key *key, const struct cgroup_file *file,
		      const struct cgroup_dir *dir, struct err *err)
{
	a->key = strdup(key->name);
	a->path = str_format("%s/%s", dir->path, file->file);
	if (!a->key || !a->path)
		return err_oom(err);
	a->value = file->encode(spec, err);
	if (!a->value)
		return err_wrap(err, "cgroups.%s", key->name);
	if (!file->other_file)
		return 0;
	a->else_path = str_format("%s/%s", dir->path, file->other_file);
	if (!a->else_path)
		return err_oom(err);
	a->else_value = file->other_encode(spec, err);
	return a->else_value ? 0 : -ENOMEM;
}

static int plan_write(const struct cgroup_spec *spec, const struct cgroup_key *key,
		      const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	struct cgroup_write_args args = { 0 };
	const struct cgroup_file *file;
	const struct cgroup_dir *dir;
	char origin[64];
	int ret = find_file(key, place, &file, &dir, err);

	if (ret < 0 || written_later(spec, key, file))
		return ret;
	ret = fill_write(&args, spec, key, file, dir, err);
	if (ret < 0) {
		json_release(cgroup_write_step.args, &args);
		return ret;
	}
	snprintf(origin, sizeof(origin), "cgroups.%s", key->name);
	return add_step(plan, &cgroup_write_step, origin, &args, err);
}

static int plan_limits(const struct cgroup_spec *spec, const struct cgroup_place *place,
		       struct plan *plan, struct err *err)
{
	int ret = 0;

	for (const struct cgroup_key *k = cgroup_keys; k->name && ret == 0; k++)
		if (k->is_set(spec))
			ret = plan_write(spec, k, place, plan, err);
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

int cgroup_plan(const struct cgroup_spec *spec, const struct cgroup_host *host,
		const struct cgroup_place *place, struct plan *plan, struct err *err)
{
	int ret;

	if (!spec->present || !place->count)
		return 0;
	ret = plan_dirs(host, place, plan, err);
	if (ret == 0)
		ret = plan_enable(spec, host, place, plan, err);
	if (ret == 0)
		ret = plan_cpuset(place, plan, err);
	if (ret == 0)
		ret = plan_limits(spec, place, plan, err);
	if (ret == 0)
		ret = devices_plan(spec, place, plan, err);
	return ret < 0 ? ret : plan_join(place, plan, err);
}
