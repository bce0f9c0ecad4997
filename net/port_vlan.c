// SPDX-License-Identifier: Apache-2.0
#include "net/port_vlan.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int port_vlan_list_add(struct port_vlan_list *list, const struct port_vlan *vlan)
{
	struct port_vlan *items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->count++] = *vlan;
	list->items = items;
	return 0;
}

void port_vlan_list_release(struct port_vlan_list *list)
{
	free(list->items);
	*list = (struct port_vlan_list){ 0 };
}

const char *vlan_ids_format(const struct vlan_ids *ids, char *buf, size_t size)
{
	if (ids->first == ids->last)
		snprintf(buf, size, "%u", ids->first);
	else
		snprintf(buf, size, "%u-%u", ids->first, ids->last);
	return buf;
}

/* --- Rules --- */

static int check_pair(const struct port_vlan *a, const struct port_vlan *b, struct err *err)
{
	bool overlap = a->ids.first <= b->ids.last && b->ids.first <= a->ids.last;
	char one[PORT_VLAN_TEXT_MAX], two[PORT_VLAN_TEXT_MAX];

	/* There may be millions of pairs, and of most of them there is nothing to say. */
	if (!overlap && !(a->pvid && b->pvid))
		return 0;
	vlan_ids_format(&a->ids, one, sizeof(one));
	vlan_ids_format(&b->ids, two, sizeof(two));
	if (overlap)
		return err_set(err, -EINVAL, "vlans: %s and %s overlap", one, two);
	return err_set(err, -EINVAL, "vlans: %s and %s are both the pvid, and a port has one", one,
		       two);
}

static int check_one(const struct port_vlan *v, struct err *err)
{
	char text[PORT_VLAN_TEXT_MAX];

	if (!v->pvid || v->ids.first == v->ids.last)
		return 0;
	return err_set(err, -EINVAL, "vlans: %s: the pvid is one vlan, not a range",
		       vlan_ids_format(&v->ids, text, sizeof(text)));
}

int port_vlan_check(const struct port_vlan_list *list, uint16_t access, struct err *err)
{
	const struct port_vlan own = { .ids = { access, access }, .pvid = true };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < list->count; i++) {
		ret = check_one(&list->items[i], err);
		if (ret == 0 && access)
			ret = check_pair(&own, &list->items[i], err);
		for (size_t j = 0; ret == 0 && j < i; j++)
			ret = check_pair(&list->items[j], &list->items[i], err);
	}
	return ret;
}

/* --- JSON --- */

static int out_of_range(const struct json_value *value, const char *text, struct err *err)
{
	return json_value_err(value, err, -ERANGE, "%s is out of range (%d to %d)", text,
			      PORT_VLAN_MIN, PORT_VLAN_MAX);
}

static int parse_id(const char *text, uint16_t *out)
{
	unsigned long long number;
	int ret = str_to_u64(text, UINT32_MAX, &number);

	if (ret == 0 && (number < PORT_VLAN_MIN || number > PORT_VLAN_MAX))
		ret = -ERANGE;
	if (ret == 0)
		*out = (uint16_t)number;
	return ret;
}

/* @text is cut at the dash. */
static int parse_ids(char *text, struct vlan_ids *out)
{
	char *dash = strchr(text, '-');
	int ret;

	if (dash)
		*dash = '\0';
	ret = parse_id(text, &out->first);
	out->last = out->first;
	return ret < 0 || !dash ? ret : parse_id(dash + 1, &out->last);
}

static int decode_text(const struct json_value *value, struct vlan_ids *out, struct err *err)
{
	_cleanup_free_ char *text = NULL, *cut = NULL;
	int ret = json_value_string(value, &text, err);

	if (ret < 0)
		return ret;
	cut = strdup(text);
	if (!cut)
		return err_oom(err);
	ret = parse_ids(cut, out);
	if (ret == -ERANGE)
		return out_of_range(value, text, err);
	if (ret < 0)
		return json_value_err(value, err, -EINVAL,
				      "%s: expected a vlan's id or a range, as in 20-30", text);
	if (out->first > out->last)
		return json_value_err(value, err, -EINVAL,
				      "%s: the second id is below the first one", text);
	return 0;
}

static int decode_number(const struct json_value *value, struct vlan_ids *out, struct err *err)
{
	long long number;
	int ret = json_value_int(value, PORT_VLAN_MIN, PORT_VLAN_MAX, &number, err);

	if (ret == 0)
		out->first = out->last = (uint16_t)number;
	return ret;
}

static int decode_ids(const struct json_value *value, void *out, struct err *err)
{
	return json_value_kind(value) == JSON_IS_NUMBER ? decode_number(value, out, err)
							: decode_text(value, out, err);
}

static void encode_ids(const void *in, const char *key, struct json_writer *out)
{
	char text[PORT_VLAN_TEXT_MAX];

	json_write_string(out, key, vlan_ids_format(in, text, sizeof(text)));
}

#define ID_FORMS                                                \
	JSON_FORM_NUMBER(PORT_VLAN_MIN, PORT_VLAN_MAX),         \
	{                                                       \
		JSON_IS_STRING, .pattern = "[0-9]+(?:-[0-9]+)?" \
	}

static const struct json_form id_forms[] = { ID_FORMS, JSON_FORM_END };

static const struct json_custom ids_custom = {
	.decode = decode_ids,
	.encode = encode_ids,
	.what = "number, or string",
	.forms = id_forms,
};

static const struct json_field fields[] = {
	JSON_CUSTOM(struct port_vlan, "vid", ids, &ids_custom, .flags = JSON_REQUIRED),
	JSON_BOOL(struct port_vlan, "pvid", pvid),
	JSON_BOOL(struct port_vlan, "untagged", untagged),
	JSON_END,
};
static const struct json_schema schema =
	JSON_SCHEMA(struct port_vlan, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static int decode_one(const struct json_value *value, void *list, struct err *err)
{
	struct port_vlan vlan = { 0 };
	int ret = json_value_kind(value) == JSON_IS_OBJECT
			  ? json_value_decode(&schema, &vlan, value, err)
			  : decode_ids(value, &vlan.ids, err);

	if (ret < 0)
		return ret;
	return port_vlan_list_add(list, &vlan) < 0 ? err_oom(err) : 0;
}

static void release(void *in)
{
	port_vlan_list_release(in);
}

static int decode(const struct json_value *value, void *out, struct err *err)
{
	struct port_vlan_list list = { 0 };
	int ret = json_value_each(value, decode_one, &list, err);

	if (ret < 0)
		release(&list);
	else
		*(struct port_vlan_list *)out = list;
	return ret;
}

static void encode(const void *in, const char *key, struct json_writer *out)
{
	const struct port_vlan_list *list = in;

	json_write_begin(out, key, '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct port_vlan *v = &list->items[i];

		if (v->pvid || v->untagged)
			json_write_object(out, NULL, &schema, v);
		else
			encode_ids(&v->ids, NULL, out);
	}
	json_write_end(out);
}

static bool present(const void *in)
{
	return ((const struct port_vlan_list *)in)->count > 0;
}

static const struct json_form vlan_forms[] = { ID_FORMS, JSON_FORM_OBJECT(&schema), JSON_FORM_END };
static const struct json_form list_forms[] = { ID_FORMS, JSON_FORM_OBJECT(&schema),
					       JSON_FORM_LIST(vlan_forms), JSON_FORM_END };

const struct json_custom port_vlan_list_custom = {
	.decode = decode,
	.encode = encode,
	.release = release,
	.present = present,
	.what = "list of numbers, strings or objects, or one of them",
	.schema = &schema,
	.forms = list_forms,
};

/* --- One by one --- */

void port_vlan_table_add(struct port_vlan_table *table, const struct port_vlan *vlan)
{
	uint8_t flags = PORT_VLAN_HAS;

	flags |= vlan->pvid ? PORT_VLAN_PVID : 0;
	flags |= vlan->untagged ? PORT_VLAN_UNTAGGED : 0;
	for (uint32_t id = vlan->ids.first; id <= vlan->ids.last && id <= PORT_VLAN_MAX; id++)
		table->flags[id] = flags;
}

const char *port_vlan_word(uint8_t flags)
{
	static const char *const words[] = {
		[0] = "none",
		[PORT_VLAN_HAS] = "tagged",
		[PORT_VLAN_HAS | PORT_VLAN_PVID] = "pvid tagged",
		[PORT_VLAN_HAS | PORT_VLAN_UNTAGGED] = "untagged",
		[PORT_VLAN_HAS | PORT_VLAN_PVID | PORT_VLAN_UNTAGGED] = "pvid untagged",
	};

	return flags & PORT_VLAN_HAS ? words[flags] : words[0];
}
