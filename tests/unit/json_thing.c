// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/json_thing.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- A schema with a field of every type --- */

const struct json_name colours[] = {
	{ "red", RED }, { "green", GREEN }, { "verde", GREEN }, { "minus", CODE_MINUS }, { NULL, 0 }
};

static const struct json_field port_fields[] = {
	JSON_UINT(struct port, "port", port, .flags = JSON_REQUIRED, .min = 1),
	JSON_STRING(struct port, "protocol", protocol), JSON_END
};
const struct json_schema port_schema =
	JSON_SCHEMA(struct port, port_fields, .unknown = JSON_UNKNOWN_REFUSE);

static int parse_dotted(const char *text, void *out, struct err *err)
{
	struct dotted *d = out;
	unsigned int a, b;
	char end;

	if (sscanf(text, "%u.%u%c", &a, &b, &end) != 2 || a > 255 || b > 255)
		return err_set(err, -EINVAL, "'%s' is not dotted", text);
	*d = (struct dotted){ .a = (uint8_t)a, .b = (uint8_t)b };
	return 0;
}

static void format_dotted(const void *in, char *buf, size_t size)
{
	const struct dotted *d = in;

	snprintf(buf, size, "%u.%u", d->a, d->b);
}

const struct json_text dotted_text = { .parse = parse_dotted, .format = format_dotted };

static int decode_custom(const struct json_value *v, void *out, struct err *err)
{
	struct custom *c = out;

	switch (json_value_kind(v)) {
	case JSON_IS_NUMBER:
		return json_value_int(v, 1, 1000, &c->number, err);
	case JSON_IS_STRING:
		return json_value_string(v, &c->word, err);
	case JSON_IS_OBJECT:
		return json_value_decode(&port_schema, &c->port, v, err);
	case JSON_IS_ARRAY:
		/* Half built, and an error without location. */
		c->word = strdup("left behind");
		return err_set(err, -EINVAL, "no arrays");
	case JSON_IS_NULL:
	case JSON_IS_BOOL:
		break;
	}
	return json_value_err(v, err, -EINVAL, "neither %s nor %s", "number", "string");
}

static void encode_custom(const void *in, const char *key, struct json_writer *out)
{
	const struct custom *c = in;

	if (c->word)
		json_write_string(out, key, c->word);
	else if (c->number)
		json_write_int(out, key, c->number);
	else
		json_write_object(out, key, &port_schema, &c->port);
}

static void release_custom(void *in)
{
	struct custom *c = in;

	free(c->word);
	json_release(&port_schema, &c->port);
}

static const struct json_custom custom = { .decode = decode_custom,
					   .encode = encode_custom,
					   .release = release_custom };

static const struct json_field veth_fields[] = {
	JSON_STRING(struct veth, "bridge", bridge, .flags = JSON_REQUIRED),
	JSON_BOOL(struct veth, "hairpin", hairpin), JSON_END
};

static int check_veth(void *object, struct err *err)
{
	const struct veth *veth = object;

	return strcmp(veth->bridge, "bad") ? 0 : err_set(err, -ERANGE, "a bad bridge");
}

static const struct json_schema veth_schema =
	JSON_SCHEMA(struct veth, veth_fields, .check = check_veth);

static const struct json_schema *thing_options(const void *object)
{
	const struct thing *t = object;

	return t->kind && !strcmp(t->kind, "veth") ? &veth_schema : NULL;
}

static int check_thing(void *object, struct err *err)
{
	const struct thing *t = object;

	return t->u8 == 13 ? err_set(err, -EPERM, "13 is unlucky") : 0;
}

static const struct json_field thing_fields[] = {
	JSON_BOOL(struct thing, "on", on),
	JSON_INT(struct thing, "i8", i8),
	JSON_INT(struct thing, "i16", i16),
	JSON_INT(struct thing, "i32", i32),
	JSON_INT(struct thing, "i64", i64),
	JSON_UINT(struct thing, "u8", u8),
	JSON_UINT(struct thing, "u16", u16),
	JSON_UINT(struct thing, "u32", u32),
	JSON_UINT(struct thing, "u64", u64),
	JSON_INT(struct thing, "ranged", ranged, .min = -5, .max = 10),
	JSON_UINT(struct thing, "mtu", mtu, .min = 68, .max = 65535),
	JSON_STRING(struct thing, "name", name),
	JSON_STRING(struct thing, "title", name, .flags = JSON_ALIAS),
	JSON_CHARS(struct thing, "label", label),
	JSON_TEXT(struct thing, "dotted", dotted, &dotted_text),
	JSON_ENUM(struct thing, "colour", colour, colours),
	JSON_OBJECT(struct thing, "port", port, &port_schema),
	JSON_ARRAY(struct thing, "ports", ports, port_count, &port_schema),
	JSON_STRINGS(struct thing, "args", args),
	JSON_MAP(struct thing, "env", env, env_count),
	JSON_CUSTOM(struct thing, "custom", custom, &custom),
	JSON_STRING(struct thing, "kind", kind),
	JSON_END
};

#define THING(...)                                                                          \
	JSON_SCHEMA(struct thing, thing_fields, .extend = thing_options,                    \
		    .extend_offset = offsetof(struct thing, options), .check = check_thing, \
		    ##__VA_ARGS__)

const struct json_schema thing_schema = THING(.unknown = JSON_UNKNOWN_REFUSE);
const struct json_schema ignoring_schema = THING(.unknown = JSON_UNKNOWN_IGNORE);
const struct json_schema warning_schema = THING(.unknown = JSON_UNKNOWN_WARN);
const struct json_schema caseless_schema = THING(.unknown = JSON_UNKNOWN_REFUSE, .caseless = true);

/* --- Helpers --- */

bool all_zero(const void *p, size_t size)
{
	const char *bytes = p;

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

int decode_exact(const struct json_schema *schema, void *object, const char *text, size_t len,
		 struct err *err)
{
	char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, text, len);
	ret = json_decode(schema, object, copy, len, "t", err);
	free(copy);
	return ret;
}

void expect_error_len(const struct json_schema *schema, const char *text, size_t len, int code,
		      const char *expected)
{
	struct err err = { 0 };
	struct thing t;
	int ret;

	memset(&t, 0xaa, sizeof(t));
	ret = decode_exact(schema, &t, text, len, &err);
	if (ret == 0)
		fail_msg("accepted: %s", text);
	assert_string_equal(err.text, expected);
	assert_int_equal(ret, code);
	assert_int_equal(err.code, code);
	assert_true(all_zero(&t, sizeof(t)));
	/* Without an err the code is the same. */
	assert_int_equal(decode_exact(schema, &t, text, len, NULL), code);
}

int decode_text(const struct json_schema *schema, void *object, const char *text, struct err *err)
{
	return decode_exact(schema, object, text, strlen(text), err);
}

void expect_error(const char *text, const char *expected)
{
	expect_error_len(&thing_schema, text, strlen(text), -EINVAL, expected);
}

struct thing decode(const char *text)
{
	struct err err = { 0 };
	struct thing t;

	if (decode_text(&thing_schema, &t, text, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

char *encode(const struct json_schema *schema, const void *object, bool pretty)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret;

	ret = pretty ? json_encode(schema, object, out, &err)
		     : json_encode_compact(schema, object, out, &err);
	fclose(out);
	if (ret < 0)
		fail_msg("%s", err.text);
	return text;
}

void expect_round_trip(const char *text, const char *expected)
{
	_cleanup_free_ char *once = NULL, *twice = NULL, *pretty = NULL, *thrice = NULL;
	struct thing t = decode(text);

	once = encode(&thing_schema, &t, false);
	assert_string_equal(once, expected);
	pretty = encode(&thing_schema, &t, true);
	json_release(&thing_schema, &t);
	assert_true(all_zero(&t, sizeof(t)));
	t = decode(once);
	twice = encode(&thing_schema, &t, false);
	json_release(&thing_schema, &t);
	assert_string_equal(twice, once);
	t = decode(pretty);
	thrice = encode(&thing_schema, &t, false);
	json_release(&thing_schema, &t);
	assert_string_equal(thrice, once);
}

void expect_same(const char *text)
{
	expect_round_trip(text, text);
}
