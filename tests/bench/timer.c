// SPDX-License-Identifier: Apache-2.0
/*
 * timer [-i FILE] [NAME=VALUE...] COMMAND [ARG...]: run the command with its input from FILE, no other environment than that, and
 * its output thrown away; print how many microseconds it took from before posix_spawn(3) to behind waitpid(2). Exits with the
 * command's status.
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

#define ENV_MAX 16

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	const char *input = "/dev/null";
	char *env[ENV_MAX + 1] = { NULL }, **command = argv + 1;
	long long start;
	int error, status;
	pid_t pid;

	if (argc > 3 && !strcmp(argv[1], "-i")) {
		input = argv[2];
		command = argv + 3;
	}
	for (int n = 0; n < ENV_MAX && *command && strchr(*command, '='); n++)
		env[n] = *command++;
	if (!*command) {
		fprintf(stderr, "usage: timer [-i FILE] [NAME=VALUE...] COMMAND [ARG...]\n");
		return 2;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	start = now_ns();
	error = posix_spawnp(&pid, *command, &files, NULL, command, env);
	if (error) {
		fprintf(stderr, "timer: %s: %s\n", *command, strerror(error));
		return 127;
	}
	if (waitpid(pid, &status, 0) < 0)
		return 126;
	printf("%lld\n", (now_ns() - start) / 1000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
