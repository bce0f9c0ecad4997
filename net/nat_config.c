// SPDX-License-Identifier: Apache-2.0
/* The keys of address translation, from text, and the rules between them. */
#include "net/driver.h"
#include "net/nat.h"
#include "net/nat_view.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PORT_MAX 65535

/* --- From text and back --- */

static int check_port(const struct json_value *v, unsigned long long port, struct err *err)
{
	if (port >= 1 && port <= PORT_MAX)
		return 0;
	return json_value_err(v, err, -EINVAL, "%llu is out of range (1 to %d)", port, PORT_MAX);
}

static int decode_number(const struct json_value *v, struct port_range *out, struct err *err)
{
	long long port;
	int ret = json_value_int(v, 1, PORT_MAX, &port, err);

	if (ret < 0)
		return ret;
	*out = (struct port_range){ (uint16_t)port, (uint16_t)port };
	return 0;
}

/* "80", "8000-8010". */
static int split_range(char *text, unsigned long long *first, unsigned long long *last)
{
	char *dash = strchr(text, '-');
	int ret;

	if (dash)
		*dash = '\0';
	ret = str_to_u64(text, ~0ull, first);
	*last = *first;
	if (dash && ret == 0)
		ret = str_to_u64(dash + 1, ~0ull, last);
	if (dash)
		*dash = '-';
	return ret;
}

static int decode_words(const struct json_value *v, char *text, struct port_range *out,
			struct err *err)
{
	unsigned long long first = 0, last = 0;
	int ret;

	if (split_range(text, &first, &last) < 0)
		return json_value_err(v, err, -EINVAL,
				      "'%s' is neither a port nor a range, as in \"8000-8010\"",
				      text);
	ret = check_port(v, first, err);
	if (ret == 0)
		ret = check_port(v, last, err);
	if (ret == 0 && last < first)
		ret = json_value_err(v, err, -EINVAL, "the range %llu-%llu runs backwards", first,
				     last);
	if (ret == 0)
		*out = (struct port_range){ (uint16_t)first, (uint16_t)last };
	return ret;
}

static int decode_range(const struct json_value *v, void *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret;

	if (json_value_kind(v) != JSON_IS_STRING)
		return decode_number(v, out, err);
	ret = json_value_string(v, &text, err);
	return ret < 0 ? ret : decode_words(v, text, out, err);
}

static void encode_range(const void *in, const char *key, struct json_writer *w)
{
	const struct port_range *r = in;
	char text[16];

	if (r->first == r->last) {
		json_write_uint(w, key, r->first);
		return;
	}
	snprintf(text, sizeof(text), "%u-%u", r->first, r->last);
	json_write_string(w, key, text);
}

static const struct json_form port_forms[] = { JSON_FORM_NUMBER(1, PORT_MAX),
					       { JSON_IS_STRING, .pattern = "[0-9]+(?:-[0-9]+)?" },
					       JSON_FORM_END };

static const struct json_custom range_custom = {
	.decode = decode_range,
	.encode = encode_range,
	.what = "a port, or a range of ports",
	.forms = port_forms,
};

static const struct json_name protocol_names[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
	{ NULL, 0 },
};

static const struct json_field port_fields[] = {
	JSON_CUSTOM(struct port_map, "host", host, &range_custom, .flags = JSON_REQUIRED),
	JSON_CUSTOM(struct port_map, "container", container, &range_custom),
	JSON_ENUM(struct port_map, "protocol", protocol, protocol_names),
	JSON_TEXT(struct port_map, "host_address", host_address, &ip_addr_text),
	JSON_END,
};

static unsigned int range_count(const struct port_range *r)
{
	return (unsigned int)(r->last - r->first) + 1;
}

static int check_port_map(void *object, struct err *err)
{
	const struct port_map *m = object;

	if (!m->container.first || range_count(&m->host) == range_count(&m->container))
		return 0;
	return err_set(err, -EINVAL, "container: %u ports, but host has %u",
		       range_count(&m->container), range_count(&m->host));
}

const struct json_schema port_map_schema = JSON_SCHEMA(struct port_map, port_fields,
						       .unknown = JSON_UNKNOWN_WARN,
						       .caseless = true, .check = check_port_map);

void nat_ports_release(struct nat_port_list *list)
{
	free(list->items);
	*list = (struct nat_port_list){ 0 };
}

void nat_ports_write(struct json_writer *w, const char *key, const struct nat_port_list *list)
{
	char text[IP_TEXT_MAX];

	json_write_begin(w, key, '[');
	for (size_t i = 0; i < list->count; i++) {
		json_write_begin(w, NULL, '{');
		json_write_fields(w, &port_map_schema, &list->items[i].map);
		json_write_string(w, "address",
				  ip_addr_format(&list->items[i].to, text, sizeof(text)));
		json_write_end(w);
	}
	json_write_end(w);
}

static int decode_source(const struct json_value *v, void *sources, struct err *err)
{
	struct nat_sources *out = sources;
	_cleanup_free_ char *text = NULL;
	struct ip_addr address, *of;
	int ret = json_value_string(v, &text, err);

	if (ret < 0)
		return ret;
	if (!*text)
		return json_value_err(v, err, -EINVAL, "an empty address");
	ret = ip_addr_parse(text, &address, err);
	if (ret < 0)
		return ret;
	of = address.family == AF_INET ? &out->ipv4 : &out->ipv6;
	if (of->family)
		return json_value_err(v, err, -EINVAL, "%s is a second %s address", text,
				      ip_family_name(address.family));
	*of = address;
	return 0;
}

static int decode_sources(const struct json_value *v, void *out, struct err *err)
{
	return json_value_each(v, decode_source, out, err);
}

static void write_source(const struct ip_addr *a, const char *key, struct json_writer *w)
{
	char text[IP_TEXT_MAX];

	if (a->family)
		json_write_string(w, key, ip_addr_format(a, text, sizeof(text)));
}

static void encode_sources(const void *in, const char *key, struct json_writer *w)
{
	const struct nat_sources *s = in;

	if (!s->ipv4.family || !s->ipv6.family) {
		write_source(s->ipv4.family ? &s->ipv4 : &s->ipv6, key, w);
		return;
	}
	json_write_begin(w, key, '[');
	write_source(&s->ipv4, NULL, w);
	write_source(&s->ipv6, NULL, w);
	json_write_end(w);
}

static const struct json_form source_forms[] = { JSON_FORM_TEXT(&ip_addr_text), JSON_FORM_END };
static const struct json_form sources_forms[] = { JSON_FORM_TEXT(&ip_addr_text),
						  JSON_FORM_LIST(source_forms), JSON_FORM_END };

const struct json_custom nat_sources_custom = {
	.decode = decode_sources,
	.encode = encode_sources,
	.what = "an IP address, or a list of one per family",
	.forms = sources_forms,
};

/* --- What follows from it --- */

bool nat_wanted(const struct network *n, const char **key)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "masquerade", n->masquerade },
		{ "snat", n->snat.ipv4.family || n->snat.ipv6.family },
		{ "ports", n->port_count && !n->driver->maps_ports },
		{ "isolate", n->isolate },
		{ "internal", n->internal },
	};

	for (size_t i = 0; i < array_size(keys); i++) {
		if (!keys[i].given)
			continue;
		if (key)
			*key = keys[i].key;
		return true;
	}
	return false;
}

const struct ip_addr *nat_address(const struct network *n, int family)
{
	if (n->address.addr.family == family)
		return &n->address.addr;
	if (n->ipv6_address.addr.family == family)
		return &n->ipv6_address.addr;
	for (size_t i = 0; i < n->addresses.count; i++)
		if (n->addresses.items[i].prefix.addr.family == family)
			return &n->addresses.items[i].prefix.addr;
	/* Before one is chosen, its subnet says as much as can be known. */
	for (size_t i = 0; i < n->subnets.count; i++)
		if (n->subnets.items[i].addr.family == family)
			return &n->subnets.items[i].addr;
	return NULL;
}

unsigned int port_map_count(const struct port_map *m)
{
	return range_count(&m->host);
}

uint16_t port_map_to(const struct port_map *m)
{
	return m->container.first ? m->container.first : m->host.first;
}

int port_map_protocol(const struct port_map *m)
{
	return m->protocol ? m->protocol : IPPROTO_TCP;
}

const char *port_protocol_name(int protocol)
{
	for (const struct json_name *p = protocol_names; p->name; p++)
		if (p->value == protocol)
			return p->name;
	return "?";
}

bool port_map_any_address(const struct port_map *m)
{
	return !m->host_address.family || ip_addr_is_unspecified(&m->host_address);
}

bool port_map_is_of(const struct port_map *m, int family, const struct ip_addr *address)
{
	return address && (!m->host_address.family || m->host_address.family == family);
}

/* --- Rules --- */

static int check_sources(const struct network *n, struct err *err)
{
	const struct ip_addr *sources[] = { &n->snat.ipv4, &n->snat.ipv6 };
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < array_size(sources); i++) {
		const struct ip_addr *a = sources[i];

		if (!a->family)
			continue;
		ip_addr_format(a, text, sizeof(text));
		if (ip_addr_is_loopback(a) || ip_addr_is_multicast(a) || ip_addr_is_unspecified(a))
			return err_set(err, -EINVAL, "snat: %s cannot be a source", text);
		if (!nat_address(n, a->family))
			return err_set(err, -EINVAL,
				       "snat: %s is an %s address, and the network has none", text,
				       ip_family_name(a->family));
	}
	return 0;
}

static bool overlap(const struct port_range *a, const struct port_range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* As bind(2) has it: any address takes them all, of its family. */
static bool collide(const struct port_map *a, const struct port_map *b)
{
	if (port_map_protocol(a) != port_map_protocol(b) || !overlap(&a->host, &b->host))
		return false;
	if (!a->host_address.family || !b->host_address.family)
		return true;
	if (a->host_address.family != b->host_address.family)
		return false;
	return port_map_any_address(a) || port_map_any_address(b) ||
	       ip_addr_equal(&a->host_address, &b->host_address);
}

static uint16_t first_common(const struct port_map *a, const struct port_map *b)
{
	return a->host.first > b->host.first ? a->host.first : b->host.first;
}

static int check_host_address(const struct network *n, const struct port_map *m, struct err *err)
{
	const int family = m->host_address.family;
	char text[IP_TEXT_MAX];

	if (!family)
		return 0;
	ip_addr_format(&m->host_address, text, sizeof(text));
	if (ip_addr_is_multicast(&m->host_address))
		return err_set(err, -EINVAL, "host_address: %s is a multicast address", text);
	/* There is no way back: nothing is routed to ::1 from another link (RFC 4291, 2.5.3). */
	if (family == AF_INET6 && ip_addr_is_loopback(&m->host_address))
		return err_set(err, -EINVAL, "host_address: %s cannot be forwarded; 127.0.0.1 can",
			       text);
	if (!nat_address(n, family))
		return err_set(err, -EINVAL,
			       "host_address: %s is an %s address, and the network has none", text,
			       ip_family_name(family));
	return 0;
}

static int check_ports(const struct network *n, struct err *err)
{
	unsigned int total = 0;

	for (size_t i = 0; i < n->port_count; i++) {
		const struct port_map *m = &n->ports[i];
		int ret = n->driver->maps_ports ? 0 : check_host_address(n, m, err);

		if (ret < 0) {
			err_wrap(err, "ports[%zu]", i);
			return ret;
		}
		for (size_t j = 0; j < i; j++)
			if (collide(&n->ports[j], m))
				return err_set(err, -EINVAL,
					       "ports[%zu].host: ports[%zu] has %s port %u already",
					       i, j, port_protocol_name(port_map_protocol(m)),
					       first_common(&n->ports[j], m));
		total += port_map_count(m);
	}
	if (total > NAT_PORTS_MAX)
		return err_set(err, -E2BIG, "ports: %u of them, and at most %d can be mapped",
			       total, NAT_PORTS_MAX);
	return 0;
}

/* A network that nothing leaves. */
static int check_internal(const struct network *n, struct err *err)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "gateway", n->gateway.family },
		{ "ipv6_gateway", n->ipv6_gateway.family },
		{ "masquerade", n->masquerade },
		{ "snat", n->snat.ipv4.family || n->snat.ipv6.family },
		{ "ports", n->port_count },
	};

	for (size_t i = 0; n->internal && i < array_size(keys); i++)
		if (keys[i].given)
			return err_set(err, -EINVAL,
				       "%s: nothing leaves or enters an internal network",
				       keys[i].key);
	return 0;
}

static int check_addresses(const struct network *n, struct err *err)
{
	const char *key = n->masquerade ? "masquerade" : "ports";

	if (!n->masquerade && !n->port_count)
		return 0;
	if (nat_address(n, AF_INET) || nat_address(n, AF_INET6))
		return 0;
	return err_set(err, -EINVAL, "%s: the network has no address", key);
}

int nat_check(const struct network *n, struct err *err)
{
	const char *key;
	int ret;

	if (!nat_wanted(n, &key))
		return n->driver->maps_ports ? check_ports(n, err) : 0;
	ret = nat_supported(err);
	if (ret == 0 && !n->driver->host_link)
		ret = err_set(
			err, -EINVAL,
			"packets of a network of type '%s' do not pass through a link of the host",
			n->driver->type);
	if (ret < 0) {
		err_wrap(err, "%s", key);
		return ret;
	}
	ret = check_internal(n, err);
	if (ret == 0)
		ret = check_addresses(n, err);
	if (ret == 0)
		ret = check_sources(n, err);
	return ret == 0 ? check_ports(n, err) : ret;
}

int nat_check_pair(const struct network *a, const struct network *b, size_t a_index, size_t b_index,
		   struct err *err)
{
	for (size_t i = 0; i < a->port_count; i++)
		for (size_t j = 0; j < b->port_count; j++)
			if (collide(&a->ports[i], &b->ports[j]))
				return err_set(
					err, -EINVAL,
					"networks[%zu].ports[%zu].host: networks[%zu].ports[%zu] has %s port %u already",
					a_index, i, b_index, j,
					port_protocol_name(port_map_protocol(&a->ports[i])),
					first_common(&a->ports[i], &b->ports[j]));
	return 0;
}
