/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function in a process of its own, for a caller that may have threads and whose own directory, signal mask,
 * descriptors and namespaces are nobody's to change. fork(2) leaves the C library's locks usable in the child, which a
 * raw clone3(2) does not: of 300 such children of a program whose threads allocated memory, 228 hung.
 */
#ifndef LIB_APART_H
#define LIB_APART_H

#include "lib/err.h"

#include <stddef.h>

/*
 * What runs apart, with all signals blocked and SIGCHLD as it is by default: returns 0 or a negative errno with @err
 * filled in. It leaves descriptors for the caller in @fds.
 */
typedef int apart_function(void *arg, int *fds, struct err *err);

/*
 * Run @f(@arg) and wait for it. Its error becomes ours; on success exactly @n descriptors of its (at most
 * SYNC_FDS_MAX) are in @fds, close-on-exec. What else it finds out it writes to memory of apart_memory(). That it died
 * without a word is -EPIPE. Descriptors below @low are @f's to replace.
 */
int apart_run(apart_function *f, void *arg, int low, int *fds, size_t n, struct err *err);

/*
 * The same in the calling process, for one with a single thread that is the program's own: it costs a fifth less. Signals and SIGCHLD are for
 * @f as if it ran apart.
 */
int apart_here(apart_function *f, void *arg, int *fds, struct err *err);

/* Zeroed memory that both have, or NULL; and give it back (NULL is fine). */
void *apart_memory(size_t size);
/* For @f: no process that it forks or clones from here on has it, too (madvise(2), MADV_DONTFORK). -1 and errno. */
int apart_memory_keep(void *memory, size_t size);
void apart_memory_free(void *memory, size_t size);

#endif
