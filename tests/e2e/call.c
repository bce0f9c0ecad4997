// SPDX-License-Identifier: Apache-2.0
/*
 * call [-32] NUMBER [ARG...]: make one system call and print what comes of it: "ok" or the errno as a number. With -32
 * by int 0x80, as a 32-bit program on x86 does it, whose numbers these are then; elsewhere it exits with 77.
 * call setuid-check: print the effective uid.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)context;
	/* Not what printf(3) calls for: the filter may be about anything. */
	char text[] = "trapped on system call 000\n";
	int n = info->si_syscall;

	for (char *at = strrchr(text, '\n'); n && *--at == '0'; n /= 10)
		*at = (char)('0' + n % 10);
	_exit(signal == SIGSYS && write(1, text, strlen(text)) > 0 ? 0 : 1);
}

static long call_32(const long *a)
{
#ifdef __x86_64__
	long ret;

	/* The kernel's entry keeps all but rax (arch/x86/entry). */
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(a[0]), "b"(a[1]), "c"(a[2]), "d"(a[3]), "S"(a[4]), "D"(a[5])
			 : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
	return -1;
#else
	(void)a;
	exit(77);
#endif
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
	int narrow = argc > 1 && !strcmp(argv[1], "-32");
	long a[7] = { 0 }, ret;

	if (argc == 2 && !strcmp(argv[1], "setuid-check"))
		return printf("%d\n", (int)geteuid()) < 0;
	if (argc < 2 + narrow || argc > 8 + narrow)
		return 2;
	for (int i = 1 + narrow; i < argc; i++)
		a[i - 1 - narrow] = (long)strtoull(argv[i], NULL, 0);
	sigaction(SIGSYS, &act, NULL);
	errno = 0;
	ret = narrow ? call_32(a) : syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	if (ret == -1 && errno)
		printf("%d\n", errno);
	else
		puts("ok");
	return 0;
}
