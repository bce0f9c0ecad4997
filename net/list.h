/* SPDX-License-Identifier: Apache-2.0 */
/* What interfaces a network namespace has, for people. */
#ifndef NET_LIST_H
#define NET_LIST_H

#include "lib/err.h"

#include <stdio.h>

/*
 * A table of the calling thread's network namespace: NAME, MTU, MAC, FLAG, ADDRS, a line for each interface in the
 * kernel's order; "-" where there is nothing. Needs no privilege.
 */
int net_list(FILE *out, struct err *err);

#endif
