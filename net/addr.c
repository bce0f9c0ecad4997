// SPDX-License-Identifier: Apache-2.0
#include "net/addr.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

size_t ip_family_size(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

unsigned int ip_family_bits(int family)
{
	return 8 * (unsigned int)ip_family_size(family);
}

const char *ip_family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

bool ip_addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, ip_family_size(a->family));
}

bool ip_addr_is_multicast(const struct ip_addr *a)
{
	if (a->family == AF_INET)
		return (a->bytes[0] & 0xf0) == 0xe0;
	return a->family == AF_INET6 && a->bytes[0] == 0xff;
}

bool ip_addr_is_unspecified(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	return a->family && !memcmp(a->bytes, zero, ip_family_size(a->family));
}

bool ip_addr_is_loopback(const struct ip_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return a->family == AF_INET6 && !memcmp(a->bytes, one, sizeof(one));
}

bool ip_addr_is_link_local(const struct ip_addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length == b->length && ip_addr_equal(&a->addr, &b->addr);
}

struct ip_prefix ip_prefix_masked(const struct ip_prefix *p)
{
	struct ip_prefix masked = *p;
	unsigned int kept = p->length;

	for (size_t i = 0; i < ip_family_size(p->addr.family); i++) {
		unsigned int bits = kept < 8 ? kept : 8;

		masked.addr.bytes[i] &= (uint8_t)(0xff00u >> bits);
		kept -= bits;
	}
	return masked;
}

bool ip_prefix_has_host_bits(const struct ip_prefix *p)
{
	struct ip_prefix masked = ip_prefix_masked(p);

	return !ip_addr_equal(&masked.addr, &p->addr);
}

bool mac_is_zero(const struct mac *m)
{
	static const struct mac zero;

	return mac_equal(m, &zero);
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool addr_from_text(const char *text, struct ip_addr *out)
{
	struct ip_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(addr.family, text, addr.bytes) != 1)
		return false;
	*out = addr;
	return true;
}

int ip_addr_parse(const char *text, struct ip_addr *out, struct err *err)
{
	if (addr_from_text(text, out))
		return 0;
	if (strchr(text, '/'))
		return err_set(err, -EINVAL,
			       "%s: expected an address without a prefix length, as in 172.17.0.1",
			       text);
	return err_set(err, -EINVAL, "%s: expected an address, as in 172.17.0.1 or 2001:db8::1",
		       text);
}

static int length_parse(const char *text, const char *digits, int family, unsigned int *out,
			struct err *err)
{
	unsigned int bits = ip_family_bits(family);
	unsigned long long length;

	if (str_to_u64(digits, bits, &length) < 0)
		return err_set(err, -EINVAL,
			       "%s: the prefix length of an %s address is a number from 0 to %u",
			       text, ip_family_name(family), bits);
	*out = (unsigned int)length;
	return 0;
}

int ip_prefix_parse(const char *text, struct ip_prefix *out, struct err *err)
{
	const char *slash = strchr(text, '/');
	struct ip_prefix prefix = { 0 };
	char addr[IP_TEXT_MAX];
	int ret;

	if (!slash || slash - text >= (ptrdiff_t)sizeof(addr))
		return err_set(err, -EINVAL, "%s: expected ADDRESS/PREFIX, as in 172.17.0.2/16",
			       text);
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	if (!addr_from_text(addr, &prefix.addr))
		return err_set(err, -EINVAL,
			       "%s: expected ADDRESS/PREFIX, as in 172.17.0.2/16 or 2001:db8::2/64",
			       text);
	ret = length_parse(text, slash + 1, prefix.addr.family, &prefix.length, err);
	if (ret < 0)
		return ret;
	*out = prefix;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool mac_from_text(const char *text, struct mac *out)
{
	if (strlen(text) != MAC_TEXT_MAX - 1)
		return false;
	for (size_t i = 0; i < sizeof(out->bytes); i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || (text[2] != ':' && text[2] != '\0'))
			return false;
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int mac_parse(const char *text, struct mac *out, struct err *err)
{
	struct mac mac;

	if (!mac_from_text(text, &mac))
		return err_set(err, -EINVAL, "%s: expected a MAC address, as in 02:42:ac:11:00:02",
			       text);
	if (mac.bytes[0] & 1)
		return err_set(err, -EINVAL,
			       "%s: a multicast MAC address cannot belong to an interface", text);
	if (mac_is_zero(&mac))
		return err_set(err, -EINVAL,
			       "%s: the zero MAC address cannot belong to an interface", text);
	*out = mac;
	return 0;
}

const char *ip_addr_format(const struct ip_addr *a, char *buf, size_t size)
{
	if (!a->family || !inet_ntop(a->family, a->bytes, buf, (socklen_t)size))
		snprintf(buf, size, "%s", "");
	return buf;
}

const char *ip_prefix_format(const struct ip_prefix *p, char *buf, size_t size)
{
	char addr[INET6_ADDRSTRLEN];

	if (p->addr.family)
		snprintf(buf, size, "%s/%u", ip_addr_format(&p->addr, addr, sizeof(addr)),
			 p->length);
	else
		snprintf(buf, size, "%s", "");
	return buf;
}

const char *mac_format(const struct mac *m, char *buf, size_t size)
{
	const uint8_t *b = m->bytes;

	snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return buf;
}

/* --- json tables --- */

static int text_addr(const char *text, void *out, struct err *err)
{
	return ip_addr_parse(text, out, err);
}

static void text_from_addr(const void *in, char *buf, size_t size)
{
	ip_addr_format(in, buf, size);
}

static int text_prefix(const char *text, void *out, struct err *err)
{
	return ip_prefix_parse(text, out, err);
}

static void text_from_prefix(const void *in, char *buf, size_t size)
{
	ip_prefix_format(in, buf, size);
}

static int text_network(const char *text, void *out, struct err *err)
{
	struct ip_prefix prefix, masked;
	char hint[IP_TEXT_MAX];
	int ret = ip_prefix_parse(text, &prefix, err);

	if (ret < 0)
		return ret;
	masked = ip_prefix_masked(&prefix);
	if (prefix.addr.family == AF_INET && ip_prefix_has_host_bits(&prefix))
		return err_set(err, -EINVAL, "%s has host bits set; did you mean %s?", text,
			       ip_prefix_format(&masked, hint, sizeof(hint)));
	*(struct ip_prefix *)out = masked;
	return 0;
}

static int text_source(const char *text, void *out, struct err *err)
{
	struct ip_prefix prefix;
	int ret;

	if (!strchr(text, '/'))
		return ip_addr_parse(text, out, err);
	ret = ip_prefix_parse(text, &prefix, err);
	if (ret < 0)
		return ret;
	*(struct ip_addr *)out = prefix.addr;
	return 0;
}

static int text_gateway(const char *text, void *out, struct err *err)
{
	return ip_addr_parse(strcmp(text, "localhost") ? text : "127.0.0.1", out, err);
}

static int text_mac(const char *text, void *out, struct err *err)
{
	return mac_parse(text, out, err);
}

static void text_from_mac(const void *in, char *buf, size_t size)
{
	mac_format(in, buf, size);
}

static void pattern_addr(FILE *out)
{
	fputs(IP_ADDR_PATTERN, out);
}

static void pattern_prefix(FILE *out)
{
	fputs(IP_PREFIX_PATTERN, out);
}

static void pattern_source(FILE *out)
{
	fputs(IP_ADDR_PATTERN "|" IP_PREFIX_PATTERN, out);
}

static void pattern_gateway(FILE *out)
{
	fputs(IP_ADDR_PATTERN "|localhost", out);
}

/* A second digit that is odd is a multicast address. */
static void pattern_mac(FILE *out)
{
	fputs("[0-9A-Fa-f][02468ACEace](?::[0-9A-Fa-f]{2}){5}", out);
}

const struct json_text ip_addr_text = { text_addr, text_from_addr, pattern_addr };
const struct json_text ip_prefix_text = { text_prefix, text_from_prefix, pattern_prefix };
const struct json_text ip_network_text = { text_network, text_from_prefix, pattern_prefix };
const struct json_text ip_source_text = { text_source, text_from_addr, pattern_source };
const struct json_text ip_gateway_text = { text_gateway, text_from_addr, pattern_gateway };
const struct json_text mac_text = { text_mac, text_from_mac, pattern_mac };

int ip_prefix_list_add(struct ip_prefix_list *list, const struct ip_prefix *p)
{
	struct ip_prefix *items = realloc(list->items, (list->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->count++] = *p;
	list->items = items;
	return 0;
}

void ip_prefix_list_release(struct ip_prefix_list *list)
{
	free(list->items);
	*list = (struct ip_prefix_list){ 0 };
}

struct adding {
	void *list;
	ip_add_text_fn *add;
};

/* "" adds nothing, as it leaves other keys unset. */
static int decode_text(const struct json_value *value, void *out, struct err *err)
{
	const struct adding *to = out;
	_cleanup_free_ char *text = NULL;
	struct err why = { 0 };
	int ret;

	ret = json_value_string(value, &text, err);
	if (ret < 0 || !*text)
		return ret;
	ret = to->add(to->list, text, &why);
	return ret < 0 ? json_value_err(value, err, ret, "%s", why.text) : 0;
}

int ip_texts_decode(const struct json_value *value, void *list, ip_add_text_fn *add,
		    struct err *err)
{
	return json_value_each(value, decode_text, &(struct adding){ list, add }, err);
}

static int add_prefix(struct ip_prefix_list *list, const char *text, const struct json_text *how,
		      struct err *err)
{
	struct ip_prefix prefix = { 0 };
	int ret = how->parse(text, &prefix, err);

	if (ret < 0)
		return ret;
	return ip_prefix_list_add(list, &prefix) < 0 ? err_oom(err) : 0;
}

static int add_any(void *list, const char *text, struct err *err)
{
	return add_prefix(list, text, &ip_prefix_text, err);
}

static int add_network(void *list, const char *text, struct err *err)
{
	return add_prefix(list, text, &ip_network_text, err);
}

static int list_decode(const struct json_value *value, void *out, struct err *err)
{
	return ip_texts_decode(value, out, add_any, err);
}

static int networks_decode(const struct json_value *value, void *out, struct err *err)
{
	return ip_texts_decode(value, out, add_network, err);
}

static void list_encode(const void *in, const char *key, struct json_writer *out)
{
	const struct ip_prefix_list *list = in;
	char text[IP_TEXT_MAX];

	json_write_begin(out, key, '[');
	for (size_t i = 0; i < list->count; i++)
		json_write_string(out, NULL, ip_prefix_format(&list->items[i], text, sizeof(text)));
	json_write_end(out);
}

static void list_release(void *in)
{
	ip_prefix_list_release(in);
}

static bool list_present(const void *in)
{
	return ((const struct ip_prefix_list *)in)->count > 0;
}

static const struct json_form prefix_forms[] = { JSON_FORM_TEXT(&ip_prefix_text), JSON_FORM_END };
static const struct json_form prefixes_forms[] = { JSON_FORM_TEXT(&ip_prefix_text),
						   JSON_FORM_LIST(prefix_forms), JSON_FORM_END };

const struct json_custom ip_prefix_list_custom = {
	.decode = list_decode,
	.encode = list_encode,
	.release = list_release,
	.present = list_present,
	.what = "string, or list of strings",
	.forms = prefixes_forms,
};

const struct json_custom ip_network_list_custom = {
	.decode = networks_decode,
	.encode = list_encode,
	.release = list_release,
	.present = list_present,
	.what = "string, or list of strings",
	.forms = prefixes_forms,
};
