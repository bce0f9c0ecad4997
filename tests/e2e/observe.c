// SPDX-License-Identifier: Apache-2.0
/* observe CMD ARG...: print what only a process itself can tell of itself, then execute CMD. */
#include <stdio.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec mono, boot;
	int signal = 0;
	char cwd[4096];
	mode_t mask = umask(0);

	umask(mask);
	prctl(PR_GET_PDEATHSIG, &signal);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	printf("pdeathsig: %d\numask: %03o\ncwd: %s\ntty: %d\n", signal, (unsigned int)mask,
	       getcwd(cwd, sizeof(cwd)) ? cwd : "?", isatty(0));
	/* In thousands of seconds: an offset shows, a slow machine does not. */
	printf("boottime - monotonic: %ld\n", (long)(boot.tv_sec - mono.tv_sec + 500) / 1000);
	fflush(stdout);
	if (argc < 2)
		return 2;
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
