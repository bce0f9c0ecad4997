// SPDX-License-Identifier: Apache-2.0
/*
 * The door for configs: from text to a prepared spec, and back to text, as it is kept with a container's
 * state. What fails must leave the spec zero, with one line that says why; what is prepared must encode to
 * a text that decodes, and prepares, to the same text again.
 */
#include "container/spec.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Warnings of unknown keys are not what this looks for, and slow. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc;
	(void)argv;
	if (log_open("/dev/null", LOG_TEXT, false, &err) < 0)
		abort();
	return 0;
}

static void expect_zero(const struct spec *spec)
{
	static const struct spec zero;

	if (memcmp(spec, &zero, sizeof(zero)) != 0)
		abort();
}

static void expect_line(const struct err *err, int code)
{
	if (code >= 0 || err->code != code || str_empty(err->text) || strchr(err->text, '\n'))
		abort();
}

/* What spec_load() does with the text of a file, formats apart. */
static int load(struct spec *spec, const char *text, size_t len, struct err *err)
{
	struct json_doc *doc;
	int ret;

	memset(spec, 0, sizeof(*spec));
	ret = json_parse(text, len, "fuzz", &doc, err);
	if (ret < 0)
		return ret;
	ret = json_value_decode(&spec_schema, spec, json_root(doc), err);
	json_free(doc);
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

	if (load(&spec, text, len, &err) < 0 || (prepare && spec_prepare(&spec, &err) < 0))
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
	int ret = load(&spec, (const char *)data, size, &err);

	if (ret < 0) {
		expect_line(&err, ret);
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
	}
	spec_release(&spec);
	expect_zero(&spec);
	return 0;
}
