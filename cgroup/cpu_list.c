// SPDX-License-Identifier: Apache-2.0
#include "cgroup/cpu_list.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CPUS_MAX 8192 /* CONFIG_NR_CPUS is at most that on x86 */

struct cpu_set {
	uint64_t bits[CPUS_MAX / 64];
	unsigned long end; /* the last one that there is, for "N" and "all" */
	bool open;         /* they were said */
};

/* "3-10:2/4": the first two of each four. */
struct region {
	unsigned long first, last, used, group;
};

static bool is_between(char c)
{
	return c == ',' || isspace((unsigned char)c);
}

/* @text behind the number; NULL if there is none. */
static const char *parse_number(const char *text, unsigned long *out, struct cpu_set *set)
{
	char *end;

	if (*text == 'N') {
		set->open = true;
		*out = set->end;
		return text + 1;
	}
	if (*text < '0' || *text > '9')
		return NULL;
	*out = strtoul(text, &end, 10);
	return *out < CPUS_MAX ? end : NULL;
}

/* As the kernel has it (bitmap_parse_region() in lib/bitmap-str.c); @text behind it, or NULL. */
static const char *parse_region(const char *text, struct region *r, struct cpu_set *set)
{
	if (!strncasecmp(text, "all", 3)) {
		*r = (struct region){ .last = set->end };
		set->open = true;
		text += 3;
	} else {
		text = parse_number(text, &r->first, set);
		r->last = r->first;
		if (text && *text == '-')
			text = parse_number(text + 1, &r->last, set);
		else if (text && *text && !is_between(*text))
			return NULL;
	}
	r->used = r->group = CPUS_MAX;
	if (text && *text == ':') {
		text = parse_number(text + 1, &r->used, set);
		text = text && *text == '/' ? parse_number(text + 1, &r->group, set) : NULL;
	}
	if (!text || (*text && !is_between(*text)))
		return NULL;
	return r->first <= r->last && r->group && r->used <= r->group ? text : NULL;
}

static bool parse_list(const char *text, unsigned long end, struct cpu_set *set)
{
	*set = (struct cpu_set){ .end = end };
	for (;;) {
		struct region r = { 0 };

		while (is_between(*text))
			text++;
		if (!*text)
			return true;
		text = parse_region(text, &r, set);
		if (!text)
			return false;
		for (unsigned long i = r.first; i <= r.last; i++)
			if ((i - r.first) % r.group < r.used)
				set->bits[i / 64] |= 1ULL << (i % 64);
	}
}

static unsigned long last_of(const struct cpu_set *set)
{
	for (unsigned long i = CPUS_MAX; i-- > 0;)
		if (set->bits[i / 64] >> (i % 64) & 1)
			return i;
	return 0;
}

bool cpu_list_equal(const char *a, const char *b)
{
	struct cpu_set left, right;

	if (!parse_list(a, CPUS_MAX - 1, &left) || !parse_list(b, CPUS_MAX - 1, &right))
		return false;
	if (left.open && !parse_list(a, last_of(&right), &left))
		return false;
	if (right.open && !parse_list(b, last_of(&left), &right))
		return false;
	return !memcmp(left.bits, right.bits, sizeof(left.bits));
}
