// SPDX-License-Identifier: Apache-2.0
#include "lib/words.h"

#include "lib/cleanup.h"
#include "lib/str.h"

#include <errno.h>

static int decode_words(const struct json_value *list, void *out, struct err *err)
{
	_cleanup_(strv_cleanup) char **words = NULL;

	if (json_value_kind(list) == JSON_IS_NULL)
		return 0;
	if (json_value_kind(list) != JSON_IS_ARRAY)
		return json_value_err(list, err, -EINVAL, "expected a list of names or numbers");
	for (const struct json_value *v = json_value_at(list, 0); v; v = json_value_next(v)) {
		_cleanup_free_ char *word = NULL;
		long long number;
		int ret;

		if (json_value_kind(v) == JSON_IS_NUMBER) {
			ret = json_value_int(v, 0, INT32_MAX, &number, err);
			if (ret == 0 && !(word = str_format("%lld", number)))
				ret = err_oom(err);
		} else {
			ret = json_value_string(v, &word, err);
		}
		if (ret == 0 && strv_add(&words, word) < 0)
			ret = err_oom(err);
		if (ret < 0)
			return ret;
	}
	*(char ***)out = take_ptr(words);
	return 0;
}

static void encode_words(const void *in, const char *key, struct json_writer *w)
{
	json_write_begin(w, key, '[');
	for (char **word = *(char **const *)in; word && *word; word++)
		json_write_string(w, NULL, *word);
	json_write_end(w);
}

static void release_words(void *in)
{
	strv_free(*(char ***)in);
}

static const struct json_form word_forms[] = { { .kind = JSON_IS_STRING },
					       JSON_FORM_NUMBER(0, INT32_MAX),
					       JSON_FORM_END };
static const struct json_form words_forms[] = { JSON_FORM_LIST(word_forms), JSON_FORM_END };

const struct json_custom words_json = {
	.decode = decode_words,
	.encode = encode_words,
	.release = release_words,
	.what = "list of names or numbers",
	.forms = words_forms,
};
