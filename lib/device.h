/* SPDX-License-Identifier: Apache-2.0 */
/* What describes a device in configs: its type, a letter, and its numbers. */
#ifndef LIB_DEVICE_H
#define LIB_DEVICE_H

#include "lib/err.h"
#include "lib/json.h"

/* MAJOR and MINOR of the kernel's linux/kdev_t.h. */
#define DEVICE_MAJOR_MAX 4095
#define DEVICE_MINOR_MAX 1048575

/*
 * A char that is written as its number, as Go writes a rune: 99 is 'c'. A string of one letter is read as well. For
 * JSON_CUSTOM.
 */
extern const struct json_custom device_type_json;      /* of a node: c, b, u, p */
extern const struct json_custom device_rule_type_json; /* of those that a rule is about: c, b, a */

/* The same two, for formats that write the letter. */
int device_type_decode(const struct json_value *v, void *out, struct err *err);
int device_rule_type_decode(const struct json_value *v, void *out, struct err *err);

#endif
