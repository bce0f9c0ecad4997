/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of JSON: a schema with a field of every type, and ways to decode and encode by it. */
#ifndef TESTS_JSON_THING_H
#define TESTS_JSON_THING_H

#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour { COLOUR_NONE, RED, GREEN, CODE_MINUS = -7 };

struct port {
	uint16_t port;
	char *protocol;
};

/* A pair of bytes, "1.2" as text. */
struct dotted {
	uint8_t a, b;
};

/* A number, or a string as long as the number; an object is decoded by the port schema. */
struct custom {
	char *word;
	long long number;
	struct port port;
};

struct thing {
	bool on;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int32_t ranged;
	uint32_t mtu;
	char *name;
	char label[8];
	struct dotted dotted;
	int colour;
	struct port port;
	struct port *ports;
	size_t port_count;
	char **args;
	struct json_pair *env;
	size_t env_count;
	struct custom custom;
	char *kind;
	void *options;
};

struct veth {
	char *bridge;
	bool hairpin;
};

extern const struct json_name colours[];
extern const struct json_text dotted_text;
extern const struct json_schema port_schema;
/* One for each way with unknown keys. */
extern const struct json_schema thing_schema, ignoring_schema, warning_schema, caseless_schema;

/* A text that may hold NULs, and its length. */
#define T(s) (s), sizeof(s) - 1

bool all_zero(const void *p, size_t size);
/* Decode from memory of just that size, so that ASan sees a read past its end. */
int decode_exact(const struct json_schema *schema, void *object, const char *text, size_t len,
		 struct err *err);
int decode_text(const struct json_schema *schema, void *object, const char *text, struct err *err);
/* By thing_schema, which must succeed. */
struct thing decode(const char *text);
char *encode(const struct json_schema *schema, const void *object, bool pretty);
void expect_error_len(const struct json_schema *schema, const char *text, size_t len, int code,
		      const char *expected);
void expect_error(const char *text, const char *expected);
/* @text decodes and encodes as @expected, and that as itself, compact and pretty. */
void expect_round_trip(const char *text, const char *expected);
void expect_same(const char *text);

#endif
