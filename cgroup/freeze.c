// SPDX-License-Identifier: Apache-2.0
/*
 * The step cgroup.freeze, and what else has to do with frozen cgroups: v1's freezer
 * (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst) and v2's cgroup.freeze.
 *
 * On v1 a frozen process takes no signal before it thaws, SIGKILL included. So whoever kills it sends
 * the signal first and thaws it then: it dies without having run again.
 */
#include "cgroup/freeze.h"

#include "cgroup/cgroup.h"
#include "cgroup/kill.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FREEZE_TIMEOUT_MS 10000
#define THAW_TIMEOUT_MS   1000 /* v2's processes say themselves that they go on */

static const struct json_field freeze_fields[] = {
	JSON_STRING(struct cgroup_freeze_args, "path", path, .flags = JSON_REQUIRED),
	JSON_BOOL(struct cgroup_freeze_args, "v2", v2),
	JSON_END,
};
static const struct json_schema freeze_schema =
	JSON_SCHEMA(struct cgroup_freeze_args, freeze_fields);

/* How a version says it. */
static const struct freezer {
	const char *file, *freeze, *thaw;
	const char *state_file, *frozen;
	const char *self_file; /* "1": by itself, whatever one is that it is in */
} freezers[] = {
	{ "freezer.state", "FROZEN", "THAWED", "freezer.state", "FROZEN", "freezer.self_freezing" },
	{ "cgroup.freeze", "1", "0", "cgroup.events", "frozen 1", "cgroup.freeze" },
};

static int set_state(const char *path, bool v2, bool frozen)
{
	const struct freezer *f = &freezers[v2];
	_cleanup_free_ char *file = str_format("%s/%s", path, f->file);

	return file ? file_write(AT_FDCWD, file, frozen ? f->freeze : f->thaw, NULL) : -ENOMEM;
}

static bool is_frozen(const char *path, bool v2)
{
	const struct freezer *f = &freezers[v2];
	_cleanup_free_ char *file = str_format("%s/%s", path, f->state_file);
	char text[256];

	return file && file_read_line(AT_FDCWD, file, text, sizeof(text), NULL) == 0 &&
	       strstr(text, f->frozen);
}

/*
 * Written again in each round: v1 gives up on a process that was just being forked, and looks at it
 * anew only then.
 */
static int freeze(const char *path, bool v2, struct err *err)
{
	struct patience patience = { 0 };

	do {
		int ret = set_state(path, v2, true);

		if (ret < 0)
			return err_sys(err, ret, "freeze cgroup %s", path);
		if (is_frozen(path, v2))
			return 0;
	} while (patience_wait(&patience, FREEZE_TIMEOUT_MS));
	return err_set(err, -ETIMEDOUT,
		       "cgroup %s is not frozen after %d s: a process in it waits in the kernel",
		       path, FREEZE_TIMEOUT_MS / 1000);
}

static int freeze_or_thaw(const char *path, bool v2, struct err *err)
{
	int ret = freeze(path, v2, err);

	if (ret < 0)
		set_state(path, v2, false);
	return ret;
}

static int freeze_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_freeze_args *a = args;

	(void)scope;
	return freeze_or_thaw(a->path, a->v2, err);
}

static int freeze_revert(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_freeze_args *a = args;
	int ret = set_state(a->path, a->v2, false);

	(void)scope;
	return ret < 0 && ret != -ENOENT ? err_sys(err, ret, "thaw cgroup %s", a->path) : 0;
}

static int freeze_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct cgroup_freeze_args *a = args;

	(void)scope;
	return is_frozen(a->path, a->v2)
		       ? 0
		       : err_set(err, -ESTALE, "cgroup %s is not frozen", a->path);
}

static void freeze_show(const void *args, FILE *out)
{
	const struct cgroup_freeze_args *a = args;
	_cleanup_free_ char *file = str_format("%s/%s", a->path, freezers[a->v2].file);

	if (!file)
		return;
	fprintf(out, "echo %s > ", freezers[a->v2].freeze);
	str_print_shell(out, file);
	fputc('\n', out);
}

const struct step_type cgroup_freeze_step = {
	.name = "cgroup.freeze",
	.args = &freeze_schema,
	.phase = PHASE_STARTED,
	.apply = freeze_apply,
	.revert = freeze_revert,
	.probe = freeze_probe,
	.show = freeze_show,
};

/* v2 has it in each cgroup, without a controller. */
static const struct cgroup_dir *freezer_dir(const struct cgroup_place *place)
{
	const struct cgroup_dir *dir = place_find(place, "freezer");

	if (!dir && place->count && place->dirs[place->count - 1].v2)
		dir = &place->dirs[place->count - 1];
	return dir;
}

int freeze_plan(const struct cgroup_spec *spec, const struct cgroup_place *place, struct plan *plan,
		struct err *err)
{
	const struct step where = { .origin = (char *)"cgroups.freezer" };
	const struct cgroup_dir *dir = freezer_dir(place);
	struct cgroup_freeze_args args;

	if (!spec->frozen)
		return 0;
	if (!dir)
		return err_set(err, -ENODEV,
			       "cgroups.freezer: the host has no 'freezer' cgroup controller");
	args = (struct cgroup_freeze_args){ .path = strdup(dir->path), .v2 = dir->v2 };
	return args.path ? plan_add(plan, &cgroup_freeze_step, &where, &args, err) : err_oom(err);
}

static bool asked_to_freeze(const char *path, bool v2)
{
	const struct freezer *f = &freezers[v2];
	_cleanup_free_ char *file = str_format("%s/%s", path, f->file);
	char text[32];

	return file && file_read_line(AT_FDCWD, file, text, sizeof(text), NULL) == 0 &&
	       strcmp(text, f->thaw) != 0;
}

enum cgroup_freezer cgroup_freezer(const struct cgroup_place *place)
{
	const struct cgroup_dir *dir = freezer_dir(place);

	if (!dir)
		return CGROUP_THAWED;
	if (is_frozen(dir->path, dir->v2))
		return CGROUP_FROZEN;
	return asked_to_freeze(dir->path, dir->v2) ? CGROUP_FREEZING : CGROUP_THAWED;
}

bool cgroup_frozen(const struct cgroup_place *place)
{
	return cgroup_freezer(place) == CGROUP_FROZEN;
}

int cgroup_freeze(const struct cgroup_place *place, struct err *err)
{
	const struct cgroup_dir *dir = freezer_dir(place);

	if (!dir)
		return err_set(err, -ENODEV, "it has no cgroup that could be frozen");
	return freeze_or_thaw(dir->path, dir->v2, err);
}

static bool freezes_itself(const char *path, bool v2)
{
	_cleanup_free_ char *file = str_format("%s/%s", path, freezers[v2].self_file);
	char text[32];

	return file && file_read_line(AT_FDCWD, file, text, sizeof(text), NULL) == 0 &&
	       !strcmp(text, "1");
}

/* What is frozen by itself again, was thawed, and then somebody else had it frozen. */
int cgroup_thaw(const struct cgroup_place *place, struct err *err)
{
	const struct cgroup_dir *dir = freezer_dir(place);
	struct patience patience = { 0 };
	int ret = dir ? set_state(dir->path, dir->v2, false) : 0;

	if (ret < 0)
		return err_sys(err, ret, "thaw cgroup %s", dir->path);
	while (dir && is_frozen(dir->path, dir->v2) && !freezes_itself(dir->path, dir->v2))
		if (!patience_wait(&patience, THAW_TIMEOUT_MS))
			return err_set(err, -EBUSY, "cgroup %s is frozen by one that it is in",
				       dir->path);
	return 0;
}

void cgroup_thaw_killed(const struct cgroup_place *place)
{
	const struct cgroup_dir *dir = freezer_dir(place);

	if (dir && !dir->v2)
		tree_thaw_v1(dir->path);
	else if (dir)
		set_state(dir->path, true, false);
}
