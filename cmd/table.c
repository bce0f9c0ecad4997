// SPDX-License-Identifier: Apache-2.0
#include "cmd/table.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void table_add(struct table *t, const char *text)
{
	char *copy = strdup(str_empty(text) ? "-" : text);
	char **more = copy ? reallocarray(t->cells, t->count + 1, sizeof(*more)) : NULL;

	if (!more) {
		free(copy);
		t->full = true;
		return;
	}
	str_make_printable(copy);
	t->cells = more;
	more[t->count++] = copy;
}

void table_addf(struct table *t, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	table_add(t, text);
}

static size_t width(const struct table *t, size_t column)
{
	size_t most = 0;

	for (size_t i = column; i < t->count; i += t->columns)
		if (strlen(t->cells[i]) > most)
			most = strlen(t->cells[i]);
	return most;
}

void table_print(const struct table *t)
{
	size_t *widths = calloc(t->columns, sizeof(*widths));

	if (!widths || t->full)
		fputs("(out of memory)\n", stdout);
	for (size_t i = 0; widths && i < t->columns; i++)
		widths[i] = width(t, i);
	for (size_t i = 0; widths && i < t->count; i++) {
		bool last = i % t->columns == t->columns - 1;

		printf("%-*s%s", last ? 0 : (int)widths[i % t->columns] + GAP, t->cells[i],
		       last ? "\n" : "");
	}
	free(widths);
}

void table_release(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
}
