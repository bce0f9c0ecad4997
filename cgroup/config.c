// SPDX-License-Identifier: Apache-2.0
#include "cgroup/config.h"

#include "lib/cleanup.h"
#include "lib/device.h"
#include "lib/no_effect.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

static const struct json_field device_fields[] = {
	JSON_CUSTOM(struct cgroup_device, "type", type, &device_rule_type_json,
		    .flags = JSON_REQUIRED),
	JSON_INT(struct cgroup_device, "major", major, .min = -1, .max = DEVICE_MAJOR_MAX),
	JSON_INT(struct cgroup_device, "major_number", major, .min = -1, .max = DEVICE_MAJOR_MAX,
		 .flags = JSON_ALIAS),
	JSON_INT(struct cgroup_device, "minor", minor, .min = -1, .max = DEVICE_MINOR_MAX),
	JSON_INT(struct cgroup_device, "minor_number", minor, .min = -1, .max = DEVICE_MINOR_MAX,
		 .flags = JSON_ALIAS),
	JSON_STRING(struct cgroup_device, "permissions", permissions),
	JSON_STRING(struct cgroup_device, "cgroup_permissions", permissions, .flags = JSON_ALIAS),
	JSON_END,
};
static const struct json_schema device_schema =
	JSON_SCHEMA(struct cgroup_device, device_fields, .caseless = true);

int cgroup_allow(struct cgroup_spec *spec, const struct cgroup_device *rule, struct err *err)
{
	struct cgroup_device *more =
		reallocarray(spec->allowed_devices, spec->allowed_device_count + 1, sizeof(*more));

	if (!more)
		return err_oom(err);
	spec->allowed_devices = more;
	more += spec->allowed_device_count;
	*more = *rule;
	more->permissions = strdup(rule->permissions);
	if (!more->permissions)
		return err_oom(err);
	spec->allowed_device_count++;
	return 0;
}

static const struct json_field block_fields[] = {
	JSON_UINT(struct cgroup_block, "major", major, .max = DEVICE_MAJOR_MAX,
		  .flags = JSON_REQUIRED),
	JSON_UINT(struct cgroup_block, "minor", minor, .max = DEVICE_MINOR_MAX,
		  .flags = JSON_REQUIRED),
	JSON_UINT(struct cgroup_block, "value", value),
	JSON_UINT(struct cgroup_block, "weight", value, .flags = JSON_ALIAS),
	JSON_UINT(struct cgroup_block, "rate", value, .flags = JSON_ALIAS),
	REFUSED(struct cgroup_block, "leafWeight", value),
	JSON_END,
};
static const struct json_schema block_schema =
	JSON_SCHEMA(struct cgroup_block, block_fields, .caseless = true);

/* Cut the number off that ends in @end at *@text; what is behind the end is the rest. */
static int cut_number(char **text, char end, unsigned long long max, unsigned long long *out)
{
	char *stop = strchrnul(*text, end);
	bool more = *stop;
	int ret;

	*stop = '\0';
	ret = str_to_u64(*text, max, out);
	*text = more ? stop + 1 : stop;
	return more || !end ? ret : -EINVAL;
}

static int parse_block(char *text, struct cgroup_block *b)
{
	unsigned long long major = 0, minor = 0, value = 0;
	int ret = cut_number(&text, ':', DEVICE_MAJOR_MAX, &major);

	if (ret == 0)
		ret = cut_number(&text, ' ', DEVICE_MINOR_MAX, &minor);
	if (ret == 0)
		ret = cut_number(&text, '\0', UINT64_MAX, &value);
	*b = (struct cgroup_block){ (uint32_t)major, (uint32_t)minor, value };
	return ret;
}

static int decode_block(const struct json_value *v, struct cgroup_block *b, struct err *err)
{
	_cleanup_free_ char *text = NULL, *copy = NULL;
	int ret;

	if (json_value_kind(v) == JSON_IS_OBJECT)
		return json_value_decode(&block_schema, b, v, err);
	ret = json_value_string(v, &text, err);
	if (ret < 0)
		return ret;
	copy = strdup(text);
	if (!copy)
		return err_oom(err);
	if (parse_block(copy, b) < 0)
		return json_value_err(v, err, -EINVAL, "'%s' is not \"MAJOR:MINOR NUMBER\"", text);
	return 0;
}

static int add_block(struct cgroup_blocks *all, const struct json_value *v, struct err *err)
{
	int ret = decode_block(v, &all->items[all->count], err);

	if (ret == 0)
		all->count++;
	return ret;
}

/* One string is how libcontainer had it; "" asks for nothing. */
static int decode_blocks(const struct json_value *v, void *out, struct err *err)
{
	struct cgroup_blocks *all = out;
	bool list = json_value_kind(v) == JSON_IS_ARRAY;
	_cleanup_free_ char *text = NULL;
	int ret = 0;

	if (json_value_kind(v) == JSON_IS_STRING && json_value_string(v, &text, NULL) == 0 &&
	    !*text)
		return 0;
	if (list && !json_value_count(v))
		return 0;
	all->items = calloc(list ? json_value_count(v) : 1, sizeof(*all->items));
	if (!all->items)
		return err_oom(err);
	if (!list)
		return add_block(all, v, err);
	for (v = json_value_at(v, 0); v && ret == 0; v = json_value_next(v))
		ret = add_block(all, v, err);
	return ret;
}

static void write_block(struct json_writer *w, const char *key, const struct cgroup_block *b)
{
	char text[64];

	snprintf(text, sizeof(text), "%u:%u %llu", b->major, b->minor,
		 (unsigned long long)b->value);
	json_write_string(w, key, text);
}

static void encode_blocks(const void *in, const char *key, struct json_writer *w)
{
	const struct cgroup_blocks *all = in;

	if (all->count == 1) {
		write_block(w, key, &all->items[0]);
		return;
	}
	json_write_begin(w, key, '[');
	for (size_t i = 0; i < all->count; i++)
		write_block(w, NULL, &all->items[i]);
	json_write_end(w);
}

static void release_blocks(void *in)
{
	free(((struct cgroup_blocks *)in)->items);
}

static bool blocks_present(const void *in)
{
	return ((const struct cgroup_blocks *)in)->count;
}

#define BLOCK_FORMS \
	{ JSON_IS_STRING, .pattern = "[0-9]+:[0-9]+ [0-9]+" }, JSON_FORM_OBJECT(&block_schema)
static const struct json_form block_forms[] = { BLOCK_FORMS, JSON_FORM_END };
static const struct json_form blocks_forms[] = { BLOCK_FORMS, JSON_FORM_LIST(block_forms),
						 JSON_FORM_END };

const struct json_custom cgroup_blocks_json = {
	.decode = decode_blocks,
	.encode = encode_blocks,
	.release = release_blocks,
	.present = blocks_present,
	.what = "string \"MAJOR:MINOR NUMBER\", object, or list of either",
	.forms = blocks_forms,
};

static struct cgroup_spec *spec_of(const void *has_swappiness)
{
	return (struct cgroup_spec *)((const char *)has_swappiness -
				      offsetof(struct cgroup_spec, has_swappiness));
}

static int decode_swappiness(const struct json_value *v, void *out, struct err *err)
{
	struct cgroup_spec *spec = spec_of(out);
	long long number;
	int ret = json_value_int(v, INT64_MIN, INT64_MAX, &number, err);

	if (ret < 0)
		return ret;
	if (number < -1 || number > 100)
		return json_value_err(
			v, err, -ERANGE,
			"invalid value %lld: swappiness goes from 0 to 100, and -1 leaves it as it is",
			number);
	spec->has_swappiness = number >= 0;
	spec->memory_swappiness = number >= 0 ? (uint8_t)number : 0;
	return 0;
}

static void encode_swappiness(const void *in, const char *key, struct json_writer *w)
{
	json_write_int(w, key, spec_of(in)->memory_swappiness);
}

static const struct json_form swappiness_forms[] = { JSON_FORM_NUMBER(-1, 100), JSON_FORM_END };

const struct json_custom cgroup_swappiness_json = {
	.decode = decode_swappiness,
	.encode = encode_swappiness,
	.what = "integer, -1 to 100",
	.forms = swappiness_forms,
};

static int decode_classid(const struct json_value *v, void *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	unsigned long long number = 0;
	char *end;
	int ret;

	if (json_value_kind(v) != JSON_IS_STRING) {
		ret = json_value_uint(v, UINT32_MAX, &number, err);
		*(uint32_t *)out = (uint32_t)number;
		return ret;
	}
	ret = json_value_string(v, &text, err);
	if (ret < 0 || !*text)
		return ret;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || *end || text[0] < '0' || text[0] > '9' || number > UINT32_MAX)
		return json_value_err(
			v, err, -EINVAL,
			"'%s' is not a class id: a number of 32 bits, the major one in the upper half",
			text);
	*(uint32_t *)out = (uint32_t)number;
	return 0;
}

/* A string, as libcontainer has it. */
static void encode_classid(const void *in, const char *key, struct json_writer *w)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%x", *(const uint32_t *)in);
	json_write_string(w, key, text);
}

static const struct json_form classid_forms[] = {
	JSON_FORM_NUMBER(0, UINT32_MAX),
	{ JSON_IS_STRING, .pattern = "0[xX][0-9A-Fa-f]+|[0-9]+" },
	JSON_FORM_END,
};

const struct json_custom cgroup_classid_json = {
	.decode = decode_classid,
	.encode = encode_classid,
	.what = "integer, or string with one, as in \"0x100001\"",
	.forms = classid_forms,
};

static const struct json_field hugetlb_fields[] = {
	JSON_STRING(struct cgroup_hugetlb, "page_size", page_size, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_hugetlb, "pageSize", page_size, .flags = JSON_ALIAS),
	JSON_UINT(struct cgroup_hugetlb, "limit", limit, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema hugetlb_schema =
	JSON_SCHEMA(struct cgroup_hugetlb, hugetlb_fields, .caseless = true);

static const struct json_field ifprio_fields[] = {
	JSON_STRING(struct cgroup_ifprio, "interface", interface, .flags = JSON_REQUIRED),
	JSON_STRING(struct cgroup_ifprio, "name", interface, .flags = JSON_ALIAS),
	JSON_UINT(struct cgroup_ifprio, "priority", priority, .flags = JSON_KEEP),
	JSON_END,
};
const struct json_schema cgroup_ifprio_schema =
	JSON_SCHEMA(struct cgroup_ifprio, ifprio_fields, .caseless = true);

/* A new cgroup is thawed, so only FROZEN asks for something. */
static int decode_freezer(const struct json_value *v, void *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = json_value_string(v, &text, err);

	if (ret < 0)
		return ret;
	if (*text && strcmp(text, "THAWED") && strcmp(text, "FROZEN"))
		return json_value_err(v, err, -EINVAL,
				      "'%s' is no state of a freezer: FROZEN or THAWED", text);
	*(bool *)out = !strcmp(text, "FROZEN");
	return 0;
}

static void encode_freezer(const void *in, const char *key, struct json_writer *w)
{
	(void)in;
	json_write_string(w, key, "FROZEN");
}

static const struct json_name freezer_names[] = { { "THAWED", 0 }, { "FROZEN", 1 }, { NULL, 0 } };
static const struct json_form freezer_forms[] = { { JSON_IS_STRING, .names = freezer_names },
						  JSON_FORM_END };

static const struct json_custom freezer_json = {
	.decode = decode_freezer,
	.encode = encode_freezer,
	.what = "string: THAWED or FROZEN",
	.forms = freezer_forms,
};

const struct json_name cgroup_manager_names[] = {
	{ "cgroupfs", CGROUP_MANAGER_CGROUPFS },
	{ "systemd", CGROUP_MANAGER_SYSTEMD },
	{ "disabled", CGROUP_MANAGER_DISABLED },
	{ NULL, 0 },
};

static int mark_present(void *object, struct err *err)
{
	(void)err;
	((struct cgroup_spec *)object)->present = true;
	return 0;
}

/* What is in it besides is not the config's, such as who makes it. */
static bool is_present(const void *object)
{
	return ((const struct cgroup_spec *)object)->present;
}

static const struct json_field cgroup_fields[] = {
	JSON_STRING(struct cgroup_spec, "name", name),
	JSON_STRING(struct cgroup_spec, "parent", parent),
	JSON_BOOL(struct cgroup_spec, "allow_all_devices", allow_all_devices),
	JSON_BOOL(struct cgroup_spec, "device_access", allow_all_devices, .flags = JSON_ALIAS),
	JSON_ARRAY(struct cgroup_spec, "allowed_devices", allowed_devices, allowed_device_count,
		   &device_schema),
	JSON_ARRAY(struct cgroup_spec, "denied_devices", denied_devices, denied_device_count,
		   &device_schema),
	JSON_INT(struct cgroup_spec, "memory", memory, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_reservation", memory_reservation, .min = -1,
		 .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_swap", memory_swap, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "kernel_memory", kernel_memory, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_high", memory_high, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_low", memory_low, .min = -1, .max = INT64_MAX),
	JSON_INT(struct cgroup_spec, "memory_min", memory_min, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_shares", cpu_shares),
	JSON_UINT(struct cgroup_spec, "cpu_weight", cpu_weight, .max = CGROUP_WEIGHT_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_burst", cpu_burst),
	JSON_INT(struct cgroup_spec, "cpu_quota", cpu_quota, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_period", cpu_period),
	JSON_INT(struct cgroup_spec, "cpu_rt_quota", cpu_rt_quota, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "cpu_rt_period", cpu_rt_period),
	JSON_STRING(struct cgroup_spec, "cpuset_cpus", cpuset_cpus),
	JSON_STRING(struct cgroup_spec, "cpuset_mems", cpuset_mems),
	JSON_INT(struct cgroup_spec, "pids_limit", pids_limit, .min = -1, .max = INT64_MAX),
	JSON_UINT(struct cgroup_spec, "blkio_weight", blkio_weight),
	JSON_UINT(struct cgroup_spec, "io_weight", io_weight, .max = CGROUP_WEIGHT_MAX),
	JSON_CUSTOM(struct cgroup_spec, "blkio_weight_device", blkio_weight_device,
		    &cgroup_blocks_json),
	JSON_CUSTOM(struct cgroup_spec, "blkio_throttle_read_bps_device",
		    blkio_throttle_read_bps_device, &cgroup_blocks_json),
	JSON_CUSTOM(struct cgroup_spec, "blkio_throttle_write_bps_device",
		    blkio_throttle_write_bps_device, &cgroup_blocks_json),
	JSON_CUSTOM(struct cgroup_spec, "blkio_throttle_read_iops_device",
		    blkio_throttle_read_iops_device, &cgroup_blocks_json),
	JSON_CUSTOM(struct cgroup_spec, "blkio_throttle_write_iops_device",
		    blkio_throttle_write_iops_device, &cgroup_blocks_json),
	JSON_BOOL(struct cgroup_spec, "oom_kill_disable", oom_kill_disable),
	JSON_CUSTOM(struct cgroup_spec, "memory_swappiness", has_swappiness,
		    &cgroup_swappiness_json),
	JSON_ARRAY(struct cgroup_spec, "hugetlb_limit", hugetlb_limit, hugetlb_limit_count,
		   &hugetlb_schema),
	JSON_CUSTOM(struct cgroup_spec, "net_cls_classid", net_cls_classid, &cgroup_classid_json),
	JSON_ARRAY(struct cgroup_spec, "net_prio_ifpriomap", net_prio_ifpriomap,
		   net_prio_ifpriomap_count, &cgroup_ifprio_schema),
	JSON_MAP(struct cgroup_spec, "unified", unified, unified_count),
	JSON_CUSTOM(struct cgroup_spec, "freezer", frozen, &freezer_json),
	JSON_STRING(struct cgroup_spec, "slice", slice),
	JSON_END,
};
const struct json_schema cgroup_schema = JSON_SCHEMA(struct cgroup_spec, cgroup_fields,
						     .caseless = true, .check = mark_present,
						     .present = is_present);
