// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include "net/driver.h"

#include <errno.h>
#include <stdio.h>

static int text_driver(const char *text, void *out, struct err *err)
{
	return net_driver_find(text, out, err);
}

static void text_from_driver(const void *in, char *buf, size_t size)
{
	const struct net_driver *const *driver = in;

	snprintf(buf, size, "%s", *driver ? (*driver)->type : "");
}

static const struct json_text driver_text = { text_driver, text_from_driver };

static const struct json_schema *driver_options(const void *object)
{
	const struct network *n = object;

	return n->driver ? n->driver->options : NULL;
}

/* `"type": ""` gets here: an empty text leaves its field unset. */
static int check_driver(void *object, struct err *err)
{
	const struct network *n = object;

	return n->driver ? 0 : err_set(err, -EINVAL, "type is empty");
}

/* The type is first, since the driver's own keys follow from it. */
static const struct json_field network_fields[] = {
	JSON_TEXT(struct network, "type", driver, &driver_text, .flags = JSON_REQUIRED,
		  .help = "what kind of network: loopback, veth or netns"),
	JSON_CHARS(struct network, "name", name,
		   .help = "of the interface inside the container; lo, or eth0, eth1, ... in order"),
	JSON_TEXT(
		struct network, "mac_address", mac_address, &mac_text,
		.help = "of the interface inside the container; one that stays the same if none is given"),
	JSON_TEXT(struct network, "address", address, &ip_prefix_text,
		  .help = "IPv4 address inside the container, as in 172.17.0.2/16"),
	JSON_TEXT(struct network, "ipv6_address", ipv6_address, &ip_prefix_text,
		  .help = "IPv6 address inside the container, as in 2001:db8::2/64"),
	JSON_CUSTOM(struct network, "addresses", addresses, &ip_prefix_list_custom,
		    .help = "further addresses of either family, one or a list"),
	JSON_TEXT(struct network, "gateway", gateway, &ip_gateway_text,
		  .help = "of the IPv4 default route"),
	JSON_TEXT(struct network, "ipv6_gateway", ipv6_gateway, &ip_addr_text,
		  .help = "of the IPv6 default route"),
	JSON_UINT(struct network, "mtu", mtu, .max = 65535,
		  .help = "of both ends, 68 to 65535 bytes; 0: as the kernel has it"),
	JSON_UINT(struct network, "txqueuelen", txqueuelen,
		  .help = "of both ends, in packets; 0: as the kernel has it"),
	JSON_END
};

const struct json_schema network_schema =
	JSON_SCHEMA(struct network, network_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true,
		    .extend = driver_options, .extend_offset = offsetof(struct network, options),
		    .check = check_driver, );

static const struct json_field route_fields[] = {
	JSON_TEXT(struct net_route, "destination", destination, &ip_network_text,
		  .help = "network, as in 10.0.0.0/8; the default route if none is given"),
	JSON_TEXT(struct net_route, "source", source, &ip_source_text,
		  .help = "preferred source address"),
	JSON_TEXT(struct net_route, "gateway", gateway, &ip_addr_text,
		  .help = "next hop; none: the destination is on the link"),
	JSON_CHARS(struct net_route, "interface_name", interface_name, .flags = JSON_REQUIRED,
		   .help = "the interface inside the container"),
	JSON_END
};

const struct json_schema net_route_schema = JSON_SCHEMA(
	struct net_route, route_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );
