// SPDX-License-Identifier: Apache-2.0
/* disarm CMD...: execute CMD without a parent-death signal (prctl(2)), whoever had one armed. */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2 || prctl(PR_SET_PDEATHSIG, 0) < 0)
		return 2;
	execvp(argv[1], argv + 1);
	perror("disarm");
	return 1;
}
