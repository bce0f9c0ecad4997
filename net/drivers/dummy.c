// SPDX-License-Identifier: Apache-2.0
/* type "dummy": a link that leads nowhere: a place for addresses, and for other links to lie on. */
#include "net/kind_driver.h"

/* It has no keys of its own. */
struct dummy_options {
	char nothing;
};

static const struct json_field fields[] = { JSON_END };
static const struct json_schema options = JSON_SCHEMA(struct dummy_options, fields);

static const struct kind_refusal refusals[] = { KIND_MISSING("dummy"), { 0, NULL } };

static const struct link_kind kind = {
	.name = "dummy",
	.mtu = 1500,
	.options = &options,
	.refusals = refusals,
};

const struct net_driver dummy_driver = {
	.type = "dummy",
	.name = "dummy#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
