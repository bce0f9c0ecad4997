// SPDX-License-Identifier: Apache-2.0
/* The names of a config in a file, beside the container that was made of it. */
#include "container/names.h"
#include "lib/cleanup.h"

#include <string.h>

struct stored {
	char *path, *texts[2], *but;
};

static const struct json_field stored_fields[] = {
	JSON_STRING(struct stored, "path", path),
	JSON_STRING(struct stored, "text", texts[0]),
	JSON_STRING(struct stored, "other_text", texts[1]),
	JSON_STRING(struct stored, "given", but),
	JSON_END,
};
static const struct json_schema stored_schema = JSON_SCHEMA(struct stored, stored_fields);

int spec_names_encode(const struct spec_names *names, FILE *out, struct err *err)
{
	struct stored s = { .path = names->path, .but = (char *)names->but };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(s.texts); i++) {
		size_t len;
		const char *text = names->docs[i] ? json_text(names->docs[i], &len) : NULL;

		s.texts[i] = text ? strndup(text, len) : NULL;
		if (text && !s.texts[i])
			ret = err_oom(err);
	}
	if (ret == 0)
		ret = json_encode_compact(&stored_schema, &s, out, err);
	for (size_t i = 0; i < array_size(s.texts); i++)
		free(s.texts[i]);
	return ret;
}

static int parse_stored(const struct stored *s, struct spec_names *names, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < array_size(s->texts); i++)
		if (s->texts[i])
			ret = json_parse(s->texts[i], strlen(s->texts[i]), "names", &names->docs[i],
					 err);
	if (ret == 0 && names->docs[0])
		names->format = format_detect(json_root(names->docs[0]));
	return ret;
}

/* That a key was given elsewhere is told by its name, of which a program has the string. */
static const char *known_key(const char *key)
{
	return key && !strcmp(key, SPEC_NAMES_ROOTFS) ? SPEC_NAMES_ROOTFS : NULL;
}

int spec_names_decode(const struct json_value *v, struct spec_names *names, struct err *err)
{
	struct spec_names made = { 0 };
	struct stored s = { 0 };
	int ret = json_value_decode(&stored_schema, &s, v, err);

	if (ret == 0)
		ret = parse_stored(&s, &made, err);
	made.path = take_ptr(s.path);
	made.but = known_key(s.but);
	json_release(&stored_schema, &s);
	if (ret < 0)
		spec_names_release(&made);
	else
		*names = made;
	return ret;
}
