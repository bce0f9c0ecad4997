// SPDX-License-Identifier: Apache-2.0
/*
 * The step cgroup.devices: v1's device list (Documentation/admin-guide/cgroup-v1/devices.rst). A new
 * cgroup has its parent's list; the rules are written one at a time, as the kernel wants them.
 */
#include "cgroup/devices.h"

#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct json_field devices_fields[] = {
	JSON_STRING(struct cgroup_devices_args, "path", path, .flags = JSON_REQUIRED),
	JSON_STRINGS(struct cgroup_devices_args, "rules", rules), JSON_END
};
static const struct json_schema devices_schema =
	JSON_SCHEMA(struct cgroup_devices_args, devices_fields);

enum { LIST_DENY, LIST_ALLOW, LIST_COUNT };
static const char *const lists[LIST_COUNT] = { [LIST_DENY] = "deny", [LIST_ALLOW] = "allow" };

static int open_lists(const char *path, int fds[LIST_COUNT], struct err *err)
{
	for (int i = 0; i < LIST_COUNT; i++) {
		_cleanup_free_ char *file = str_format("%s/devices.%s", path, lists[i]);

		if (!file)
			return err_oom(err);
		fds[i] = open(file, O_WRONLY | O_CLOEXEC);
		if (fds[i] < 0)
			return err_sys(err, -errno, "%s", file);
	}
	return 0;
}

static const char *explain(int code)
{
	switch (code) {
	case -EPERM:
		return " (the parent cgroup does not allow it)";
	case -EINVAL:
		return " (all devices at once: only while no cgroup is below it)";
	default:
		return "";
	}
}

static int write_rule(const int fds[LIST_COUNT], const char *rule, struct err *err)
{
	const char *what = strchr(rule, ' ');
	int list = str_starts(rule, "allow ") ? LIST_ALLOW : LIST_DENY;

	if (!what)
		return err_set(err, -EINVAL, "'%s' is no device rule", rule);
	what++;
	if (write(fds[list], what, strlen(what)) < 0) {
		int code = -errno;

		err_sys(err, code, "%s device '%s'", lists[list], what);
		return err_append(err, "%s", explain(code));
	}
	return 0;
}

static int devices_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_devices_args *a = args;
	int fds[LIST_COUNT] = { -1, -1 };
	int ret = open_lists(a->path, fds, err);

	(void)scope;
	for (char **r = a->rules; r && *r && ret == 0; r++)
		ret = write_rule(fds, *r, err);
	for (int i = 0; i < LIST_COUNT; i++)
		close_fd(fds[i]);
	return ret;
}

static void devices_show(const void *args, FILE *out)
{
	const struct cgroup_devices_args *a = args;

	for (char **r = a->rules; r && *r; r++) {
		const char *what = strchr(*r, ' ');
		_cleanup_free_ char *file = NULL;

		if (!what)
			continue;
		file = str_format("%s/devices.%.*s", a->path, (int)(what - *r), *r);
		if (!file)
			return;
		fputs("echo ", out);
		str_print_shell(out, what + 1);
		fputs(" > ", out);
		str_print_shell(out, file);
		fputc('\n', out);
	}
}

const struct step_type cgroup_devices_step = {
	.name = "cgroup.devices",
	.args = &devices_schema,
	.phase = PHASE_PREPARE,
	.apply = devices_apply,
	.show = devices_show,
};

static int add_number(char *buf, size_t size, int64_t n)
{
	return n < 0 ? snprintf(buf, size, "*") : snprintf(buf, size, "%lld", (long long)n);
}

/* 'a' stands for all devices, and the kernel reads nothing behind it. */
static int add_rule(char ***rules, const char *list, const struct cgroup_device *d)
{
	char major[24], minor[24], rule[80];

	add_number(major, sizeof(major), d->major);
	add_number(minor, sizeof(minor), d->minor);
	if (d->type == 'a')
		snprintf(rule, sizeof(rule), "%s a", list);
	else
		snprintf(rule, sizeof(rule), "%s %c %s:%s %.3s", list, d->type, major, minor,
			 d->permissions);
	return strv_add(rules, rule);
}

static int make_rules(const struct cgroup_spec *spec, char ***rules)
{
	int ret = strv_add(rules, spec->allow_all_devices ? "allow a" : "deny a");

	if (!spec->allow_all_devices)
		for (size_t i = 0; i < spec->allowed_device_count && ret == 0; i++)
			ret = add_rule(rules, "allow", &spec->allowed_devices[i]);
	else
		for (size_t i = 0; i < spec->denied_device_count && ret == 0; i++)
			ret = add_rule(rules, "deny", &spec->denied_devices[i]);
	return ret;
}

/* Does the spec ask for anything that a cgroup without rules does not have? */
static bool restricts(const struct cgroup_spec *spec)
{
	return spec->device_rules && (!spec->allow_all_devices || spec->denied_device_count);
}

/*
 * libcontainer's list, which its configs carry word for word (those of simple containers without the
 * optional rows): device nodes may be made, and what every container needs may be used.
 */
static const struct usual_rule {
	struct cgroup_device rule;
	bool optional;
} usual_rules[] = {
	{ { 'c', -1, -1, (char *)"m" }, false },   { { 'b', -1, -1, (char *)"m" }, false },
	{ { 'c', 1, 3, (char *)"rwm" }, false },   { { 'c', 1, 5, (char *)"rwm" }, false },
	{ { 'c', 1, 7, (char *)"rwm" }, false },   { { 'c', 1, 8, (char *)"rwm" }, false },
	{ { 'c', 1, 9, (char *)"rwm" }, false },   { { 'c', 5, 0, (char *)"rwm" }, false },
	{ { 'c', 4, 0, (char *)"rwm" }, true },    { { 'c', 4, 1, (char *)"rwm" }, true },
	{ { 'c', 5, 1, (char *)"rwm" }, true },    { { 'c', 5, 2, (char *)"rwm" }, true },
	{ { 'c', 136, -1, (char *)"rwm" }, true }, { { 'c', 10, 200, (char *)"rwm" }, true },
};

static bool rule_equal(const struct cgroup_device *a, const struct cgroup_device *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor &&
	       !strcmp(a->permissions, b->permissions);
}

static bool is_allowed(const struct cgroup_spec *spec, const struct cgroup_device *rule)
{
	for (size_t i = 0; i < spec->allowed_device_count; i++)
		if (rule_equal(&spec->allowed_devices[i], rule))
			return true;
	return false;
}

/* No duplicates are expected: with one the count is off, and the list somebody's own. */
bool devices_are_usual(const struct cgroup_spec *spec)
{
	size_t found = 0;

	if (spec->allow_all_devices)
		return false;
	for (size_t i = 0; i < array_size(usual_rules); i++)
		if (is_allowed(spec, &usual_rules[i].rule))
			found++;
		else if (!usual_rules[i].optional)
			return false;
	return found == spec->allowed_device_count;
}

/* Nobody chose the usual list, so each start of each container need not tell about it. */
static void tell_unapplied(const struct cgroup_spec *spec)
{
	if (devices_are_usual(spec))
		log_debug("cgroups: the usual device rules are not applied on cgroup v2 yet");
	else
		log_warn("cgroups: device rules are not applied on cgroup v2 yet");
}

int devices_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
		 struct plan *plan, struct err *err)
{
	const struct step where = { .origin = (char *)"cgroups.allowed_devices" };
	const struct cgroup_dir *dir = place_find(place, "devices");
	struct cgroup_devices_args args = { 0 };

	if (!spec->device_rules)
		return 0;
	if (!dir && !restricts(spec))
		return 0;
	if (!dir && place->count && place->dirs[place->count - 1].v2) {
		tell_unapplied(spec);
		return 0;
	}
	if (!dir)
		return err_set(
			err, -ENODEV,
			"cgroups.allowed_devices: the host has no 'devices' cgroup controller");
	args.path = strdup(dir->path);
	if (!args.path || make_rules(spec, &args.rules) < 0) {
		json_release(&devices_schema, &args);
		return err_oom(err);
	}
	return plan_add(plan, &cgroup_devices_step, &where, &args, err);
}
