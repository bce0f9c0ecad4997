// SPDX-License-Identifier: Apache-2.0
/*
 * type "loopback": the namespace's own lo, brought up. Its addresses (127.0.0.1/8, ::1) come from the
 * kernel, so address, gateway and mtu are accepted and ignored, as libcontainer did; net_plan()
 * brings lo up, because a new namespace needs it whether a network says so or not.
 */
#include "net/driver.h"

#include "lib/no_effect.h"

#include <errno.h>
#include <string.h>

/* Keys that libcontainer wrote for every network, whatever its type. */
struct loopback_options {
	char nothing;
};

static const struct json_field fields[] = {
	IGNORED(struct loopback_options, "bridge", nothing),
	IGNORED(struct loopback_options, "veth_prefix", nothing),
	IGNORED(struct loopback_options, "context", nothing),
	IGNORED(struct loopback_options, "host_interface_name", nothing),
	IGNORED(struct loopback_options, "hairpin_mode", nothing),
	JSON_END
};
static const struct json_schema options = JSON_SCHEMA(struct loopback_options, fields);

static int check(const struct network *n, struct err *err)
{
	if (n->name[0] && strcmp(n->name, "lo"))
		return err_set(err, -EINVAL, "name: the loopback interface is named 'lo', not '%s'",
			       n->name);
	return 0;
}

const struct net_driver loopback_driver = {
	.type = "loopback",
	.name = "lo",
	.options = &options,
	.check = check,
};
