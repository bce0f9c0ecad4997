// SPDX-License-Identifier: Apache-2.0
#include "net/offload_keys.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ethtool(8), "-K". */
static const struct offload_group groups[] = {
	{ "rx", "rx-checksumming", "rx-checksum" },
	{ "tx", "tx-checksumming", "tx-checksum-*" },
	{ "sg", "scatter-gather", "tx-scatter-gather*" },
	{ "tso", "tcp-segmentation-offload", "tx-tcp*-segmentation" },
	{ "ufo", "udp-fragmentation-offload", "tx-udp-fragmentation" },
	{ "gso", "generic-segmentation-offload", "tx-generic-segmentation" },
	{ "gro", "generic-receive-offload", "rx-gro" },
	{ "lro", "large-receive-offload", "rx-lro" },
	{ "rxvlan", "rx-vlan-offload", "rx-vlan-hw-parse" },
	{ "txvlan", "tx-vlan-offload", "tx-vlan-hw-insert" },
	{ "ntuple", "ntuple-filters", "rx-ntuple-filter" },
	{ "rxhash", "receive-hashing", "rx-hashing" },
};

const struct offload_group *offload_group_find(const char *name)
{
	for (size_t i = 0; i < array_size(groups); i++)
		if (!strcmp(groups[i].word, name) || !strcmp(groups[i].name, name))
			return &groups[i];
	return NULL;
}

size_t offload_group_names(const char **names, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < array_size(groups) && n + 2 <= size; i++) {
		names[n++] = groups[i].word;
		names[n++] = groups[i].name;
	}
	return n;
}

int offload_check(const struct offload_list *list, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct offload_group *group = offload_group_find(list->items[i].name);

		for (size_t j = 0; group && j < i; j++)
			if (offload_group_find(list->items[j].name) == group)
				return err_set(err, -EINVAL, "offloads: '%s' and '%s' are the same",
					       list->items[j].name, list->items[i].name);
	}
	return 0;
}

/* --- The list --- */

int offload_list_add(struct offload_list *list, const struct offload *offload)
{
	struct offload *items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->count++] = *offload;
	list->items = items;
	return 0;
}

void offload_list_release(struct offload_list *list)
{
	free(list->items);
	*list = (struct offload_list){ 0 };
}

static bool is_name(const char *text)
{
	return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

static int decode_one(const struct json_value *value, struct offload_list *list, struct err *err)
{
	_cleanup_free_ char *key = NULL;
	struct offload offload = { 0 };
	int ret = json_value_key(value, &key, err);

	if (ret == 0)
		ret = json_value_bool(value, &offload.on, err);
	if (ret < 0)
		return ret;
	if (!is_name(key) || str_copy(offload.name, sizeof(offload.name), key) < 0)
		return json_value_err(value, err, -EINVAL,
				      "expected a name as ethtool -k prints them, as in tso");
	return offload_list_add(list, &offload) < 0 ? err_oom(err) : 0;
}

static void release(void *in)
{
	offload_list_release(in);
}

static int decode(const struct json_value *value, void *out, struct err *err)
{
	struct offload_list list = { 0 };
	int ret = 0;

	if (json_value_kind(value) != JSON_IS_OBJECT)
		return json_value_err(value, err, -EINVAL, "expected an object of true and false");
	for (const struct json_value *v = json_value_at(value, 0); v && ret == 0;
	     v = json_value_next(v))
		ret = decode_one(v, &list, err);
	if (ret < 0)
		release(&list);
	else
		*(struct offload_list *)out = list;
	return ret;
}

static void encode(const void *in, const char *key, struct json_writer *out)
{
	const struct offload_list *list = in;

	json_write_begin(out, key, '{');
	for (size_t i = 0; i < list->count; i++)
		json_write_bool(out, list->items[i].name, list->items[i].on);
	json_write_end(out);
}

static bool present(const void *in)
{
	return ((const struct offload_list *)in)->count > 0;
}

static const struct json_form forms[] = { { JSON_IS_OBJECT, .of = json_bool_forms },
					  JSON_FORM_END };

const struct json_custom offload_list_custom = {
	.decode = decode,
	.encode = encode,
	.release = release,
	.present = present,
	.what = "object of true and false",
	.forms = forms,
};
