// SPDX-License-Identifier: Apache-2.0
#include "container/old.h"

#include "container/command.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define FIELDS_MAX 64

static bool is_among(const char *key, const char *const *keys)
{
	for (; keys && *keys; keys++)
		if (!strcmp(*keys, key))
			return true;
	return false;
}

/* Those keys of spec_schema that mean the same here. */
static int decode_shared(const struct old_format *format, struct spec *spec,
			 const struct json_value *root, struct err *err)
{
	struct json_field fields[FIELDS_MAX];
	struct json_schema part = spec_schema;
	size_t n = 0;

	for (const struct json_field *f = spec_schema.fields; f->type != JSON_TYPE_END; f++)
		if ((!format->shared || is_among(f->key, format->shared)) &&
		    !is_among(f->key, format->but) && n < FIELDS_MAX - 1)
			fields[n++] = *f;
	fields[n] = (struct json_field)JSON_END;
	part.fields = fields;
	return json_value_decode(&part, spec, root, err);
}

static const struct json_field context_fields[] = {
	JSON_STRING(struct old_context, "apparmor_profile", apparmor_profile),
	JSON_STRING(struct old_context, "process_label", process_label),
	JSON_STRING(struct old_context, "mount_label", mount_label),
	JSON_STRING(struct old_context, "restrictions", restrictions,
		    .as = "mask_paths readonly_paths"),
	JSON_END,
};
const struct json_schema old_context_schema =
	JSON_SCHEMA(struct old_context, context_fields, .caseless = true);

/* Who says it twice says it with the key of its own. */
static void take_string(char **to, char **from)
{
	if (!str_empty(*to))
		return;
	free(*to);
	*to = take_ptr(*from);
}

/* A relative directory is one of the container's root. */
static int make_absolute(char **dir, struct err *err)
{
	char *absolute;

	if (str_empty(*dir) || **dir == '/')
		return 0;
	absolute = str_format("/%s", *dir);
	if (!absolute)
		return err_oom(err);
	free(*dir);
	*dir = absolute;
	return 0;
}

static int take_process(struct old_config *c, struct spec *spec, struct err *err)
{
	struct process *p = &spec->process;
	const char *key = "environment";
	int ret;

	*p = take_struct(c->process);
	p->args = take_ptr(c->command.args);
	if (!p->env && c->command.env) {
		p->env = take_ptr(c->command.env);
		key = "command.environment";
	}
	ret = make_absolute(&p->cwd, err);
	for (size_t i = 0; ret == 0 && p->env && p->env[i]; i++) {
		ret = command_check_env(p->env[i], err);
		if (ret < 0)
			err_wrap(err, "%s[%zu]", key, i);
	}
	return ret;
}

static int take_namespaces(struct old_config *c, struct spec *spec, struct err *err)
{
	if (c->namespaces.count)
		spec->namespaces = take_struct(c->namespaces);
	if (str_empty(c->ipc_path))
		return 0;
	return old_join_namespace(&spec->namespaces, CLONE_NEWIPC, c->ipc_path, err);
}

static void take_capabilities(const struct old_format *format, struct old_config *c,
			      struct spec *spec)
{
	/* Who left both in the config meant both. */
	if (c->keep.given)
		spec->capabilities = capabilities_keep(c->keep.mask & ~c->drop.mask);
	else if (c->drop.given || format->keeps_all)
		spec->capabilities = old_all_but(c->drop.mask);
}

/*
 * Memory with swap: twice the memory if nothing else was said, which the config of a container without a limit does not
 * ask for. -1 left it alone. That any other number was taken for twice the memory was an error, mended in December 2014.
 */
static void set_swap(struct cgroup_spec *c)
{
	if (c->memory_swap < 0)
		c->memory_swap = 0;
	else if (c->memory_swap == 0 && c->memory > 0)
		c->memory_swap = c->memory > INT64_MAX / 2 ? INT64_MAX : 2 * c->memory;
}

/* For some days these keys stood at the top. */
static int take_cgroup(struct old_config *c, struct spec *spec, struct err *err)
{
	static const struct cgroup_spec nothing;

	if (memcmp(&c->cgroup, &nothing, sizeof(nothing)) != 0) {
		if (spec->cgroup.present)
			return err_set(err, -EINVAL,
				       "cgroups: its keys stand at the top as well, as they did "
				       "before there was an object");
		spec->cgroup = take_struct(c->cgroup);
		spec->cgroup.present = true;
	}
	set_swap(&spec->cgroup);
	return 0;
}

static int take_network(struct old_config *c, struct spec *spec, struct err *err)
{
	struct net_config *net = &spec->net;
	struct network *more;

	if (!c->network.driver)
		return 0;
	more = reallocarray(net->networks, net->network_count + 1, sizeof(*more));
	if (!more)
		return err_oom(err);
	net->networks = more;
	more[net->network_count++] = take_struct(c->network);
	return 0;
}

static void take_labels(struct old_config *c, struct spec *spec)
{
	take_string(&spec->rootfs.mount_label, &c->rootfs.mount_label);
	take_string(&spec->rootfs.mount_label, &c->context.mount_label);
	take_string(&spec->apparmor_profile, &c->context.apparmor_profile);
	take_string(&spec->process_label, &c->context.process_label);
}

static int take_devices(const struct old_format *format, struct old_config *c, struct spec *spec,
			struct err *err)
{
	struct old_devices *const all[] = { &c->rootfs.devices, &c->required, &c->optional };
	bool given = spec->rootfs.device_count;
	size_t skipped = 0;
	int ret = 0;

	for (size_t i = 0; i < array_size(all) && ret == 0; i++) {
		given = given || all[i]->given;
		/* Errors count through all of the lists. */
		for (size_t j = 0; j < all[i]->count; j++)
			all[i]->items[j].skipped += skipped;
		skipped += all[i]->skipped;
		ret = old_add_devices(all[i], spec, err);
	}
	if (ret == 0 && !given && format->devices)
		ret = old_add_host_devices(format->devices, spec, err);
	return ret;
}

static int restrict_paths(const struct old_format *format, struct rootfs_spec *to, struct err *err)
{
	int ret = rootfs_protect_proc(to, err);

	if (ret == 0 && format->readonly_sys_path && strv_add(&to->readonly_paths, "/sys") < 0)
		return err_oom(err);
	return ret;
}

static int take_rootfs(const struct old_format *format, struct old_config *c, struct spec *spec,
		       struct err *err)
{
	bool restricted = c->restrict_sys || !str_empty(c->context.restrictions);
	struct rootfs_spec *to = &spec->rootfs;
	int ret;

	spec->loose_rootfs = true;
	spec->pid_file = format->pid_file;
	take_string(&to->path, &c->path);
	take_string(&spec->pivot_dir, &c->rootfs.pivot_dir);
	to->readonly |= c->rootfs.readonly;
	to->no_pivot_root |= c->rootfs.no_pivot_root;
	to->private_propagation |= !to->no_pivot_root;
	take_list(to->mounts, to->mount_count, c->rootfs.mounts.items, c->rootfs.mounts.count);
	ret = make_absolute(&spec->pivot_dir, err);
	if (ret == 0 && restricted)
		ret = restrict_paths(format, to, err);
	if (ret == 0)
		ret = take_devices(format, c, spec, err);
	return ret == 0 ? old_add_system_mounts(format, restricted, spec, err) : ret;
}

static int take_all(const struct old_format *format, struct old_config *c, struct spec *spec,
		    struct err *err)
{
	int ret = take_process(c, spec, err);

	take_capabilities(format, c, spec);
	take_labels(c, spec);
	if (ret == 0)
		ret = take_namespaces(c, spec, err);
	if (ret == 0)
		ret = take_cgroup(c, spec, err);
	if (ret == 0)
		ret = take_network(c, spec, err);
	if (ret == 0)
		ret = take_rootfs(format, c, spec, err);
	/* What came out of /run long ago is no terminal of this container's. */
	if (ret == 0 && !str_empty(c->console))
		return err_set(err, -EOPNOTSUPP,
			       "console: a terminal is not given by its path; see 'tty'");
	return ret;
}

int old_load(const struct old_format *format, struct spec *spec, const struct json_value *root,
	     const char *path, struct err *err)
{
	struct old_config c;
	int ret = json_value_decode(format->schema, &c, root, err);

	if (ret < 0)
		return ret;
	ret = decode_shared(format, spec, root, err);
	if (ret == 0 && take_all(format, &c, spec, err) < 0)
		ret = err_wrap(err, "%s", path);
	json_release(format->schema, &c);
	return ret;
}
