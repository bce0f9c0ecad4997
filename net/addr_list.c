// SPDX-License-Identifier: Apache-2.0
#include "net/addr_list.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>

static int add(struct ip_addr_list *list, const struct ip_addr *addr, struct err *err)
{
	struct ip_addr *items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return err_oom(err);
	items[list->count++] = *addr;
	list->items = items;
	return 0;
}

/* "" adds nothing, as it leaves other keys unset. */
static int add_text(const struct json_value *value, void *list, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct ip_addr addr;
	struct err why;
	int ret = json_value_string(value, &text, err);

	if (ret < 0 || !*text)
		return ret;
	ret = ip_addr_parse(text, &addr, &why);
	if (ret < 0)
		return json_value_err(value, err, ret, "%s", why.text);
	return add(list, &addr, err);
}

static void release(void *in)
{
	struct ip_addr_list *list = in;

	free(list->items);
	*list = (struct ip_addr_list){ 0 };
}

static int decode(const struct json_value *value, void *out, struct err *err)
{
	struct ip_addr_list list = { 0 };
	int ret = json_value_each(value, add_text, &list, err);

	if (ret < 0)
		release(&list);
	else
		*(struct ip_addr_list *)out = list;
	return ret;
}

static void encode(const void *in, const char *key, struct json_writer *out)
{
	const struct ip_addr_list *list = in;
	char text[IP_TEXT_MAX];

	json_write_begin(out, key, '[');
	for (size_t i = 0; i < list->count; i++)
		json_write_string(out, NULL, ip_addr_format(&list->items[i], text, sizeof(text)));
	json_write_end(out);
}

static bool present(const void *in)
{
	return ((const struct ip_addr_list *)in)->count > 0;
}

static const struct json_form addr_forms[] = { JSON_FORM_TEXT(&ip_addr_text), JSON_FORM_END };
static const struct json_form addrs_forms[] = { JSON_FORM_TEXT(&ip_addr_text),
						JSON_FORM_LIST(addr_forms), JSON_FORM_END };

const struct json_custom ip_addr_list_custom = {
	.decode = decode,
	.encode = encode,
	.release = release,
	.present = present,
	.what = "string, or list of strings",
	.forms = addrs_forms,
};

/* --- MACs --- */

static int add_mac(const struct json_value *value, void *out, struct err *err)
{
	struct mac_list *list = out;
	_cleanup_free_ char *text = NULL;
	struct mac mac;
	struct err why;
	int ret = json_value_string(value, &text, err);

	if (ret < 0 || !*text)
		return ret;
	ret = mac_parse(text, &mac, &why);
	if (ret < 0)
		return json_value_err(value, err, ret, "%s", why.text);
	for (uint32_t i = 0; i < list->count; i++)
		if (mac_equal(&list->items[i], &mac))
			return json_value_err(value, err, -EINVAL, "%s is given twice", text);
	if (list->count == MAC_LIST_MAX)
		return json_value_err(value, err, -E2BIG, "there can be %d at most", MAC_LIST_MAX);
	list->items[list->count++] = mac;
	return 0;
}

static int decode_macs(const struct json_value *value, void *out, struct err *err)
{
	struct mac_list list = { 0 };
	int ret = json_value_each(value, add_mac, &list, err);

	if (ret == 0)
		*(struct mac_list *)out = list;
	return ret;
}

static void encode_macs(const void *in, const char *key, struct json_writer *out)
{
	const struct mac_list *list = in;
	char text[MAC_TEXT_MAX];

	json_write_begin(out, key, '[');
	for (uint32_t i = 0; i < list->count; i++)
		json_write_string(out, NULL, mac_format(&list->items[i], text, sizeof(text)));
	json_write_end(out);
}

static const struct json_form mac_forms[] = { JSON_FORM_TEXT(&mac_text), JSON_FORM_END };
static const struct json_form macs_forms[] = { JSON_FORM_TEXT(&mac_text), JSON_FORM_LIST(mac_forms),
					       JSON_FORM_END };

const struct json_custom mac_list_custom = {
	.decode = decode_macs,
	.encode = encode_macs,
	.what = "string, or list of strings",
	.forms = macs_forms,
};
