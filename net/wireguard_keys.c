// SPDX-License-Identifier: Apache-2.0
#include "net/wireguard_keys.h"

#include "net/kind.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

/* --- Keys --- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define KEY_CHARS (WIREGUARD_KEY_TEXT_MAX - 1)

/* 43 characters of 6 bits for 32 bytes; the last one has 2 bits that say nothing. */
static bool decode_key(const char *text, struct wireguard_key *out)
{
	uint32_t bits = 0;
	size_t have = 0, at = 0;

	for (size_t i = 0; i < KEY_CHARS - 1; i++) {
		const char *c = memchr(base64, text[i], sizeof(base64) - 1);

		if (!c)
			return false;
		bits = bits << 6 | (uint32_t)(c - base64);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out->bytes[at++] = (uint8_t)(bits >> have);
		}
	}
	return text[KEY_CHARS - 1] == '=' && !(bits & 3);
}

int wireguard_key_parse(const char *text, struct wireguard_key *out, struct err *err)
{
	struct wireguard_key key;
	size_t len = strlen(text);

	if (len != KEY_CHARS)
		return err_set(err, -EINVAL,
			       "a key is 32 bytes in base64, %d characters; here are %zu",
			       KEY_CHARS, len);
	if (!decode_key(text, &key))
		return err_set(err, -EINVAL,
			       "a key is 32 bytes in base64; these %d characters are not",
			       KEY_CHARS);
	if (wireguard_key_is_zero(&key))
		return err_set(err, -EINVAL, "the key of zeros stands for none");
	*out = key;
	return 0;
}

const char *wireguard_key_format(const struct wireguard_key *key, char *buf, size_t size)
{
	char text[WIREGUARD_KEY_TEXT_MAX] = { 0 };
	size_t at = 0, have = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < sizeof(key->bytes); i++) {
		bits = bits << 8 | key->bytes[i];
		for (have += 8; have >= 6; have -= 6)
			text[at++] = base64[bits >> (have - 6) & 63];
	}
	text[at++] = base64[bits << (6 - have) & 63];
	text[at] = '=';
	snprintf(buf, size, "%s", text);
	return buf;
}

bool wireguard_key_equal(const struct wireguard_key *a, const struct wireguard_key *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool wireguard_key_is_zero(const struct wireguard_key *key)
{
	static const struct wireguard_key zero;

	return wireguard_key_equal(key, &zero);
}

struct wireguard_key wireguard_key_clamped(const struct wireguard_key *key)
{
	struct wireguard_key clamped = *key;

	clamped.bytes[0] &= 248;
	clamped.bytes[31] = (clamped.bytes[31] & 127) | 64;
	return clamped;
}

int wireguard_key_read(const char *path, struct wireguard_key *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret = file_read(AT_FDCWD, path, 4096, &text, &len, err);

	if (ret < 0)
		return ret;
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	ret = strlen(text) == len ? wireguard_key_parse(text, out, err)
				  : err_set(err, -EINVAL, "a key is text, and this is not");
	return ret < 0 ? err_wrap(err, "%s", path) : 0;
}

static int text_key(const char *text, void *out, struct err *err)
{
	return wireguard_key_parse(text, out, err);
}

static void text_from_key(const void *in, char *buf, size_t size)
{
	wireguard_key_format(in, buf, size);
}

/* 32 bytes in base64: the last letter has two bits of nothing. */
static void pattern_key(FILE *out)
{
	fputs("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", out);
}

static const struct json_text key_text = { text_key, text_from_key, pattern_key };

/* --- Endpoints --- */

/* Cut "HOST:PORT" or "[HOST]:PORT" in two; returns the port, or NULL. */
static char *split_endpoint(char *text, char **host)
{
	char *end = strrchr(text, ':');

	*host = text;
	if (!end || end == text)
		return NULL;
	*end = '\0';
	if (*text != '[')
		return strchr(text, ':') ? NULL : end + 1;
	if (end[-1] != ']')
		return NULL;
	end[-1] = '\0';
	*host = text + 1;
	return end + 1;
}

static int parse_endpoint(const char *text, void *out, struct err *err)
{
	struct wireguard_endpoint *e = out;
	_cleanup_free_ char *copy = strdup(text);
	unsigned long long number;
	char *host, *port;
	struct ip_addr addr;

	if (!copy)
		return err_oom(err);
	port = split_endpoint(copy, &host);
	if (!port)
		return err_set(
			err, -EINVAL,
			"%s: expected ADDRESS:PORT, as in 192.0.2.1:51820 or [2001:db8::1]:51820",
			text);
	if (ip_addr_parse(host, &addr, NULL) < 0)
		return err_set(err, -EINVAL,
			       "%s: '%s' is no IP address, and names are not looked up", text,
			       host);
	if ((addr.family == AF_INET6) != (host != copy))
		return err_set(err, -EINVAL,
			       "%s: an IPv6 address, and no other, stands in brackets", text);
	if (str_to_u64(port, 65535, &number) < 0 || !number)
		return err_set(err, -EINVAL, "%s: the port has to be 1 to 65535", text);
	*e = (struct wireguard_endpoint){ addr, (uint16_t)number };
	return 0;
}

const char *wireguard_endpoint_format(const struct wireguard_endpoint *e, char *buf, size_t size)
{
	char addr[IP_TEXT_MAX];

	ip_addr_format(&e->addr, addr, sizeof(addr));
	snprintf(buf, size, e->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr, e->port);
	return buf;
}

static void format_endpoint(const void *in, char *buf, size_t size)
{
	wireguard_endpoint_format(in, buf, size);
}

static void pattern_endpoint(FILE *out)
{
	fputs("(?:" IP_PATTERN_4 "|\\[" IP_PATTERN_6 "\\]):[0-9]+", out);
}

static const struct json_text endpoint_text = { parse_endpoint, format_endpoint, pattern_endpoint };

/* --- The tables --- */

static const struct json_field peer_fields[] = {
	JSON_TEXT(struct wireguard_peer, "public_key", public_key, &key_text,
		  .flags = JSON_REQUIRED),
	JSON_TEXT(struct wireguard_peer, "preshared_key", preshared_key, &key_text,
		  .flags = JSON_SECRET),
	JSON_STRING(struct wireguard_peer, "preshared_key_file", preshared_key_file),
	JSON_TEXT(struct wireguard_peer, "endpoint", endpoint, &endpoint_text),
	JSON_CUSTOM(struct wireguard_peer, "allowed_ips", allowed_ips, &ip_network_list_custom),
	JSON_UINT(struct wireguard_peer, "persistent_keepalive", persistent_keepalive),
	JSON_END,
};
static const struct json_schema peer_schema = JSON_SCHEMA(
	struct wireguard_peer, peer_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static const struct json_name sockets[] = {
	{ "host", WIREGUARD_SOCKET_HOST },
	{ "container", WIREGUARD_SOCKET_CONTAINER },
	{ NULL, 0 },
};

static const struct json_field fields[] = {
	JSON_TEXT(struct wireguard_options, "private_key", private_key, &key_text,
		  .flags = JSON_SECRET),
	JSON_STRING(struct wireguard_options, "private_key_file", private_key_file),
	JSON_UINT(struct wireguard_options, "listen_port", listen_port),
	JSON_UINT(struct wireguard_options, "fwmark", fwmark),
	JSON_ARRAY(struct wireguard_options, "peers", peers, peer_count, &peer_schema),
	JSON_BOOL(struct wireguard_options, "route_allowed_ips", route_allowed_ips),
	JSON_ENUM(struct wireguard_options, "socket", socket, sockets),
	JSON_END,
};
const struct json_schema wireguard_schema = JSON_SCHEMA(struct wireguard_options, fields);

/* --- Rules --- */

/* One of the two keys that say a secret. */
static int check_secret(const struct wireguard_key *key, const char *file, const char *name,
			struct err *err)
{
	struct wireguard_key mistaken;

	if (!file)
		return 0;
	if (wireguard_key_parse(file, &mistaken, NULL) == 0)
		return err_set(err, -EINVAL,
			       "%s_file: this is a key, and should be the path of a file", name);
	if (!wireguard_key_is_zero(key))
		return err_set(err, -EINVAL, "%s_file: there is a %s as well", name, name);
	if (*file != '/')
		return err_set(err, -EINVAL, "%s_file: '%s' is not an absolute path", name, file);
	return 0;
}

/* What a row of a sorted list is about. */
struct place {
	const void *what;
	size_t peer;
};

static int compare_places(const struct place *a, const struct place *b)
{
	return (a->peer > b->peer) - (a->peer < b->peer);
}

static int compare_keys(const void *a, const void *b)
{
	const struct place *one = a, *two = b;
	int ret = memcmp(one->what, two->what, sizeof(struct wireguard_key));

	return ret ? ret : compare_places(one, two);
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct place *one = a, *two = b;
	const struct ip_prefix *p = one->what, *q = two->what;
	int ret = p->addr.family - q->addr.family;

	if (!ret)
		ret = (int)p->length - (int)q->length;
	if (!ret)
		ret = memcmp(p->addr.bytes, q->addr.bytes, sizeof(p->addr.bytes));
	return ret ? ret : compare_places(one, two);
}

static int check_public_keys(const struct wireguard_options *o, struct err *err)
{
	_cleanup_free_ struct place *list = calloc(o->peer_count + 1, sizeof(*list));

	if (!list)
		return err_oom(err);
	for (size_t i = 0; i < o->peer_count; i++)
		list[i] = (struct place){ &o->peers[i].public_key, i };
	qsort(list, o->peer_count, sizeof(*list), compare_keys);
	for (size_t i = 1; i < o->peer_count; i++)
		if (wireguard_key_equal(list[i - 1].what, list[i].what))
			return err_set(err, -EINVAL,
				       "peers[%zu].public_key: it is that of peers[%zu]",
				       list[i].peer, list[i - 1].peer);
	return 0;
}

static int refuse_prefix(const struct place *first, const struct place *second, struct err *err)
{
	char text[IP_TEXT_MAX];

	ip_prefix_format(second->what, text, sizeof(text));
	if (first->peer == second->peer)
		return err_set(err, -EINVAL, "peers[%zu].allowed_ips: %s is given twice",
			       second->peer, text);
	return err_set(err, -EINVAL, "peers[%zu].allowed_ips: %s is one of peers[%zu]",
		       second->peer, text, first->peer);
}

/* The kernel has each of them once, and would take it from the peer that had it. */
static int check_allowed_ips(const struct wireguard_options *o, struct err *err)
{
	_cleanup_free_ struct place *list = NULL;
	size_t count = 0;

	for (size_t i = 0; i < o->peer_count; i++)
		count += o->peers[i].allowed_ips.count;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return err_oom(err);
	count = 0;
	for (size_t i = 0; i < o->peer_count; i++)
		for (size_t at = 0; at < o->peers[i].allowed_ips.count; at++)
			list[count++] = (struct place){ &o->peers[i].allowed_ips.items[at], i };
	qsort(list, count, sizeof(*list), compare_prefixes);
	for (size_t i = 1; i < count; i++)
		if (ip_prefix_equal(list[i - 1].what, list[i].what))
			return refuse_prefix(&list[i - 1], &list[i], err);
	return 0;
}

/* Packets to the peers would go into the tunnel that they are to carry. */
static int check_default_route(const struct wireguard_peer *p, struct err *err)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < p->allowed_ips.count; i++)
		if (!p->allowed_ips.items[i].length)
			return err_set(
				err, -EINVAL,
				"route_allowed_ips: a route to %s would lead the tunnel into itself, with its socket in the container",
				ip_prefix_format(&p->allowed_ips.items[i], text, sizeof(text)));
	return 0;
}

static int check_peer(const struct wireguard_options *o, size_t i, struct err *err)
{
	const struct wireguard_peer *p = &o->peers[i];
	int ret = check_secret(&p->preshared_key, p->preshared_key_file, "preshared_key", err);

	if (ret == 0 && p->endpoint.addr.family)
		ret = kind_check_remote("endpoint", &p->endpoint.addr, err);
	if (ret < 0)
		return err_wrap(err, "peers[%zu]", i);
	return o->route_allowed_ips && o->socket == WIREGUARD_SOCKET_CONTAINER
		       ? check_default_route(p, err)
		       : 0;
}

int wireguard_check(const struct wireguard_options *o, struct err *err)
{
	int ret = check_secret(&o->private_key, o->private_key_file, "private_key", err);

	if (ret == 0 && wireguard_key_is_zero(&o->private_key) && !o->private_key_file)
		ret = err_set(err, -EINVAL, "private_key is missing, and so is private_key_file");
	for (size_t i = 0; ret == 0 && i < o->peer_count; i++)
		ret = check_peer(o, i, err);
	if (ret == 0)
		ret = check_public_keys(o, err);
	return ret < 0 ? ret : check_allowed_ips(o, err);
}

/* --- Copies --- */

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* All that @from points to becomes @to's own. */
static int copy_peer(struct wireguard_peer *to, const struct wireguard_peer *from)
{
	size_t size = from->allowed_ips.count * sizeof(*from->allowed_ips.items);

	*to = *from;
	to->allowed_ips = (struct ip_prefix_list){ 0 };
	if (copy_text(&to->preshared_key_file, from->preshared_key_file) < 0)
		return -ENOMEM;
	if (!size)
		return 0;
	to->allowed_ips.items = malloc(size);
	if (!to->allowed_ips.items)
		return -ENOMEM;
	memcpy(to->allowed_ips.items, from->allowed_ips.items, size);
	to->allowed_ips.count = from->allowed_ips.count;
	return 0;
}

int wireguard_copy(struct wireguard_options *to, const struct wireguard_options *from)
{
	struct wireguard_options copy = *from;
	int ret;

	copy.peers = calloc(from->peer_count + 1, sizeof(*copy.peers));
	copy.peer_count = copy.peers ? from->peer_count : 0;
	ret = copy_text(&copy.private_key_file, from->private_key_file);
	if (!copy.peers)
		ret = -ENOMEM;
	for (size_t i = 0; ret == 0 && i < from->peer_count; i++)
		ret = copy_peer(&copy.peers[i], &from->peers[i]);
	if (ret < 0) {
		json_release(&wireguard_schema, &copy);
		*to = (struct wireguard_options){ 0 };
		return ret;
	}
	*to = copy;
	return 0;
}

/* --- Files --- */

static int read_key(const char *file, const char *name, struct wireguard_key *key, struct err *err)
{
	int ret = file && wireguard_key_is_zero(key) ? wireguard_key_read(file, key, err) : 0;

	return ret < 0 ? err_wrap(err, "%s_file", name) : 0;
}

int wireguard_read_keys(struct wireguard_options *o, struct err *err)
{
	int ret = read_key(o->private_key_file, "private_key", &o->private_key, err);

	for (size_t i = 0; ret == 0 && i < o->peer_count; i++) {
		struct wireguard_peer *p = &o->peers[i];

		ret = read_key(p->preshared_key_file, "preshared_key", &p->preshared_key, err);
		if (ret < 0)
			err_wrap(err, "peers[%zu]", i);
	}
	return ret;
}
