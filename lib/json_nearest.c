// SPDX-License-Identifier: Apache-2.0
#include "lib/json_internal.h"

#include <string.h>

/* No key is as long; what is longer is no slip of the finger. */
#define WORD_MAX 48

static bool same_letter(char a, char b)
{
	char x = a >= 'A' && a <= 'Z' ? (char)(a + 0x20) : a;
	char y = b >= 'A' && b <= 'Z' ? (char)(b + 0x20) : b;

	return x == y;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost 1
 * each. Three rows of the table are enough, as a swap looks two rows back.
 */
static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

void json_near_offer(struct json_near *near, const char *word, const char *name)
{
	size_t nw = strlen(word), nn = strlen(name), distance;

	if (nw > WORD_MAX || nn > WORD_MAX)
		return;
	distance = edit_distance(word, nw, name, nn);
	/* A third of the letters may be wrong, at least one, and one must be right. */
	if (distance > 1 && distance * 3 > (nw > nn ? nw : nn))
		return;
	if (distance >= nn || (near->name && distance >= near->distance))
		return;
	*near = (struct json_near){ .name = name, .distance = distance };
}

const char *json_nearest(const char *word, const char *const *names)
{
	struct json_near near = { 0 };

	for (; *names; names++)
		json_near_offer(&near, word, *names);
	return near.name;
}
