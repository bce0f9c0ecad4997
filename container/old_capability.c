// SPDX-License-Identifier: Apache-2.0
#include "container/old.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <linux/capability.h>

#define BIT(n) (1ULL << (n))

/*
 * What the kernel had in early 2014 ends here. Later ones were cut out of these; who dropped the whole did not mean to
 * keep a part (capabilities(7)).
 */
#define LAST_OF_2014 CAP_BLOCK_SUSPEND

static const struct part {
	int part, whole;
} parts[] = {
	{ CAP_AUDIT_READ, CAP_AUDIT_CONTROL },
	{ CAP_PERFMON, CAP_SYS_ADMIN },
	{ CAP_BPF, CAP_SYS_ADMIN },
	{ CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN },
};

struct capabilities old_all_but(uint64_t mask)
{
	uint64_t all = BIT(LAST_OF_2014 + 1) - 1;

	for (size_t i = 0; i < array_size(parts); i++)
		if (!(mask & BIT(parts[i].whole)))
			all |= BIT(parts[i].part);
	return capabilities_keep(all & ~mask);
}

/* What was not known was left out without a word. */
static void add(uint64_t *mask, const char *name, const struct json_value *v)
{
	uint64_t bit = capability_mask(name);
	struct err text;

	*mask |= bit;
	if (bit)
		return;
	json_value_err(v, &text, -EINVAL, "unknown capability '%.40s'; it is ignored", name);
	log_warn("%s", text.text);
}

static int expect_list(const struct json_value *v, struct err *err)
{
	if (json_value_kind(v) == JSON_IS_ARRAY)
		return 0;
	return json_value_err(v, err, -EINVAL, "expected a list of capability names");
}

static int decode_keep(const struct json_value *list, void *out, struct err *err)
{
	uint64_t mask = 0;
	int ret = expect_list(list, err);

	for (const struct json_value *v = json_value_at(list, 0); v && ret == 0;
	     v = json_value_next(v)) {
		_cleanup_free_ char *name = NULL;

		ret = json_value_string(v, &name, err);
		if (ret == 0)
			add(&mask, name, v);
	}
	if (ret == 0)
		*(struct old_capabilities *)out = (struct old_capabilities){ true, mask };
	return ret;
}

const struct json_custom old_keep_json = { .decode = decode_keep, .what = "list of names" };

/* An entry of the list of spring 2014; its number (`value`) says the same as its name. */
struct entry {
	char *key;
	bool enabled;
};

static const struct json_field entry_fields[] = {
	JSON_STRING(struct entry, "key", key, .flags = JSON_REQUIRED),
	JSON_BOOL(struct entry, "enabled", enabled),
	JSON_END,
};
static const struct json_schema entry_schema =
	JSON_SCHEMA(struct entry, entry_fields, .caseless = true);

static int drop_entry(uint64_t *mask, const struct json_value *v, struct err *err)
{
	struct entry e;
	int ret = json_value_decode(&entry_schema, &e, v, err);

	if (ret == 0 && !e.enabled)
		add(mask, e.key, v);
	json_release(&entry_schema, &e);
	return ret;
}

static int drop_flag(uint64_t *mask, const struct json_value *v, struct err *err)
{
	_cleanup_free_ char *name = NULL;
	bool keep = false;
	int ret = json_value_key(v, &name, err);

	if (ret == 0 && json_value_kind(v) != JSON_IS_NULL)
		ret = json_value_bool(v, &keep, err);
	if (ret == 0 && !keep)
		add(mask, name, v);
	return ret;
}

static int drop_name(uint64_t *mask, const struct json_value *v, struct err *err)
{
	_cleanup_free_ char *name = NULL;
	int ret = json_value_string(v, &name, err);

	if (ret == 0)
		add(mask, name, v);
	return ret;
}

static int decode_drop(const struct json_value *value, void *out, struct err *err)
{
	bool flags = json_value_kind(value) == JSON_IS_OBJECT;
	int ret = flags ? 0 : expect_list(value, err);
	struct old_capabilities made = { .given = true };

	for (const struct json_value *v = json_value_at(value, 0); v && ret == 0;
	     v = json_value_next(v)) {
		if (flags)
			ret = drop_flag(&made.mask, v, err);
		else if (json_value_kind(v) == JSON_IS_OBJECT)
			ret = drop_entry(&made.mask, v, err);
		else
			ret = drop_name(&made.mask, v, err);
	}
	if (ret == 0)
		*(struct old_capabilities *)out = made;
	return ret;
}

const struct json_custom old_drop_json = {
	.decode = decode_drop,
	.what = "list of objects or names, or an object of names",
	.schema = &entry_schema,
};

const struct json_custom old_drop_flags_json = { .decode = decode_drop, .what = "object of names" };
