// SPDX-License-Identifier: Apache-2.0
/*
 * The config format of libcontainer in mid-2015 (configs.Config as JSON): keys and their places in the
 * typed spec. Keys match without regard to case and unknown ones are ignored, as Go's encoding/json does; inside
 * networks and routes an unknown one is warned of.
 */
#include "container/spec.h"

#include "cgroup/config.h"
#include "lib/device.h"
#include "lib/words.h"

static const struct json_field command_fields[] = {
	JSON_STRING(struct rootfs_command, "path", path),
	JSON_STRINGS(struct rootfs_command, "args", args),
	JSON_STRINGS(struct rootfs_command, "env", env),
	JSON_STRING(struct rootfs_command, "dir", dir),
	JSON_END,
};
static const struct json_schema command_schema =
	JSON_SCHEMA(struct rootfs_command, command_fields, .caseless = true);

static const struct json_field mount_fields[] = {
	JSON_STRING(struct rootfs_mount, "source", source),
	JSON_STRING(struct rootfs_mount, "destination", destination),
	JSON_STRING(struct rootfs_mount, "device", type),
	JSON_UINT(struct rootfs_mount, "flags", flags),
	JSON_STRING(struct rootfs_mount, "data", data),
	JSON_STRING(struct rootfs_mount, "relabel", relabel),
	JSON_ARRAY(struct rootfs_mount, "premount_cmds", premount_cmds, premount_cmd_count,
		   &command_schema),
	JSON_ARRAY(struct rootfs_mount, "postmount_cmds", postmount_cmds, postmount_cmd_count,
		   &command_schema),
	JSON_END,
};
const struct json_schema spec_mount_schema =
	JSON_SCHEMA(struct rootfs_mount, mount_fields, .caseless = true);

static const struct json_field device_fields[] = {
	JSON_CUSTOM(struct rootfs_device, "type", type, &device_type_json, .flags = JSON_REQUIRED),
	JSON_STRING(struct rootfs_device, "path", path),
	JSON_INT(struct rootfs_device, "major", major, .min = -1, .max = DEVICE_MAJOR_MAX),
	JSON_INT(struct rootfs_device, "major_number", major, .min = -1, .max = DEVICE_MAJOR_MAX,
		 .flags = JSON_ALIAS),
	JSON_INT(struct rootfs_device, "minor", minor, .min = -1, .max = DEVICE_MINOR_MAX),
	JSON_INT(struct rootfs_device, "minor_number", minor, .min = -1, .max = DEVICE_MINOR_MAX,
		 .flags = JSON_ALIAS),
	JSON_UINT(struct rootfs_device, "file_mode", file_mode),
	JSON_UINT(struct rootfs_device, "uid", uid),
	JSON_UINT(struct rootfs_device, "gid", gid),
	JSON_END,
};
const struct json_schema spec_device_schema =
	JSON_SCHEMA(struct rootfs_device, device_fields, .caseless = true);

/*
 * A filter came with no_new_privs in this format, which had no key for that. Where the key is, behind this one in the
 * table, it has the last word.
 */
static int decode_filter(const struct json_value *v, void *out, struct err *err)
{
	struct spec *spec = (struct spec *)((char *)out - offsetof(struct spec, seccomp));
	int ret = json_value_decode(&seccomp_schema, out, v, err);

	if (ret == 0)
		spec->no_new_privileges = true;
	return ret;
}

static void encode_filter(const void *in, const char *key, struct json_writer *w)
{
	json_write_object(w, key, &seccomp_schema, in);
}

static void release_filter(void *in)
{
	json_release(&seccomp_schema, in);
}

static const struct json_form filter_forms[] = { JSON_FORM_OBJECT(&seccomp_schema), JSON_FORM_END };

static const struct json_custom filter_json = {
	.decode = decode_filter,
	.encode = encode_filter,
	.release = release_filter,
	.what = "object",
	.schema = &seccomp_schema,
	.forms = filter_forms,
};

/* The format of 2015 keeps the process out of the config, so these are no keys of it. */
static const struct json_field process_fields[] = {
	JSON_STRINGS(struct process, "args", args),      JSON_STRINGS(struct process, "env", env),
	JSON_STRING(struct process, "user", user),       JSON_STRING(struct process, "cwd", cwd),
	JSON_BOOL(struct process, "terminal", terminal), JSON_END,
};
const struct json_schema process_schema = JSON_SCHEMA(struct process, process_fields);

static const struct json_field spec_fields[] = {
	JSON_BOOL(struct spec, "no_pivot_root", rootfs.no_pivot_root),
	JSON_INT(struct spec, "parent_death_signal", parent_death_signal, .min = 0, .max = 64),
	JSON_STRING(struct spec, "pivot_dir", pivot_dir),
	JSON_STRING(struct spec, "rootfs", rootfs.path),
	/* Always written: no config before this format has it, so it is never taken for one. */
	JSON_BOOL(struct spec, "readonlyfs", rootfs.readonly, .flags = JSON_KEEP),
	JSON_BOOL(struct spec, "privatefs", rootfs.private_propagation),
	JSON_ARRAY(struct spec, "mounts", rootfs.mounts, rootfs.mount_count, &spec_mount_schema),
	JSON_ARRAY(struct spec, "devices", rootfs.devices, rootfs.device_count,
		   &spec_device_schema),
	JSON_STRING(struct spec, "mount_label", rootfs.mount_label),
	JSON_STRING(struct spec, "hostname", hostname),
	JSON_ARRAY(struct spec, "namespaces", namespaces.items, namespaces.count,
		   &namespace_schema),
	JSON_CUSTOM(struct spec, "capabilities", capabilities, &capabilities_json),
	JSON_ARRAY(struct spec, "networks", net.networks, net.network_count, &network_schema),
	JSON_ARRAY(struct spec, "routes", net.routes, net.route_count, &net_route_schema),
	JSON_ARRAY(struct spec, "rules", net.rules, net.rule_count, &net_rule_schema),
	JSON_OBJECT(struct spec, "dns", net.dns, &net_dns_schema),
	JSON_MAP(struct spec, "hosts", net.hosts, net.host_count),
	JSON_OBJECT(struct spec, "cgroups", cgroup, &cgroup_schema),
	JSON_STRING(struct spec, "apparmor_profile", apparmor_profile),
	JSON_STRING(struct spec, "process_label", process_label),
	JSON_ARRAY(struct spec, "rlimits", rlimits, rlimit_count, &rlimit_schema),
	JSON_CUSTOM(struct spec, "additional_groups", additional_groups, &words_json),
	JSON_ARRAY(struct spec, "uid_mappings", uid_mappings, uid_mapping_count, &id_map_schema),
	JSON_ARRAY(struct spec, "gid_mappings", gid_mappings, gid_mapping_count, &id_map_schema),
	JSON_OBJECT(struct spec, "time_offsets", time_offsets, &time_offsets_schema),
	JSON_STRINGS(struct spec, "mask_paths", rootfs.masked_paths),
	JSON_STRINGS(struct spec, "readonly_paths", rootfs.readonly_paths),
	JSON_MAP(struct spec, "system_properties", sysctl, sysctl_count),
	JSON_MAP(struct spec, "sysctl", sysctl, sysctl_count, .flags = JSON_ALIAS),
	JSON_CUSTOM(struct spec, "seccomp", seccomp, &filter_json),
	JSON_BOOL(struct spec, "no_new_privileges", no_new_privileges, .flags = JSON_KEEP),
	JSON_BOOL(struct spec, "ignore_missing_lsm", ignore_missing_lsm),
	/* Only read: spec_write() writes it, a container's state has none. */
	JSON_OBJECT(struct spec, "process", process, &process_schema, .flags = JSON_ALIAS),
	JSON_END,
};
const struct json_schema spec_schema = JSON_SCHEMA(struct spec, spec_fields, .caseless = true);

static bool describes(const struct process *p)
{
	return p->args || p->env || p->user || p->cwd || p->terminal;
}

int spec_write(const struct spec *spec, FILE *out, struct err *err)
{
	struct json_writer *w = json_writer_new(out, true);

	json_write_begin(w, NULL, '{');
	json_write_fields(w, &spec_schema, spec);
	if (describes(&spec->process))
		json_write_object(w, "process", &process_schema, &spec->process);
	json_write_end(w);
	return json_writer_end(w, err);
}
