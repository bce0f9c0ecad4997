// SPDX-License-Identifier: Apache-2.0
/*
 * timer COMMAND [ARG...]: run the command with its output thrown away and print how many microseconds
 * it took from before posix_spawn(3) to behind waitpid(2). Exits with the command's status.
 *
 * The figure holds the kernel's work for a whole process: start, exec, page faults, end.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	long long start;
	int error, status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: timer COMMAND [ARG...]\n");
		return 2;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	start = now_ns();
	error = posix_spawnp(&pid, argv[1], &files, NULL, argv + 1, (char *[]){ NULL });
	if (error) {
		fprintf(stderr, "timer: %s: %s\n", argv[1], strerror(error));
		return 127;
	}
	if (waitpid(pid, &status, 0) < 0)
		return 126;
	printf("%lld\n", (now_ns() - start) / 1000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
