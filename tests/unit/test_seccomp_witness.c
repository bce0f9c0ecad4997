// SPDX-License-Identifier: Apache-2.0
/*
 * libseccomp as a witness for our own filters: where its generator is right, both programs have to give the same answers; and
 * what it gets wrong, which is why there is a program of ours (docs/ARCHITECTURE.md), is held against the library that is
 * installed. When a later one gets it right, the test is skipped with a line that says that this reason is gone.
 */
#include "lib/cleanup.h"
#include "seccomp_box.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(CONFIG_SECCOMP) && defined(__x86_64__)

#include <seccomp.h>

static uint32_t theirs(int action)
{
	switch (action) {
	case SECCOMP_DO_KILL:
		return SCMP_ACT_KILL_PROCESS;
	case SECCOMP_DO_TRAP:
		return SCMP_ACT_TRAP;
	case SECCOMP_DO_ALLOW:
		return SCMP_ACT_ALLOW;
	default:
		return SCMP_ACT_ERRNO(action);
	}
}

static struct scmp_arg_cmp comparison(const struct seccomp_arg *a)
{
	static const enum scmp_compare ops[] = {
		[SECCOMP_EQ] = SCMP_CMP_EQ,
		[SECCOMP_NE] = SCMP_CMP_NE,
		[SECCOMP_GT] = SCMP_CMP_GT,
		[SECCOMP_LT] = SCMP_CMP_LT,
		[SECCOMP_GE] = SCMP_CMP_GE,
		[SECCOMP_LE] = SCMP_CMP_LE,
		[SECCOMP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
	};

	return (struct scmp_arg_cmp){
		.arg = a->index,
		.op = ops[a->op],
		.datum_a = a->value,
		.datum_b = a->two.given ? a->two.value : a->value,
	};
}

static uint32_t otherwise(const struct seccomp_spec *spec)
{
	return theirs(spec->otherwise.given ? spec->otherwise.action : SECCOMP_DO_ALLOW);
}

static int add_rule(scmp_filter_ctx ctx, const struct seccomp_rule *r)
{
	struct scmp_arg_cmp args[6];

	for (size_t i = 0; i < r->arg_count; i++)
		args[i] = comparison(&r->args[i]);
	return seccomp_rule_add_exact_array(ctx, theirs(r->action), r->number,
					    (unsigned int)r->arg_count, args);
}

/* The library's program. */
static void export_program(scmp_filter_ctx ctx, struct seccomp_program *p)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;

	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	assert_true(size > 0);
	*p = (struct seccomp_program){ malloc((size_t)size), (size_t)size };
	assert_int_equal(pread(fd, p->code, p->size, 0), size);
	close(fd);
}

static void build(const struct seccomp_spec *spec, struct seccomp_program *p)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise(spec));

	assert_non_null(ctx);
	for (size_t i = 0; i < spec->rule_count; i++) {
		const struct seccomp_rule *r = &spec->rules[i];

		/* The library refuses what would change nothing. */
		if (r->number >= 0 && theirs(r->action) != otherwise(spec))
			assert_int_equal(add_rule(ctx, r), 0);
	}
	export_program(ctx, p);
	seccomp_release(ctx);
}

static void compile(const struct seccomp_spec *spec, struct seccomp_program *p)
{
	struct err err = { 0 };

	if (seccomp_compile(spec, p, &err) < 0)
		fail_msg("%s", err.text);
}

static void compare(const struct seccomp_spec *spec, const struct seccomp_program *ours,
		    const struct seccomp_program *library, int nr, const uint64_t args[6])
{
	uint32_t a = run_call(ours, AUDIT_ARCH_X86_64, nr, args);
	uint32_t b = run_call(library, AUDIT_ARCH_X86_64, nr, args);

	if (a == b)
		return;
	json_encode_compact(&seccomp_schema, spec, stderr, NULL);
	fail_msg("call %d (%#lx, %#lx, %#lx): ours %#x, libseccomp's %#x", nr, (long)args[0],
		 (long)args[1], (long)args[2], a, b);
}

/* --- Where it is right --- */

static const int numbers[] = { SYS_setpriority, SYS_getpriority, SYS_personality, SYS_chown,
			       SYS_mmap };

/* One rule for a call, with one comparison at most, and what is compared with is none of what is masked out. */
static void draw_simple(struct seccomp_spec *spec)
{
	static const int actions[] = { SECCOMP_DO_KILL, SECCOMP_DO_TRAP, SECCOMP_DO_ALLOW, 0, 1, 5 };

	*spec = (struct seccomp_spec){ .present = true };
	spec->otherwise = (struct seccomp_default){ draw(2), actions[draw(6)] };
	spec->rules = calloc(array_size(numbers), sizeof(*spec->rules));
	for (size_t i = 0; i < array_size(numbers); i++) {
		struct seccomp_rule *r = &spec->rules[spec->rule_count];
		uint64_t v = draw_value();

		if (!draw(4))
			continue;
		spec->rule_count++;
		*r = (struct seccomp_rule){ .number = numbers[i], .action = actions[draw(6)] };
		r->arg_count = draw(5) != 0;
		r->args = calloc(1, sizeof(*r->args));
		r->args[0] = (struct seccomp_arg){ .index = (uint32_t)draw(6),
						   .value = v,
						   .op = (int)draw(7) };
		r->args[0].two.given = draw(2);
		r->args[0].two.value = draw_value() & v;
	}
}

/* At what is compared with, beside it, and anywhere. */
static uint64_t draw_near(const struct seccomp_spec *spec)
{
	const struct seccomp_rule *r = spec->rule_count ? &spec->rules[draw(spec->rule_count)]
							: NULL;
	uint64_t v = r && r->arg_count ? r->args[0].value : draw_value();

	switch (draw(6)) {
	case 0:
		return v;
	case 1:
		return v + 1;
	case 2:
		return v - 1;
	case 3:
		return v ^ (1ULL << draw(64));
	case 4:
		return (v & UINT32_MAX) | draw_value() << 32;
	default:
		return draw_value();
	}
}

static void test_same_answers(void **state)
{
	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct seccomp_program ours, library;
		struct seccomp_spec spec;

		draw_simple(&spec);
		compile(&spec, &ours);
		build(&spec, &library);
		for (int i = 0; i < 120; i++) {
			uint64_t args[6];

			for (size_t j = 0; j < array_size(args); j++)
				args[j] = draw_near(&spec);
			compare(&spec, &ours, &library, numbers[draw(array_size(numbers))], args);
		}
		compare(&spec, &ours, &library, SYS_getpid, (uint64_t[6]){ 0 });
		seccomp_program_release(&ours);
		seccomp_program_release(&library);
		json_release(&seccomp_schema, &spec);
	}
}

/* All of nsinit's profiles is such, but for calls that x86-64 has not. From 512 on are those of x32. */
static void test_same_profiles(void **state)
{
	static const char *const names[] = { "low", "medium", "high" };

	(void)state;
	for (size_t i = 0; i < array_size(names); i++) {
		struct seccomp_program ours, library;
		struct seccomp_spec spec = { 0 };

		assert_int_equal(seccomp_profile(names[i], &spec, NULL), 0);
		compile(&spec, &ours);
		build(&spec, &library);
		for (int nr = 0; nr < 512; nr++) {
			compare(&spec, &ours, &library, nr, (uint64_t[6]){ 0 });
			compare(&spec, &ours, &library, nr, (uint64_t[6]){ CLONE_NEWUSER });
			compare(&spec, &ours, &library, nr,
				(uint64_t[6]){ UINT64_MAX, UINT64_MAX });
			compare(&spec, &ours, &library, nr,
				(uint64_t[6]){ ~(uint64_t)CLONE_NEWUSER, CLONE_NEWUSER });
		}
		seccomp_program_release(&ours);
		seccomp_program_release(&library);
		json_release(&seccomp_schema, &spec);
	}
}

/* --- Where it is not --- */

static void skip_as_right(const char *what)
{
	const struct scmp_version *v = seccomp_version();

	print_message("# libseccomp %u.%u.%u %s: this reason for a program of our own is gone\n",
		      v->major, v->minor, v->micro, what);
	skip();
}

#define RULE(nr, what, ...)                                                                      \
	{                                                                                        \
		.number = (nr), .action = (what), .args = (struct seccomp_arg[]){ __VA_ARGS__ }, \
		.arg_count = array_size(((struct seccomp_arg[]){ __VA_ARGS__ }))                 \
	}
#define EQ(i, v)                                             \
	{                                                    \
		.index = (i), .value = (v), .op = SECCOMP_EQ \
	}

/* What libseccomp's program, and a plain reading, make of a call. */
static uint32_t answer(const struct seccomp_spec *spec, int nr, const uint64_t args[6])
{
	struct seccomp_program library, ours;
	uint32_t got;

	build(spec, &library);
	got = run_call(&library, AUDIT_ARCH_X86_64, nr, args);
	/* Ours is right, whatever theirs is. */
	compile(spec, &ours);
	assert_int_equal(run_call(&ours, AUDIT_ARCH_X86_64, nr, args),
			 returned(expected(spec, nr, args)));
	seccomp_program_release(&library);
	seccomp_program_release(&ours);
	return got;
}

/* Both rules hold; whichever is written first, the answer is the same, so for one of the orders it is not the first one's. */
static void test_order_of_rules(void **state)
{
	struct seccomp_rule rules[] = { RULE(SYS_setpriority, 1, EQ(0, 1)),
					RULE(SYS_setpriority, 2, EQ(1, 2)) };
	struct seccomp_rule turned[] = { rules[1], rules[0] };
	const struct seccomp_spec first = { .present = true, .rules = rules, .rule_count = 2 };
	const struct seccomp_spec second = { .present = true, .rules = turned, .rule_count = 2 };
	const uint64_t both[6] = { 1, 2 };

	(void)state;
	if (answer(&first, SYS_setpriority, both) == returned(1) &&
	    answer(&second, SYS_setpriority, both) == returned(2))
		skip_as_right("has the first of several rules count");
	assert_int_equal(answer(&first, SYS_setpriority, both),
			 answer(&second, SYS_setpriority, both));
}

/* A range: above 1, and below 5. */
static void test_two_of_one_argument(void **state)
{
	const struct seccomp_rule range = RULE(SYS_setpriority, 1,
					       { .index = 0, .value = 1, .op = SECCOMP_GT },
					       { .index = 0, .value = 5, .op = SECCOMP_LT });
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int ret = add_rule(ctx, &range);

	(void)state;
	seccomp_release(ctx);
	if (ret == 0)
		skip_as_right("takes two comparisons of one argument");
	assert_int_equal(ret, -EINVAL);
}

/* Of the second rule argument 0 fits and argument 2 does not; then the first one's comparison is not made with argument 0. */
static void test_argument_behind_a_chain(void **state)
{
	struct seccomp_rule rules[] = {
		RULE(SYS_setpriority, 1, { .index = 0, .value = 0, .op = SECCOMP_LE },
		     { .index = 1, .value = 2, .op = SECCOMP_NE }),
		RULE(SYS_setpriority, 1, { .index = 0, .value = 2, .op = SECCOMP_LT },
		     { .index = 2, .value = 2, .op = SECCOMP_NE }),
	};
	const struct seccomp_spec spec = { .present = true, .rules = rules, .rule_count = 2 };
	const uint64_t none[6] = { 1, 0, 2 };

	(void)state;
	assert_int_equal(expected(&spec, SYS_setpriority, none), SECCOMP_DO_ALLOW);
	if (answer(&spec, SYS_setpriority, none) == SECCOMP_RET_ALLOW)
		skip_as_right("compares the right argument behind a chain");
	assert_int_equal(answer(&spec, SYS_setpriority, none), returned(1));
}

#define TEST(f) cmocka_unit_test(test_##f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(same_answers),        TEST(same_profiles),           TEST(order_of_rules),
		TEST(two_of_one_argument), TEST(argument_behind_a_chain),
	};

	return cmocka_run_group_tests_name("seccomp witness", tests, NULL, NULL);
}

#else

static void test_nothing(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_nothing) };

	return cmocka_run_group_tests_name("seccomp witness", tests, NULL, NULL);
}

#endif
