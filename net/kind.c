// SPDX-License-Identifier: Apache-2.0
#include "net/kind.h"

#include "net/addr_list.h"
#include "net/driver.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The largest number of an attribute of any kind's. */
#define DATA_ATTR_MAX 63

const struct link_kind *link_kind_find(const char *name)
{
	const struct net_driver *d;

	for (size_t i = 0; (d = net_driver_at(i)); i++)
		if (d->kind && !strcmp(d->kind->name, name))
			return d->kind;
	return NULL;
}

static const struct json_field *find_row(const struct link_kind *kind, const char *key)
{
	const struct json_field *f = kind->options->fields;

	while (f->type != JSON_TYPE_END && strcmp(f->key, key) != 0)
		f++;
	return f->type == JSON_TYPE_END ? NULL : f;
}

const char *kind_parent(const struct link_kind *kind, const void *options)
{
	const struct json_field *row = find_row(kind, "parent");

	return row && options ? (const char *)options + row->offset : "";
}

unsigned int kind_overhead(const struct link_kind *kind, const void *options)
{
	return kind->overhead ? kind->overhead(options) : 0;
}

void *kind_copy(const struct link_kind *kind, const void *options)
{
	char *copy = calloc(1, kind->options->size);

	for (const struct kind_attr *a = kind->attrs; copy && a && a->key; a++) {
		const struct json_field *row = find_row(kind, a->key);

		if (row)
			memcpy(copy + row->offset, (const char *)options + row->offset, row->size);
	}
	return copy;
}

/* --- Values --- */

/* A number of any size, as a config has it. */
static uint32_t read_number(const struct json_field *row, const void *options)
{
	const char *at = (const char *)options + row->offset;
	uint32_t u32;
	uint16_t u16;

	switch (row->size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)at;
	case sizeof(uint16_t):
		memcpy(&u16, at, sizeof(u16));
		return u16;
	default:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
}

/* What is sent for an attribute. False: nothing. */
static bool number_of(const struct link_kind *kind, const struct kind_attr *a, const void *options,
		      uint32_t *out)
{
	const struct json_field *row = find_row(kind, a->key);
	uint32_t value = row ? read_number(row, options) : 0;

	if (!value)
		value = a->fallback;
	*out = value - a->bias;
	return value;
}

/* NULL: there is none. */
static const struct ip_addr *addr_of(const struct link_kind *kind, const struct kind_attr *a,
				     const void *options)
{
	const struct json_field *row = find_row(kind, a->key);
	const struct ip_addr *addr = NULL;

	if (row)
		addr = (const void *)((const char *)options + row->offset);
	return addr && addr->family ? addr : NULL;
}

static const struct mac_list *macs_of(const struct link_kind *kind, const struct kind_attr *a,
				      const void *options)
{
	static const struct mac_list none;
	const struct json_field *row = find_row(kind, a->key);

	return row ? (const void *)((const char *)options + row->offset) : &none;
}

/* --- The message --- */

static void put_number(struct nl_msg *m, const struct kind_attr *a, uint32_t value)
{
	switch (a->form) {
	case KIND_U8:
		nl_put_u8(m, a->type, (uint8_t)value);
		break;
	case KIND_U16:
		nl_put_u16(m, a->type, (uint16_t)value);
		break;
	case KIND_BE16:
		nl_put_u16(m, a->type, htons((uint16_t)value));
		break;
	case KIND_U32:
	case KIND_ADDR:
	case KIND_MACS:
		nl_put_u32(m, a->type, value);
		break;
	}
}

static void put_macs(struct nl_msg *m, const struct kind_attr *a, const struct mac_list *macs)
{
	if (!macs->count)
		return;
	nl_put_u32(m, a->type6, MACVLAN_MACADDR_SET);
	nl_nest (m, a->type)
		for (uint32_t i = 0; i < macs->count; i++)
			nl_put(m, IFLA_MACVLAN_MACADDR, macs->items[i].bytes,
			       sizeof(macs->items[i].bytes));
}

static void put_attr(struct nl_msg *m, const struct link_kind *kind, const struct kind_attr *a,
		     const void *options)
{
	const struct ip_addr *addr;
	uint32_t value;

	if (a->form == KIND_MACS) {
		put_macs(m, a, macs_of(kind, a, options));
		return;
	}
	if (a->form != KIND_ADDR) {
		if (number_of(kind, a, options, &value))
			put_number(m, a, value);
		return;
	}
	addr = addr_of(kind, a, options);
	if (addr)
		nl_put(m, addr->family == AF_INET6 ? a->type6 : a->type, addr->bytes,
		       ip_family_size(addr->family));
}

void kind_put_attrs(struct nl_msg *m, const struct link_kind *kind, const void *options)
{
	for (const struct kind_attr *a = kind->attrs; a && a->key; a++)
		put_attr(m, kind, a, options);
}

void kind_put(struct nl_msg *m, const struct link_kind *kind, const void *options, uint32_t parent)
{
	nl_nest (m, IFLA_LINKINFO) {
		nl_put_str(m, IFLA_INFO_KIND, kind->name);
		nl_nest (m, IFLA_INFO_DATA) {
			if (kind->parent_attr && parent)
				nl_put_u32(m, kind->parent_attr, parent);
			kind_put_attrs(m, kind, options);
		}
	}
}

/* --- The command --- */

static const char *name_of(const struct json_field *row, uint32_t value)
{
	for (const struct json_name *n = row->names; n->name; n++)
		if ((uint32_t)n->value == value)
			return n->name;
	return "";
}

static void show_number(const struct link_kind *kind, const struct kind_attr *a, uint32_t value,
			FILE *out)
{
	const struct json_field *row = find_row(kind, a->key);
	const char *word = a->word ? a->word : a->key;

	if (a->off) {
		fprintf(out, " %s", value ? word : a->off);
		return;
	}
	if (*word)
		fprintf(out, " %s", word);
	if (row && row->type == JSON_TYPE_ENUM)
		fprintf(out, " %s", name_of(row, value + a->bias));
	else
		fprintf(out, " %u", value);
}

static void show_macs(const struct kind_attr *a, const struct mac_list *macs, FILE *out)
{
	char text[MAC_TEXT_MAX];

	if (macs->count)
		fprintf(out, " %s", a->word);
	for (uint32_t i = 0; i < macs->count; i++)
		fprintf(out, " %s", mac_format(&macs->items[i], text, sizeof(text)));
}

static void show_attr(const struct link_kind *kind, const struct kind_attr *a, const void *options,
		      FILE *out)
{
	const struct ip_addr *addr;
	char text[IP_TEXT_MAX];
	uint32_t value;

	if (a->form == KIND_MACS) {
		show_macs(a, macs_of(kind, a, options), out);
		return;
	}
	if (a->form != KIND_ADDR) {
		if (number_of(kind, a, options, &value))
			show_number(kind, a, value, out);
		return;
	}
	addr = addr_of(kind, a, options);
	if (addr)
		fprintf(out, " %s %s", a->word ? a->word : a->key,
			ip_addr_format(addr, text, sizeof(text)));
}

void kind_show(const struct link_kind *kind, const void *options, const char *parent, FILE *out)
{
	fprintf(out, " type %s", kind->name);
	for (const struct kind_attr *a = kind->attrs; a && a->key; a++)
		show_attr(kind, a, options, out);
	if (kind->parent_attr && *parent)
		fprintf(out, " dev %s", parent);
}

/* --- The comparison --- */

static bool get_number(const struct kind_attr *a, const struct nlattr *attr, uint32_t *out)
{
	uint16_t u16;
	uint8_t u8;

	switch (a->form) {
	case KIND_U8:
		if (!nl_get_u8(attr, &u8))
			return false;
		*out = u8;
		return true;
	case KIND_U16:
	case KIND_BE16:
		if (!nl_get_bytes(attr, &u16, sizeof(u16)))
			return false;
		*out = a->form == KIND_BE16 ? ntohs(u16) : u16;
		return true;
	case KIND_U32:
	case KIND_ADDR:
	case KIND_MACS:
		break;
	}
	return nl_get_u32(attr, out);
}

/* A value as the user wrote it. */
static const char *value_text(const struct link_kind *kind, const struct kind_attr *a,
			      uint32_t value, char *buf, size_t size)
{
	const struct json_field *row = find_row(kind, a->key);
	const char *name = "";

	if (row && row->type == JSON_TYPE_ENUM)
		name = name_of(row, value + a->bias);
	if (*name)
		return name;
	snprintf(buf, size, "%u", value);
	return buf;
}

static int compare_number(const struct link_kind *kind, const struct kind_attr *a,
			  const void *options, const struct nlattr *attr, struct err *err)
{
	char is[16], should[16];
	uint32_t want, got;

	if (!number_of(kind, a, options, &want))
		return 0;
	if (!get_number(a, attr, &got))
		return err_set(err, -ESTALE, "it has no %s", a->key);
	if (got == want)
		return 0;
	return err_set(err, -ESTALE, "%s is %s, not %s", a->key,
		       value_text(kind, a, got, is, sizeof(is)),
		       value_text(kind, a, want, should, sizeof(should)));
}

static int compare_addr(const struct link_kind *kind, const struct kind_attr *a,
			const void *options, const struct nlattr *const *attrs, struct err *err)
{
	const struct ip_addr *want = addr_of(kind, a, options);
	struct ip_addr got = { 0 };
	char is[IP_TEXT_MAX], should[IP_TEXT_MAX];

	if (!want)
		return 0;
	if (nl_get_bytes(attrs[a->type], got.bytes, 4))
		got.family = AF_INET;
	else if (nl_get_bytes(attrs[a->type6], got.bytes, 16))
		got.family = AF_INET6;
	if (ip_addr_equal(want, &got))
		return 0;
	ip_addr_format(want, should, sizeof(should));
	if (!got.family)
		return err_set(err, -ESTALE, "it has no %s, not %s", a->key, should);
	return err_set(err, -ESTALE, "%s is %s, not %s", a->key,
		       ip_addr_format(&got, is, sizeof(is)), should);
}

static bool has_mac(const struct mac_list *macs, const struct mac *mac)
{
	for (uint32_t i = 0; i < macs->count; i++)
		if (mac_equal(&macs->items[i], mac))
			return true;
	return false;
}

/* In any order; the kernel has none twice, and neither have we. */
static int compare_macs(const struct kind_attr *a, const struct mac_list *macs,
			const struct nlattr *nest, struct err *err)
{
	const struct nlattr *at = NULL;
	char text[MAC_TEXT_MAX];
	struct mac mac;
	uint32_t seen = 0;

	while (nest && (at = nl_nested_next(nest, at))) {
		if (!nl_get_bytes(at, mac.bytes, sizeof(mac.bytes)))
			continue;
		if (!has_mac(macs, &mac))
			return err_set(err, -ESTALE, "%s has %s as well", a->key,
				       mac_format(&mac, text, sizeof(text)));
		seen++;
	}
	return seen == macs->count
		       ? 0
		       : err_set(err, -ESTALE, "%s are %u, not %u", a->key, seen, macs->count);
}

int kind_compare(const struct link_kind *kind, const void *options, uint32_t parent,
		 const struct nlattr *data, struct err *err)
{
	const struct nlattr *attrs[DATA_ATTR_MAX + 1] = { 0 };
	uint32_t index = 0;
	int ret = 0;

	nl_attrs_nested(data, attrs, DATA_ATTR_MAX);
	if (kind->parent_attr && parent) {
		nl_get_u32(attrs[kind->parent_attr], &index);
		if (index != parent)
			return err_set(err, -ESTALE, "it has another parent");
	}
	for (const struct kind_attr *a = kind->attrs; ret == 0 && a && a->key; a++) {
		if (a->form == KIND_ADDR)
			ret = compare_addr(kind, a, options, attrs, err);
		else if (a->form == KIND_MACS)
			ret = compare_macs(a, macs_of(kind, a, options), attrs[a->type], err);
		else
			ret = compare_number(kind, a, options, attrs[a->type], err);
	}
	return ret;
}

int kind_check_remote(const char *key, const struct ip_addr *addr, struct err *err)
{
	char text[IP_TEXT_MAX];

	ip_addr_format(addr, text, sizeof(text));
	if (ip_addr_is_multicast(addr))
		return err_set(err, -EINVAL, "%s: %s is a multicast address", key, text);
	if (ip_addr_is_unspecified(addr))
		return err_set(err, -EINVAL, "%s: %s is not the address of a machine", key, text);
	return 0;
}

/* --- A switch --- */

static int decode_switch(const struct json_value *value, void *out, struct err *err)
{
	bool on;
	int ret = json_value_bool(value, &on, err);

	if (ret == 0)
		*(uint8_t *)out = on ? 2 : 1;
	return ret;
}

static void encode_switch(const void *in, const char *key, struct json_writer *out)
{
	json_write_bool(out, key, *(const uint8_t *)in == 2);
}

const struct json_custom kind_switch_custom = {
	.decode = decode_switch,
	.encode = encode_switch,
	.what = "true or false",
	.forms = json_bool_forms,
};
