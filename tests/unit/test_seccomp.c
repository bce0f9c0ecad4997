// SPDX-License-Identifier: Apache-2.0
/*
 * System call filters: what the forms say, and what the kernel's program does with it. The program is run by a small
 * interpreter (seccomp_box.h), for every architecture, against a plain reading of the rules; and a few by the kernel.
 * test_seccomp_witness.c compares with what libseccomp would have made.
 */
#include "lib/cleanup.h"
#include "lib/json.h"
#include "ns/seccomp.h"
#include "seccomp_box.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(CONFIG_SECCOMP) && defined(__x86_64__)

#define NR_X86_CHOWN     182
#define NR_X86_CHOWN32   212
#define NR_X86_UMOUNT    22
#define NR_X86_SOCKET    359
#define NR_X86_SOCKCALL  102
#define NR_X86_MMAP      90
#define NR_X86_MMAP2     192
#define NR_X86_TRUNC64   193
#define X32              0x40000000
#define AUDIT_ARCH_ALIEN AUDIT_ARCH_S390X

static void decode(const struct json_schema *schema, const char *text, struct seccomp_spec *spec)
{
	struct err err = { 0 };

	if (json_decode(schema, spec, text, strlen(text), "t", &err) < 0)
		fail_msg("%s", err.text);
	if (seccomp_check(spec, &err) < 0)
		fail_msg("%s", err.text);
}

static void compile(const struct seccomp_spec *spec, struct seccomp_program *program)
{
	struct err err = { 0 };

	if (seccomp_compile(spec, program, &err) < 0)
		fail_msg("%s", err.text);
}

/* setpriority, getpriority, personality: the same arguments everywhere. */
static const int numbers[] = { SYS_setpriority, SYS_getpriority, SYS_personality };

static void draw_spec(struct seccomp_spec *spec, bool wide)
{
	static const int actions[] = { SECCOMP_DO_KILL, SECCOMP_DO_TRAP, SECCOMP_DO_ALLOW, 0, 1, 5 };

	*spec = (struct seccomp_spec){ .present = true, .rule_count = 1 + draw(5) };
	spec->otherwise = (struct seccomp_default){ draw(2), actions[draw(6)] };
	spec->rules = calloc(spec->rule_count, sizeof(*spec->rules));
	for (size_t i = 0; i < spec->rule_count; i++) {
		struct seccomp_rule *r = &spec->rules[i];

		r->number = numbers[draw(2 + draw(2))];
		r->action = actions[draw(6)];
		r->arg_count = draw(4);
		r->args = calloc(4, sizeof(*r->args));
		for (size_t j = 0; j < r->arg_count; j++) {
			uint64_t v = wide ? draw_value() : draw_value() & UINT32_MAX;

			r->args[j] = (struct seccomp_arg){ .index = (uint32_t)draw(3),
							   .value = v,
							   .op = (int)draw(7) };
			r->args[j].two.given = draw(2);
			r->args[j].two.value = draw(3) ? draw_value() & v : draw_value();
		}
	}
}

static void complain(const struct seccomp_spec *spec, int nr, const uint64_t args[6], uint32_t got)
{
	json_encode_compact(&seccomp_schema, spec, stderr, NULL);
	fail_msg("call %d (%#lx, %#lx, %#lx): %#x", nr, (long)args[0], (long)args[1], (long)args[2],
		 got);
}

static void test_random_rules(void **state)
{
	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct seccomp_program p = { 0 };
		struct seccomp_spec spec;

		draw_spec(&spec, true);
		compile(&spec, &p);
		for (int i = 0; p.code && i < 60; i++) {
			uint64_t args[6] = { draw_value(), draw_value(), draw_value() };
			int nr = numbers[draw(3)];
			uint32_t got = run_call(&p, AUDIT_ARCH_X86_64, nr, args);

			if (got != returned(expected(&spec, nr, args)))
				complain(&spec, nr, args, got);
			assert_int_equal(seccomp_allows(&p, nr, args), got == SECCOMP_RET_ALLOW);
			/* x32 has the same numbers for these, with a bit. */
			got = run_call(&p, AUDIT_ARCH_X86_64, nr | X32, args);
			if (got != returned(expected(&spec, nr, args)))
				complain(&spec, nr, args, got);
		}
		seccomp_program_release(&p);
		json_release(&seccomp_schema, &spec);
	}
}

/* The same for 32-bit programs: arguments are 32 bits there, whatever the rules' values. */
static void test_random_rules_32(void **state)
{
	static const int numbers_32[] = { 97, 96, 136 };

	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct seccomp_program p = { 0 };
		struct seccomp_spec spec;

		draw_spec(&spec, draw(2));
		compile(&spec, &p);
		for (int i = 0; p.code && i < 60; i++) {
			uint64_t args[6] = { draw_value() & UINT32_MAX, draw_value() & UINT32_MAX,
					     draw_value() & UINT32_MAX };
			size_t nr = draw(3);
			uint32_t got = run_call(&p, AUDIT_ARCH_I386, numbers_32[nr], args);

			if (got != returned(expected(&spec, numbers[nr], args)))
				complain(&spec, numbers_32[nr], args, got);
		}
		seccomp_program_release(&p);
		json_release(&seccomp_schema, &spec);
	}
}

/* --- 32-bit programs and their own calls --- */

static const uint64_t zeros[6];

static void expect_call(const struct seccomp_program *p, uint32_t arch, int nr, uint32_t result)
{
	uint32_t got = run_call(p, arch, nr, zeros);

	if (got != result)
		fail_msg("arch %#x, call %d: %#x instead of %#x", arch, nr, got, result);
}

static void test_other_architectures(void **state)
{
	const uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
	struct seccomp_program p;
	struct seccomp_spec spec;

	(void)state;
	/* chown, umount2, socket; one of every architecture that is newer than any libseccomp */
	decode(&seccomp_schema,
	       "{\"syscalls\": [{\"value\": 92, \"action\": 1}, {\"value\": 166, \"action\": 1},"
	       "{\"value\": 41, \"action\": 1}, {\"value\": 1000, \"action\": 1}]}",
	       &spec);
	compile(&spec, &p);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_chown, eperm);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_chown | X32, eperm);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_umount2, eperm);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_read, SECCOMP_RET_ALLOW);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_read | X32, SECCOMP_RET_ALLOW);
	expect_call(&p, AUDIT_ARCH_X86_64, 1000, eperm);
	expect_call(&p, AUDIT_ARCH_X86_64, 1000 | X32, eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_CHOWN, eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_CHOWN32, eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_UMOUNT, eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKET, eperm);
	expect_call(&p, AUDIT_ARCH_I386, 1000, eperm);
	/* What has the number of x86-64's chown is another call. */
	expect_call(&p, AUDIT_ARCH_I386, SYS_chown, SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKCALL, (uint64_t[6]){ 1 }), eperm);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKCALL, (uint64_t[6]){ 2 }),
			 SECCOMP_RET_ALLOW);
	expect_call(&p, AUDIT_ARCH_ALIEN, SYS_read, SECCOMP_RET_KILL_PROCESS);
	seccomp_program_release(&p);
	json_release(&seccomp_schema, &spec);
}

/* Where a 32-bit call has other arguments: what is denied for some values is denied for all. */
static void test_other_arguments(void **state)
{
	const uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
	struct seccomp_program p;
	struct seccomp_spec spec;

	(void)state;
	/* mmap with PROT_EXEC, truncate to more than 5 bytes, socket of AF_ALG, clone with a tls (argument 4) */
	decode(&seccomp_schema,
	       "{\"syscalls\": [{\"value\": 9, \"action\": 1, \"args\": [{\"index\": 2, \"value\": 4, \"op\": 4}]},"
	       "{\"value\": 76, \"action\": 1, \"args\": [{\"index\": 1, \"value\": 5, \"op\": 2}]},"
	       "{\"value\": 41, \"action\": 1, \"args\": [{\"index\": 0, \"value\": 38, \"op\": 0}]},"
	       "{\"value\": 56, \"action\": 1, \"args\": [{\"index\": 4, \"value\": 0, \"op\": 1}]}]}",
	       &spec);
	compile(&spec, &p);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_mmap, SECCOMP_RET_ALLOW);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_truncate, SECCOMP_RET_ALLOW);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_socket, SECCOMP_RET_ALLOW);
	expect_call(&p, AUDIT_ARCH_X86_64, SYS_clone, SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_X86_64, SYS_mmap, (uint64_t[6]){ 0, 0, 5 }),
			 eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_MMAP, eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_MMAP2, SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_MMAP2, (uint64_t[6]){ 0, 0, 5 }),
			 eperm);
	expect_call(&p, AUDIT_ARCH_I386, 92, SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, 92, (uint64_t[6]){ 0, 6 }), eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_TRUNC64, eperm);
	expect_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKET, SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKET, (uint64_t[6]){ 38 }), eperm);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKCALL, (uint64_t[6]){ 1 }), eperm);
	expect_call(&p, AUDIT_ARCH_I386, 120, eperm);
	seccomp_program_release(&p);
	json_release(&seccomp_schema, &spec);
	/* And what is allowed for some is allowed for none, where the rest is denied. */
	decode(&seccomp_schema,
	       "{\"default_action\": 1, \"syscalls\": [{\"value\": 41, \"action\": -1, "
	       "\"args\": [{\"index\": 0, \"value\": 1, \"op\": 0}]}]}",
	       &spec);
	compile(&spec, &p);
	assert_int_equal(run_call(&p, AUDIT_ARCH_X86_64, SYS_socket, (uint64_t[6]){ 1 }),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKET, (uint64_t[6]){ 1 }),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(run_call(&p, AUDIT_ARCH_I386, NR_X86_SOCKCALL, (uint64_t[6]){ 1 }), eperm);
	seccomp_program_release(&p);
	json_release(&seccomp_schema, &spec);
}

/* --- profiles --- */

struct profile_row {
	int nr;
	uint32_t low, medium, high;
};

static void test_profiles(void **state)
{
	const uint32_t no = SECCOMP_RET_ERRNO | EPERM, none = SECCOMP_RET_ERRNO | ENOSYS,
		       yes = SECCOMP_RET_ALLOW;
	static const char *const names[] = { "low", "medium", "high" };
	const struct profile_row rows[] = {
		{ SYS_unshare, no, no, no },
		{ SYS_setns, no, no, no },
		{ SYS_mount, no, no, no },
		{ SYS_umount2, no, no, no },
		{ SYS_create_module, no, no, no },
		{ SYS_finit_module, no, no, no },
		{ SYS_delete_module, no, no, no },
		{ SYS_kexec_load, no, no, no },
		{ SYS_kexec_file_load, no, no, no },
		{ 428 /* open_tree */, no, no, no },
		{ 429 /* move_mount */, no, no, no },
		{ 432 /* fsmount */, no, no, no },
		{ 442 /* mount_setattr */, no, no, no },
		{ 467 /* open_tree_attr */, no, no, no },
		{ 435 /* clone3 */, none, none, none },
		{ SYS_chroot, yes, no, no },
		{ SYS_sethostname, yes, no, no },
		{ SYS_setdomainname, yes, no, no },
		{ SYS_chmod, yes, yes, no },
		{ SYS_fchmodat, yes, yes, no },
		{ 452 /* fchmodat2 */, yes, yes, no },
		{ SYS_chown, yes, yes, no },
		{ SYS_fchownat, yes, yes, no },
		{ SYS_link, yes, yes, no },
		{ SYS_unlink, yes, yes, no },
		{ SYS_unlinkat, yes, yes, no },
		{ SYS_capset, yes, yes, no },
		{ 425 /* io_uring_setup */, yes, yes, none },
		{ SYS_clone, yes, yes, yes },
		{ SYS_execve, yes, yes, yes },
		{ SYS_openat, yes, yes, yes },
	};

	(void)state;
	for (size_t i = 0; i < array_size(names); i++) {
		struct seccomp_program p;
		struct seccomp_spec spec = { 0 };
		struct err err = { 0 };

		assert_int_equal(seccomp_profile(names[i], &spec, &err), 0);
		assert_int_equal(seccomp_check(&spec, &err), 0);
		compile(&spec, &p);
		for (size_t j = 0; j < array_size(rows); j++) {
			const uint32_t want[] = { rows[j].low, rows[j].medium, rows[j].high };

			expect_call(&p, AUDIT_ARCH_X86_64, rows[j].nr, want[i]);
		}
		assert_int_equal(run_call(&p, AUDIT_ARCH_X86_64, SYS_clone,
					  (uint64_t[6]){ CLONE_NEWUSER | SIGCHLD }),
				 no);
		assert_int_equal(run_call(&p, AUDIT_ARCH_I386, 120,
					  (uint64_t[6]){ CLONE_NEWUSER | CLONE_NEWPID }),
				 no);
		expect_call(&p, AUDIT_ARCH_I386, NR_X86_UMOUNT, no);
		expect_call(&p, AUDIT_ARCH_I386, NR_X86_CHOWN32, i == 2 ? no : yes);
		seccomp_program_release(&p);
		json_release(&seccomp_schema, &spec);
	}
}

static void test_unknown_profile(void **state)
{
	struct seccomp_spec spec = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(seccomp_profile("higher", &spec, &err), -EINVAL);
	assert_string_equal(err.text,
			    "unknown security profile 'higher'; known are low, medium, high");
	assert_false(spec.present);
}

/* --- the forms --- */

static char *encode(const struct json_schema *schema, const struct seccomp_spec *spec)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct err err = { 0 };

	if (json_encode_compact(schema, spec, out, &err) < 0)
		fail_msg("%s", err.text);
	fclose(out);
	return text;
}

static void test_numeric_form(void **state)
{
	static const char text[] =
		"{\"default_action\":0,\"syscalls\":[{\"value\":0,\"action\":-3},"
		"{\"value\":92,\"action\":4095,\"args\":[{\"index\":5,\"value\":18446744073709551615,\"op\":1},"
		"{\"index\":0,\"value\":8,\"value_two\":0,\"op\":4}]},{\"value\":-10070,\"action\":0}]}";
	struct seccomp_spec spec, again;
	_cleanup_free_ char *first = NULL, *second = NULL;

	(void)state;
	decode(&seccomp_schema, text, &spec);
	assert_true(spec.present);
	assert_true(spec.otherwise.given);
	assert_int_equal(spec.rule_count, 3);
	assert_true(spec.rules[1].args[0].value == UINT64_MAX);
	assert_true(spec.rules[1].args[1].two.given);
	first = encode(&seccomp_schema, &spec);
	assert_string_equal(first, text);
	decode(&seccomp_schema, first, &again);
	second = encode(&seccomp_schema, &again);
	assert_string_equal(second, text);
	json_release(&seccomp_schema, &spec);
	json_release(&seccomp_schema, &again);
	/* A filter that is there, and denies nothing. */
	decode(&seccomp_schema, "{\"syscalls\": null}", &spec);
	assert_true(spec.present);
	assert_false(spec.otherwise.given);
}

static void test_named_form(void **state)
{
	struct seccomp_spec spec;
	_cleanup_free_ char *text = NULL, *named = NULL;

	(void)state;
	decode(&seccomp_named_schema,
	       "{\"defaultAction\": \"SCMP_ACT_KILL\", \"architectures\": [\"SCMP_ARCH_X86\"], \"syscalls\": ["
	       "{\"name\": \"chown\", \"action\": \"SCMP_ACT_ERRNO\", \"args\": ["
	       "{\"index\": 1, \"value\": 2080505856, \"valueTwo\": 7, \"op\": \"SCMP_CMP_MASKED_EQ\"},"
	       "{\"index\": 2, \"value\": 3, \"op\": \"SCMP_CMP_GE\"}]},"
	       "{\"name\": \"umount\", \"action\": \"SCMP_ACT_TRAP\"},"
	       "{\"name\": \"a_call_to_come\", \"action\": \"SCMP_ACT_ALLOW\"}]}",
	       &spec);
	text = encode(&seccomp_schema, &spec);
	assert_string_equal(
		text,
		"{\"default_action\":-3,\"syscalls\":[{\"value\":92,\"action\":1,\"args\":["
		"{\"index\":1,\"value\":2080505856,\"value_two\":7,\"op\":4},{\"index\":2,\"value\":3,\"op\":5}]},"
		"{\"value\":-10070,\"action\":-2},{\"value\":-1,\"action\":-1}]}");
	spec.rule_count = 2;
	named = encode(&seccomp_named_schema, &spec);
	assert_string_equal(
		named,
		"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"action\":\"SCMP_ACT_ERRNO\",\"name\":\"chown\","
		"\"args\":[{\"index\":1,\"value\":2080505856,\"valueTwo\":7,\"op\":\"SCMP_CMP_MASKED_EQ\"},"
		"{\"index\":2,\"value\":3,\"op\":\"SCMP_CMP_GE\"}]},{\"action\":\"SCMP_ACT_TRAP\",\"name\":\"umount\"}]}");
	spec.rule_count = 3;
	json_release(&seccomp_named_schema, &spec);
}

static void expect_bad(const struct json_schema *schema, const char *text, const char *words)
{
	struct seccomp_spec spec;
	struct err err = { 0 };
	int ret = json_decode(schema, &spec, text, strlen(text), "t", &err);

	if (ret == 0)
		ret = seccomp_check(&spec, &err);
	json_release(schema, &spec);
	assert_true(ret < 0);
	assert_string_equal(err.text, words);
}

static void test_bad_forms(void **state)
{
	(void)state;
	expect_bad(&seccomp_schema, "{\"syscalls\": [{\"value\": 92}]}",
		   "t:1:15: syscalls[0]: the key 'action' is missing");
	expect_bad(&seccomp_schema, "{\"syscalls\": [{\"action\": 1}]}",
		   "t:1:15: syscalls[0]: the key 'value' is missing");
	expect_bad(&seccomp_schema, "{\"syscalls\": [{\"value\": 92, \"action\": -4}]}",
		   "t:1:39: syscalls[0].action: -4 is out of range (-3 to 4095)");
	expect_bad(&seccomp_schema, "{\"syscalls\": [{\"value\": 92, \"action\": 4096}]}",
		   "t:1:39: syscalls[0].action: 4096 is out of range (-3 to 4095)");
	expect_bad(&seccomp_schema,
		   "{\"syscalls\": [{\"value\": 92, \"action\": 1, \"args\": [{\"index\": 6}]}]}",
		   "t:1:61: syscalls[0].args[0].index: 6 is out of range (0 to 5)");
	expect_bad(&seccomp_schema,
		   "{\"syscalls\": [{\"value\": 92, \"action\": 1, \"args\": [{\"op\": 7}]}]}",
		   "t:1:58: syscalls[0].args[0].op: 7 is out of range (0 to 6)");
	expect_bad(&seccomp_schema, "{\"default_action\": 4096}",
		   "t:1:20: default_action: 4096 is out of range (-3 to 4095)");
	expect_bad(
		&seccomp_schema,
		"{\"syscalls\": [{\"value\": 0, \"action\": 1}, {\"value\": 400, \"action\": 1}]}",
		"seccomp.syscalls[1]: there is no system call 400");
	expect_bad(&seccomp_schema, "{\"syscalls\": [{\"value\": -1, \"action\": 1}]}",
		   "seccomp.syscalls[0]: there is no system call -1");
	expect_bad(
		&seccomp_schema,
		"{\"syscalls\": [{\"value\": 1000, \"action\": 1, \"args\": [{\"index\": 0}]}]}",
		"seccomp.syscalls[0]: libseccomp does not know system call 1000 yet, so it can be ruled as a "
		"whole, but not by its arguments");
	expect_bad(
		&seccomp_named_schema,
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"name\": \"chwon\", \"action\": \"SCMP_ACT_KILL\"}]}",
		"t:1:59: syscalls[0].name: libseccomp knows no system call 'chwon'");
	expect_bad(
		&seccomp_named_schema,
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"name\": \"chown\", \"action\": \"SCMP_ACT_LOG\"}]}",
		"t:1:78: syscalls[0].action: unknown value \"SCMP_ACT_LOG\"; did you mean "
		"'SCMP_ACT_ALLOW'? (known: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, "
		"SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP)");
	expect_bad(&seccomp_named_schema, "{\"syscalls\": []}",
		   "t:1:1: the key 'defaultAction' is missing");
}

/* --- the kernel --- */

/* The wait status of a child that made a filter of @text its own and then @call. */
static int child_under(const char *text, int (*call)(void))
{
	struct seccomp_program p;
	struct seccomp_spec spec;
	int status;
	pid_t pid;

	decode(&seccomp_schema, text, &spec);
	compile(&spec, &p);
	json_release(&seccomp_schema, &spec);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (seccomp_install(&p, NULL) < 0)
			_exit(99);
		_exit(call());
	}
	seccomp_program_release(&p);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The sanitizers make calls of their own. */
#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static int try_chown(void)
{
	return chown("/", 0, 0) == 0 ? 0 : errno;
}

static int install_again(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
}

static void test_in_the_kernel(void **state)
{
	int status;

	(void)state;
	status = child_under("{\"syscalls\": [{\"value\": 92, \"action\": 1}]}", try_chown);
	assert_int_equal(WEXITSTATUS(status), EPERM);
	status = child_under("{\"syscalls\": [{\"value\": 92, \"action\": 0}]}", try_chown);
	assert_int_equal(status, 0);
	status = child_under("{\"syscalls\": [{\"value\": 92, \"action\": -3}]}", try_chown);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	/* Nothing is called between the filter and what comes then: all but exit_group and chown kills. */
	if (!sanitized) {
		status = child_under(
			"{\"default_action\": -3, \"syscalls\": [{\"value\": 231, \"action\": -1},"
			"{\"value\": 92, \"action\": 77}]}",
			try_chown);
		assert_int_equal(WEXITSTATUS(status), 77);
	}
	status = child_under("{}", install_again);
	assert_int_equal(WEXITSTATUS(status), SECCOMP_MODE_FILTER);
}

/* 700 rules of six comparisons each. */
static void test_too_many(void **state)
{
	struct seccomp_spec spec = { .present = true, .rule_count = 700 };
	struct seccomp_program p;
	struct err err = { 0 };

	(void)state;
	spec.rules = calloc(spec.rule_count, sizeof(*spec.rules));
	for (size_t i = 0; i < spec.rule_count; i++) {
		struct seccomp_rule *r = &spec.rules[i];

		*r = (struct seccomp_rule){ .number = SYS_chown, .action = 1, .arg_count = 6 };
		r->args = calloc(6, sizeof(*r->args));
		for (uint32_t j = 0; j < 6; j++)
			r->args[j] = (struct seccomp_arg){ .index = j, .value = i };
	}
	assert_int_equal(seccomp_compile(&spec, &p, &err), -E2BIG);
	assert_string_equal(
		err.text,
		"seccomp: the rules make more than the 4096 instructions that the kernel takes");
	json_release(&seccomp_schema, &spec);
}

#define TEST(f) cmocka_unit_test(test_##f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(random_rules),    TEST(random_rules_32), TEST(other_architectures),
		TEST(other_arguments), TEST(profiles),        TEST(unknown_profile),
		TEST(numeric_form),    TEST(named_form),      TEST(bad_forms),
		TEST(in_the_kernel),   TEST(too_many),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}

#else

/* Without libseccomp, who asks for a filter is told so. (The tests above are about x86's numbers.) */
static void test_refusal(void **state)
{
	struct seccomp_spec spec = { .present = true };
	struct err err = { 0 };

	(void)state;
#ifndef CONFIG_SECCOMP
	assert_int_equal(seccomp_check(&spec, &err), -EOPNOTSUPP);
	assert_int_equal(json_decode(&seccomp_schema, &spec, "{}", 2, "t", &err), -EOPNOTSUPP);
	assert_string_equal(err.text, "t:1:1: this build of ctrnet has no system call filters "
				      "(CONFIG_SECCOMP)");
#else
	assert_int_equal(seccomp_check(&spec, &err), 0);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_refusal) };

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}

#endif
