/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantities with units, as tc(8) has them: rates, times, sizes and percentages, their text forms and
 * the json tables that decode them.
 *
 * Numbers may have a fraction; units are read without regard to case. As there, a rate without a unit is
 * in bits per second, a size in bytes, a percentage may stand without its sign, and a size's k is 1024
 * where a rate's is 1000. A time has to have its unit: tools differ in what they take for one.
 *
 * What is printed is read back as the same value, by tc(8), too.
 */
#ifndef NET_UNIT_H
#define NET_UNIT_H

#include "lib/err.h"
#include "lib/json.h"

#include <stddef.h>
#include <stdint.h>

#define UNIT_TEXT_MAX 48 /* bytes of any of them as text, NUL included */

/* What the kernel's 32-bit probabilities call 100 %. */
#define UNIT_PERCENT_100 UINT32_MAX

/* Bytes per second; "10mbit" is 1250000. 64 bits are enough for 147 million gbit. */
int unit_rate_parse(const char *text, uint64_t *out, struct err *err);
/* Nanoseconds. */
int unit_time_parse(const char *text, uint64_t *out, struct err *err);
/* Bytes. */
int unit_size_parse(const char *text, uint32_t *out, struct err *err);
/* Of UNIT_PERCENT_100, rounded to the nearest. */
int unit_percent_parse(const char *text, uint32_t *out, struct err *err);

/* Print into @buf (UNIT_TEXT_MAX), in the largest unit that needs no fraction, if there is one. Return @buf. */
const char *unit_rate_format(uint64_t rate, char *buf, size_t size);
const char *unit_time_format(uint64_t time, char *buf, size_t size);
const char *unit_size_format(uint32_t bytes, char *buf, size_t size);
/* With as many places as tell it from its neighbours. */
const char *unit_percent_format(uint32_t percent, char *buf, size_t size);

/* --- for json tables --- */

extern const struct json_text unit_rate_text;    /* uint64_t, not 0 */
extern const struct json_text unit_time_text;    /* uint64_t */
extern const struct json_text unit_size_text;    /* uint32_t, not 0 */
extern const struct json_text unit_percent_text; /* uint32_t */
/* uint32_t, not 0. */
extern const struct json_text unit_chance_text;
/* uint32_t: what is missing to 100 %, so that a key that is missing can mean 100 %. */
extern const struct json_text unit_rest_text;

#endif
