// SPDX-License-Identifier: Apache-2.0
/* In place of seccomp*.c in a build without libseccomp. */
#include "ns/seccomp.h"

#include <errno.h>

static int refuse(void *object, struct err *err)
{
	(void)object;
	return err_set(err, -EOPNOTSUPP,
		       "this build of ctrnet has no system call filters (CONFIG_SECCOMP)");
}

static const struct json_field none[] = { JSON_END };
const struct json_schema seccomp_schema = JSON_SCHEMA(struct seccomp_spec, none, .check = refuse);
const struct json_schema seccomp_named_schema =
	JSON_SCHEMA(struct seccomp_spec, none, .check = refuse);

const struct json_schema seccomp_named_arg_schema =
	JSON_SCHEMA(struct seccomp_arg, none, .check = refuse);

char *seccomp_call_name(int number)
{
	(void)number;
	return NULL;
}

int seccomp_profile(const char *name, struct seccomp_spec *spec, struct err *err)
{
	(void)name;
	return refuse(spec, err);
}

int seccomp_check(const struct seccomp_spec *spec, struct err *err)
{
	return spec->present ? refuse(NULL, err) : 0;
}

int seccomp_compile(const struct seccomp_spec *spec, struct seccomp_program *program,
		    struct err *err)
{
	*program = (struct seccomp_program){ 0 };
	return seccomp_check(spec, err);
}

int seccomp_install(const struct seccomp_program *program, struct err *err)
{
	(void)program;
	(void)err;
	return 0;
}

bool seccomp_allows(const struct seccomp_program *program, long number, const uint64_t args[6])
{
	(void)program;
	(void)number;
	(void)args;
	return true;
}

void seccomp_program_release(struct seccomp_program *program)
{
	*program = (struct seccomp_program){ 0 };
}
