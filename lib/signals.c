// SPDX-License-Identifier: Apache-2.0
#include "lib/signals.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

void signals_reset(const sigset_t *mask)
{
	/* As the kernel has it, all zero for SIG_DFL: the C library's call spares two signals of its own. */
	const char dfl[64] = { 0 };

	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, NSIG / 8);
	sigprocmask(SIG_SETMASK, mask, NULL);
}
