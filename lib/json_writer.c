// SPDX-License-Identifier: Apache-2.0
#include "lib/json_internal.h"

#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put(struct json_writer *w, const char *text, size_t len)
{
	fwrite_unlocked(text, 1, len, w->out);
}

static void put_line(struct json_writer *w)
{
	putc_unlocked('\n', w->out);
	for (unsigned int i = 0; i < w->depth; i++)
		putc_unlocked('\t', w->out);
}

void json_writer_fault(struct json_writer *w, int code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (w->fault.code)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&w->fault, code, "%s", text);
}

static void put_escape(FILE *out, unsigned char c)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *s = shorts; *s; s += 2) {
		if ((unsigned char)s[0] == c) {
			putc_unlocked('\\', out);
			putc_unlocked(s[1], out);
			return;
		}
	}
	fprintf(out, "\\u%04x", c);
}

/* Bytes from @s on that can stand in a string as they are. */
static size_t plain_run(const char *s, const char *end)
{
	const char *at = s;

	while (at < end) {
		unsigned char c = (unsigned char)*at;
		size_t n = 1;

		if (c < 0x20 || c == '"' || c == '\\')
			break;
		if (c >= 0x80)
			n = str_utf8(at, (size_t)(end - at));
		if (n == 0)
			break;
		at += n;
	}
	return (size_t)(at - s);
}

/* False if not all of it was UTF-8. */
static bool put_string(FILE *out, const char *s)
{
	const char *end = s + strlen(s);
	bool valid = true;

	putc_unlocked('"', out);
	for (;;) {
		size_t n = plain_run(s, end);

		fwrite_unlocked(s, 1, n, out);
		s += n;
		if (s == end)
			break;
		if ((unsigned char)*s < 0x80) {
			put_escape(out, (unsigned char)*s);
		} else {
			fputs("\xef\xbf\xbd", out);
			valid = false;
		}
		s++;
	}
	putc_unlocked('"', out);
	return valid;
}

void json_print_string(FILE *out, const char *text)
{
	put_string(out, text);
}

static void put_word(struct json_writer *w, const char *s)
{
	if (!put_string(w->out, s))
		json_writer_fault(w, -EILSEQ, "not UTF-8, which JSON needs: %s", s);
}

/* What stands before a value: the comma, the line, the key. */
static void begin_item(struct json_writer *w, const char *key)
{
	if (!w->first)
		putc_unlocked(',', w->out);
	if (w->pretty && w->depth > 0)
		put_line(w);
	w->first = false;
	if (!key)
		return;
	put_word(w, key);
	put(w, ": ", w->pretty ? 2 : 1);
}

struct json_writer *json_writer_new(FILE *out, bool pretty)
{
	struct json_writer *w = malloc(sizeof(*w));

	if (w)
		json_writer_init(w, out, pretty);
	return w;
}

void json_writer_init(struct json_writer *w, FILE *out, bool pretty)
{
	*w = (struct json_writer){ .out = out, .pretty = pretty, .first = true };
}

void json_writer_hide(struct json_writer *w)
{
	if (w)
		w->hides = true;
}

int json_writer_finish(struct json_writer *w, struct err *err)
{
	if (fflush(w->out) < 0)
		return err_set(err, -EIO, "cannot write JSON: %s", strerror(errno));
	/* It may have failed at an earlier flush, whose errno is gone. */
	if (ferror(w->out))
		return err_set(err, -EIO, "cannot write JSON");
	if (w->fault.code)
		return err_set(err, w->fault.code, "%s", w->fault.text);
	return 0;
}

int json_writer_end(struct json_writer *w, struct err *err)
{
	int ret;

	if (!w)
		return err_oom(err);
	ret = json_writer_finish(w, err);
	free(w);
	return ret;
}

void json_write_begin(struct json_writer *w, const char *key, char bracket)
{
	if (!w)
		return;
	begin_item(w, key);
	putc_unlocked(bracket, w->out);
	if (w->depth < JSON_DEPTH_MAX)
		w->closing[w->depth] = bracket == '{' ? '}' : ']';
	else
		json_writer_fault(w, -EINVAL, "nested deeper than %d levels", JSON_DEPTH_MAX);
	w->depth++;
	w->first = true;
}

void json_write_end(struct json_writer *w)
{
	if (!w || w->depth == 0)
		return;
	w->depth--;
	if (w->pretty && !w->first)
		put_line(w);
	putc_unlocked(w->closing[w->depth < JSON_DEPTH_MAX ? w->depth : 0], w->out);
	w->first = false;
}

void json_write_string(struct json_writer *w, const char *key, const char *value)
{
	if (!w)
		return;
	begin_item(w, key);
	if (value)
		put_word(w, value);
	else
		put(w, "null", 4);
}

void json_write_int(struct json_writer *w, const char *key, long long value)
{
	if (!w)
		return;
	begin_item(w, key);
	fprintf(w->out, "%lld", value);
}

void json_write_uint(struct json_writer *w, const char *key, unsigned long long value)
{
	if (!w)
		return;
	begin_item(w, key);
	fprintf(w->out, "%llu", value);
}

void json_write_fixed(struct json_writer *w, const char *key, unsigned long long value,
		      unsigned int places)
{
	unsigned long long unit = 1;

	for (unsigned int i = 0; i < places; i++)
		unit *= 10;
	if (!places) {
		json_write_uint(w, key, value);
		return;
	}
	if (!w)
		return;
	begin_item(w, key);
	fprintf(w->out, "%llu.%0*llu", value / unit, (int)places, value % unit);
}

void json_write_bool(struct json_writer *w, const char *key, bool value)
{
	if (!w)
		return;
	begin_item(w, key);
	if (value)
		put(w, "true", 4);
	else
		put(w, "false", 5);
}

/* As far in as what is around it, or on one line. A line break is never inside a string (RFC 8259). */
static void put_lines(struct json_writer *w, const char *text)
{
	size_t len = strcspn(text, "\n");

	put(w, text, len);
	for (text += len; *text; text += len) {
		text++;
		if (w->pretty)
			put_line(w);
		else
			text += strspn(text, " \t");
		len = strcspn(text, "\n");
		put(w, text, len);
	}
}

void json_write_json(struct json_writer *w, const char *key, const char *text)
{
	struct json_doc *doc;
	struct err err = { 0 };

	if (!w)
		return;
	begin_item(w, key);
	if (json_parse(text, strlen(text), key ? key : "value", &doc, &err) < 0) {
		json_writer_fault(w, err.code, "%s", err.text);
		return;
	}
	json_free(doc);
	put_lines(w, text);
}
