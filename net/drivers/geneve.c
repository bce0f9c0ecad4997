// SPDX-License-Identifier: Apache-2.0
/* type "geneve": Ethernet in UDP to one other end (RFC 8926). Its packets leave by the host's routes. */
#include "net/kind_driver.h"

#include <linux/if_link.h>

struct geneve_options {
	uint32_t id;
	struct ip_addr remote;
	uint16_t port;
	uint8_t ttl;
};

static const struct json_field fields[] = {
	JSON_UINT(struct geneve_options, "id", id, .flags = JSON_REQUIRED, .min = 1,
		  .max = 0xffffff),
	JSON_TEXT(struct geneve_options, "remote", remote, &ip_addr_text, .flags = JSON_REQUIRED),
	JSON_UINT(struct geneve_options, "port", port),
	JSON_UINT(struct geneve_options, "ttl", ttl),
	JSON_END,
};
static const struct json_schema options = JSON_SCHEMA(struct geneve_options, fields);

static const struct kind_attr attrs[] = {
	{ "id", .form = KIND_U32, .type = IFLA_GENEVE_ID },
	{ "remote", .form = KIND_ADDR, .type = IFLA_GENEVE_REMOTE, .type6 = IFLA_GENEVE_REMOTE6 },
	{ "port", "dstport", .form = KIND_BE16, .type = IFLA_GENEVE_PORT },
	{ "ttl", .form = KIND_U8, .type = IFLA_GENEVE_TTL },
	{ .key = NULL },
};

static int check(const struct network *n, struct err *err)
{
	const struct geneve_options *o = n->options;

	return kind_check_remote("remote", &o->remote, err);
}

static const struct kind_refusal refusals[] = {
	KIND_MISSING("geneve"),
	{ -EEXIST, "the name is taken, or the id is, by another geneve" },
	{ 0, NULL },
};

static const int passing[] = { -EEXIST, -EBUSY, 0 };

static const struct link_kind kind = {
	.name = "geneve",
	.options = &options,
	.attrs = attrs,
	.outside = true,
	.check = check,
	.refusals = refusals,
	.passing = passing,
};

const struct net_driver geneve_driver = {
	.type = "geneve",
	.name = "geneve#",
	.options = &options,
	.kind = &kind,
	KIND_DRIVER,
};
