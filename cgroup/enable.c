// SPDX-License-Identifier: Apache-2.0
/*
 * The step cgroup.enable (v2): controllers are handed down one level at a time by cgroup.subtree_control
 * (cgroup-v2.rst, "Enabling and Disabling").
 *
 * There is no revert. In a parent that we made it goes with the parent. In one that stood before, what
 * else lives there may have come to rely on the controller meanwhile, and taking it away would throw
 * away their limits.
 */
#include "cgroup/steps.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct json_field enable_fields[] = {
	JSON_STRINGS(struct cgroup_enable_args, "paths", paths),
	JSON_STRINGS(struct cgroup_enable_args, "controllers", controllers),
	JSON_STRINGS(struct cgroup_enable_args, "keys", keys),
	JSON_BOOL(struct cgroup_enable_args, "optional", optional),
	JSON_END,
};
static const struct json_schema enable_schema =
	JSON_SCHEMA(struct cgroup_enable_args, enable_fields);

static const char *explain(int code)
{
	switch (code) {
	case -EBUSY:
		return " (it has processes of its own, and a v2 cgroup that has some cannot hand out "
		       "controllers: move them into a cgroup below it, or choose another cgroups.parent)";
	case -ENOENT:
		return " (the cgroup above it does not hand it the controller)";
	case -EOPNOTSUPP:
		return " (it is in a threaded subtree, which has no such controllers)";
	case -EINVAL:
		return " (for cpu: there are real-time processes, which RT_GROUP_SCHED kernels refuse)";
	default:
		return "";
	}
}

/* Is @word one of the space-separated words of @list? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && !strncmp(list, word, n))
			return true;
		list += n + (list[n] == ' ');
	}
	return false;
}

static int refused(const struct cgroup_enable_args *a, size_t i, const char *path, int code,
		   struct err *err)
{
	err_sys(err, code, "enable the %s controller in cgroup %s", a->controllers[i], path);
	err_append(err, "%s", explain(code));
	return err_wrap(err, "%s", i < strv_count(a->keys) ? a->keys[i] : "cgroups");
}

static int enable_in(const char *path, const struct cgroup_enable_args *a, struct err *err)
{
	_cleanup_free_ char *file = str_format("%s/cgroup.subtree_control", path);
	char enabled[512];

	if (!file)
		return err_oom(err);
	if (file_read_line(AT_FDCWD, file, enabled, sizeof(enabled), err) < 0)
		return a->optional ? 0 : err_wrap(err, "cgroups");
	for (size_t i = 0; i < strv_count(a->controllers); i++) {
		char word[64];
		int ret;

		if (has_word(enabled, a->controllers[i]))
			continue;
		snprintf(word, sizeof(word), "+%s", a->controllers[i]);
		ret = file_write(AT_FDCWD, file, word, NULL);
		if (ret < 0 && !a->optional)
			return refused(a, i, path, ret, err);
	}
	return 0;
}

static int enable_apply(struct scope *scope, void *args, struct err *err)
{
	struct cgroup_enable_args *a = args;
	int ret = 0;

	(void)scope;
	for (char **p = a->paths; p && *p && ret == 0; p++)
		ret = enable_in(*p, a, err);
	return ret;
}

static void show_all(char *const *controllers, const char *file, FILE *out)
{
	fputs("echo '", out);
	for (char *const *c = controllers; *c; c++)
		fprintf(out, "%s+%s", c == controllers ? "" : " ", *c);
	fputs("' > ", out);
	str_print_shell(out, file);
	fputc('\n', out);
}

static void show_each(char *const *controllers, const char *file, FILE *out)
{
	for (; *controllers; controllers++) {
		fprintf(out, "echo +%s > ", *controllers);
		str_print_shell(out, file);
		fputs(" || true\n", out);
	}
}

static void enable_show(const void *args, FILE *out)
{
	const struct cgroup_enable_args *a = args;

	for (char **p = a->paths; p && *p; p++) {
		_cleanup_free_ char *file = str_format("%s/cgroup.subtree_control", *p);

		if (!file || !a->controllers)
			return;
		if (a->optional)
			show_each(a->controllers, file, out);
		else
			show_all(a->controllers, file, out);
	}
}

const struct step_type cgroup_enable_step = {
	.name = "cgroup.enable",
	.args = &enable_schema,
	.phase = PHASE_PREPARE,
	.apply = enable_apply,
	.show = enable_show,
};
