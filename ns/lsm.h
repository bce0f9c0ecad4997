/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AppArmor profiles and SELinux labels of the container's processes: what the kernel has of the two, and asking it for a
 * change at the next execve(2).
 */
#ifndef NS_LSM_H
#define NS_LSM_H

#include "lib/err.h"

#include <stdbool.h>

enum lsm { LSM_APPARMOR, LSM_SELINUX };

/* "AppArmor", "SELinux" */
const char *lsm_name(enum lsm lsm);

/* Is it there and switched on? Reads the host's /sys and /proc. */
bool lsm_enabled(enum lsm lsm);

/* Words that can be a profile's name, or a context: user:role:type and, where the policy has them, a level. */
int lsm_check(enum lsm lsm, const char *label, struct err *err);

/*
 * The file of the calling process that takes what it becomes at the next execve(2). To be opened while /proc still is
 * the host's: the container's could be anything (CVE-2019-16884, CVE-2019-19921, CVE-2023-27561). Returns the fd.
 */
int lsm_open(enum lsm lsm, struct err *err);
/* aa_change_onexec(2) and setexeccon(3), by @fd of lsm_open(). The same process must have opened it. */
int lsm_change_on_exec(enum lsm lsm, int fd, const char *label, struct err *err);

#endif
