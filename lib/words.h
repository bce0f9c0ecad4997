/* SPDX-License-Identifier: Apache-2.0 */
/* A list of names in JSON, for which older configs have numbers: groups, for instance. */
#ifndef LIB_WORDS_H
#define LIB_WORDS_H

#include "lib/json.h"

/* char **, NULL-terminated; a number becomes its digits. For JSON_CUSTOM. */
extern const struct json_custom words_json;

#endif
