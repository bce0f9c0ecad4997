// SPDX-License-Identifier: Apache-2.0
#include "net/range.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int ip_addr_compare(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a->bytes, b->bytes, ip_family_size(a->family));
}

bool ip_addr_step(struct ip_addr *a)
{
	struct ip_addr next = *a;

	for (size_t i = ip_family_size(a->family); i-- > 0;) {
		if (++next.bytes[i] == 0)
			continue;
		*a = next;
		return true;
	}
	return false;
}

struct ip_range ip_range_of(const struct ip_prefix *p)
{
	struct ip_prefix masked = ip_prefix_masked(p);
	struct ip_range r = { .first = masked.addr, .last = masked.addr, .length = p->length };

	for (unsigned int bit = p->length; bit < ip_family_bits(p->addr.family); bit++)
		r.last.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	return r;
}

struct ip_range ip_range_one(const struct ip_addr *a)
{
	return (struct ip_range){ .first = *a, .last = *a };
}

bool ip_range_has(const struct ip_range *r, const struct ip_addr *a)
{
	return r->first.family == a->family && ip_addr_compare(&r->first, a) <= 0 &&
	       ip_addr_compare(a, &r->last) <= 0;
}

bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b)
{
	return ip_range_has(a, &b->first) || ip_range_has(b, &a->first);
}

static int parse_pair(const char *text, const char *dash, struct ip_range *out, struct err *err)
{
	struct ip_range r = { 0 };
	char first[IP_TEXT_MAX];

	if (dash - text >= (ptrdiff_t)sizeof(first))
		return -EINVAL;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	if (ip_addr_parse(first, &r.first, NULL) < 0 || ip_addr_parse(dash + 1, &r.last, NULL) < 0)
		return -EINVAL;
	if (r.first.family != r.last.family)
		return err_set(err, -ERANGE, "%s: the two addresses are not of one family", text);
	if (ip_addr_compare(&r.first, &r.last) > 0)
		return err_set(err, -ERANGE, "%s: the second address is below the first one", text);
	*out = r;
	return 0;
}

/* -EINVAL: it is none of the three, and @err is as it was. */
static int parse(const char *text, struct ip_range *out, struct err *err)
{
	const char *dash = strchr(text, '-');
	struct ip_prefix prefix;
	struct ip_addr addr;

	if (dash)
		return parse_pair(text, dash, out, err);
	if (!strchr(text, '/')) {
		if (ip_addr_parse(text, &addr, NULL) < 0)
			return -EINVAL;
		*out = ip_range_one(&addr);
		return 0;
	}
	if (ip_prefix_parse(text, &prefix, NULL) < 0)
		return -EINVAL;
	if (ip_network_text.parse(text, &prefix, err) < 0)
		return -ERANGE;
	*out = ip_range_of(&prefix);
	return 0;
}

int ip_range_parse(const char *text, struct ip_range *out, struct err *err)
{
	int ret = parse(text, out, err);

	if (ret == -EINVAL)
		return err_set(
			err, ret,
			"%s: expected an address, a prefix or a range, as in 10.1.0.100-10.1.0.200",
			text);
	return ret < 0 ? -EINVAL : 0;
}

const char *ip_range_format(const struct ip_range *r, char *buf, size_t size)
{
	const struct ip_prefix prefix = { .addr = r->first, .length = r->length };
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

	if (r->length)
		return ip_prefix_format(&prefix, buf, size);
	ip_addr_format(&r->first, first, sizeof(first));
	ip_addr_format(&r->last, last, sizeof(last));
	if (!strcmp(first, last))
		snprintf(buf, size, "%s", first);
	else
		snprintf(buf, size, "%s-%s", first, last);
	return buf;
}

int ip_range_list_add(struct ip_range_list *list, const struct ip_range *r)
{
	struct ip_range *items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->count++] = *r;
	list->items = items;
	return 0;
}

void ip_range_list_release(struct ip_range_list *list)
{
	free(list->items);
	*list = (struct ip_range_list){ 0 };
}

static int add_text(void *list, const char *text, struct err *err)
{
	struct ip_range range;
	int ret = ip_range_parse(text, &range, err);

	if (ret < 0)
		return ret;
	return ip_range_list_add(list, &range) < 0 ? err_oom(err) : 0;
}

static int list_decode(const struct json_value *value, void *out, struct err *err)
{
	return ip_texts_decode(value, out, add_text, err);
}

static void list_encode(const void *in, const char *key, struct json_writer *out)
{
	const struct ip_range_list *list = in;
	char text[IP_RANGE_TEXT_MAX];

	json_write_begin(out, key, '[');
	for (size_t i = 0; i < list->count; i++)
		json_write_string(out, NULL, ip_range_format(&list->items[i], text, sizeof(text)));
	json_write_end(out);
}

static void list_release(void *in)
{
	ip_range_list_release(in);
}

static bool list_present(const void *in)
{
	return ((const struct ip_range_list *)in)->count > 0;
}

#define RANGE_PATTERN IP_ADDR_PATTERN "(?:-" IP_ADDR_PATTERN ")?|" IP_PREFIX_PATTERN

static const struct json_form range_forms[] = { { JSON_IS_STRING, .pattern = RANGE_PATTERN },
						JSON_FORM_END };
static const struct json_form ranges_forms[] = { { JSON_IS_STRING, .pattern = RANGE_PATTERN },
						 JSON_FORM_LIST(range_forms),
						 JSON_FORM_END };

const struct json_custom ip_range_list_custom = {
	.decode = list_decode,
	.encode = list_encode,
	.release = list_release,
	.present = list_present,
	.what = "string, or list of strings",
	.forms = ranges_forms,
};
