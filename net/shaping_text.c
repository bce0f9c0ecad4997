// SPDX-License-Identifier: Apache-2.0
/* Shaping as words, by the tables that decode it: what shaping_merge() reads. */
#include "net/shaping.h"

#include "lib/cleanup.h"
#include "net/unit.h"

#include <inttypes.h>
#include <stdlib.h>

#define VALUE_MAX 1024 /* struct json_text's */

/* Where a word goes, and what its key begins with: "slot.". */
struct words {
	FILE *out;
	const char *prefix;
	bool more; /* one is there already */
};

static void put_word(struct words *w, const char *key, const char *value)
{
	fprintf(w->out, "%s%s%s=%s", w->more ? " " : "", w->prefix, key, value);
	w->more = true;
}

static void put_object(struct words *w, const char *key, const struct json_schema *schema,
		       const void *object);

static void put_loss(struct words *w, const char *key, const struct netem_loss *loss)
{
	char text[UNIT_TEXT_MAX];

	if (loss->gemodel.p)
		put_object(w, key, netem_loss_json.schema, loss);
	else
		put_word(w, key, unit_percent_format(loss->random, text, sizeof(text)));
}

static void put_enum(struct words *w, const struct json_field *f, int value)
{
	for (const struct json_name *n = f->names; n->name; n++) {
		if (n->value != value)
			continue;
		put_word(w, f->key, n->name);
		return;
	}
}

static void put_uint(struct words *w, const struct json_field *f, const void *value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64,
		 f->size == sizeof(uint32_t) ? *(const uint32_t *)value : *(const uint64_t *)value);
	put_word(w, f->key, text);
}

static void put_field(struct words *w, const struct json_field *f, const void *value)
{
	char text[VALUE_MAX];

	if (f->type == JSON_TYPE_TEXT) {
		f->text->format(value, text, sizeof(text));
		put_word(w, f->key, text);
	} else if (f->type == JSON_TYPE_ENUM) {
		put_enum(w, f, *(const int *)value);
	} else if (f->type == JSON_TYPE_OBJECT) {
		put_object(w, f->key, f->schema, value);
	} else if (f->type == JSON_TYPE_CUSTOM) {
		put_loss(w, f->key, value);
	} else {
		put_uint(w, f, value);
	}
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size && !*bytes)
		bytes++, size--;
	return size == 0;
}

static void put_fields(struct words *w, const struct json_schema *schema, const void *object)
{
	for (const struct json_field *f = schema->fields; f->key; f++) {
		const uint8_t *value = (const uint8_t *)object + f->offset;

		if (!is_zero(value, f->size))
			put_field(w, f, value);
	}
}

static void put_object(struct words *w, const char *key, const struct json_schema *schema,
		       const void *object)
{
	struct words inside = { .out = w->out, .more = w->more };
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s%s.", w->prefix, key);
	inside.prefix = prefix;
	put_fields(&inside, schema, object);
	w->more = inside.more;
}

char *shaping_way_text(const struct shaping_way *way)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	struct words w = { .out = open_memstream(&text, &len), .prefix = "" };

	if (!w.out)
		return NULL;
	put_fields(&w, &shaping_way_schema, way);
	return fclose(w.out) == 0 ? take_ptr(text) : NULL;
}
