// SPDX-License-Identifier: Apache-2.0
#include "lib/cleanup.h"

#include <errno.h>

int close_fd(int fd)
{
	int saved = errno;

	/* close(2): on Linux the descriptor is gone even after EINTR, so it is never tried twice. */
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}
