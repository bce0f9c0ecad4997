/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System call filters (seccomp(2)), through libseccomp: what libcontainer's configs of 2015 say by number, what
 * later ones say by name, and nsinit's three profiles.
 */
#ifndef NS_SECCOMP_H
#define NS_SECCOMP_H

#include "lib/err.h"
#include "lib/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Actions as libcontainer numbers them; 0 to 4095: the call is skipped and fails with that errno (0: it seems to succeed).
 * To kill means the whole process, not just the thread that called.
 */
enum {
	SECCOMP_DO_KILL = -3,
	SECCOMP_DO_TRAP = -2,
	SECCOMP_DO_ALLOW = -1,
	SECCOMP_DO_ERRNO_MAX = 4095, /* MAX_ERRNO of the kernel */
};

enum seccomp_op {
	SECCOMP_EQ,
	SECCOMP_NE,
	SECCOMP_GT,
	SECCOMP_LT,
	SECCOMP_MASKED_EQ, /* without `two`: (arg & value) == value */
	SECCOMP_GE,        /* this and the next only by the names of later formats */
	SECCOMP_LE,
};

struct seccomp_arg {
	uint32_t index; /* 0 to 5 */
	uint64_t value;
	struct {
		bool given;
		uint64_t value;
	} two; /* of MASKED_EQ: (arg & value) == two.value */
	int op;
};

/* All of its comparisons have to hold, for unsigned 64-bit numbers (32-bit ones in a 32-bit program). */
struct seccomp_rule {
	int number; /* of the system call, on the architecture we run on; below 0: libseccomp's, of one that only others have */
	int action;
	struct seccomp_arg *args;
	size_t arg_count;
};

struct seccomp_default {
	bool given;
	int action;
};

/* Of several rules for one system call the first that holds counts. */
struct seccomp_spec {
	bool present;
	struct seccomp_default
		otherwise; /* of calls without a rule, where given; else they are allowed */
	struct seccomp_rule *rules;
	size_t rule_count;
};

/*
 * libcontainer's form: {"syscalls": [{"value": 90, "action": 1, "args": [{"index": 0, "value": 1, "op": 0}]}]}, and
 * what later formats can say besides (default_action, value_two). Decodes what it encodes.
 */
extern const struct json_schema seccomp_schema;
/*
 * The form of runc 0.0.4: {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name", "action", "args"}]}, args with
 * index, value, valueTwo and op ("SCMP_CMP_EQ"). SCMP_ACT_ERRNO is EPERM. A name that libseccomp does not know is
 * an error, unless it is to be allowed: then there is nothing to allow, and it is warned of.
 */
extern const struct json_schema seccomp_named_schema;
extern const struct json_schema seccomp_named_arg_schema; /* struct seccomp_arg in that form */
/* For the .check of a schema: that there was one says that a filter is wanted, also if it has no rules. */
int seccomp_mark_present(void *object, struct err *err);

/* As libseccomp calls the system call @number; allocated. NULL: it knows none. */
char *seccomp_call_name(int number);

/* nsinit's "high", "medium" or "low"; replaces what @spec holds. -EINVAL: no such profile. */
int seccomp_profile(const char *name, struct seccomp_spec *spec, struct err *err);

/* Each system call is one that libseccomp knows, so that its like on other architectures is known too. */
int seccomp_check(const struct seccomp_spec *spec, struct err *err);

/* A filter as the kernel takes it. */
struct seccomp_program {
	void *code;
	size_t size;
};

/*
 * Make the filter. It holds for all ways to call this kernel: a 32-bit program has the calls of the same name, and
 * those that do the same under another (chown32 for chown); where an argument is not the same one there, what is
 * denied for some values is denied for all, and what is allowed for some is allowed for none. A spec that is not
 * present is an empty program.
 */
int seccomp_compile(const struct seccomp_spec *spec, struct seccomp_program *program,
		    struct err *err);
/*
 * Put it in force for the calling process, in one system call and for good: only execve(2) is to follow. no_new_privs has to
 * be set, or CAP_SYS_ADMIN be had. An empty one does nothing.
 */
int seccomp_install(const struct seccomp_program *program, struct err *err);
/*
 * Would it let this process make the native call @number with these arguments? Asked of the program itself, so the answer is
 * the kernel's, and the call need not be made.
 */
bool seccomp_allows(const struct seccomp_program *program, long number, const uint64_t args[6]);
void seccomp_program_release(struct seccomp_program *program);

#endif
