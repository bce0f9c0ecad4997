// SPDX-License-Identifier: Apache-2.0
/* type "ifb": a link that packets of others are redirected to, so that what comes in can be shaped as what goes out is. */
#include "net/kind_driver.h"

/* It has no keys of its own. */
struct ifb_options {
	char nothing;
};

static const struct json_field fields[] = { JSON_END };
static const struct json_schema options = JSON_SCHEMA(struct ifb_options, fields);

static const struct kind_refusal refusals[] = { KIND_MISSING("ifb"), { 0, NULL } };

static const struct link_kind kind = {
	.name = "ifb",
	.mtu = 1500,
	.txqueuelen = 32,
	.options = &options,
	.refusals = refusals,
};

const struct net_driver ifb_driver = {
	.type = "ifb",
	.name = "ifb#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
