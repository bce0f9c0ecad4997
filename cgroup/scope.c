// SPDX-License-Identifier: Apache-2.0
#include "cgroup/scope.h"

#include "cgroup/kill.h"
#include "cgroup/mark.h"
#include "cgroup/systemd.h"
#include "cgroup/unit.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMOVE_TIMEOUT_MS 5000

static const struct json_field scope_fields[] = {
	JSON_STRING(struct cgroup_scope_args, "unit", unit, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_scope_args, "slice", slice, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_scope_args, "path", path, .flags = JSON_REQUIRED),
	JSON_STRINGS(struct cgroup_scope_args, "others", others),
	JSON_ARRAY(struct cgroup_scope_args, "properties", properties.items, properties.count,
		   &cgroup_property_schema),
	JSON_END,
};
static const struct json_schema scope_schema = JSON_SCHEMA(struct cgroup_scope_args, scope_fields);

/* --- The holder --- */

enum { STAGE_MADE };
static const char *const stages[] = { [STAGE_MADE] = "made" };

static const char holder_tag;
#define HOLDER_KEY "holder"

/* In a box of its own, so that the scope has it before there is one. */
struct holder {
	pid_t pid; /* 0: none any more */
};

static void holder_end(struct holder *h)
{
	if (h->pid <= 0)
		return;
	kill(h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

static void holder_close(void *handle)
{
	holder_end(handle);
	free(handle);
}

bool scope_has_holder(const struct scope *scope)
{
	const struct holder *h = scope_handle(scope, &holder_tag, HOLDER_KEY);

	return h && h->pid > 0;
}

void scope_release_holder(const struct scope *scope)
{
	struct holder *h = scope_handle(scope, &holder_tag, HOLDER_KEY);

	if (h)
		holder_end(h);
}

static int make_scope(const struct cgroup_scope_args *a, struct err *err)
{
	struct systemd *sd = NULL;
	int ret = systemd_open(&sd, err);

	if (ret == 0)
		ret = systemd_start_scope(sd, a->unit, a->slice, &a->properties, err);
	systemd_close(sd);
	return ret;
}

/* It does not return. */
static void hold(const struct cgroup_scope_args *a, pid_t parent, struct sync *sync)
{
	struct err err = { 0 };

	prctl(PR_SET_NAME, "ctrnet-holder");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (make_scope(a, &err) < 0)
		sync_fail(sync, &err);
	else if (sync_post(sync, STAGE_MADE, NULL, 0, &err) == 0)
		for (;;)
			pause();
	_exit(1);
}

static int start_holder(struct holder *h, const struct cgroup_scope_args *a, struct err *err)
{
	struct sync ours, its;
	pid_t parent = getpid();
	int ret = sync_pair(&ours, &its, stages, err);

	if (ret < 0)
		return ret;
	h->pid = fork();
	if (h->pid == 0) {
		sync_close(&ours);
		hold(a, parent, &its);
	}
	sync_close(&its);
	ret = h->pid < 0 ? err_sys(err, -errno, "fork")
			 : sync_wait(&ours, STAGE_MADE, NULL, 0, err);
	sync_close(&ours);
	if (ret < 0)
		holder_end(h);
	return ret;
}

/* --- The step --- */

/* systemd puts the holder into the directories that it makes for the scope, and only what has our mark is ours. */
static bool holds(const char *path, pid_t holder)
{
	pid_t pids[16];
	ssize_t n = tree_pids(path, pids, array_size(pids));

	for (ssize_t i = 0; i < n && i < (ssize_t)array_size(pids); i++)
		if (pids[i] == holder)
			return true;
	return false;
}

static int scope_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_scope_args *a = args;
	struct holder *h = calloc(1, sizeof(*h));
	int ret = h ? scope_set_handle(scope, &holder_tag, HOLDER_KEY, h, holder_close, err)
		    : err_oom(err);

	if (ret == 0)
		ret = start_holder(h, a, err);
	if (ret < 0)
		return ret;
	if (!file_exists(AT_FDCWD, a->path))
		return err_set(err, -ENOENT, "systemd made %s, but not at %s", a->unit, a->path);
	mark_add(a->path, scope->run_dir);
	for (char **p = a->others; p && *p; p++)
		if (holds(*p, h->pid))
			mark_add(*p, scope->run_dir);
	return 0;
}

static int stop_unit(const struct cgroup_scope_args *a, struct err *err)
{
	struct systemd *sd = NULL;
	int ret = systemd_open(&sd, err);

	if (ret == 0)
		ret = systemd_stop_scope(sd, a->unit, a->slice, err);
	systemd_close(sd);
	return ret;
}

/* What is in it gets its SIGKILL from us: systemd would ask politely first, and wait. */
static int empty(const char *path, struct err *err)
{
	struct patience patience = { 0 };
	int ret;

	while ((ret = tree_remove(path)) == -EBUSY) {
		tree_kill(path);
		if (!patience_wait(&patience, REMOVE_TIMEOUT_MS))
			break;
	}
	return ret < 0 ? err_sys(err, ret, "rmdir %s", path) : 0;
}

/*
 * One without our mark is a stranger's unit of that name, or one whose maker died before the mark: that took its holder along. A unit
 * whose directory is gone may still be known to systemd, and its name is to be free; but where there never was a directory,
 * the name may be that of a stranger's unit in another slice.
 */
static int scope_revert(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_scope_args *a = args;
	struct err why;
	int ret;

	scope_release_holder(scope);
	if (file_exists(AT_FDCWD, a->path) && !mark_own(a->path, scope->run_dir))
		return 0;
	ret = empty(a->path, err);
	if (stop_unit(a, &why) < 0)
		log_debug("%s: %s", a->unit, why.text);
	return ret;
}

static int scope_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct cgroup_scope_args *a = args;

	(void)scope;
	return file_exists(AT_FDCWD, a->path)
		       ? 0
		       : err_set(err, -ENOENT, "%s: there is no %s", a->unit, a->path);
}

static void scope_show(const void *args, FILE *out)
{
	const struct cgroup_scope_args *a = args;

	fputs("systemd-run --scope --unit=", out);
	str_print_shell(out, a->unit);
	fputs(" --slice=", out);
	str_print_shell(out, a->slice);
	for (size_t i = 0; i < a->properties.count; i++) {
		fputs(" -p ", out);
		str_print_shell(out, a->properties.items[i].shown);
	}
	/* What holds it until the container's process is in. */
	fputs(" sleep infinity &\n", out);
}

const struct step_type cgroup_scope_step = {
	.name = "cgroup.scope",
	.args = &scope_schema,
	.phase = PHASE_PREPARE,
	.apply = scope_apply,
	.revert = scope_revert,
	.probe = scope_probe,
	.show = scope_show,
};

/* --- Planning --- */

/* systemd keeps its hands off what is below the scope, and enables all controllers that it knows in it. */
static const struct {
	const char *name, *type, *value;
} always[] = {
	{ "Delegate", "b", "yes" },
	/* Else it would be stopped at the beginning of a shutdown, and wait for what comes early at boot. */
	{ "DefaultDependencies", "b", "no" },
	/* A failed one has nothing to be looked at. */
	{ "CollectMode", "s", "inactive-or-failed" },
	{ "CPUAccounting", "b", "yes" },
	{ "MemoryAccounting", "b", "yes" },
	{ "TasksAccounting", "b", "yes" },
};

static int fill_properties(struct cgroup_scope_args *a, bool v2, const struct plan *limits,
			   struct err *err)
{
	_cleanup_free_ char *description = str_format("container %s", a->unit);
	int ret = description ? properties_add(&a->properties, "Description", "s", description,
					       NULL, err)
			      : err_oom(err);

	for (size_t i = 0; ret == 0 && i < array_size(always); i++)
		ret = properties_add(&a->properties, always[i].name, always[i].type,
				     always[i].value, NULL, err);
	if (ret == 0)
		ret = properties_add(&a->properties, v2 ? "IOAccounting" : "BlockIOAccounting", "b",
				     "yes", NULL, err);
	return ret == 0 ? properties_of(limits, &a->properties, err) : ret;
}

static const struct cgroup_dir *systemd_dir(const struct cgroup_place *place)
{
	const struct cgroup_dir *last = &place->dirs[place->count - 1];

	for (size_t i = 0; !last->v2 && i < place->count; i++)
		if (!strcmp(place->dirs[i].controllers, "name=systemd"))
			return &place->dirs[i];
	return last;
}

/* Which of them systemd makes is its own affair: that depends on its version, and on what the kernel has. */
static int list_others(const struct cgroup_place *place, struct cgroup_scope_args *a)
{
	int ret = 0;

	for (size_t i = 0; i < place->count && ret == 0; i++) {
		const struct cgroup_dir *d = &place->dirs[i];

		if (!d->v2 && strcmp(d->path, a->path) && !file_exists(AT_FDCWD, d->path))
			ret = strv_add(&a->others, d->path);
	}
	return ret;
}

int scope_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
	       const struct plan *limits, struct plan *plan, struct err *err)
{
	const struct step where = { .origin = (char *)"cgroups" };
	struct cgroup_scope_args args = { .unit = strdup(place->unit),
					  .path = strdup(systemd_dir(place)->path) };
	bool v2 = place->count == 1;
	int ret = args.unit && args.path ? unit_slice(spec, &args.slice, err) : err_oom(err);

	if (ret == 0 && list_others(place, &args) < 0)
		ret = err_oom(err);
	if (ret == 0)
		ret = fill_properties(&args, v2, limits, err);
	if (ret == 0)
		return plan_add(plan, &cgroup_scope_step, &where, &args, err);
	json_release(cgroup_scope_step.args, &args);
	return ret;
}
