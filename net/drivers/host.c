// SPDX-License-Identifier: Apache-2.0
/* type "host": the container has the host's network, as it is. Nothing is made; a config says so, lest it be taken for forgotten. */
#include "net/driver.h"

static int check(const struct network *n, struct err *err)
{
	return net_check_untouched(n, "the host's network stays as it is", err);
}

const struct net_driver host_driver = {
	.type = "host",
	.name = "",
	.host = true,
	.check = check,
};
