/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program of the host's to its end, with nothing of ours open in it. */
#ifndef LIB_RUN_H
#define LIB_RUN_H

#include "lib/err.h"

/* Where programs are looked for when nobody says where. */
#define RUN_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct run {
	const char *
		path; /* absolute, or a name to be looked up in PATH of the environment it is given */
	char *const *args; /* behind argv[0], which is path; may be NULL */
	char *const *env;  /* all of it (K=V); NULL: the caller's */
	const char *dir;   /* NULL: the caller's */
	int dir_fd;        /* of dir, where looking it up could lead elsewhere; 0: none */
	int output; /* what it says is written there, rather than to the caller's stderr; 0: none */
	int timeout_ms; /* then it is killed, and what is in its process group; 0: none */
};

/*
 * Run it and wait. stdin is /dev/null, stdout and stderr are the caller's stderr or `output`, nothing else is open in it; no signal
 * is blocked or ignored; it leads a process group of its own, and is killed when the caller dies. Entries of PATH
 * that are not absolute are passed over. Processes that it leaves behind are not waited for.
 *
 * 0 if it exited with 0; else -ECHILD ("exited with status 1", "was killed by signal 9"), -ETIMEDOUT, or why it could
 * not be executed. The caller says which program it was. SIGCHLD must not be ignored; for single-threaded callers.
 */
int run_program(const struct run *run, struct err *err);

#endif
