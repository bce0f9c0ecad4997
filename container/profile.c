// SPDX-License-Identifier: Apache-2.0
#include "container/profile.h"

#include "lib/cleanup.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#define CAP(name) (1ULL << CAP_##name)

/* Their lists of system calls are in ns/seccomp_profile.c. */
static const struct {
	const char *name;
	uint64_t capabilities;
} profiles[] = {
	{ "high", CAP(NET_BIND_SERVICE) | CAP(KILL) | CAP(AUDIT_WRITE) },
	{ "medium", CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FSETID) | CAP(FOWNER) | CAP(SETGID) |
			    CAP(SETUID) | CAP(SETFCAP) | CAP(SETPCAP) | CAP(NET_BIND_SERVICE) |
			    CAP(KILL) | CAP(AUDIT_WRITE) },
	{ "low", CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FSETID) | CAP(FOWNER) | CAP(SETGID) |
			 CAP(SETUID) | CAP(SYS_CHROOT) | CAP(SETFCAP) | CAP(SETPCAP) |
			 CAP(NET_BIND_SERVICE) | CAP(KILL) | CAP(AUDIT_WRITE) },
};

int spec_set_profile(struct spec *spec, const char *name, struct err *err)
{
	for (size_t i = 0; i < array_size(profiles); i++) {
		if (strcmp(profiles[i].name, name))
			continue;
		spec->capabilities = capabilities_keep(profiles[i].capabilities);
		spec->no_new_privileges = true; /* it came with a filter */
		return seccomp_profile(name, &spec->seccomp, err);
	}
	return err_set(err, -EINVAL, "security: '%.40s' is none of high, medium and low", name);
}
