// SPDX-License-Identifier: Apache-2.0
/*
 * The config format of libcontainer in mid-2015 (configs.Config as JSON): keys and their places in the
 * typed spec. Keys match without regard to case and unknown ones are ignored, as Go's encoding/json does; inside
 * networks and routes an unknown one is warned of. Keys that this build cannot put into effect are refused
 * when they ask for something, never passed over in silence.
 */
#include "container/spec.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

/* Does the value ask for nothing: null, false, 0, "", [] or {}? */
static bool asks_for_nothing(const struct json_value *v)
{
	_cleanup_free_ char *text = NULL;
	long long number;
	bool on;

	switch (json_value_kind(v)) {
	case JSON_IS_NULL:
		return true;
	case JSON_IS_BOOL:
		return json_value_bool(v, &on, NULL) == 0 && !on;
	case JSON_IS_NUMBER:
		return json_value_int(v, 0, 0, &number, NULL) == 0;
	case JSON_IS_STRING:
		return json_value_string(v, &text, NULL) == 0 && !*text;
	case JSON_IS_ARRAY:
	case JSON_IS_OBJECT:
		return json_value_count(v) == 0;
	}
	return false;
}

static int refuse(const struct json_value *v, void *out, struct err *err)
{
	(void)out;
	if (asks_for_nothing(v))
		return 0;
	return json_value_err(v, err, -EOPNOTSUPP,
			      "this version of ctrnet cannot put this into effect");
}

static void encode_nothing(const void *in, const char *key, struct json_writer *w)
{
	(void)in;
	(void)key;
	(void)w;
}

static bool never(const void *in)
{
	(void)in;
	return false;
}

static const struct json_custom refused = { .decode = refuse,
					    .encode = encode_nothing,
					    .present = never };

/* A row for a key that is known, but refused when it asks for something. */
#define REFUSED(T, k, m) JSON_CUSTOM(T, k, m, &refused)

/* A device's type: a Go rune, so a number in JSON (99 = 'c'); a one-letter string is read as well. */
static int decode_rune(const struct json_value *v, const char *letters, char *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	long long number = 0;
	int ret = 0;

	if (json_value_kind(v) == JSON_IS_STRING) {
		ret = json_value_string(v, &text, err);
		if (ret == 0)
			number = strlen(text) == 1 ? text[0] : 0;
	} else {
		ret = json_value_int(v, 0, 0x10ffff, &number, err);
	}
	if (ret < 0)
		return ret;
	for (const char *c = letters; *c; c++) {
		if (*c != number)
			continue;
		*out = *c;
		return 0;
	}
	ret = json_value_err(v, err, -EINVAL, "not a device type; known are");
	for (const char *c = letters; *c; c++)
		err_append(err, "%s %d or \"%c\"", c == letters ? "" : ",", *c, *c);
	return ret;
}

static int decode_node_type(const struct json_value *v, void *out, struct err *err)
{
	return decode_rune(v, "cbup", out, err);
}

/* A rule may be for all devices, and a fifo is none. */
static int decode_rule_type(const struct json_value *v, void *out, struct err *err)
{
	return decode_rune(v, "cba", out, err);
}

static void encode_rune(const void *in, const char *key, struct json_writer *w)
{
	json_write_int(w, key, *(const char *)in);
}

static const struct json_custom node_type = { .decode = decode_node_type, .encode = encode_rune };
static const struct json_custom rule_type = { .decode = decode_rule_type, .encode = encode_rune };

/* A list of group names, or, until April 2015, of numbers. */
static int decode_words(const struct json_value *list, void *out, struct err *err)
{
	_cleanup_(strv_cleanup) char **words = NULL;

	if (json_value_kind(list) == JSON_IS_NULL)
		return 0;
	if (json_value_kind(list) != JSON_IS_ARRAY)
		return json_value_err(list, err, -EINVAL, "expected a list of names or numbers");
	for (const struct json_value *v = json_value_at(list, 0); v; v = json_value_next(v)) {
		_cleanup_free_ char *word = NULL;
		long long number;
		int ret;

		if (json_value_kind(v) == JSON_IS_NUMBER) {
			ret = json_value_int(v, 0, INT32_MAX, &number, err);
			if (ret == 0 && !(word = str_format("%lld", number)))
				ret = err_oom(err);
		} else {
			ret = json_value_string(v, &word, err);
		}
		if (ret == 0 && strv_add(&words, word) < 0)
			ret = err_oom(err);
		if (ret < 0)
			return ret;
	}
	*(char ***)out = take_ptr(words);
	return 0;
}

static void encode_words(const void *in, const char *key, struct json_writer *w)
{
	json_write_begin(w, key, '[');
	for (char **word = *(char **const *)in; word && *word; word++)
		json_write_string(w, NULL, *word);
	json_write_end(w);
}

static void release_words(void *in)
{
	strv_free(*(char ***)in);
}

static const struct json_custom words_json = {
	.decode = decode_words,
	.encode = encode_words,
	.release = release_words,
};

static const struct json_field mount_fields[] = {
	JSON_STRING(struct rootfs_mount, "source", source),
	JSON_STRING(struct rootfs_mount, "destination", destination),
	JSON_STRING(struct rootfs_mount, "device", type),
	JSON_UINT(struct rootfs_mount, "flags", flags),
	JSON_STRING(struct rootfs_mount, "data", data),
	REFUSED(struct rootfs_mount, "relabel", flags),
	REFUSED(struct rootfs_mount, "premount_cmds", flags),
	REFUSED(struct rootfs_mount, "postmount_cmds", flags),
	JSON_END,
};
static const struct json_schema mount_schema =
	JSON_SCHEMA(struct rootfs_mount, mount_fields, .caseless = true);

static const struct json_field device_fields[] = {
	JSON_CUSTOM(struct rootfs_device, "type", type, &node_type, .flags = JSON_REQUIRED),
	JSON_STRING(struct rootfs_device, "path", path),
	JSON_INT(struct rootfs_device, "major", major, .min = -1, .max = 4095),
	JSON_INT(struct rootfs_device, "minor", minor, .min = -1, .max = 1048575),
	JSON_UINT(struct rootfs_device, "file_mode", file_mode),
	JSON_UINT(struct rootfs_device, "uid", uid),
	JSON_UINT(struct rootfs_device, "gid", gid),
	JSON_END,
};
static const struct json_schema device_schema =
	JSON_SCHEMA(struct rootfs_device, device_fields, .caseless = true);

static const struct json_field rule_fields[] = {
	JSON_CUSTOM(struct cgroup_device, "type", type, &rule_type, .flags = JSON_REQUIRED),
	JSON_INT(struct cgroup_device, "major", major, .min = -1, .max = 4095),
	JSON_INT(struct cgroup_device, "minor", minor, .min = -1, .max = 1048575),
	JSON_STRING(struct cgroup_device, "permissions", permissions),
	JSON_END,
};
static const struct json_schema rule_schema =
	JSON_SCHEMA(struct cgroup_device, rule_fields, .caseless = true);

/*
 * Swappiness 0 was what leaving it out came to, and -1 means to leave it, so neither asks for anything.
 */
static int refuse_swappiness(const struct json_value *v, void *out, struct err *err)
{
	long long number;

	(void)out;
	if (json_value_kind(v) == JSON_IS_NUMBER && json_value_int(v, -1, 0, &number, NULL) == 0)
		return 0;
	return refuse(v, out, err);
}

static const struct json_custom swappiness = {
	.decode = refuse_swappiness,
	.encode = encode_nothing,
	.present = never,
};

/* That there is an object, even an empty one, asks for a cgroup. */
static int mark_present(void *object, struct err *err)
{
	(void)err;
	((struct cgroup_spec *)object)->present = true;
	return 0;
}

static const struct json_field cgroup_fields[] = {
	JSON_STRING(struct cgroup_spec, "name", name),
	JSON_STRING(struct cgroup_spec, "parent", parent),
	JSON_BOOL(struct cgroup_spec, "allow_all_devices", allow_all_devices),
	JSON_ARRAY(struct cgroup_spec, "allowed_devices", allowed_devices, allowed_device_count,
		   &rule_schema),
	JSON_ARRAY(struct cgroup_spec, "denied_devices", denied_devices, denied_device_count,
		   &rule_schema),
	JSON_INT(struct cgroup_spec, "memory", memory, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_reservation", memory_reservation, .min = -1,
		 .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_swap", memory_swap, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "kernel_memory", kernel_memory, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_shares", cpu_shares),
	JSON_INT(struct cgroup_spec, "cpu_quota", cpu_quota, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_period", cpu_period),
	JSON_INT(struct cgroup_spec, "cpu_rt_quota", cpu_rt_quota, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_rt_period", cpu_rt_period),
	JSON_STRING(struct cgroup_spec, "cpuset_cpus", cpuset_cpus),
	JSON_STRING(struct cgroup_spec, "cpuset_mems", cpuset_mems),
	JSON_INT(struct cgroup_spec, "pids_limit", pids_limit, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "blkio_weight", blkio_weight),
	JSON_BOOL(struct cgroup_spec, "oom_kill_disable", oom_kill_disable),
	JSON_CUSTOM(struct cgroup_spec, "memory_swappiness", present, &swappiness),
	REFUSED(struct cgroup_spec, "blkio_weight_device", present),
	REFUSED(struct cgroup_spec, "blkio_throttle_read_bps_device", present),
	REFUSED(struct cgroup_spec, "blkio_throttle_write_bps_device", present),
	REFUSED(struct cgroup_spec, "blkio_throttle_read_iops_device", present),
	REFUSED(struct cgroup_spec, "blkio_throttle_write_iops_device", present),
	REFUSED(struct cgroup_spec, "freezer", present),
	REFUSED(struct cgroup_spec, "hugetlb_limit", present),
	REFUSED(struct cgroup_spec, "net_prio_ifpriomap", present),
	REFUSED(struct cgroup_spec, "net_cls_classid", present),
	REFUSED(struct cgroup_spec, "slice", present),
	JSON_END,
};
static const struct json_schema cgroup_schema =
	JSON_SCHEMA(struct cgroup_spec, cgroup_fields, .caseless = true, .check = mark_present);

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
	JSON_BOOL(struct spec, "readonlyfs", rootfs.readonly),
	JSON_BOOL(struct spec, "privatefs", rootfs.private_propagation),
	JSON_ARRAY(struct spec, "mounts", rootfs.mounts, rootfs.mount_count, &mount_schema),
	JSON_ARRAY(struct spec, "devices", rootfs.devices, rootfs.device_count, &device_schema),
	JSON_STRING(struct spec, "mount_label", rootfs.mount_label),
	JSON_STRING(struct spec, "hostname", hostname),
	JSON_ARRAY(struct spec, "namespaces", namespaces.items, namespaces.count,
		   &namespace_schema),
	JSON_CUSTOM(struct spec, "capabilities", capabilities, &capabilities_json),
	JSON_ARRAY(struct spec, "networks", net.networks, net.network_count, &network_schema),
	JSON_ARRAY(struct spec, "routes", net.routes, net.route_count, &net_route_schema),
	JSON_OBJECT(struct spec, "cgroups", cgroup, &cgroup_schema),
	REFUSED(struct spec, "apparmor_profile", hostname),
	REFUSED(struct spec, "process_label", hostname),
	JSON_ARRAY(struct spec, "rlimits", rlimits, rlimit_count, &rlimit_schema),
	JSON_CUSTOM(struct spec, "additional_groups", additional_groups, &words_json),
	REFUSED(struct spec, "uid_mappings", hostname),
	REFUSED(struct spec, "gid_mappings", hostname),
	JSON_STRINGS(struct spec, "mask_paths", rootfs.masked_paths),
	JSON_STRINGS(struct spec, "readonly_paths", rootfs.readonly_paths),
	JSON_MAP(struct spec, "system_properties", sysctl, sysctl_count),
	REFUSED(struct spec, "seccomp", hostname),
	JSON_BOOL(struct spec, "no_new_privileges", no_new_privileges),
	JSON_END,
};
const struct json_schema spec_schema = JSON_SCHEMA(struct spec, spec_fields, .caseless = true);
