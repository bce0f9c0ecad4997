/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as a program expects to find them when it starts. */
#ifndef LIB_SIGNALS_H
#define LIB_SIGNALS_H

#include <signal.h>

/*
 * Every disposition is the default one, also of what our own caller ignores, and the mask is @mask. Makes system
 * calls only, so it may be called behind vfork(2).
 */
void signals_reset(const sigset_t *mask);

#endif
