// SPDX-License-Identifier: Apache-2.0
#include "container/old.h"

#include "container/host_device.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

static void release_devices(void *in)
{
	struct old_devices *devices = in;

	for (size_t i = 0; i < devices->count; i++)
		json_release(&spec_device_schema, &devices->items[i]);
	free(devices->items);
}

static int add_device(struct old_devices *devices, struct rootfs_device *d, struct err *err)
{
	struct rootfs_device *more =
		reallocarray(devices->items, devices->count + 1, sizeof(*more));

	if (!more) {
		json_release(&spec_device_schema, d);
		return err_oom(err);
	}
	devices->items = more;
	d->skipped = devices->skipped;
	more[devices->count++] = take_struct(*d);
	return 0;
}

/* Some configs have the whole path. */
static int add_host_device(struct old_devices *devices, const char *path, struct err *err)
{
	const char *name = str_starts(path, "/dev/") ? path + strlen("/dev/") : path;
	struct rootfs_device d;
	int ret = str_empty(name) ? err_set(err, -EINVAL, "the name of a device is empty")
				  : host_device_find(name, &d, err);

	if (ret < 0)
		return ret;
	/* Whose it is on the host did not count. */
	d.uid = d.gid = 0;
	return add_device(devices, &d, err);
}

static int decode_names(const struct json_value *list, bool required, struct old_devices *devices,
			struct err *err)
{
	if (json_value_kind(list) != JSON_IS_ARRAY)
		return json_value_err(list, err, -EINVAL, "expected a list of names in /dev");
	devices->given = true;
	for (const struct json_value *v = json_value_at(list, 0); v; v = json_value_next(v)) {
		_cleanup_free_ char *name = NULL;
		struct err why = { 0 };
		int ret = json_value_string(v, &name, err);

		if (ret < 0)
			return ret;
		ret = add_host_device(devices, name, &why);
		if (ret < 0 && (required || ret != -ENOENT))
			return json_value_err(v, err, ret, "%s", why.text);
		devices->skipped += ret < 0;
	}
	return 0;
}

static int decode_required(const struct json_value *list, void *out, struct err *err)
{
	return decode_names(list, true, out, err);
}

static int decode_optional(const struct json_value *list, void *out, struct err *err)
{
	return decode_names(list, false, out, err);
}

const struct json_custom old_required_json = { .decode = decode_required,
					       .release = release_devices,
					       .what = "list of names in /dev" };
const struct json_custom old_optional_json = { .decode = decode_optional,
					       .release = release_devices,
					       .what = "list of names in /dev" };

static int decode_object(const struct json_value *object, void *out, struct err *err)
{
	const struct json_value *required = json_value_get_caseless(object, "required");
	const struct json_value *optional = json_value_get_caseless(object, "optional");
	int ret = 0;

	if (required && json_value_kind(required) != JSON_IS_NULL)
		ret = decode_names(required, true, out, err);
	if (ret == 0 && optional && json_value_kind(optional) != JSON_IS_NULL)
		ret = decode_names(optional, false, out, err);
	return ret;
}

static int decode_devices(const struct json_value *value, void *out, struct err *err)
{
	struct old_devices *devices = out;

	devices->given = true;
	if (json_value_kind(value) == JSON_IS_OBJECT)
		return decode_object(value, out, err);
	if (json_value_kind(value) != JSON_IS_ARRAY)
		return json_value_err(
			value, err, -EINVAL,
			"expected a list of devices, or an object of 'required' and 'optional'");
	for (const struct json_value *v = json_value_at(value, 0); v; v = json_value_next(v)) {
		struct rootfs_device d;
		int ret = json_value_decode(&spec_device_schema, &d, v, err);

		if (ret == 0)
			ret = add_device(devices, &d, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

const struct json_custom old_devices_json = {
	.decode = decode_devices,
	.release = release_devices,
	.what = "list of objects, or two lists of names in /dev",
	.schema = &spec_device_schema
};

int old_add_devices(struct old_devices *from, struct spec *spec, struct err *err)
{
	struct rootfs_spec *to = &spec->rootfs;
	struct rootfs_device *more;

	if (!from->count)
		return 0;
	more = reallocarray(to->devices, to->device_count + from->count, sizeof(*more));
	if (!more)
		return err_oom(err);
	memcpy(more + to->device_count, from->items, from->count * sizeof(*more));
	to->devices = more;
	to->device_count += from->count;
	free(take_ptr(from->items));
	from->count = 0;
	return 0;
}

int old_add_host_devices(const char *const *names, struct spec *spec, struct err *err)
{
	struct old_devices devices = { 0 };
	int ret = 0;

	for (; *names && ret == 0; names++) {
		ret = add_host_device(&devices, *names, err);
		if (ret == 0)
			devices.items[devices.count - 1].automatic = true;
	}
	if (ret == 0)
		ret = old_add_devices(&devices, spec, err);
	release_devices(&devices);
	return ret;
}
