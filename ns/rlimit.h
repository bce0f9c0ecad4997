/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits (getrlimit(2)) by the numbers that libcontainer configs use, or by name. */
#ifndef NS_RLIMIT_H
#define NS_RLIMIT_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdint.h>

struct rlimit_spec {
	int type;            /* RLIMIT_* */
	uint64_t hard, soft; /* UINT64_MAX = unlimited */
};

/* {"type": 7 or "NOFILE" or "RLIMIT_NOFILE", "hard": N, "soft": N} */
extern const struct json_schema rlimit_schema;

/* No kind twice, soft not above hard. */
int rlimits_check(const struct rlimit_spec *list, size_t count, struct err *err);
/* Of the calling process. */
int rlimits_apply(const struct rlimit_spec *list, size_t count, struct err *err);

#endif
