// SPDX-License-Identifier: Apache-2.0
/*
 * A config that is a struct of the caller's becomes one of mid-2015, and is decoded like any other: what may stand in it, and
 * what is said to it, is the decoder's to know.
 */
#include "container/api.h"
#include "container/profile.h"
#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Members whose types are the caller's, const and all. */
/* clang-format off */
#define STRING(T, k, ...) \
	{ .key = #k, .type = JSON_TYPE_STRING, .offset = offsetof(T, k), \
	  .size = sizeof(((T *)0)->k), .count = JSON_IS_(T, k, const char *), ##__VA_ARGS__ }
#define STRINGS(T, k) \
	{ .key = #k, .type = JSON_TYPE_STRINGS, .offset = offsetof(T, k), \
	  .size = sizeof(((T *)0)->k), .count = JSON_IS_(T, k, const char *const *) }
#define LIST(T, k, n, E, s) \
	{ .key = #k, .type = JSON_TYPE_ARRAY, .offset = offsetof(T, k), .size = sizeof(((T *)0)->k), \
	  .schema = (s), .count = offsetof(T, n) + JSON_IS_(T, n, size_t) + JSON_IS_(T, k, const E *) }
/* An object that the caller has elsewhere. */
#define OBJECT(T, k, to) \
	{ .key = #k, .type = JSON_TYPE_CUSTOM, .offset = offsetof(T, k), \
	  .size = sizeof(((T *)0)->k), .custom = (to) }
#define INT(T, k, ...)  JSON_INT(T, #k, k, ##__VA_ARGS__)
#define UINT(T, k, ...) JSON_UINT(T, #k, k, ##__VA_ARGS__)
#define BOOL(T, k, ...) JSON_BOOL(T, #k, k, ##__VA_ARGS__)
/* clang-format on */

/* A list of pairs and its count stand one behind the other. */
struct pairs {
	const struct ctrnet_pair *items;
	size_t count;
};

#define PAIRS(T, k, m, n, how)                                                                    \
	{                                                                                         \
		.key = (k), .type = JSON_TYPE_CUSTOM, .offset = offsetof(T, m),                   \
		.size = sizeof(struct pairs) +                                                    \
			0 * sizeof(char[offsetof(T, n) == offsetof(T, m) + sizeof(void *) ? 1     \
											  : -1]), \
		.custom = (how)                                                                   \
	}

static bool any_pair(const void *in)
{
	return ((const struct pairs *)in)->count > 0;
}

static void encode_map(const void *in, const char *key, struct json_writer *w)
{
	const struct pairs *pairs = in;

	json_write_begin(w, key, '{');
	for (size_t i = 0; i < pairs->count; i++)
		json_write_string(w, pairs->items[i].name, pairs->items[i].value);
	json_write_end(w);
}

static const struct json_custom map = { .encode = encode_map, .present = any_pair };

/* Keys of the object that this is in. */
static void encode_more(const void *in, const char *key, struct json_writer *w)
{
	const struct pairs *pairs = in;

	(void)key;
	for (size_t i = 0; i < pairs->count; i++)
		json_write_json(w, pairs->items[i].name, pairs->items[i].value);
}

static const struct json_custom more = { .encode = encode_more, .present = any_pair };

static bool is_there(const void *in)
{
	return *(const void *const *)in != NULL;
}

/* --- Elements of lists --- */

static const struct json_field namespace_fields[] = {
	STRING(struct ctrnet_namespace, type),
	STRING(struct ctrnet_namespace, path),
	JSON_END,
};
static const struct json_schema namespace_fields_schema =
	JSON_SCHEMA(struct ctrnet_namespace, namespace_fields);

static const struct json_field command_fields[] = {
	STRING(struct ctrnet_command, path),
	STRINGS(struct ctrnet_command, args),
	STRINGS(struct ctrnet_command, env),
	STRING(struct ctrnet_command, dir),
	JSON_END,
};
static const struct json_schema command_schema = JSON_SCHEMA(struct ctrnet_command, command_fields);

static const struct json_field mount_fields[] = {
	STRING(struct ctrnet_mount, source),
	STRING(struct ctrnet_mount, destination),
	STRING(struct ctrnet_mount, device),
	UINT(struct ctrnet_mount, flags),
	STRING(struct ctrnet_mount, data),
	STRING(struct ctrnet_mount, relabel),
	LIST(struct ctrnet_mount, premount_cmds, premount_cmd_count, struct ctrnet_command,
	     &command_schema),
	LIST(struct ctrnet_mount, postmount_cmds, postmount_cmd_count, struct ctrnet_command,
	     &command_schema),
	JSON_END,
};
static const struct json_schema mount_schema = JSON_SCHEMA(struct ctrnet_mount, mount_fields);

static const struct json_field device_fields[] = {
	INT(struct ctrnet_device, type, .flags = JSON_KEEP),
	STRING(struct ctrnet_device, path),
	INT(struct ctrnet_device, major),
	INT(struct ctrnet_device, minor),
	UINT(struct ctrnet_device, file_mode),
	UINT(struct ctrnet_device, uid),
	UINT(struct ctrnet_device, gid),
	JSON_END,
};
static const struct json_schema device_schema = JSON_SCHEMA(struct ctrnet_device, device_fields);

static const struct json_field rule_fields[] = {
	INT(struct ctrnet_device_rule, type, .flags = JSON_KEEP),
	INT(struct ctrnet_device_rule, major),
	INT(struct ctrnet_device_rule, minor),
	STRING(struct ctrnet_device_rule, permissions),
	JSON_END,
};
static const struct json_schema rule_schema = JSON_SCHEMA(struct ctrnet_device_rule, rule_fields);

static const struct json_field network_fields[] = {
	STRING(struct ctrnet_network, type),
	STRING(struct ctrnet_network, name),
	STRING(struct ctrnet_network, bridge),
	STRING(struct ctrnet_network, mac_address),
	STRING(struct ctrnet_network, address),
	STRING(struct ctrnet_network, gateway),
	STRING(struct ctrnet_network, ipv6_address),
	STRING(struct ctrnet_network, ipv6_gateway),
	UINT(struct ctrnet_network, mtu),
	UINT(struct ctrnet_network, txqueuelen),
	STRING(struct ctrnet_network, host_interface_name),
	BOOL(struct ctrnet_network, hairpin_mode),
	PAIRS(struct ctrnet_network, "", more, more_count, &more),
	JSON_END,
};
static const struct json_schema network_fields_schema =
	JSON_SCHEMA(struct ctrnet_network, network_fields);

static const struct json_field route_fields[] = {
	STRING(struct ctrnet_route, destination),
	STRING(struct ctrnet_route, source),
	STRING(struct ctrnet_route, gateway),
	STRING(struct ctrnet_route, interface_name),
	JSON_END,
};
static const struct json_schema route_schema = JSON_SCHEMA(struct ctrnet_route, route_fields);

static const struct json_field rlimit_fields[] = {
	INT(struct ctrnet_rlimit, type, .flags = JSON_KEEP),
	UINT(struct ctrnet_rlimit, hard, .flags = JSON_KEEP),
	UINT(struct ctrnet_rlimit, soft, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema rlimit_fields_schema =
	JSON_SCHEMA(struct ctrnet_rlimit, rlimit_fields);

static const struct json_field id_mapping_fields[] = {
	UINT(struct ctrnet_id_mapping, container_id),
	UINT(struct ctrnet_id_mapping, host_id),
	UINT(struct ctrnet_id_mapping, size),
	JSON_END,
};
static const struct json_schema id_mapping_schema =
	JSON_SCHEMA(struct ctrnet_id_mapping, id_mapping_fields);

/* --- Limits --- */

static const struct json_field block_fields[] = {
	UINT(struct ctrnet_block_limit, major, .flags = JSON_KEEP),
	UINT(struct ctrnet_block_limit, minor, .flags = JSON_KEEP),
	UINT(struct ctrnet_block_limit, value),
	JSON_END,
};
static const struct json_schema block_schema = JSON_SCHEMA(struct ctrnet_block_limit, block_fields);

static const struct json_field hugetlb_fields[] = {
	STRING(struct ctrnet_hugetlb_limit, page_size),
	UINT(struct ctrnet_hugetlb_limit, limit),
	JSON_END,
};
static const struct json_schema hugetlb_schema =
	JSON_SCHEMA(struct ctrnet_hugetlb_limit, hugetlb_fields);

static const struct json_field priority_fields[] = {
	STRING(struct ctrnet_interface_priority, interface),
	UINT(struct ctrnet_interface_priority, priority),
	JSON_END,
};
static const struct json_schema priority_schema =
	JSON_SCHEMA(struct ctrnet_interface_priority, priority_fields);

/* An int in C, for what nobody said anything about. */
static bool oom_kill_is_said(const void *in)
{
	return *(const int *)in >= 0;
}

static void encode_oom_kill(const void *in, const char *key, struct json_writer *w)
{
	json_write_bool(w, key, *(const int *)in);
}

static const struct json_custom oom_kill = { .encode = encode_oom_kill,
					     .present = oom_kill_is_said };

#define BLOCKS(k) LIST(struct ctrnet_limits, k, k##_count, struct ctrnet_block_limit, &block_schema)

static const struct json_field limits_fields[] = {
	INT(struct ctrnet_limits, memory),
	INT(struct ctrnet_limits, memory_reservation),
	INT(struct ctrnet_limits, memory_swap),
	INT(struct ctrnet_limits, kernel_memory),
	INT(struct ctrnet_limits, memory_high),
	INT(struct ctrnet_limits, memory_low),
	INT(struct ctrnet_limits, memory_min),
	UINT(struct ctrnet_limits, cpu_shares),
	UINT(struct ctrnet_limits, cpu_weight),
	INT(struct ctrnet_limits, cpu_quota),
	UINT(struct ctrnet_limits, cpu_period),
	UINT(struct ctrnet_limits, cpu_burst),
	INT(struct ctrnet_limits, cpu_rt_quota),
	UINT(struct ctrnet_limits, cpu_rt_period),
	STRING(struct ctrnet_limits, cpuset_cpus),
	STRING(struct ctrnet_limits, cpuset_mems),
	INT(struct ctrnet_limits, pids_limit),
	UINT(struct ctrnet_limits, blkio_weight),
	UINT(struct ctrnet_limits, io_weight),
	BLOCKS(blkio_weight_device),
	BLOCKS(blkio_throttle_read_bps_device),
	BLOCKS(blkio_throttle_write_bps_device),
	BLOCKS(blkio_throttle_read_iops_device),
	BLOCKS(blkio_throttle_write_iops_device),
	JSON_CUSTOM(struct ctrnet_limits, "oom_kill_disable", oom_kill_disable, &oom_kill),
	INT(struct ctrnet_limits, memory_swappiness, .flags = JSON_KEEP),
	LIST(struct ctrnet_limits, hugetlb_limit, hugetlb_limit_count, struct ctrnet_hugetlb_limit,
	     &hugetlb_schema),
	UINT(struct ctrnet_limits, net_cls_classid),
	LIST(struct ctrnet_limits, net_prio_ifpriomap, net_prio_ifpriomap_count,
	     struct ctrnet_interface_priority, &priority_schema),
	PAIRS(struct ctrnet_limits, "unified", unified, unified_count, &map),
	JSON_END,
};
const struct json_schema api_limits_schema = JSON_SCHEMA(struct ctrnet_limits, limits_fields);

/* --- All of it --- */

/* In the object of the cgroup. */
static void encode_limits(const void *in, const char *key, struct json_writer *w)
{
	(void)key;
	json_write_fields(w, &api_limits_schema, *(const struct ctrnet_limits *const *)in);
}

static const struct json_custom limits = { .encode = encode_limits, .present = is_there };

static const struct json_field cgroup_fields[] = {
	STRING(struct ctrnet_cgroup, name),
	STRING(struct ctrnet_cgroup, parent),
	STRING(struct ctrnet_cgroup, slice),
	BOOL(struct ctrnet_cgroup, allow_all_devices),
	LIST(struct ctrnet_cgroup, allowed_devices, allowed_device_count, struct ctrnet_device_rule,
	     &rule_schema),
	LIST(struct ctrnet_cgroup, denied_devices, denied_device_count, struct ctrnet_device_rule,
	     &rule_schema),
	STRING(struct ctrnet_cgroup, freezer),
	OBJECT(struct ctrnet_cgroup, limits, &limits),
	JSON_END,
};
const struct json_schema api_cgroup_schema = JSON_SCHEMA(struct ctrnet_cgroup, cgroup_fields);

static void encode_cgroup(const void *in, const char *key, struct json_writer *w)
{
	json_write_object(w, key, &api_cgroup_schema, *(const struct ctrnet_cgroup *const *)in);
}

static const struct json_custom cgroup = { .encode = encode_cgroup, .present = is_there };

static const struct json_field arg_fields[] = {
	UINT(struct ctrnet_seccomp_arg, index),
	UINT(struct ctrnet_seccomp_arg, value),
	UINT(struct ctrnet_seccomp_arg, value_two),
	INT(struct ctrnet_seccomp_arg, op),
	JSON_END,
};
static const struct json_schema arg_schema = JSON_SCHEMA(struct ctrnet_seccomp_arg, arg_fields);

static const struct json_field call_fields[] = {
	INT(struct ctrnet_seccomp_rule, value, .flags = JSON_KEEP),
	INT(struct ctrnet_seccomp_rule, action, .flags = JSON_KEEP),
	LIST(struct ctrnet_seccomp_rule, args, arg_count, struct ctrnet_seccomp_arg, &arg_schema),
	JSON_END,
};
static const struct json_schema call_schema = JSON_SCHEMA(struct ctrnet_seccomp_rule, call_fields);

static const struct json_field filter_fields[] = {
	INT(struct ctrnet_seccomp, default_action, .flags = JSON_KEEP),
	LIST(struct ctrnet_seccomp, syscalls, syscall_count, struct ctrnet_seccomp_rule,
	     &call_schema),
	JSON_END,
};
static const struct json_schema filter_schema = JSON_SCHEMA(struct ctrnet_seccomp, filter_fields);

static void encode_filter(const void *in, const char *key, struct json_writer *w)
{
	json_write_object(w, key, &filter_schema, *(const struct ctrnet_seccomp *const *)in);
}

static const struct json_custom filter = { .encode = encode_filter, .present = is_there };

static const struct json_field fields[] = {
	STRING(struct ctrnet_spec, rootfs),
	/* Always: it says which format this is. */
	BOOL(struct ctrnet_spec, readonlyfs, .flags = JSON_KEEP),
	BOOL(struct ctrnet_spec, privatefs),
	BOOL(struct ctrnet_spec, no_pivot_root),
	STRING(struct ctrnet_spec, pivot_dir),
	STRING(struct ctrnet_spec, hostname),
	INT(struct ctrnet_spec, parent_death_signal),
	LIST(struct ctrnet_spec, namespaces, namespace_count, struct ctrnet_namespace,
	     &namespace_fields_schema),
	STRINGS(struct ctrnet_spec, capabilities),
	LIST(struct ctrnet_spec, mounts, mount_count, struct ctrnet_mount, &mount_schema),
	LIST(struct ctrnet_spec, devices, device_count, struct ctrnet_device, &device_schema),
	STRINGS(struct ctrnet_spec, mask_paths),
	STRINGS(struct ctrnet_spec, readonly_paths),
	LIST(struct ctrnet_spec, networks, network_count, struct ctrnet_network,
	     &network_fields_schema),
	LIST(struct ctrnet_spec, routes, route_count, struct ctrnet_route, &route_schema),
	OBJECT(struct ctrnet_spec, cgroups, &cgroup),
	LIST(struct ctrnet_spec, rlimits, rlimit_count, struct ctrnet_rlimit,
	     &rlimit_fields_schema),
	LIST(struct ctrnet_spec, uid_mappings, uid_mapping_count, struct ctrnet_id_mapping,
	     &id_mapping_schema),
	LIST(struct ctrnet_spec, gid_mappings, gid_mapping_count, struct ctrnet_id_mapping,
	     &id_mapping_schema),
	STRINGS(struct ctrnet_spec, additional_groups),
	PAIRS(struct ctrnet_spec, "system_properties", system_properties, system_property_count,
	      &map),
	STRING(struct ctrnet_spec, apparmor_profile),
	STRING(struct ctrnet_spec, process_label),
	STRING(struct ctrnet_spec, mount_label),
	OBJECT(struct ctrnet_spec, seccomp, &filter),
	/* A filter implies it. */
	BOOL(struct ctrnet_spec, no_new_privileges),
	PAIRS(struct ctrnet_spec, "", more, more_count, &more),
	JSON_END,
};
const struct json_schema api_spec_schema = JSON_SCHEMA(struct ctrnet_spec, fields);

/* What the caller points to, as this version has it. */
struct taken {
	struct ctrnet_spec spec;
	struct ctrnet_cgroup cgroup;
	struct ctrnet_limits limits;
	struct ctrnet_seccomp seccomp;
};

static int take_cgroup(struct taken *t, struct err *err)
{
	int ret = t->spec.cgroups ? api_take(&t->cgroup, sizeof(t->cgroup), t->spec.cgroups,
					     "ctrnet_cgroup", err)
				  : 0;

	if (ret < 0 || !t->spec.cgroups)
		return ret;
	t->spec.cgroups = &t->cgroup;
	if (!t->cgroup.limits)
		return 0;
	ret = api_take(&t->limits, sizeof(t->limits), t->cgroup.limits, "ctrnet_limits", err);
	t->cgroup.limits = &t->limits;
	return ret;
}

static int take(struct taken *t, const struct ctrnet_spec *spec, struct err *err)
{
	int ret = api_take(&t->spec, sizeof(t->spec), spec, "ctrnet_spec", err);

	if (ret == 0)
		ret = take_cgroup(t, err);
	if (ret < 0 || !t->spec.seccomp)
		return ret;
	ret = api_take(&t->seccomp, sizeof(t->seccomp), t->spec.seccomp, "ctrnet_seccomp", err);
	t->spec.seccomp = &t->seccomp;
	return ret;
}

void api_forget_place(struct err *err, const char *name)
{
	size_t len = strlen(name);
	const char *at = err->text + len;

	if (strncmp(err->text, name, len) != 0)
		return;
	at += strspn(at, ":0123456789");
	at += *at == ' ';
	memmove(err->text, at, strlen(at) + 1);
}

/* What the decoder would warn a person of, a program would never see. */
static void keep_warning(void *arg, enum log_level level, const char *line)
{
	struct err *err = arg;

	if (level == LOG_WARNING && !err->code)
		err_set(err, -EINVAL, "%s", line);
}

static int parse_strictly(struct spec *spec, const char *text, size_t len, const char *name,
			  struct err *err)
{
	struct err warning = { 0 };
	struct log_diversion before = log_divert(keep_warning, &warning);
	int ret = spec_parse(spec, text, len, name, err);

	log_restore(&before);
	if (ret == 0 && warning.code) {
		spec_release(spec);
		*err = warning;
	}
	return ret < 0 ? ret : warning.code;
}

/* At its top the format passes over what it does not know. */
static int check_more(const struct ctrnet_spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->more_count; i++) {
		const struct json_field *f = spec_schema.fields;

		while (f->key && strcasecmp(f->key, spec->more[i].name) != 0)
			f++;
		if (!f->key)
			return err_set(err, -EINVAL, "more[%zu]: there is no key '%.80s'", i,
				       spec->more[i].name);
	}
	return 0;
}

static int parse(const struct ctrnet_spec *from, struct spec *spec, struct err *err)
{
	static const char name[] = "spec";
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret = out ? json_encode_compact(&api_spec_schema, from, out, err) : err_oom(err);

	if (out && fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	if (ret < 0)
		return ret;
	ret = parse_strictly(spec, text, len, name, err);
	if (ret < 0)
		api_forget_place(err, name);
	return ret;
}

static int set_profile(const struct ctrnet_spec *from, struct spec *spec, struct err *err)
{
	if (!from->security)
		return 0;
	if (from->seccomp)
		return err_set(err, -EINVAL, "security: does not go with seccomp");
	return spec_set_profile(spec, from->security, err);
}

int ctrnet_id_mappings_for_root(uint32_t root, struct ctrnet_id_mapping *maps, size_t *count,
				struct ctrnet_error *error)
{
	struct err err = { 0 };
	struct id_map *made;
	int ret = id_maps_for_root(root, &made, count);

	if (ret < 0) {
		err_set(&err, ret, "%u is no id from 0 to %d", root, ID_ROOT_MAX - 1);
		return api_fail(error, CTRNET_CONFIG_INVALID, &err);
	}
	for (size_t i = 0; i < *count; i++)
		maps[i] = (struct ctrnet_id_mapping){ made[i].container_id, made[i].host_id,
						      made[i].size };
	free(made);
	return 0;
}

int ctrnet_config_make(struct ctrnet_config **config, const struct ctrnet_spec *spec,
		       struct ctrnet_error *error)
{
	_cleanup_(log_restore) struct log_diversion before = api_log(NULL);
	struct taken t = { CTRNET_SPEC_INIT, CTRNET_CGROUP_INIT, CTRNET_LIMITS_INIT,
			   CTRNET_SECCOMP_INIT };
	struct spec made = { 0 };
	struct err err = { 0 };
	int ret = take(&t, spec, &err);

	if (ret == 0)
		ret = check_more(&t.spec, &err);
	if (ret == 0)
		ret = parse(&t.spec, &made, &err);
	if (ret == 0 && set_profile(&t.spec, &made, &err) < 0) {
		ret = err.code;
		spec_release(&made);
	}
	return ret < 0 ? api_fail(error, CTRNET_CONFIG_INVALID, &err)
		       : api_config_new(config, &made, &(struct spec_names){ 0 }, error);
}
