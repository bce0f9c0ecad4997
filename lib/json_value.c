// SPDX-License-Identifier: Apache-2.0
/* Reading the values of a checked document, and saying where one stands. */
#include "lib/json_internal.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of a string or number in a message. */
#define QUOTE_CHARS 40

/* --- Strings --- */

static unsigned int hex4(const char *p)
{
	unsigned int code = 0;

	for (int i = 0; i < 4; i++) {
		unsigned int c = (unsigned char)p[i];

		code = code << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return code;
}

static size_t put_utf8(unsigned int code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

size_t json_unescape(const char **p, char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at = *p + 1, *known = strchr(from, *at);
	unsigned int code;

	*p += 2;
	if (*at != 'u') {
		out[0] = known ? to[known - from] : *at;
		return 1;
	}
	code = hex4(*p);
	*p += 4;
	if (code >= 0xd800 && code <= 0xdbff) {
		code = 0x10000 + ((code - 0xd800) << 10) + (hex4(*p + 2) - 0xdc00);
		*p += 6;
	}
	return put_utf8(code, out);
}

int json_unescape_into(const struct json_value *v, char *buf, size_t size)
{
	const char *text = json_doc_of(v)->in.text;
	const char *p = text + v->start, *end = text + v->end;
	char one[4];
	size_t len = 0;

	while (p < end) {
		const char *from = p;
		size_t n = 1;

		if (*p == '\\')
			n = json_unescape(&p, one);
		else
			p++;
		if (len + n >= size)
			return -ENAMETOOLONG;
		memcpy(buf + len, *from == '\\' ? one : from, n);
		len += n;
	}
	buf[len] = '\0';
	return memchr(buf, '\0', len) ? -EINVAL : 0;
}

/* Gives the unescaped bytes of a string one by one, for comparing without a copy. */
struct byte_reader {
	const char *at, *end;
	char bytes[4]; /* of an escape */
	size_t next, n;
};

static int read_byte(struct byte_reader *r)
{
	if (r->next == r->n) {
		if (r->at == r->end)
			return -1;
		if (*r->at != '\\')
			return (unsigned char)*r->at++;
		r->n = json_unescape(&r->at, r->bytes);
		r->next = 0;
	}
	return (unsigned char)r->bytes[r->next++];
}

static struct byte_reader reader_of(const struct json_doc *doc, const struct json_value *v)
{
	return (struct byte_reader){ .at = doc->in.text + v->start, .end = doc->in.text + v->end };
}

int json_key_compare(const struct json_doc *doc, const struct json_value *a,
		     const struct json_value *b)
{
	struct byte_reader ra = reader_of(doc, a), rb = reader_of(doc, b);
	size_t na = a->end - a->start, nb = b->end - b->start;
	int x, y;

	if (!a->escaped && !b->escaped) {
		x = memcmp(ra.at, rb.at, na < nb ? na : nb);
		return x ? x : (na > nb) - (na < nb);
	}
	do {
		x = read_byte(&ra);
		y = read_byte(&rb);
	} while (x == y && x >= 0);
	return x - y;
}

static int to_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
}

bool json_key_is(const struct json_doc *doc, const struct json_value *key, const char *name,
		 bool caseless)
{
	struct byte_reader r = reader_of(doc, key);
	size_t len = key->end - key->start;
	int c;

	/* A schema has dozens of names, and most differ from the first letter on. */
	if (!key->escaped && !caseless && len && *r.at != *name)
		return false;
	if (!key->escaped) {
		int differ = caseless ? strncasecmp(r.at, name, len) : strncmp(r.at, name, len);

		/* The text is not NUL-terminated, but neither compare goes past @len. */
		return !differ && name[len] == '\0';
	}
	for (; (c = read_byte(&r)) >= 0; name++) {
		int n = (unsigned char)*name;

		/* An escaped NUL in the key must not pass for the end of @name. */
		if (n == 0 || (c != n && !(caseless && to_lower(c) == to_lower(n))))
			return false;
	}
	return *name == '\0';
}

/* --- Moving about --- */

struct json_doc *json_doc_of(const struct json_value *v)
{
	while (v->up)
		v -= v->up;
	return (struct json_doc *)((char *)v - offsetof(struct json_doc, values));
}

/* The object of a value or key, the array of a value; NULL for the first one. */
static const struct json_value *container_of_value(const struct json_value *v)
{
	const struct json_value *parent = v - v->up;

	if (!v->up)
		return NULL;
	return parent->kind == JSON_IS_STRING ? parent - parent->up : parent;
}

/* The key of a value in an object (of a key, itself); NULL for others. */
static const struct json_value *key_of(const struct json_value *v)
{
	const struct json_value *parent = v - v->up;

	if (!v->up || parent->kind == JSON_IS_ARRAY)
		return NULL;
	return parent->kind == JSON_IS_OBJECT ? v : parent;
}

const struct json_value *json_key_first(const struct json_value *object)
{
	return object->span > 1 ? object + 1 : NULL;
}

const struct json_value *json_key_next(const struct json_value *key)
{
	const struct json_value *object = key - key->up, *next = key + key->span;

	return next < object + object->span ? next : NULL;
}

enum json_kind json_value_kind(const struct json_value *v)
{
	return v->kind;
}

static const struct json_value *get(const struct json_value *v, const char *name, bool caseless)
{
	const struct json_doc *doc = json_doc_of(v);

	if (v->kind != JSON_IS_OBJECT)
		return NULL;
	for (const struct json_value *k = json_key_first(v); k; k = json_key_next(k))
		if (json_key_is(doc, k, name, caseless))
			return k + 1;
	return NULL;
}

const struct json_value *json_value_get(const struct json_value *v, const char *key)
{
	return get(v, key, false);
}

const struct json_value *json_value_get_caseless(const struct json_value *v, const char *key)
{
	const struct json_value *exact = get(v, key, false);

	return exact ? exact : get(v, key, true);
}

static const struct json_value *first_value(const struct json_value *v)
{
	if (v->span == 1)
		return NULL;
	return v->kind == JSON_IS_OBJECT ? v + 2 : v + 1;
}

const struct json_value *json_value_next(const struct json_value *v)
{
	const struct json_value *in = container_of_value(v), *next = v + v->span;

	if (!in || next >= in + in->span)
		return NULL;
	return in->kind == JSON_IS_OBJECT ? next + 1 : next;
}

size_t json_value_count(const struct json_value *v)
{
	size_t n = 0;

	for (v = first_value(v); v; v = json_value_next(v))
		n++;
	return n;
}

const struct json_value *json_value_at(const struct json_value *v, size_t i)
{
	for (v = first_value(v); v && i > 0; i--)
		v = json_value_next(v);
	return v;
}

int json_value_each(const struct json_value *v, json_one_fn *one, void *out, struct err *err)
{
	int ret = 0;

	if (v->kind != JSON_IS_ARRAY)
		return one(v, out, err);
	for (v = first_value(v); v && ret == 0; v = json_value_next(v))
		ret = one(v, out, err);
	return ret;
}

/* --- Where, and what is there --- */

int json_err_at(const struct json_input *in, size_t at, struct err *err, int code, const char *fmt,
		...)
{
	size_t line = 1, column = 1;
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < at; i++) {
		if (in->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)in->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return err_set(err, code, "%s:%zu:%zu: %s", in->source, line, column, text);
}

/* C1 controls (U+0080 to U+009F) can drive a terminal too; C0 stand escaped in the text. */
static void mask_controls(char *text)
{
	for (; *text; text++) {
		bool c1 = (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;

		if (c1)
			text[0] = text[1] = '?';
	}
}

const char *json_quote(const struct json_value *v, char buf[JSON_QUOTE_MAX])
{
	const char *text = json_doc_of(v)->in.text + v->start;
	size_t len = v->end - v->start, cut = len;

	if (len > QUOTE_CHARS) {
		cut = QUOTE_CHARS;
		while (((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
	}
	snprintf(buf, JSON_QUOTE_MAX, "%.*s%s", (int)cut, text, cut < len ? "..." : "");
	mask_controls(buf);
	return buf;
}

static bool is_plain(const struct json_doc *doc, const struct json_value *key)
{
	for (uint32_t i = key->start; i < key->end; i++) {
		char c = doc->in.text[i];

		if (!(c >= '0' && c <= '9') && !(to_lower(c) >= 'a' && to_lower(c) <= 'z') &&
		    c != '_' && c != '-')
			return false;
	}
	return key->start < key->end && key->end - key->start <= QUOTE_CHARS;
}

/* One step of a path: "[3]", ".mtu" or "["org.example"]". */
static int print_step(const struct json_value *v, char *buf, size_t size)
{
	const struct json_value *key = key_of(v), *in = container_of_value(v);
	char quoted[JSON_QUOTE_MAX];
	size_t index = 0;

	if (key)
		return snprintf(buf, size, is_plain(json_doc_of(v), key) ? ".%s" : "[\"%s\"]",
				json_quote(key, quoted));
	for (const struct json_value *e = in + 1; e != v; e += e->span)
		index++;
	return snprintf(buf, size, "[%zu]", index);
}

/* The path of @v, built from its end; one too long for @buf loses its beginning. */
static const char *print_path(const struct json_value *v, char *buf, size_t size)
{
	char step[JSON_QUOTE_MAX + 8], *at = buf + size - 1;

	*at = '\0';
	for (; container_of_value(v); v = container_of_value(v)) {
		size_t len = (size_t)print_step(v, step, sizeof(step));

		if ((size_t)(at - buf) < len + 3) {
			at -= 3;
			memcpy(at, "...", 3);
			return at;
		}
		at -= len;
		memcpy(at, step, len);
	}
	return *at == '.' ? at + 1 : at;
}

int json_value_err(const struct json_value *v, struct err *err, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX], buf[256];
	const char *path;
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	path = print_path(v, buf, sizeof(buf));
	return json_err_at(&json_doc_of(v)->in, v->start - (v->kind == JSON_IS_STRING), err, code,
			   "%s%s%s", path, *path ? ": " : "", text);
}

int json_err_kind(const struct json_value *v, struct err *err, const char *expected)
{
	char buf[JSON_QUOTE_MAX];

	switch ((enum json_kind)v->kind) {
	case JSON_IS_OBJECT:
		return json_value_err(v, err, -EINVAL, "expected %s, found an object", expected);
	case JSON_IS_ARRAY:
		return json_value_err(v, err, -EINVAL, "expected %s, found an array", expected);
	case JSON_IS_STRING:
		return json_value_err(v, err, -EINVAL, "expected %s, found a string \"%s\"",
				      expected, json_quote(v, buf));
	case JSON_IS_NUMBER:
		return json_value_err(v, err, -EINVAL, "expected %s, found the number %s", expected,
				      json_quote(v, buf));
	case JSON_IS_NULL:
	case JSON_IS_BOOL:
		break;
	}
	return json_value_err(v, err, -EINVAL, "expected %s, found %s", expected,
			      json_quote(v, buf));
}

/* --- Typed reading --- */

static int copy_string(const struct json_value *v, char **out, struct err *err)
{
	size_t size = v->end - v->start + 1;
	_cleanup_free_ char *s = malloc(size);

	if (!s)
		return err_oom(err);
	if (json_unescape_into(v, s, size) < 0)
		return json_value_err(v, err, -EINVAL,
				      "a NUL character (\\u0000) is not allowed here");
	*out = take_ptr(s);
	return 0;
}

int json_value_string(const struct json_value *v, char **out, struct err *err)
{
	return v->kind == JSON_IS_STRING ? copy_string(v, out, err)
					 : json_err_kind(v, err, "a string");
}

int json_value_key(const struct json_value *v, char **out, struct err *err)
{
	const struct json_value *key = key_of(v);

	return key ? copy_string(key, out, err) : json_value_err(v, err, -EINVAL, "has no key");
}

struct integer {
	bool negative, huge; /* huge: more than 64 bits */
	unsigned long long magnitude;
};

static int read_integer(const struct json_value *v, struct integer *out, struct err *err)
{
	const char *text = json_doc_of(v)->in.text, *p = text + v->start, *end = text + v->end;
	struct integer n = { .negative = *p == '-' };
	char buf[JSON_QUOTE_MAX];

	if (v->kind != JSON_IS_NUMBER)
		return json_err_kind(v, err, "a number");
	for (p += n.negative; p < end; p++) {
		if (*p < '0' || *p > '9')
			return json_value_err(v, err, -EINVAL,
					      "%s is not an integer (no fraction or exponent "
					      "is allowed)",
					      json_quote(v, buf));
		n.huge = n.huge || __builtin_mul_overflow(n.magnitude, 10ULL, &n.magnitude) ||
			 __builtin_add_overflow(n.magnitude, (unsigned long long)(*p - '0'),
						&n.magnitude);
	}
	*out = n;
	return 0;
}

int json_value_int(const struct json_value *v, long long min, long long max, long long *out,
		   struct err *err)
{
	const unsigned long long lowest = (unsigned long long)INT64_MAX + 1;
	char buf[JSON_QUOTE_MAX];
	struct integer n;
	long long value;
	int ret = read_integer(v, &n, err);

	if (ret < 0)
		return ret;
	value = n.negative ? (long long)-n.magnitude : (long long)n.magnitude;
	if (n.huge || n.magnitude > (n.negative ? lowest : lowest - 1) || value < min ||
	    value > max)
		return json_value_err(v, err, -EINVAL, "%s is out of range (%lld to %lld)",
				      json_quote(v, buf), min, max);
	*out = value;
	return 0;
}

int json_read_uint(const struct json_value *v, unsigned long long min, unsigned long long max,
		   unsigned long long *out, struct err *err)
{
	char buf[JSON_QUOTE_MAX];
	struct integer n;
	int ret = read_integer(v, &n, err);

	if (ret < 0)
		return ret;
	if (n.huge || (n.negative && n.magnitude) || n.magnitude < min || n.magnitude > max)
		return json_value_err(v, err, -EINVAL, "%s is out of range (%llu to %llu)",
				      json_quote(v, buf), min, max);
	*out = n.magnitude;
	return 0;
}

int json_value_uint(const struct json_value *v, unsigned long long max, unsigned long long *out,
		    struct err *err)
{
	return json_read_uint(v, 0, max, out, err);
}

static int push_digit(unsigned long long *n, char c)
{
	if (c < '0' || c > '9')
		return -EINVAL;
	if (__builtin_mul_overflow(*n, 10ULL, n) ||
	    __builtin_add_overflow(*n, (unsigned long long)(c - '0'), n))
		return -ERANGE;
	return 0;
}

/* A number's text in decimal, its point moved by @places. */
static int read_fixed(const char *p, const char *end, unsigned int places, unsigned long long *out)
{
	int ret = 0;

	*out = 0;
	for (; ret == 0 && p < end && *p != '.'; p++)
		ret = push_digit(out, *p);
	p += p < end;
	for (; ret == 0 && places; places--)
		ret = push_digit(out, p < end ? *p++ : '0');
	for (unsigned long long cut = 0; ret == 0 && p < end; p++, cut = 0)
		ret = push_digit(&cut, *p);
	return ret;
}

int json_value_fixed(const struct json_value *v, unsigned int places, unsigned long long max,
		     unsigned long long *out, struct err *err)
{
	const char *text = json_doc_of(v)->in.text;
	unsigned long long number;
	char buf[JSON_QUOTE_MAX];
	int ret;

	if (v->kind != JSON_IS_NUMBER)
		return json_err_kind(v, err, "a number");
	ret = read_fixed(text + v->start, text + v->end, places, &number);
	if (ret == -EINVAL)
		return json_value_err(v, err, ret, "%s is negative or has an exponent",
				      json_quote(v, buf));
	if (ret < 0 || number > max)
		return json_value_err(v, err, -EINVAL, "%s is out of range", json_quote(v, buf));
	*out = number;
	return 0;
}

int json_value_bool(const struct json_value *v, bool *out, struct err *err)
{
	if (v->kind != JSON_IS_BOOL)
		return json_err_kind(v, err, "true or false");
	*out = json_doc_of(v)->in.text[v->start] == 't';
	return 0;
}
