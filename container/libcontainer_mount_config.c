// SPDX-License-Identifier: Apache-2.0
/*
 * The formats of libcontainer from June 2014 to February 2015: what is mounted stands in a `mount_config`; and those of
 * their last two weeks, when it was flattened already, but the fixed mounts were not yet in it.
 */
#include "container/old.h"

static const struct old_system_mount *const system_mounts[] = { &old_proc,   &old_dev, &old_shm,
								&old_mqueue, &old_pts, &old_sys,
								NULL };
static const struct json_field mount_config_fields[] = {
	JSON_BOOL(struct old_rootfs, "no_pivot_root", no_pivot_root),
	JSON_STRING(struct old_rootfs, "pivot_dir", pivot_dir),
	JSON_BOOL(struct old_rootfs, "readonly_fs", readonly, .as = "readonlyfs"),
	JSON_BOOL(struct old_rootfs, "readonlyfs", readonly, .flags = JSON_ALIAS),
	JSON_CUSTOM(struct old_rootfs, "mounts", mounts, &old_mounts_json),
	JSON_CUSTOM(struct old_rootfs, "device_nodes", devices, &old_devices_json,
		    .as = "devices[]"),
	JSON_STRING(struct old_rootfs, "mount_label", mount_label),
	JSON_END,
};
static const struct json_schema mount_config_schema =
	JSON_SCHEMA(struct old_rootfs, mount_config_fields, .caseless = true);

static const char *const shared[] = {
	"hostname",         "networks",      "routes",  "cgroups",
	"apparmor_profile", "process_label", "rlimits", "additional_groups",
	"uid_mappings",     "gid_mappings",  NULL,
};

static const struct json_field fields[] = {
	OLD_PROCESS_FIELDS,
	JSON_CUSTOM(struct old_config, "namespaces", namespaces, &old_namespaces_json),
	JSON_CUSTOM(struct old_config, "capabilities", keep, &old_keep_json),
	JSON_OBJECT(struct old_config, "mount_config", rootfs, &mount_config_schema, .as = ""),
	JSON_OBJECT(struct old_config, "context", context, &old_context_schema, .as = ""),
	JSON_STRING(struct old_config, "root_fs", path, .as = "rootfs"),
	JSON_STRING(struct old_config, "rootfs", path, .flags = JSON_ALIAS),
	JSON_STRING(struct old_config, "ipc", ipc_path, .as = "namespaces"),
	JSON_BOOL(struct old_config, "restrict_sys", restrict_sys,
		  .as = "mask_paths readonly_paths"),
	JSON_END,
};
static const struct json_schema schema = JSON_SCHEMA(struct old_config, fields, .caseless = true);

static const struct old_format mount_config_format = {
	.schema = &schema,
	.shared = shared,
	.system = system_mounts,
	.readonly_sys = true,
};

static const struct json_field flat_fields[] = {
	OLD_PROCESS_FIELDS,
	JSON_CUSTOM(struct old_config, "mounts", rootfs.mounts, &old_flat_mounts_json),
	JSON_CUSTOM(struct old_config, "device_nodes", rootfs.devices, &old_devices_json,
		    .as = "devices[]"),
	JSON_BOOL(struct old_config, "readonly_fs", rootfs.readonly, .as = "readonlyfs"),
	JSON_STRING(struct old_config, "root_fs", path, .as = "rootfs"),
	JSON_BOOL(struct old_config, "restrict_sys", restrict_sys,
		  .as = "mask_paths readonly_paths"),
	JSON_STRING(struct old_config, "console", console),
	JSON_END,
};
static const struct json_schema flat_schema =
	JSON_SCHEMA(struct old_config, flat_fields, .caseless = true);

static const char *const not_flat[] = { "mounts", "process", NULL };
/* Of a mount the keys of mid-2015 are read as well. */
static const char *const not_read[] = { "process", "networks[].context", NULL };

static const struct old_format flat_format = {
	.schema = &flat_schema,
	.but = not_flat,
	.system = system_mounts,
	.readonly_sys = true,
};

static int load_mount_config(struct spec *spec, const struct json_value *root, const char *path,
			     struct json_doc **other, struct err *err)
{
	(void)other;
	return old_load(&mount_config_format, spec, root, path, err);
}

static int load_flat(struct spec *spec, const struct json_value *root, const char *path,
		     struct json_doc **other, struct err *err)
{
	(void)other;
	return old_load(&flat_format, spec, root, path, err);
}

const struct format format_mount_config = {
	.name = "libcontainer (June 2014 to February 2015)",
	.load = load_mount_config,
	.schemas = { &schema, &spec_schema },
	.keys = shared,
};

const struct format format_flat = {
	.name = "libcontainer (February 2015)",
	.load = load_flat,
	.schemas = { &flat_schema, &spec_schema },
	.but = not_read,
};
