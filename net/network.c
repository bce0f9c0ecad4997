// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include "net/driver.h"
#include "net/kind.h"

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

static const struct json_text driver_text = { .parse = text_driver, .format = text_from_driver };

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

/* What a route of a network and one of the container have in common. */
#define ROUTE_JSON                                                                         \
	JSON_ENUM(struct net_route, "type", type, route_type_names),                       \
		JSON_TEXT(struct net_route, "destination", destination, &ip_network_text), \
		JSON_TEXT(struct net_route, "source", source, &ip_source_text),            \
		JSON_TEXT(struct net_route, "gateway", gateway, &ip_addr_text),            \
		JSON_UINT(struct net_route, "metric", metric),                             \
		JSON_CUSTOM(struct net_route, "table", table, &route_table_json),          \
		JSON_ENUM(struct net_route, "scope", scope, route_scope_names),            \
		JSON_BOOL(struct net_route, "onlink", onlink),                             \
		JSON_UINT(struct net_route, "mtu", mtu, .max = 65535),                     \
		JSON_UINT(struct net_route, "advmss", advmss, .max = 65495),               \
		JSON_ARRAY(struct net_route, "nexthops", hops, hop_count, &route_hop_schema)

static const struct json_field own_route_fields[] = { ROUTE_JSON, JSON_END };
static const struct json_schema own_route_schema = JSON_SCHEMA(
	struct net_route, own_route_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

static const struct json_field route_fields[] = {
	ROUTE_JSON,
	JSON_CHARS(struct net_route, "interface_name", interface_name),
	JSON_END,
};

const struct json_schema net_route_schema = JSON_SCHEMA(
	struct net_route, route_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true, );

/* The type is first, since the driver's own keys follow from it. */
static const struct json_field network_fields[] = {
	JSON_TEXT(struct network, "type", driver, &driver_text, .flags = JSON_REQUIRED),
	JSON_CHARS(struct network, "name", name),
	JSON_TEXT(struct network, "mac_address", mac_address, &mac_text),
	JSON_TEXT(struct network, "address", address, &ip_prefix_text),
	JSON_TEXT(struct network, "ipv6_address", ipv6_address, &ip_prefix_text),
	JSON_TEXT(struct network, "address6", ipv6_address, &ip_prefix_text, .flags = JSON_ALIAS),
	JSON_CUSTOM(struct network, "addresses", addresses, &net_address_list_custom),
	JSON_BOOL(struct network, "dad", dad),
	JSON_CUSTOM(struct network, "subnet", subnets, &ip_network_list_custom),
	JSON_CUSTOM(struct network, "ranges", ranges, &ip_range_list_custom),
	JSON_CUSTOM(struct network, "exclude", exclude, &ip_range_list_custom),
	JSON_TEXT(struct network, "gateway", gateway, &ip_gateway_text),
	JSON_TEXT(struct network, "ipv6_gateway", ipv6_gateway, &ip_addr_text),
	JSON_TEXT(struct network, "gateway6", ipv6_gateway, &ip_addr_text, .flags = JSON_ALIAS),
	JSON_UINT(struct network, "metric", metric),
	JSON_ARRAY(struct network, "routes", routes, route_count, &own_route_schema),
	JSON_ARRAY(struct network, "neighbors", neighbors, neighbor_count, &net_neighbor_schema),
	JSON_ARRAY(struct network, "fdb", fdb, fdb_count, &net_fdb_schema),
	JSON_UINT(struct network, "mtu", mtu, .max = 65535),
	JSON_UINT(struct network, "txqueuelen", txqueuelen),
	JSON_OBJECT(struct network, "shaping", shaping, &shaping_schema),
	JSON_CHARS(struct network, "master", master),
	JSON_UINT(struct network, "vlan", port.vlan, .min = PORT_VLAN_MIN, .max = PORT_VLAN_MAX),
	JSON_CUSTOM(struct network, "vlans", port.vlans, &port_vlan_list_custom),
	JSON_CUSTOM(struct network, "isolated", port.options.isolated, &kind_switch_custom),
	JSON_OBJECT(struct network, "bridge_port", port.options, &port_options_schema,
		    .flags = JSON_SHARED),
	JSON_BOOL(struct network, "masquerade", masquerade),
	JSON_CUSTOM(struct network, "snat", snat, &nat_sources_custom),
	JSON_ARRAY(struct network, "ports", ports, port_count, &port_map_schema),
	JSON_BOOL(struct network, "isolate", isolate),
	JSON_BOOL(struct network, "internal", internal),
	JSON_UINT(struct network, "queues", queues, .max = 4096),
	JSON_UINT(struct network, "link_group", group),
	JSON_STRINGS(struct network, "altnames", altnames),
	JSON_MAP(struct network, "sysctl", sysctl, sysctl_count),
	JSON_CUSTOM(struct network, "offloads", offloads, &offload_list_custom),
	JSON_CUSTOM(struct network, "up", down, &net_up_custom),
	JSON_OBJECT(struct network, "dns", dns, &net_dns_schema),
	JSON_END,
};

const struct json_schema network_schema = JSON_SCHEMA(
	struct network, network_fields, .unknown = JSON_UNKNOWN_WARN, .caseless = true,
	.extend = driver_options, .extend_offset = offsetof(struct network, options),
	.extension = net_driver_options, .variant = net_driver_type, .check = check_driver, );
