// SPDX-License-Identifier: Apache-2.0
#include "container/old.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#define MS_STRICT (MS_NOSUID | MS_NODEV | MS_NOEXEC)

struct old_system_mount {
	const char *source, *destination, *type, *data;
	unsigned long flags;
};

/* clang-format off */
const struct old_system_mount old_proc = { "proc", "/proc", "proc", NULL, MS_STRICT };
const struct old_system_mount old_sys = { "sysfs", "/sys", "sysfs", NULL, MS_STRICT };
const struct old_system_mount old_dev = { "tmpfs", "/dev", "tmpfs", "mode=755", MS_NOSUID | MS_STRICTATIME };
const struct old_system_mount old_shm = { "shm", "/dev/shm", "tmpfs", "mode=1777,size=65536k", MS_STRICT };
const struct old_system_mount old_mqueue = { "mqueue", "/dev/mqueue", "mqueue", NULL, MS_STRICT };
const struct old_system_mount old_pts = { "devpts", "/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=620,gid=5", MS_NOSUID | MS_NOEXEC };
/* clang-format on */

struct entry {
	char *type;
	struct rootfs_mount mount;
	bool writable, private, slave;
};

static const struct json_field entry_fields[] = {
	JSON_STRING(struct entry, "type", type, .as = "device"),
	JSON_STRING(struct entry, "source", mount.source),
	JSON_STRING(struct entry, "destination", mount.destination),
	JSON_STRING(struct entry, "relabel", mount.relabel),
	JSON_BOOL(struct entry, "writable", writable, .as = "flags"),
	JSON_BOOL(struct entry, "private", private, .as = "flags"),
	JSON_BOOL(struct entry, "slave", slave, .as = "flags"),
	JSON_END,
};
static const struct json_schema entry_schema =
	JSON_SCHEMA(struct entry, entry_fields, .caseless = true);

/* Read-only below too; private and slave in one were made private last. */
static void make_bind(struct entry *e)
{
	struct rootfs_mount *m = &e->mount;

	m->flags = MS_BIND | MS_REC;
	if (!e->writable)
		m->flags |= MS_RDONLY;
	if (e->private)
		m->flags |= MS_PRIVATE;
	else if (e->slave)
		m->flags |= MS_SLAVE;
}

static void make_tmpfs(struct entry *e)
{
	e->mount.flags = MS_STRICT;
}

static const struct kind {
	const char *type;
	void (*make)(struct entry *e);
} kinds[] = {
	{ "bind", make_bind },
	{ "tmpfs", make_tmpfs },
};

static const struct kind *find_kind(const struct entry *e)
{
	for (size_t i = 0; e->type && i < array_size(kinds); i++)
		if (!strcmp(kinds[i].type, e->type))
			return &kinds[i];
	return NULL;
}

static int push(struct old_mounts *list, struct rootfs_mount *m, struct err *err)
{
	struct rootfs_mount *more = reallocarray(list->items, list->count + 1, sizeof(*more));

	if (!more)
		return err_oom(err);
	list->items = more;
	more[list->count++] = take_struct(*m);
	return 0;
}

static int add_kind(struct old_mounts *list, const struct kind *kind, struct entry *e,
		    struct err *err)
{
	int ret;

	kind->make(e);
	e->mount.skipped = list->skipped;
	e->mount.type = take_ptr(e->type);
	ret = push(list, &e->mount, err);
	if (ret < 0)
		free(e->mount.type);
	return ret;
}

static int refuse_kind(const struct entry *e, const struct json_value *v, struct err *err)
{
	if (!e->type)
		return json_value_err(v, err, -EINVAL, "the key 'type' is missing");
	return json_value_err(v, err, -EINVAL,
			      "mounts of type '%.40s' are not supported: bind or tmpfs", e->type);
}

/* Until August 2014 all but bind mounts were passed over. */
static int add_entry(struct old_mounts *list, const struct json_value *v, bool only_binds,
		     struct err *err)
{
	struct entry e;
	const struct kind *kind;
	int ret = json_value_decode(&entry_schema, &e, v, err);

	if (ret < 0)
		return ret;
	kind = find_kind(&e);
	if (kind && (kind->make == make_bind || !only_binds))
		ret = add_kind(list, kind, &e, err);
	else if (!only_binds)
		ret = refuse_kind(&e, v, err);
	else
		list->skipped++;
	json_release(&entry_schema, &e);
	return ret;
}

static int add_bind(struct old_mounts *list, const struct json_value *v, struct err *err)
{
	return add_entry(list, v, true, err);
}

static int add_bind_or_tmpfs(struct old_mounts *list, const struct json_value *v, struct err *err)
{
	return add_entry(list, v, false, err);
}

static int add_flat(struct old_mounts *list, const struct json_value *v, struct err *err)
{
	struct rootfs_mount m;
	int ret;

	if (!json_value_get_caseless(v, "device") && !json_value_get_caseless(v, "flags"))
		return add_bind_or_tmpfs(list, v, err);
	ret = json_value_decode(&spec_mount_schema, &m, v, err);
	if (ret == 0)
		ret = push(list, &m, err);
	json_release(&spec_mount_schema, &m);
	return ret;
}

static int decode(const struct json_value *list, void *out, struct err *err,
		  int (*add)(struct old_mounts *, const struct json_value *, struct err *))
{
	int ret = 0;

	if (json_value_kind(list) != JSON_IS_ARRAY)
		return json_value_err(list, err, -EINVAL, "expected a list of mounts");
	for (const struct json_value *v = json_value_at(list, 0); v && ret == 0;
	     v = json_value_next(v))
		ret = add(out, v, err);
	return ret;
}

static int decode_bind(const struct json_value *list, void *out, struct err *err)
{
	return decode(list, out, err, add_bind);
}

static int decode_bind_or_tmpfs(const struct json_value *list, void *out, struct err *err)
{
	return decode(list, out, err, add_bind_or_tmpfs);
}

static int decode_flat(const struct json_value *list, void *out, struct err *err)
{
	return decode(list, out, err, add_flat);
}

static void release(void *in)
{
	struct old_mounts *list = in;

	for (size_t i = 0; i < list->count; i++)
		json_release(&spec_mount_schema, &list->items[i]);
	free(list->items);
}

const struct json_custom old_bind_mounts_json = { .decode = decode_bind,
						  .release = release,
						  .what = "list of objects",
						  .schema = &entry_schema };
const struct json_custom old_mounts_json = { .decode = decode_bind_or_tmpfs,
					     .release = release,
					     .what = "list of objects",
					     .schema = &entry_schema };
const struct json_custom old_flat_mounts_json = { .decode = decode_flat,
						  .release = release,
						  .what = "list of objects",
						  .schema = &entry_schema };

static bool is_taken(const struct rootfs_spec *spec, const char *destination)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (spec->mounts[i].destination &&
		    !strcmp(spec->mounts[i].destination, destination))
			return true;
	return false;
}

static int push_system(struct old_mounts *list, const struct old_system_mount *s,
		       unsigned long flags, struct err *err)
{
	struct rootfs_mount m = {
		.source = strdup(s->source),
		.destination = strdup(s->destination),
		.type = strdup(s->type),
		.data = s->data ? strdup(s->data) : NULL,
		.flags = s->flags | flags,
		.automatic = true,
	};
	bool whole = m.source && m.destination && m.type && (m.data || !s->data);
	int ret = whole ? push(list, &m, err) : err_oom(err);

	json_release(&spec_mount_schema, &m);
	return ret;
}

int old_add_system_mounts(const struct old_format *format, bool restricted, struct spec *spec,
			  struct err *err)
{
	struct old_mounts list = { 0 };
	struct rootfs_spec *to = &spec->rootfs;
	int ret = 0;

	for (size_t i = 0; format->system[i] && ret == 0; i++) {
		const struct old_system_mount *s = format->system[i];
		bool readonly = s == &old_sys && restricted && format->readonly_sys;

		if (!is_taken(to, s->destination))
			ret = push_system(&list, s, readonly ? MS_RDONLY : 0, err);
	}
	for (size_t i = 0; i < to->mount_count && ret == 0; i++)
		ret = push(&list, &to->mounts[i], err);
	if (ret < 0) {
		release(&list);
		return ret;
	}
	free(to->mounts);
	to->mounts = list.items;
	to->mount_count = list.count;
	return 0;
}
