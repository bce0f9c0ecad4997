// SPDX-License-Identifier: Apache-2.0
/* The keys of the OCI's drafts and their places in the view of container/ocf.h. */
#include "container/ocf.h"

#include "cgroup/config.h"
#include "container/host_device.h"
#include "container/oci.h"
#include "lib/cleanup.h"
#include "lib/device.h"
#include "lib/no_effect.h"
#include "lib/str.h"
#include "lib/words.h"
#include "rootfs/option.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

/* --- Mounts --- */

/* "nosuid,mode=755", or each option by itself. */
static int add_options(struct rootfs_mount *m, const struct json_value *v, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = json_value_string(v, &text, err);

	for (char *rest = text, *word; ret == 0 && (word = strsep(&rest, ","));)
		ret = mount_option_add(m, word, err);
	return ret;
}

static int decode_options(const struct json_value *v, void *out, struct err *err)
{
	struct rootfs_mount *m = (void *)((char *)out - offsetof(struct rootfs_mount, data));
	int ret = 0;

	if (json_value_kind(v) == JSON_IS_STRING)
		return add_options(m, v, err);
	if (json_value_kind(v) != JSON_IS_ARRAY)
		return json_value_err(v, err, -EINVAL, "expected a string or a list of strings");
	for (v = json_value_at(v, 0); v && ret == 0; v = json_value_next(v))
		ret = add_options(m, v, err);
	return ret;
}

static void release_options(void *in)
{
	free(*(char **)in);
}

static const struct json_custom options_json = {
	.decode = decode_options,
	.release = release_options,
	.what = "string with commas, or list of strings",
};

/* clang-format off */
#define WHERE_ROWS \
	JSON_STRING(struct ocf_mount, "destination", mount.destination), \
	JSON_STRING(struct ocf_mount, "path", mount.destination, .flags = JSON_ALIAS)
#define WHAT_ROWS \
	JSON_STRING(struct ocf_mount, "type", mount.type, .as = "device"), \
	JSON_STRING(struct ocf_mount, "source", mount.source), \
	JSON_CUSTOM(struct ocf_mount, "options", mount.data, &options_json, .as = "flags data")
/* clang-format on */

static const struct json_field mount_fields[] = { WHERE_ROWS, WHAT_ROWS, JSON_END };
static const struct json_schema mount_schema =
	JSON_SCHEMA(struct ocf_mount, mount_fields, .caseless = true);

/* A pair of files: one says where, the other what, by a name that both have. */
static const struct json_field place_fields[] = {
	JSON_STRING(struct ocf_mount, "name", name),
	WHERE_ROWS,
	JSON_END,
};
static const struct json_schema place_schema =
	JSON_SCHEMA(struct ocf_mount, place_fields, .caseless = true);

static const struct json_field what_fields[] = { WHAT_ROWS, JSON_END };
static const struct json_schema what_schema =
	JSON_SCHEMA(struct ocf_mount, what_fields, .caseless = true);

/* An object by name: {"proc": {"type": "proc", ...}}. */
static int decode_named_mounts(const struct json_value *v, void *out, struct err *err)
{
	struct ocf_mounts *all = out;
	int ret = 0;

	if (json_value_kind(v) != JSON_IS_OBJECT)
		return json_value_err(v, err, -EINVAL, "expected an object of mounts by name");
	if (!json_value_count(v))
		return 0;
	all->items = calloc(json_value_count(v), sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	for (v = json_value_at(v, 0); v && ret == 0; v = json_value_next(v)) {
		struct ocf_mount *m = &all->items[all->count];

		ret = json_value_decode(&what_schema, m, v, err);
		if (ret < 0)
			return ret;
		all->count++;
		ret = json_value_key(v, &m->name, err);
	}
	return ret;
}

static void release_named_mounts(void *in)
{
	struct ocf_mounts *all = in;

	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].name);
		json_release(&what_schema, &all->items[i]);
	}
	free(all->items);
}

static const struct json_custom named_mounts_json = {
	.decode = decode_named_mounts,
	.release = release_named_mounts,
	.what = "list of objects, by name",
	.schema = &what_schema,
};

/* --- Devices: by name below the host's /dev, or described --- */

static const struct json_field device_fields[] = {
	JSON_CUSTOM(struct ocf_device, "type", node.type, &device_type_json,
		    .flags = JSON_REQUIRED),
	JSON_STRING(struct ocf_device, "path", node.path, .flags = JSON_REQUIRED),
	JSON_INT(struct ocf_device, "major", node.major, .min = -1, .max = DEVICE_MAJOR_MAX),
	JSON_INT(struct ocf_device, "minor", node.minor, .min = -1, .max = DEVICE_MINOR_MAX),
	JSON_STRING(struct ocf_device, "permissions", permissions),
	JSON_UINT(struct ocf_device, "fileMode", node.file_mode, .as = "file_mode"),
	JSON_UINT(struct ocf_device, "uid", node.uid),
	JSON_UINT(struct ocf_device, "gid", node.gid),
	JSON_END,
};
/* They become those of a rule, among others that have no key in the config. */
static int check_permissions(void *object, struct err *err)
{
	const char *p = ((struct ocf_device *)object)->permissions;

	if (!p || !p[strspn(p, "rwm")])
		return 0;
	return err_set(err, -EINVAL, "permissions: '%.40s': must be out of 'rwm'", p);
}

static const struct json_schema device_schema =
	JSON_SCHEMA(struct ocf_device, device_fields, .caseless = true, .check = check_permissions);

static int check_name(const struct json_value *v, const char *name, struct err *err)
{
	const char *word = name;

	while (*word) {
		size_t n = strcspn(word, "/");

		if (!n || (n == 2 && !strncmp(word, "..", n)))
			break;
		word += n + (word[n] == '/');
	}
	return *word || !*name ? json_value_err(v, err, -EINVAL, "'%s' is no name below /dev", name)
			       : 0;
}

/* As it is on the host, and to be used in any way. */
static int copy_host_device(const struct json_value *v, struct ocf_device *d, struct err *err)
{
	_cleanup_free_ char *name = NULL;
	struct err why = { 0 };
	int ret = json_value_string(v, &name, err);

	if (ret == 0)
		ret = check_name(v, name, err);
	if (ret < 0)
		return ret;
	ret = host_device_find(name, &d->node, &why);
	if (ret < 0)
		return json_value_err(v, err, ret, "%s", why.text);
	d->permissions = strdup("rwm");
	return d->permissions ? 0 : err_oom(err);
}

static int decode_devices(const struct json_value *v, void *out, struct err *err)
{
	struct ocf_devices *all = out;
	int ret = 0;

	if (json_value_kind(v) != JSON_IS_ARRAY)
		return json_value_err(v, err, -EINVAL, "expected a list of devices");
	if (!json_value_count(v))
		return 0;
	all->items = calloc(json_value_count(v), sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	for (v = json_value_at(v, 0); v && ret == 0; v = json_value_next(v)) {
		struct ocf_device *d = &all->items[all->count++];

		ret = json_value_kind(v) == JSON_IS_OBJECT
			      ? json_value_decode(&device_schema, d, v, err)
			      : copy_host_device(v, d, err);
	}
	return ret;
}

static void release_devices(void *in)
{
	struct ocf_devices *all = in;

	for (size_t i = 0; i < all->count; i++)
		json_release(&device_schema, &all->items[i]);
	free(all->items);
}

static const struct json_custom devices_json = {
	.decode = decode_devices,
	.release = release_devices,
	.what = "list of objects, or of names below /dev",
	.schema = &device_schema,
};

/* --- Ids --- */

static const struct json_field first_map_fields[] = {
	JSON_UINT(struct id_map, "from", container_id, .as = "container_id"),
	JSON_UINT(struct id_map, "to", host_id, .as = "host_id"),
	JSON_UINT(struct id_map, "count", size, .as = "size"),
	JSON_END,
};
static const struct json_schema first_map_schema =
	JSON_SCHEMA(struct id_map, first_map_fields, .caseless = true);

static int decode_one_map(const struct json_value *v, void *out, struct err *err)
{
	struct ocf_id_maps *maps = out;

	maps->items = calloc(1, sizeof(*maps->items));
	if (!maps->items)
		return err_oom(err);
	maps->count = 1;
	return json_value_decode(&first_map_schema, maps->items, v, err);
}

static void release_one_map(void *in)
{
	free(((struct ocf_id_maps *)in)->items);
}

static const struct json_custom one_map_json = {
	.decode = decode_one_map,
	.release = release_one_map,
	.what = "object",
	.schema = &first_map_schema,
};

static const struct json_field first_maps_fields[] = {
	JSON_CUSTOM(struct ocf_runtime, "uid", uids, &one_map_json, .as = "uid_mappings[]"),
	JSON_CUSTOM(struct ocf_runtime, "gid", gids, &one_map_json, .as = "gid_mappings[]"),
	JSON_END,
};
static const struct json_schema first_maps_schema =
	JSON_SCHEMA(struct ocf_runtime, first_maps_fields, .caseless = true);

/* --- The process --- */

static int mark_user(void *object, struct err *err)
{
	(void)err;
	((struct ocf_config *)object)->has_user = true;
	return 0;
}

static const struct json_field user_fields[] = {
	JSON_UINT(struct ocf_config, "uid", uid, .as = "process.user"),
	JSON_UINT(struct ocf_config, "gid", gid, .as = "process.user"),
	JSON_CUSTOM(struct ocf_config, "additionalGids", groups, &words_json,
		    .as = "additional_groups"),
	JSON_END,
};
static const struct json_schema user_schema =
	JSON_SCHEMA(struct ocf_config, user_fields, .caseless = true, .check = mark_user);

static const struct json_field process_fields[] = {
	JSON_BOOL(struct ocf_config, "terminal", process.terminal, .as = "process.terminal"),
	JSON_SAME(struct ocf_config, "user", &user_schema, .as = ""),
	JSON_STRINGS(struct ocf_config, "args", process.args, .as = "process.args"),
	JSON_STRINGS(struct ocf_config, "env", process.env, .as = "process.env"),
	JSON_STRING(struct ocf_config, "cwd", process.cwd, .as = "process.cwd"),
	JSON_END,
};
static const struct json_schema config_process_schema =
	JSON_SCHEMA(struct ocf_config, process_fields, .caseless = true);

static const struct json_field first_process_fields[] = {
	JSON_BOOL(struct process, "tty", terminal, .as = "terminal"),
	JSON_STRING(struct process, "user", user),
	JSON_STRINGS(struct process, "args", args),
	JSON_STRINGS(struct process, "env", env),
	JSON_STRING(struct process, "cwd", cwd),
	JSON_END,
};
static const struct json_schema first_process_schema =
	JSON_SCHEMA(struct process, first_process_fields, .caseless = true);

/* A list that never had more than one. */
static int decode_processes(const struct json_value *v, void *out, struct err *err)
{
	if (json_value_kind(v) != JSON_IS_ARRAY || json_value_count(v) != 1)
		return json_value_err(v, err, -EINVAL, "expected a list of one process");
	return json_value_decode(&first_process_schema, out, json_value_at(v, 0), err);
}

static void release_processes(void *in)
{
	json_release(&first_process_schema, in);
}

static const struct json_custom processes_json = {
	.decode = decode_processes,
	.release = release_processes,
	.what = "list of objects, of which there is one",
	.schema = &first_process_schema,
};

/* --- config.json --- */

static const struct json_field platform_fields[] = {
	JSON_CHARS(struct ocf_config, "os", os),
	JSON_END,
};
static const struct json_schema platform_schema =
	JSON_SCHEMA(struct ocf_config, platform_fields, .caseless = true);

static const struct json_field root_fields[] = {
	JSON_STRING(struct ocf_config, "path", root, .as = "rootfs"),
	JSON_BOOL(struct ocf_config, "readonly", readonly,
		  .as = "readonlyfs mask_paths readonly_paths"),
	JSON_END,
};
static const struct json_schema root_schema =
	JSON_SCHEMA(struct ocf_config, root_fields, .caseless = true);

static const struct json_field config_linux_fields[] = {
	JSON_CUSTOM(struct ocf_config, "capabilities", capabilities, &capabilities_json),
	JSON_END,
};
static const struct json_schema config_linux_schema =
	JSON_SCHEMA(struct ocf_config, config_linux_fields, .caseless = true);

/* clang-format off */
#define CONFIG_ROWS \
	JSON_STRING(struct ocf_config, "version", version), \
	JSON_SAME(struct ocf_config, "platform", &platform_schema), \
	JSON_SAME(struct ocf_config, "process", &config_process_schema, .as = ""), \
	JSON_SAME(struct ocf_config, "root", &root_schema, .as = ""), \
	JSON_STRING(struct ocf_config, "hostname", hostname), \
	JSON_SAME(struct ocf_config, "linux", &config_linux_schema, .as = "")
/* clang-format on */

static const struct json_field config_fields[] = {
	CONFIG_ROWS,
	JSON_ARRAY(struct ocf_config, "mounts", mounts.items, mounts.count, &mount_schema),
	JSON_END,
};
const struct json_schema ocf_config_schema =
	JSON_SCHEMA(struct ocf_config, config_fields, .caseless = true);

static const struct json_field pair_fields[] = {
	CONFIG_ROWS,
	JSON_ARRAY(struct ocf_config, "mounts", mounts.items, mounts.count, &place_schema),
	JSON_END,
};
const struct json_schema ocf_pair_schema =
	JSON_SCHEMA(struct ocf_config, pair_fields, .caseless = true);

static const struct json_field first_config_fields[] = {
	JSON_STRING(struct ocf_config, "version", version),
	JSON_CHARS(struct ocf_config, "os", os),
	JSON_CUSTOM(struct ocf_config, "processes", process, &processes_json, .as = "process"),
	JSON_SAME(struct ocf_config, "root", &root_schema, .as = ""),
	JSON_STRING(struct ocf_config, "hostname", hostname),
	JSON_ARRAY(struct ocf_config, "mounts", mounts.items, mounts.count, &mount_schema),
	JSON_CUSTOM(struct ocf_config, "capabilities", capabilities, &capabilities_json),
	JSON_END,
};
const struct json_schema ocf_first_config_schema =
	JSON_SCHEMA(struct ocf_config, first_config_fields, .caseless = true);

/* --- Resources --- */

/* clang-format off */
#define BLOCK_ROWS                                                                                \
	JSON_UINT(struct cgroup_spec, "blkioWeight", blkio_weight, .as = "blkio_weight"),                               \
	JSON_CUSTOM(struct cgroup_spec, "blkioWeightDevice", blkio_weight_device,                 \
		    &cgroup_blocks_json, .as = "blkio_weight_device"),                                                         \
	JSON_CUSTOM(struct cgroup_spec, "blkioThrottleReadBpsDevice",                             \
		    blkio_throttle_read_bps_device, &cgroup_blocks_json, .as = "blkio_throttle_read_bps_device"),                         \
	JSON_CUSTOM(struct cgroup_spec, "blkioThrottleWriteBpsDevice",                            \
		    blkio_throttle_write_bps_device, &cgroup_blocks_json, .as = "blkio_throttle_write_bps_device"),                        \
	JSON_CUSTOM(struct cgroup_spec, "blkioThrottleReadIopsDevice",                            \
		    blkio_throttle_read_iops_device, &cgroup_blocks_json, .as = "blkio_throttle_read_iops_device"),                        \
	JSON_CUSTOM(struct cgroup_spec, "blkioThrottleWriteIopsDevice",                           \
		    blkio_throttle_write_iops_device, &cgroup_blocks_json, .as = "blkio_throttle_write_iops_device"),                       \
	REFUSED(struct cgroup_spec, "blkioLeafWeight", present)
/* clang-format on */

static const struct json_field block_fields[] = { BLOCK_ROWS, JSON_END };
static const struct json_schema block_schema =
	JSON_SCHEMA(struct cgroup_spec, block_fields, .caseless = true);

static const struct json_field network_fields[] = {
	JSON_CUSTOM(struct cgroup_spec, "classId", net_cls_classid, &cgroup_classid_json,
		    .as = "net_cls_classid"),
	JSON_ARRAY(struct cgroup_spec, "priorities", net_prio_ifpriomap, net_prio_ifpriomap_count,
		   &oci_priority_schema, .as = "net_prio_ifpriomap[]"),
	JSON_END,
};
static const struct json_schema network_class_schema =
	JSON_SCHEMA(struct cgroup_spec, network_fields, .caseless = true);

static const struct json_field resources_fields[] = {
	JSON_BOOL(struct cgroup_spec, "disableOOMKiller", oom_kill_disable,
		  .as = "oom_kill_disable"),
	JSON_SAME(struct cgroup_spec, "memory", &oci_memory_schema, .as = ""),
	JSON_SAME(struct cgroup_spec, "cpu", &oci_cpu_schema, .as = ""),
	JSON_SAME(struct cgroup_spec, "pids", &oci_pids_schema, .as = ""),
	JSON_SAME(struct cgroup_spec, "blockIO", &block_schema, .as = ""),
	JSON_ARRAY(struct cgroup_spec, "hugepageLimits", hugetlb_limit, hugetlb_limit_count,
		   &oci_hugepage_schema, .as = "hugetlb_limit[]"),
	JSON_SAME(struct cgroup_spec, "network", &network_class_schema, .as = ""),
	JSON_END,
};
static const struct json_schema resources_schema =
	JSON_SCHEMA(struct cgroup_spec, resources_fields, .caseless = true);

/*
 * The first draft had all in one object. Its realtime runtime and period were named as the quota and its period, which
 * made Go read none of the two; they are the quota's here.
 */
static const struct json_field first_resources_fields[] = {
	JSON_BOOL(struct cgroup_spec, "disableOOMKiller", oom_kill_disable,
		  .as = "oom_kill_disable"),
	JSON_INT(struct cgroup_spec, "memoryReservation", memory_reservation, .min = -1,
		 .max = INT64_MAX, .as = "memory_reservation"),
	JSON_INT(struct cgroup_spec, "memorySwap", memory_swap, .min = -1, .max = INT64_MAX,
		 .as = "memory_swap"),
	JSON_INT(struct cgroup_spec, "kernelMemory", kernel_memory, .min = -1, .max = INT64_MAX,
		 .as = "kernel_memory"),
	JSON_UINT(struct cgroup_spec, "cpuShares", cpu_shares, .as = "cpu_shares"),
	JSON_INT(struct cgroup_spec, "cpuQuota", cpu_quota, .min = -1, .max = INT64_MAX,
		 .as = "cpu_quota"),
	JSON_UINT(struct cgroup_spec, "cpuPeriod", cpu_period, .as = "cpu_period"),
	JSON_STRING(struct cgroup_spec, "cpusetCpus", cpuset_cpus, .as = "cpuset_cpus"),
	JSON_STRING(struct cgroup_spec, "cpusetMems", cpuset_mems, .as = "cpuset_mems"),
	BLOCK_ROWS,
	JSON_ARRAY(struct cgroup_spec, "hugetlbLimit", hugetlb_limit, hugetlb_limit_count,
		   &oci_hugepage_schema, .as = "hugetlb_limit[]"),
	JSON_ARRAY(struct cgroup_spec, "netPrioIfpriomap", net_prio_ifpriomap,
		   net_prio_ifpriomap_count, &cgroup_ifprio_schema, .as = "net_prio_ifpriomap[]"),
	JSON_CUSTOM(struct cgroup_spec, "netClsClassid", net_cls_classid, &cgroup_classid_json,
		    .as = "net_cls_classid"),
	JSON_END,
};
static const struct json_schema first_resources_schema =
	JSON_SCHEMA(struct cgroup_spec, first_resources_fields, .caseless = true);

/* 1.1 cpus are 110000 of the 100000 microseconds of a period. */
static int decode_cpus(const struct json_value *v, void *out, struct err *err)
{
	unsigned long long quota;
	int ret = json_value_fixed(v, 5, INT64_MAX, &quota, err);

	if (ret == 0)
		*(int64_t *)out = (int64_t)quota;
	return ret;
}

static const struct json_custom cpus_json = {
	.decode = decode_cpus,
	.what = "number, with a fraction",
};

/* --- What belongs to the host --- */

/* Missing, null, "" or the action that allows. */
static bool allows_all(const struct json_value *action)
{
	_cleanup_free_ char *word = NULL;

	if (!action || json_value_kind(action) == JSON_IS_NULL)
		return true;
	return json_value_string(action, &word, NULL) == 0 &&
	       (!*word || !strcmp(word, "SCMP_ACT_ALLOW"));
}

static bool is_empty_list(const struct json_value *v)
{
	return !v || json_value_kind(v) == JSON_IS_NULL ||
	       (json_value_kind(v) == JSON_IS_ARRAY && !json_value_count(v));
}

/* What no call is denied by is none: runc's own examples have such. */
static int decode_filter(const struct json_value *v, void *out, struct err *err)
{
	if (json_value_kind(v) == JSON_IS_OBJECT &&
	    allows_all(json_value_get_caseless(v, "defaultAction")) &&
	    is_empty_list(json_value_get_caseless(v, "syscalls")))
		return 0;
	return json_value_decode(&seccomp_named_schema, out, v, err);
}

static void release_filter(void *in)
{
	json_release(&seccomp_named_schema, in);
}

static const struct json_custom filter_json = {
	.decode = decode_filter,
	.release = release_filter,
	.what = "object",
	.schema = &seccomp_named_schema,
};

static int parse_propagation(const char *text, void *out, struct err *err)
{
	static const char *const prefixes[] = { "", "r" };
	static const struct {
		const char *name;
		int flag;
	} known[] = {
		{ "private", MS_PRIVATE },
		{ "slave", MS_SLAVE },
		{ "shared", MS_SHARED },
	};

	for (size_t i = 0; i < array_size(prefixes) * array_size(known); i++) {
		const char *prefix = prefixes[i % array_size(prefixes)];

		if (!str_starts(text, prefix) ||
		    strcmp(text + strlen(prefix), known[i / array_size(prefixes)].name))
			continue;
		*(int *)out = known[i / array_size(prefixes)].flag;
		return 0;
	}
	return err_set(err, -EINVAL, "'%.40s' is none of private, slave, shared, or these with r",
		       text);
}

static const struct json_text propagation_text = { .parse = parse_propagation };

static const struct json_field hooks_fields[] = {
	REFUSED(struct ocf_runtime, "prestart", propagation),
	REFUSED(struct ocf_runtime, "poststart", propagation),
	REFUSED(struct ocf_runtime, "poststop", propagation),
	JSON_END,
};
static const struct json_schema hooks_schema =
	JSON_SCHEMA(struct ocf_runtime, hooks_fields, .caseless = true);

static const struct json_field linux_fields[] = {
	JSON_ARRAY(struct ocf_runtime, "namespaces", namespaces.items, namespaces.count,
		   &namespace_schema),
	JSON_ARRAY(struct ocf_runtime, "uidMappings", uids.items, uids.count, &oci_id_map_schema,
		   .as = "uid_mappings[]"),
	JSON_ARRAY(struct ocf_runtime, "uidMapping", uids.items, uids.count, &oci_id_map_schema,
		   .flags = JSON_ALIAS),
	JSON_ARRAY(struct ocf_runtime, "gidMappings", gids.items, gids.count, &oci_id_map_schema,
		   .as = "gid_mappings[]"),
	JSON_ARRAY(struct ocf_runtime, "gidMapping", gids.items, gids.count, &oci_id_map_schema,
		   .flags = JSON_ALIAS),
	JSON_ARRAY(struct ocf_runtime, "rlimits", rlimits, rlimit_count, &rlimit_schema),
	JSON_MAP(struct ocf_runtime, "sysctl", sysctl, sysctl_count, .as = "system_properties"),
	JSON_MAP(struct ocf_runtime, "systemProperties", sysctl, sysctl_count, .flags = JSON_ALIAS),
	JSON_OBJECT(struct ocf_runtime, "resources", cgroup, &resources_schema, .as = "cgroups"),
	JSON_STRING(struct ocf_runtime, "cgroupsPath", cgroups_path,
		    .as = "cgroups.name cgroups.parent"),
	JSON_CUSTOM(struct ocf_runtime, "devices", devices, &devices_json,
		    .as = "devices[] cgroups.allowed_devices[]"),
	JSON_STRING(struct ocf_runtime, "apparmorProfile", apparmor_profile,
		    .as = "apparmor_profile"),
	JSON_STRING(struct ocf_runtime, "selinuxProcessLabel", process_label,
		    .as = "process_label"),
	JSON_CUSTOM(struct ocf_runtime, "seccomp", seccomp, &filter_json),
	JSON_TEXT(struct ocf_runtime, "rootfsPropagation", propagation, &propagation_text,
		  .as = "privatefs"),
	JSON_END,
};
static const struct json_schema linux_object_schema =
	JSON_SCHEMA(struct ocf_runtime, linux_fields, .caseless = true);

static const struct json_field single_fields[] = {
	JSON_SAME(struct ocf_runtime, "hooks", &hooks_schema),
	JSON_SAME(struct ocf_runtime, "linux", &linux_object_schema, .as = ""),
	JSON_END,
};
const struct json_schema ocf_linux_schema =
	JSON_SCHEMA(struct ocf_runtime, single_fields, .caseless = true);

static const struct json_field runtime_fields[] = {
	JSON_CUSTOM(struct ocf_runtime, "mounts", mounts, &named_mounts_json),
	JSON_SAME(struct ocf_runtime, "hooks", &hooks_schema),
	JSON_SAME(struct ocf_runtime, "linux", &linux_object_schema, .as = ""),
	JSON_END,
};
const struct json_schema ocf_runtime_schema =
	JSON_SCHEMA(struct ocf_runtime, runtime_fields, .caseless = true);

static const struct json_field first_runtime_fields[] = {
	JSON_ARRAY(struct ocf_runtime, "namespaces", namespaces.items, namespaces.count,
		   &namespace_schema),
	JSON_SAME(struct ocf_runtime, "userMapping", &first_maps_schema, .as = ""),
	JSON_ARRAY(struct ocf_runtime, "rlimits", rlimits, rlimit_count, &rlimit_schema),
	JSON_MAP(struct ocf_runtime, "systemProperties", sysctl, sysctl_count,
		 .as = "system_properties"),
	JSON_OBJECT(struct ocf_runtime, "resources", cgroup, &first_resources_schema,
		    .as = "cgroups"),
	JSON_CUSTOM(struct ocf_runtime, "devices", devices, &devices_json,
		    .as = "devices[] cgroups.allowed_devices[]"),
	JSON_CUSTOM(struct ocf_runtime, "cpus", cpus, &cpus_json,
		    .as = "cgroups.cpu_quota cgroups.cpu_period"),
	JSON_UINT(struct ocf_runtime, "memory", megabytes, .as = "cgroups.memory"),
	JSON_END,
};
const struct json_schema ocf_first_runtime_schema =
	JSON_SCHEMA(struct ocf_runtime, first_runtime_fields, .caseless = true);
