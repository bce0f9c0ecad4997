/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON through tables: one table per object type decodes, encodes and releases it.
 *
 *	struct bridge { char *name; uint32_t mtu; bool vlan; };
 *
 *	static const struct json_field bridge_fields[] = {
 *		JSON_STRING(struct bridge, "name", name, .flags = JSON_REQUIRED),
 *		JSON_UINT(struct bridge, "mtu", mtu, .min = 68, .max = 65535),
 *		JSON_BOOL(struct bridge, "vlan_filtering", vlan),
 *		JSON_END
 *	};
 *	const struct json_schema bridge_schema = JSON_SCHEMA(struct bridge, bridge_fields);
 *
 * The text is checked in full before anything is decoded: RFC 8259 grammar, escapes, UTF-8
 * (RFC 3629), duplicate keys, depth, size, and nothing but white space behind the value. Errors
 * name file, line, column and the path of the value: `c.json:12:9: networks[0].mtu: 70000 is out
 * of range (0 to 65535)`. Lines and columns count from 1, columns in characters (not bytes; a tab
 * is one).
 *
 * A missing key or a `null` leaves the field zero (unless JSON_REQUIRED). Fields are decoded in the
 * order of the table, then come `extend`, unknown keys and `check`. On failure everything that was
 * allocated is released and the object is all zero again.
 *
 * Encoding leaves zero values out, and what it prints decodes to the same object again.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_TEXT_MAX  (16u << 20) /* bytes of one document */
#define JSON_DEPTH_MAX 64          /* nested objects and arrays */

enum json_type {
	JSON_TYPE_END,
	JSON_TYPE_BOOL,
	JSON_TYPE_INT,    /* any size of signed integer; no fraction or exponent: not 1e3 */
	JSON_TYPE_UINT,   /* any size of unsigned integer */
	JSON_TYPE_STRING, /* char *, allocated; NULL when missing. An escaped NUL is refused */
	JSON_TYPE_CHARS,  /* char[N] inside the object; too long is an error */
	JSON_TYPE_TEXT,   /* a string with a parser and a printer of its own */
	JSON_TYPE_ENUM,   /* a string out of a table, stored as an int; the first name is printed */
	JSON_TYPE_OBJECT, /* an object inside the object */
	JSON_TYPE_ARRAY,  /* T *items + size_t count, allocated; elements are objects */
	JSON_TYPE_STRINGS, /* char **, NULL-terminated, allocated; NULL when missing, not for [] */
	JSON_TYPE_MAP,     /* object of strings: struct json_pair *items + size_t count */
	JSON_TYPE_CUSTOM,  /* decoded by a function from the value, whatever its type but null */
};

enum {
	JSON_REQUIRED = 1 << 0, /* missing or null is an error; encoded also when zero */
	/*
	 * Decode only: another spelling of the field of the same member listed before, perhaps of
	 * another type. Both spellings in one object are a duplicate key. Without such a field, just
	 * a key that is not written.
	 */
	JSON_ALIAS = 1 << 1,
	JSON_KEEP = 1 << 2, /* encode also when zero (else zero values are left out) */
	/*
	 * OBJECT: other keys have members of the same C object, so that this one says nothing of it as a
	 * whole. Left out when nothing in it would be encoded.
	 */
	JSON_SHARED = 1 << 3,
	JSON_SECRET = 1 << 4, /* see json_writer_hide() */
};

/* What a schema does with a key it does not know. */
enum json_unknown {
	JSON_UNKNOWN_IGNORE,
	JSON_UNKNOWN_WARN,   /* log_warn(), with the nearest known key */
	JSON_UNKNOWN_REFUSE, /* error, with the nearest known key */
};

struct json_schema;
struct json_value; /* a value of the text being decoded; see json_value_*() */
struct json_writer;

enum json_kind {
	JSON_IS_NULL,
	JSON_IS_BOOL,
	JSON_IS_NUMBER,
	JSON_IS_STRING,
	JSON_IS_ARRAY,
	JSON_IS_OBJECT
};

/* One name of an enum table, ended by { NULL, 0 }. */
struct json_name {
	const char *name;
	int value;
};

/* One entry of a JSON_MAP. */
struct json_pair {
	char *key;
	char *value;
};

/*
 * A scalar that is a string in JSON and a typed value in C (an address, a MAC, ...).
 * parse: @out has json_field.size bytes and is zero; "" is never passed, it leaves the value zero.
 * The error text is put behind the location, so it says only what is wrong with the text.
 * format: prints the value into 1024 bytes; it is not called for an all-zero value unless
 * JSON_KEEP is set.
 */
struct json_text {
	int (*parse)(const char *text, void *out, struct err *err);
	void (*format)(const void *in, char *buf, size_t size);
	/*
	 * For json_write_draft7(): print a regular expression of ECMA 262 that each text it reads matches as a whole, and few
	 * others do. NULL: any text may be one.
	 */
	void (*pattern)(FILE *out);
};

/* One of the forms of a value, for json_write_draft7(). Of those members that follow the kind, one says more of it at most. */
struct json_form {
	enum json_kind kind;          /* JSON_IS_NULL ends a list of them; a number is an integer */
	const struct json_text *text; /* STRING: what this reads */
	const struct json_name *names; /* STRING: one of them */
	const char *pattern;           /* STRING: what matches it, as in struct json_text */
	long long min;                 /* NUMBER: the range; both 0: any */
	unsigned long long max;
	const struct json_schema *schema; /* OBJECT */
	const struct json_form *of;       /* ARRAY, OBJECT: what is in it, by whatever keys */
};
extern const struct json_form json_bool_forms[]; /* true or false, and nothing else */
#define JSON_FORM_TEXT(t)                   \
	{                                   \
		JSON_IS_STRING, .text = (t) \
	}
#define JSON_FORM_NUMBER(low, top)                         \
	{                                                  \
		JSON_IS_NUMBER, .min = (low), .max = (top) \
	}
#define JSON_FORM_OBJECT(s)                   \
	{                                     \
		JSON_IS_OBJECT, .schema = (s) \
	}
#define JSON_FORM_LIST(f)                \
	{                                \
		JSON_IS_ARRAY, .of = (f) \
	}
#define JSON_FORM_END                \
	{                            \
		.kind = JSON_IS_NULL \
	}

/*
 * A member with functions of its own. decode: errors are best set by json_value_err() and its kin;
 * to others the location of @value is added. On failure release is called on what was made of @out,
 * if that is not all zero.
 */
struct json_custom {
	int (*decode)(const struct json_value *value, void *out, struct err *err);
	void (*encode)(const void *in, const char *key, struct json_writer *out);
	void (*release)(void *in);        /* NULL when nothing is allocated */
	bool (*present)(const void *in);  /* encode it? NULL: when not all zero */
	const char *what;                 /* for json_list(): "a list of words"; NULL: unknown */
	const struct json_schema *schema; /* likewise, of the objects that it decodes; may be NULL */
	const struct json_form *forms; /* for json_write_draft7(): it is one of them; NULL: unknown */
};

/* The tables have hundreds of them, in pages that each start of the program makes its own (relocation): small is quick. */
struct json_field {
	const char *key;
	enum json_type type;
	unsigned int flags;
	uint32_t offset, size;  /* of the member; for ARRAY, MAP: of the pointer */
	uint32_t count;         /* ARRAY, MAP: offset of the size_t count */
	long long min;          /* INT, UINT: the range; both 0 = what the C type holds, */
	unsigned long long max; /* 0 above a positive min = the most it holds */
	union {
		const struct json_name *names;    /* ENUM */
		const struct json_text *text;     /* TEXT */
		const struct json_schema *schema; /* OBJECT, ARRAY */
		const struct json_custom *custom; /* CUSTOM */
	};
	const char *help; /* one line for manuals and the JSON schema */
	/*
	 * For json_list(): the path by which errors call the value, where that is not its place in the text. It goes on from
	 * that of the object around it, ends in "[]" if what is below it is in elements of a list there, and is "" for an
	 * object that adds nothing. Several, with spaces between them, where it became several values. NULL: its key;
	 * of an alias: as the field that it is an alias of.
	 */
	const char *as;
};

struct json_schema {
	size_t size;                     /* of the C object */
	const struct json_field *fields; /* ended by JSON_END */
	enum json_unknown unknown;
	bool caseless; /* keys match exactly first, else without regard to ASCII case */
	/*
	 * Chained keys: once all of `fields` are decoded, extend() is asked for the schema of a
	 * further object, which is allocated, kept in the `void *` at extend_offset, and decoded
	 * from the same JSON object. NULL: there is none. Its `unknown` and `caseless` are unused.
	 * json_encode() and json_release() ask again, so the answer must depend on `fields` alone.
	 */
	const struct json_schema *(*extend)(const void *object);
	size_t extend_offset;
	/* For json_list(): the @i-th schema that extend() may return, NULL behind the last. */
	const struct json_schema *(*extension)(size_t i);
	/*
	 * For json_write_draft7(), where the text of the first field says which: the @i-th of those texts, and what extend()
	 * returns then. NULL behind the last.
	 */
	const char *(*variant)(size_t i, const struct json_schema **extension);
	/* Called on the decoded object, to check what one field alone cannot tell; may be NULL. */
	int (*check)(void *object, struct err *err);
	/* Is there one to write, as a member of another object? NULL: if not all of its bytes are zero. */
	bool (*present)(const void *object);
};

/* It takes the initialisers that these make for blocks. */
/* clang-format off */
/* An object in JSON whose keys are members of @T itself. */
#define JSON_SAME(T, k, s, ...) \
	{ .key = (k), .type = JSON_TYPE_OBJECT, .offset = 0, .size = sizeof(T), .schema = (s), \
	  .flags = JSON_SHARED, ##__VA_ARGS__ }
#define JSON_MEMBER_(T, k, m, t, ...) \
	{ .key = (k), .type = (t), .offset = offsetof(T, m), .size = sizeof(((T *)0)->m), \
	  ##__VA_ARGS__ }

/* Compile-time check that member @m of @T has C type @C; yields 0. */
#define JSON_IS_(T, m, C) \
	(0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((T *)0)->m), C) ? 1 : -1]))
#define JSON_SIGNED_(T, m)   (0 * sizeof(char[(__typeof__(((T *)0)->m))-1 < 0 ? 1 : -1]))
#define JSON_UNSIGNED_(T, m) (0 * sizeof(char[(__typeof__(((T *)0)->m))-1 > 0 ? 1 : -1]))

#define JSON_BOOL(T, k, m, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_BOOL, .count = JSON_IS_(T, m, bool), ##__VA_ARGS__)
#define JSON_INT(T, k, m, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_INT, .count = JSON_SIGNED_(T, m), ##__VA_ARGS__)
#define JSON_UINT(T, k, m, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_UINT, .count = JSON_UNSIGNED_(T, m), ##__VA_ARGS__)
#define JSON_STRING(T, k, m, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_STRING, .count = JSON_IS_(T, m, char *), ##__VA_ARGS__)
#define JSON_CHARS(T, k, m, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_CHARS, \
		     .count = JSON_IS_(T, m, char[sizeof(((T *)0)->m)]), ##__VA_ARGS__)
#define JSON_TEXT(T, k, m, how, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_TEXT, .text = (how), ##__VA_ARGS__)
#define JSON_ENUM(T, k, m, table, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_ENUM, .names = (table), \
		     .count = 0 * sizeof(char[sizeof(((T *)0)->m) == sizeof(int) ? 1 : -1]), \
		     ##__VA_ARGS__)
#define JSON_OBJECT(T, k, m, s, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_OBJECT, .schema = (s), ##__VA_ARGS__)
#define JSON_ARRAY(T, k, m, n, s, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_ARRAY, .schema = (s), \
		     .count = offsetof(T, n) + JSON_IS_(T, n, size_t), ##__VA_ARGS__)
#define JSON_STRINGS(T, k, m, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_STRINGS, .count = JSON_IS_(T, m, char **), ##__VA_ARGS__)
#define JSON_MAP(T, k, m, n, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_MAP, \
		     .count = offsetof(T, n) + JSON_IS_(T, n, size_t) + \
			      JSON_IS_(T, m, struct json_pair *), ##__VA_ARGS__)
#define JSON_CUSTOM(T, k, m, how, ...) \
	JSON_MEMBER_(T, k, m, JSON_TYPE_CUSTOM, .custom = (how), ##__VA_ARGS__)
#define JSON_END { .key = NULL, .type = JSON_TYPE_END }

#define JSON_SCHEMA(T, f, ...) { .size = sizeof(T), .fields = (f), ##__VA_ARGS__ }
/* clang-format on */

/*
 * Decode @text (@len bytes, no NUL needed) into @object, which is zeroed first. @source names the
 * text in errors (a file name, "journal"). -EINVAL: malformed or not what the schema says; -EFBIG:
 * over JSON_TEXT_MAX; -ENOMEM; or what check(), a text parser or a custom decoder returned.
 */
int json_decode(const struct json_schema *schema, void *object, const char *text, size_t len,
		const char *source, struct err *err);

/*
 * As json_decode(), of a file (at most JSON_TEXT_MAX bytes; a directory or device is refused). Also
 * fails as file_read() does.
 */
int json_decode_file(const struct json_schema *schema, void *object, int dirfd, const char *path,
		     struct err *err);

/*
 * Print @object, indented with tabs, ending without a newline; flushes @out. -EIO if @out failed,
 * -EILSEQ for a string that is not UTF-8, -EINVAL for what no text can say (an enum value without a
 * name).
 */
int json_encode(const struct json_schema *schema, const void *object, FILE *out, struct err *err);

/* As json_encode(), on one line and without spaces. */
int json_encode_compact(const struct json_schema *schema, const void *object, FILE *out,
			struct err *err);

/* Free what decoding allocated and zero the object. A NULL or half-built object is fine. */
void json_release(const struct json_schema *schema, void *object);

/* A key of a schema or of what is in it. */
struct json_key {
	const char *path;  /* "networks[].name"; gone when the visit returns */
	const char *type;  /* "string", "list of objects", ... */
	bool alias;        /* another spelling of the one before */
	const char *help;  /* one line, or NULL */
	const char *range; /* "68 to 65535", "one of NEWNS, NEWUTS", or "" */
	const char *as; /* what errors behind the decoder call it: struct json_field.as, all of it */
	const struct json_field *field;   /* its row ... */
	const struct json_schema *schema; /* ... and whose that is */
};

/* Visit every key that @schema knows, in the order of its tables, an object before its keys. */
void json_list(const struct json_schema *schema,
	       void (*visit)(const struct json_key *key, void *arg), void *arg);

/* --- For JSON_CUSTOM and for choosing a schema by looking at the text first --- */

/* A checked document. Values point into it and live as long as it does. */
struct json_doc;

/* Check @text in full; on success *@doc must be given to json_free(). */
int json_parse(const char *text, size_t len, const char *source, struct json_doc **doc,
	       struct err *err);
/* As json_parse(), of a file; as json_decode_file() else. */
int json_parse_file(int dirfd, const char *path, struct json_doc **doc, struct err *err);
void json_free(struct json_doc *doc);
const struct json_value *json_root(const struct json_doc *doc);
/* The text that it was made of, of *@len bytes; the document's. */
const char *json_text(const struct json_doc *doc, size_t *len);

enum json_kind json_value_kind(const struct json_value *v);
/* The value of @key (exact) of an object, or NULL; also NULL when @v is no object. */
const struct json_value *json_value_get(const struct json_value *v, const char *key);
/* As json_value_get(), exact first, else without regard to case. */
const struct json_value *json_value_get_caseless(const struct json_value *v, const char *key);
/* Elements of an array, pairs of an object; 0 for others. */
size_t json_value_count(const struct json_value *v);
/* The @i-th element of an array or value of an object; NULL past the end. Not constant time. */
const struct json_value *json_value_at(const struct json_value *v, size_t i);
/* The value behind @v in its array or object, or NULL: for walking in linear time. */
const struct json_value *json_value_next(const struct json_value *v);
/*
 * "A list of them, or one": call @one for each element of an array, or for @v itself if it is none. Stops when it returns other than
 * 0, and returns that.
 */
typedef int json_one_fn(const struct json_value *v, void *out, struct err *err);
int json_value_each(const struct json_value *v, json_one_fn *one, void *out, struct err *err);
/* The unescaped string, allocated. -EINVAL: it is none, or it holds an escaped NUL. */
int json_value_string(const struct json_value *v, char **out, struct err *err);
/* The key of a value in an object, likewise. -EINVAL: it stands in none, or as above. */
int json_value_key(const struct json_value *v, char **out, struct err *err);
int json_value_int(const struct json_value *v, long long min, long long max, long long *out,
		   struct err *err);
int json_value_uint(const struct json_value *v, unsigned long long max, unsigned long long *out,
		    struct err *err);
int json_value_bool(const struct json_value *v, bool *out, struct err *err);
/*
 * A number with a fraction, not below zero, times 10^@places; further digits are cut off. An exponent is refused: 1.1 at
 * 3 places is 1100.
 */
int json_value_fixed(const struct json_value *v, unsigned int places, unsigned long long max,
		     unsigned long long *out, struct err *err);
/* Decode one value by a schema, with the same rules and error locations as json_decode(). */
int json_value_decode(const struct json_schema *schema, void *object, const struct json_value *v,
		      struct err *err);
/* err_set() with the location of @v ("file:line:col: path: ") in front of the text. */
int json_value_err(const struct json_value *v, struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* --- Writing --- */

struct json_writer;

/*
 * @pretty: tabs and newlines. No json_write_*() call fails, and all accept NULL: the first fault is
 * kept for json_writer_end(). Faults are those of json_encode(), and nesting deeper than
 * JSON_DEPTH_MAX (-EINVAL).
 */
struct json_writer *json_writer_new(FILE *out, bool pretty);
/* What is JSON_SECRET is "(hidden)" from here on: for who is shown it, and does not read it back. */
void json_writer_hide(struct json_writer *w);
/* Frees @w; NULL is accepted, as -ENOMEM. */
int json_writer_end(struct json_writer *w, struct err *err);
/* @key is NULL inside arrays and at the top. */
void json_write_begin(struct json_writer *w, const char *key, char bracket); /* '{' or '[' */
void json_write_end(struct json_writer *w);
void json_write_string(struct json_writer *w, const char *key, const char *value); /* NULL: null */
void json_write_int(struct json_writer *w, const char *key, long long value);
void json_write_uint(struct json_writer *w, const char *key, unsigned long long value);
/* @value / 10^@places as a number with that many digits behind the point; what json_value_fixed() reads. */
void json_write_fixed(struct json_writer *w, const char *key, unsigned long long value,
		      unsigned int places);
void json_write_bool(struct json_writer *w, const char *key, bool value);
/* @text is a value as JSON already; else a fault, and errors in it call it @key. */
void json_write_json(struct json_writer *w, const char *key, const char *text);
void json_write_object(struct json_writer *w, const char *key, const struct json_schema *schema,
		       const void *object);
/* What json_write_object() writes between the braces, into the object that is open. */
void json_write_fields(struct json_writer *w, const struct json_schema *schema, const void *object);

/* --- For editors --- */

/* What is to say about a key, or a value, besides what its table has. Each is allocated, or NULL. */
struct json_about {
	char *text;     /* what it means */
	char *fallback; /* what holds if it is missing, in words, which may be a value */
	char *example;  /* JSON */
};

struct json_draft7 {
	/*
	 * Fill in @about, which is empty, of the key @path, as json_list() has it, or, as "networks[].type=veth", of a text
	 * that chooses further keys.
	 */
	void (*about)(const char *path, struct json_about *about, void *arg);
	void *arg;
};

/*
 * Write a JSON schema (json-schema.org, draft 7, which editors know) of the objects that @schema decodes, into the object
 * that is open. It lets through what decodes without a warning, and more: rules between keys are not in tables. Keys match with
 * regard to case there.
 */
void json_write_draft7(struct json_writer *w, const struct json_schema *schema,
		       const struct json_draft7 *draft);

/* Print @text in double quotes, escaped; what is not UTF-8 in it becomes U+FFFD. */
void json_print_string(FILE *out, const char *text);

/*
 * For "did you mean": the nearest of @names (NULL-terminated) to @word by edit distance, or NULL if
 * none is near. Case counts for nothing; swapped neighbours count as one edit.
 */
const char *json_nearest(const char *word, const char *const *names);

#endif
