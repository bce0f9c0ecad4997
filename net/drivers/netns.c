// SPDX-License-Identifier: Apache-2.0
/* type "netns": the container joins a network namespace that is there, and changes nothing in it. */
#include "net/driver.h"

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

static int check(const struct network *n, struct err *err)
{
	const char *path = joins(n);

	if (str_empty(path))
		return err_set(err, -EINVAL, "ns_path is missing");
	if (path[0] != '/')
		return err_set(err, -EINVAL, "ns_path: %s is not an absolute path", path);
	if (n->address.addr.family || n->ipv6_address.addr.family || n->addresses.count)
		return err_set(
			err, -EINVAL,
			"a namespace that is joined keeps its addresses: none can be given here");
	return 0;
}

const struct net_driver netns_driver = {
	.type = "netns",
	.name = "",
	.options = &options,
	.check = check,
	.joins = joins,
};
