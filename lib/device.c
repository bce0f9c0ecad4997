// SPDX-License-Identifier: Apache-2.0
#include "lib/device.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <string.h>

#define TYPES      "cbup"
#define RULE_TYPES "cba"

static int decode(const struct json_value *v, const char *letters, char *out, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	long long number = 0;
	int ret = 0;

	if (json_value_kind(v) == JSON_IS_STRING) {
		ret = json_value_string(v, &text, err);
		if (ret == 0)
			number = strlen(text) == 1 ? text[0] : 0;
	} else {
		ret = json_value_int(v, 0, 0x10ffff, &number, err);
	}
	if (ret < 0)
		return ret;
	for (const char *c = letters; *c; c++) {
		if (*c != number)
			continue;
		*out = *c;
		return 0;
	}
	ret = json_value_err(v, err, -EINVAL, "not a device type; known are");
	for (const char *c = letters; *c; c++)
		err_append(err, "%s %d or \"%c\"", c == letters ? "" : ",", *c, *c);
	return ret;
}

static void encode(const void *in, const char *key, struct json_writer *w)
{
	json_write_int(w, key, *(const char *)in);
}

static const struct json_form type_forms[] = { JSON_FORM_NUMBER('b', 'u'),
					       { JSON_IS_STRING, .pattern = "[" TYPES "]" },
					       JSON_FORM_END };
static const struct json_form rule_type_forms[] = {
	JSON_FORM_NUMBER('a', 'c'), { JSON_IS_STRING, .pattern = "[" RULE_TYPES "]" }, JSON_FORM_END
};

int device_type_decode(const struct json_value *v, void *out, struct err *err)
{
	return decode(v, TYPES, out, err);
}

const struct json_custom device_type_json = {
	.decode = device_type_decode,
	.encode = encode,
	.what = "number of a letter, or the letter: c, b, u, p",
	.forms = type_forms,
};

int device_rule_type_decode(const struct json_value *v, void *out, struct err *err)
{
	return decode(v, RULE_TYPES, out, err);
}

const struct json_custom device_rule_type_json = {
	.decode = device_rule_type_decode,
	.encode = encode,
	.what = "number of a letter, or the letter: c, b, a",
	.forms = rule_type_forms,
};
