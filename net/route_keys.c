// SPDX-License-Identifier: Apache-2.0
#include "net/route_keys.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

const struct json_name route_type_names[] = {
	{ "unicast", RTN_UNICAST },
	{ "blackhole", RTN_BLACKHOLE },
	{ "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT },
	{ "throw", RTN_THROW },
	{ "local", RTN_LOCAL },
	{ NULL, 0 },
};

const struct json_name route_scope_names[] = {
	{ "global", ROUTE_SCOPE_GLOBAL },
	{ "site", ROUTE_SCOPE_SITE },
	{ "link", ROUTE_SCOPE_LINK },
	{ "host", ROUTE_SCOPE_HOST },
	{ NULL, 0 },
};

const char *route_name(const struct json_name *names, int value)
{
	while (names->name && names->value != value)
		names++;
	return names->name;
}

/* --- Tables --- */

/* Those that the kernel has from the beginning (ip-route(8)). */
static const struct json_name table_names[] = {
	{ "main", RT_TABLE_MAIN },
	{ "local", RT_TABLE_LOCAL },
	{ "default", RT_TABLE_DEFAULT },
	{ NULL, 0 },
};

const char *route_table_format(uint32_t table, char *buf, size_t size)
{
	const char *name = route_name(table_names, (int)table);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%u", table);
	return buf;
}

static int named_table(const struct json_value *v, uint32_t *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = json_value_string(v, &text, err);

	if (ret < 0 || !*text)
		return ret;
	for (const struct json_name *n = table_names; n->name; n++)
		if (!strcmp(n->name, text)) {
			*out = (uint32_t)n->value;
			return 0;
		}
	return json_value_err(v, err, -EINVAL,
			      "unknown table '%s'; known are main, local, default, and numbers",
			      text);
}

static int decode_table(const struct json_value *v, void *out, struct err *err)
{
	unsigned long long number = 0;
	int ret;

	if (json_value_kind(v) == JSON_IS_STRING)
		return named_table(v, out, err);
	ret = json_value_uint(v, UINT32_MAX, &number, err);
	if (ret == 0)
		*(uint32_t *)out = (uint32_t)number;
	return ret;
}

static void encode_table(const void *in, const char *key, struct json_writer *out)
{
	const uint32_t *table = in;
	const char *name = route_name(table_names, (int)*table);

	if (name)
		json_write_string(out, key, name);
	else
		json_write_uint(out, key, *table);
}

static const struct json_form table_forms[] = { JSON_FORM_NUMBER(0, UINT32_MAX),
						{ JSON_IS_STRING, .names = table_names },
						JSON_FORM_END };

const struct json_custom route_table_json = {
	.decode = decode_table,
	.encode = encode_table,
	.what = "number, or one of main, local, default",
	.forms = table_forms,
};

/* --- Next hops --- */

static const struct json_field hop_fields[] = {
	JSON_TEXT(struct route_hop, "gateway", gateway, &ip_addr_text),
	JSON_CHARS(struct route_hop, "interface_name", link, .flags = JSON_REQUIRED),
	JSON_UINT(struct route_hop, "weight", weight, .max = 256),
	JSON_END,
};
const struct json_schema route_hop_schema =
	JSON_SCHEMA(struct route_hop, hop_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );
