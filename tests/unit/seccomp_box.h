/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of system call filters share: a machine that runs them, a plain reading of the rules, and random values. */
#ifndef TESTS_UNIT_SECCOMP_BOX_H
#define TESTS_UNIT_SECCOMP_BOX_H

#include "ns/seccomp.h"

#include <stdint.h>

/* What the program @p returns for the call @nr of the architecture @arch (AUDIT_ARCH_*). NULL: arguments of zero. */
uint32_t run_call(const struct seccomp_program *p, uint32_t arch, int nr, const uint64_t args[6]);

/* What a program returns for an action. */
uint32_t returned(int action);

/* The action of the first rule that holds, as whoever wrote them would read them. */
int expected(const struct seccomp_spec *spec, int nr, const uint64_t args[6]);

/* The same in each run: below @below, or any for 0. */
uint64_t draw(uint64_t below);
/* Values that meet each other, and the borders of 32 and 64 bits. */
uint64_t draw_value(void);

#endif
