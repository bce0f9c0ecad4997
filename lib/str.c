// SPDX-License-Identifier: Apache-2.0
#include "lib/str.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *str_format(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

int str_to_u64(const char *text, unsigned long long max, unsigned long long *out)
{
	unsigned long long value = 0;
	bool huge = false;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		huge = huge || __builtin_mul_overflow(value, 10ULL, &value) ||
		       __builtin_add_overflow(value, (unsigned long long)(*text - '0'), &value);
	}
	if (huge || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

/*
 * What the first byte says: how long the character is, and the range of its second byte (the syntax
 * of RFC 3629, section 4).
 */
static size_t utf8_lead(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		if (lead == 0xf0)
			*low = 0x90;
		if (lead == 0xf4)
			*high = 0x8f;
		return 4;
	}
	return lead < 0x80;
}

size_t str_utf8(const char *s, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)s;
	unsigned char low, high;
	size_t n = len > 0 ? utf8_lead(bytes[0], &low, &high) : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (bytes[i] < low || bytes[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return n;
}

/* C0, DEL, and C1, which has ESC [ as one character (ECMA-48). */
static bool is_control(unsigned char c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

void str_make_printable(char *text)
{
	size_t left = strlen(text), n;

	for (; left; text += n, left -= n) {
		n = str_utf8(text, left);
		if (n > 2)
			continue;
		if (n == 2 && (unsigned char)text[0] == 0xc2 && is_control((unsigned char)text[1]))
			memset(text, '?', n);
		if (n < 2 && is_control((unsigned char)*text))
			*text = '?';
		n = n ? n : 1;
	}
}

void str_make_utf8(char *text)
{
	size_t left = strlen(text), n;

	for (; left; text += n, left -= n) {
		n = str_utf8(text, left);
		if (n)
			continue;
		*text = '?';
		n = 1;
	}
}

/*
 * The year begins in March here, so that the day that not each year has is its last, and months have 31, 30, 31, 30, 31 days over
 * and over: 153 days for five. 400 years have 146097 days, wherever they begin. The first ones began on 0000-03-01, 719468
 * days before 1970.
 */
void str_utc(char buf[STR_UTC_SIZE], long long seconds)
{
	long long days = seconds / 86400 + 719468, second = seconds % 86400, era, year, month;

	if (second < 0) {
		second += 86400;
		days--;
	}
	era = (days >= 0 ? days : days - 146096) / 146097;
	days -= era * 146097;
	year = (days - days / 1460 + days / 36524 - days / 146096) / 365;
	days -= 365 * year + year / 4 - year / 100;
	month = (5 * days + 2) / 153;
	days -= (153 * month + 2) / 5;
	month += month < 10 ? 3 : -9;
	year += era * 400 + (month <= 2);
	snprintf(buf, STR_UTC_SIZE, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld", year, month,
		 days + 1, second / 3600, second / 60 % 60, second % 60);
}

bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

int str_copy(char *buf, size_t size, const char *s)
{
	size_t len = strlen(s);

	if (len >= size) {
		if (size > 0)
			buf[0] = '\0';
		return -ENAMETOOLONG;
	}
	memmove(buf, s, len + 1);
	return 0;
}

size_t strv_count(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

int strv_add(char ***list, const char *s)
{
	_cleanup_free_ char *copy = strdup(s);
	size_t n = strv_count(*list);
	char **grown;

	if (!copy)
		return -ENOMEM;
	grown = reallocarray(*list, n + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[n] = take_ptr(copy);
	grown[n + 1] = NULL;
	*list = grown;
	return 0;
}

int strv_copy(char ***out, char *const *list)
{
	_cleanup_(strv_cleanup) char **copy = NULL;
	size_t n = strv_count(list);

	if (list) {
		copy = calloc(n + 1, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		copy[i] = strdup(list[i]);
		if (!copy[i])
			return -ENOMEM;
	}
	*out = take_ptr(copy);
	return 0;
}

void strv_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

void strv_cleanup(char ***list)
{
	strv_free(*list);
}

static bool is_plain(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

	return *word && word[strspn(word, plain)] == '\0';
}

void str_print_shell(FILE *out, const char *word)
{
	if (is_plain(word)) {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			putc(*word, out);
	}
	putc('\'', out);
}
