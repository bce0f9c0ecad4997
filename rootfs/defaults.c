// SPDX-License-Identifier: Apache-2.0
#include "rootfs/rootfs.h"

#include "rootfs/kind.h"
#include "rootfs/path.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <string.h>
#include <sys/mount.h>

/* What libcontainer mounted in every container until its configs listed all mounts (March 2015). */
static const struct default_mount {
	const char *source, *destination, *type, *data;
	unsigned long flags;
	bool for_devices; /* only where devices are declared and /dev is no mount */
} defaults[] = {
	{ "proc", "/proc", "proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, false },
	{ "tmpfs", "/dev", "tmpfs", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME, true },
	{ "devpts", "/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=620,gid=5",
	  MS_NOSUID | MS_NOEXEC, true },
};

static int is_mounted(const struct rootfs_spec *spec, const char *path, bool *mounted,
		      struct err *err)
{
	*mounted = false;
	for (size_t i = 0; i < spec->mount_count && !*mounted; i++) {
		_cleanup_free_ char *inside = NULL;
		int ret = path_inside(spec->path, spec->mounts[i].destination, &inside, err);

		if (ret)
			return err_wrap(err, "mounts[%zu]", mount_index(spec, i));
		*mounted = !strcmp(inside, path);
	}
	return 0;
}

static void release_mount(struct rootfs_mount *m)
{
	free(m->source);
	free(m->destination);
	free(m->type);
	free(m->data);
}

static int fill_mount(struct rootfs_mount *m, const struct default_mount *d, struct err *err)
{
	*m = (struct rootfs_mount){
		.source = strdup(d->source),
		.destination = strdup(d->destination),
		.type = strdup(d->type),
		.data = d->data ? strdup(d->data) : NULL,
		.flags = d->flags,
		.automatic = true,
	};
	if (m->source && m->destination && m->type && (m->data || !d->data))
		return 0;
	release_mount(m);
	return err_oom(err);
}

/* Put @added before all mounts of @spec. */
static int put_first(struct rootfs_spec *spec, const struct rootfs_mount *added, size_t count,
		     struct err *err)
{
	struct rootfs_mount *grown = calloc(spec->mount_count + count, sizeof(*grown));

	if (!grown)
		return err_oom(err);
	memcpy(grown, added, count * sizeof(*grown));
	if (spec->mount_count)
		memcpy(grown + count, spec->mounts, spec->mount_count * sizeof(*grown));
	free(spec->mounts);
	spec->mounts = grown;
	spec->mount_count += count;
	return 0;
}

static int choose(const struct rootfs_spec *spec, const struct default_mount **chosen,
		  size_t *count, struct err *err)
{
	bool mounted, dev_mounted;
	int ret = is_mounted(spec, "/dev", &dev_mounted, err);

	for (size_t i = 0; !ret && i < array_size(defaults); i++) {
		if (defaults[i].for_devices && (dev_mounted || !spec->device_count))
			continue;
		ret = is_mounted(spec, defaults[i].destination, &mounted, err);
		if (!ret && !mounted)
			chosen[(*count)++] = &defaults[i];
	}
	return ret;
}

int rootfs_add_defaults(struct rootfs_spec *spec, struct err *err)
{
	const struct default_mount *chosen[array_size(defaults)];
	struct rootfs_mount added[array_size(defaults)];
	size_t count = 0, made = 0;
	int ret = choose(spec, chosen, &count, err);

	while (!ret && made < count) {
		ret = fill_mount(&added[made], chosen[made], err);
		made += !ret;
	}
	if (!ret && count)
		ret = put_first(spec, added, count, err);
	if (ret)
		for (size_t i = 0; i < made; i++)
			release_mount(&added[i]);
	return ret;
}

int rootfs_protect_proc(struct rootfs_spec *spec, struct err *err)
{
	static const char *const readonly[] = { "/proc/sys", "/proc/sysrq-trigger", "/proc/irq",
						"/proc/bus" };
	int ret = strv_add(&spec->masked_paths, "/proc/kcore");

	for (size_t i = 0; i < array_size(readonly) && ret == 0; i++)
		ret = strv_add(&spec->readonly_paths, readonly[i]);
	return ret < 0 ? err_oom(err) : 0;
}
