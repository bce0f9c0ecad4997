// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/round_trip.h"

#include "lib/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void expect_survives(const struct json_schema *schema, const char *text)
{
	_cleanup_free_ void *object = calloc(1, schema->size);
	_cleanup_free_ char *again = NULL;
	struct err err = { 0 };
	size_t len;
	FILE *out = open_memstream(&again, &len);

	if (json_decode(schema, object, text, strlen(text), "t", &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(json_encode_compact(schema, object, out, NULL), 0);
	fclose(out);
	assert_string_equal(again, text);
	json_release(schema, object);
}
