// SPDX-License-Identifier: Apache-2.0
/*
 * The grammar of RFC 8259, in full: what passes here is JSON, in UTF-8 (RFC 3629), with no lone
 * surrogate and no more than JSON_DEPTH_MAX levels. One function per rule of the RFC; each starts
 * at the first character of its rule and leaves s->at behind the last one.
 */
#include "lib/json_internal.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

struct scanner {
	const struct json_input *in;
	const char *at, *end;
	unsigned int depth;
	size_t values;
	struct err *err;
};

static int scan_value(struct scanner *s);

#define fault(s, where, ...) \
	json_err_at((s)->in, (size_t)((where) - (s)->in->text), (s)->err, -EINVAL, __VA_ARGS__)

/* The next byte, -1 at the end. */
static int peek(const struct scanner *s)
{
	return s->at < s->end ? (unsigned char)*s->at : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static void skip_space(struct scanner *s)
{
	while (s->at < s->end &&
	       (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

/* Habits of other languages get a hint. */
static const char *hint_for(int c)
{
	switch (c) {
	case '\'':
		return " (strings take double quotes)";
	case '/':
	case '#':
		return " (JSON has no comments)";
	default:
		return "";
	}
}

static int fault_expected(struct scanner *s, const char *expected)
{
	int c = peek(s);

	if (c < 0)
		return fault(s, s->at, "expected %s, found the end of the text", expected);
	if (c <= ' ' || c >= 0x7f)
		return fault(s, s->at, "expected %s, found byte 0x%02x", expected, (unsigned int)c);
	return fault(s, s->at, "expected %s, found '%c'%s", expected, c, hint_for(c));
}

static int scan_hex4(struct scanner *s, const char *escape, unsigned int *out)
{
	unsigned int code = 0;

	for (int i = 0; i < 4; i++, s->at++) {
		int c = peek(s), lower = c | 0x20;

		if (is_digit(c))
			code = code << 4 | (unsigned int)(c - '0');
		else if (c > 0 && lower >= 'a' && lower <= 'f')
			code = code << 4 | (unsigned int)(lower - 'a' + 10);
		else
			return fault(s, escape, "\\u needs four hexadecimal digits");
	}
	*out = code;
	return 0;
}

/* Behind "\u": the code, and the other half if it is a surrogate. */
static int scan_unicode(struct scanner *s, const char *escape)
{
	unsigned int code, low;
	int ret = scan_hex4(s, escape, &code);

	if (ret < 0 || code < 0xd800 || code > 0xdfff)
		return ret;
	if (code < 0xdc00 && s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u') {
		s->at += 2;
		ret = scan_hex4(s, s->at - 2, &low);
		if (ret < 0 || (low >= 0xdc00 && low <= 0xdfff))
			return ret;
	}
	return fault(s, escape, "\\u%04x is half of a surrogate pair", code);
}

static int scan_escape(struct scanner *s)
{
	const char *escape = s->at++;
	int c = peek(s);

	if (c < 0)
		return fault(s, s->at, "the text ends inside a string");
	if (c == 'u') {
		s->at++;
		return scan_unicode(s, escape);
	}
	if (c == 0 || !strchr("\"\\/bfnrt", c)) {
		if (c <= ' ' || c >= 0x7f)
			return fault(s, escape, "a backslash before byte 0x%02x", (unsigned int)c);
		return fault(s, escape, "unknown escape '\\%c'", c);
	}
	s->at++;
	return 0;
}

static int scan_utf8(struct scanner *s)
{
	size_t n = str_utf8(s->at, (size_t)(s->end - s->at));

	if (n == 0)
		return fault(s, s->at, "invalid UTF-8 (byte 0x%02x)", (unsigned char)*s->at);
	s->at += n;
	return 0;
}

static int fault_control(struct scanner *s, const char *open)
{
	unsigned int c = (unsigned char)*s->at;

	if (c == '\n' || c == '\r')
		return fault(s, open, "the string is not closed on its line (a line break is \\n)");
	return fault(s, s->at, "control character 0x%02x in a string (write it as \\u%04x)", c, c);
}

static int scan_string(struct scanner *s)
{
	const char *open = s->at++;

	while (s->at < s->end) {
		unsigned char c = (unsigned char)*s->at;
		int ret = 0;

		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c == '\\')
			ret = scan_escape(s);
		else if (c < 0x20)
			ret = fault_control(s, open);
		else if (c >= 0x80)
			ret = scan_utf8(s);
		else
			s->at++;
		if (ret < 0)
			return ret;
	}
	return fault(s, open, "the string is not closed");
}

static int scan_digits(struct scanner *s, const char *where)
{
	if (!is_digit(peek(s)))
		return fault(s, s->at, "expected a digit %s", where);
	while (is_digit(peek(s)))
		s->at++;
	return 0;
}

static int scan_number(struct scanner *s)
{
	const char *first;
	int ret;

	if (peek(s) == '-')
		s->at++;
	first = s->at;
	ret = scan_digits(s, "behind '-'");
	if (ret < 0)
		return ret;
	if (*first == '0' && s->at - first > 1)
		return fault(s, first, "a number must not begin with 0");
	if (peek(s) == '.') {
		s->at++;
		ret = scan_digits(s, "behind '.'");
		if (ret < 0)
			return ret;
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		ret = scan_digits(s, "in the exponent");
	}
	return ret;
}

static int scan_word(struct scanner *s)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *word = s->at;
	size_t len;

	while (is_word(peek(s)))
		s->at++;
	len = (size_t)(s->at - word);
	for (size_t i = 0; i < array_size(words); i++)
		if (strlen(words[i]) == len && !memcmp(words[i], word, len))
			return 0;
	return fault(s, word, "expected a value, found the word '%.*s%s'", len > 20 ? 20 : (int)len,
		     word, len > 20 ? "..." : "");
}

static int scan_member(struct scanner *s)
{
	int ret;

	if (peek(s) != '"')
		return fault_expected(s, "a key in double quotes");
	s->values++;
	ret = scan_string(s);
	if (ret < 0)
		return ret;
	skip_space(s);
	if (peek(s) != ':')
		return fault_expected(s, "':'");
	s->at++;
	skip_space(s);
	return scan_value(s);
}

/* Behind an item: moves to the next one and returns 1, or behind @close and returns 0. */
static int scan_separator(struct scanner *s, char close)
{
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		return 0;
	}
	if (peek(s) != ',')
		return fault_expected(s, close == '}' ? "',' or '}'" : "',' or ']'");
	s->at++;
	skip_space(s);
	if (peek(s) == close)
		return fault(s, s->at, "a comma must not stand before '%c'", close);
	return 1;
}

static int scan_items(struct scanner *s, char close, int (*scan_item)(struct scanner *s))
{
	int ret = 1;

	if (++s->depth > JSON_DEPTH_MAX)
		return fault(s, s->at, "nested deeper than %d levels", JSON_DEPTH_MAX);
	s->at++;
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		ret = 0;
	}
	while (ret > 0) {
		ret = scan_item(s);
		if (ret == 0)
			ret = scan_separator(s, close);
	}
	s->depth--;
	return ret;
}

static int scan_value(struct scanner *s)
{
	int c = peek(s);

	s->values++;
	if (c == '{')
		return scan_items(s, '}', scan_member);
	if (c == '[')
		return scan_items(s, ']', scan_value);
	if (c == '"')
		return scan_string(s);
	if (c == '-' || is_digit(c))
		return scan_number(s);
	if (c == '+' || c == '.')
		return fault(s, s->at, "a number must not begin with '%c'", c);
	if (is_word(c))
		return scan_word(s);
	return fault_expected(s, "a value");
}

int json_check_grammar(const struct json_input *in, size_t *values, struct err *err)
{
	struct scanner s = { .in = in, .at = in->text, .end = in->text + in->len, .err = err };
	int ret;

	if (in->len >= 3 && !memcmp(in->text, "\xef\xbb\xbf", 3))
		return fault(&s, s.at, "JSON must not begin with a byte order mark");
	skip_space(&s);
	if (s.at == s.end)
		return err_set(err, -EINVAL, "%s: is empty, expected a JSON value", in->source);
	ret = scan_value(&s);
	if (ret < 0)
		return ret;
	skip_space(&s);
	if (s.at != s.end)
		return fault_expected(&s, "nothing behind the JSON value");
	*values = s.values;
	return 0;
}
