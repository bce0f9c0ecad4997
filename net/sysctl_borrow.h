/* SPDX-License-Identifier: Apache-2.0 */
/* A setting of the host's that several containers need, for as long as one of them does. */
#ifndef NET_SYSCTL_BORROW_H
#define NET_SYSCTL_BORROW_H

#include "net/sysctl.h"

struct sysctl_borrow_args {
	struct sysctl_args sysctl;
	char was[SYSCTL_VALUE_MAX]; /* before the first one of us; "": not known yet */
};

/*
 * A shared step. The last user brings back what was there before the first, unless somebody has changed it since: then it is
 * theirs.
 */
extern const struct step_type sysctl_borrow_step;

#endif
