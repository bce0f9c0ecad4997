// SPDX-License-Identifier: Apache-2.0
#include "net/netns_claim.h"

static int nothing(struct scope *scope, void *args, struct err *err)
{
	(void)scope;
	(void)args;
	(void)err;
	return 0;
}

static int probe(struct scope *scope, const void *args, struct err *err)
{
	return nothing(scope, (void *)args, err);
}

static void describe(const void *args, char *buf, size_t size)
{
	(void)args;
	snprintf(buf, size, "claim on the network namespace");
}

/* No command does as much. */
static void show(const void *args, FILE *out)
{
	(void)args;
	(void)out;
}

static const struct json_field fields[] = {
	JSON_CHARS(struct netns_claim_args, "ns", ns, .flags = JSON_REQUIRED), JSON_END
};
static const struct json_schema schema = JSON_SCHEMA(struct netns_claim_args, fields);

const struct step_type netns_claim_step = {
	.name = "netns.claim",
	.args = &schema,
	.phase = PHASE_CONNECT,
	.apply = nothing,
	.revert = nothing,
	.probe = probe,
	.describe = describe,
	.show = show,
};
