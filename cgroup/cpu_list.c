// SPDX-License-Identifier: Apache-2.0
#include "cgroup/cpu_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 8192 /* CONFIG_NR_CPUS is at most that on x86 */

struct cpu_set {
	uint64_t bits[CPUS_MAX / 64];
};

static bool parse_number(const char **text, unsigned long *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*out = strtoul(*text, &end, 10);
	*text = end;
	return *out < CPUS_MAX;
}

static bool parse_list(const char *text, struct cpu_set *set)
{
	*set = (struct cpu_set){ 0 };
	while (*text) {
		unsigned long first, last;

		if (!parse_number(&text, &first))
			return false;
		last = first;
		if (*text == '-' && (text++, !parse_number(&text, &last)))
			return false;
		for (unsigned long i = first; i <= last; i++)
			set->bits[i / 64] |= 1ULL << (i % 64);
		if (*text && *text != ',')
			return false;
		text += *text == ',';
	}
	return true;
}

bool cpu_list_equal(const char *a, const char *b)
{
	struct cpu_set left, right;

	return parse_list(a, &left) && parse_list(b, &right) &&
	       !memcmp(&left, &right, sizeof(left));
}
