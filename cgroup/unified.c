// SPDX-License-Identifier: Apache-2.0
#include "cgroup/unified.h"

#include "cgroup/keys.h"
#include "cgroup/place.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

#define ORIGIN "cgroups.unified"

/* "memory" of "memory.high"; 0: it has none. */
static size_t controller_len(const char *file)
{
	size_t n = strcspn(file, ".");

	return file[n] && file[n + 1] ? n : 0;
}

static int check_name(const char *file, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (file[strspn(file, allowed)] || !controller_len(file))
		return err_set(err, -EINVAL,
			       ORIGIN ": '%.80s' is no file of a controller, like memory.high",
			       file);
	/* Who is in it, what is handed down, and whether it is frozen is ours to say. */
	if (str_starts(file, "cgroup."))
		return err_set(err, -EINVAL, ORIGIN ": '%.80s' is none of a controller's", file);
	return 0;
}

/* Is @file named by @pattern, in which a "*" stands for @part? */
static bool is_named(const char *file, const char *pattern, const char *part)
{
	const char *star = pattern ? strchr(pattern, '*') : NULL;
	size_t before = star ? (size_t)(star - pattern) : 0;
	size_t len = part ? strlen(part) : 0;

	if (!star)
		return pattern && !strcmp(file, pattern);
	return !strncmp(file, pattern, before) && part && !strncmp(file + before, part, len) &&
	       !strcmp(file + before + len, star + 1);
}

/* Does @key, with what @spec has of it, write @file? */
static bool writes(const struct cgroup_spec *spec, const struct cgroup_key *key, const char *file)
{
	for (size_t i = 0; i < key->count(spec); i++)
		if (is_named(file, key->v2.file, key->v2.part ? key->v2.part(spec, i) : NULL) ||
		    is_named(file, key->v2.other_file, NULL))
			return true;
	return false;
}

/* The key of @spec that writes @file, or NULL. */
static const struct cgroup_key *find_writer(const struct cgroup_spec *spec, const char *file)
{
	for (const struct cgroup_key *k = cgroup_keys; k->name; k++)
		if (writes(spec, k, file))
			return k;
	return NULL;
}

/* Two keys that write one file: which of them counts would be up to their order. */
static int check_alone(const struct cgroup_spec *spec, const char *file, struct err *err)
{
	const struct cgroup_key *k = find_writer(spec, file);

	return k ? err_set(err, -EINVAL, ORIGIN ": '%s' is what cgroups.%s writes", file, k->name)
		 : 0;
}

int unified_give_way(struct cgroup_spec *spec, const struct cgroup_spec *limits, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < spec->unified_count; i++) {
		const struct json_pair *p = &spec->unified[i];
		const struct cgroup_key *k = find_writer(limits, p->key);

		/* Of a line for each device the update has some, and of a line some words. */
		if (k && (k->v2.absent || strchr(p->value, '\n')))
			return err_set(err, -EINVAL,
				       "cgroups.%s: cannot be changed, as " ORIGIN
				       " has '%s' for all devices",
				       k->name, p->key);
	}
	for (size_t i = 0; i < spec->unified_count; i++) {
		struct json_pair *p = &spec->unified[i];

		if (!find_writer(limits, p->key)) {
			spec->unified[kept++] = *p;
			continue;
		}
		free(p->key);
		free(p->value);
	}
	spec->unified_count = kept;
	return 0;
}

int unified_check(const struct cgroup_spec *spec, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < spec->unified_count; i++) {
		const struct json_pair *p = &spec->unified[i];

		ret = check_name(p->key, err);
		if (ret == 0)
			ret = check_alone(spec, p->key, err);
		if (ret == 0 && !p->value[strspn(p->value, " \t\n")])
			ret = err_set(err, -EINVAL, ORIGIN ": '%s': the value is empty", p->key);
	}
	return ret;
}

static bool list_has(char *const *list, const char *word, size_t len)
{
	for (; list && *list; list++)
		if (strlen(*list) == len && !strncmp(*list, word, len))
			return true;
	return false;
}

int unified_controllers(const struct cgroup_spec *spec, struct cgroup_enable_args *args,
			struct err *err)
{
	for (size_t i = 0; i < spec->unified_count; i++) {
		const char *file = spec->unified[i].key;
		size_t len = controller_len(file);
		_cleanup_free_ char *name = strndup(file, len);

		if (list_has(args->controllers, file, len))
			continue;
		if (!name || strv_add(&args->controllers, name) < 0 ||
		    strv_add(&args->keys, ORIGIN) < 0)
			return err_oom(err);
	}
	return 0;
}

/* Where its controller is, if that is on v2. */
static int find_dir(const char *file, const struct cgroup_place *place,
		    const struct cgroup_dir **dir, struct err *err)
{
	_cleanup_free_ char *name = strndup(file, controller_len(file));

	if (!name)
		return err_oom(err);
	*dir = place_find(place, name);
	if (*dir && (*dir)->v2)
		return 0;
	if (*dir)
		return err_set(err, -EOPNOTSUPP,
			       ORIGIN ": '%s': the host has the '%s' controller on cgroup v1, "
				      "and this is a file of v2",
			       file, name);
	return err_set(err, -ENODEV, ORIGIN ": '%s': the host has no '%s' cgroup controller", file,
		       name);
}

/* The kernel takes a line at a time (io.max). */
static int plan_line(const struct cgroup_dir *dir, const char *file, const char *line, size_t len,
		     struct plan *plan, struct err *err)
{
	const struct step where = { .origin = (char *)ORIGIN };
	struct cgroup_write_args args = {
		.key = strdup("unified"),
		.path = str_format("%s/%s", dir->path, file),
		.value = strndup(line, len),
		.v2 = true,
	};

	if (args.key && args.path && args.value)
		return plan_add(plan, &cgroup_write_step, &where, &args, err);
	json_release(cgroup_write_step.args, &args);
	return err_oom(err);
}

int unified_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
		 struct plan *plan, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < spec->unified_count; i++) {
		const char *file = spec->unified[i].key, *line = spec->unified[i].value;
		const struct cgroup_dir *dir = NULL;

		ret = find_dir(file, place, &dir, err);
		while (ret == 0 && *line) {
			size_t len = strcspn(line, "\n");

			if (len)
				ret = plan_line(dir, file, line, len, plan, err);
			line += len + (line[len] == '\n');
		}
	}
	return ret;
}

static int unify(struct cgroup_spec *spec, const struct cgroup_key *key, struct err *err)
{
	struct json_pair *more =
		reallocarray(spec->unified, spec->unified_count + 1, sizeof(*more));
	struct json_pair one = { strdup(key->v2.file), NULL };

	if (more)
		spec->unified = more;
	if (more && one.key)
		one.value = key->v2.encode(spec, 0, err);
	if (!one.value) {
		free(one.key);
		return more ? -ENOMEM : err_oom(err);
	}
	spec->unified[spec->unified_count++] = one;
	return 0;
}

int cgroup_unify(struct cgroup_spec *spec, struct err *err)
{
	int ret = 0;

	for (const struct cgroup_key *k = cgroup_keys; ret == 0 && k->name; k++)
		if (k->own && k->count(spec))
			ret = unify(spec, k, err);
	spec->memory_high = spec->memory_low = spec->memory_min = 0;
	spec->cpu_burst = spec->cpu_weight = spec->io_weight = 0;
	return ret;
}
