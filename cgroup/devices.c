// SPDX-License-Identifier: Apache-2.0
/*
 * The step cgroup.devices: v1's device list (Documentation/admin-guide/cgroup-v1/devices.rst), or the
 * program that stands for it on v2. A new cgroup has its parent's list; the rules are written one at a
 * time, as the kernel wants them.
 */
#include "cgroup/devices.h"

#include "cgroup/device_bpf.h"
#include "cgroup/place.h"
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct json_field devices_fields[] = {
	JSON_STRING(struct cgroup_devices_args, "path", path, .flags = JSON_REQUIRED),
	JSON_BOOL(struct cgroup_devices_args, "v2", v2),
	JSON_STRINGS(struct cgroup_devices_args, "rules", rules),
	JSON_END,
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

static int write_rules(const struct cgroup_devices_args *a, struct err *err)
{
	int fds[LIST_COUNT] = { -1, -1 };
	int ret = open_lists(a->path, fds, err);

	for (char **r = a->rules; r && *r && ret == 0; r++)
		ret = write_rule(fds, *r, err);
	for (int i = 0; i < LIST_COUNT; i++)
		close_fd(fds[i]);
	return ret;
}

static int devices_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_devices_args *a = args;
	struct device_list list = { 0 };
	int ret;

	(void)scope;
	if (!a->v2)
		return write_rules(a, err);
	ret = device_list_make(&list, a->rules, err);
	if (ret == 0)
		ret = device_bpf_attach(a->path, &list, err);
	device_list_release(&list);
	return ret;
}

/* No command makes a program out of rules. */
static void show_program(const struct cgroup_devices_args *a, FILE *out)
{
	fprintf(out, "# an eBPF program for the devices of %s", a->path);
	for (char **r = a->rules; r && *r; r++)
		fprintf(out, "%s %s", r == a->rules ? ":" : ",", *r);
	fputc('\n', out);
}

static void devices_show(const void *args, FILE *out)
{
	const struct cgroup_devices_args *a = args;

	if (a->v2) {
		show_program(a, out);
		return;
	}
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

/* v1's controller where it is mounted, else v2, which has programs instead, without a controller. */
static const struct cgroup_dir *devices_dir(const struct cgroup_place *place)
{
	const struct cgroup_dir *dir = place_find(place, "devices");

	if (!dir && place->count && place->dirs[place->count - 1].v2)
		dir = &place->dirs[place->count - 1];
	return dir;
}

int devices_plan(const struct cgroup_spec *spec, const struct cgroup_place *place,
		 struct plan *plan, struct err *err)
{
	const struct step where = { .origin = (char *)"cgroups.allowed_devices" };
	const struct cgroup_dir *dir = devices_dir(place);
	struct cgroup_devices_args args = { 0 };

	if (!spec->device_rules || ((!dir || dir->v2) && !restricts(spec)))
		return 0;
	if (!dir)
		return err_set(
			err, -ENODEV,
			"cgroups.allowed_devices: the host has no 'devices' cgroup controller");
	args.path = strdup(dir->path);
	args.v2 = dir->v2;
	if (!args.path || make_rules(spec, &args.rules) < 0) {
		json_release(&devices_schema, &args);
		return err_oom(err);
	}
	return plan_add(plan, &cgroup_devices_step, &where, &args, err);
}
