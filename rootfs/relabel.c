// SPDX-License-Identifier: Apache-2.0
#include "rootfs/relabel.h"

#include "rootfs/kind.h"
#include "rootfs/path.h"
#include "rootfs/tree.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define XATTR_SELINUX "security.selinux"

int relabel_check(const struct rootfs_mount *m, struct err *err)
{
	const char *how = m->relabel ? m->relabel : "";

	if (!*how)
		return 0;
	if (strchr(how, 'z') && strchr(how, 'Z'))
		return err_set(err, -EINVAL, "relabel: z and Z can not be used together");
	if (strcmp(how, "z") && strcmp(how, "Z"))
		return err_set(err, -EINVAL, "relabel: '%.40s' is neither z nor Z", how);
	return mount_kind(m) == MOUNT_BIND
		       ? 0
		       : err_set(err, -EINVAL,
				 "relabel: only what is bind-mounted has a source that "
				 "could be relabeled");
}

/* Where a file system has labels for each file, the whole of it having one by an option is success as well. */
int rootfs_label_file(int fd, const char *label, struct err *err)
{
	if (str_empty(label) || fsetxattr(fd, XATTR_SELINUX, label, strlen(label) + 1, 0) == 0 ||
	    errno == EOPNOTSUPP)
		return 0;
	return err_sys(err, -errno, "mount_label: '%.200s'", label);
}

struct relabel {
	char *path; /* of the host, real */
	char *label;
	bool mounts; /* also what is mounted below it */
};

static const struct json_field relabel_fields[] = {
	JSON_STRING(struct relabel, "path", path, .flags = JSON_REQUIRED),
	JSON_STRING(struct relabel, "label", label, .flags = JSON_REQUIRED),
	JSON_BOOL(struct relabel, "mounts", mounts), JSON_END
};
static const struct json_schema relabel_schema = JSON_SCHEMA(struct relabel, relabel_fields);

/* By the name of the descriptor in the host's /proc, which leads to the very file, be it a symlink or a device. */
static int label_file(void *arg, int fd, struct err *err)
{
	const char *label = arg;
	char link[40], path[PATH_MAX];
	ssize_t len;
	int ret;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (setxattr(link, XATTR_SELINUX, label, strlen(label) + 1, 0) == 0)
		return 0;
	ret = -errno;
	len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	return err_sys(err, ret, "cannot label '%.200s' as '%.200s'", path, label);
}

/* A bind mount gives them other names. */
static int refuse_system(int fd, const char *path, struct err *err)
{
	static const char *const system[] = { "/", "/usr", "/etc" };
	struct stat st, other;

	if (fstat(fd, &st) < 0)
		return err_sys(err, -errno, "'%s'", path);
	for (size_t i = 0; i < array_size(system); i++)
		if (stat(system[i], &other) == 0 && st.st_dev == other.st_dev &&
		    st.st_ino == other.st_ino)
			return err_set(err, -EPERM, "relabeling of '%s' is not allowed", path);
	return 0;
}

static int open_source(const char *path, struct err *err)
{
	_cleanup_fd_ int fd = path_open_host(path, 0);
	int ret = fd < 0 ? err_sys(err, fd, "'%s'", path) : refuse_system(fd, path, err);

	return ret < 0 ? ret : take_fd(&fd);
}

static int relabel_apply(struct scope *scope, void *args, struct err *err)
{
	const struct relabel *r = args;
	_cleanup_fd_ int fd = open_source(r->path, err);
	int ret = fd;

	(void)scope;
	if (fd >= 0)
		ret = tree_walk(fd, r->mounts, label_file, r->label, err);
	if (fd >= 0 && ret < 0)
		err_wrap(err, "below '%.200s'", r->path);
	return ret < 0 ? err_wrap(err, "relabel") : 0;
}

static int relabel_probe(struct scope *scope, const void *args, struct err *err)
{
	const struct relabel *r = args;
	char label[PATH_MAX];
	ssize_t len = lgetxattr(r->path, XATTR_SELINUX, label, sizeof(label) - 1);

	(void)scope;
	if (len < 0)
		return err_sys(err, -errno, "label of '%s'", r->path);
	label[len] = '\0';
	return strcmp(label, r->label)
		       ? err_set(err, -ESTALE, "'%s' has the label '%s'", r->path, label)
		       : 0;
}

static void relabel_show(const void *args, FILE *out)
{
	const struct relabel *r = args;

	fputs("chcon -R ", out);
	str_print_shell(out, r->label);
	fputc(' ', out);
	str_print_shell(out, r->path);
	fputc('\n', out);
}

/* The label stays: what had been there before is nobody's to know for a whole tree, and others may use it by now. */
const struct step_type relabel_step = {
	.name = "rootfs.relabel",
	.args = &relabel_schema,
	.phase = PHASE_PREPARE,
	.apply = relabel_apply,
	.probe = relabel_probe,
	.show = relabel_show,
};

/* Up to the level, if there is one: "user:role:type:s0:c1,c2". */
static char *shared_label(const char *label)
{
	const char *at = label;

	for (int fields = 0; fields < 3; fields++) {
		at += strcspn(at, ":");
		if (!*at)
			return strdup(label);
		at++;
	}
	return str_format("%.*ss0", (int)(at - label), label);
}

int relabel_plan(const struct rootfs_spec *spec, const struct rootfs_mount *m, const char *origin,
		 struct plan *plan, struct err *err)
{
	struct step where = { .origin = (char *)origin };
	struct relabel args = { .mounts = m->flags & MS_REC };
	_cleanup_fd_ int fd = -1;

	if (str_empty(m->relabel) || str_empty(spec->mount_label))
		return 0;
	args.path = realpath(m->source, NULL);
	if (!args.path)
		return err_sys(err, -errno, "source '%s'", m->source);
	fd = open_source(args.path, err);
	if (fd >= 0)
		args.label = *m->relabel == 'z' ? shared_label(spec->mount_label)
						: strdup(spec->mount_label);
	if (!args.label) {
		json_release(&relabel_schema, &args);
		return fd < 0 ? fd : err_oom(err);
	}
	return plan_add(plan, &relabel_step, &where, &args, err);
}
