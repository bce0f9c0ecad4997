// SPDX-License-Identifier: Apache-2.0
/* The form by names: runc's since 0.0.4, and the OCI's. */
#include "ns/seccomp.h"

#include "lib/cleanup.h"
#include "lib/log.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>

static const struct json_name actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_DO_ALLOW },
	{ "SCMP_ACT_ERRNO", EPERM },
	{ "SCMP_ACT_KILL", SECCOMP_DO_KILL },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_DO_KILL },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_DO_KILL },
	{ "SCMP_ACT_TRAP", SECCOMP_DO_TRAP },
	{ NULL, 0 },
};

static const struct json_name ops[] = {
	{ "SCMP_CMP_EQ", SECCOMP_EQ },
	{ "SCMP_CMP_NE", SECCOMP_NE },
	{ "SCMP_CMP_GT", SECCOMP_GT },
	{ "SCMP_CMP_LT", SECCOMP_LT },
	{ "SCMP_CMP_GE", SECCOMP_GE },
	{ "SCMP_CMP_LE", SECCOMP_LE },
	{ "SCMP_CMP_MASKED_EQ", SECCOMP_MASKED_EQ },
	{ NULL, 0 },
};

/* Here the mask and the value are two numbers, of which a missing one is 0. */
static int check_arg(void *object, struct err *err)
{
	struct seccomp_arg *arg = object;

	(void)err;
	arg->two.given = arg->op == SECCOMP_MASKED_EQ;
	return 0;
}

static const struct json_field arg_fields[] = {
	JSON_UINT(struct seccomp_arg, "index", index, .max = 5, .flags = JSON_KEEP),
	JSON_UINT(struct seccomp_arg, "value", value, .flags = JSON_KEEP),
	JSON_UINT(struct seccomp_arg, "valueTwo", two.value, .as = "value_two"),
	JSON_ENUM(struct seccomp_arg, "op", op, ops, .flags = JSON_REQUIRED),
	JSON_END,
};
const struct json_schema seccomp_named_arg_schema =
	JSON_SCHEMA(struct seccomp_arg, arg_fields, .caseless = true, .check = check_arg);

/*
 * A call that only other architectures have is a number below -1. Newer than the libseccomp of this machine may be
 * what is to be allowed (it is denied then), but nothing that is to be denied.
 */
static int decode_name(const struct json_value *v, void *out, struct err *err)
{
	struct seccomp_rule *rule = out;
	_cleanup_free_ char *name = NULL;
	struct err text;
	int ret = json_value_string(v, &name, err);

	_Static_assert(offsetof(struct seccomp_rule, number) == 0, "out is the rule");
	if (ret < 0)
		return ret;
	rule->number = seccomp_syscall_resolve_name(name);
	if (rule->number != __NR_SCMP_ERROR)
		return 0;
	if (rule->action != SECCOMP_DO_ALLOW)
		return json_value_err(v, err, -EINVAL, "libseccomp knows no system call '%.60s'",
				      name);
	json_value_err(v, &text, -EINVAL,
		       "libseccomp knows no system call '%.60s', so it is not allowed", name);
	log_warn("%s", text.text);
	return 0;
}

char *seccomp_call_name(int number)
{
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
}

static void encode_name(const void *in, const char *key, struct json_writer *w)
{
	_cleanup_free_ char *name = seccomp_call_name(*(const int *)in);

	json_write_string(w, key, name ? name : "");
}

static const struct json_custom name_json = {
	.decode = decode_name,
	.encode = encode_name,
	.what = "string",
};

/* The action comes first: decode_name() looks at it. */
static const struct json_field rule_fields[] = {
	JSON_ENUM(struct seccomp_rule, "action", action, actions, .flags = JSON_REQUIRED),
	JSON_CUSTOM(struct seccomp_rule, "name", number, &name_json, .flags = JSON_REQUIRED,
		    .as = "value"),
	JSON_ARRAY(struct seccomp_rule, "args", args, arg_count, &seccomp_named_arg_schema),
	JSON_END,
};
static const struct json_schema rule_schema =
	JSON_SCHEMA(struct seccomp_rule, rule_fields, .caseless = true);

static int mark_default(void *object, struct err *err)
{
	((struct seccomp_spec *)object)->otherwise.given = true;
	return seccomp_mark_present(object, err);
}

static const struct json_field named_fields[] = {
	JSON_ENUM(struct seccomp_spec, "defaultAction", otherwise.action, actions,
		  .flags = JSON_REQUIRED, .as = "default_action"),
	JSON_ARRAY(struct seccomp_spec, "syscalls", rules, rule_count, &rule_schema),
	JSON_END,
};
const struct json_schema seccomp_named_schema =
	JSON_SCHEMA(struct seccomp_spec, named_fields, .caseless = true, .check = mark_default);
