// SPDX-License-Identifier: Apache-2.0
#include "seccomp_box.h"

#include "lib/cleanup.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The kernel's machine, bpf(4): what the program @p returns for @data. */
static uint32_t run_program(const struct seccomp_program *p, const struct seccomp_data *data)
{
	const struct sock_filter *code = p->code;
	size_t count = p->size / sizeof(*code);
	uint32_t a = 0, word;

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *i = &code[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&word, (const char *)data + i->k, sizeof(word));
			a = word;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %#x", i->code);
		}
	}
	fail_msg("the program runs over its end");
	return 0;
}

uint32_t run_call(const struct seccomp_program *p, uint32_t arch, int nr, const uint64_t args[6])
{
	struct seccomp_data data = { .nr = nr, .arch = arch };

	for (size_t i = 0; args && i < 6; i++)
		data.args[i] = args[i];
	return run_program(p, &data);
}

uint32_t returned(int action)
{
	switch (action) {
	case SECCOMP_DO_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	case SECCOMP_DO_TRAP:
		return SECCOMP_RET_TRAP;
	case SECCOMP_DO_ALLOW:
		return SECCOMP_RET_ALLOW;
	default:
		return SECCOMP_RET_ERRNO | (uint32_t)action;
	}
}

static bool holds(const struct seccomp_arg *a, const uint64_t args[6])
{
	uint64_t x = args[a->index], v = a->value;

	switch ((enum seccomp_op)a->op) {
	case SECCOMP_EQ:
		return x == v;
	case SECCOMP_NE:
		return x != v;
	case SECCOMP_GT:
		return x > v;
	case SECCOMP_LT:
		return x < v;
	case SECCOMP_GE:
		return x >= v;
	case SECCOMP_LE:
		return x <= v;
	case SECCOMP_MASKED_EQ:
		return (x & v) == (a->two.given ? a->two.value : v);
	}
	return false;
}

int expected(const struct seccomp_spec *spec, int nr, const uint64_t args[6])
{
	for (size_t i = 0; i < spec->rule_count; i++) {
		const struct seccomp_rule *r = &spec->rules[i];
		bool all = r->number == nr;

		for (size_t j = 0; all && j < r->arg_count; j++)
			all = holds(&r->args[j], args);
		if (all)
			return r->action;
	}
	return spec->otherwise.given ? spec->otherwise.action : SECCOMP_DO_ALLOW;
}
static uint64_t random_seed = 88172645463325252ULL;

/* xorshift64 */
uint64_t draw(uint64_t below)
{
	random_seed ^= random_seed << 13;
	random_seed ^= random_seed >> 7;
	random_seed ^= random_seed << 17;
	return below ? random_seed % below : random_seed;
}

uint64_t draw_value(void)
{
	static const uint64_t corners[] = { 0,          1,           2,
					    5,          6,           UINT32_MAX,
					    1ULL << 32, UINT64_MAX,  (1ULL << 32) + 5,
					    1ULL << 63, 5ULL << 32,  UINT64_MAX - 1,
					    0xff00ff00, 0x100000000, INT64_MAX };

	return draw(4) ? corners[draw(array_size(corners))] : draw(0) >> draw(64);
}
