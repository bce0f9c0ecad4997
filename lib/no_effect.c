// SPDX-License-Identifier: Apache-2.0
#include "lib/no_effect.h"

#include "lib/cleanup.h"

#include <errno.h>

/* Does the value ask for nothing: null, false, 0, "", [] or {}? */
static bool asks_for_nothing(const struct json_value *v)
{
	_cleanup_free_ char *text = NULL;
	long long number;
	bool on;

	switch (json_value_kind(v)) {
	case JSON_IS_NULL:
		return true;
	case JSON_IS_BOOL:
		return json_value_bool(v, &on, NULL) == 0 && !on;
	case JSON_IS_NUMBER:
		return json_value_int(v, 0, 0, &number, NULL) == 0;
	case JSON_IS_STRING:
		return json_value_string(v, &text, NULL) == 0 && !*text;
	case JSON_IS_ARRAY:
	case JSON_IS_OBJECT:
		return json_value_count(v) == 0;
	}
	return false;
}

static int refuse(const struct json_value *v, void *out, struct err *err)
{
	(void)out;
	if (asks_for_nothing(v))
		return 0;
	return json_value_err(v, err, -EOPNOTSUPP,
			      "this version of ctrnet cannot put this into effect");
}

static int ignore(const struct json_value *v, void *out, struct err *err)
{
	(void)v;
	(void)out;
	(void)err;
	return 0;
}

static void encode_nothing(const void *in, const char *key, struct json_writer *w)
{
	(void)in;
	(void)key;
	(void)w;
}

static bool never(const void *in)
{
	(void)in;
	return false;
}

const struct json_custom json_refused = {
	.decode = refuse,
	.encode = encode_nothing,
	.present = never,
	.what = "refused unless it asks for nothing",
};

const struct json_custom json_ignored = {
	.decode = ignore,
	.encode = encode_nothing,
	.present = never,
	.what = "ignored",
};
