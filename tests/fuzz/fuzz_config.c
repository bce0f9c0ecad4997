// SPDX-License-Identifier: Apache-2.0
/*
 * The door for configs: from text to a prepared spec, and back to text, as it is kept with a container's
 * state. What fails must leave the spec zero, with one line that says why; what is prepared must encode to
 * a text that decodes, and prepares, to the same text again.
 */
#include "container/names.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void expect_zero(const struct spec *spec)
{
	static const struct spec zero;

	if (memcmp(spec, &zero, sizeof(zero)) != 0)
		abort();
}

/* What spec_load_named() does with the text of a file, in whatever format it is. */
static int load(struct spec *spec, const char *text, size_t len, struct spec_names *names,
		struct err *err)
{
	int ret;

	memset(spec, 0, sizeof(*spec));
	*names = (struct spec_names){ .path = strdup("fuzz") };
	ret = json_parse(text, len, "fuzz", &names->docs[0], err);
	if (ret < 0)
		return ret;
	names->format = format_detect(json_root(names->docs[0]));
	ret = format_load_all(spec, json_root(names->docs[0]), "fuzz", &names->docs[1], err);
	if (ret < 0)
		expect_zero(spec);
	return ret;
}

static char *encode(const struct spec *spec, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct err err;

	if (!out || json_encode(&spec_schema, spec, out, &err) < 0)
		abort();
	fclose(out);
	return text;
}

/* @text came from a spec: it decodes to one that encodes to it again. */
static void expect_same(const char *text, size_t len, bool prepare)
{
	_cleanup_free_ char *again = NULL;
	struct err err = { 0 };
	struct spec spec;
	size_t n;

	if (json_decode(&spec_schema, &spec, text, len, "stored", &err) < 0 ||
	    (prepare && spec_prepare(&spec, &err) < 0))
		abort();
	again = encode(&spec, &n);
	if (n != len || memcmp(again, text, n) != 0)
		abort();
	spec_release(&spec);
	expect_zero(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *decoded = NULL, *prepared = NULL;
	struct err err = { 0 };
	struct spec spec;
	size_t len;
	struct spec_names names;
	int ret = load(&spec, (const char *)data, size, &names, &err);

	if (ret < 0) {
		expect_line(&err, ret);
		spec_names_release(&names);
		return 0;
	}
	decoded = encode(&spec, &len);
	expect_same(decoded, len, false);
	ret = spec_prepare(&spec, &err);
	if (ret == 0) {
		prepared = encode(&spec, &len);
		expect_same(prepared, len, true);
	} else {
		expect_line(&err, ret);
		spec_names_apply(&names, &err);
		expect_line(&err, ret);
	}
	spec_names_release(&names);
	spec_release(&spec);
	expect_zero(&spec);
	return 0;
}
