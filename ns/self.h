/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's own file. A container gets hold of it where it has a command that is a symlink to /proc/self/exe, or
 * a script or program whose interpreter that is: then it is the host's ctrnet that is executed in it, and its root may
 * write to the file, at the latest when no ctrnet is running any more (CVE-2019-5736).
 */
#ifndef NS_SELF_H
#define NS_SELF_H

#include "lib/err.h"

/*
 * Go on from a mount of the program's file that is read-only, and that nobody has but its processes: execute it anew from
 * there, with @argv, unless it is read-only where it is. To be called before anything is begun. Takes CAP_SYS_ADMIN.
 */
int self_protect(char *const *argv, struct err *err);

#endif
