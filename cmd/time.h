/* SPDX-License-Identifier: Apache-2.0 */
/* Times on the command line: "500ms", "5s", "2m", "5" (seconds). */
#ifndef CMD_TIME_H
#define CMD_TIME_H

#include "cmd/cmd.h"

/* In milliseconds, a day at most; the error names command and --@option. */
int parse_time(const struct command *c, const char *option, const char *text, int *ms,
	       struct err *err);

#endif
