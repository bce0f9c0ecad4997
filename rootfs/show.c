// SPDX-License-Identifier: Apache-2.0
/* The child's work as the commands a person would have typed, in order. */
#include "rootfs/rootfs.h"

#include "rootfs/command.h"
#include "rootfs/device.h"
#include "rootfs/flags.h"
#include "rootfs/kind.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The host's path of @inside, as one word for a shell. */
static void print_path(const struct rootfs_spec *spec, const char *inside, FILE *out)
{
	size_t len = strlen(spec->path);
	_cleanup_free_ char *path = NULL;

	while (len && spec->path[len - 1] == '/')
		len--;
	path = str_format("%.*s%s", (int)len, spec->path, inside);
	str_print_shell(out, path ? path : inside);
}

/* " -o ro,nosuid,..." if there is anything to say. */
static void print_options(const char *prefix, unsigned long flags, const char *data, FILE *out)
{
	_cleanup_free_ char *options = NULL;
	size_t len;
	FILE *text = open_memstream(&options, &len);

	if (!text)
		return;
	mount_flags_print(flags, data, text);
	if (fclose(text) || (!len && !prefix))
		return;
	fputs(" -o ", out);
	if (prefix)
		fprintf(out, "%s%s", prefix, len ? "," : "");
	if (len)
		str_print_shell(out, options);
}

static void show_propagation(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			     const char *inside, FILE *out)
{
	static const struct {
		unsigned long flag;
		const char *name;
	} names[] = {
		{ MS_PRIVATE, "private" },
		{ MS_SLAVE, "slave" },
		{ MS_SHARED, "shared" },
		{ MS_UNBINDABLE, "unbindable" },
	};

	for (size_t i = 0; i < array_size(names); i++) {
		if (!(m->flags & names[i].flag))
			continue;
		fprintf(out, "mount --make-%s%s ", m->flags & MS_REC ? "r" : "", names[i].name);
		print_path(spec, inside, out);
		fputc('\n', out);
	}
}

static bool says_mode(const char *data)
{
	return data && (str_starts(data, "mode=") || strstr(data, ",mode="));
}

static void show_new(const struct rootfs_spec *spec, const struct rootfs_mount *m,
		     const char *inside, FILE *out)
{
	bool labelled = !str_empty(spec->mount_label) && !mount_is_kernel_view(m) &&
			strcmp(m->type, "mqueue");
	_cleanup_free_ char *data =
		str_format("%s%s%s%s%s", m->data ? m->data : "",
			   labelled && !str_empty(m->data) ? "," : "", labelled ? "context=\"" : "",
			   labelled ? spec->mount_label : "", labelled ? "\"" : "");

	fputs("mount -t ", out);
	str_print_shell(out, m->type);
	print_options(NULL, m->flags, data, out);
	fputc(' ', out);
	str_print_shell(out, str_empty(m->source) ? m->type : m->source);
	fputc(' ', out);
	print_path(spec, inside, out);
	if (!strcmp(m->type, "tmpfs") && !says_mode(m->data))
		fputs("   # with the mode that the directory had", out);
	fputc('\n', out);
}

static void show_remount(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			 const char *inside, FILE *out)
{
	print_options(m->flags & MS_BIND ? "remount,bind" : "remount", m->flags, m->data, out);
	fputc(' ', out);
	print_path(spec, inside, out);
	fputc('\n', out);
}

static void show_bind(const struct rootfs_spec *spec, const struct rootfs_mount *m,
		      const char *inside, FILE *out)
{
	fprintf(out, "mount --%sbind ", m->flags & MS_REC ? "r" : "");
	str_print_shell(out, m->source);
	fputc(' ', out);
	print_path(spec, inside, out);
	fputc('\n', out);
	if (!mount_flags_attrs(m->flags) && !mount_flags_clear(m->flags))
		return;
	fputs("mount", out);
	print_options("remount,bind", m->flags, NULL, out);
	fputc(' ', out);
	print_path(spec, inside, out);
	fputs(m->flags & MS_REC ? "   # and the mounts below it\n" : "\n", out);
}

static void show_cgroup(const struct rootfs_spec *spec, const struct rootfs_mount *m,
			const char *inside, FILE *out)
{
	bool single = !strcmp(m->type, "cgroup2");

	if (!single) {
		fputs("mount -t tmpfs", out);
		print_options(NULL,
			      (m->flags | MS_NOSUID | MS_NODEV | MS_NOEXEC) &
				      ~(unsigned long)MS_RDONLY,
			      "mode=755", out);
		fputs(" tmpfs ", out);
		print_path(spec, inside, out);
		fputc('\n', out);
	}
	fputs("mount --bind \"$CGROUP\" ", out);
	print_path(spec, inside, out);
	fputs(single ? "   # the container's own\n"
		     : "/CONTROLLERS   # for each cgroup of the container\n",
	      out);
	if (!(m->flags & MS_RDONLY))
		return;
	fputs("mount -o remount,bind,ro ", out);
	print_path(spec, inside, out);
	fputc('\n', out);
}

static void show_mount(const struct rootfs_spec *spec, const struct rootfs_mount *m, FILE *out)
{
	_cleanup_free_ char *inside = NULL;

	if (path_inside(spec->path, m->destination, &inside, NULL))
		return;
	switch (mount_kind(m)) {
	case MOUNT_NEW:
		show_new(spec, m, inside, out);
		break;
	case MOUNT_BIND:
		show_bind(spec, m, inside, out);
		break;
	case MOUNT_CGROUP:
		show_cgroup(spec, m, inside, out);
		break;
	case MOUNT_REMOUNT:
		fputs("mount", out);
		show_remount(spec, m, inside, out);
		break;
	case MOUNT_PROPAGATION:
		break;
	}
	show_propagation(spec, m, inside, out);
}

/* Is /dev a tmpfs of the config, which the links go to? And /dev/pts a devpts? */
static bool is_mounted(const struct rootfs_spec *spec, const char *path, const char *type)
{
	bool found = false;

	for (size_t i = 0; i < spec->mount_count; i++) {
		const struct rootfs_mount *m = &spec->mounts[i];
		_cleanup_free_ char *inside = NULL;

		if (!path_inside(spec->path, m->destination, &inside, NULL) &&
		    !strcmp(inside, path) && mount_kind(m) == MOUNT_NEW)
			found = m->type && !strcmp(m->type, type);
	}
	return found;
}

static void show_host_device(const struct rootfs_spec *spec, const char *inside, FILE *out)
{
	fputs("touch ", out);
	print_path(spec, inside, out);
	fputs("\nmount --bind ", out);
	str_print_shell(out, inside);
	fputc(' ', out);
	print_path(spec, inside, out);
	fputs("\nmount -o remount,bind,ro ", out);
	print_path(spec, inside, out);
	fputc('\n', out);
}

static void show_device(const struct rootfs_spec *spec, const struct rootfs_device *d, bool userns,
			FILE *out)
{
	_cleanup_free_ char *inside = NULL;

	if (path_inside(NULL, d->path, &inside, NULL))
		return;
	if (userns && device_type(d) != S_IFIFO) {
		show_host_device(spec, inside, out);
		return;
	}
	fprintf(out, "mknod -m %o ", d->file_mode);
	print_path(spec, inside, out);
	if (device_type(d) == S_IFIFO)
		fputs(" p\n", out);
	else
		fprintf(out, " %c %" PRId64 " %" PRId64 "\n", device_type(d) == S_IFBLK ? 'b' : 'c',
			d->major, d->minor);
	if (!d->uid && !d->gid)
		return;
	fprintf(out, "chown %u:%u ", d->uid, d->gid);
	print_path(spec, inside, out);
	fputc('\n', out);
}

static void show_links(const struct rootfs_spec *spec, FILE *out)
{
	if (!is_mounted(spec, "/dev", "tmpfs"))
		return;
	for (const struct dev_link *l = dev_links; l->path; l++) {
		if (l->needs_devpts && !is_mounted(spec, "/dev/pts", "devpts"))
			continue;
		fprintf(out, "ln -s %s ", l->target);
		print_path(spec, l->path, out);
		fprintf(out, "%s\n", l->needs ? "   # if it exists" : "");
	}
}

static void show_enter(const struct rootfs_spec *spec, FILE *out)
{
	fputs("cd ", out);
	str_print_shell(out, spec->path);
	if (spec->no_pivot_root)
		fputs("\nmount --move . /\nchroot .\n", out);
	else
		fputs("\npivot_root . .\numount -l .\n", out);
	fputs("cd /\n", out);
}

static void show_restrictions(const struct rootfs_spec *spec, FILE *out)
{
	for (char **p = spec->readonly_paths; p && *p; p++) {
		fputs("mount --rbind ", out);
		str_print_shell(out, *p);
		fputc(' ', out);
		str_print_shell(out, *p);
		fputs("\nmount -o remount,bind,ro ", out);
		str_print_shell(out, *p);
		fputc('\n', out);
	}
	for (char **p = spec->masked_paths; p && *p; p++) {
		fputs("mount --bind /dev/null ", out);
		str_print_shell(out, *p);
		fputs("   # a directory: an empty read-only tmpfs\n", out);
	}
	if (spec->readonly)
		fputs("mount -o remount,bind,ro /\n", out);
}

void rootfs_show(const struct rootfs_spec *spec, bool userns, FILE *out)
{
	fprintf(out, "mount --make-r%s /\n", spec->private_propagation ? "private" : "slave");
	fputs("mount --rbind ", out);
	str_print_shell(out, spec->path);
	fputc(' ', out);
	str_print_shell(out, spec->path);
	fputc('\n', out);
	for (size_t i = 0; i < spec->mount_count; i++) {
		commands_show(spec, i, BEFORE_MOUNT, out);
		show_mount(spec, &spec->mounts[i], out);
		commands_show(spec, i, AFTER_MOUNT, out);
	}
	for (size_t i = 0; i < spec->device_count; i++)
		show_device(spec, &spec->devices[i], userns, out);
	show_links(spec, out);
	show_enter(spec, out);
	show_restrictions(spec, out);
}
