// SPDX-License-Identifier: Apache-2.0
#include "ns/seccomp_arch.h"

#include "lib/cleanup.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#define X32_BIT 0x40000000 /* of numbers; the architecture is x86-64 then */

static const struct {
	uint32_t native, other;
} others[] = {
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X86 },      { SCMP_ARCH_AARCH64, SCMP_ARCH_ARM },
	{ SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS },     { SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32 },
	{ SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL }, { SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32 },
	{ SCMP_ARCH_PPC64, SCMP_ARCH_PPC },       { SCMP_ARCH_S390X, SCMP_ARCH_S390 },
	{ SCMP_ARCH_PARISC64, SCMP_ARCH_PARISC },
};

size_t seccomp_archs(uint32_t archs[SECCOMP_ARCHS_MAX])
{
	uint32_t native = seccomp_arch_native();
	size_t n = 0;

	archs[n++] = native;
	for (size_t i = 0; i < array_size(others) && n < SECCOMP_ARCHS_MAX; i++)
		if (others[i].native == native)
			archs[n++] = others[i].other;
	return n;
}

uint32_t seccomp_number_flags(uint32_t arch)
{
	return arch == SCMP_ARCH_X86_64 ? X32_BIT : 0;
}

/*
 * From 424 (Linux 5.1) on a call gets one number for all architectures; those of alpha and mips lie elsewhere, beyond
 * 1023 for mips. What was before that, libseccomp knows.
 */
bool seccomp_call_is_new(int number)
{
	char *name;

	if (number < 424 || number > 1023)
		return false;
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
	free(name);
	return !name;
}

#define ALL_ARGS 6

/*
 * 64-bit calls by name, and what else, or with what other arguments, does the same on 32-bit architectures: wider ids,
 * offsets and times (two registers each), a struct instead of six arguments, and what was there before.
 */
struct twin {
	const char *name;
	size_t args; /* see struct seccomp_call */
};

static const struct {
	const char *name;
	struct twin twin;
} twins_32[] = {
	{ "chown", { "chown32", ALL_ARGS } },
	{ "fchown", { "fchown32", ALL_ARGS } },
	{ "lchown", { "lchown32", ALL_ARGS } },
	{ "setuid", { "setuid32", ALL_ARGS } },
	{ "setgid", { "setgid32", ALL_ARGS } },
	{ "setreuid", { "setreuid32", ALL_ARGS } },
	{ "setregid", { "setregid32", ALL_ARGS } },
	{ "setresuid", { "setresuid32", ALL_ARGS } },
	{ "setresgid", { "setresgid32", ALL_ARGS } },
	{ "setfsuid", { "setfsuid32", ALL_ARGS } },
	{ "setfsgid", { "setfsgid32", ALL_ARGS } },
	{ "setgroups", { "setgroups32", ALL_ARGS } },
	{ "getuid", { "getuid32", ALL_ARGS } },
	{ "getgid", { "getgid32", ALL_ARGS } },
	{ "geteuid", { "geteuid32", ALL_ARGS } },
	{ "getegid", { "getegid32", ALL_ARGS } },
	{ "getresuid", { "getresuid32", ALL_ARGS } },
	{ "getresgid", { "getresgid32", ALL_ARGS } },
	{ "getgroups", { "getgroups32", ALL_ARGS } },
	{ "umount2", { "umount", 1 } },
	{ "stat", { "stat64", ALL_ARGS } },
	{ "stat", { "oldstat", ALL_ARGS } },
	{ "lstat", { "lstat64", ALL_ARGS } },
	{ "lstat", { "oldlstat", ALL_ARGS } },
	{ "fstat", { "fstat64", ALL_ARGS } },
	{ "fstat", { "oldfstat", ALL_ARGS } },
	{ "newfstatat", { "fstatat64", ALL_ARGS } },
	{ "statfs", { "statfs64", 1 } },
	{ "fstatfs", { "fstatfs64", 1 } },
	{ "fcntl", { "fcntl64", ALL_ARGS } },
	{ "sendfile", { "sendfile64", ALL_ARGS } },
	{ "lseek", { "_llseek", 1 } },
	{ "truncate", { "truncate64", 1 } },
	{ "ftruncate", { "ftruncate64", 1 } },
	{ "fadvise64", { "fadvise64", 1 } },
	{ "fadvise64", { "fadvise64_64", 1 } },
	{ "fadvise64", { "arm_fadvise64_64", 1 } },
	{ "sync_file_range", { "sync_file_range", 1 } },
	{ "sync_file_range", { "sync_file_range2", 1 } },
	{ "sync_file_range", { "arm_sync_file_range", 1 } },
	{ "fallocate", { "fallocate", 2 } },
	{ "readahead", { "readahead", 1 } },
	{ "pread64", { "pread64", 3 } },
	{ "pwrite64", { "pwrite64", 3 } },
	{ "preadv", { "preadv", 3 } },
	{ "pwritev", { "pwritev", 3 } },
	{ "preadv2", { "preadv2", 3 } },
	{ "pwritev2", { "pwritev2", 3 } },
	{ "lookup_dcookie", { "lookup_dcookie", 0 } },
	{ "fanotify_mark", { "fanotify_mark", 2 } },
	{ "mmap", { "mmap", 0 } },
	{ "mmap", { "mmap2", 5 } },
	{ "select", { "select", 0 } },
	{ "select", { "_newselect", ALL_ARGS } },
	{ "pselect6", { "pselect6_time64", ALL_ARGS } },
	{ "ppoll", { "ppoll_time64", ALL_ARGS } },
	{ "clone", { "clone", 3 } },
	{ "getrlimit", { "ugetrlimit", ALL_ARGS } },
	{ "uname", { "olduname", ALL_ARGS } },
	{ "uname", { "oldolduname", ALL_ARGS } },
	{ "wait4", { "waitpid", 3 } },
	{ "getdents", { "readdir", 2 } },
	{ "rt_sigaction", { "sigaction", 3 } },
	{ "rt_sigaction", { "signal", 1 } },
	{ "rt_sigprocmask", { "sigprocmask", 3 } },
	{ "rt_sigpending", { "sigpending", 1 } },
	{ "rt_sigsuspend", { "sigsuspend", 0 } },
	{ "rt_sigreturn", { "sigreturn", ALL_ARGS } },
	{ "rt_sigtimedwait", { "rt_sigtimedwait_time64", ALL_ARGS } },
	{ "settimeofday", { "stime", 0 } },
	{ "clock_gettime", { "clock_gettime64", ALL_ARGS } },
	{ "clock_settime", { "clock_settime64", ALL_ARGS } },
	{ "clock_adjtime", { "clock_adjtime64", ALL_ARGS } },
	{ "clock_getres", { "clock_getres_time64", ALL_ARGS } },
	{ "clock_nanosleep", { "clock_nanosleep_time64", ALL_ARGS } },
	{ "timer_gettime", { "timer_gettime64", ALL_ARGS } },
	{ "timer_settime", { "timer_settime64", ALL_ARGS } },
	{ "timerfd_gettime", { "timerfd_gettime64", ALL_ARGS } },
	{ "timerfd_settime", { "timerfd_settime64", ALL_ARGS } },
	{ "utimensat", { "utimensat_time64", ALL_ARGS } },
	{ "futex", { "futex_time64", ALL_ARGS } },
	{ "io_pgetevents", { "io_pgetevents_time64", ALL_ARGS } },
	{ "recvmmsg", { "recvmmsg_time64", ALL_ARGS } },
	{ "mq_timedsend", { "mq_timedsend_time64", ALL_ARGS } },
	{ "mq_timedreceive", { "mq_timedreceive_time64", ALL_ARGS } },
	{ "semtimedop", { "semtimedop_time64", ALL_ARGS } },
	{ "sched_rr_get_interval", { "sched_rr_get_interval_time64", ALL_ARGS } },
	{ "sendto", { "send", 4 } },
	{ "sendto", { "sendto", ALL_ARGS } },
	{ "recvfrom", { "recv", 4 } },
	{ "recvfrom", { "recvfrom", ALL_ARGS } },
};

#define TWINS_MAX 4

/* What the native call @name is on a 32-bit architecture. */
static size_t find_twins(const char *name, struct twin twins[TWINS_MAX])
{
	bool itself = false;
	size_t n = 0;

	for (size_t i = 0; i < array_size(twins_32) && n < TWINS_MAX - 1; i++) {
		if (strcmp(twins_32[i].name, name))
			continue;
		itself = itself || !strcmp(twins_32[i].twin.name, name);
		twins[n++] = twins_32[i].twin;
	}
	/* Where the table has no other arguments for it, the call of the same name is the same. */
	if (!itself)
		twins[n++] = (struct twin){ name, ALL_ARGS };
	return n;
}

/* Calls as they are found. */
struct finder {
	uint32_t arch;
	struct seccomp_call *calls; /* with room for all that may be */
	size_t count;
};

#define PER_RULE (2 * TWINS_MAX)

static void add(struct finder *f, struct seccomp_call call)
{
	const struct seccomp_rule *rule = call.rule;

	/* Nothing is to be allowed unlooked at; of what is denied, rather more than less. */
	for (size_t i = 0; i < rule->arg_count; i++)
		if (rule->args[i].index >= call.args && rule->action == SECCOMP_DO_ALLOW)
			return;
	f->calls[f->count++] = call;
}

/*
 * socketcall(2) and ipc(2), whose first argument says which call it is, and another one where the arguments are.
 * libseccomp's number for them is that one below -100 or -200; ipc has a version in the upper half.
 */
static void add_muxed(struct finder *f, const struct seccomp_rule *rule, int number)
{
	bool ipc = number < -200;
	int through = seccomp_syscall_resolve_name_arch(f->arch, ipc ? "ipc" : "socketcall");

	if (through < 0)
		return;
	add(f, (struct seccomp_call){
		       .number = through,
		       .rule = rule,
		       .muxed = true,
		       .which = { .value = ipc ? 0xffff : UINT32_MAX,
				  .two = { true, (uint64_t)(-number - (ipc ? 200 : 100)) },
				  .op = SECCOMP_MASKED_EQ },
	       });
}

/* Linux 4.3 and 5.1 gave them numbers of their own, which libseccomp only has the other way around. */
static void add_direct(struct finder *f, const struct seccomp_rule *rule, const char *name)
{
	for (int number = 300; number < 424; number++) {
		_cleanup_free_ char *found = seccomp_syscall_resolve_num_arch(f->arch, number);

		if (found && !strcmp(found, name))
			add(f, (struct seccomp_call){
				       .number = number, .rule = rule, .args = ALL_ARGS });
	}
}

static void add_twin(struct finder *f, const struct seccomp_rule *rule, const struct twin *twin)
{
	int number = seccomp_syscall_resolve_name_arch(f->arch, twin->name);

	if (number >= 0) {
		add(f, (struct seccomp_call){ .number = number, .rule = rule, .args = twin->args });
	} else if (number < -100 && number > -300) {
		add_muxed(f, rule, number);
		add_direct(f, rule, twin->name);
	}
}

/* Kernels have taken both numbers of such a call with and without x32's bit. */
static void add_x32(struct finder *f, const struct seccomp_rule *rule, const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, name);

	if (number >= 0 && (number & ~X32_BIT) != rule->number)
		add(f, (struct seccomp_call){
			       .number = number & ~X32_BIT, .rule = rule, .args = ALL_ARGS });
}

static void add_rule(struct finder *f, const struct seccomp_rule *rule)
{
	_cleanup_free_ char *name =
		seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, rule->number);
	struct twin twins[TWINS_MAX] = { { name, ALL_ARGS } };
	size_t count = 1;

	if (!name) {
		if (seccomp_call_is_new(rule->number))
			add(f, (struct seccomp_call){
				       .number = rule->number, .rule = rule, .args = ALL_ARGS });
		return;
	}
	if (f->arch != seccomp_arch_native())
		count = find_twins(name, twins);
	for (size_t i = 0; i < count; i++)
		add_twin(f, rule, &twins[i]);
	if (f->arch == SCMP_ARCH_X86_64)
		add_x32(f, rule, name);
}

static int by_number(const void *a, const void *b)
{
	const struct seccomp_call *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

int seccomp_calls(const struct seccomp_spec *spec, uint32_t arch, struct seccomp_call **calls,
		  size_t *count, struct err *err)
{
	struct finder f = { .arch = arch };

	f.calls = calloc(spec->rule_count * PER_RULE + 1, sizeof(*f.calls));
	if (!f.calls)
		return err_oom(err);
	for (size_t i = 0; i < spec->rule_count; i++)
		add_rule(&f, &spec->rules[i]);
	qsort(f.calls, f.count, sizeof(*f.calls), by_number);
	*calls = f.calls;
	*count = f.count;
	return 0;
}
