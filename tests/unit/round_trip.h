/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ROUND_TRIP_H
#define TESTS_ROUND_TRIP_H

#include "lib/json.h"

/* @text decodes by @schema, and encodes, compact, as itself. */
void expect_survives(const struct json_schema *schema, const char *text);

#endif
