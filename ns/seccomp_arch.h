/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other ways to call the kernel we run on: 32-bit programs and the like have numbers of their own, and some calls
 * that only they have, which must not be a way around a filter.
 */
#ifndef NS_SECCOMP_ARCH_H
#define NS_SECCOMP_ARCH_H

#include "ns/seccomp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECCOMP_ARCHS_MAX 4

/* AUDIT_ARCH_* of the one we run on, and of all others that this kernel may serve; returns how many. */
size_t seccomp_archs(uint32_t archs[SECCOMP_ARCHS_MAX]);

/* Bits of a number that do not tell which call it is: x86's for x32. */
uint32_t seccomp_number_flags(uint32_t arch);

/* A rule as one architecture has it. */
struct seccomp_call {
	int number; /* there */
	const struct seccomp_rule *rule;
	size_t args; /* so many of the first arguments are what they are for the native call */
	bool muxed;  /* only if this holds as well is it the call: */
	struct seccomp_arg which;
};

/*
 * What @spec's rules are about on @arch, those for one number next to each other and in their order. Rules that allow
 * a call by arguments that it does not have there are left out. *@calls is allocated.
 */
int seccomp_calls(const struct seccomp_spec *spec, uint32_t arch, struct seccomp_call **calls,
		  size_t *count, struct err *err);

/* Does libseccomp know nothing of this call, but we that its number is the same on all architectures? */
bool seccomp_call_is_new(int number);

#endif
