/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are known, and have no effect: nothing is stored, whatever the member, and nothing is written. */
#ifndef LIB_NO_EFFECT_H
#define LIB_NO_EFFECT_H

#include "lib/json.h"

/* Accepts null, false, 0, "", [] and {}, which ask for nothing; all else is an error, since it would be missed. */
extern const struct json_custom json_refused;
/* Accepts anything: its writers knew that it does nothing. */
extern const struct json_custom json_ignored;

/* Rows of a table. */
#define REFUSED(T, k, m) JSON_CUSTOM(T, k, m, &json_refused)
#define IGNORED(T, k, m) JSON_CUSTOM(T, k, m, &json_ignored)

#endif
