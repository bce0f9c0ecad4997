/* SPDX-License-Identifier: Apache-2.0 */
/* What a spec asks of the kernel's security modules (AppArmor, SELinux), and whether there are any. */
#ifndef CONTAINER_LABELS_H
#define CONTAINER_LABELS_H

#include "container/spec.h"
#include "lib/err.h"

/* Rules that need no kernel: for spec_prepare(). */
int labels_check(const struct spec *spec, struct err *err);

/*
 * Before anything is made: an error where a label is asked for and the kernel has no such module. With
 * spec->ignore_missing_lsm these labels are taken out of @spec instead, with a warning each, so that what is stored is what
 * holds for a command that joins, too.
 */
int labels_settle(struct spec *spec, struct err *err);

#endif
