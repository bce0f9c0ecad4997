// SPDX-License-Identifier: Apache-2.0
/*
 * From a spec to the kernel's program (Documentation/userspace-api/seccomp_filter.rst). libseccomp knows the calls of all
 * architectures by name and number. The program is not its: it leaves open which of several rules for a call counts,
 * takes one comparison per argument, and where it has gone one way in vain (2.5.4, rules of two arguments and more)
 * compares the next argument with what it loaded for another.
 */
#include "ns/seccomp.h"

#include "ns/seccomp_arch.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t count;
	bool full;
};

static uint32_t action_of(int action)
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

static uint32_t default_action(const struct seccomp_spec *spec)
{
	return action_of(spec->otherwise.given ? spec->otherwise.action : SECCOMP_DO_ALLOW);
}

/* Returns where it is. */
static size_t emit(struct program *p, int code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (p->count == BPF_MAXINSNS) {
		p->full = true;
		return 0;
	}
	p->code[p->count] = (struct sock_filter){ (uint16_t)code, jt, jf, k };
	return p->count++;
}

static void emit_return(struct program *p, uint32_t action)
{
	emit(p, BPF_RET | BPF_K, action, 0, 0);
}

static void emit_load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* A jump from @at, which only has the place for it (BPF_JA takes 32 bits, the others 8), to what comes next. */
static void land(struct program *p, size_t at)
{
	p->code[at].k = (uint32_t)(p->count - at - 1);
}

/* Half of an argument; the machine has 32 bits. */
static void emit_load_half(struct program *p, uint32_t index, bool high)
{
	bool second = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	emit_load(p, offsetof(struct seccomp_data, args) + 8 * (size_t)index + (second ? 4 : 0));
}

/*
 * Comparisons, each of which goes on at the second instruction behind itself if it holds, else at the next one; negated,
 * the other way around.
 */
static void emit_equal(struct program *p, const struct seccomp_arg *a, uint64_t mask,
		       uint64_t value, bool negated)
{
	bool masked = mask != UINT64_MAX;
	uint8_t rest = masked ? 3 : 2;

	emit_load_half(p, a->index, true);
	if (masked)
		emit(p, BPF_ALU | BPF_AND | BPF_K, (uint32_t)(mask >> 32), 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value >> 32), 0,
	     (uint8_t)(rest + (negated ? 1 : 0)));
	emit_load_half(p, a->index, false);
	if (masked)
		emit(p, BPF_ALU | BPF_AND | BPF_K, (uint32_t)mask, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)value, !negated, negated);
}

static void emit_above(struct program *p, const struct seccomp_arg *a, bool or_equal, bool negated)
{
	int compare = BPF_JMP | BPF_K | (or_equal ? BPF_JGE : BPF_JGT);
	uint8_t yes = negated ? 3 : 4, no = negated ? 3 : 2;

	emit_load_half(p, a->index, true);
	emit(p, BPF_JMP | BPF_JGT | BPF_K, (uint32_t)(a->value >> 32), yes, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(a->value >> 32), 0, no);
	emit_load_half(p, a->index, false);
	emit(p, compare, (uint32_t)a->value, !negated, negated);
}

static void emit_comparison(struct program *p, const struct seccomp_arg *a)
{
	switch ((enum seccomp_op)a->op) {
	case SECCOMP_EQ:
	case SECCOMP_NE:
		emit_equal(p, a, UINT64_MAX, a->value, a->op == SECCOMP_NE);
		break;
	case SECCOMP_GT:
	case SECCOMP_LE:
		emit_above(p, a, false, a->op == SECCOMP_LE);
		break;
	case SECCOMP_GE:
	case SECCOMP_LT:
		emit_above(p, a, true, a->op == SECCOMP_LT);
		break;
	case SECCOMP_MASKED_EQ:
		emit_equal(p, a, a->value, a->two.given ? a->two.value : a->value, false);
		break;
	}
}

/* Return its action if the comparisons that mean the same for this call hold. Does it so in any case? */
static bool emit_rule(struct program *p, const struct seccomp_call *call)
{
	size_t misses[BPF_MAXINSNS];
	size_t count = 0;

	if (call->muxed) {
		emit_comparison(p, &call->which);
		misses[count++] = emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	}
	for (size_t i = 0; i < call->rule->arg_count && !p->full; i++) {
		const struct seccomp_arg *a = &call->rule->args[i];

		if (a->index >= call->args)
			continue;
		emit_comparison(p, a);
		misses[count++] = emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	}
	emit_return(p, action_of(call->rule->action));
	for (size_t i = 0; i < count; i++)
		land(p, misses[i]);
	return count == 0;
}

/* All rules for the number of calls[0], which lie next to each other. Returns how many. */
static size_t emit_call(struct program *p, const struct seccomp_spec *spec,
			const struct seccomp_call *calls, size_t count)
{
	size_t same = 1, miss;
	bool certain = false;

	while (same < count && calls[same].number == calls[0].number)
		same++;
	/* Most rules ask for nothing but the number. */
	if (calls[0].rule->arg_count == 0 && !calls[0].muxed) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[0].number, 0, 1);
		emit_rule(p, &calls[0]);
		return same;
	}
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[0].number, 1, 0);
	miss = emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	for (size_t i = 0; i < same && !certain; i++)
		certain = emit_rule(p, &calls[i]);
	if (!certain)
		emit_return(p, default_action(spec));
	land(p, miss);
	return same;
}

static int emit_arch(struct program *p, const struct seccomp_spec *spec, uint32_t arch,
		     struct err *err)
{
	_cleanup_free_ struct seccomp_call *calls = NULL;
	size_t count = 0, miss;
	int ret = seccomp_calls(spec, arch, &calls, &count, err);

	if (ret < 0)
		return ret;
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0);
	miss = emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_load(p, offsetof(struct seccomp_data, nr));
	emit(p, BPF_ALU | BPF_AND | BPF_K, ~seccomp_number_flags(arch), 0, 0);
	for (size_t i = 0; i < count && !p->full;)
		i += emit_call(p, spec, &calls[i], count - i);
	emit_return(p, default_action(spec));
	land(p, miss);
	return 0;
}

static int emit_all(struct program *p, const struct seccomp_spec *spec, struct err *err)
{
	uint32_t archs[SECCOMP_ARCHS_MAX];
	size_t count = seccomp_archs(archs);
	int ret = 0;

	emit_load(p, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < count && ret == 0; i++)
		ret = emit_arch(p, spec, archs[i], err);
	/* Who calls in a way that we know nothing of must not get around the rules. */
	emit_return(p, SECCOMP_RET_KILL_PROCESS);
	if (ret == 0 && p->full)
		return err_set(err, -E2BIG,
			       "seccomp: the rules make more than the %d instructions that the "
			       "kernel takes",
			       BPF_MAXINSNS);
	return ret;
}

int seccomp_compile(const struct seccomp_spec *spec, struct seccomp_program *program,
		    struct err *err)
{
	_cleanup_free_ struct program *p = NULL;
	int ret;

	*program = (struct seccomp_program){ 0 };
	if (!spec->present)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_oom(err);
	ret = emit_all(p, spec, err);
	if (ret < 0)
		return ret;
	program->size = p->count * sizeof(p->code[0]);
	program->code = malloc(program->size);
	if (!program->code)
		return err_oom(err);
	memcpy(program->code, p->code, program->size);
	return 0;
}

/* One system call, and nothing behind it: who knows what of memory management and the like the filter allows. */
int seccomp_install(const struct seccomp_program *program, struct err *err)
{
	const struct sock_fprog prog = {
		.len = (unsigned short)(program->size / sizeof(struct sock_filter)),
		.filter = program->code,
	};
	int ret;

	if (!program->code || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0)
		return 0;
	ret = -errno;
	err_sys(err, ret, "seccomp: the kernel does not take the filter");
	return ret == -EACCES ? err_append(err, " (that takes no_new_privileges or CAP_SYS_ADMIN)")
			      : ret;
}

void seccomp_program_release(struct seccomp_program *program)
{
	free(program->code);
	*program = (struct seccomp_program){ 0 };
}
