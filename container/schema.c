// SPDX-License-Identifier: Apache-2.0
#include "container/schema.h"

#include "container/key_text.h"
#include "container/spec.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#include <string.h>

/* "Its text." and, in a paragraph of their own, its unit and what holds without it. */
static char *describe(struct key_text *t)
{
	_cleanup_free_ char *line = key_text_line(t);

	if (!line || (!t->unit.at && !t->fallback.at))
		return take_ptr(line);
	return str_format("%s\n\n%s%.*s%s%s%.*s%s", line, t->unit.at ? "Unit: " : "",
			  (int)t->unit.len, t->unit.at ? t->unit.at : "", t->unit.at ? ". " : "",
			  t->fallback.at ? "Default: " : "", (int)t->fallback.len,
			  t->fallback.at ? t->fallback.at : "", t->fallback.at ? "." : "");
}

static void about(const char *path, struct json_about *out, void *arg)
{
	struct key_text t;

	(void)arg;
	if (!key_text_find(path, &t))
		return;
	out->text = describe(&t);
	out->fallback = key_words_dup(&t.fallback);
	out->example = key_words_dup(&t.example);
}

int config_schema_write(FILE *out, struct err *err)
{
	const struct json_draft7 draft = { .about = about };
	struct json_writer *w = json_writer_new(out, true);

	json_write_begin(w, NULL, '{');
	json_write_string(w, "$schema", "http://json-schema.org/draft-07/schema#");
	json_write_string(w, "title", "ctrnet.json(5)");
	json_write_string(w, "description", "The configuration of a container, for ctrnet.");
	json_write_draft7(w, &spec_schema, &draft);
	json_write_end(w);
	return json_writer_end(w, err);
}
