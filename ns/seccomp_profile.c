// SPDX-License-Identifier: Apache-2.0
/*
 * nsinit's profiles of 2015, as what they meant to deny: to change mounts, to leave or make namespaces, to load kernel
 * code, and from "low" to "high" more. Calls that have come since, or that they forgot, and that do the same are
 * denied as well.
 */
#include "ns/seccomp.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { LOW = 1 << 0, MEDIUM = 1 << 1, HIGH = 1 << 2, ALL = LOW | MEDIUM | HIGH };

static const struct {
	const char *name;
	int value;
} profiles[] = { { "low", LOW }, { "medium", MEDIUM }, { "high", HIGH } };

static const struct {
	const char *call;
	int profiles;
	int error; /* ENOSYS where programs then take an older way, which can be looked into */
} denied[] = {
	{ "unshare", ALL, EPERM },
	{ "setns", ALL, EPERM },
	/* Its flags lie in memory, where no filter sees them. */
	{ "clone3", ALL, ENOSYS },
	{ "mount", ALL, EPERM },
	{ "umount", ALL, EPERM },
	{ "umount2", ALL, EPERM },
	{ "open_tree", ALL, EPERM },
	{ "open_tree_attr", ALL, EPERM },
	{ "move_mount", ALL, EPERM },
	{ "fsopen", ALL, EPERM },
	{ "fsconfig", ALL, EPERM },
	{ "fsmount", ALL, EPERM },
	{ "fspick", ALL, EPERM },
	{ "mount_setattr", ALL, EPERM },
	{ "create_module", ALL, EPERM },
	{ "init_module", ALL, EPERM },
	{ "finit_module", ALL, EPERM },
	{ "delete_module", ALL, EPERM },
	{ "kexec_load", ALL, EPERM },
	{ "kexec_file_load", ALL, EPERM },
	{ "chroot", MEDIUM | HIGH, EPERM },
	{ "pivot_root", MEDIUM | HIGH, EPERM },
	{ "sethostname", MEDIUM | HIGH, EPERM },
	{ "setdomainname", MEDIUM | HIGH, EPERM },
	{ "capset", HIGH, EPERM },
	{ "chmod", HIGH, EPERM },
	{ "fchmod", HIGH, EPERM },
	{ "fchmodat", HIGH, EPERM },
	{ "fchmodat2", HIGH, EPERM },
	{ "chown", HIGH, EPERM },
	{ "fchown", HIGH, EPERM },
	{ "lchown", HIGH, EPERM },
	{ "fchownat", HIGH, EPERM },
	{ "link", HIGH, EPERM },
	{ "linkat", HIGH, EPERM },
	{ "unlink", HIGH, EPERM },
	{ "unlinkat", HIGH, EPERM },
	/* Links and unlinks on its own (io_uring_enter(2), IORING_OP_UNLINKAT), past any filter. */
	{ "io_uring_setup", HIGH, ENOSYS },
};

/* Newer than libseccomp 2.5: their numbers, which are the same on all architectures but alpha. */
static const struct {
	const char *call;
	int number;
} newer[] = { { "fchmodat2", 452 }, { "open_tree_attr", 467 } };

static int number_of(const char *call)
{
	for (size_t i = 0; i < array_size(newer); i++)
		if (!strcmp(newer[i].call, call))
			return newer[i].number;
	return seccomp_syscall_resolve_name(call);
}

/* clone(2) with CLONE_NEWUSER among its flags, which s390 has second. */
static int deny_new_user(struct seccomp_rule *rule, struct err *err)
{
	bool second = seccomp_arch_native() == SCMP_ARCH_S390X;

	*rule = (struct seccomp_rule){ .number = seccomp_syscall_resolve_name("clone"),
				       .action = EPERM };
	rule->args = calloc(1, sizeof(*rule->args));
	if (!rule->args)
		return err_oom(err);
	rule->arg_count = 1;
	rule->args[0] = (struct seccomp_arg){ .index = second,
					      .value = CLONE_NEWUSER,
					      .op = SECCOMP_MASKED_EQ };
	return 0;
}

static int find_profile(const char *name, struct err *err)
{
	for (size_t i = 0; i < array_size(profiles); i++)
		if (!strcmp(profiles[i].name, name))
			return profiles[i].value;
	return err_set(err, -EINVAL,
		       "unknown security profile '%.40s'; known are low, medium, high", name);
}

int seccomp_profile(const char *name, struct seccomp_spec *spec, struct err *err)
{
	int profile = find_profile(name, err);
	struct seccomp_spec made = { .present = true };
	int ret;

	if (profile < 0)
		return profile;
	made.rules = calloc(array_size(denied) + 1, sizeof(*made.rules));
	if (!made.rules)
		return err_oom(err);
	for (size_t i = 0; i < array_size(denied); i++) {
		int number = number_of(denied[i].call);

		if (denied[i].profiles & profile && number != __NR_SCMP_ERROR)
			made.rules[made.rule_count++] = (struct seccomp_rule){
				.number = number,
				.action = denied[i].error,
			};
	}
	ret = deny_new_user(&made.rules[made.rule_count++], err);
	json_release(&seccomp_schema, ret < 0 ? &made : spec);
	if (ret == 0)
		*spec = made;
	return ret;
}
