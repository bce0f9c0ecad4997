// SPDX-License-Identifier: Apache-2.0
/* type "netns": the container joins a network namespace that is there, and changes nothing in it. */
#include "net/driver.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>

struct netns_options {
	char *path;
};

static const struct json_field fields[] = {
	JSON_STRING(struct netns_options, "ns_path", path,
		    .help = "file of the network namespace, as in /run/netns/blue"),
	JSON_END
};
static const struct json_schema options = JSON_SCHEMA(struct netns_options, fields);

static const char *joins(const struct network *n)
{
	return ((const struct netns_options *)n->options)->path;
}

/* The namespace stays as it is, so a key that asks for a change in it would be passed over. */
static int check_nothing_else(const struct network *n, struct err *err)
{
	const struct {
		const char *key;
		bool given;
	} keys[] = {
		{ "name", n->name[0] },
		{ "mac_address", !mac_is_zero(&n->mac_address) },
		{ "address", n->address.addr.family },
		{ "ipv6_address", n->ipv6_address.addr.family },
		{ "addresses", n->addresses.count },
		{ "gateway", n->gateway.family },
		{ "ipv6_gateway", n->ipv6_gateway.family },
		{ "mtu", n->mtu },
		{ "txqueuelen", n->txqueuelen },
	};

	for (size_t i = 0; i < array_size(keys); i++)
		if (keys[i].given)
			return err_set(err, -EINVAL,
				       "%s: a namespace that is joined stays as it is",
				       keys[i].key);
	return 0;
}

static int check(const struct network *n, struct err *err)
{
	const char *path = joins(n);

	if (str_empty(path))
		return err_set(err, -EINVAL, "ns_path is missing");
	if (path[0] != '/')
		return err_set(err, -EINVAL, "ns_path: %s is not an absolute path", path);
	return check_nothing_else(n, err);
}

const struct net_driver netns_driver = {
	.type = "netns",
	.name = "",
	.options = &options,
	.check = check,
	.joins = joins,
};
