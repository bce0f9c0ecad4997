// SPDX-License-Identifier: Apache-2.0
/*
 * `ctrnet config` on configs of any format: what is read is printed in the form of mid-2015, which is read again and
 * printed as the same text; and as one of the OCI's, whose tables read it again and print the same. An object with the
 * keys "config" and "runtime" stands for the pair of files that one draft has.
 */
#include "container/format.h"
#include "container/ocf.h"
#include "container/oci.h"
#include "lib/cleanup.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static int load_value(struct spec *spec, const struct json_value *root, struct err *err)
{
	const struct json_value *config = json_value_get(root, "config");
	const struct json_value *runtime = json_value_get(root, "runtime");
	int ret;

	if (!config || !runtime)
		return format_load(spec, root, "fuzz", err);
	ret = ocf_decode(spec, config, runtime, "fuzz", "/bundle", err);
	if (ret < 0)
		spec_release(spec);
	return ret;
}

static int load(struct spec *spec, const char *text, size_t len, struct err *err)
{
	static const struct spec zero;
	struct json_doc *doc;
	int ret;

	*spec = zero;
	ret = json_parse(text, len, "fuzz", &doc, err);
	if (ret < 0)
		return ret;
	ret = load_value(spec, json_root(doc), err);
	json_free(doc);
	if (ret < 0 && memcmp(spec, &zero, sizeof(zero)) != 0)
		abort();
	return ret;
}

static char *write_spec(const struct spec *spec, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct err err;

	if (!out || spec_write(spec, out, &err) < 0)
		abort();
	fclose(out);
	return text;
}

static char *write_oci(const struct oci *oci)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct err err;

	if (!out || json_encode(&oci_schema, oci, out, &err) < 0)
		abort();
	fclose(out);
	return text;
}

/* The tables read what they have printed. */
static void expect_same_oci(const char *text)
{
	_cleanup_free_ char *again = NULL;
	struct oci oci;
	struct err err;

	if (json_decode(&oci_schema, &oci, text, strlen(text), "oci", &err) < 0)
		abort();
	again = write_oci(&oci);
	if (strcmp(text, again) != 0)
		abort();
	json_release(&oci_schema, &oci);
}

static void convert_to_oci(struct spec *spec)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	struct oci oci;
	int ret = spec_prepare(spec, &err);

	if (ret < 0) {
		expect_line(&err, ret);
		return;
	}
	ret = oci_take(spec, "fuzz", &oci, &err);
	if (ret == 0) {
		text = write_oci(&oci);
		expect_same_oci(text);
	} else {
		expect_line(&err, ret);
	}
	json_release(&oci_schema, &oci);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct err err = { 0 };
	struct spec spec;
	size_t len, n;
	int ret = load(&spec, (const char *)data, size, &err);

	if (ret < 0) {
		expect_line(&err, ret);
		return 0;
	}
	text = write_spec(&spec, &len);
	convert_to_oci(&spec);
	spec_release(&spec);
	if (load(&spec, text, len, &err) < 0)
		abort();
	again = write_spec(&spec, &n);
	if (n != len || memcmp(text, again, n) != 0)
		abort();
	spec_release(&spec);
	return 0;
}
