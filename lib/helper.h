/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that see to something while we go on, or when we are gone: nobody's children, so nobody gets their SIGCHLD or reaps them by
 * mistake; each with a session of its own, no terminal, no signal handlers, and no files but those that it is given.
 */
#ifndef LIB_HELPER_H
#define LIB_HELPER_H

#include <sys/types.h>

struct helper {
	/* Runs on a copy of our memory. Makes system calls only: it may be forked from a thread. Its end is the helper's. */
	void (*run)(const void *arg);
	const void *arg;
	const char *name; /* for ps(1); NULL: ours */
	const int *files; /* stay open in it; negative ones are passed over */
	size_t file_count;
};

/* Start it and return its pid, which is nobody's to wait for. A negative errno: it did not start. */
pid_t helper_start(const struct helper *h);

#endif
