// SPDX-License-Identifier: Apache-2.0
/* Where a container's cgroup is. */
#include "cgroup/place.h"

#include "cgroup/unit.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

static const struct json_field dir_fields[] = {
	JSON_STRING(struct cgroup_dir, "controllers", controllers, .flags = JSON_KEEP),
	JSON_STRING(struct cgroup_dir, "path", path, .flags = JSON_REQUIRED),
	JSON_BOOL(struct cgroup_dir, "v2", v2), JSON_END
};
static const struct json_schema dir_schema = JSON_SCHEMA(struct cgroup_dir, dir_fields);

static const struct json_field place_fields[] = {
	JSON_STRING(struct cgroup_place, "unit", unit),
	JSON_ARRAY(struct cgroup_place, "dirs", dirs, count, &dir_schema),
	JSON_END,
};
const struct json_schema cgroup_place_schema = JSON_SCHEMA(struct cgroup_place, place_fields);

void cgroup_place_release(struct cgroup_place *place)
{
	for (size_t i = 0; i < place->count; i++) {
		free(place->dirs[i].controllers);
		free(place->dirs[i].path);
	}
	free(place->dirs);
	free(place->unit);
	*place = (struct cgroup_place){ 0 };
}

bool controllers_have(const char *controllers, const char *name, size_t len)
{
	while (*controllers) {
		size_t n = strcspn(controllers, ",");

		if (n == len && !strncmp(controllers, name, len))
			return true;
		controllers += n + (controllers[n] == ',');
	}
	return false;
}

const struct cgroup_dir *place_find(const struct cgroup_place *place, const char *controller)
{
	for (size_t i = 0; i < place->count; i++)
		if (place->dirs[i].controllers &&
		    controllers_have(place->dirs[i].controllers, controller, strlen(controller)))
			return &place->dirs[i];
	return NULL;
}

const struct cgroup_hierarchy *place_hierarchy(const struct cgroup_host *host,
					       const struct cgroup_dir *dir)
{
	for (size_t i = 0; i < host->count; i++) {
		const struct cgroup_hierarchy *h = &host->hierarchies[i];
		size_t len = strlen(h->mount);

		if (h->v2 == dir->v2 && !strncmp(h->mount, dir->path, len) && dir->path[len] == '/')
			return h;
	}
	return NULL;
}

int place_check_path(const char *key, const char *path, struct err *err)
{
	const char *word = path;

	if (path[strspn(path, "/")] == '\0')
		return err_set(err, -EINVAL, "%s: '%s' names no cgroup", key, path);
	while (*word) {
		size_t n = strcspn(word, "/");

		if ((n == 1 && word[0] == '.') || (n == 2 && !strncmp(word, "..", 2)))
			return err_set(err, -EINVAL, "%s: '%s' must not contain '%.*s'", key, path,
				       (int)n, word);
		/* The kernel refuses it in a directory's name (cgroup_mkdir()), /proc could not show it. */
		if (memchr(word, '\n', n))
			return err_set(err, -EINVAL, "%s: a newline in the name of a cgroup", key);
		word += n + (word[n] == '/');
	}
	return 0;
}

/* Append the components of @more, one slash between each. */
static int path_append(char **path, const char *more)
{
	while (*more) {
		size_t n = strcspn(more, "/");
		char *longer;

		if (n) {
			longer = str_format("%s/%.*s", *path, (int)n, more);
			if (!longer)
				return -ENOMEM;
			free(*path);
			*path = longer;
		}
		more += n + (more[n] == '/');
	}
	return 0;
}

static char *dir_path(const struct cgroup_spec *spec, const struct cgroup_hierarchy *h,
		      const char *id)
{
	_cleanup_free_ char *path = strdup(h->mount);
	const char *parent = spec->parent ? spec->parent : "";

	if (!path || (parent[0] != '/' && path_append(&path, h->base) < 0) ||
	    path_append(&path, parent) < 0 ||
	    path_append(&path, str_empty(spec->name) ? id : spec->name) < 0)
		return NULL;
	return take_ptr(path);
}

/* The same of a scope; the slice has been checked. */
static char *scope_path(const struct cgroup_spec *spec, const struct cgroup_hierarchy *h,
			const char *unit)
{
	_cleanup_free_ char *path = strdup(h->mount), *slice = NULL, *below = NULL;
	_cleanup_free_ char *name = str_format("%s%s", unit_escape(unit), unit);

	if (!path || !name || unit_slice(spec, &slice, NULL) < 0)
		return NULL;
	below = unit_slice_path(slice);
	if (!below || path_append(&path, h->base) < 0 || path_append(&path, below) < 0 ||
	    path_append(&path, name) < 0)
		return NULL;
	return take_ptr(path);
}

static int check_unit(const struct cgroup_spec *spec, const char *id, char **unit, struct err *err)
{
	_cleanup_free_ char *slice = NULL;
	int ret = unit_slice(spec, &slice, err);

	return ret < 0 ? ret : unit_scope(spec, id, unit, err);
}

/*
 * name=systemd and other hierarchies without controllers belong to whoever mounted them. In its own, systemd looks for the
 * processes of a scope.
 */
static bool is_ours(const struct cgroup_hierarchy *h, bool systemd)
{
	return h->v2 || !str_starts(h->controllers, "name=") ||
	       (systemd && !strcmp(h->controllers, "name=systemd"));
}

static int place_add(struct cgroup_place *place, const struct cgroup_spec *spec,
		     const struct cgroup_hierarchy *h, const char *id)
{
	struct cgroup_dir *d = &place->dirs[place->count++];

	d->v2 = h->v2;
	d->controllers = strdup(h->controllers);
	d->path = place->unit ? scope_path(spec, h, place->unit) : dir_path(spec, h, id);
	return d->controllers && d->path ? 0 : -ENOMEM;
}

int cgroup_place(const struct cgroup_spec *spec, const struct cgroup_host *host, const char *id,
		 struct cgroup_place *place, struct err *err)
{
	_cleanup_(cgroup_place_release) struct cgroup_place found = { 0 };
	bool systemd = spec->manager == CGROUP_MANAGER_SYSTEMD;
	int ret = 0;

	if (!spec->present) {
		*place = found;
		return 0;
	}
	if (host->mode == CGROUP_NONE)
		return err_set(err, -ENODEV, "cgroups: no cgroup file system is mounted");
	if (systemd)
		ret = check_unit(spec, id, &found.unit, err);
	if (ret < 0)
		return ret;
	found.dirs = calloc(host->count, sizeof(*found.dirs));
	if (!found.dirs)
		return err_oom(err);
	for (int v2 = 0; v2 <= 1; v2++)
		for (size_t i = 0; i < host->count; i++) {
			const struct cgroup_hierarchy *h = &host->hierarchies[i];

			if (h->v2 == v2 && is_ours(h, systemd) &&
			    place_add(&found, spec, h, id) < 0)
				return err_oom(err);
		}
	*place = found;
	found = (struct cgroup_place){ 0 };
	return 0;
}
