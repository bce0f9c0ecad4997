// SPDX-License-Identifier: Apache-2.0
#include "net/unit.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A number of @unit is @times / @parts of what is stored. */
struct unit {
	const char *name;
	uint64_t times, parts;
};

struct quantity {
	const char *what, *example;
	const struct unit *units; /* ended by one without a name */
	const char *bare;         /* the unit of a number without one; NULL: it needs one */
	uint64_t max;
	const char *most; /* @max as text */
	bool rounds;      /* to the nearest; else down */
};

static const struct unit rate_units[] = {
	{ "bit", 1, 8 },
	{ "kbit", 1000, 8 },
	{ "mbit", 1000000, 8 },
	{ "gbit", 1000000000, 8 },
	{ "tbit", 1000000000000, 8 },
	{ "kibit", 1u << 10, 8 },
	{ "mibit", 1u << 20, 8 },
	{ "gibit", 1u << 30, 8 },
	{ "tibit", 1ull << 40, 8 },
	{ "bps", 1, 1 },
	{ "kbps", 1000, 1 },
	{ "mbps", 1000000, 1 },
	{ "gbps", 1000000000, 1 },
	{ "tbps", 1000000000000, 1 },
	{ "kibps", 1u << 10, 1 },
	{ "mibps", 1u << 20, 1 },
	{ "gibps", 1u << 30, 1 },
	{ "tibps", 1ull << 40, 1 },
	{ 0 },
};

static const struct unit time_units[] = {
	{ "s", 1000000000, 1 },
	{ "ms", 1000000, 1 },
	{ "us", 1000, 1 },
	{ "ns", 1, 1 },
	{ "sec", 1000000000, 1 },
	{ "secs", 1000000000, 1 },
	{ "msec", 1000000, 1 },
	{ "msecs", 1000000, 1 },
	{ "usec", 1000, 1 },
	{ "usecs", 1000, 1 },
	{ "nsec", 1, 1 },
	{ "nsecs", 1, 1 },
	{ 0 },
};

static const struct unit size_units[] = {
	{ "b", 1, 1 },
	{ "kb", 1u << 10, 1 },
	{ "mb", 1u << 20, 1 },
	{ "gb", 1u << 30, 1 },
	{ "k", 1u << 10, 1 },
	{ "m", 1u << 20, 1 },
	{ "g", 1u << 30, 1 },
	{ "kbit", 1u << 10, 8 },
	{ "mbit", 1u << 20, 8 },
	{ "gbit", 1u << 30, 8 },
	{ 0 },
};

static const struct unit percent_units[] = { { "%", UNIT_PERCENT_100, 100 }, { 0 } };

/* A rate is at most what 64 bits hold in bits per second. */
static const struct quantity rate_quantity = { "rate", "10mbit",       rate_units,
					       "bit",  UINT64_MAX / 8, "2305843009213693951bps",
					       false };
/* A tick of the older half of the interface is 64 ns, and there are 2^32 of them. */
static const struct quantity time_quantity = { "time",       "20ms", time_units, NULL,
					       274000000000, "274s", false };
static const struct quantity size_quantity = { "size",     "32kb",  size_units, "b",
					       UINT32_MAX, "4 GiB", false };
static const struct quantity percent_quantity = { "percentage",     "1.5%", percent_units, "%",
						  UNIT_PERCENT_100, "100%", true };

/* A decimal number: digits / tens. */
struct decimal {
	uint64_t digits, tens;
};

/* Returns where it ends, or NULL if there is no number of a size that anybody means. */
static const char *decimal_parse(const char *text, struct decimal *out)
{
	struct decimal d = { .tens = 1 };
	bool fraction = false, any = false;
	const char *c;

	for (c = text; isdigit((unsigned char)*c) || (*c == '.' && !fraction); c++) {
		if (*c == '.') {
			fraction = true;
			continue;
		}
		if (d.digits > (UINT64_MAX - 9) / 10 || d.tens > UINT64_MAX / 10)
			return NULL;
		d.digits = d.digits * 10 + (uint64_t)(*c - '0');
		d.tens *= fraction ? 10 : 1;
		any = true;
	}
	*out = d;
	return any ? c : NULL;
}

static const struct unit *unit_find(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcasecmp(units->name, name))
			return units;
	return NULL;
}

static int unknown_unit(const char *text, const char *unit, const struct quantity *q,
			struct err *err)
{
	const char *names[32], *nearest;
	size_t n = 0;

	for (const struct unit *u = q->units; u->name; u++)
		names[n++] = u->name;
	names[n] = NULL;
	if (!*unit)
		return err_set(err, -EINVAL, "'%s': a %s needs its unit, as in %s", text, q->what,
			       q->example);
	nearest = json_nearest(unit, names);
	err_set(err, -EINVAL, "'%s': unknown unit '%s' of a %s", text, unit, q->what);
	if (nearest)
		err_append(err, " (did you mean '%s'?)", nearest);
	else
		err_append(err, ", which is written as in %s", q->example);
	return -EINVAL;
}

static int parse(const struct quantity *q, const char *text, uint64_t *out, struct err *err)
{
	const struct unit *unit;
	unsigned __int128 value, below;
	struct decimal d;
	const char *end = decimal_parse(text, &d);

	if (!end)
		return err_set(err, -EINVAL, "'%s': expected a %s, as in %s", text, q->what,
			       q->example);
	while (*end == ' ')
		end++;
	unit = unit_find(q->units, !*end && q->bare ? q->bare : end);
	/* No unit makes something of nothing. */
	if (!unit && !*end && !d.digits)
		unit = q->units;
	if (!unit)
		return unknown_unit(text, end, q, err);
	below = (unsigned __int128)d.tens * unit->parts;
	value = ((unsigned __int128)d.digits * unit->times + (q->rounds ? below / 2 : 0)) / below;
	if (value > q->max)
		return err_set(err, -ERANGE, "'%s' is more than %s", text, q->most);
	if (!value && d.digits)
		return err_set(err, -ERANGE, "'%s' is too small to be told from zero", text);
	*out = (uint64_t)value;
	return 0;
}

static int parse_u32(const struct quantity *q, const char *text, uint32_t *out, struct err *err)
{
	uint64_t value;
	int ret = parse(q, text, &value, err);

	if (ret == 0)
		*out = (uint32_t)value;
	return ret;
}

int unit_rate_parse(const char *text, uint64_t *out, struct err *err)
{
	return parse(&rate_quantity, text, out, err);
}

int unit_time_parse(const char *text, uint64_t *out, struct err *err)
{
	return parse(&time_quantity, text, out, err);
}

int unit_size_parse(const char *text, uint32_t *out, struct err *err)
{
	return parse_u32(&size_quantity, text, out, err);
}

int unit_percent_parse(const char *text, uint32_t *out, struct err *err)
{
	return parse_u32(&percent_quantity, text, out, err);
}

/* --- Printing --- */

/* The units to print in, the largest first; the last one fits all. */
static const char *format(uint64_t value, const char *const *names, const struct unit *units,
			  char *buf, size_t size)
{
	const struct unit *u;

	for (;; names++) {
		u = unit_find(units, *names);
		if (!names[1] || (value && value * u->parts % u->times == 0))
			break;
	}
	snprintf(buf, size, "%" PRIu64 "%s", value * u->parts / u->times, u->name);
	return buf;
}

const char *unit_rate_format(uint64_t rate, char *buf, size_t size)
{
	static const char *const names[] = { "gbit", "mbit", "kbit", "bit", NULL };

	return format(rate, names, rate_units, buf, size);
}

/* tc(8) reads no nanoseconds where a delay stands. */
const char *unit_time_format(uint64_t time, char *buf, size_t size)
{
	static const char *const names[] = { "s", "ms", "us", NULL };
	uint64_t rest = time % 1000;
	int places = 3;

	if (!rest)
		return format(time, names, time_units, buf, size);
	for (; rest % 10 == 0; rest /= 10)
		places--;
	snprintf(buf, size, "%" PRIu64 ".%0*" PRIu64 "us", time / 1000, places, rest);
	return buf;
}

const char *unit_size_format(uint32_t bytes, char *buf, size_t size)
{
	static const char *const names[] = { "mb", "kb", "b", NULL };

	return format(bytes, names, size_units, buf, size);
}

const char *unit_percent_format(uint32_t percent, char *buf, size_t size)
{
	uint64_t tens = 1;
	uint32_t again;

	/* Ten places tell all 2^32 apart. */
	for (int places = 0; places <= 10; places++, tens *= 10) {
		unsigned __int128 of = (unsigned __int128)percent * 100 * tens;
		uint64_t n = (uint64_t)((of + UNIT_PERCENT_100 / 2) / UNIT_PERCENT_100);

		if (places)
			snprintf(buf, size, "%" PRIu64 ".%0*" PRIu64 "%%", n / tens, places,
				 n % tens);
		else
			snprintf(buf, size, "%" PRIu64 "%%", n);
		if (unit_percent_parse(buf, &again, NULL) == 0 && again == percent)
			break;
	}
	return buf;
}

/* --- for json tables --- */

static int text_rate(const char *text, void *out, struct err *err)
{
	int ret = unit_rate_parse(text, out, err);

	if (ret == 0 && !*(const uint64_t *)out)
		return err_set(err, -ERANGE, "'%s': a rate must be above 0", text);
	return ret;
}

static int text_time(const char *text, void *out, struct err *err)
{
	return unit_time_parse(text, out, err);
}

static int text_size(const char *text, void *out, struct err *err)
{
	int ret = unit_size_parse(text, out, err);

	if (ret == 0 && !*(const uint32_t *)out)
		return err_set(err, -ERANGE, "'%s': a size must be above 0", text);
	return ret;
}

static int text_percent(const char *text, void *out, struct err *err)
{
	return unit_percent_parse(text, out, err);
}

static int text_chance(const char *text, void *out, struct err *err)
{
	int ret = unit_percent_parse(text, out, err);

	if (ret == 0 && !*(const uint32_t *)out)
		return err_set(err, -ERANGE, "'%s': it would never happen", text);
	return ret;
}

static int text_rest(const char *text, void *out, struct err *err)
{
	int ret = unit_percent_parse(text, out, err);

	if (ret == 0)
		*(uint32_t *)out = UNIT_PERCENT_100 - *(const uint32_t *)out;
	return ret;
}

static void text_from_rate(const void *in, char *buf, size_t size)
{
	unit_rate_format(*(const uint64_t *)in, buf, size);
}

static void text_from_time(const void *in, char *buf, size_t size)
{
	unit_time_format(*(const uint64_t *)in, buf, size);
}

static void text_from_size(const void *in, char *buf, size_t size)
{
	unit_size_format(*(const uint32_t *)in, buf, size);
}

static void text_from_percent(const void *in, char *buf, size_t size)
{
	unit_percent_format(*(const uint32_t *)in, buf, size);
}

static void text_from_rest(const void *in, char *buf, size_t size)
{
	unit_percent_format(UNIT_PERCENT_100 - *(const uint32_t *)in, buf, size);
}

/* Patterns have no word for "without regard to case". */
static void print_caseless(const char *word, FILE *out)
{
	for (; *word; word++) {
		if (isalpha((unsigned char)*word))
			fprintf(out, "[%c%c]", *word, toupper((unsigned char)*word));
		else
			putc(*word, out);
	}
}

static void print_pattern(const struct quantity *q, FILE *out)
{
	fputs("(?:[0-9]+[.]?[0-9]*|[.][0-9]+) *(?:", out);
	for (const struct unit *u = q->units; u->name; u++) {
		if (u != q->units)
			putc('|', out);
		print_caseless(u->name, out);
	}
	fputs(q->bare ? ")?" : ")|[0.]*0[0.]* *", out);
}

static void pattern_rate(FILE *out)
{
	print_pattern(&rate_quantity, out);
}

static void pattern_time(FILE *out)
{
	print_pattern(&time_quantity, out);
}

static void pattern_size(FILE *out)
{
	print_pattern(&size_quantity, out);
}

static void pattern_percent(FILE *out)
{
	print_pattern(&percent_quantity, out);
}

const struct json_text unit_rate_text = { text_rate, text_from_rate, pattern_rate };
const struct json_text unit_time_text = { text_time, text_from_time, pattern_time };
const struct json_text unit_size_text = { text_size, text_from_size, pattern_size };
const struct json_text unit_percent_text = { text_percent, text_from_percent, pattern_percent };
const struct json_text unit_chance_text = { text_chance, text_from_percent, pattern_percent };
const struct json_text unit_rest_text = { text_rest, text_from_rest, pattern_percent };
