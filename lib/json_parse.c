// SPDX-License-Identifier: Apache-2.0
/*
 * From a text to a document. The grammar is checked before jsmn sees the text, because jsmn's
 * strict mode lets a lot pass ({"a"}, [1,,3], {"a":1,}, {"a":tru}); the check also counts, so the
 * array that jsmn fills is allocated once.
 */
#include "lib/json_internal.h"

#include "lib/cleanup.h"
#include "lib/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/* Up to here each key is compared with each; above, keys are sorted. */
#define FEW_KEYS 12

/* The tokens are turned into values where they are. */
_Static_assert(sizeof(struct json_value) <= sizeof(jsmntok_t), "a value fits in its token");
_Static_assert(_Alignof(struct json_value) == _Alignof(jsmntok_t),
	       "a value can stand where a token does");

static enum json_kind kind_of(const jsmntok_t *t, const char *text)
{
	switch (t->type) {
	case JSMN_OBJECT:
		return JSON_IS_OBJECT;
	case JSMN_ARRAY:
		return JSON_IS_ARRAY;
	case JSMN_STRING:
		return JSON_IS_STRING;
	case JSMN_UNDEFINED:
	case JSMN_PRIMITIVE:
		break;
	}
	switch (text[t->start]) {
	case 'n':
		return JSON_IS_NULL;
	case 't':
	case 'f':
		return JSON_IS_BOOL;
	default:
		return JSON_IS_NUMBER;
	}
}

/* From here on jsmntok_t.size is the span. */
static void count_spans(jsmntok_t *tokens, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tokens[i].size = 1;
	for (size_t i = n - 1; i > 0; i--)
		tokens[tokens[i].parent].size += tokens[i].size;
}

static void tokens_to_values(jsmntok_t *tokens, struct json_value *values, size_t n,
			     const char *text)
{
	count_spans(tokens, n);
	for (size_t i = 0; i < n; i++) {
		const jsmntok_t t = tokens[i];
		enum json_kind kind = kind_of(&t, text);

		values[i] = (struct json_value){
			.start = (uint32_t)t.start,
			.end = (uint32_t)t.end,
			.span = (uint32_t)t.size,
			.up = i ? (uint32_t)i - (uint32_t)t.parent : 0,
			.kind = kind,
			.escaped = kind == JSON_IS_STRING &&
				   memchr(text + t.start, '\\', (size_t)(t.end - t.start)),
		};
	}
}

/*
 * jsmn cannot read a number or a word that ends with the text (strict mode waits for what follows),
 * so a document that is a single value is found without it.
 */
static void find_single(const struct json_input *in, jsmntok_t *token)
{
	const char *space = " \t\r\n";
	size_t start = 0, end = in->len;

	while (strchr(space, in->text[start]))
		start++;
	while (strchr(space, in->text[end - 1]))
		end--;
	*token = (jsmntok_t){
		.type = JSMN_PRIMITIVE, .start = (int)start, .end = (int)end, .parent = -1
	};
	if (in->text[start] == '"')
		*token = (jsmntok_t){ .type = JSMN_STRING,
				      .start = (int)start + 1,
				      .end = (int)end - 1,
				      .parent = -1 };
	else if (in->text[start] == '{' || in->text[start] == '[')
		token->type = in->text[start] == '{' ? JSMN_OBJECT : JSMN_ARRAY;
}

static int find_tokens(struct json_doc *doc, size_t n, struct err *err)
{
	/* Malloced memory is of the type it was last written as: tokens now, values in the end. */
	jsmntok_t *tokens = (void *)doc->values;
	jsmn_parser parser;

	if (n == 1) {
		find_single(&doc->in, tokens);
	} else {
		jsmn_init(&parser);
		if (jsmn_parse(&parser, doc->in.text, doc->in.len, tokens, (unsigned int)n) !=
		    (int)n)
			return err_set(err, -EINVAL, "%s: jsmn does not understand this JSON",
				       doc->in.source);
	}
	tokens_to_values(tokens, doc->values, n, doc->in.text);
	return 0;
}

static int fault_duplicate(const struct json_value *key, struct err *err)
{
	return json_value_err(key, err, -EINVAL, "duplicate key");
}

static int check_few_keys(const struct json_doc *doc, const struct json_value *object,
			  struct err *err)
{
	for (const struct json_value *b = json_key_first(object); b; b = json_key_next(b))
		for (const struct json_value *a = json_key_first(object); a != b;
		     a = json_key_next(a))
			if (json_key_compare(doc, a, b) == 0)
				return fault_duplicate(b, err);
	return 0;
}

static int compare_keys(const void *a, const void *b, void *doc)
{
	const struct json_value *x = *(const struct json_value *const *)a;
	const struct json_value *y = *(const struct json_value *const *)b;
	int order = json_key_compare(doc, x, y);

	/* Equal keys in the order of the text, to name the later one. */
	return order ? order : (x > y) - (x < y);
}

static int check_many_keys(struct json_doc *doc, const struct json_value *object, size_t n,
			   struct err *err)
{
	_cleanup_free_ const struct json_value **keys = calloc(n, sizeof(*keys));
	const struct json_value *first = NULL;
	size_t i = 0;

	if (!keys)
		return err_oom(err);
	for (const struct json_value *k = json_key_first(object); k; k = json_key_next(k))
		keys[i++] = k;
	qsort_r(keys, n, sizeof(*keys), compare_keys, doc);
	for (i = 1; i < n; i++)
		if (json_key_compare(doc, keys[i - 1], keys[i]) == 0 && (!first || keys[i] < first))
			first = keys[i];
	return first ? fault_duplicate(first, err) : 0;
}

static int check_duplicates(struct json_doc *doc, size_t values, struct err *err)
{
	for (size_t i = 0; i < values; i++) {
		const struct json_value *v = &doc->values[i];
		size_t n;
		int ret;

		if (v->kind != JSON_IS_OBJECT || v->span <= 3)
			continue;
		n = json_value_count(v);
		ret = n <= FEW_KEYS ? check_few_keys(doc, v, err) : check_many_keys(doc, v, n, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void name_source(struct json_input *in, const char *source)
{
	size_t len, room = sizeof(in->source) - 1;

	if (!source)
		source = "JSON";
	len = strlen(source);
	if (len <= room)
		memcpy(in->source, source, len + 1);
	else
		snprintf(in->source, sizeof(in->source), "...%s", source + len - (room - 3));
}

int json_parse_borrowed(const char *text, size_t len, const char *source, struct json_doc **out,
			struct err *err)
{
	struct json_input in = { .text = text, .len = len };
	struct json_doc *doc;
	size_t values;
	int ret;

	name_source(&in, source);
	if (len > JSON_TEXT_MAX)
		return err_set(err, -EFBIG, "%s: is larger than %u MiB", in.source,
			       JSON_TEXT_MAX >> 20);
	ret = json_check_grammar(&in, &values, err);
	if (ret < 0)
		return ret;
	doc = malloc(sizeof(*doc) + values * sizeof(jsmntok_t));
	if (!doc)
		return err_oom(err);
	*doc = (struct json_doc){ .in = in };
	ret = find_tokens(doc, values, err);
	if (ret == 0)
		ret = check_duplicates(doc, values, err);
	if (ret < 0) {
		json_free(doc);
		return ret;
	}
	*out = doc;
	return 0;
}

/* As json_parse_borrowed(), of an allocated text, which becomes the document's, also on failure. */
static int parse_owned(char *text, size_t len, const char *source, struct json_doc **doc,
		       struct err *err)
{
	_cleanup_free_ char *owned = text;
	int ret = json_parse_borrowed(text, len, source, doc, err);

	if (ret == 0)
		(*doc)->owned = take_ptr(owned);
	return ret;
}

int json_parse(const char *text, size_t len, const char *source, struct json_doc **doc,
	       struct err *err)
{
	/* A text over the limit is refused by its length, so it need not be copied. */
	size_t copied = len <= JSON_TEXT_MAX ? len : 0;
	char *copy = malloc(copied + 1);

	if (!copy)
		return err_oom(err);
	if (copied > 0)
		memcpy(copy, text, copied);
	return parse_owned(copy, len, source, doc, err);
}

int json_parse_file(int dirfd, const char *path, struct json_doc **doc, struct err *err)
{
	char *text;
	size_t len;
	int ret = file_read(dirfd, path, JSON_TEXT_MAX, &text, &len, err);

	if (ret == -EFBIG)
		return err_set(err, ret, "%s: is larger than %u MiB", path, JSON_TEXT_MAX >> 20);
	return ret < 0 ? ret : parse_owned(text, len, path, doc, err);
}

void json_free(struct json_doc *doc)
{
	if (!doc)
		return;
	free(doc->owned);
	free(doc);
}

const struct json_value *json_root(const struct json_doc *doc)
{
	return doc->values;
}

const char *json_text(const struct json_doc *doc, size_t *len)
{
	*len = doc->in.len;
	return doc->in.text;
}
