// SPDX-License-Identifier: Apache-2.0
#include "lib/shared_users.h"

#include "lib/claim.h"
#include "lib/cleanup.h"
#include "lib/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No string of JSON has a newline as it is, so this stands where it is meant. */
#define BEGIN ",\"users\":[\n"
#define END   "]}\n"

void shared_users_release(struct shared_users *u)
{
	free(u->lines);
	*u = (struct shared_users){ 0 };
}

static size_t line_len(const char *line)
{
	return strcspn(line, "\n") + 1;
}

/* Without the quotes; allocated. NULL: no memory, or no string. */
static char *claim_of(const char *line)
{
	const size_t len = line_len(line) - strlen(",\n");
	_cleanup_free_ char *list = NULL;
	struct json_doc *doc;
	char *claim = NULL;

	if (!memchr(line, '\\', len))
		return strndup(line + 1, len - 2);
	if (asprintf(&list, "[%.*s]", (int)len, line) < 0)
		return NULL;
	if (json_parse(list, strlen(list), "", &doc, NULL) < 0)
		return NULL;
	json_value_string(json_value_at(json_root(doc), 0), &claim, NULL);
	json_free(doc);
	return claim;
}

static bool is_of(const char *line, const char *run_dir)
{
	_cleanup_free_ char *claim = NULL;

	if (strncmp(line + 1, run_dir, strlen(run_dir)) && !memchr(line, '\\', line_len(line)))
		return false;
	claim = claim_of(line);
	return claim && claim_is(claim, run_dir);
}

static bool is_dead(const char *line)
{
	_cleanup_free_ char *claim = claim_of(line);

	return claim && claim_look(claim) == CLAIM_DEAD;
}

static bool is_whole(const char *lines)
{
	for (size_t len; *lines; lines += len) {
		len = line_len(lines);
		if (len < strlen("\"\",\n") || *lines != '"' || memcmp(lines + len - 3, "\",\n", 3))
			return false;
	}
	return true;
}

bool shared_users_cut(struct shared_users *u, char *text, size_t *len)
{
	const size_t end = *len - strlen(END);
	char *begin = strstr(text, BEGIN), *lines;
	size_t n;

	if (!begin || *len < strlen(END) || strcmp(text + end, END))
		return false;
	lines = begin + strlen(BEGIN);
	n = (size_t)(text + end - lines);
	u->lines = malloc(n + 2);
	if (!u->lines)
		return false;
	memcpy(u->lines, lines, n);
	/* The last one has no comma. */
	if (n > 0)
		memcpy(u->lines + n++ - 1, ",\n", 2);
	u->lines[n] = '\0';
	u->len = n;
	if (!is_whole(u->lines)) {
		shared_users_release(u);
		return false;
	}
	strcpy(begin, "}");
	*len = (size_t)(begin + 1 - text);
	return true;
}

int shared_users_put(const struct shared_users *u, char **text, size_t *len, struct err *err)
{
	const int lines = u->len ? (int)u->len - 2 : 0;
	const int head = (int)(strrchr(*text, '}') - *text);
	char *all;
	int n = asprintf(&all, "%.*s" BEGIN "%.*s%s" END, head, *text, lines,
			 u->len ? u->lines : "", lines ? "\n" : "");

	if (n < 0)
		return err_oom(err);
	free(*text);
	*text = all;
	*len = (size_t)n;
	return 0;
}

/* As a string of JSON and ",\n". */
static int quote(const char *claim, char **line, size_t *len, struct err *err)
{
	FILE *out = open_memstream(line, len);
	struct json_writer *w;
	int ret;

	if (!out)
		return err_oom(err);
	w = json_writer_new(out, false);
	json_write_string(w, NULL, claim);
	ret = json_writer_end(w, err);
	if (ret == 0 && fputs(",\n", out) < 0)
		ret = err_oom(err);
	if (fclose(out) != 0 && ret == 0)
		ret = err_oom(err);
	return ret;
}

int shared_users_add(struct shared_users *u, const char *claim, struct err *err)
{
	_cleanup_free_ char *line = NULL;
	char *more;
	size_t len;
	int ret = quote(claim, &line, &len, err);

	if (ret < 0)
		return ret;
	more = realloc(u->lines, u->len + len + 1);
	if (!more)
		return err_oom(err);
	memcpy(more + u->len, line, len + 1);
	u->lines = more;
	u->len += len;
	return 0;
}

bool shared_users_has(const struct shared_users *u, const char *run_dir)
{
	for (const char *line = u->lines; line && *line; line += line_len(line))
		if (is_of(line, run_dir))
			return true;
	return false;
}

void shared_users_drop(struct shared_users *u, const char *but)
{
	char *kept = u->lines;
	bool alive = false;
	size_t len;

	for (char *line = u->lines; line && *line; line += len) {
		len = line_len(line);
		if ((but && is_of(line, but)) || (!alive && is_dead(line)))
			continue;
		alive = true;
		memmove(kept, line, len);
		kept += len;
	}
	if (!u->lines)
		return;
	*kept = '\0';
	u->len = (size_t)(kept - u->lines);
}

const char *shared_users_first(const struct shared_users *u, char *buf, size_t size)
{
	_cleanup_free_ char *claim = u->len ? claim_of(u->lines) : NULL;

	return claim_id(claim ? claim : "", buf, size);
}
