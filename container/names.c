// SPDX-License-Identifier: Apache-2.0
#include "container/names.h"

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DEPTH_MAX    8 /* lists in lists in a key */
#define KEY_TEXT_MAX 512

int spec_parse_named(struct spec *spec, const char *text, size_t len, const char *path,
		     struct spec_names *names, struct err *err)
{
	struct spec_names made = { .path = strdup(path) };
	int ret = made.path ? 0 : err_oom(err);

	*spec = (struct spec){ 0 };
	if (ret == 0)
		ret = json_parse(text, len, path, &made.docs[0], err);
	if (ret == 0) {
		made.format = format_detect(json_root(made.docs[0]));
		ret = format_load_all(spec, json_root(made.docs[0]), path, &made.docs[1], err);
	}
	if (ret < 0)
		spec_names_release(&made);
	else
		*names = made;
	return ret;
}

int spec_load_named(struct spec *spec, const char *path, struct spec_names *names, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret = file_read(AT_FDCWD, path, JSON_TEXT_MAX, &text, &len, err);

	*spec = (struct spec){ 0 };
	return ret == 0 ? spec_parse_named(spec, text, len, path, names, err) : ret;
}

int spec_load(struct spec *spec, const char *path, struct err *err)
{
	struct spec_names names;
	int ret = spec_load_named(spec, path, &names, err);

	if (ret == 0)
		spec_names_release(&names);
	return ret;
}

void spec_names_release(struct spec_names *names)
{
	free(names->path);
	json_free(names->docs[0]);
	json_free(names->docs[1]);
	*names = (struct spec_names){ 0 };
}

/* --- A key in a text, and the row of a table that it comes from --- */

/* A key of the spec as a text has it: "mounts[3]" is "mounts" with the index 3. */
struct match {
	size_t len; /* of the text that it is */
	size_t indexes[DEPTH_MAX], count;
	bool element; /* the last one is that of an element of the key itself */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "[3]" at @text: how many bytes, or 0. */
static size_t match_index(const char *text, struct match *m)
{
	size_t digits = *text == '[' ? strspn(text + 1, "0123456789") : 0;

	if (!digits || digits > 9 || text[1 + digits] != ']' || m->count == DEPTH_MAX)
		return 0;
	m->indexes[m->count++] = strtoul(text + 1, NULL, 10);
	return digits + 2;
}

/* Does @text begin with the key @name (of @len), in which "[]" is any element? */
static bool match_key(const char *name, size_t len, const char *text, struct match *m)
{
	const char *at = text;
	size_t n;

	*m = (struct match){ 0 };
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '[' && (n = match_index(at, m))) {
			at += n;
			i++;
		} else if (name[i] != *at++) {
			return false;
		}
	}
	if (is_word(*at))
		return false;
	n = match_index(at, m);
	m->element = n > 0;
	m->len = (size_t)(at - text) + n;
	return m->len > 0;
}

/* --- A row, and the place in the file --- */

struct name {
	char text[KEY_TEXT_MAX];
	size_t len;
	bool cut;
};

static void name_add(struct name *n, const char *text, size_t len)
{
	if (n->len + len >= sizeof(n->text)) {
		n->cut = true;
		return;
	}
	memcpy(n->text + n->len, text, len);
	n->len += len;
	n->text[n->len] = '\0';
}

static void name_add_index(struct name *n, size_t index)
{
	char text[24];

	name_add(n, text, (size_t)snprintf(text, sizeof(text), "[%zu]", index));
}

/* The index for the next "[]" of @path: what the spec has fewer of, the file's first element stands for. */
static size_t next_index(const struct match *m, const char *path)
{
	size_t left = 0, inner = m->count - m->element;

	for (; (path = strstr(path, "[]")); path += 2)
		left++;
	return left <= inner ? m->indexes[inner - left] : 0;
}

/* The value of the next key of @path in @at, spelled as the file has it; NULL if it has none. */
static const struct json_value *step_down(const struct json_value *at, const char *path, size_t len,
					  struct name *n)
{
	_cleanup_free_ char *key = strndup(path, len), *spelled = NULL;
	const struct json_value *v = key ? json_value_get_caseless(at, key) : NULL;

	if (!v || json_value_kind(v) == JSON_IS_NULL || json_value_key(v, &spelled, NULL) < 0)
		return NULL;
	name_add(n, n->len ? "." : "", n->len ? 1 : 0);
	name_add(n, spelled, strlen(spelled));
	return v;
}

/*
 * The value of the key @path of a table ("mounts[].type") in @root, or NULL. Several lists of a file may have become one of
 * the spec's: *@before is how many elements of it come from those that were looked at, and grows.
 */
static const struct json_value *find_in_file(const struct json_value *root, const char *path,
					     const struct match *m, size_t *before, struct name *n)
{
	const struct json_value *at = root;
	size_t index;

	while (*path) {
		size_t len = strcspn(path, ".[");

		at = step_down(at, path, len, n);
		path += len;
		if (at && *path == '[' && json_value_kind(at) == JSON_IS_ARRAY) {
			index = next_index(m, path);
			at = json_value_at(at, index);
			name_add_index(n, index);
		}
		if (!at)
			return NULL;
		path += *path == '[' ? 2 : 0;
		path += *path == '.';
	}
	if (!m->element || json_value_kind(at) != JSON_IS_ARRAY)
		return at;
	index = m->indexes[m->count - 1] - *before;
	name_add_index(n, index);
	if (index < json_value_count(at))
		return at;
	*before += json_value_count(at);
	return NULL;
}

/* What the key would be called in a file that has it. An element that is none of the file's has no index there. */
static void name_of_row(const struct json_key *key, const struct match *m, struct name *n)
{
	for (const char *path = key->path; *path;) {
		size_t len = strcspn(path, "[");

		name_add(n, path, len);
		path += len;
		if (*path) {
			name_add_index(n, next_index(m, path));
			path += 2;
		}
	}
}

/* --- The best row for a key --- */

/* Who had the key is sure; whoever has the object around it would have put it there; the format has a place for it. */
enum rank { BY_FORMAT = 1, BY_OBJECT, BY_KEY };

struct search {
	const struct spec_names *names;
	const char *text;
	int which;         /* the schema whose rows are looked at */
	struct match best; /* the longest key; and of those: */
	enum rank rank;
	bool shared;   /* found in the second schema */
	size_t before; /* see find_in_file() */
	struct name name;
};

static enum rank rank_row(struct search *s, const struct json_key *key, const struct match *m,
			  struct name *name)
{
	const struct json_doc *doc = s->names->docs[s->which] ? s->names->docs[s->which]
							      : s->names->docs[0];
	_cleanup_free_ char *top = strndup(key->path, strcspn(key->path, ".["));
	const struct json_value *v = find_in_file(json_root(doc), key->path, m, &s->before, name);

	/* Which of the members of an object, in place of a list, is meant cannot be told. */
	if (v && m->element && json_value_kind(v) == JSON_IS_OBJECT &&
	    str_starts(key->type, "list"))
		return BY_OBJECT;
	if (v)
		return BY_KEY;
	*name = (struct name){ 0 };
	name_of_row(key, m, name);
	return top && strchr(key->path, '.') && json_value_get_caseless(json_root(doc), top)
		       ? BY_OBJECT
		       : BY_FORMAT;
}

static void try_name(struct search *s, const struct json_key *key, const struct match *m)
{
	struct name name = { 0 };
	enum rank rank;

	if (m->len < s->best.len || (m->len == s->best.len && s->rank == BY_KEY))
		return;
	if (m->len > s->best.len) {
		s->best = *m;
		s->rank = 0;
		s->before = 0;
	}
	rank = rank_row(s, key, m, &name);
	/* A key of the format's own is more likely meant than one that it has in common with later ones. */
	if (rank > s->rank || (rank == BY_FORMAT && rank == s->rank && s->shared && !s->which)) {
		s->rank = rank;
		s->shared = s->which;
		s->name = name;
	}
}

static bool is_given(const struct spec_names *names, const char *key, size_t len)
{
	return names->but && strlen(names->but) == len && !strncmp(names->but, key, len);
}

static void try_row(const struct json_key *key, int which, void *arg)
{
	struct search *s = arg;
	const char *word = key->as;

	if (which != s->which)
		return;
	while (*word) {
		size_t len = strcspn(word, " ");
		struct match m;

		if (len && !is_given(s->names, word, len) && match_key(word, len, s->text, &m))
			try_name(s, key, &m);
		word += len + (word[len] == ' ');
	}
}

/* What of a key nobody has another name for is left out: ".words[0]". */
static size_t rest_of_key(const char *text)
{
	size_t n = 0;

	while ((text[n] == '.' && is_word(text[n + 1])) || text[n] == '[')
		for (n++; is_word(text[n]) || text[n] == ']'; n++)
			;
	return n;
}

/* Look up the key that @text begins with. Shared keys come first, as a list that both have begins with theirs. */
static bool find_name(const struct spec_names *names, const char *text, struct search *s)
{
	*s = (struct search){ .names = names, .text = text };
	for (s->which = 1; s->which >= 0; s->which--)
		format_keys(names->format, try_row, s);
	if (!s->best.len || s->name.cut)
		return false;
	s->best.len += rest_of_key(text + s->best.len);
	return true;
}

/* --- A text --- */

struct text {
	char buf[ERR_TEXT_MAX];
	size_t len;
};

static void put(struct text *t, const char *from, size_t len)
{
	size_t room = sizeof(t->buf) - 1 - t->len;

	len = len < room ? len : room;
	memcpy(t->buf + t->len, from, len);
	t->len += len;
}

/* A word of the text behind a key: "networks[0] (eth0): bridge: ..." is about networks[0].bridge. */
static size_t put_member(const struct spec_names *names, const char *key, size_t key_len,
			 const struct search *of, const char *text, struct text *out)
{
	const char *at = text;
	struct search s;
	char joined[KEY_TEXT_MAX];
	size_t word;

	if (!strncmp(at, " (", 2) && (at = strstr(at, "): ")))
		at++;
	if (!at || strncmp(at, ": ", 2) != 0)
		return 0;
	at += 2;
	word = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (!word || at[word] != ':')
		return 0;
	if (snprintf(joined, sizeof(joined), "%.*s.%.*s", (int)key_len, key, (int)word, at) >=
		    (int)sizeof(joined) ||
	    !find_name(names, joined, &s) || s.best.len != strlen(joined) ||
	    strncmp(s.name.text, of->name.text, of->name.len) != 0 ||
	    s.name.text[of->name.len] != '.')
		return 0;
	put(out, text, (size_t)(at - text));
	put(out, s.name.text + of->name.len + 1, s.name.len - of->name.len - 1);
	return (size_t)(at - text) + word;
}

/* The words in quotes that begin at @text are the user's: how long they are, or 0. */
static size_t quoted(const char *text)
{
	const char *end = text;

	if (*text != '\'')
		return 0;
	do
		end = strchr(end + 1, '\'');
	while (end && is_word(end[1]));
	return end ? (size_t)(end + 1 - text) : 0;
}

/* In the middle of a sentence only what is no word of a language is a key. */
static bool is_no_word(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr("._[", text[i]))
			return true;
	return false;
}

static void translate(const struct spec_names *names, const char *text, struct text *out)
{
	const char *begin = text;

	while (*text) {
		bool free_before = text == begin || strchr(" (,", text[-1]);
		size_t n = free_before ? quoted(text) : 0;
		struct search s;

		if (!n && free_before && is_word(*text) && find_name(names, text, &s) &&
		    (text == begin || is_no_word(text, s.best.len))) {
			put(out, s.name.text, s.name.len);
			text += s.best.len;
			text += put_member(names, text - s.best.len, s.best.len, &s, text, out);
			continue;
		}
		n = n ? n : 1;
		put(out, text, n);
		text += n;
	}
}

void spec_names_apply(const struct spec_names *names, struct err *err)
{
	struct text out = { .len = 0 };
	size_t len = names->path ? strlen(names->path) : 0;
	const char *text;

	if (!names->format || !err)
		return;
	text = err->text;
	/* The path may look like a key itself. */
	if (!strncmp(text, names->path, len) && strchr(": ", text[len])) {
		len += strspn(text + len, ": ");
		put(&out, text, len);
		text += len;
	}
	translate(names, text, &out);
	memcpy(err->text, out.buf, out.len);
	err->text[out.len] = '\0';
}

/* --- Warnings --- */

/* What is logged in here goes to the log itself (lib/log.h), so what was before is put back for a moment. */
static void forward(void *arg, enum log_level level, const char *line)
{
	const struct spec_names_watch *watch = arg;
	struct err text;

	log_restore(&watch->before);
	switch (level) {
	case LOG_DEBUG:
		log_debug("%s", line);
		break;
	case LOG_WARNING:
		err_set(&text, -EINVAL, "%s", line);
		spec_names_apply(watch->names, &text);
		log_warn("%s", text.text);
		break;
	case LOG_ERROR:
		log_error("%s", line);
		break;
	}
}

void spec_names_watch(struct spec_names_watch *watch, const struct spec_names *names)
{
	watch->names = names;
	watch->before = log_divert(forward, watch);
}

void spec_names_unwatch(const struct spec_names_watch *watch)
{
	log_restore(&watch->before);
}
