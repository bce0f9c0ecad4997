// SPDX-License-Identifier: Apache-2.0
#include "container/key_text.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN_MAX 256

/* --- Entries --- */

static bool line_of(const char **text, const char *end, const char *name, struct key_words *out)
{
	size_t n = strlen(name);

	if ((size_t)(end - *text) < n || strncmp(*text, name, n) != 0)
		return false;
	out->at = *text + n;
	out->len = strcspn(out->at, "\n");
	*text = out->at + out->len + 1;
	return true;
}

void key_text_read(const char **at, struct key_text *out)
{
	const char *p = *at, *end = strstr(p, "\n\n"), *next = strstr(p, "\n: ");

	if (next && (!end || next < end))
		end = next;
	*out = (struct key_text){ .path.at = p + 2 };
	out->path.len = strcspn(out->path.at, "\n");
	end = end ? end + 1 : p + strlen(p);
	p = out->path.at + out->path.len + (out->path.at[out->path.len] != '\0');
	while (line_of(&p, end, "unit: ", &out->unit) ||
	       line_of(&p, end, "default: ", &out->fallback) ||
	       line_of(&p, end, "kernel: ", &out->kernel) ||
	       line_of(&p, end, "example: ", &out->example))
		;
	out->text.at = p;
	out->text.len = p < end ? (size_t)(end - p) : 0;
	*at = end;
}

const char *key_text_next(const char *at)
{
	const char *next = str_starts(at, ": ") ? at : strstr(at, "\n: ");

	if (!next)
		return at + strlen(at);
	return next + (*next == '\n');
}

bool key_text_find(const char *path, struct key_text *out)
{
	const size_t len = strlen(path);

	for (const char *at = key_text_next(key_text_all); *at; at = key_text_next(at)) {
		key_text_read(&at, out);
		if (out->path.len == len && !strncmp(out->path.at, path, len))
			return true;
	}
	*out = (struct key_text){ 0 };
	return false;
}

/* --- Words --- */

char *key_words_dup(const struct key_words *words)
{
	return words->at ? strndup(words->at, words->len) : NULL;
}

/* "As `rate`.": of which key, or NULL. */
static const char *reference(const struct key_words *text, size_t *len)
{
	const char *name = text->at + strlen("As `"), *end;

	if (!text->at || !str_starts(text->at, "As `"))
		return NULL;
	end = strchr(name, '`');
	if (!end || (size_t)(end - text->at) + strlen("`.\n") < text->len)
		return NULL;
	*len = (size_t)(end - name);
	return name;
}

/* A name is that of a key, or of one beside what @t is in: "egress.rate" of "networks[].shaping.ingress.rate". */
static bool find_referred(const struct key_text *t, const char *name, size_t len,
			  struct key_text *out)
{
	char path[PATH_LEN_MAX];
	size_t before = t->path.len;

	for (;;) {
		while (before && t->path.at[before - 1] != '.')
			before--;
		snprintf(path, sizeof(path), "%.*s%.*s", (int)before, t->path.at, (int)len, name);
		if (key_text_find(path, out) && out->path.at != t->path.at)
			return true;
		if (!before)
			return false;
		before--;
	}
}

static char *in_one_line(const struct key_words *text)
{
	char *line = key_words_dup(text);
	size_t len = line ? strlen(line) : 0;

	while (len && line[len - 1] == '\n')
		line[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	return line;
}

char *key_text_line(struct key_text *t)
{
	struct key_text other;
	size_t len = 0;
	const char *name = reference(&t->text, &len);

	if (name && find_referred(t, name, len, &other))
		*t = other;
	return t->text.len ? in_one_line(&t->text) : NULL;
}

char *key_text_type(const char *type, const char *range, bool listed, bool required,
		    const struct key_text *t)
{
	const char *what = *type ? type : "value";

	return str_format("%c%s%s%s%s%.*s%s%s%.*s.", toupper((unsigned char)*what), what + 1,
			  *range ? listed ? ", one of " : ", " : "", range,
			  t->unit.at ? ", in " : "", (int)t->unit.len, t->unit.at ? t->unit.at : "",
			  required ? "; required" : "", t->fallback.at ? "; default: " : "",
			  (int)t->fallback.len, t->fallback.at ? t->fallback.at : "");
}
