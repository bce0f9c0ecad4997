/* SPDX-License-Identifier: Apache-2.0 */
/* Signals by name. */
#ifndef CMD_SIGNAL_H
#define CMD_SIGNAL_H

#include "lib/err.h"

/*
 * "TERM", "sigterm", "15", "RTMIN+1", "RTMAX-2"; 0 is none. -EINVAL: "unknown signal 'X'".
 */
int signal_parse(const char *text, int *signal, struct err *err);

#endif
