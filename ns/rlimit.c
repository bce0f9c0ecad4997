// SPDX-License-Identifier: Apache-2.0
#include "ns/rlimit.h"

#include "lib/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

static const struct json_name names[] = { { "CPU", RLIMIT_CPU },
					  { "FSIZE", RLIMIT_FSIZE },
					  { "DATA", RLIMIT_DATA },
					  { "STACK", RLIMIT_STACK },
					  { "CORE", RLIMIT_CORE },
					  { "RSS", RLIMIT_RSS },
					  { "NPROC", RLIMIT_NPROC },
					  { "NOFILE", RLIMIT_NOFILE },
					  { "MEMLOCK", RLIMIT_MEMLOCK },
					  { "AS", RLIMIT_AS },
					  { "LOCKS", RLIMIT_LOCKS },
					  { "SIGPENDING", RLIMIT_SIGPENDING },
					  { "MSGQUEUE", RLIMIT_MSGQUEUE },
					  { "NICE", RLIMIT_NICE },
					  { "RTPRIO", RLIMIT_RTPRIO },
					  { "RTTIME", RLIMIT_RTTIME },
					  { NULL, 0 } };

static const char *name_of(int type)
{
	for (const struct json_name *n = names; n->name; n++)
		if (n->value == type)
			return n->name;
	return "?";
}

static int type_by_name(const struct json_value *v, int *type, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int ret = json_value_string(v, &text, err);
	const char *bare;

	if (ret < 0)
		return ret;
	bare = strncasecmp(text, "RLIMIT_", 7) ? text : text + 7;
	for (const struct json_name *n = names; n->name; n++) {
		if (strcasecmp(n->name, bare))
			continue;
		*type = n->value;
		return 0;
	}
	return json_value_err(v, err, -EINVAL, "unknown resource limit '%.40s'", text);
}

static int decode_type(const struct json_value *v, void *out, struct err *err)
{
	long long number;
	int ret;

	if (json_value_kind(v) == JSON_IS_STRING)
		return type_by_name(v, out, err);
	ret = json_value_int(v, 0, RLIM_NLIMITS - 1, &number, err);
	if (ret == 0)
		*(int *)out = (int)number;
	return ret;
}

static void encode_type(const void *in, const char *key, struct json_writer *w)
{
	json_write_int(w, key, *(const int *)in);
}

static void encode_oci_type(const void *in, const char *key, struct json_writer *w)
{
	char name[40];

	snprintf(name, sizeof(name), "RLIMIT_%s", name_of(*(const int *)in));
	json_write_string(w, key, name);
}

#define TYPE_WORDS "name, with or without RLIMIT_, or its number"

/* Its names, in any case, and with or without what getrlimit(2) calls them by. */
static void pattern_type(FILE *out)
{
	fputs("(?:[Rr][Ll][Ii][Mm][Ii][Tt]_)?(?:", out);
	for (const struct json_name *n = names; n->name; n++) {
		fputs(n == names ? "" : "|", out);
		for (const char *c = n->name; *c; c++)
			fprintf(out, "[%c%c]", *c, tolower((unsigned char)*c));
	}
	fputs(")", out);
}

static const struct json_text type_text = { .pattern = pattern_type };
static const struct json_form type_forms[] = { { JSON_IS_STRING, .names = names },
					       JSON_FORM_TEXT(&type_text),
					       JSON_FORM_NUMBER(0, RLIM_NLIMITS - 1),
					       JSON_FORM_END };

static const struct json_custom type_json = {
	.decode = decode_type,
	.encode = encode_type,
	.what = TYPE_WORDS,
	.forms = type_forms,
};
static const struct json_custom oci_type_json = {
	.decode = decode_type,
	.encode = encode_oci_type,
	.what = TYPE_WORDS,
};

static const struct json_field rlimit_fields[] = {
	JSON_CUSTOM(struct rlimit_spec, "type", type, &type_json,
		    .flags = JSON_REQUIRED | JSON_KEEP),
	JSON_UINT(struct rlimit_spec, "hard", hard, .flags = JSON_REQUIRED | JSON_KEEP),
	JSON_UINT(struct rlimit_spec, "soft", soft, .flags = JSON_REQUIRED | JSON_KEEP),
	JSON_END,
};
const struct json_schema rlimit_schema =
	JSON_SCHEMA(struct rlimit_spec, rlimit_fields, .caseless = true);

static const struct json_field oci_fields[] = {
	JSON_CUSTOM(struct rlimit_spec, "type", type, &oci_type_json,
		    .flags = JSON_REQUIRED | JSON_KEEP),
	JSON_UINT(struct rlimit_spec, "hard", hard, .flags = JSON_REQUIRED | JSON_KEEP),
	JSON_UINT(struct rlimit_spec, "soft", soft, .flags = JSON_REQUIRED | JSON_KEEP),
	JSON_END,
};
const struct json_schema rlimit_oci_schema = JSON_SCHEMA(struct rlimit_spec, oci_fields);

int rlimits_check(const struct rlimit_spec *list, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].soft > list[i].hard)
			return err_set(err, -EINVAL,
				       "rlimits[%zu] (%s): the soft limit is above the hard one", i,
				       name_of(list[i].type));
		for (size_t j = 0; j < i; j++)
			if (list[j].type == list[i].type)
				return err_set(err, -EINVAL, "rlimits[%zu]: a second %s", i,
					       name_of(list[i].type));
	}
	return 0;
}

static int fail(const struct rlimit_spec *list, size_t i, struct err *err)
{
	return err_sys(err, -errno, "rlimits[%zu] (%s): cannot set %llu/%llu", i,
		       name_of(list[i].type), (unsigned long long)list[i].soft,
		       (unsigned long long)list[i].hard);
}

int rlimits_raise(pid_t pid, const struct rlimit_spec *list, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		__rlimit_resource_t type = (__rlimit_resource_t)list[i].type;
		struct rlimit limit;

		if (prlimit(pid, type, NULL, &limit) < 0)
			return fail(list, i, err);
		if (list[i].hard <= limit.rlim_max)
			continue;
		limit.rlim_max = list[i].hard;
		if (prlimit(pid, type, &limit, NULL) < 0)
			return fail(list, i, err);
	}
	return 0;
}

static bool is_meant(int type, enum rlimits_which which)
{
	bool for_clone = type == RLIMIT_NPROC || type == RLIMIT_NOFILE;

	return which == RLIMITS_ALL || for_clone == (which == RLIMITS_FOR_CLONE);
}

bool rlimits_any(const struct rlimit_spec *list, size_t count, enum rlimits_which which)
{
	for (size_t i = 0; i < count; i++)
		if (is_meant(list[i].type, which))
			return true;
	return false;
}

int rlimits_apply(const struct rlimit_spec *list, size_t count, enum rlimits_which which,
		  struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		/* UINT64_MAX is RLIM_INFINITY, so the numbers carry over. */
		const struct rlimit limit = { .rlim_cur = list[i].soft, .rlim_max = list[i].hard };

		if (is_meant(list[i].type, which) &&
		    setrlimit((__rlimit_resource_t)list[i].type, &limit) < 0)
			return fail(list, i, err);
	}
	return 0;
}
