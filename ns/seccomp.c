// SPDX-License-Identifier: Apache-2.0
/* libcontainer's form, by numbers, and what must hold of any. */
#include "ns/seccomp.h"

#include "ns/seccomp_arch.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>

static int decode_default(const struct json_value *v, void *out, struct err *err)
{
	struct seccomp_default *d = out;
	long long action;
	int ret = json_value_int(v, SECCOMP_DO_KILL, SECCOMP_DO_ERRNO_MAX, &action, err);

	if (ret == 0)
		*d = (struct seccomp_default){ true, (int)action };
	return ret;
}

static void encode_default(const void *in, const char *key, struct json_writer *w)
{
	json_write_int(w, key, ((const struct seccomp_default *)in)->action);
}

static const struct json_form default_forms[] = {
	JSON_FORM_NUMBER(SECCOMP_DO_KILL, SECCOMP_DO_ERRNO_MAX), JSON_FORM_END
};

static const struct json_custom default_json = {
	.decode = decode_default,
	.encode = encode_default,
	.what = "integer, -3 to 4095",
	.forms = default_forms,
};

static int decode_two(const struct json_value *v, void *out, struct err *err)
{
	__typeof__(((struct seccomp_arg *)0)->two) *two = out;
	unsigned long long value;
	int ret = json_value_uint(v, UINT64_MAX, &value, err);

	if (ret == 0) {
		two->given = true;
		two->value = value;
	}
	return ret;
}

static void encode_two(const void *in, const char *key, struct json_writer *w)
{
	const __typeof__(((struct seccomp_arg *)0)->two) *two = in;

	json_write_uint(w, key, two->value);
}

static const struct json_form two_forms[] = { JSON_FORM_NUMBER(0, UINT64_MAX), JSON_FORM_END };

static const struct json_custom two_json = {
	.decode = decode_two,
	.encode = encode_two,
	.what = "integer",
	.forms = two_forms,
};

static const struct json_field arg_fields[] = {
	JSON_UINT(struct seccomp_arg, "index", index, .max = 5, .flags = JSON_KEEP),
	JSON_UINT(struct seccomp_arg, "value", value, .flags = JSON_KEEP),
	JSON_CUSTOM(struct seccomp_arg, "value_two", two, &two_json),
	JSON_INT(struct seccomp_arg, "op", op, .max = SECCOMP_LE, .flags = JSON_KEEP),
	JSON_END,
};
static const struct json_schema arg_schema =
	JSON_SCHEMA(struct seccomp_arg, arg_fields, .caseless = true);

static const struct json_field rule_fields[] = {
	JSON_INT(struct seccomp_rule, "value", number, .flags = JSON_REQUIRED),
	JSON_INT(struct seccomp_rule, "action", action, .min = SECCOMP_DO_KILL,
		 .max = SECCOMP_DO_ERRNO_MAX, .flags = JSON_REQUIRED),
	JSON_ARRAY(struct seccomp_rule, "args", args, arg_count, &arg_schema),
	JSON_END,
};
static const struct json_schema rule_schema =
	JSON_SCHEMA(struct seccomp_rule, rule_fields, .caseless = true);

int seccomp_mark_present(void *object, struct err *err)
{
	(void)err;
	((struct seccomp_spec *)object)->present = true;
	return 0;
}

static const struct json_field seccomp_fields[] = {
	JSON_CUSTOM(struct seccomp_spec, "default_action", otherwise, &default_json),
	JSON_ARRAY(struct seccomp_spec, "syscalls", rules, rule_count, &rule_schema),
	JSON_END,
};
const struct json_schema seccomp_schema = JSON_SCHEMA(
	struct seccomp_spec, seccomp_fields, .caseless = true, .check = seccomp_mark_present);

static int check_rule(const struct seccomp_rule *r, struct err *err)
{
	_cleanup_free_ char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, r->number);

	/* What the named form passed over: see seccomp_named.c. */
	if (name || (r->number == __NR_SCMP_ERROR && r->action == SECCOMP_DO_ALLOW))
		return 0;
	if (!seccomp_call_is_new(r->number))
		return err_set(err, -EINVAL, "there is no system call %d", r->number);
	return r->arg_count ? err_set(err, -EOPNOTSUPP,
				      "libseccomp does not know system call %d yet, so it can be "
				      "ruled as a whole, but not by its arguments",
				      r->number)
			    : 0;
}

int seccomp_check(const struct seccomp_spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->rule_count; i++) {
		int ret = check_rule(&spec->rules[i], err);

		if (ret < 0)
			return err_wrap(err, "seccomp.syscalls[%zu]", i);
	}
	return 0;
}
