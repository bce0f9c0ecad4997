/* SPDX-License-Identifier: Apache-2.0 */
/* The step that writes a setting of a network namespace (sysctl(8), Documentation/networking/ip-sysctl.rst). */
#ifndef NET_SYSCTL_H
#define NET_SYSCTL_H

#include "lib/plan.h"
#include "net/step.h"

#include <stdbool.h>

#define SYSCTL_PATH_MAX  96
#define SYSCTL_VALUE_MAX 64

struct sysctl_args {
	char ns[NET_KEY_MAX];
	char path[SYSCTL_PATH_MAX]; /* below /proc/sys, with slashes: link names may contain dots */
	char value[SYSCTL_VALUE_MAX];
	bool optional; /* a kernel without the setting is fine */
};

/* Not undone: meant for what goes with its namespace, or with a link of ours. */
extern const struct step_type sysctl_step;

#endif
