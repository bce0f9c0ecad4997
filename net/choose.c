// SPDX-License-Identifier: Apache-2.0
#include "net/choose.h"

#include "lib/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The run directory stands for the container: ids repeat under other roots. */
static uint64_t choose(const struct scope *scope, const char *name, unsigned int attempt,
		       uint8_t what)
{
	char text[128];
	uint64_t hash = hash64(scope->run_dir, strlen(scope->run_dir));

	snprintf(text, sizeof(text), "%016" PRIx64 "/%s/%02x/%u", hash, name, what, attempt);
	return hash64(text, strlen(text));
}

void net_choose_mac(const struct scope *scope, const char *name, uint8_t first, struct mac *out)
{
	uint64_t hash = choose(scope, name, 0, first);

	out->bytes[0] = first;
	for (size_t i = 1; i < sizeof(out->bytes); i++, hash >>= 8)
		out->bytes[i] = (uint8_t)hash;
}

void net_choose_name(const struct scope *scope, const char *name, const char *prefix,
		     unsigned int attempt, char out[IFNAMSIZ])
{
	uint64_t hash = choose(scope, name, attempt, 0) & 0xffffffffffffu;

	/* It is cut where the name is full. */
	if (snprintf(out, IFNAMSIZ, "%s%012" PRIx64, prefix, hash) < 0)
		out[0] = '\0';
}
