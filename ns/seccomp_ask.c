// SPDX-License-Identifier: Apache-2.0
/* What a filter says, without asking the kernel: the part of its machine (bpf(4)) that seccomp_filter.c makes use of. */
#include "ns/seccomp.h"

#include "ns/seccomp_arch.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

/* How many instructions it passes over. */
static uint32_t jump(const struct sock_filter *i, uint32_t a)
{
	bool holds = false;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		holds = a == i->k;
		break;
	case BPF_JGT:
		holds = a > i->k;
		break;
	case BPF_JGE:
		holds = a >= i->k;
		break;
	}
	return holds ? i->jt : i->jf;
}

static uint32_t run(const struct seccomp_program *program, const struct seccomp_data *data)
{
	const struct sock_filter *code = program->code;
	size_t count = program->size / sizeof(*code);
	uint32_t a = 0;

	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *i = &code[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_ALU:
			a &= i->k;
			break;
		case BPF_JMP:
			pc += jump(i, a);
			break;
		case BPF_RET:
			return i->k;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

bool seccomp_allows(const struct seccomp_program *program, long number, const uint64_t args[6])
{
	uint32_t archs[SECCOMP_ARCHS_MAX];
	struct seccomp_data data = { .nr = (int)number };

	if (!program->code)
		return true;
	seccomp_archs(archs);
	data.arch = archs[0];
	memcpy(data.args, args, sizeof(data.args));
	return run(program, &data) == SECCOMP_RET_ALLOW;
}
