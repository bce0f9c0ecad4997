// SPDX-License-Identifier: Apache-2.0
/* The keys of the OCI's config.json and their places. */
#include "container/oci.h"

#include "cgroup/config.h"
#include "lib/cleanup.h"
#include "lib/device.h"

#include <errno.h>
#include <string.h>

/* --- Scalars of its own kinds --- */

static int decode_ids(const struct json_value *v, void *out, struct err *err)
{
	struct oci_ids *ids = out;
	unsigned long long id;
	int ret = 0;

	if (json_value_kind(v) != JSON_IS_ARRAY)
		return json_value_err(v, err, -EINVAL, "expected a list of ids");
	if (!json_value_count(v))
		return 0;
	ids->items = calloc(json_value_count(v), sizeof(*ids->items));
	if (!ids->items)
		return err_oom(err);
	for (v = json_value_at(v, 0); v && ret == 0; v = json_value_next(v)) {
		ret = json_value_uint(v, UINT32_MAX, &id, err);
		if (ret == 0)
			ids->items[ids->count++] = (uint32_t)id;
	}
	return ret;
}

static void encode_ids(const void *in, const char *key, struct json_writer *w)
{
	const struct oci_ids *ids = in;

	json_write_begin(w, key, '[');
	for (size_t i = 0; i < ids->count; i++)
		json_write_uint(w, NULL, ids->items[i]);
	json_write_end(w);
}

static void release_ids(void *in)
{
	free(((struct oci_ids *)in)->items);
}

static const struct json_custom ids_json = {
	.decode = decode_ids,
	.encode = encode_ids,
	.release = release_ids,
	.what = "list of integers",
};

/* -1 is an old way to say that it is missing. */
static int decode_number(const struct json_value *v, void *out, struct err *err)
{
	struct oci_number *n = out;
	long long value;
	int ret = json_value_int(v, -1, UINT32_MAX, &value, err);

	if (ret == 0 && value >= 0)
		*n = (struct oci_number){ true, (uint32_t)value };
	return ret;
}

static void encode_number(const void *in, const char *key, struct json_writer *w)
{
	json_write_uint(w, key, ((const struct oci_number *)in)->value);
}

static const struct json_custom number_json = {
	.decode = decode_number,
	.encode = encode_number,
	.what = "integer",
};

static void encode_letter(const void *in, const char *key, struct json_writer *w)
{
	const char text[] = { *(const char *)in, '\0' };

	json_write_string(w, key, text);
}

static const struct json_custom node_letter = {
	.decode = device_type_decode,
	.encode = encode_letter,
	.what = "letter: c, b, u, p",
};
static const struct json_custom rule_letter = {
	.decode = device_rule_type_decode,
	.encode = encode_letter,
	.what = "letter: c, b, a",
};

/* --- The process --- */

static const struct json_field user_fields[] = {
	JSON_UINT(struct oci_user, "uid", uid, .flags = JSON_KEEP),
	JSON_UINT(struct oci_user, "gid", gid, .flags = JSON_KEEP),
	JSON_CUSTOM(struct oci_user, "additionalGids", additional_gids, &ids_json),
	JSON_END,
};
static const struct json_schema user_schema = JSON_SCHEMA(struct oci_user, user_fields);

static const struct json_field process_fields[] = {
	JSON_BOOL(struct oci_process, "terminal", terminal),
	JSON_OBJECT(struct oci_process, "user", user, &user_schema, .flags = JSON_KEEP),
	JSON_STRINGS(struct oci_process, "args", args),
	JSON_STRINGS(struct oci_process, "env", env),
	JSON_STRING(struct oci_process, "cwd", cwd),
	JSON_CUSTOM(struct oci_process, "capabilities", capabilities, &capabilities_oci_json,
		    .flags = JSON_KEEP),
	JSON_ARRAY(struct oci_process, "rlimits", rlimits, rlimit_count, &rlimit_oci_schema),
	JSON_BOOL(struct oci_process, "noNewPrivileges", no_new_privileges),
	JSON_STRING(struct oci_process, "apparmorProfile", apparmor_profile),
	JSON_STRING(struct oci_process, "selinuxLabel", selinux_label),
	JSON_END,
};
static const struct json_schema oci_process_schema =
	JSON_SCHEMA(struct oci_process, process_fields);

/* --- The root and mounts --- */

static const struct json_field root_fields[] = {
	JSON_STRING(struct oci_root, "path", path),
	JSON_BOOL(struct oci_root, "readonly", readonly),
	JSON_END,
};
static const struct json_schema root_schema = JSON_SCHEMA(struct oci_root, root_fields);

static const struct json_field mount_fields[] = {
	JSON_STRING(struct oci_mount, "destination", destination, .flags = JSON_REQUIRED),
	JSON_STRING(struct oci_mount, "type", type),
	JSON_STRING(struct oci_mount, "source", source),
	JSON_STRINGS(struct oci_mount, "options", options),
	JSON_END,
};
static const struct json_schema mount_schema = JSON_SCHEMA(struct oci_mount, mount_fields);

/* --- Resources --- */

static const struct json_field rule_fields[] = {
	JSON_BOOL(struct oci_rule, "allow", allow, .flags = JSON_KEEP),
	JSON_CUSTOM(struct oci_rule, "type", type, &rule_letter),
	JSON_CUSTOM(struct oci_rule, "major", major, &number_json),
	JSON_CUSTOM(struct oci_rule, "minor", minor, &number_json),
	JSON_STRING(struct oci_rule, "access", access),
	JSON_END,
};
static const struct json_schema rule_schema = JSON_SCHEMA(struct oci_rule, rule_fields);

static const struct json_field memory_fields[] = {
	JSON_INT(struct cgroup_spec, "limit", memory, .min = -1, .max = INT64_MAX, .as = "memory"),
	JSON_INT(struct cgroup_spec, "reservation", memory_reservation, .min = -1, .max = INT64_MAX,
		 .as = "memory_reservation"),
	JSON_INT(struct cgroup_spec, "swap", memory_swap, .min = -1, .max = INT64_MAX,
		 .as = "memory_swap"),
	JSON_INT(struct cgroup_spec, "kernel", kernel_memory, .min = -1, .max = INT64_MAX,
		 .as = "kernel_memory"),
	JSON_CUSTOM(struct cgroup_spec, "swappiness", has_swappiness, &cgroup_swappiness_json,
		    .as = "memory_swappiness"),
	JSON_BOOL(struct cgroup_spec, "disableOOMKiller", oom_kill_disable,
		  .as = "oom_kill_disable"),
	JSON_END,
};
const struct json_schema oci_memory_schema =
	JSON_SCHEMA(struct cgroup_spec, memory_fields, .caseless = true);

static const struct json_field cpu_fields[] = {
	JSON_UINT(struct cgroup_spec, "shares", cpu_shares, .as = "cpu_shares"),
	JSON_INT(struct cgroup_spec, "quota", cpu_quota, .min = -1, .max = INT64_MAX,
		 .as = "cpu_quota"),
	JSON_UINT(struct cgroup_spec, "period", cpu_period, .as = "cpu_period"),
	JSON_INT(struct cgroup_spec, "realtimeRuntime", cpu_rt_quota, .min = -1, .max = INT64_MAX,
		 .as = "cpu_rt_quota"),
	JSON_UINT(struct cgroup_spec, "realtimePeriod", cpu_rt_period, .as = "cpu_rt_period"),
	JSON_STRING(struct cgroup_spec, "cpus", cpuset_cpus, .as = "cpuset_cpus"),
	JSON_STRING(struct cgroup_spec, "mems", cpuset_mems, .as = "cpuset_mems"),
	JSON_END,
};
const struct json_schema oci_cpu_schema =
	JSON_SCHEMA(struct cgroup_spec, cpu_fields, .caseless = true);

static const struct json_field pids_fields[] = {
	JSON_INT(struct cgroup_spec, "limit", pids_limit, .min = -1, .max = INT64_MAX,
		 .as = "pids_limit"),
	JSON_END,
};
const struct json_schema oci_pids_schema =
	JSON_SCHEMA(struct cgroup_spec, pids_fields, .caseless = true);

static const struct json_field weight_fields[] = {
	JSON_UINT(struct cgroup_block, "major", major, .flags = JSON_KEEP),
	JSON_UINT(struct cgroup_block, "minor", minor, .flags = JSON_KEEP),
	JSON_UINT(struct cgroup_block, "weight", value),
	JSON_END,
};
static const struct json_schema weight_schema = JSON_SCHEMA(struct cgroup_block, weight_fields);

static const struct json_field rate_fields[] = {
	JSON_UINT(struct cgroup_block, "major", major, .flags = JSON_KEEP),
	JSON_UINT(struct cgroup_block, "minor", minor, .flags = JSON_KEEP),
	JSON_UINT(struct cgroup_block, "rate", value, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema rate_schema = JSON_SCHEMA(struct cgroup_block, rate_fields);

static const struct json_field block_fields[] = {
	JSON_UINT(struct cgroup_spec, "weight", blkio_weight),
	JSON_ARRAY(struct cgroup_spec, "weightDevice", blkio_weight_device.items,
		   blkio_weight_device.count, &weight_schema),
	JSON_ARRAY(struct cgroup_spec, "throttleReadBpsDevice",
		   blkio_throttle_read_bps_device.items, blkio_throttle_read_bps_device.count,
		   &rate_schema),
	JSON_ARRAY(struct cgroup_spec, "throttleWriteBpsDevice",
		   blkio_throttle_write_bps_device.items, blkio_throttle_write_bps_device.count,
		   &rate_schema),
	JSON_ARRAY(struct cgroup_spec, "throttleReadIOPSDevice",
		   blkio_throttle_read_iops_device.items, blkio_throttle_read_iops_device.count,
		   &rate_schema),
	JSON_ARRAY(struct cgroup_spec, "throttleWriteIOPSDevice",
		   blkio_throttle_write_iops_device.items, blkio_throttle_write_iops_device.count,
		   &rate_schema),
	JSON_END,
};
static const struct json_schema block_schema = JSON_SCHEMA(struct cgroup_spec, block_fields);

static const struct json_field hugepage_fields[] = {
	JSON_STRING(struct cgroup_hugetlb, "pageSize", page_size, .flags = JSON_REQUIRED,
		    .as = "page_size"),
	JSON_UINT(struct cgroup_hugetlb, "limit", limit, .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema oci_hugepage_schema =
	JSON_SCHEMA(struct cgroup_hugetlb, hugepage_fields, .caseless = true);

static const struct json_field priority_fields[] = {
	JSON_STRING(struct cgroup_ifprio, "name", interface, .flags = JSON_REQUIRED,
		    .as = "interface"),
	JSON_UINT(struct cgroup_ifprio, "priority", priority, .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema oci_priority_schema =
	JSON_SCHEMA(struct cgroup_ifprio, priority_fields, .caseless = true);

static const struct json_field class_fields[] = {
	JSON_UINT(struct cgroup_spec, "classID", net_cls_classid),
	JSON_ARRAY(struct cgroup_spec, "priorities", net_prio_ifpriomap, net_prio_ifpriomap_count,
		   &oci_priority_schema),
	JSON_END,
};
static const struct json_schema class_schema = JSON_SCHEMA(struct cgroup_spec, class_fields);

static const struct json_field resources_fields[] = {
	JSON_ARRAY(struct oci_resources, "devices", devices, device_count, &rule_schema),
	JSON_OBJECT(struct oci_resources, "memory", limits, &oci_memory_schema,
		    .flags = JSON_SHARED),
	JSON_OBJECT(struct oci_resources, "cpu", limits, &oci_cpu_schema, .flags = JSON_SHARED),
	JSON_OBJECT(struct oci_resources, "pids", limits, &oci_pids_schema, .flags = JSON_SHARED),
	JSON_OBJECT(struct oci_resources, "blockIO", limits, &block_schema, .flags = JSON_SHARED),
	JSON_ARRAY(struct oci_resources, "hugepageLimits", limits.hugetlb_limit,
		   limits.hugetlb_limit_count, &oci_hugepage_schema),
	JSON_OBJECT(struct oci_resources, "network", limits, &class_schema, .flags = JSON_SHARED),
	JSON_MAP(struct oci_resources, "unified", limits.unified, limits.unified_count),
	JSON_END,
};
static const struct json_schema resources_schema =
	JSON_SCHEMA(struct oci_resources, resources_fields);

/* --- linux --- */

static const struct json_field id_map_fields[] = {
	JSON_UINT(struct id_map, "containerID", container_id, .flags = JSON_KEEP,
		  .as = "container_id"),
	JSON_UINT(struct id_map, "hostID", host_id, .flags = JSON_KEEP, .as = "host_id"),
	JSON_UINT(struct id_map, "size", size, .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema oci_id_map_schema =
	JSON_SCHEMA(struct id_map, id_map_fields, .caseless = true);

static const struct json_field device_fields[] = {
	JSON_CUSTOM(struct rootfs_device, "type", type, &node_letter, .flags = JSON_REQUIRED),
	JSON_STRING(struct rootfs_device, "path", path, .flags = JSON_REQUIRED),
	JSON_INT(struct rootfs_device, "major", major, .flags = JSON_KEEP),
	JSON_INT(struct rootfs_device, "minor", minor, .flags = JSON_KEEP),
	JSON_UINT(struct rootfs_device, "fileMode", file_mode, .flags = JSON_KEEP),
	JSON_UINT(struct rootfs_device, "uid", uid),
	JSON_UINT(struct rootfs_device, "gid", gid),
	JSON_END,
};
static const struct json_schema device_schema = JSON_SCHEMA(struct rootfs_device, device_fields);

static const struct json_name actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_DO_ALLOW },
	{ "SCMP_ACT_ERRNO", 0 },
	{ "SCMP_ACT_KILL", SECCOMP_DO_KILL },
	{ "SCMP_ACT_TRAP", SECCOMP_DO_TRAP },
	{ NULL, 0 },
};

static const struct json_field syscall_fields[] = {
	JSON_STRINGS(struct oci_syscall, "names", names, .flags = JSON_REQUIRED),
	JSON_ENUM(struct oci_syscall, "action", action, actions, .flags = JSON_REQUIRED),
	JSON_CUSTOM(struct oci_syscall, "errnoRet", errno_ret, &number_json),
	JSON_ARRAY(struct oci_syscall, "args", args, arg_count, &seccomp_named_arg_schema),
	JSON_END,
};
static const struct json_schema syscall_schema = JSON_SCHEMA(struct oci_syscall, syscall_fields);

static const struct json_field seccomp_fields[] = {
	JSON_ENUM(struct oci_seccomp, "defaultAction", default_action, actions,
		  .flags = JSON_REQUIRED),
	JSON_ARRAY(struct oci_seccomp, "syscalls", syscalls, syscall_count, &syscall_schema),
	JSON_END,
};
static int mark_present(void *object, struct err *err)
{
	(void)err;
	((struct oci_seccomp *)object)->present = true;
	return 0;
}

static const struct json_schema oci_seccomp_schema =
	JSON_SCHEMA(struct oci_seccomp, seccomp_fields, .check = mark_present);

static const struct json_field linux_fields[] = {
	JSON_ARRAY(struct oci_linux, "namespaces", namespaces.items, namespaces.count,
		   &namespace_oci_schema),
	JSON_ARRAY(struct oci_linux, "uidMappings", uid_mappings, uid_mapping_count,
		   &oci_id_map_schema),
	JSON_ARRAY(struct oci_linux, "gidMappings", gid_mappings, gid_mapping_count,
		   &oci_id_map_schema),
	JSON_OBJECT(struct oci_linux, "timeOffsets", time_offsets, &time_offsets_schema),
	JSON_ARRAY(struct oci_linux, "devices", devices, device_count, &device_schema),
	JSON_STRING(struct oci_linux, "cgroupsPath", cgroups_path),
	JSON_OBJECT(struct oci_linux, "resources", resources, &resources_schema),
	JSON_STRING(struct oci_linux, "rootfsPropagation", rootfs_propagation),
	JSON_MAP(struct oci_linux, "sysctl", sysctl, sysctl_count),
	JSON_STRINGS(struct oci_linux, "maskedPaths", masked_paths),
	JSON_STRINGS(struct oci_linux, "readonlyPaths", readonly_paths),
	JSON_STRING(struct oci_linux, "mountLabel", mount_label),
	JSON_OBJECT(struct oci_linux, "seccomp", seccomp, &oci_seccomp_schema),
	JSON_END,
};
static const struct json_schema linux_schema = JSON_SCHEMA(struct oci_linux, linux_fields);

static const struct json_field fields[] = {
	JSON_STRING(struct oci, "ociVersion", version, .flags = JSON_REQUIRED),
	JSON_OBJECT(struct oci, "process", process, &oci_process_schema),
	JSON_OBJECT(struct oci, "root", root, &root_schema),
	JSON_STRING(struct oci, "hostname", hostname),
	JSON_ARRAY(struct oci, "mounts", mounts, mount_count, &mount_schema),
	JSON_MAP(struct oci, "annotations", annotations, annotation_count),
	JSON_OBJECT(struct oci, "linux", linux_part, &linux_schema),
	JSON_END,
};
const struct json_schema oci_schema = JSON_SCHEMA(struct oci, fields);

/* --- The annotation --- */

static const struct json_field networks_fields[] = {
	JSON_ARRAY(struct net_config, "networks", networks, network_count, &network_schema),
	JSON_ARRAY(struct net_config, "routes", routes, route_count, &net_route_schema),
	JSON_ARRAY(struct net_config, "rules", rules, rule_count, &net_rule_schema),
	JSON_OBJECT(struct net_config, "dns", dns, &net_dns_schema),
	JSON_MAP(struct net_config, "hosts", hosts, host_count),
	JSON_END,
};
const struct json_schema oci_networks_schema = JSON_SCHEMA(struct net_config, networks_fields);
