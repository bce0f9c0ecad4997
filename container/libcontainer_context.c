// SPDX-License-Identifier: Apache-2.0
/*
 * The formats of libcontainer from its first day, 18 February 2014, to June 2014: what is mounted stands at the top, and
 * labels and restrictions in a generic `context`. At first capabilities were given by those to drop, and the usual
 * devices of the host were there for all; in May the list of capabilities to keep came, and devices got keys.
 */
#include "container/old.h"

#include "net/driver.h"

static const char *const shared[] = { "hostname", "networks", "routes", "cgroups", NULL };

/* sysfs is writable, unless it is restricted. */
static const struct old_system_mount *const system_mounts[] = { &old_proc, &old_sys, &old_dev,
								&old_shm,  &old_pts, NULL };
static const char *const usual_devices[] = { "null",    "zero", "full", "random",
					     "urandom", "tty",  NULL };

/* clang-format off */
#define FIELDS \
	OLD_PROCESS_FIELDS, \
	JSON_STRING(struct old_config, "rootfs", path), \
	JSON_STRING(struct old_config, "root_fs", path, .flags = JSON_ALIAS), \
	JSON_BOOL(struct old_config, "readonly_fs", rootfs.readonly, .as = "readonlyfs"), \
	JSON_BOOL(struct old_config, "readonlyfs", rootfs.readonly, .flags = JSON_ALIAS), \
	JSON_BOOL(struct old_config, "no_pivot_root", rootfs.no_pivot_root), \
	JSON_OBJECT(struct old_config, "context", context, &old_context_schema, .as = ""), \
	JSON_CUSTOM(struct old_config, "mounts", rootfs.mounts, &old_bind_mounts_json)
#define KEPT_FIELDS \
	JSON_CUSTOM(struct old_config, "capabilities", keep, &old_keep_json), \
	JSON_CUSTOM(struct old_config, "device_nodes", rootfs.devices, &old_devices_json, .as = "devices[]"), \
	JSON_CUSTOM(struct old_config, "required_device_nodes", required, &old_required_json, .as = "devices[]"), \
	JSON_CUSTOM(struct old_config, "optional_device_nodes", optional, &old_optional_json, .as = "devices[]")
#define FORMAT \
	.shared = shared, \
	.system = system_mounts, \
	.readonly_sys_path = true, \
	.pid_file = true
/* clang-format on */

static const struct json_field context_fields[] = {
	FIELDS,
	KEPT_FIELDS,
	JSON_CUSTOM(struct old_config, "namespaces", namespaces, &old_named_namespaces_json),
	JSON_CUSTOM(struct old_config, "capabilities_mask", drop, &old_drop_flags_json,
		    .as = "capabilities"),
	JSON_END,
};
static const struct json_schema context_schema =
	JSON_SCHEMA(struct old_config, context_fields, .caseless = true);

/* May and June 2014. */
static const struct old_format context_format = {
	FORMAT,
	.schema = &context_schema,
};

/* From 20 March 2014: capabilities_mask, first as a list of objects, then as one object. */
static const struct json_field mask_fields[] = {
	FIELDS,
	KEPT_FIELDS,
	JSON_CUSTOM(struct old_config, "namespaces", namespaces, &old_enabled_namespaces_json),
	JSON_CUSTOM(struct old_config, "capabilities_mask", drop, &old_drop_json,
		    .as = "capabilities"),
	JSON_END,
};
static const struct json_schema mask_schema =
	JSON_SCHEMA(struct old_config, mask_fields, .caseless = true);

static const struct old_format mask_format = {
	FORMAT,
	.schema = &mask_schema,
	.devices = usual_devices,
	.keeps_all = true,
};

/* There was only one type, so nobody said it. */
static const struct json_schema *veth_options(const void *object)
{
	const struct net_driver *driver;

	(void)object;
	return net_driver_find("veth", &driver, NULL) < 0 ? NULL : driver->options;
}

static const struct json_schema *veth_extension(size_t i)
{
	return i == 0 ? veth_options(NULL) : NULL;
}

static int set_veth(void *object, struct err *err)
{
	return net_driver_find("veth", &((struct network *)object)->driver, err);
}

static const struct json_field network_fields[] = {
	JSON_TEXT(struct network, "address", address, &ip_prefix_text),
	JSON_TEXT(struct network, "ip", address, &ip_prefix_text, .flags = JSON_ALIAS),
	JSON_TEXT(struct network, "gateway", gateway, &ip_gateway_text),
	JSON_UINT(struct network, "mtu", mtu, .max = 65535),
	JSON_END,
};
static const struct json_schema only_network_schema =
	JSON_SCHEMA(struct network, network_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true,
		    .extend = veth_options, .extend_offset = offsetof(struct network, options),
		    .extension = veth_extension, .check = set_veth, );

static const struct json_field command_fields[] = {
	JSON_STRINGS(struct process, "args", args, .as = "process.args"),
	JSON_STRINGS(struct process, "environment", env, .as = "process.env"),
	JSON_END,
};
static const struct json_schema command_schema =
	JSON_SCHEMA(struct process, command_fields, .caseless = true);

static const struct json_field first_fields[] = {
	FIELDS,
	JSON_CUSTOM(struct old_config, "namespaces", namespaces, &old_named_namespaces_json),
	JSON_CUSTOM(struct old_config, "capabilities", drop, &old_drop_json),
	JSON_CUSTOM(struct old_config, "capabilities_mask", drop, &old_drop_json,
		    .flags = JSON_ALIAS),
	JSON_OBJECT(struct old_config, "command", command, &command_schema, .as = ""),
	JSON_OBJECT(struct old_config, "network", network, &only_network_schema,
		    .as = "networks[]"),
	JSON_STRING(struct old_config, "cgroup_name", cgroup.name, .as = "cgroups.name"),
	JSON_STRING(struct old_config, "cgroup_parent", cgroup.parent, .as = "cgroups.parent"),
	JSON_BOOL(struct old_config, "device_access", cgroup.allow_all_devices,
		  .as = "cgroups.allow_all_devices"),
	JSON_INT(struct old_config, "memory", cgroup.memory, .min = -1, .max = INT64_MAX,
		 .as = "cgroups.memory"),
	JSON_INT(struct old_config, "memory_swap", cgroup.memory_swap, .min = -1, .max = INT64_MAX,
		 .as = "cgroups.memory_swap"),
	JSON_UINT(struct old_config, "cpu_shares", cgroup.cpu_shares, .as = "cgroups.cpu_shares"),
	JSON_END,
};
static const struct json_schema first_schema =
	JSON_SCHEMA(struct old_config, first_fields, .caseless = true);

/* The first month; all but the namespaces, which are plain names, changed within its first days. */
static const struct old_format first_format = {
	FORMAT,
	.schema = &first_schema,
	.devices = usual_devices,
	.keeps_all = true,
};

static int load_context(struct spec *spec, const struct json_value *root, const char *path,
			struct json_doc **other, struct err *err)
{
	(void)other;
	return old_load(&context_format, spec, root, path, err);
}

static int load_mask(struct spec *spec, const struct json_value *root, const char *path,
		     struct json_doc **other, struct err *err)
{
	(void)other;
	return old_load(&mask_format, spec, root, path, err);
}

static int load_first(struct spec *spec, const struct json_value *root, const char *path,
		      struct json_doc **other, struct err *err)
{
	(void)other;
	return old_load(&first_format, spec, root, path, err);
}

const struct format format_context = {
	.name = "libcontainer (May and June 2014)",
	.load = load_context,
	.schemas = { &context_schema, &spec_schema },
	.keys = shared,
};

const struct format format_mask = {
	.name = "libcontainer (March to May 2014)",
	.load = load_mask,
	.schemas = { &mask_schema, &spec_schema },
	.keys = shared,
};

/* Where entries are objects, the list is of the next format. */
static const char *const not_first[] = { "capabilities_mask[]", NULL };

const struct format format_first = {
	.name = "libcontainer (February and March 2014)",
	.load = load_first,
	.schemas = { &first_schema, &spec_schema },
	.keys = shared,
	.but = not_first,
};
