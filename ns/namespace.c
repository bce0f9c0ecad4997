// SPDX-License-Identifier: Apache-2.0
#include "ns/namespace.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

static const struct kind {
	int type;
	const char *proc;
} kinds[] = {
	/*
	 * In the order in which they are entered: the mount namespace late, for the paths of the others are the host's, and
	 * the user namespace last, because in it we have no rights over any of the others that is not its own.
	 */
	{ CLONE_NEWIPC, "ipc" }, { CLONE_NEWUTS, "uts" },       { CLONE_NEWNET, "net" },
	{ CLONE_NEWPID, "pid" }, { CLONE_NEWCGROUP, "cgroup" }, { CLONE_NEWTIME, "time" },
	{ CLONE_NEWNS, "mnt" },  { CLONE_NEWUSER, "user" },
};

const struct json_name namespace_names[] = {
	{ "NEWNS", CLONE_NEWNS },
	{ "NEWUTS", CLONE_NEWUTS },
	{ "NEWIPC", CLONE_NEWIPC },
	{ "NEWPID", CLONE_NEWPID },
	{ "NEWNET", CLONE_NEWNET },
	{ "NEWUSER", CLONE_NEWUSER },
	{ "NEWCGROUP", CLONE_NEWCGROUP },
	{ "NEWTIME", CLONE_NEWTIME },
	/* The OCI's, and those of its drafts. */
	{ "mount", CLONE_NEWNS },
	{ "mnt", CLONE_NEWNS },
	{ "uts", CLONE_NEWUTS },
	{ "ipc", CLONE_NEWIPC },
	{ "pid", CLONE_NEWPID },
	{ "process", CLONE_NEWPID },
	{ "network", CLONE_NEWNET },
	{ "net", CLONE_NEWNET },
	{ "user", CLONE_NEWUSER },
	{ "cgroup", CLONE_NEWCGROUP },
	{ "time", CLONE_NEWTIME },
	{ NULL, 0 },
};

static const struct json_field namespace_fields[] = {
	JSON_ENUM(struct namespace, "type", type, namespace_names, .flags = JSON_REQUIRED),
	JSON_STRING(struct namespace, "path", path),
	JSON_END,
};

/* The historic formats write "path": "" for a new one. */
static int check_namespace(void *object, struct err *err)
{
	struct namespace *n = object;

	(void)err;
	if (n->path && !*n->path) {
		free(n->path);
		n->path = NULL;
	}
	return 0;
}

const struct json_schema namespace_schema =
	JSON_SCHEMA(struct namespace, namespace_fields, .caseless = true, .check = check_namespace);

static int parse_type(const char *text, void *out, struct err *err)
{
	for (const struct json_name *n = namespace_names; n->name; n++) {
		if (strcmp(n->name, text))
			continue;
		*(int *)out = n->value;
		return 0;
	}
	return err_set(err, -EINVAL, "'%.40s' is no kind of namespaces", text);
}

/* The first name that is not libcontainer's. */
static void format_oci_type(const void *in, char *buf, size_t size)
{
	const struct json_name *n = namespace_names;

	while (n->name && (n->value != *(const int *)in || !strncmp(n->name, "NEW", 3)))
		n++;
	snprintf(buf, size, "%s", n->name ? n->name : "");
}

static const struct json_text oci_type = { .parse = parse_type, .format = format_oci_type };

static const struct json_field oci_fields[] = {
	JSON_TEXT(struct namespace, "type", type, &oci_type, .flags = JSON_REQUIRED),
	JSON_STRING(struct namespace, "path", path),
	JSON_END,
};
const struct json_schema namespace_oci_schema =
	JSON_SCHEMA(struct namespace, oci_fields, .check = check_namespace);

int namespace_type_at(size_t i)
{
	return i < array_size(kinds) ? kinds[i].type : 0;
}

const char *namespace_proc_name(int type)
{
	for (size_t i = 0; i < array_size(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].proc;
	return "?";
}

const char *namespace_option(int type)
{
	return type == CLONE_NEWNS ? "mount" : namespace_proc_name(type);
}

const char *namespace_config_name(int type)
{
	for (const struct json_name *n = namespace_names; n->name; n++)
		if (n->value == type)
			return n->name;
	return "?";
}

const struct namespace *namespaces_find(const struct namespaces *list, int type)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type == type)
			return &list->items[i];
	return NULL;
}

bool namespaces_new(const struct namespaces *list, int type)
{
	const struct namespace *n = namespaces_find(list, type);

	return n && !n->path;
}

int namespaces_flags(const struct namespaces *list, bool made)
{
	int flags = 0;

	for (size_t i = 0; i < list->count; i++)
		if (!made || !list->items[i].path)
			flags |= list->items[i].type;
	return flags;
}

int namespaces_add(struct namespaces *list, int type, const char *path, struct err *err)
{
	struct namespace *more = reallocarray(list->items, list->count + 1, sizeof(*more));

	if (!more)
		return err_oom(err);
	list->items = more;
	more += list->count;
	*more = (struct namespace){ .type = type, .path = str_empty(path) ? NULL : strdup(path) };
	if (!str_empty(path) && !more->path)
		return err_oom(err);
	list->count++;
	return 0;
}

int namespaces_check(const struct namespaces *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (namespaces_find(list, list->items[i].type) != &list->items[i])
			return err_set(err, -EINVAL, "namespaces[%zu]: a second %s",
				       i + list->items[i].skipped,
				       namespace_config_name(list->items[i].type));
	return 0;
}

int namespaces_supported(const struct namespaces *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		char path[40];

		snprintf(path, sizeof(path), "/proc/self/ns/%s",
			 namespace_proc_name(list->items[i].type));
		if (!file_exists(AT_FDCWD, path) && file_exists(AT_FDCWD, "/proc/self"))
			return err_set(
				err, -EOPNOTSUPP,
				"namespaces[%zu] (%s): the kernel has no such namespaces (%s "
				"is missing)",
				i + list->items[i].skipped,
				namespace_config_name(list->items[i].type), path);
	}
	return 0;
}

static int open_one(const struct namespace *n, struct err *err)
{
	_cleanup_fd_ int fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int type;

	if (fd < 0)
		return err_sys(err, -errno, "namespaces: %s: cannot open '%s'",
			       namespace_config_name(n->type), n->path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_set(err, -EINVAL, "namespaces: %s: '%s' is not a namespace",
			       namespace_config_name(n->type), n->path);
	if (type != n->type)
		return err_set(err, -EINVAL,
			       "namespaces: %s: '%s' is a namespace of another type (%s)",
			       namespace_config_name(n->type), n->path, namespace_proc_name(type));
	return take_fd(&fd);
}

int namespaces_open(const struct namespaces *list, struct namespace_fds *fds, struct err *err)
{
	*fds = (struct namespace_fds){ .count = 0 };
	for (size_t i = 0; i < array_size(kinds); i++) {
		const struct namespace *n = namespaces_find(list, kinds[i].type);
		int fd;

		if (!n || !n->path)
			continue;
		fd = open_one(n, err);
		if (fd < 0) {
			namespace_fds_close(fds);
			return fd;
		}
		fds->fd[fds->count] = fd;
		fds->type[fds->count++] = n->type;
	}
	return 0;
}

void namespace_fds_close(struct namespace_fds *fds)
{
	while (fds->count)
		close_fd(fds->fd[--fds->count]);
}

int namespace_fds_get(const struct namespace_fds *fds, int type)
{
	for (size_t i = 0; i < fds->count; i++)
		if (fds->type[i] == type)
			return fds->fd[i];
	return -1;
}

int namespace_fds_enter(const struct namespace_fds *fds, struct err *err)
{
	for (size_t i = 0; i < fds->count; i++)
		if (fds->type[i] != CLONE_NEWPID && setns(fds->fd[i], fds->type[i]) < 0)
			return err_sys(err, -errno, "cannot join the %s namespace",
				       namespace_proc_name(fds->type[i]));
	return 0;
}
