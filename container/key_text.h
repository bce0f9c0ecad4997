/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to say about the keys of a config in the form of mid-2015: docs/man/keys.in, which is in the program. The manual,
 * `ctrnet help networks` and the schema for editors have their words from here. An entry is
 *
 *	: cgroups.memory
 *	unit: bytes
 *	default: no limit
 *	What it means.
 *
 * up to an empty line or the next one. That of a type of networks is called `networks[].type=veth`, and has an `example:`. Text
 * has the marks of docs/gen/roff.h.
 */
#ifndef CONTAINER_KEY_TEXT_H
#define CONTAINER_KEY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Words of the text, which lasts. */
struct key_words {
	const char *at; /* NULL: there are none */
	size_t len;
};

struct key_text {
	struct key_words path, text;
	struct key_words unit, fallback, kernel, example; /* lines of their own */
};

/* All of it. */
extern const char key_text_all[];
/* What the path of a type's entry begins with. */
#define KEY_TEXT_TYPE "networks[].type="

/* Behind what is no entry: the beginning of the next one, or the end. */
const char *key_text_next(const char *at);
/* @at: the beginning of an entry; moved behind it. */
void key_text_read(const char **at, struct key_text *out);
/* False, and @out empty: it is not described. */
bool key_text_find(const char *path, struct key_text *out);

/*
 * The text in one line; of one that only refers to another key ("As `routes[].type`."), that one's, and its other words are put
 * into @t. Allocated; NULL when out of memory, or if there is none.
 */
char *key_text_line(struct key_text *t);
/* Words as a string; likewise. */
char *key_words_dup(const struct key_words *words);

/*
 * "String, one of a, b, in bytes; required; default: a.": of what json_list() says of a key. Allocated; NULL when out of
 * memory.
 */
char *key_text_type(const char *type, const char *range, bool listed, bool required,
		    const struct key_text *t);

#endif
