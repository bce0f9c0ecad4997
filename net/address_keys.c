// SPDX-License-Identifier: Apache-2.0
/* Addresses as configs have them: a prefix alone, or with what else is said of it. */
#include "net/network.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct json_field fields[] = {
	JSON_TEXT(struct net_address, "address", prefix, &ip_prefix_text, .flags = JSON_REQUIRED),
	JSON_TEXT(struct net_address, "peer", peer, &ip_addr_text),
	JSON_ENUM(struct net_address, "scope", scope, route_scope_names),
	JSON_UINT(struct net_address, "valid_lft", valid),
	JSON_UINT(struct net_address, "preferred_lft", preferred),
	JSON_CHARS(struct net_address, "label", label),
	JSON_END,
};
static const struct json_schema schema =
	JSON_SCHEMA(struct net_address, fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

int net_address_list_add(struct net_address_list *list, const struct net_address *a)
{
	struct net_address *items = realloc(list->items, (list->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->count++] = *a;
	list->items = items;
	return 0;
}

void net_address_list_release(struct net_address_list *list)
{
	free(list->items);
	*list = (struct net_address_list){ 0 };
}

static void release(void *in)
{
	net_address_list_release(in);
}

static int decode_text(const struct json_value *v, struct net_address *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct err why;
	int ret = json_value_string(v, &text, err);

	if (ret < 0 || !*text)
		return ret;
	ret = ip_prefix_parse(text, &out->prefix, &why);
	return ret < 0 ? json_value_err(v, err, ret, "%s", why.text) : 0;
}

/* "" adds nothing, as it leaves other keys unset. */
static int decode_one(const struct json_value *v, void *list, struct err *err)
{
	struct net_address a = { 0 };
	int ret = json_value_kind(v) == JSON_IS_OBJECT ? json_value_decode(&schema, &a, v, err)
						       : decode_text(v, &a, err);

	if (ret < 0 || !a.prefix.addr.family)
		return ret;
	return net_address_list_add(list, &a) < 0 ? err_oom(err) : 0;
}

static int decode(const struct json_value *value, void *out, struct err *err)
{
	struct net_address_list list = { 0 };
	int ret = json_value_each(value, decode_one, &list, err);

	if (ret < 0)
		release(&list);
	else
		*(struct net_address_list *)out = list;
	return ret;
}

static bool is_plain(const struct net_address *a)
{
	return !a->peer.family && !a->scope && !a->valid && !a->preferred && !a->label[0];
}

static void encode(const void *in, const char *key, struct json_writer *out)
{
	const struct net_address_list *list = in;
	char text[IP_TEXT_MAX];

	json_write_begin(out, key, '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct net_address *a = &list->items[i];

		if (is_plain(a))
			json_write_string(out, NULL,
					  ip_prefix_format(&a->prefix, text, sizeof(text)));
		else
			json_write_object(out, NULL, &schema, a);
	}
	json_write_end(out);
}

static bool present(const void *in)
{
	return ((const struct net_address_list *)in)->count > 0;
}

static const struct json_form address_forms[] = { JSON_FORM_TEXT(&ip_prefix_text),
						  JSON_FORM_OBJECT(&schema), JSON_FORM_END };
static const struct json_form addresses_forms[] = { JSON_FORM_TEXT(&ip_prefix_text),
						    JSON_FORM_OBJECT(&schema),
						    JSON_FORM_LIST(address_forms), JSON_FORM_END };

const struct json_custom net_address_list_custom = {
	.decode = decode,
	.encode = encode,
	.release = release,
	.present = present,
	.what = "list of strings or objects, or one of them",
	.schema = &schema,
	.forms = addresses_forms,
};
