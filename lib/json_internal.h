/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of lib/json*.c share; nobody else includes it.
 *
 *	json_grammar.c   is the text JSON?
 *	json_parse.c     from a text to values: tokens (jsmn), duplicate keys, the document
 *	json_value.c     reading values, and saying where one stands
 *	json_decode.c    schema: from values to objects
 *	json_release.c   schema: freeing objects
 *	json_encode.c    schema: from objects to text
 *	json_list.c      schema: its keys, for manuals
 *	json_draft7.c    schema: as editors want it
 *	json_writer.c    brackets, commas, escapes
 *	json_nearest.c   did you mean
 */
#ifndef LIB_JSON_INTERNAL_H
#define LIB_JSON_INTERNAL_H

#include "lib/json.h"

#include <stdarg.h>

/* A text and how errors call it. */
struct json_input {
	const char *text;
	size_t len;
	char source[256]; /* a longer name loses its beginning */
};

/*
 * A value or a key. All of a document stand in one array in the order of the text: an object is
 * followed by key, value, key, value, ...; an array by its elements. The parent of a key is its
 * object, that of a value in an object is its key. Distances instead of indexes lead from any value
 * to the first one, and so to the document, without a pointer in each.
 */
struct json_value {
	uint32_t start, end; /* in the text; of a string without its quotes */
	uint32_t span;       /* entries it takes, with all below it */
	uint32_t up;         /* entries back to its parent; 0: it is the first */
	uint8_t kind;        /* enum json_kind */
	bool escaped;        /* a string with a backslash in it */
};

struct json_doc {
	struct json_input in;
	char *owned;         /* the text, if it goes with the document */
	unsigned int warned; /* unknown keys warned of */
	struct json_value values[];
};

/* Check the whole text; *@values is how many values and keys it has. */
int json_check_grammar(const struct json_input *in, size_t *values, struct err *err);

/* err_set() with "source:line:col: " of the byte at @at in front. */
int json_err_at(const struct json_input *in, size_t at, struct err *err, int code, const char *fmt,
		...) __attribute__((format(printf, 5, 6)));

/* A document of a text that outlives it: nothing is copied. */
int json_parse_borrowed(const char *text, size_t len, const char *source, struct json_doc **doc,
			struct err *err);

struct json_doc *json_doc_of(const struct json_value *v);

/* For messages: the text of @v, cut to some 40 bytes, fit for a terminal. */
#define JSON_QUOTE_MAX 64
const char *json_quote(const struct json_value *v, char buf[JSON_QUOTE_MAX]);
/* "expected @expected, found a string "abc"" */
int json_err_kind(const struct json_value *v, struct err *err, const char *expected);

/* What an escape at *@p ("\n", "\u00e4", "\ud83d\ude00") stands for; moves *@p behind it. */
size_t json_unescape(const char **p, char out[4]);
/* The string @v, unescaped, into @buf; -ENAMETOOLONG, or -EINVAL if it holds a NUL. */
int json_unescape_into(const struct json_value *v, char *buf, size_t size);
/* Order of two keys by their unescaped bytes. */
int json_key_compare(const struct json_doc *doc, const struct json_value *a,
		     const struct json_value *b);
bool json_key_is(const struct json_doc *doc, const struct json_value *key, const char *name,
		 bool caseless);

int json_read_uint(const struct json_value *v, unsigned long long min, unsigned long long max,
		   unsigned long long *out, struct err *err);

/* The first key of an object, NULL if it is empty; the key behind @key. */
const struct json_value *json_key_first(const struct json_value *object);
const struct json_value *json_key_next(const struct json_value *key);

/* The integers that the member of @f, a JSON_INT or a JSON_UINT, may be. */
void json_int_range(const struct json_field *f, long long *lowest, long long *highest);
void json_uint_range(const struct json_field *f, unsigned long long *lowest,
		     unsigned long long *highest);

/* The field whose member the alias @f is another spelling of; @f itself, if there is none or @f is no alias. */
const struct json_field *json_aliased(const struct json_schema *schema, const struct json_field *f);
/* Are keys of the objects in @f those of elements of a list? */
bool json_is_list(const struct json_field *f);

/* The word nearest so far, starting from { NULL, 0 }. */
struct json_near {
	const char *name;
	size_t distance;
};

void json_near_offer(struct json_near *near, const char *word, const char *name);

/* The object chained to @object (struct json_schema.extend) and *@schema of it; NULL: none. */
void *json_extension(const struct json_schema *schema, const void *object,
		     const struct json_schema **extension);

struct json_writer {
	FILE *out;
	bool pretty;
	bool first; /* nothing stands in the open bracket yet */
	bool hides; /* secrets */
	unsigned int depth;
	char closing[JSON_DEPTH_MAX];
	struct err fault; /* the first one */
};

void json_writer_init(struct json_writer *w, FILE *out, bool pretty);
/* As json_writer_end(), but @w stays the caller's. */
int json_writer_finish(struct json_writer *w, struct err *err);
void json_writer_fault(struct json_writer *w, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

bool json_all_zero(const void *p, size_t size);

#endif
