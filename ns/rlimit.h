/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits (getrlimit(2)) by the numbers that libcontainer configs use, or by name. */
#ifndef NS_RLIMIT_H
#define NS_RLIMIT_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct rlimit_spec {
	int type;            /* RLIMIT_* */
	uint64_t hard, soft; /* UINT64_MAX = unlimited */
};

/* {"type": 7 or "NOFILE" or "RLIMIT_NOFILE", "hard": N, "soft": N} */
extern const struct json_schema rlimit_schema;
/* The same, encoded with a type like "RLIMIT_NOFILE". */
extern const struct json_schema rlimit_oci_schema;

/* No kind twice, soft not above hard. */
int rlimits_check(const struct rlimit_spec *list, size_t count, struct err *err);
/*
 * Raise the hard limits of @pid to those of @list that are higher, and change nothing else: for a process that will not
 * have the right to, because it is in a user namespace (setrlimit(2), CAP_SYS_RESOURCE).
 */
int rlimits_raise(pid_t pid, const struct rlimit_spec *list, size_t count, struct err *err);
/* Limits of how many a process may have, of processes and of files, can keep it from being cloned once more. */
enum rlimits_which { RLIMITS_ALL, RLIMITS_FOR_CLONE, RLIMITS_BUT_FOR_CLONE };
/* Is there one of these in @list? */
bool rlimits_any(const struct rlimit_spec *list, size_t count, enum rlimits_which which);
/* Of the calling process. */
int rlimits_apply(const struct rlimit_spec *list, size_t count, enum rlimits_which which,
		  struct err *err);

#endif
